"""Bad input that needs a house of its own: other engines, other commands, a full disk, everything broken at once."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import config
from agent.demo.engine import Engine
from agent.receiver.enroll import make_token
from agent.service import daemon
from agent.state import evidence, failures
from agent.state.store import network_drive
from agent.tasks import policy_life
from agent.tasks.desk import Desk, open_desk
from tests.officers import DANA, KIM, LEE
from tests.story import house, situations
from tests.story.house import CANARY, House, cli, cli_apart, now, policy_text, world_of


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Installed, with an officer roll; no policy, not enrolled."""
    folder = tmp_path_factory.mktemp("bare")
    house.build(folder, approved=False)
    return folder


@pytest.fixture
def installed(bare: Path, tmp_path: Path) -> Iterator[House]:
    with house.house(bare, tmp_path / "house") as one:
        yield one


def desk_of(one: House, clock: object = now) -> Desk:
    return open_desk(config.load(one.yaml), clock=clock, actor="test")  # type: ignore[arg-type]


def fails(ended: house.Ended) -> list[dict[str, object]]:
    return [one for one in json.loads(ended.out)["findings"] if one["verdict"] == "FAIL"]


# Passwords -----------------------------------------------------------------------------------------------------------


def turned_away(engine: Engine) -> int:
    """How often the server refused a password, in its own log."""
    if engine.kind == "mariadb":
        counted = (
            "select count(*) from mysql.general_log where command_type = 'Connect' and argument like 'Access denied%'"
        )
        return int(engine.admin(counted)[0][0] or 0)
    engine.statement_log()  # waits until the log has caught up
    log = engine._server.room.folder / "data" / "log" / "statements.csv"  # type: ignore[attr-defined]
    with log.open(encoding="utf-8", errors="replace", newline="") as lines:
        return sum(row[12] == "28P01" for row in csv.reader(lines) if len(row) > 12)


def a_wrong_password_is_tried_once(engine: Engine, folder: Path) -> None:
    house.build(folder / "built", engine)
    with house.house(folder / "built", folder / "house", engine) as one:
        assert one.run().status == 0  # the innocent half: with the right password
        right = one.key("dms").read_bytes()
        one.key("dms").write_bytes(CANARY.encode())
        before = turned_away(engine)
        ended = one.run()
        assert [(said.code, said.who) for said in ended.errors] == [("login_refused", "dealer IT")]
        assert ended.status == 4
        assert "dms" in ended.errors[0].do
        assert turned_away(engine) - before == 1

        desk = desk_of(one)
        daemon.attempt("extract", lambda: daemon.run_extract(desk), desk)  # the next night
        desk.state.close()
        assert turned_away(engine) - before == 1

        told = "".join(ended.errors[0].what.split())
        assert told in one.status().plain
        doctor = one.doctor("--json")
        assert turned_away(engine) - before == 2  # a person asked
        assert [(found["leg"], found["code"], found["says"]) for found in fails(doctor)] == [
            ("Database", "login_refused", ended.errors[0].what)
        ]
        if engine.kind == "postgresql":
            situations.seen("a wrong database password", ran=ended, doctor=doctor, status=one.status())
        for screen in (ended, one.status(), doctor):
            assert CANARY not in screen.out + screen.err

        one.key("dms").write_bytes(right)
        assert one.doctor().status == 0
        assert one.status().status == 0  # doctor got in, so the daemon may again
        assert one.run().status == 0
        assert one.faults() == ()


@pytest.mark.postgresql
def test_postgresql_is_asked_once_with_a_wrong_password(postgresql: Engine, tmp_path: Path) -> None:
    a_wrong_password_is_tried_once(postgresql, tmp_path)


@pytest.mark.long
@pytest.mark.mariadb
def test_mariadb_is_asked_once_with_a_wrong_password(mariadb: Engine, tmp_path: Path) -> None:
    a_wrong_password_is_tried_once(mariadb, tmp_path)


# Policies ------------------------------------------------------------------------------------------------------------


