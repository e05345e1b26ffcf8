"""Reading by change: early, cheap, never the last word. The independent selection of tests/story says what is right."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent import config
from agent.core.jobs import ChangesFrame, Done, Frame, Job
from agent.dms.odbc import connect
from agent.errors import ConfigError, SourceError, StateError
from agent.health import health
from agent.pipeline import Extraction, extract_once
from agent.service import reader
from agent.tasks.access import probe_source
from agent.tasks.doctor_changes import page_order
from agent.tasks.permission import policies_in_force
from tests.story.causes import SHORT_OVERLAP
from tests.story.expected import differences, expected
from tests.story.world import OEM, World, world
from tests.write_troubleshooting import NO_FAULTS

ZONE = ZoneInfo("America/New_York")


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    """Everything has been read and sent once. PostgreSQL and MariaDB: tests/storm, and the statements below."""
    with world(tmp_path, customers=30, limits="{page_rows: 10}", at=dt.datetime.now(dt.UTC)) as made:
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


def test_a_row_that_left_the_filter_is_retracted_without_waiting_for_the_comparison(dealership: World) -> None:
    (vin,) = dealership.sql(f'SELECT MIN("VIN") FROM {dealership.table("VEHICLE")} WHERE "MAKE" = \'EXAMPLE\'')[0]
    before = len(dealership.lines())
    write(dealership, "VEHICLE", "\"MAKE\" = 'OTHER'", f"\"VIN\" = '{vin}'")
    dealership.run(reconcile=False)
    assert ("retract", "vehicles") in {line[2:4] for line in dealership.lines()[before:]}
    assert [one for one in right(dealership) if one[0][1] == "vehicles"] == []


def test_what_no_stamp_shows_is_found_by_comparing_all_rows(dealership: World) -> None:
    table = dealership.table("VEHICLE")
    owned = f'SELECT "VIN" FROM {table} WHERE "MAKE" = \'EXAMPLE\' ORDER BY "VIN" LIMIT 2'
    (one,), (two,) = dealership.sql(owned)
    dealership.sql(f"DELETE FROM {table} WHERE \"VIN\" = '{one}'")
    dealership.sql(f'UPDATE {table} SET "ODOMETER" = 7, "LAST_CHANGED" = NULL WHERE "VIN" = \'{two}\'')
    dealership.run(reconcile=False)
    assert len([x for x in right(dealership) if x[0][1] == "vehicles"]) == 2
    dealership.run(reconcile=True)
    assert right(dealership) == []


def test_a_changed_key_is_new_at_once_and_the_old_one_is_taken_back_by_the_comparison(dealership: World) -> None:
    """No row says that it had another key: by change only the new one can be seen (docs/decisions/0090)."""
    (vin,) = dealership.sql(f'SELECT MIN("VIN") FROM {dealership.table("VEHICLE")} WHERE "MAKE" = \'EXAMPLE\'')[0]
    before = len(dealership.lines())
    write(dealership, "VEHICLE", "\"VIN\" = 'CHANGEDKEY0000001'", f"\"VIN\" = '{vin}'")
    dealership.run(reconcile=False)
    early = [line[2:] for line in dealership.lines()[before:] if line[3] == "vehicles"]
    assert [one[0] for one in early] == ["upsert"]
    dealership.run(reconcile=True)
    late = [line[2:] for line in dealership.lines()[before:] if line[3] == "vehicles"][len(early) :]
    assert [one[0] for one in late] == ["retract"]
    assert late[0][2] != early[0][2]
    assert right(dealership) == []


def test_a_comparison_that_sees_a_changed_key_first_says_both_in_one_run(dealership: World) -> None:
    (vin,) = dealership.sql(f'SELECT MIN("VIN") FROM {dealership.table("VEHICLE")} WHERE "MAKE" = \'EXAMPLE\'')[0]
    before = len(dealership.lines())
    write(dealership, "VEHICLE", "\"VIN\" = 'CHANGEDKEY0000001'", f"\"VIN\" = '{vin}'")
    dealership.run(reconcile=True)
    said = [line[2] for line in dealership.lines()[before:] if line[3] == "vehicles"]
    assert said == ["retract", "upsert"], "what is taken back goes first"
    assert right(dealership) == []


def test_a_choice_is_heard_though_no_row_of_the_dataset_changed(dealership: World) -> None:
    """The customer's row is stamped; the repair orders joined to it are not."""
    number = next(n for n in numbers(dealership) if visits_of(dealership, n))
    mine = visits_of(dealership, number)
    write(dealership, "CUSTOMER", "\"OPT_OUT\" = 'Y'", f'"CUST_NO" = {number}')
    dealership.run(reconcile=False)
    assert not mine & usable_visits(dealership)
    write(dealership, "CUSTOMER", "\"OPT_OUT\" = 'N'", f'"CUST_NO" = {number}')
    dealership.run(reconcile=False)
    assert mine <= usable_visits(dealership), "a later yes finds the records it is about"
    assert right(dealership) == []


