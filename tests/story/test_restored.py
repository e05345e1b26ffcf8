"""The state file, the machine or the OEM comes back from a backup. Each is told apart by its name, nothing leaves until
it is mended, and what people said in between is not undone."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from agent import config
from agent.core import decision
from agent.core.lines import Scope
from agent.errors import ConfigError, DeliveryError, PolicyError, StateError
from agent.receiver import portal, serve
from agent.receiver.landing import suppress
from agent.state import streams
from agent.tasks import asking, decision_life, desk, permission, policy_watch, position, resync
from agent.tasks.enroll import connect
from agent.tasks.position import FILE
from agent.tasks.recipient import Reply
from tests.story.expected import differences, expected
from tests.story.world import OEM, World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, limits="{page_rows: 15}", customers=24) as made:
        made.approve()
        made.enroll()
        made.run()
        yield made


def saved(made: World) -> bytes:
    """A copy of the state file, as a backup program makes one."""
    made.desk.state.close()
    data = made.config.state_file.read_bytes()
    made.open()
    return data


def put_back(made: World, data: bytes, *, machine: str | None = None) -> None:
    made.desk.state.close()
    made.config.state_file.write_bytes(data)
    for suffix in ("-wal", "-shm"):
        Path(f"{made.config.state_file}{suffix}").unlink(missing_ok=True)
    made.desk = desk.open_desk(made.config, clock=made.clock, actor="story", machine=machine)
    with made.desk.state.transaction() as tx:
        streams.forget_head_checks(tx)


def in_step(made: World, *, this_machine: bool = False) -> list[resync.Resynced]:
    done, failed = resync.resync_all(made.desk, this_machine=this_machine)
    if failed:
        raise failed[0]
    return done


def customer(made: World, number: int = 0) -> tuple[str, str, str]:
    """A customer's record that the OEM may use."""
    return sorted(key for key in made.usable() if key[1] == "customers")[number]


def change_all(made: World, to: str) -> None:
    made.sql(f"UPDATE {made.table('CUSTOMER')} SET \"FIRST_NAME\" = '{to}'")


def test_restored_from_before_an_opt_out_at_the_oem_it_stays_an_opt_out(dealership: World) -> None:
    backup = saved(dealership)
    who, other = customer(dealership), customer(dealership, 1)
    change_all(dealership, "Chris")
    dealership.run()
    portal.opt_out(dealership.oems[OEM].house, who[2])
    put_back(dealership, backup)
    change_all(dealership, "Alex")
    before = dealership.lines()
    steps = dealership.run()
    assert {step.outcome for step in steps} == {"stopped"}
    assert all("it was restored" in step.said for step in steps)
    assert dealership.lines() == before, "nothing leaves before resync"
    done = in_step(dealership)
    assert {one.situation for one in done} == {"restored"}
    dealership.run()
    upserted = {line[4] for line in dealership.lines()[len(before) :] if line[2] == "upsert"}
    assert other[2] in upserted, "the others go on"
    assert who[2] not in upserted
    assert "all" in dealership.landed()[who].suppressed
    left = {key: fields for key, fields in expected(dealership, OEM).items() if key != who}
    assert differences({k: f for k, f in dealership.usable().items() if k != who}, left) == []
    dealership.check_house()


@pytest.mark.long
def test_restored_from_before_an_opt_out_in_the_dms_that_was_told(dealership: World) -> None:
    """The OEM knows of it, the copy does not; and even a DMS that was restored too does not undo it."""
    backup = saved(dealership)
    table = dealership.table("CUSTOMER")
    before = set(dealership.usable())
    dealership.sql(f'UPDATE {table} SET "OPT_OUT" = \'Y\' WHERE "CUST_NO" % 3 = 0')
    dealership.run()
    stopped = before - set(dealership.usable())
    assert stopped
    dealership.sql(f'UPDATE {table} SET "OPT_OUT" = \'N\' WHERE "CUST_NO" % 3 = 0')
    put_back(dealership, backup)
    in_step(dealership)
    dealership.run()
    assert not stopped & set(dealership.usable())
    # A yes that is newer than the stop is heard: said again in the DMS, it counts.
    dealership.sql(f'UPDATE {table} SET "OPT_OUT" = \'Y\' WHERE "CUST_NO" % 3 = 0')
    dealership.run()
    dealership.sql(f'UPDATE {table} SET "OPT_OUT" = \'N\' WHERE "CUST_NO" % 3 = 0')
    dealership.run()
    assert differences(dealership.usable(), expected(dealership, OEM)) == []
    dealership.check_house()


