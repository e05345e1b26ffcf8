"""The journey of one dealer's server with the built package, from nothing to nothing: each step with what must be seen.

Everything is said on that machine's own command line. The officers' PC is a folder of it and the OEM is the reference
receiver on its loopback, because there is no second machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import time
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

AGENT_YAML = f"""\
sources:
  dms:
    {{kind: odbc, driver: SQLite3, dialect: sqlite, database: /srv/dms/dms.sqlite, zone: America/New_York,
     overlap_s: 5400}}
stores: {{"01": {{dealer_code: EX1234}}, "04": {{dealer_code: EX1250}}}}
recipients: {{{OEM}: {{endpoint: "https://127.0.0.1:18765", ca: /srv/oem/ca.pem}}}}
keys: {{store: file, folder: /var/lib/fieldgate/keys}}
folders: {{policies: policies, state: /var/lib/fieldgate/state, logs: /var/log/fieldgate}}
"""


@dataclass(slots=True)
class Transcript:
    """What was typed and what was seen, in order."""

    machine: Machine
    lines: list[str] = field(default_factory=list)

    def title(self, text: str) -> None:
        self.lines += ["", f"# {text}"]

    def say(self, command: str, *seen: str, status: int = 0, show: int = 12) -> str:
        """Type a command; every text of `seen` must be in its answer. The first `show` lines are kept."""
        out = self.machine.run(command, status=status)
        for text in seen:
            assert text in out, f"{command}\n{out}\nhas no {text!r}"
        shown = out.rstrip().splitlines()
        self.lines += [f"$ {command}", *shown[:show], *(["..."] if len(shown) > show else [])]
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
    """All of it. AssertionError where anything is not as it must be."""
    t = Transcript(machine)
    _install(t)
    _set_up(t)
    _work(t)
    _kill(t)
    _upgrade(t)
    _remove(t)
    return t


def _install(t: Transcript) -> None:
    t.title("Installed from the .deb, with no network at all")
    t.say("ip -brief link 2>/dev/null || cat /proc/net/dev | cut -d: -f1")
    t.say(f"dpkg -i fieldgate_{OLD}_amd64.deb", "INSTALLED", "Next: fieldgate setup")
    t.say("systemctl is-enabled fieldgate", "enabled")
    t.say("systemctl start fieldgate; systemctl is-active fieldgate", "inactive", status=3)
    t.note("Not set up yet, and that is no failure.")
    score = t.say("systemd-analyze security fieldgate | tail -n 1", "Overall exposure level")
    found = re.search(r"(\d+\.\d)", score)
    assert found and float(found[1]) <= 1.5


def _set_up(t: Transcript) -> None:
    t.title("Set up: the dealer's IT, two officers, the OEM")
    oem = f"/opt/fieldgate/current/fieldgate receiver run --dir /srv/oem --name {OEM} --port 18765"
    t.say(f"systemd-run --quiet --unit=oem {oem}")
    t.say("for i in $(seq 100); do test -s /srv/oem/ca.pem && break; sleep 0.1; done; test -s /srv/oem/ca.pem")
    t.machine.run("chmod 755 /srv /srv/oem /srv/officers; chmod a+r /srv/oem/ca.pem; chown -R fieldgate /srv/dms")
    t.say("fieldgate setup --files-only", "MADE   /etc/fieldgate/agent.yaml")
    t.machine.write("/etc/fieldgate/agent.yaml", AGENT_YAML)
    t.say("fieldgate setup --files-only", "MADE   state file")
    at_pc = "cd /srv/officers && F=/opt/fieldgate/current/fieldgate; P='--passphrase-file passphrase'; "
    for name in ("Dana", "Lee"):
        t.say(f"{at_pc} $F officers key --name '{name} Example' --out {name.lower()} $P", show=3)
    members = "--member dana.officer.json --member lee.officer.json"
    t.say(f"{at_pc} $F officers add --genesis {members} --threshold 2 --out roll.json", show=3)
    t.machine.run(f"{at_pc} $F officers sign --yes --roll roll.json --key dana.key $P", status=None)
    t.say(f"{at_pc} $F officers sign --yes --roll roll.json --key lee.key $P", show=3)
    t.say(f"{at_pc} $F policy submit customer-crm.yaml --key dana.key --yes $P", show=3)
    t.say(f"{at_pc} $F policy approve customer-crm.yaml --key lee.key --yes $P", show=3)
    until = "$(date -d '+60 days' +%F)"
    ask = (
        f"--account '*' --reason 'SQLite has no accounts; a trial only' --until {until} --key dana.key --out wide.json"
    )
    t.machine.run(f"{at_pc} $F decide wide-account {ask} --yes $P", status=None)
    t.say(f"{at_pc} $F decide sign wide.json --key lee.key --yes $P", show=3)
    t.machine.run("chmod -R a+rX /srv/officers")
    t.say("fieldgate officers import /srv/officers/roll.json", show=3)
    t.say("fieldgate policy import /srv/officers/customer-crm.yaml", show=3)
    t.say("fieldgate decide import /srv/officers/wide.json", show=3)
    token = "/opt/fieldgate/current/fieldgate receiver enroll-token --dir /srv/oem --dealer-code"
    for store, code in (("01", "EX1234"), ("04", "EX1250")):
        pick = 'sed \'s/.*"token": "\\([^"]*\\)".*/\\1/\''
        t.say(f"{token} {code} --json | {pick} | fieldgate keys enroll --recipient {OEM} --store {store}", show=3)


def _work(t: Transcript) -> None:
    t.title("At work, as a service")
    t.say("fieldgate service start", "STARTED")
    t.say("systemctl is-active fieldgate", "active")
    t.say("fieldgate run --once", "SENT   everything that may leave")
    t.note("Asked of the running service over its control channel.")
    t.say("fieldgate status", "WORKING")
    t.say("/opt/fieldgate/current/fieldgate receiver status --dir /srv/oem", show=8)
    t.say("fieldgate audit verify", show=4)
    t.say("fieldgate pause", "PAUSED")
    t.say("fieldgate resume", "RESUMED")
    t.say("systemctl reload fieldgate")
    t.say("stat -c %U /proc/$(systemctl show -P MainPID fieldgate)", "fieldgate")
    _idle(t)


def _idle(t: Transcript) -> None:
    pid = t.machine.run("systemctl show -P MainPID fieldgate").strip()
    stat = f"cut -d' ' -f14,15 /proc/{pid}/stat"
    before = sum(map(int, t.machine.run(stat).split()))
    time.sleep(_IDLE_S)
    used_s = (sum(map(int, t.machine.run(stat).split())) - before) / 100
    memory_kb = int(t.machine.run(f"sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/{pid}/status"))
    t.note(f"Idle for {_IDLE_S} s: {used_s / _IDLE_S:.2%} of a core, {memory_kb / 1024:.0f} MB resident.")
    assert memory_kb < 80 * 1024


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


def _says_unknown(t: Transcript) -> bool:
    return t.machine.run("systemctl is-active fieldgate >/dev/null; echo $?").strip() == "4"
