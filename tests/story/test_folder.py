"""A folder for SFTP pick-up: the same bytes as over HTTPS, sent and not confirmed."""

from __future__ import annotations

import contextlib
import gzip
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from agent import config
from agent.core.lines import Line, read_lines
from agent.errors import ConfigError
from agent.pipeline import deliver_once
from agent.receiver.verify import read_keys, verify_folder
from agent.state import outbox, streams
from agent.tasks import resync
from agent.tasks.check import check_house
from agent.tasks.deliver import Delivery
from agent.tasks.enroll import folder_of
from tests.story.test_restored import reset_decided
from tests.story.world import OEM, World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, limits="{page_rows: 15}", customers=12) as made:
        made.approve()
        (tmp_path / "outgoing").mkdir()
        yaml = made.folder / "agent.yaml"
        text = yaml.read_text("utf-8")
        old = f"{{endpoint: '{made.oems[OEM].url}', ca: '{made.oems[OEM].ca_file}'}}"
        assert old in text
        yaml.write_text(text.replace(old, f"{{folder: '{tmp_path / 'outgoing'}'}}"), "utf-8")
        made.config = config.load(yaml)
        made.restart()
        yield made


def deliver(made: World) -> list[Delivery]:
    return deliver_once(made.desk, lambda name: folder_of(made.desk, name))  # type: ignore[arg-type, return-value]


def run(made: World) -> list[Delivery]:
    made.extract()
    return deliver(made)


def test_batches_lie_there_verify_and_are_sent_not_confirmed(dealership: World, tmp_path: Path) -> None:
    steps = run(dealership)
    assert {step.outcome for step in steps} == {"settled"}
    outgoing = tmp_path / "outgoing"
    found = verify_folder(outgoing, read_keys(outgoing / "keys.json"))
    assert (found.ok, found.batches) == (True, len(steps))
    with dealership.desk.state.reading() as tx:
        assert all(batch.state == "settled" and batch.receipt is None for batch in outbox.batches(tx))
        assert check_house(tx, dealership.desk.atrest) == ()
    assert run(dealership) == [], "nothing twice"


def test_the_head_is_the_last_manifest_even_after_the_files_were_fetched(dealership: World, tmp_path: Path) -> None:
    run(dealership)
    for path in [*(tmp_path / "outgoing").glob("*.ndjson.gz"), *(tmp_path / "outgoing").glob("*.manifest.jws")]:
        path.unlink()
    dealership.restart()
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    assert {step.outcome for step in run(dealership)} == {"settled"}


def test_of_all_manifests_that_lie_there_the_newest_is_the_head(dealership: World) -> None:
    run(dealership)
    with dealership.desk.state.reading() as tx:
        seqs = [(batch.stream_id, batch.seq) for batch in outbox.batches(tx)]
    newest = dict(sorted(seqs))
    assert max(newest.values()) > 1
    folder = folder_of(dealership.desk, OEM)
    assert folder is not None
    assert {stream: folder.head(stream, 0).seq for stream in newest} == newest


def test_an_older_state_file_beside_newer_files_sends_nothing(dealership: World, tmp_path: Path) -> None:
    run(dealership)
    dealership.desk.state.close()
    backup = dealership.config.state_file.read_bytes()
    dealership.open()
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    run(dealership)
    dealership.desk.state.close()
    dealership.config.state_file.write_bytes(backup)
    for suffix in ("-wal", "-shm"):
        Path(f"{dealership.config.state_file}{suffix}").unlink(missing_ok=True)
    (dealership.config.key_folder / "position.json").unlink()
    dealership.open()
    with dealership.desk.state.transaction() as tx:
        streams.forget_head_checks(tx)
    before = sorted(path.name for path in (tmp_path / "outgoing").iterdir())
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Alex'")
    assert {step.outcome for step in run(dealership)} == {"stopped"}
    assert sorted(path.name for path in (tmp_path / "outgoing").iterdir()) == before


def put_back(made: World, backup: bytes) -> None:
    """The state file of then; whoever looks beside the keys sees that it is an older copy."""
    made.desk.state.close()
    made.config.state_file.write_bytes(backup)
    for suffix in ("-wal", "-shm"):
        Path(f"{made.config.state_file}{suffix}").unlink(missing_ok=True)
    made.open()


def lies_there(outgoing: Path) -> list[str]:
    return sorted(path.name for path in outgoing.iterdir())