def signed(one: House, text: str, *, approvals: int = 2) -> Path:
    """The policy file with its submission and some approvals beside it."""
    world = world_of(one.folder, one.engine, one.oem)
    world.config = config.load(one.yaml)
    from agent.core.roll import read_roll

    world.roll = read_roll((one.folder / "roll.json").read_bytes(), None)
    path = world.write_policy(text)
    draft = policy_life.read_draft(path, today=now().date())
    file = policy_life.approval_path(path, draft)
    file.unlink(missing_ok=True)
    policy_life.submit(draft, file, world.pen(DANA), replaces=None, until=None)
    for person in (LEE, KIM)[:approvals]:
        policy_life.approve(draft, file, world.pen(person))
    return path


def test_without_an_approved_policy_nothing_is_read(installed: House) -> None:
    ended = installed.run()
    assert [(said.code, said.who) for said in ended.errors] == [("A020", "compliance officer")]
    assert ended.status == 3
    assert "".join(ended.errors[0].what.split()) in installed.status().plain
    assert ("Policy", ended.errors[0].what) in [(f["leg"], f["says"]) for f in fails(installed.doctor("--json"))]

    situations.seen("no approved policy", ran=ended, doctor=installed.doctor("--json"), status=installed.status())

    path = signed(installed, policy_text("main"), approvals=1)
    ended = cli("policy", "import", str(path), "--config", str(installed.yaml))
    assert (ended.status, len(ended.errors)) == (3, 1)
    assert "1 of 2" in ended.errors[0].what
    assert installed.run().status == 3

    path = signed(installed, policy_text("main"))
    assert cli("policy", "import", str(path), "--config", str(installed.yaml)).status == 0
    token = make_token(installed.oem.house, "EX1234")
    enrolled = ("keys", "enroll", "--recipient", house.OEM, "--store", "01", "--config", str(installed.yaml))
    assert cli(*enrolled, stdin=token + "\n").status == 0
    assert installed.run().status == 0
    assert installed.landed() == 11


@pytest.mark.parametrize(
    ("alter", "back", "code", "says"),
    [
        (
            'rename column "EMAIL1" to "EMAIL_1"',
            'alter table main."CUSTOMER" rename column "EMAIL_1" to "EMAIL1"',
            "P031",
            (
                "column `EMAIL1` is not in table main.CUSTOMER, which line 27 of policy customer-crm names;"
                " nearest: EMAIL_1"
            ),
        ),
        (
            'rename to "CUSTOMERS"',
            'alter table main."CUSTOMERS" rename to "CUSTOMER"',
            "P030",
            (
                "table `main.CUSTOMER` is not in the database, which line 16 of policy customer-crm names; nearest:"
                " main.CUSTOMERS"
            ),
        ),
    ],
    ids=["column", "table"],
)
def test_a_policy_that_names_what_is_not_there_is_not_imported(
    installed: House, alter: str, back: str, code: str, says: str
) -> None:
    path = signed(installed, policy_text("main"))
    installed.engine.admin(f'alter table main."CUSTOMER" {alter}')
    ended = cli("policy", "import", str(path), "--config", str(installed.yaml))
    assert (ended.status, [(said.code, said.what) for said in ended.errors]) == (
        1,
        [(code, f"{says}. Nothing was read")],
    )
    assert CANARY not in ended.out + ended.err
    assert installed.faults() == ()
    installed.engine.admin(back)
    assert cli("policy", "import", str(path), "--config", str(installed.yaml)).status == 0


def test_an_expired_contract_ends_reading_and_sending(tmp_path: Path, bare: Path) -> None:
    """Approved and enrolled long ago, by an agent whose clock was right then; run today."""
    with house.house(bare, tmp_path / "house") as one:
        long_ago = now() - dt.timedelta(days=300)
        fresh_world = world_of(tmp_path / "old", one.engine, one.oem, clock=lambda: long_ago)
        fresh_world.install()
        ended_on = now().date() - dt.timedelta(days=1)
        fresh_world.approve(policy_text("main", ends_on=ended_on))
        fresh_world.enroll(stores=("01",))
        fresh_world.desk.state.close()
        old = House(tmp_path / "old", one.engine, one.oem)
        ended = old.run()
        assert (ended.status, len(ended.errors), ended.errors[0].who) == (3, 1, "compliance officer")
        assert str(ended_on) in ended.errors[0].what
        assert "".join(ended.errors[0].what.split()) in old.status().plain
        assert ("Policy", ended.errors[0].what) in [(f["leg"], f["says"]) for f in fails(old.doctor("--json"))]
        situations.seen("a contract that has ended", ran=ended, doctor=old.doctor("--json"), status=old.status())
        assert old.landed() == 0
        assert old.faults() == ()