def visits_of(made: World, number: str) -> set[str]:
    """Ids of this customer's repair orders that the OEM may use."""
    from tests.story.expected import keyed

    rows = made.sql(f'SELECT "RO_NO", "STORE_NO" FROM {made.table("REPAIR_ORDER")} WHERE "CUST_NO" = {number}')
    found = set()
    for ro, store in rows:
        stream = made.streams().get((OEM, str(store).strip()))
        if stream:
            found.add(keyed(made.desk.store.secret(f"stream:{stream}:id"), "service_visits", str(ro)))
    return found & usable_visits(made)


def usable_visits(made: World) -> set[str]:
    return {key[2] for key in made.usable() if key[1] == "service_visits"}


def test_someone_who_never_was_sent_is_found_when_he_says_yes(dealership: World) -> None:
    number = next(n for n in numbers(dealership) if visits_of(dealership, n))
    mine = visits_of(dealership, number)
    dealership.sql(f'UPDATE {dealership.table("CUSTOMER")} SET "OPT_OUT" = \'Y\' WHERE "CUST_NO" = {number}')
    dealership.run(reconcile=True)
    dealership.sql(f'DELETE FROM {dealership.table("REPAIR_ORDER")} WHERE "CUST_NO" = {number}')
    dealership.run(reconcile=True)
    visit = insert_visit(dealership, number)
    dealership.run(reconcile=True)
    assert visit not in {key[2] for key in dealership.held()}
    write(dealership, "CUSTOMER", "\"OPT_OUT\" = 'N'", f'"CUST_NO" = {number}')
    dealership.run(reconcile=False)
    assert visit in usable_visits(dealership)
    assert mine


def insert_visit(made: World, number: str) -> str:
    """A repair order of last month for this customer, and the id it has at the OEM."""
    from tests.story.expected import keyed

    cars = f'SELECT MIN("VIN") FROM {made.table("VEHICLE")} WHERE "MAKE" = \'EXAMPLE\''
    made.sql(
        f'INSERT INTO {made.table("REPAIR_ORDER")} ("RO_NO", "STORE_NO", "CUST_NO", "VIN", "LAST_CHANGED")'
        f" SELECT 990001, '01', {number}, ({cars}), '{stamp(dt.timedelta(days=30))}'"
    )
    stream = made.streams()[OEM, "01"]
    return keyed(made.desk.store.secret(f"stream:{stream}:id"), "service_visits", "990001")


def test_without_an_index_in_its_order_a_dataset_is_read_by_snapshot(dealership: World) -> None:
    for name, sql in dealership.sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'"):
        if sql and "LAST_CHANGED" in str(sql) and "VEHICLE" in str(sql):
            dealership.sql(f'DROP INDEX "{name}"')
    done = dealership.extract(reconcile=False)
    assert {r.dataset for r in done.readings if r.whole} == {"vehicles", "vehicle_sales"}
    with dealership.desk.state.reading() as tx:
        found = health(tx, dealership.config, dealership.clock())
    assert any("vehicles is read by snapshot: no index" in said for said in found.notices)
    with connect(dealership.config.sources["dms"], "") as connection:
        told = [one.says for one in page_order(connection, policies_in_force(dealership.desk))]
    documented = [re.escape(says).replace(r"\.\.\.", ".+") for says, _ in NO_FAULTS]
    plain = re.compile(r"\w+: changes found by LAST_CHANGED")
    assert all(plain.fullmatch(one) or any(re.fullmatch(p, one) for p in documented) for one in told)
    assert [one for one in told if re.fullmatch(documented[1], one)] == [
        "vehicles: read by snapshot: no index of main.VEHICLE begins with LAST_CHANGED"
    ]
    assert any(one.startswith("service_visits") and "a change in main.VEHICLE alone" in one for one in told)