def test_restored_from_before_an_erasure_the_record_does_not_come_back(dealership: World) -> None:
    backup = saved(dealership)
    who = customer(dealership)
    change_all(dealership, "Chris")
    dealership.run()
    house = dealership.oems[OEM].house
    stream = dealership.streams()[OEM, who[0]]
    with house.store.writing() as db:  # as the OEM's landing does it for a retract with `erase`
        db.execute("DELETE FROM records WHERE stream_id = ? AND id = ?", (stream, who[2]))
        scope = Scope(all=True, purpose="marketing", since_on="2026-11-22")
        suppress(db, stream, who[1], who[2], scope, "erased")
    put_back(dealership, backup)
    in_step(dealership)
    change_all(dealership, "Alex")
    dealership.run()
    assert who not in dealership.held()
    assert len(dealership.held()) == len(expected(dealership, OEM)) - 1


def test_restored_from_before_a_revocation_it_stays_revoked(dealership: World) -> None:
    backup = saved(dealership)
    policy_watch.revoke(dealership.desk, "customer-crm", "the contract ended")
    before = dealership.lines()
    put_back(dealership, backup)
    change_all(dealership, "Alex")
    for work in (dealership.run, lambda: in_step(dealership)):
        with pytest.raises(PolicyError) as refused:
            work()
        assert refused.value.code == "A025"
    assert dealership.lines() == before


@pytest.mark.long
def test_an_older_policy_than_the_oem_has_seen_does_not_come_back(dealership: World) -> None:
    backup, keys = saved(dealership), dealership.config.key_folder
    position = (keys / FILE).read_bytes()
    dealership.approve(dealership.policy_text(**{"version: 4": "version: 5"}))
    change_all(dealership, "Chris")
    dealership.run()
    (keys / FILE).write_bytes(position)  # the whole machine came back, not the state file alone
    dealership.write_policy(dealership.policy_text())
    put_back(dealership, backup)
    assert {step.outcome for step in dealership.run()} == {"stopped"}
    with pytest.raises(PolicyError) as refused:
        in_step(dealership)
    assert refused.value.code == "FG-D31"
    path = dealership.write_policy(dealership.policy_text(**{"version: 4": "version: 5"}))
    permission.import_policy(dealership.desk, path, None)
    assert {one.situation for one in in_step(dealership)} == {"restored"}
    dealership.run()
    assert differences(dealership.usable(), expected(dealership, OEM)) == []


def test_a_copy_put_back_shows_even_where_nothing_was_sent_since(dealership: World) -> None:
    backup = saved(dealership)
    dealership.run()  # reads, and sends nothing: the OEM's head does not move
    put_back(dealership, backup)
    change_all(dealership, "Alex")
    assert {step.outcome for step in dealership.run()} == {"stopped"}
    in_step(dealership)
    dealership.run()
    assert differences(dealership.usable(), expected(dealership, OEM)) == []


@pytest.mark.long
def test_a_record_sent_and_deleted_since_the_copy_is_retracted(dealership: World) -> None:
    backup = saved(dealership)
    known = set(dealership.held())
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"OPT_OUT\" = 'N'")
    dealership.run()
    new = set(dealership.held()) - known
    assert new
    dealership.sql(f"DELETE FROM {dealership.table('REPAIR_ORDER')}")
    put_back(dealership, backup)
    in_step(dealership)
    dealership.run()
    assert differences(dealership.held(), expected(dealership, OEM)) == []


@pytest.mark.long
def test_on_another_machine_nothing_leaves_until_somebody_says_which_goes_on(dealership: World) -> None:
    put_back(dealership, saved(dealership), machine="sha256:another")
    change_all(dealership, "Alex")
    steps = dealership.run()
    assert {step.outcome for step in steps} == {"stopped"}
    assert all("clone" in step.said for step in steps)
    with pytest.raises(ConfigError) as refused:
        in_step(dealership)
    assert refused.value.code == "FG-D34"
    assert {one.situation for one in in_step(dealership, this_machine=True)} == {"cloned", "same"}
    dealership.run()
    assert differences(dealership.usable(), expected(dealership, OEM)) == []


def test_two_machines_that_look_alike_are_told_apart_when_the_second_sends(dealership: World) -> None:
    dealership.desk.state.close()
    shutil.copytree(dealership.folder, dealership.folder.parent / "clone")
    clone = World(dealership.folder.parent / "clone", dealership.engine, dealership.oems, dealership.clock)
    clone.config = config.load(clone.folder / "agent.yaml")
    clone.open()
    dealership.open()
    with contextlib.closing(clone.desk.state):
        change_all(dealership, "Chris")
        clone.run()
        before = dealership.lines()
        change_all(dealership, "Alex")
        steps = dealership.run()
        assert {step.outcome for step in steps} == {"stopped"}
        assert dealership.lines() == before, "one history"
        dealership.restart()
        assert all("clone" in step.said for step in dealership.deliver())
        assert {one.situation for one in in_step(dealership, this_machine=True)} == {"cloned"}
        dealership.run()
        assert differences(dealership.usable(), expected(dealership, OEM)) == []
        change_all(dealership, "Kim")
        clone.restart()
        assert {step.outcome for step in clone.run()} == {"stopped"}
    dealership.run()
    assert differences(dealership.usable(), expected(dealership, OEM)) == []
    dealership.check_house()


