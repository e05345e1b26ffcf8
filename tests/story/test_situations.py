"""What is wrong without ending a run in one line of its own, or needs a house with a past: each caused, and what `run`,
`doctor` and `status` then say held to docs/broken-situations.md. Without the cause the same house says WORKING.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent import config
from agent.core import decision
from agent.core.roll import read_roll
from agent.demo.servers import Engine
from agent.service import daemon
from agent.tasks import decision_life, permission
from agent.tasks.desk import open_desk
from tests.officers import DANA, KIM, LEE
from tests.story import breaking, house, moved_clock, situations
from tests.story.house import OEM, Ended, House, cli, cli_apart, now, policy_text, world_of

pytestmark = pytest.mark.long


@pytest.fixture
def one(built: Path, tmp_path: Path) -> Iterator[House]:
    with house.house(built, tmp_path / "house") as made:
        assert made.run().status == 0
        assert made.status().out.startswith("WORKING")
        yield made


def looked(made: House, situation: str, ran: Ended, mention: str = "") -> str:
    """Hold the row, and give back what status said."""
    status = made.status()
    situations.seen(situation, ran=ran, doctor=made.doctor("--json"), status=status, mention=mention)
    return status.out


def changed(made: House) -> None:
    """Somebody's address has changed in the DMS, so that the next complete reading has something to send."""
    made.engine.admin(f"update {made.engine.table('CUSTOMER')} set \"ZIP\" = '30399'")


def run_all(made: House) -> Ended:
    return cli("run", "--reconcile", "--config", str(made.yaml))


def test_paused(one: House) -> None:
    assert cli("pause", "--config", str(one.yaml)).status == 0
    changed(one)
    ran = run_all(one)
    assert looked(one, "paused", ran, "paused since").startswith("PAUSED")
    assert cli("resume", "--config", str(one.yaml)).status == 0
    assert one.run().status == 0
    assert one.status().out.startswith("WORKING")


def test_the_oem_refuses_a_batch_in_a_way_nobody_knows(one: House) -> None:
    changed(one)
    with breaking.unknown_answer(one):
        ran = run_all(one)
        assert looked(one, "an answer of the OEM that means nothing", ran).startswith("STOPPED")


def past(made: House, folder: Path, clock: Callable[[], dt.datetime]) -> House:
    """A house of the same dealership that was set up, approved and read when `clock` was right."""
    world = world_of(folder, made.engine, made.oem, clock=clock)
    world.install()
    world.approve(policy_text("main", ends_on=now().date() + dt.timedelta(days=200)))
    world.enroll(stores=("01",))
    daemon.run_extract(world.desk)  # sending needs the right time: the OEM looks at it
    world.desk.state.close()
    return House(folder, made.engine, made.oem)


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[House]:
    house.build(tmp_path / "bare", approved=False)
    with house.house(tmp_path / "bare", tmp_path / "house") as made:
        yield made


def test_a_due_run_that_nobody_made(bare: House, tmp_path: Path) -> None:
    old = past(bare, tmp_path / "old", lambda: now() - dt.timedelta(days=3))
    assert looked(old, "the service does not run", Ended(0, "", "")).startswith("STOPPED")
    assert old.run().status == 0
    assert old.status().out.startswith("WORKING")


def test_an_old_inventory(bare: House, tmp_path: Path) -> None:
    old = past(bare, tmp_path / "old", lambda: now() - dt.timedelta(days=40))
    ran = old.run()
    assert "40 days old" in looked(old, "names that were last looked at 40 days ago", ran)


def test_installed_and_not_enrolled(bare: House) -> None:
    ran = bare.run()
    assert looked(bare, "installed, no policy and no recipient yet", ran).startswith(("SETUP", "STOPPED"))