def test_a_short_overlap_is_refused_before_anything_is_read(dealership: World) -> None:
    text = (dealership.folder / "agent.yaml").read_text()
    (dealership.folder / "agent.yaml").write_text(text.replace("overlap_s: 5400", "overlap_s: 5399"))
    dealership.config = config.load(dealership.folder / "agent.yaml")
    dealership.restart()
    with pytest.raises(ConfigError) as refused:
        dealership.extract(reconcile=False)
    assert (refused.value.code, refused.value.advice) == (SHORT_OVERLAP.code, SHORT_OVERLAP.do)
    assert re.fullmatch(re.escape(SHORT_OVERLAP.says).replace(r"\.\.\.", ".+"), refused.value.what)


def test_a_window_left_half_read_is_read_to_its_own_end_first(dealership: World) -> None:
    """What was committed late, behind the position of the kill, is still found: the next window begins before it."""
    table = dealership.table("VEHICLE")
    dealership.sql(f'UPDATE {table} SET "ODOMETER" = "ODOMETER" + 1, "LAST_CHANGED" = \'{stamp()}\'')
    child = StopAfter(2)
    with pytest.raises(SourceError):
        extract_once(dealership.desk, child, probe_source)
    (vin,) = dealership.sql(f'SELECT MIN("VIN") FROM {table} WHERE "MAKE" = \'EXAMPLE\' AND "STORE_NO" = \'01\'')[0]
    write(dealership, "VEHICLE", '"ODOMETER" = 4', f"\"VIN\" = '{vin}'", dt.timedelta(minutes=80))
    dealership.run(reconcile=False)
    assert right(dealership) == []


class StopAfter:
    """The real reader in this process, which ends after so many pages of changes."""

    def __init__(self, pages: int) -> None:
        self.pages = pages

    def read(self, job: Job) -> Iterator[Frame]:
        for frame in reader.answer(job):
            if isinstance(frame, ChangesFrame):
                self.pages -= 1
                if self.pages < 0:
                    raise SourceError("FG-S21", "the reader process ended by itself", "run again")
            if not isinstance(frame, Done):
                yield frame


def test_after_a_week_everything_is_compared_by_itself(dealership: World) -> None:
    dealership.clock.at += dt.timedelta(days=7)
    assert whole(dealership.extract(reconcile=False)) == {True}
    assert whole(dealership.extract(reconcile=False)) == {False}


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_quiet_run_is_one_page_statement_of_each_dataset(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    """Over any number of rows: pages hold 10 here, and the tables many times that."""
    with world(
        tmp_path,
        engine=request.getfixturevalue(kind),
        customers=60,
        limits="{page_rows: 10}",
        at=dt.datetime.now(dt.UTC),
    ) as made:
        quote = "`" if kind == "mariadb" else '"'
        for table in ("CUSTOMER", "VEHICLE", "REPAIR_ORDER"):
            made.sql(f"UPDATE {made.table(table)} SET {quote}LAST_CHANGED{quote} = '2026-01-01 12:00:00'")
        made.approve()
        made.enroll()
        made.run(reconcile=False)
        before = pages_asked(made)
        made.extract(reconcile=False)
        found = list((pages_asked(made) - before).elements())
        assert all(f"ORDER BY m.{quote}LAST_CHANGED{quote}" in sql for sql in found)
        assert len(found) == 1 + 2 * 3, "choices once, and three datasets for each of two stores"


def pages_asked(made: World) -> Counter[str]:
    """The page statements that the server was asked by the agent so far, but for the dataset read by snapshot. MariaDB
    logs each twice: as it was prepared, with marks, and as it was executed."""
    log = (s.statement for s in made.engine.statement_log() if s.role == made.engine.settings.user and "?" not in s[1])
    return Counter(sql for sql in log if "ORDER BY m." in sql and "SALES_DEAL" not in sql.split(" WHERE ")[0])


def test_reading_by_change_stops_before_the_outbox_is_over_its_budget(dealership: World) -> None:
    write(dealership, "CUSTOMER", "\"FIRST_NAME\" = 'Chris'", "1 = 1")
    full, roomy = dealership.desk, dealership.desk.config
    tiny = replace(roomy, limits=roomy.limits.model_copy(update={"outbox_mb": 0.0001}))
    dealership.desk = replace(full, config=tiny)
    with pytest.raises(StateError) as refused:
        dealership.extract(reconcile=False)
    assert refused.value.code == "FG-T21"
    assert dealership.waiting() == 1, "what was read before it is kept, and no page behind it"
    dealership.desk = full
    dealership.run(reconcile=False)
    assert right(dealership) == []