def reset_decided(made: World, stream_id: str, epoch: int) -> None:
    asked = decision.ask(
        "reset", {"stream_id": stream_id, "epoch": str(epoch)}, "The OEM was restored from its backup",
        expires_on=made.clock().date().replace(year=2027, month=1), roll=made.roll,
    )  # fmt: skip
    path = made.folder / f"reset-{stream_id}.json"
    decision_life.propose(asked, path, made.pen(made.officers[0]))
    for person in made.officers[1:]:
        decision_life.sign(path, asked, made.pen(person))
    permission.import_decision(made.desk, path)


@pytest.mark.parametrize("lost", ["some of it", pytest.param("all of it", marks=pytest.mark.long)])
def test_an_oem_restored_from_its_own_backup_gets_it_all_again(dealership: World, tmp_path: Path, lost: str) -> None:
    oem = dealership.oems[OEM]
    if lost == "all of it":
        with oem.house.store.writing() as db:
            names = ("operations", "batches", "streams", "records")
            for name in names[:2]:
                db.execute(f"DROP TRIGGER {name}_stay")
            kept = [db.execute(f"DELETE FROM {name}") for name in names]
            assert len(kept) == 4
        oem.stop()
    else:
        oem.stop()
        shutil.copytree(tmp_path / OEM, tmp_path / "backup")
        restart_oem(dealership, tmp_path / OEM)
        dealership.sql(f'UPDATE {dealership.table("CUSTOMER")} SET "OPT_OUT" = \'Y\' WHERE "CUST_NO" % 3 = 0')
        dealership.sql(f'DELETE FROM {dealership.table("REPAIR_ORDER")} WHERE "RO_NO" % 2 = 0')
        change_all(dealership, "Chris")
        dealership.run()
        dealership.oems[OEM].stop()
        shutil.rmtree(tmp_path / OEM)
        shutil.copytree(tmp_path / "backup", tmp_path / OEM)
    restart_oem(dealership, tmp_path / OEM)
    change_all(dealership, "Alex")
    steps = dealership.run()
    assert {step.outcome for step in steps} == {"stopped"}
    assert all("the OEM" in step.said and "backup" in step.said for step in steps)
    with pytest.raises(PolicyError) as refused:
        in_step(dealership)
    assert refused.value.code == "FG-D33"
    for stream_id in dealership.streams().values():
        reset_decided(dealership, stream_id, 2)
    done = in_step(dealership)
    assert {(one.situation, one.epoch, one.seq) for one in done} == {("oem_restored", 2, 1)}
    dealership.run()
    assert differences(dealership.usable(), expected(dealership, OEM)) == []
    dealership.check_house()


def restart_oem(made: World, folder: Path) -> None:
    made.oems[OEM] = serve.start_in_thread(folder, name=OEM, clock=made.clock)
    made.write_config()
    made.config = config.load(made.folder / "agent.yaml")
    made.restart()


def test_where_the_disk_has_no_room_for_how_far_it_came_that_is_said(dealership: World) -> None:
    resource = pytest.importorskip("resource")
    note = dealership.config.key_folder / FILE
    held = note.read_bytes()
    keep = partial(position.keep, dealership.config, dealership.desk.state, dealership.desk.instance_id)
    note.unlink()
    keep()
    assert note.read_bytes() == held
    note.unlink()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(StateError, match="FG-T23"):
            keep()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.long
def test_in_step_already_nothing_is_changed(dealership: World) -> None:
    before = dealership.audit()
    assert {one.situation for one in in_step(dealership)} == {"same"}
    assert dealership.audit() == before


@pytest.mark.parametrize("skips", [0, 1])
def test_a_page_that_leaves_entries_out_is_not_taken(dealership: World, skips: int) -> None:
    """An OEM may not say, under its own key, that what stands in front of a page is known already."""
    stream_id = dealership.streams()[OEM, "01"]
    with dealership.desk.state.reading() as tx:
        stream = streams.get(tx, stream_id)
    with contextlib.closing(connect(dealership.desk, OEM)) as oem:

        class Skipping:
            opt_outs, suppressed, keys = oem.opt_outs, oem.suppressed, oem.keys

            def held(self, stream_id: str, after: int, now_s: int, jti: str) -> Reply:
                return oem.held(stream_id, after + skips, now_s, jti)

        if skips:
            with pytest.raises(DeliveryError) as refused:
                list(asking.held(dealership.desk, stream, Skipping()))
            assert (refused.value.code, "does not follow" in refused.value.what) == ("FG-D12", True)
        else:
            assert list(asking.held(dealership.desk, stream, Skipping()))