# Enrollment ----------------------------------------------------------------------------------------------------------


def test_an_enrollment_token_works_once(installed: House) -> None:
    cli("policy", "import", str(signed(installed, policy_text("main"))), "--config", str(installed.yaml))
    token = make_token(installed.oem.house, "EX1234")

    def enroll(store: str) -> house.Ended:
        options = ("--recipient", house.OEM, "--store", store, "--config", str(installed.yaml))
        return cli("keys", "enroll", *options, stdin=token + "\n")

    assert enroll("01").status == 0
    again = enroll("04")
    assert (again.status, [(said.code, said.who) for said in again.errors]) == (1, [("FG-D11", "the OEM")])
    assert again.errors[0].what == "example-motors-na did not accept the enrollment: bad_token"
    assert again.errors[0].do == "Ask the OEM for a new enrollment token"
    assert token not in again.out + again.err
    assert installed.run().status == 0  # the store that is enrolled goes on


# The machine ---------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_is_noticed_whoever_holds_the_clock(fresh: House) -> None:
    desk = desk_of(fresh)
    daemon.run_once(desk)
    desk.state.close()
    behind = desk_of(fresh, lambda: now() - dt.timedelta(hours=3))
    daemon.attempt("extract", lambda: daemon.run_extract(behind), behind)
    with behind.state.reading() as tx:
        assert failures.failures(tx)["extract"].code == "FG-C40"
        entries = evidence.head(tx)[0]
    daemon.attempt("deliver", lambda: daemon.run_deliver(behind), behind)
    with behind.state.reading() as tx:
        assert evidence.head(tx)[0] == entries  # nothing was written under a wrong time
    behind.state.close()
    little = desk_of(fresh, lambda: now() - dt.timedelta(minutes=2))  # clocks are corrected by a little all the time
    daemon.run_once(little)
    little.state.close()


@pytest.mark.parametrize(
    "room", [pytest.param(24, id="from-the-start", marks=pytest.mark.long), pytest.param(96, id="in-the-middle")]
)
def test_a_full_disk_stops_the_run_and_loses_nothing(fresh: House, tmp_path: Path, room: int) -> None:
    """The state folder on a file system of its own with `room` KB left, in a private mount namespace."""
    unshare = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--user", "--map-root-user", "--mount")
    try:
        subprocess.run([*unshare, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no small file system can be mounted here")
    state, kept, said = fresh.state_file.parent, tmp_path / "kept", tmp_path / "said"
    script = tmp_path / "full.sh"
    script.write_text(
        "set -e\n"
        f"cp -a {state} {kept}.before; mount -t tmpfs -o size=512k tmpfs {state}; cp -a {kept}.before/. {state}/\n"
        f"dd if=/dev/zero of={state}/filler bs=4k status=none 2>/dev/null || true\n"
        f"truncate -s -{room}k {state}/filler\n"
        f"for what in 'run --once' status 'doctor --json'; do\n"
        f'  set +e; "$@" $what --config {fresh.yaml} > {said}.out 2> {said}.err; echo $? >> {said}; set -e\n'
        f"  mv {said}.out {said}.out.${{what%% *}}; mv {said}.err {said}.err.${{what%% *}}\n"
        "done\n"
        f"rm -f {state}/filler; cp -a {state} {kept}; umount {state}\n"
    )
    assert cli_apart(wrap=(*unshare, "sh", str(script))).err == ""
    run, status, doctor = (
        house.Ended(int(number), Path(f"{said}.out.{what}").read_text(), Path(f"{said}.err.{what}").read_text())
        for number, what in zip(said.read_text().split(), ("run", "status", "doctor"), strict=True)
    )
    assert (run.status, [(one.code, one.who) for one in run.errors]) == (1, [("FG-T05", "dealer IT")]), run
    assert "".join(run.errors[0].what.split()) in status.plain
    assert [("State", "FG-T05", run.errors[0].what)] == [
        (found["leg"], found["code"], found["says"]) for found in fails(doctor) if found["leg"] == "State"
    ]
    assert not any("Traceback" in ended.err for ended in (run, status, doctor))
    if room == 96:
        situations.seen("a disk that fills up (a small tmpfs)", ran=run, doctor=doctor, status=status)

    for path in kept.iterdir():
        shutil.copy2(path, state / path.name)
    assert fresh.faults() == ()  # not one half of a page
    assert fresh.run().status == 0
    assert fresh.landed() == 11
    assert fresh.status().status == 0


MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
40 22 0:36 / /srv/files rw,relatime shared:20 - nfs4 dms01:/export rw,vers=4.2
41 22 0:37 / /srv/our\\040share rw,relatime shared:21 - cifs //dms01/share rw
42 40 254:2 / /srv/files/local rw,relatime shared:22 - xfs /dev/vdb1 rw
43 22 0:38 / /srv/ssh rw,relatime shared:23 - fuse.sshfs pat@dms01: rw
44 22 0:39 / /srv/fuse rw,relatime shared:24 - fuse.bindfs /data rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/files/state", "nfs4"),
        ("/srv/our share/state", "cifs"),
        ("/srv/ssh/state", "fuse.sshfs"),
        ("/srv/files/local/state", ""),
        ("/srv/filesystem", ""),
        ("/srv/fuse/state", ""),
        ("/var/lib/state", ""),
    ],
)
def test_a_network_drive_is_told_by_its_file_system(folder: str, kind: str) -> None:
    assert network_drive(Path(folder), MOUNTS) == kind


