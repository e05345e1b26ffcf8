"""The journey of one dealer's server with the built package, from nothing to nothing: each step with what must be seen.

Everything is said on that machine's own command line. The officers' PC is a folder of it and the OEM is the reference
receiver on its loopback, because there is no second machine.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
import tarfile
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from agent.demo import servers
from agent.demo.dms import tables
from tests.booted.machine import Machine

ROOT = Path(__file__).parents[2]
CUSTOMERS = 300
OEM = "example-motors-na"
OLD, NEW, SICK = "0.1.0", "0.1.1", "0.1.2"
_IDLE_S = 60

_IDLE_MB, _IDLE_CORE = 80, 0.005
_F = "/opt/fieldgate/current/fieldgate"
_AT_PC = f"cd /srv/officers && F={_F}; P='--passphrase-file passphrase'; "
_ASK = """\
exec 3<>/dev/tcp/127.0.0.1/9469
printf 'GET /metrics HTTP/1.0\\r\\nHost: 127.0.0.1:9469\\r\\n\\r\\n' >&3
cat <&3
"""

ANSWERS = f"""\
database:
  {{driver: SQLite3, dialect: sqlite, database: /srv/dms/dms.sqlite, zone: America/New_York}}
stores: {{"01": EX1234, "04": EX1250}}
recipient: {OEM}
endpoint: https://127.0.0.1:18765
ca: /srv/oem/ca.pem
"""


@dataclass(slots=True)
class Transcript:
    """What was typed and what was seen, in order."""

    machine: Machine
    lines: list[str] = field(default_factory=list)
    too_much: list[str] = field(default_factory=list)  # held against it at the end, so that the rest is seen as well

    def title(self, text: str) -> None:
        self.lines += ["", f"# {text}"]

    def say(self, command: str, *seen: str, status: int | None = 0, show: int = 12) -> str:
        """Type a command; every text of `seen` must be in its answer. The first `show` lines are kept.
        `status` None: it may end as it likes."""
        out = self.machine.run(command, status=status)
        for text in seen:
            assert text in out, f"{command}\n{out}\nhas no {text!r}"
        shown = out.rstrip().splitlines()
        typed = command.removeprefix(_AT_PC).replace("$F ", "fieldgate ").replace("$P", "--passphrase-file passphrase")
        self.lines += [f"$ {typed}", *shown[:show], *(["..."] if len(shown) > show else [])]
        if status:
            self.lines.append(f"(exit {status})")
        return out

    def note(self, text: str) -> None:
        self.lines.append(f"    {text}")


def build(out: Path) -> None:
    """The artefacts: a release, the same program as a newer one, and a newer one that does not start."""
    for version in (OLD, NEW):
        command = ["bash", str(ROOT / "packaging" / "build.sh"), "--version", version, "--out", str(out)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    _make_sick(out)


def _make_sick(out: Path) -> None:
    """A release that is signed all right and ends at once."""
    package = out / f"fieldgate-{SICK}-linux-x86_64.tar.gz"
    folder = out / "sick" / f"fieldgate-{SICK}-linux-x86_64"
    folder.mkdir(parents=True)
    program = folder / "fieldgate"
    program.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    program.chmod(0o755)
    with tarfile.open(package, "w:gz") as archive:
        archive.add(folder, folder.name)
    key = ROOT / ".cache" / "build" / "trying-out.pem"
    statement = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "release.py"), "sign", str(key), SICK, str(package)],
        check=True, capture_output=True, text=True, cwd=ROOT,
    ).stdout  # fmt: skip
    (out / f"fieldgate-{SICK}.release").write_text(statement, "utf-8")


def furnish(machine: Machine, out: Path, scratch: Path) -> None:
    """A DMS, and the release files as they came by mail."""
    engine = servers.start("sqlite", scratch / "dms")
    engine.load(tables(3, CUSTOMERS))
    machine.put(Path(engine.settings.database), "/srv/dms/dms.sqlite")
    for file in out.iterdir():
        if file.is_file():
            machine.put(file, f"/srv/release/{file.name}")
    policy = (ROOT / "field_policies" / "customer-crm.yaml").read_text("utf-8").replace("dbo.", "main.")
    machine.write("/srv/officers/customer-crm.yaml", policy)
    machine.write("/srv/officers/passphrase", "an example passphrase\n")


def walk(machine: Machine) -> Transcript:
    """All of it. AssertionError where anything is not as it must be; `too_much` is for the caller to refuse."""
    t = Transcript(machine)
    _install(t)
    _set_up(t)
    _permit(t)
    _work(t)
    _watched(t)
    _credentials(t)
    _kill(t)
    _restore(t)
    _upgrade(t)
    _a_day_later(t)
    _leave(t)
    _remove(t)
    _tarball(t)
    if t.too_much:
        t.title("Not as it must be")
        t.lines += t.too_much
    return t


def _install(t: Transcript) -> None:
    t.title("Looked at before anything is installed, then installed from the .deb, with no network at all")
    t.say("ip -brief link 2>/dev/null || cat /proc/net/dev | cut -d: -f1")
    package = f"fieldgate-{OLD}-linux-x86_64"
    t.machine.run(f"mkdir /tmp/look && tar -C /tmp/look -xf {package}.tar.gz")
    t.say(f"/tmp/look/{package}/fieldgate preflight --driver SQLite3", "No problem found")
    t.say("ls -d /opt/fieldgate /etc/fieldgate /var/lib/fieldgate 2>&1; id fieldgate 2>&1", status=1)
    t.machine.run("rm -r /tmp/look")
    t.say(f"dpkg -i fieldgate_{OLD}_amd64.deb", "INSTALLED", "Next: fieldgate setup")
    t.say("systemctl is-enabled fieldgate", "enabled")
    t.say("systemctl start fieldgate; systemctl is-active fieldgate", "inactive", status=3)
    t.note("Not set up yet, and that is no failure.")
    score = t.say("systemd-analyze security fieldgate | tail -n 1", "Overall exposure level")
    found = re.search(r"(\d+\.\d)", score)
    assert found and float(found[1]) <= 1.5


def _oem(t: Transcript, *, show: bool = False) -> None:
    command = f"systemd-run --quiet --unit=oem {_F} receiver run --dir /srv/oem --name {OEM} --port 18765"
    if show:
        t.say(command)
    else:
        t.machine.run(command)
    t.machine.run(
        "for i in $(seq 300); do test -s /srv/oem/ca.pem && (exec 3<>/dev/tcp/127.0.0.1/18765) && exit 0;"
        " sleep 0.2; done; exit 1",
        shell="/bin/bash",
    )


def _set_up(t: Transcript) -> None:
    t.title("Set up: the dealer's IT, from a file of answers; the OEM is the reference receiver on this machine")
    _oem(t, show=True)
    t.machine.run("chmod 755 /srv /srv/oem /srv/officers; chmod a+r /srv/oem/ca.pem; chown -R fieldgate /srv/dms")
    t.machine.write("/srv/release/answers.yaml", ANSWERS)
    t.say("fieldgate setup --answers answers.yaml", "SET UP", "Next: the officers", show=20)
    t.say("fieldgate status", "SETUP", status=3)
    t.say("fieldgate connections", "https://127.0.0.1:18765", "It listens on no port")


def _permit(t: Transcript) -> None:
    t.title("Permitted: two officers on their own PC (a folder of this machine), then enrolled")
    for name in ("Dana", "Lee"):
        t.say(f"{_AT_PC}$F officers key --name '{name} Example' --out {name.lower()} $P", show=3)
    members = "--member dana.officer.json --member lee.officer.json"
    t.say(f"{_AT_PC}$F officers add --genesis {members} --threshold 2 --out roll.json", show=3)
    t.machine.run(f"{_AT_PC}$F officers sign --yes --roll roll.json --key dana.key $P", status=None)
    t.say(f"{_AT_PC}$F officers sign --yes --roll roll.json --key lee.key $P", show=3)
    t.say(f"{_AT_PC}$F policy submit customer-crm.yaml --key dana.key --yes $P", show=3)
    t.say(f"{_AT_PC}$F policy approve customer-crm.yaml --key lee.key --yes $P", show=3)
    wide = _decide(t, "wide-account --account '*' --reason 'SQLite has no accounts; a trial only'", "wide.json")
    t.machine.run("chmod -R a+rX /srv/officers")
    t.say("fieldgate officers import /srv/officers/roll.json", show=3)
    t.say("fieldgate policy import /srv/officers/customer-crm.yaml", show=3)
    t.say(f"fieldgate decide import {wide}", show=3)
    for store, code in (("01", "EX1234"), ("04", "EX1250")):
        made = t.machine.run(f"{_F} receiver enroll-token --dir /srv/oem --dealer-code {code} --json")
        t.machine.write("/srv/release/token", json.loads(made)["token"] + "\n")
        t.say(f"fieldgate keys enroll --recipient {OEM} --store {store} < token", show=3)


def _decide(t: Transcript, question: str, file: str) -> str:
    """One officer asks and signs, the other signs too; where the file is."""
    until = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=60)
    t.say(f"{_AT_PC}$F decide {question} --until {until} --key dana.key --out {file} --yes $P", show=3)
    t.say(f"{_AT_PC}$F decide sign {file} --key lee.key --yes $P", show=3)
    t.machine.run(f"chmod a+r /srv/officers/{file}")
    return f"/srv/officers/{file}"


def _work(t: Transcript) -> None:
    t.title("At work, as a service")
    t.say("fieldgate service start", "STARTED")
    t.say("systemctl is-active fieldgate", "active")
    t.say("fieldgate run --once", "SENT   everything that may leave")
    t.note("Asked of the running service over its control channel.")
    t.say("fieldgate status", "WORKING", "OEM")
    t.say("fieldgate status --brief", "WORKING")
    t.say("fieldgate doctor", "No problem found", show=30)
    t.say("/opt/fieldgate/current/fieldgate receiver status --dir /srv/oem", show=8)
    t.say("fieldgate audit verify", "INTACT", show=4)
    t.say("fieldgate pause", "PAUSED")
    t.say("fieldgate resume", "RESUMED")
    t.say("systemctl reload fieldgate")
    t.say("stat -c %U /proc/$(systemctl show -P MainPID fieldgate)", "fieldgate")
    t.say("fieldgate run 2>&1", "FG-T10", status=1)
    t.note("A second one is refused.")
    _idle(t)


def _idle(t: Transcript) -> None:
    """Measured here, held against it at the end of the walk."""
    pid = t.machine.run("systemctl show -P MainPID fieldgate").strip()
    stat = f"cut -d' ' -f14,15 /proc/{pid}/stat"
    before = sum(map(int, t.machine.run(stat).split()))
    time.sleep(_IDLE_S)
    core = (sum(map(int, t.machine.run(stat).split())) - before) / 100 / _IDLE_S
    memory = int(t.machine.run(f"sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/{pid}/status")) / 1024
    t.note(f"Idle for {_IDLE_S} s: {core:.2%} of a core, {memory:.1f} MB resident.")
    if memory >= _IDLE_MB:
        t.too_much.append(f"idle at {memory:.1f} MB, where {_IDLE_MB} are allowed")
    if core > _IDLE_CORE:
        t.too_much.append(f"idle at {core:.2%} of a core")


def _watched(t: Transcript) -> None:
    t.title("Watched: metrics as a file and on the loopback port, and a file for whoever helps")
    t.machine.run("install -d -o fieldgate /srv/metrics; mkdir -p /etc/systemd/system/fieldgate.service.d")
    t.say("printf '[Service]\\nReadWritePaths=/srv/metrics\\n' > /etc/systemd/system/fieldgate.service.d/metrics.conf")
    t.say("echo 'metrics: {textfile: /srv/metrics/fieldgate.prom, port: 9469}' >> /etc/fieldgate/agent.yaml")
    t.say("systemctl daemon-reload; systemctl restart fieldgate; systemctl is-active fieldgate", "active")
    _until(t, "test -s /srv/metrics/fieldgate.prom")
    t.say("grep -v '^#' /srv/metrics/fieldgate.prom", 'fieldgate_verdict{verdict="WORKING"} 1',
          "fieldgate_nonpublic_columns_selected 0", show=40)  # fmt: skip
    t.machine.write("/srv/release/ask", _ASK)
    t.say("bash ask | grep -v '^#'", "200 OK", "fieldgate_accepted_batches_total 8", show=6)
    t.say("fieldgate connections", "127.0.0.1:9469 only")
    t.say("fieldgate support-bundle --out /var/lib/fieldgate/help.zip", "status.json", "log.jsonl", show=20)
    with zipfile.ZipFile(t.machine.root / "var/lib/fieldgate/help.zip") as bundle:
        inside = "\n".join(bundle.read(name).decode() for name in bundle.namelist())
    for secret in ("dms.sqlite", "18765", "EX1234", "/srv/", "/etc/"):
        assert secret not in inside, f"the support bundle holds {secret}"
    t.note("It names no server, no account, no folder and no dealer code: looked for inside.")


def _credentials(t: Transcript) -> None:
    t.title("The keys sealed to this machine, and opened by systemd for this service alone; and back")
    t.say("fieldgate service stop", "STOPPED")
    (script,) = re.findall(
        r"```sh\n# seal-keys\n(.*?)```", (ROOT / "docs" / "install.md").read_text("utf-8"), re.DOTALL
    )
    t.machine.write("/srv/seal-keys", script)
    t.say("bash /srv/seal-keys; mkdir -m 700 /srv/keys-before; mv /var/lib/fieldgate/keys/k-*.key /srv/keys-before/")
    t.note("seal-keys stands in docs/install.md.")
    t.say("grep -c LoadCredentialEncrypted /etc/systemd/system/fieldgate.service.d/keys.conf")
    t.say("fieldgate service start", "STARTED")
    t.say("fieldgate run --once", "UP TO DATE")
    t.say("fieldgate status", "WORKING", show=3)
    t.say("ls /var/lib/fieldgate/keys/k-* 2>&1", "No such file", status=2)
    t.say("fieldgate doctor 2>&1", "LoadCredentialEncrypted= for each key", status=1, show=30)
    t.say("fieldgate service stop", "STOPPED")
    t.say("mv /srv/keys-before/* /var/lib/fieldgate/keys/; rm /etc/systemd/system/fieldgate.service.d/keys.conf")
    t.say("sed -i 's/store: systemd/store: file/' /etc/fieldgate/agent.yaml; systemctl daemon-reload")
    t.say("fieldgate service start", "STARTED")
    t.say("fieldgate run --once", "UP TO DATE")


def _until(t: Transcript, command: str, *, s: int = 150) -> None:
    t.machine.run(f"for i in $(seq {s}); do {command} && exit 0; sleep 1; done; exit 1", timeout=s + 120)


def _kill(t: Transcript) -> None:
    t.title("Killed; systemd starts it again")
    before = t.machine.run("systemctl show -P MainPID fieldgate").strip()
    t.say("kill -9 $(systemctl show -P MainPID fieldgate)")
    t.say(
        'for i in $(seq 60); do sleep 1; test "$(systemctl is-active fieldgate)" = active && break; done; '
        "systemctl is-active fieldgate",
        "active",
    )
    assert t.machine.run("systemctl show -P MainPID fieldgate").strip() not in ("0", before)
    t.say("fieldgate status", "WORKING", show=3)
    started = time.monotonic()
    t.say("fieldgate service stop", "STOPPED")
    t.note(f"Stopped in {time.monotonic() - started:.1f} s.")
    t.say("fieldgate service start", "STARTED")


def _restore(t: Transcript) -> None:
    t.title("Backed up, opened by an officer, put in place: nothing leaves before it was compared with the OEM")
    t.say("fieldgate backup --out /var/lib/fieldgate/before.sealed", "WRITTEN", "Dana Example")
    t.machine.run("install -m 644 /var/lib/fieldgate/before.sealed /srv/officers/")
    t.say(f"{_AT_PC}$F backup --open before.sealed --key dana.key --to restored $P", "marked as a restored copy")
    t.say("ls /srv/officers/restored /srv/officers/restored/state", "agent.yaml", "fieldgate.db")
    t.say("fieldgate service stop", "STOPPED")
    t.say("rm /var/lib/fieldgate/state/fieldgate.db*")
    t.say("install -o fieldgate -m 600 /srv/officers/restored/state/fieldgate.db /var/lib/fieldgate/state/")
    t.say("fieldgate run --once 2>&1", "restored", "fieldgate resync", status=1)
    t.say("fieldgate status", "STOPPED", "restored", status=1)
    t.say("fieldgate resync", "IN STEP")
    t.say("fieldgate service start", "STARTED")
    t.say("fieldgate run --once", show=3)
    t.say("fieldgate status", "WORKING", show=3)


def _upgrade(t: Transcript) -> None:
    t.title("Upgrades: signed or not at all, side by side, and back")
    new = f"fieldgate-{NEW}-linux-x86_64.tar.gz"
    t.machine.run(f"mkdir -p forged && cp {new} fieldgate-{NEW}.release forged/ && printf x >> forged/{new}")
    t.say(f"fieldgate upgrade forged/{new} 2>&1", "is refused", status=1)
    t.say("readlink /opt/fieldgate/current", OLD)
    t.say(f"fieldgate upgrade {new}", f"RUNNING   version {NEW}")
    t.say("readlink /opt/fieldgate/current", NEW)
    t.say("systemctl is-active fieldgate", "active")
    t.say("fieldgate status", "WORKING", show=3)
    t.say(f"fieldgate upgrade fieldgate-{SICK}-linux-x86_64.tar.gz", "TAKEN BACK", status=1)
    t.say("readlink /opt/fieldgate/current; systemctl is-active fieldgate", NEW, "active")
    t.say("fieldgate rollback", f"RUNNING   version {OLD}")
    t.say("fieldgate status", "WORKING", show=3)
    t.say(f"dpkg -i fieldgate_{NEW}_amd64.deb", show=6)
    t.say("readlink /opt/fieldgate/current /opt/fieldgate/previous; ls /opt/fieldgate/versions", NEW, OLD)
    t.say("fieldgate run --once", "UP TO DATE")
    t.say("fieldgate audit verify", show=4)


def _a_day_later(t: Transcript) -> None:
    t.title("A day later, when nothing was to be said: the heartbeat")
    t.machine.run("systemctl stop fieldgate oem")
    t.machine.later(25 * 60)
    _oem(t)
    t.say("fieldgate service start", "STARTED")
    _until(t, "fieldgate status --brief | grep -q ^WORKING")
    t.machine.later(25 * 60 + 10)
    t.note("The clock of this machine was moved on: by 25 hours, then by 10 minutes more.")
    _until(t, "fieldgate batch list | grep -q 'heartbeat.*settled'")
    t.say("fieldgate batch list --limit 2", "heartbeat", "settled")
    t.say("fieldgate status", "WORKING", show=3)


def _leave(t: Transcript) -> None:
    t.title("Leaving for good: the officers decide, the OEM deletes, the keys go")
    t.say("fieldgate service stop", "STOPPED")
    t.machine.run("install -d -m 700 -o fieldgate /srv/gone")
    leave = "fieldgate offboard --retract --out /srv/gone --yes"
    refused = t.say(f"{leave} 2>&1", "FG-D36", "compliance officer", status=3)
    found = re.search(r"fieldgate decide (offboard --instance \S+ --retract)", refused)
    assert found
    decision = _decide(t, f"{found[1]} --reason 'the store is sold on Friday'", "leave.json")
    t.say(f"fieldgate decide import {decision}", "IN FORCE")
    t.say(leave, "GONE", "deletions acknowledged", show=20)
    t.say("head -c 1500 /srv/gone/certificate-of-deletion.json", "acknowledged", show=40)
    t.say("fieldgate audit verify --file /srv/gone/audit-record.jsonl", "INTACT")
    held = t.say(f"{_F} receiver status --dir /srv/oem", "taken to", show=8)
    assert " records" not in held
    t.note("The OEM holds no record any more.")
    t.say("ls /var/lib/fieldgate/keys")
    t.say("fieldgate status", "this agent was offboarded", status=1)


def _remove(t: Transcript) -> None:
    t.title("Removed, with an agent.yaml that nobody can read any more")
    t.machine.write("/etc/fieldgate/agent.yaml", "{{{ nonsense\n")
    t.say("fieldgate service uninstall", "REMOVED")
    t.say("systemctl is-active fieldgate", status=4 if _says_unknown(t) else 3)
    t.say("ls -d /var/lib/fieldgate/state")
    t.note("What it kept is still there until somebody says --purge.")
    t.say("dpkg --purge fieldgate 2>&1")
    t.say("ls -d /opt/fieldgate /etc/fieldgate /var/lib/fieldgate /var/log/fieldgate /usr/bin/fieldgate 2>&1", status=2)
    t.say("id fieldgate 2>&1", status=1)


def _tarball(t: Transcript) -> None:
    t.title("And again from the tarball; --purge asks")
    package = f"fieldgate-{OLD}-linux-x86_64"
    t.say(f"tar xf {package}.tar.gz && {package}/install.sh", "INSTALLED", "Next: fieldgate setup")
    t.say("systemctl is-enabled fieldgate", "enabled")
    t.say("echo n | fieldgate service uninstall --purge 2>&1", "Aborted", status=1)
    t.say("ls -d /var/lib/fieldgate")
    t.say("echo y | fieldgate service uninstall --purge", "REMOVED   the service and what it kept")
    t.say("ls -d /etc/fieldgate /var/lib/fieldgate /var/log/fieldgate /usr/bin/fieldgate 2>&1", status=2)
    t.say("ls /opt/fieldgate; rm -r /opt/fieldgate", "versions")


def _says_unknown(t: Transcript) -> bool:
    return t.machine.run("systemctl is-active fieldgate >/dev/null; echo $?").strip() == "4"
