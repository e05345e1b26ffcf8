"""Reading by change: early, cheap, never the last word. The independent selection of tests/story says what is right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.pipeline import Extraction
from tests.story.expected import differences, expected
from tests.story.world import OEM, World, world

ZONE = ZoneInfo("America/New_York")


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def dealership(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """Everything has been read and sent once."""
    engine = None if request.param == "sqlite" else request.getfixturevalue(request.param)
    with world(tmp_path, engine=engine, customers=30, limits="{page_rows: 10}") as made:
        made.clock.at = dt.datetime.now(dt.UTC)
        made.approve()
        made.enroll()
        made.run(reconcile=False)
        yield made


def stamp(ago: dt.timedelta = dt.timedelta(0)) -> str:
    """What the DMS writes into LAST_CHANGED: its own local time."""
    return (dt.datetime.now(ZONE) - ago).strftime("%Y-%m-%d %H:%M:%S")


def write(made: World, table: str, what: str, where: str, ago: dt.timedelta = dt.timedelta(0)) -> None:
    made.sql(f"UPDATE {made.table(table)} SET {what}, \"LAST_CHANGED\" = '{stamp(ago)}' WHERE {where}")


def right(made: World) -> list[object]:
    return differences(made.held(), expected(made, OEM))


def some_customer(made: World) -> str:
    """One whom the OEM holds."""
    held = {key[2] for key in made.held() if key[1] == "customers"}
    return next(number for number in numbers(made) if identity(made, number) in held)


def numbers(made: World) -> list[str]:
    return [str(row[0]) for row in made.sql(f'SELECT "CUST_NO" FROM {made.table("CUSTOMER")} ORDER BY 1')]


def identity(made: World, number: str) -> str:
    from tests.story.expected import keyed

    (store,) = made.sql(f'SELECT "STORE_NO" FROM {made.table("CUSTOMER")} WHERE "CUST_NO" = {number}')[0]
    stream = made.streams().get((OEM, str(store).strip()))
    return keyed(made.desk.store.secret(f"stream:{stream}:id"), "customers", number) if stream else ""


def whole(done: Extraction) -> set[bool]:
    return {reading.whole for reading in done.readings if reading.dataset != "vehicle_sales"}


def test_the_first_reading_compares_everything_and_the_next_reads_changes_alone(dealership: World) -> None:
    assert right(dealership) == []
    done = dealership.extract(reconcile=False)
    assert whole(done) == {False}
    assert [r.rows for r in done.readings if not r.whole] == [0] * len([r for r in done.readings if not r.whole])
    assert dealership.deliver() == []


def test_a_changed_row_is_sent_and_nothing_else(dealership: World) -> None:
    number = some_customer(dealership)
    before = len(dealership.lines())
    write(dealership, "CUSTOMER", "\"FIRST_NAME\" = 'Renamed'", f'"CUST_NO" = {number}')
    dealership.run(reconcile=False)
    assert [line[2:] for line in dealership.lines()[before:]] == [("upsert", "customers", identity(dealership, number))]
    assert right(dealership) == []


def test_a_row_that_is_read_again_in_the_overlap_is_not_sent_again(dealership: World) -> None:
    number = some_customer(dealership)
    write(dealership, "CUSTOMER", "\"FIRST_NAME\" = 'Renamed'", f'"CUST_NO" = {number}')
    dealership.run(reconcile=False)
    before = len(dealership.lines())
    done = dealership.extract(reconcile=False)
    assert sum(r.rows for r in done.readings if r.dataset == "customers") == 1
    dealership.deliver()
    assert len(dealership.lines()) == before