# Doctor --------------------------------------------------------------------------------------------------------------


def test_doctor_works_with_everything_broken(fresh: House) -> None:
    """No database, no policy folder, no OEM, no key, a torn state file: each leg says its own, in 80 columns, and only
    what stands there for copying, a path, may be longer."""
    fresh.oem.stop()
    fresh.key("persons").unlink()
    fresh.state_file.write_bytes(b"no database at all, but a long enough text to be looked at" * 100)
    with fresh.yaml_with(**{f'"{fresh.engine.settings.driver}"': '"No Such Driver"'}):
        broken = fresh.doctor("--json")
        screen = fresh.doctor()
    assert broken.status == screen.status == 1
    assert {found["leg"] for found in fails(broken)} == {"Keys", "State", "Database", "Network"}
    assert all(found["do"] and found["who"] and found["code"] for found in fails(broken))
    assert [line for line in screen.out.splitlines() if len(line) > 80 and str(fresh.yaml) not in line] == []
    assert "4 problems." in screen.out
    fresh.yaml.write_text("\t: [", "utf-8")
    without = fresh.doctor("--json")
    assert (without.status, [found["leg"] for found in fails(without)]) == (1, ["Settings"])


def test_doctor_exits_4_when_only_the_oem_is_out_of_reach(fresh: House) -> None:
    port = int(fresh.oem.url.rpartition(":")[2])
    assert port
    fresh.oem.stop()
    ended = fresh.doctor("--json")
    assert (ended.status, [found["code"] for found in fails(ended)]) == (4, ["FG-D01"])


def test_doctor_finds_an_oem_that_shows_another_key(fresh: House, tmp_path: Path) -> None:
    from agent.receiver import serve

    other = serve.start_in_thread(tmp_path / "other", name=house.OEM)
    try:
        with fresh.yaml_with(**{fresh.oem.url: other.url, str(fresh.oem.ca_file): str(other.ca_file)}):
            ended = fresh.doctor("--json")
    finally:
        other.stop()
    assert [(found["leg"], found["code"]) for found in fails(ended)] == [("Network", "FG-K20")]


def test_two_agents_do_not_share_a_state_folder(fresh: House) -> None:
    from agent.service.lock import only_one

    with only_one(fresh.state_file.parent):
        ended = fresh.run()
        situations.seen("a second agent is started", ran=ended, doctor=fresh.doctor("--json"), status=fresh.status())
    assert (ended.status, [said.code for said in ended.errors]) == (1, ["FG-T10"])
    assert fresh.run().status == 0
