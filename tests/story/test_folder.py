"""A folder for SFTP pick-up: the same bytes as over HTTPS, sent and not confirmed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import config
from agent.pipeline import deliver_once
from agent.receiver.verify import read_keys, verify_folder
from agent.state import outbox, streams
from agent.tasks.check import check_house
from agent.tasks.deliver import Delivery
from agent.tasks.enroll import folder_of
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


def test_a_folder_that_is_gone_makes_batches_wait(dealership: World, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "outgoing")
    steps = run(dealership)
    assert {step.outcome for step in steps} == {"waiting"}
    assert dealership.waiting()
    (tmp_path / "outgoing").mkdir()
    dealership.clock.at = dealership.clock.at.replace(hour=23)
    assert {step.outcome for step in deliver(dealership)} == {"settled"}
    assert not dealership.waiting()