def test_a_signing_key_that_officers_have_revoked(one: House) -> None:
    world = world_of(one.folder, one.engine, one.oem)
    world.config = config.load(one.yaml)
    world.roll = read_roll((one.folder / "roll.json").read_bytes(), None)
    desk = open_desk(world.config, clock=now, actor="test")
    with desk.state.reading() as tx:
        stream, seq = tx.row("select stream_id, next_seq - 1 from streams where next_seq > 1") or ("", 0)
    asked = decision.ask(
        "revoke-key", {"kid": desk.signer.kid, "last_good": f"{stream}=1/{seq}"}, "The server was stolen",
        expires_on=now().date() + dt.timedelta(days=30), roll=world.roll,
    )  # fmt: skip
    path = one.folder / "revoke.json"
    decision_life.propose(asked, path, world.pen(DANA))
    for person in (LEE, KIM):
        decision_life.sign(path, asked, world.pen(person))
    permission.import_decision(desk, path)
    desk.state.close()
    assert cli("keys", "revoke", "--config", str(one.yaml)).status == 0
    changed(one)
    assert looked(one, "a signing key that officers have revoked", run_all(one)).startswith("SETUP")


def test_an_older_copy_of_the_state_file_is_put_back(one: House) -> None:
    with one.state():
        pass
    before = one.state_file.read_bytes()
    changed(one)
    assert run_all(one).status == 0
    with one.state():
        pass
    one.state_file.write_bytes(before)
    assert looked(one, "an older copy of the state file is put back", one.run()).startswith("STOPPED")
    assert cli("resync", "--config", str(one.yaml)).status == 0
    assert one.run().status == 0


def test_the_oem_shows_another_receipt_key(one: House, tmp_path: Path) -> None:
    from agent.receiver import serve

    other = serve.start_in_thread(tmp_path / "other", name=OEM)
    try:
        with one.yaml_with(**{one.oem.url: other.url, str(one.oem.ca_file): str(other.ca_file)}):
            changed(one)
            looked(one, "another OEM answers at the endpoint", run_all(one))
    finally:
        other.stop()


def test_a_clock_that_is_ahead(one: House) -> None:
    """The OEM's receiver has the right time, and says so in each answer."""
    changed(one)
    ahead = moved_clock.env(dt.timedelta(days=2))
    ran, doctor, status = (
        cli_apart(*command, "--config", str(one.yaml), env=ahead)
        for command in (("run", "--reconcile"), ("doctor", "--json"), ("status",))
    )
    situations.seen("the clock is two days ahead", ran=ran, doctor=doctor, status=status)
    assert "dealer IT. Set the clock right" in " ".join(status.out.split())
    assert json.loads(doctor.out)["findings"] != json.loads(one.doctor("--json").out)["findings"]


@pytest.mark.skipif(shutil.which("unshare") is None or os.geteuid() != 0, reason="needs root and unshare")
def test_this_machine_has_no_network(one: House) -> None:
    changed(one)
    ran, doctor, status = (
        cli_apart(*command, "--config", str(one.yaml), wrap=("unshare", "--net"))
        for command in (("run", "--reconcile"), ("doctor", "--json"), ("status",))
    )
    situations.seen("this machine has no network", ran=ran, doctor=doctor, status=status)
    assert one.run().status == 0


@pytest.mark.postgresql
def test_an_account_that_can_read_more(postgresql: Engine, tmp_path: Path) -> None:
    house.build(tmp_path / "built", postgresql)
    with house.house(tmp_path / "built", tmp_path / "house", postgresql) as made:
        assert made.run().status == 0
        account = made.engine.settings.user
        postgresql.admin(f'GRANT SELECT ("CASH_DOWN") ON {postgresql.table("SALES_DEAL")} TO {account}')
        with contextlib.ExitStack() as back:
            revoke = f'REVOKE SELECT ("CASH_DOWN") ON {postgresql.table("SALES_DEAL")} FROM {account}'
            back.callback(postgresql.admin, revoke)
            ran = made.run()
            assert [said.code for said in ran.errors] == ["FG-A10"]
            looked(made, "a database account that can read more than was granted", ran)
        assert made.run().status == 0


def test_every_row_is_there_once() -> None:
    rows = [line for line in situations.FILE.read_text("utf-8").splitlines() if line.startswith("| ")]
    names = [row.split(" | ")[0] for row in rows[1:]]
    assert len(names) == len(set(names)) >= 25
