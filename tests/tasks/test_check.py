"""`check_house` finds each way in which a house can be half-written, one sabotage each; a whole house has none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.state.store import Tx, open_state
from agent.tasks.check import check_house
from tests.story import breaking, house
from tests.story.house import House


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with settled batches, one in flight, and bodies that wait behind it."""
    built, folder = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("used")
    house.build(built)
    with house.house(built, folder) as one:
        assert one.run().status == 0
        customer = one.engine.table("CUSTOMER")
        one.engine.admin(f"update {customer} set \"EMAIL1\" = 'new@mail.example'")
        with breaking.server_error(one):
            assert one.run().status == 4
    return folder


@pytest.fixture
def one(used: Path, tmp_path: Path) -> Iterator[House]:
    shutil.copytree(used / "agent", tmp_path / "agent")
    yield House(tmp_path / "agent", None, None)  # type: ignore[arg-type]


def sabotage(one: House, *statements: str) -> tuple[str, ...]:
    state = open_state(one.state_file)
    with state.transaction() as tx:
        tx.write("pragma defer_foreign_keys = on")
        for statement in statements:
            tx.write(statement)
    state.close()
    return one.faults()


def test_a_house_with_something_settled_in_flight_and_waiting_is_whole(one: House) -> None:
    state = open_state(one.state_file)
    with state.reading() as tx:
        assert {row[0] for row in tx.rows("select state from batches")} == {"settled", "announced"}
        assert _count(tx, "bodies") > 0
        assert check_house(tx) == ()
    state.close()
    assert one.faults() == ()


def _count(tx: Tx, table: str) -> int:
    return int(tx.rows(f"select count(*) from {table}")[0][0])


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("delete from audit where n = 3", "the audit record is not intact: entry 3"),
        ("update audit set entry = cast(replace(entry, 'stream', 'straem') as blob) where n = 7", "not intact: entry"),
        ("update batches set seq = seq + 1 where state = 'announced'", "batches stand where"),
        ("update streams set next_seq = next_seq + 1", "batches stand where"),
        ("update streams set prev = 'sha256:0'", "its head is not the manifest of its last batch"),
        ("update batches set receipt = null where seq = 1", "and no receipt or audit entry says so"),
        ("update batches set state = 'settled' where state = 'announced'", "and no receipt or audit entry says so"),
        ("update batches set content = null where state = 'announced'", "has lost its content"),
        ("update batches set manifest_sha256 = 'sha256:1' where seq = 1", "has no audit entry that announces it"),
        ("delete from disclosures", "has no disclosure"),
        ("update pages set entries = substr(entries, 1, length(entries) - 1)", "cannot be read"),
        ("update pages set entries = x''", "cannot be read"),
        ("update runs set through_page = 9999", "the position stands behind a page that is not there"),
        ("update bodies set body = zeroblob(200)", "cannot be opened"),
        ("update bodies set lines = lines + 1", "is not what the audit record says was prepared"),
    ],
)
def test_a_sabotage_is_named(one: House, statement: str, said: str) -> None:
    faults = sabotage(one, statement)
    assert any(said in fault for fault in faults), faults


def test_a_body_that_is_lost_leaves_its_records_ahead(tmp_path: Path) -> None:
    """Pages remember records as on their way; with their body gone nobody would ever send them."""
    house.build(tmp_path / "built")
    with house.house(tmp_path / "built", tmp_path / "house") as one:
        one.oem.stop()
        assert one.run().status == 4
        assert one.faults() == ()
        faults = sabotage(one, "delete from bodies where body_id = (select max(body_id) from bodies)")
        assert any("records were read and neither wait nor were sent" in fault for fault in faults), faults


def test_people_who_refused_and_then_left_the_dms_are_no_damage(tmp_path: Path) -> None:
    """What the OEM was told to leave alone is remembered as bare ids when its row goes; cut short, that is damage."""
    house.build(tmp_path / "built")
    with house.house(tmp_path / "built", tmp_path / "house") as one:
        assert one.run().status == 0
        customer = one.engine.table("CUSTOMER")
        one.engine.admin(f"update {customer} set \"OPT_OUT\" = 'Y'")
        assert one.run().status == 0
        one.engine.admin(f'delete from {customer} where "CUST_NO" % 2 = 0')
        assert one.run().status == 0
        with one.state() as state, state.reading() as tx:
            assert tx.rows("select 1 from pages where scope like '%/gone'") != []
        assert one.faults() == ()
        faults = sabotage(one, "update pages set entries = substr(entries, 2) where scope like '%/gone'")
        assert any("cannot be read" in fault for fault in faults), faults
