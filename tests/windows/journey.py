"""The journey of one dealer's Windows server with the built package, from nothing to nothing: each step with what must
be seen. The officers' PCs and the OEM are this machine's Linux, because a second Windows would show nothing more.

The DMS is a private PostgreSQL: Wine's ODBC hands every call over to Linux's unixODBC, so the driver is Linux's too. An
ODBC driver for Windows was not tried; docs/windows.md says so.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.demo import servers
from agent.demo.dms import tables
from agent.demo.servers import Engine
from tests.booted.journey import Transcript
from tests.windows.wine import Windows

ROOT = Path(__file__).parents[2]
CUSTOMERS = 300
OEM, PORT = "example-motors-na", 18766
OLD, NEW = "0.1.0", "0.1.1"
PLACE = r"C:\Program Files\fieldgate"
HOME = r"C:\ProgramData\fieldgate"
FOLDER = r"C:\Händler Müller & Söhne"  # where the administrator keeps what came by mail
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
        env = {"FIELDGATE_CONFIG": rf"{HOME}\agent.yaml", "COLUMNS": "80"}
        return self.windows.run(command, status=status, stdin=given, folder=FOLDER, env=env).replace(f"Z:{ROOT}", "")

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
    policy = (ROOT / "field_policies" / "customer-crm.yaml").read_text("utf-8")
    (folder / "customer-crm.yaml").write_text(policy.replace("dbo.", f"{engine.schema}."), "utf-8")
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
    _install(t)
    _set_up(t, console, engine, scratch)
    _work(t, console)
    _upgrade(t)
    _remove(t, console)
    return t


def _install(t: Transcript) -> None:
    t.title("Installed silently from the MSI")
    t.say(f"msiexec /i fieldgate-{OLD}-windows-x86_64.msi /qn")
    t.say(rf'cmd /c dir /b "{PLACE}" "{PLACE}\versions"', "bin", "current", OLD)
    said = t.say("fieldgate service install", "INSTALLED", "Next: fieldgate setup")
    t.note("Said again, which is safe, to see what the installer does not show.")
    assert "\ufffd" not in said
    services = r"HKLM\SYSTEM\CurrentControlSet\Services"
    t.say(rf'reg query "{services}\fieldgate"', r"NT SERVICE\fieldgate", "service-main", show=20)
    t.say(rf'reg query "{services}\EventLog\Application\fieldgate"', "EventCreate.exe")
    t.say("fieldgate service start", "STARTED")
    t.note("Not set up yet, and that is no failure: it says so in the Event Log and stops.")
    t.say("fieldgate preflight", show=20)


def _set_up(t: Transcript, console: Console, engine: Engine, scratch: Path) -> None:
    t.title("Set up: the dealer's IT, with keys that DPAPI seals")
    t.say("fieldgate setup --files-only", "MADE", "agent.yaml")
    settings = engine.settings
    text = AGENT_YAML.replace("@PORT@", str(settings.port)).replace("@DATABASE@", settings.database)
    console.write("ProgramData/fieldgate/agent.yaml", text.replace("@USER@", settings.user))
    console.write("ProgramData/fieldgate/oem-ca.pem", (scratch / "oem" / "ca.pem").read_text("utf-8"))
    console.given = engine.password + "\n"
    t.say("fieldgate setup --files-only --password-stdin", "MADE   state file")
    t.note("agent.yaml has CRLF line ends, as Notepad writes them. The password came from standard input.")
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
    t.say("fieldgate pause", "PAUSED")
    t.say("fieldgate resume", "RESUMED")
    t.say("fieldgate audit verify", show=4)
    t.say("fieldgate doctor", "readable by this account alone", show=24, status=0)
    t.say("fieldgate service stop", "STOPPED")
    t.say("fieldgate run --once", "UP TO DATE")
    t.note("Without the service the command did it itself.")
    t.say("fieldgate service do -- doctor", "readable by this account alone", show=6)
    t.note("One command as the service's account. Under Wine every account is the same one.")


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
    t.note("What it kept is still there until somebody removes it with FIELDGATE_PURGE=1.")
