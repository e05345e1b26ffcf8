"""The journey of one dealer's Windows server with the built package, from nothing to nothing: each step with what must
be seen. The officers' PCs and the OEM are this machine's Linux, because a second Windows would show nothing more.

The DMS is a private PostgreSQL: Wine's ODBC hands every call over to Linux's unixODBC, so the driver is Linux's too,
and no driver of Windows can be loaded; docs/windows.md says so.
"""

from __future__ import annotations

import contextlib
import re
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.demo import servers
from agent.demo.dms import tables
from agent.demo.servers import Engine
from tests.booted.journey import Transcript
from tests.cli.test_screens import SCREENS, shown
from tests.windows.wine import Windows

ROOT = Path(__file__).parents[2]
CUSTOMERS = 300
OEM, PORT = "example-motors-na", 18766
OLD, NEW = "0.1.0", "0.1.1"
PLACE = r"C:\Program Files\fieldgate"
HOME = r"C:\ProgramData\fieldgate"
FOLDER = r"C:\Händler Müller & Söhne"  # where the administrator keeps what came by mail
DRIVER_32 = "ODBC Driver 17 for SQL Server"
_SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
_CONNECTIONS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections"
_DRIVERS_32 = r"HKLM\SOFTWARE\WOW6432Node\ODBC\ODBCINST.INI\ODBC Drivers"
# magic, version, flags (a proxy is named), then length and text of the proxy, and of the exceptions
_WINHTTP = struct.pack("<4I18sI7s", 0x18, 0, 3, 18, b"proxy.example:8080", 7, b"<local>")
_FIELDGATE = [sys.executable, "-c", "from agent.cli import main; main()"]

AGENT_YAML = f"""\
sources:
  dms:
    {{kind: odbc, driver: PostgreSQL Unicode, dialect: postgresql, server: 127.0.0.1, port: @PORT@,
     database: @DATABASE@, user: @USER@, password: "key:dms", zone: America/New_York, overlap_s: 5400}}
stores: {{"01": {{dealer_code: EX1234}}, "04": {{dealer_code: EX1250}}}}
recipients: {{{OEM}: {{endpoint: "https://127.0.0.1:{PORT}", ca: oem-ca.pem}}}}
keys: {{store: dpapi, folder: keys}}
folders: {{policies: policies, state: state, logs: logs}}
"""

_SQL_SERVER = f"""\
sources:
  dms:
    {{kind: odbc, driver: {DRIVER_32}, dialect: sqlserver, server: dms-sql.dealer.example, database: dms,
     zone: America/New_York, overlap_s: 5400}}
stores: {{"01": {{dealer_code: EX1234}}}}
recipients: {{{OEM}: {{endpoint: "https://127.0.0.1:{PORT}", ca: '{HOME}\\oem-ca.pem'}}}}
keys: {{store: file}}
"""


@dataclass(slots=True)
class Console:
    """An administrator's console, opened after the installation: `fieldgate` is on its PATH."""

    windows: Windows
    given: str = ""  # what the next command reads from standard input

    def run(self, command: str, *, status: int | None = 0) -> str:
        given, self.given = self.given, ""
        if command.startswith("fieldgate "):
            current = (self.windows.drive / "Program Files/fieldgate/current").read_text("utf-8").strip()
            command = rf'"{PLACE}\versions\{current}\fieldgate.exe"' + command.removeprefix("fieldgate")
        said = self.windows.run(command, status=status, stdin=given, folder=FOLDER, env={"COLUMNS": "80"})
        return said.replace(f"Z:{ROOT}", "")

    def write(self, place: str, text: str) -> None:
        target = self.windows.drive / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.replace("\n", "\r\n").encode())