def lines_of(outgoing: Path, but: Collection[str] = ()) -> list[Line]:
    """Everything the folder's owner was told, stream by stream, in order. `but`: names of files to leave out."""
    names = sorted(path for path in outgoing.glob("*.ndjson.gz") if path.name not in but)
    return [line for name in names for line in read_lines(gzip.decompress(name.read_bytes()))]


def usable(outgoing: Path) -> set[str]:
    """The ids of what the folder's owner may use, by the protocol's own words: naive, and nothing of ours but the
    reading of a line."""
    held, stopped = set[str](), set[str]()
    for line in lines_of(outgoing):
        if line.op == "upsert":
            held.add(line.id)
        elif line.op == "retract":
            held.discard(line.id)
        elif line.op == "suppress" and line.scope is not None and line.scope.all:
            stopped.add(line.id)
        elif line.op == "lift":
            stopped.discard(line.id)
    return held - stopped


def restored(made: World, outgoing: Path) -> set[str]:
    """A run; its state file is kept; some customers say stop, and that is told; the copy is put back, and with it a DMS
    that has forgotten it as well. The records that were stopped."""
    run(made)
    made.desk.state.close()
    backup = made.config.state_file.read_bytes()
    made.open()
    before = usable(outgoing)
    made.sql(f'UPDATE {made.table("CUSTOMER")} SET "OPT_OUT" = \'Y\' WHERE "CUST_NO" % 3 = 0')
    made.sql(f"UPDATE {made.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    run(made)
    stopped = before - usable(outgoing)
    assert stopped
    made.sql(f'UPDATE {made.table("CUSTOMER")} SET "OPT_OUT" = \'N\' WHERE "CUST_NO" % 3 = 0')
    put_back(made, backup)
    return stopped


def in_step(made: World, *, this_machine: bool = False) -> list[resync.Resynced]:
    done, failed = resync.resync_all(made.desk, this_machine=this_machine)
    if failed:
        raise failed[0]
    return done


def test_after_a_restore_resync_reads_in_the_folder_whom_it_stopped(dealership: World, tmp_path: Path) -> None:
    outgoing = tmp_path / "outgoing"
    stopped = restored(dealership, outgoing)
    before = lies_there(outgoing)
    assert {step.outcome for step in run(dealership)} == {"stopped"}
    assert lies_there(outgoing) == before, "nothing leaves before resync"
    assert {one.situation for one in in_step(dealership)} == {"restored"}
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Alex'")
    steps = run(dealership)
    assert {step.outcome for step in steps} == {"settled"}
    upserted = {line.id for line in lines_of(outgoing, but=before) if line.op == "upsert"}
    assert upserted
    assert not upserted & stopped
    assert not usable(outgoing) & stopped, "a stop that was told is not undone by a restore"
    assert verify_folder(outgoing, read_keys(outgoing / "keys.json")).ok, "one history without a gap"
    with dealership.desk.state.reading() as tx:
        assert check_house(tx, dealership.desk.atrest) == ()


def test_two_machines_that_share_a_folder_are_told_apart_when_the_second_sends(
    dealership: World, tmp_path: Path
) -> None:
    """Nobody answers `fork` here: what lies there under the other's hand is not written over."""
    outgoing = tmp_path / "outgoing"
    run(dealership)
    dealership.desk.state.close()
    shutil.copytree(dealership.folder, tmp_path / "clone")
    dealership.open()
    clone = World(tmp_path / "clone", dealership.engine, dealership.oems, dealership.clock)
    clone.config = config.load(clone.folder / "agent.yaml")
    clone.open()
    customers = dealership.table("CUSTOMER")
    with contextlib.closing(clone.desk.state):
        dealership.sql(f"UPDATE {customers} SET \"FIRST_NAME\" = 'Chris'")
        assert {step.outcome for step in run(clone)} == {"settled"}, "the first to send cannot know"
        before = {path: path.read_bytes() for path in outgoing.iterdir()}
        dealership.sql(f"UPDATE {customers} SET \"FIRST_NAME\" = 'Alex'")
        assert {step.outcome for step in run(dealership)} == {"stopped"}
        assert {path: path.read_bytes() for path in outgoing.iterdir()} == before, "one history"
        assert all("clone" in step.said for step in deliver(dealership)), "and the next step says what it is"
        with pytest.raises(ConfigError) as refused:
            in_step(dealership)
        assert refused.value.code == "FG-D34"
        assert {one.situation for one in in_step(dealership, this_machine=True)} == {"cloned"}
        assert {step.outcome for step in run(dealership)} == {"settled"}
        assert verify_folder(outgoing, read_keys(outgoing / "keys.json")).ok, "one history without a gap"
        dealership.sql(f"UPDATE {customers} SET \"FIRST_NAME\" = 'Kim'")
        assert {step.outcome for step in run(clone)} == {"stopped"}, "a daemon that goes on as if nothing had been"
    assert {step.outcome for step in run(dealership)} == {"settled"}
    with dealership.desk.state.reading() as tx:
        assert check_house(tx, dealership.desk.atrest) == ()


def _fetched(outgoing: Path) -> None:
    for path in [*outgoing.glob("*.ndjson.gz"), *outgoing.glob("*.manifest.jws")]:
        path.unlink()


def _altered(outgoing: Path) -> None:
    """Whoever can write there takes a stop out of the newest control batch."""
    for body in sorted(outgoing.glob("*.ndjson.gz")):
        lines = gzip.decompress(body.read_bytes()).splitlines(keepends=True)
        if b'"suppress"' in lines[0]:
            body.write_bytes(gzip.compress(b"".join(lines[1:])))


def _hidden(outgoing: Path) -> None:
    """Whoever can write there takes the newest batches away, head and all, so that the copy looks up to date."""
    for head in outgoing.glob("*.head.jws"):
        newest = sorted(outgoing.glob(f"{head.name.removesuffix('.head.jws')}.*.manifest.jws"))
        for path in newest[4:]:
            path.unlink()
        head.write_bytes(newest[3].read_bytes())


@pytest.mark.parametrize(
    "attack", [pytest.param(_fetched, marks=pytest.mark.long), pytest.param(_altered, marks=pytest.mark.long), _hidden]
)
def test_where_the_folder_does_not_say_it_all_nothing_leaves_before_officers_decide(
    dealership: World, tmp_path: Path, attack: Callable[[Path], None]
) -> None:
    outgoing = tmp_path / "outgoing"
    stopped = restored(dealership, outgoing)
    kept = {path: path.read_bytes() for path in outgoing.iterdir()}
    attack(outgoing)
    before = lies_there(outgoing)
    for _ in range(2):
        _, failed = resync.resync_all(dealership.desk)
        assert {error.code for error in failed} == {"FG-D35"}
        assert "stopped" in {step.outcome for step in run(dealership)}
        assert not {line.id for line in lines_of(outgoing, but=before)} & stopped
    for path, data in kept.items():  # the pairs are put back
        path.write_bytes(data)
    assert "restored" in {one.situation for one in in_step(dealership)}
    assert {step.outcome for step in run(dealership)} <= {"settled"}
    assert not usable(outgoing) & stopped
    assert verify_folder(outgoing, read_keys(outgoing / "keys.json")).ok


@pytest.mark.long
def test_where_the_pairs_are_lost_officers_begin_a_new_epoch(dealership: World, tmp_path: Path) -> None:
    outgoing = tmp_path / "outgoing"
    restored(dealership, outgoing)
    _fetched(outgoing)
    with dealership.desk.state.reading() as tx:
        places = [(one.stream_id, one.epoch + 1) for one in streams.streams(tx)]
    assert len({error.code for error in resync.resync_all(dealership.desk)[1]}) == 1
    for stream_id, epoch in places:
        reset_decided(dealership, stream_id, epoch)
    done = in_step(dealership)
    assert {(one.stream_id, one.epoch, one.seq) for one in done} == {(*place, 1) for place in places}
    assert {step.outcome for step in run(dealership)} == {"settled"}
    assert {step.kind for step in run(dealership)} == set(), "everything was told again, once"
    assert len(lines_of(outgoing)) > 0


def test_a_folder_that_is_gone_makes_batches_wait(dealership: World, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "outgoing")
    steps = run(dealership)
    assert {step.outcome for step in steps} == {"waiting"}
    assert dealership.waiting()
    (tmp_path / "outgoing").mkdir()
    dealership.clock.at = dealership.clock.at.replace(hour=23)
    assert {step.outcome for step in deliver(dealership)} == {"settled"}
    assert not dealership.waiting()