def build(out: Path) -> None:
    """The artefacts: a release, and the same program as a newer one."""
    for version in (OLD, NEW):
        command = ["bash", str(ROOT / "packaging" / "build-windows.sh"), "--version", version, "--out", str(out)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def world(scratch: Path) -> Iterator[Engine]:
    """The DMS and the OEM, on this machine's loopback; both end with the block."""
    engine = servers.start("postgresql", scratch / "dms")
    oem = subprocess.Popen(
        [*_FIELDGATE, "receiver", "run", "--dir", str(scratch / "oem"), "--name", OEM, "--port", str(PORT)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        engine.load(tables(3, CUSTOMERS))
        end = time.monotonic() + 60
        while not (scratch / "oem" / "ca.pem").exists():
            assert time.monotonic() < end, "the receiver did not come up"
            time.sleep(0.2)
        yield engine
    finally:
        oem.terminate()
        oem.wait()
        engine.stop()


def officers(engine: Engine, folder: Path) -> None:
    """Two officers on their own PCs: a roll, and a policy that both have signed."""
    folder.mkdir()
    (folder / "passphrase").write_text("an example passphrase\n", "utf-8")
    policy = (ROOT / "field_policies" / "customer-crm.yaml").read_text("utf-8").replace("dbo.", f"{engine.schema}.")
    (folder / "customer-crm.yaml").write_text(policy, "utf-8", newline="\r\n")  # as Notepad saves it
    for name in ("Dana", "Lee"):
        _at_pc(folder, "officers", "key", "--name", f"{name} Example", "--out", name.lower())
    members = ("--member", "dana.officer.json", "--member", "lee.officer.json")
    _at_pc(folder, "officers", "add", "--genesis", *members, "--threshold", "2", "--out", "roll.json", secret=False)
    _at_pc(folder, "officers", "sign", "--yes", "--roll", "roll.json", "--key", "dana.key")
    _at_pc(folder, "officers", "sign", "--yes", "--roll", "roll.json", "--key", "lee.key")
    _at_pc(folder, "policy", "submit", "customer-crm.yaml", "--key", "dana.key", "--yes")
    _at_pc(folder, "policy", "approve", "customer-crm.yaml", "--key", "lee.key", "--yes")


def _at_pc(folder: Path, *words: str, secret: bool = True) -> None:
    passphrase = ("--passphrase-file", "passphrase") if secret else ()
    done = subprocess.run([*_FIELDGATE, *words, *passphrase], cwd=folder, capture_output=True, text=True)
    assert done.returncode in (0, 3), f"{words}\n{done.stdout}{done.stderr}"


def furnish(windows: Windows, out: Path, scratch: Path) -> None:
    """What came by mail, in a folder with blanks and umlauts."""
    folder = windows.drive / FOLDER.removeprefix("C:\\")
    folder.mkdir()
    for file in (*out.iterdir(), *(scratch / "officers").glob("*.json"), scratch / "officers" / "customer-crm.yaml"):
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())


def walk(windows: Windows, engine: Engine, scratch: Path) -> Transcript:
    """All of it. AssertionError where anything is not as it must be."""
    console = Console(windows)
    t = Transcript(console)  # type: ignore[arg-type]  it types and is shown an answer, as on the other machine
    _from_zip(t, console)
    _program_only(t)
    _install(t)
    _found_here(t, console, engine, scratch)
    _set_up(t, console, engine, scratch)
    _work(t, console)
    _beside(t)
    _upgrade(t)
    _remove(t, console)
    _purge(t, console)
    return t


def _from_zip(t: Transcript, console: Console) -> None:
    """What try.ps1 says, one after the other; Wine has no PowerShell to run it."""
    t.title("Tried from the unpacked zip, with nothing installed")
    name = f"fieldgate-{OLD}-windows-x86_64"
    with zipfile.ZipFile(console.windows.drive / FOLDER.removeprefix("C:\\") / f"{name}.zip") as archive:
        archive.extractall(console.windows.drive / "Neuer Ordner (2)")
    program = rf'"C:\Neuer Ordner (2)\{name}\fieldgate.exe"'
    t.say(f"{program} preflight", "No problem found", show=20)
    columns = "table,column\r\nCUSTOMER,EMAIL1\r\nSALES_DEAL,AmtToFinance\r\nSALES_DEAL,VIN\r\n"
    console.windows.put(columns.encode(), rf"{FOLDER}\fieldgate-try.csv")
    t.say(f"{program} classify --csv fieldgate-try.csv", "AmtToFinance", status=None, show=20)


def _program_only(t: Transcript) -> None:
    t.title("The program only, and away again")
    t.say(f"msiexec /i fieldgate-{OLD}-windows-x86_64.msi /qn FIELDGATE_SERVICE=0")
    t.say(rf'cmd /c dir /b "{PLACE}" "{PLACE}\versions"', "versions", OLD)
    t.say(rf'reg query "{_SERVICES}\fieldgate"', status=1)
    t.say(f"msiexec /x fieldgate-{OLD}-windows-x86_64.msi /qn")
    t.say(rf'cmd /c if exist "{PLACE}\versions\{OLD}\fieldgate.exe" (echo still there) else (echo gone)', "gone")


def _install(t: Transcript) -> None:
    t.title("Installed silently from the MSI")
    t.say(f"msiexec /i fieldgate-{OLD}-windows-x86_64.msi /qn")
    t.say(rf'cmd /c dir /b "{PLACE}" "{PLACE}\versions"', "bin", "current", OLD)
    said = t.say("fieldgate service install", "INSTALLED", "Next: fieldgate setup")
    t.note("Said again, which is safe, to see what the installer does not show.")
    assert "\ufffd" not in said
    t.say(rf'reg query "{_SERVICES}\fieldgate"', r"NT SERVICE\fieldgate", "service-main", show=20)
    t.say(rf'reg query "{_SERVICES}\EventLog\Application\fieldgate"', "EventCreate.exe")
    t.say("fieldgate service start", "STARTED")
    t.note("Not set up yet, and that is no failure: it says so in the Event Log and stops.")


def _found_here(t: Transcript, console: Console, engine: Engine, scratch: Path) -> None:
    """What a dealer's machine has that people ask about."""
    t.title("A proxy for services, an ODBC driver of 32 bit, a console's code page, a sign-in by Windows")
    t.say(rf'reg add "{_CONNECTIONS}" /v WinHttpSettings /t REG_BINARY /d {_WINHTTP.hex()} /f')
    t.note("As `netsh winhttp set proxy proxy.example:8080` leaves it.")
    t.say(rf'reg add "{_DRIVERS_32}" /v "{DRIVER_32}" /t REG_SZ /d Installed /f')
    told = f"of 32 bit and of no use here: {DRIVER_32}"
    said = t.say(f'fieldgate preflight --driver "{DRIVER_32}"', "proxy.example:8080", status=1, show=24)
    assert told in " ".join(said.split())
    console.windows.put(_names(scratch), rf"{FOLDER}\names.csv")
    said = t.say("fieldgate discover --from names.csv --dialect sqlserver", "Größe", show=14)
    assert said == (SCREENS / "discover.cp1252.txt").read_text("utf-8")
    t.note("Byte for byte the screen that is stored for a console with code page 1252.")
    _guided(t, console, engine, scratch)


def _names(scratch: Path) -> bytes:
    """The file of names that belongs to the stored screen."""
    with contextlib.chdir(scratch):
        shown("discover", "cp1252")
    return (scratch / "names.csv").read_bytes()


def _guided(t: Transcript, console: Console, engine: Engine, scratch: Path) -> None:
    console.write("ProgramData/fieldgate/oem-ca.pem", (scratch / "oem" / "ca.pem").read_text("utf-8"))
    s = engine.settings
    database = ["PostgreSQL Unicode", "postgresql", "127.0.0.1", str(s.port), s.database, s.user, "America/New_York"]
    oem = [OEM, f"https://127.0.0.1:{PORT}", rf"{HOME}\oem-ca.pem", ""]
    console.given = "\n".join([*database, engine.password, "01", "EX1234", "", *oem, ""])
    said = t.say(
        r"fieldgate setup --config Probe\agent.yaml --password-stdin", "proxy.example:8080 for services (WinHTTP)",
        "SET UP", show=24,
    )  # fmt: skip
    assert f"Of 32 bit and of no use here: {DRIVER_32}" in said
    t.note("What was typed is not shown; the password was among it.")
    t.say(r"fieldgate doctor --config Probe\agent.yaml", "proxy.example:8080", status=None, show=30)
    console.windows.put(_SQL_SERVER.encode(), rf"{FOLDER}\Probe\agent.yaml")
    said = t.say(r"fieldgate doctor --config Probe\agent.yaml", "64-bit driver", status=None, show=30)
    assert "SQL Server sees the service as YOURDOMAIN\\" in " ".join(said.split())
    t.note("agent.yaml with a SQL Server elsewhere, no `user:`, and the driver of 32 bit.")


def _set_up(t: Transcript, console: Console, engine: Engine, scratch: Path) -> None:
    t.title("Set up: the dealer's IT, with keys that DPAPI seals")
    t.say("fieldgate setup --files-only", "MADE", "agent.yaml")
    settings = engine.settings
    text = AGENT_YAML.replace("@PORT@", str(settings.port)).replace("@DATABASE@", settings.database)
    console.write("ProgramData/fieldgate/agent.yaml", text.replace("@USER@", settings.user))
    console.given = engine.password + "\n"
    t.say("fieldgate setup --files-only --password-stdin", "MADE   state file")
    t.note("agent.yaml and the officers' policy have CRLF line ends, as Notepad writes them. The password came from")
    t.note("standard input. No command names agent.yaml: the program knows where the installed one is.")
    t.say(rf'cmd /c dir /b "{HOME}\keys"', "dpapi.entropy", "k-dms.key", show=8)
    t.say("fieldgate officers import roll.json", show=3)
    t.say("fieldgate policy import customer-crm.yaml", show=3)
    granted = t.say("fieldgate grants", "GRANT", show=6)
    for statement in re.findall(r"^GRANT [^;]+;", granted, re.MULTILINE):
        engine.admin(statement)
    t.note("The DBA ran what it printed.")
    for store, code in (("01", "EX1234"), ("04", "EX1250")):
        console.given = _token(scratch / "oem", code) + "\n"
        t.say(f"fieldgate keys enroll --recipient {OEM} --store {store}", show=3)


def _token(oem: Path, code: str) -> str:
    done = subprocess.run(
        [*_FIELDGATE, "receiver", "enroll-token", "--dir", str(oem), "--dealer-code", code, "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.search(r'"token": "([^"]*)"', done.stdout)
    assert found
    return found[1]


def _work(t: Transcript, console: Console) -> None:
    t.title("At work, as a service")
    t.say("fieldgate service start", "STARTED")
    t.say("fieldgate run --once", "SENT   everything that may leave", "signed receipt")
    t.note("Asked of the running service over its named pipe.")
    said = t.say("fieldgate status", "WORKING", HOME, show=24)
    assert "\ufffd" not in said  # everything it prints is in the Western code page
    t.say(rf'cmd /c ""{PLACE}\bin\fieldgate.cmd" status --brief"', "WORKING")
    t.say("fieldgate pause", "PAUSED")
    t.say("fieldgate resume", "RESUMED")
    t.say("fieldgate audit verify", show=4)
    t.say("fieldgate doctor", "readable by this account alone", show=24, status=0)
    t.say("fieldgate service stop", "STOPPED")
    t.say("fieldgate run --once", "UP TO DATE")
    t.note("Without the service the command did it itself.")
    t.say("fieldgate service do -- doctor", "readable by this account alone", show=6)
    t.note("One command as the service's account. Under Wine every account is the same one.")


def _beside(t: Transcript) -> None:
    t.title("An MSI of a newer version beside the older one, and away again")
    t.say("fieldgate service start", "STARTED")
    t.say(f"msiexec /i fieldgate-{NEW}-windows-x86_64.msi /qn")
    t.say(rf'cmd /c type "{PLACE}\current" "{PLACE}\previous"', NEW, OLD)
    t.say(rf'reg query "{_SERVICES}\fieldgate" /v ImagePath', NEW)
    t.say("fieldgate status --brief", "WORKING")
    t.say("fieldgate rollback", f"RUNNING   version {OLD}")
    t.say(f"msiexec /x fieldgate-{NEW}-windows-x86_64.msi /qn")
    t.say(rf'cmd /c if exist "{PLACE}\versions\{NEW}\fieldgate.exe" (echo still there) else (echo gone)', "gone")
    t.say(rf'reg query "{_SERVICES}\fieldgate" /v ImagePath', OLD)
    t.say("fieldgate status --brief", "WORKING")
    t.note("The version that works was left alone.")
    t.say("fieldgate service stop", "STOPPED")


def _upgrade(t: Transcript) -> None:
    t.title("Upgraded, side by side, and back")
    t.say("fieldgate service start", "STARTED")
    new = f"fieldgate-{NEW}-windows-x86_64.zip"
    t.say(f"fieldgate upgrade {new}", f"RUNNING   version {NEW}")
    t.say(rf'cmd /c type "{PLACE}\current" "{PLACE}\previous"', NEW, OLD)
    t.say("fieldgate status --brief", "WORKING")
    t.say("fieldgate rollback", f"RUNNING   version {OLD}")
    t.say("fieldgate run --once", "UP TO DATE")


def _remove(t: Transcript, console: Console) -> None:
    t.title("Removed, with an agent.yaml that nobody can read any more")
    console.write("ProgramData/fieldgate/agent.yaml", "{{{ nonsense\n")
    t.say("fieldgate service stop", "STOPPED")
    t.say(f"msiexec /x fieldgate-{OLD}-windows-x86_64.msi /qn")
    assert not list((console.windows.drive / "Program Files/fieldgate/versions" / OLD).glob("fieldgate.exe"))
    t.say(r'reg query "HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\fieldgate"', status=1)
    t.say(rf'cmd /c dir /b "{HOME}"', "keys", "state", show=8)
    t.note("What it kept is still there, for whoever installs it again.")


def _purge(t: Transcript, console: Console) -> None:
    t.title("Installed again and removed with all it kept")
    (console.windows.drive / "ProgramData/fieldgate/agent.yaml").unlink()
    t.say(f"msiexec /i fieldgate-{OLD}-windows-x86_64.msi /qn")
    t.say("fieldgate service install", "INSTALLED")
    t.say(rf'cmd /c dir /b "{PLACE}\versions"', OLD, NEW)
    t.note(f"{NEW} came by `fieldgate upgrade`, so no MSI knows of it.")
    t.say(f"msiexec /x fieldgate-{OLD}-windows-x86_64.msi /qn FIELDGATE_PURGE=1")
    t.note("It still runs from that folder when it says so; the installer takes the folder after it.")
    t.say(rf'cmd /c if exist "{HOME}" (echo still there) else (echo gone)', "gone")
    t.say(rf'cmd /c if exist "{PLACE}\versions\{NEW}" (echo still there) else (echo gone)', "gone")
    t.say(rf'cmd /c if exist "{PLACE}\versions\{OLD}\fieldgate.exe" (echo still there) else (echo gone)', "gone")
    t.say(rf'reg query "{_SERVICES}\fieldgate"', status=1)
