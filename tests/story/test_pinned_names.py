"""What names meant when officers approved: renamed, retyped or redefined, their dataset stays and the others flow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core.pins import CHANGED
from agent.demo.engine import Engine
from agent.errors import PolicyError, SealError, SourceError
from agent.pipeline import extract_once
from agent.service.supervisor import ReaderChild
from agent.tasks import permission
from agent.tasks.access import probe_source
from tests.story.expected import differences, expected
from tests.story.world import OEM, World, world

VEHICLES = "    from:\n      source: dms\n      table: {schema}.VEHICLE\n"
VIEW = 'SELECT v."VIN", v."OWNER_NO", v."MAKE", v."MODEL", v."YEAR", {odometer} AS "ODOMETER", v."STORE_NO", {changed}'


def car_view(made: World, odometer: str = 'v."ODOMETER"') -> str:
    body = VIEW.format(odometer=odometer, changed='v."LAST_CHANGED"')
    return f"CREATE VIEW {made.table('CAR')} AS {body} FROM {made.table('VEHICLE')} v"


def text_over_the_view(made: World) -> str:
    table = VEHICLES.format(schema=made.engine.schema)
    return made.policy_text(**{table: table.replace("VEHICLE", "CAR")})


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def cars(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The dataset `vehicles` is read through a view."""
    engine = None if request.param == "sqlite" else request.getfixturevalue("postgresql")
    with world(tmp_path, engine=engine, customers=30) as made:
        made.sql(car_view(made))
        made.approve(text_over_the_view(made))
        made.enroll()
        yield made


def refused(made: World) -> list[str]:
    """The datasets that one extraction refused, each for changed names."""
    errors = made.extract().refused
    assert {error.code for error in errors} <= {CHANGED}
    return sorted({error.what.split(":")[0] for error in errors})


def test_unchanged_names_are_read_through_a_view_too(cars: World) -> None:
    cars.run()
    assert differences(cars.held(), expected(cars, OEM)) == []
    pinned = [e["facts"] for e in cars.audit() if e["event"] == "names_pinned"]
    assert len(pinned) == 1


def test_a_redefined_view_is_refused_and_the_rest_flows(cars: World) -> None:
    cars.run()
    before = len(cars.lines())
    cars.sql(f"DROP VIEW {cars.table('CAR')}")
    cars.sql(car_view(cars, 'v."ODOMETER" + 0'))  # the columns and their types are what they were
    cars.grant()
    cars.sql(f'UPDATE {cars.table("VEHICLE")} SET "ODOMETER" = 1')
    cars.sql(f"UPDATE {cars.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    assert refused(cars) == ["vehicles"]
    cars.deliver()
    news = cars.lines()[before:]
    assert {dataset for _, _, _, dataset, _ in news} == {"customers"}
    assert "dataset_refused" in {e["event"] for e in cars.audit()}
    # the DBA puts it back: nothing else is needed
    cars.sql(f"DROP VIEW {cars.table('CAR')}")
    cars.sql(car_view(cars))
    cars.grant()
    assert refused(cars) == []
    cars.deliver()
    assert differences(cars.held(), expected(cars, OEM)) == []


def test_a_redefined_view_is_not_saved_by_an_officers_old_approval(cars: World) -> None:
    """Importing the same bytes again would be IT alone saying that the new view is what was approved."""
    cars.sql(f"DROP VIEW {cars.table('CAR')}")
    cars.sql(car_view(cars, 'v."ODOMETER" + 0'))
    with pytest.raises(PolicyError):
        permission.import_policy(cars.desk, cars.folder / "policies" / "customer-crm.yaml", None)
    cars.grant()
    assert refused(cars) == ["vehicles"]


def test_a_view_altered_between_the_check_and_the_read_gives_no_record(cars: World) -> None:
    """The names are right while the run looks at them; only the reader finds another view, under the page's lock."""

    def probe_then_alter(*given: object) -> object:
        record = probe_source(*given)  # type: ignore[arg-type]
        cars.sql(f"DROP VIEW {cars.table('CAR')}")
        cars.sql(car_view(cars, 'length(v."VIN")'))
        cars.grant()
        return record

    with ReaderChild() as reader:
        done = extract_once(cars.desk, reader, probe_then_alter)  # type: ignore[arg-type]
    assert {error.code for error in done.refused} == {CHANGED}
    cars.deliver()
    assert {dataset for _, dataset, _ in cars.held()} == {"customers", "service_visits", "vehicle_sales"}


def test_a_retyped_column_refuses_every_dataset_that_reads_it(tmp_path: Path) -> None:
    with world(tmp_path, customers=30) as made:
        made.approve()
        made.enroll()
        made.run()
        vehicle = made.table("VEHICLE")
        made.sql(f'ALTER TABLE {vehicle} RENAME COLUMN "ODOMETER" TO "OLD"; ALTER TABLE {vehicle} ADD "ODOMETER" text')
        assert refused(made) == ["vehicles"], "the others join VEHICLE, and none of them reads this column"
        made.sql(f'ALTER TABLE {vehicle} RENAME COLUMN "MAKE" TO "BRAND"')
        assert refused(made) == ["customers", "service_visits", "vehicle_sales", "vehicles"], "all filter on the make"


def test_a_renamed_choice_refuses_what_is_about_those_people(tmp_path: Path) -> None:
    with world(tmp_path, customers=30) as made:
        made.approve()
        made.enroll()
        made.sql(f'ALTER TABLE {made.table("CUSTOMER")} RENAME COLUMN "OPT_OUT" TO "OPTED"')
        assert refused(made) == ["customer_choices", "customers", "service_visits", "vehicle_sales", "vehicles"]
        assert made.waiting() == 0


def test_pins_changed_in_the_state_file_are_not_believed(tmp_path: Path) -> None:
    with world(tmp_path, customers=10) as made:
        made.approve()
        made.enroll()
        with made.desk.state.transaction() as tx:
            tx.write("update pins set data = cast('{}' as blob)")
        with pytest.raises(SealError):
            made.extract()
        assert not any(e["event"] == "reading" for e in made.audit())


@pytest.mark.mariadb
def test_an_account_that_sees_only_its_own_columns_proves_nothing(mariadb: Engine, tmp_path: Path) -> None:
    """On MariaDB exact grants hide the other names. Nothing could be asked, so nothing is shown and nothing is read."""
    with world(tmp_path, engine=mariadb, customers=10) as made:
        with made.desk.state.transaction() as tx:
            tx.write("delete from inventories")
        with pytest.raises(SourceError) as refusal:
            made.approve()
        assert "discover --print-query" in refusal.value.advice
        made.keep_names()  # the DBA has looked
        permission.import_policy(made.desk, made.folder / "policies" / "customer-crm.yaml", None)
        made.grant()
        made.enroll()
        made.run()
        assert {dataset for _, dataset, _ in made.held()} >= {"customers", "vehicles"}
        probed = [e["facts"] for e in made.audit() if e["event"] == "access_probed"]
        assert [(f["status"], f["not_shown"]) for f in probed] == [("refused", 0)]


@pytest.mark.mariadb
def test_a_view_whose_text_the_account_is_not_shown_is_refused_until_it_is(mariadb: Engine, tmp_path: Path) -> None:
    with world(tmp_path, engine=mariadb, customers=10) as made:
        columns = "v.VIN, v.OWNER_NO, v.MAKE, v.MODEL, v.YEAR, v.ODOMETER, v.STORE_NO, v.LAST_CHANGED"
        made.sql(f"CREATE VIEW dbo.CAR AS SELECT {columns} FROM dbo.VEHICLE v")
        made.keep_names()
        made.approve(text_over_the_view(made))
        made.enroll()
        assert refused(made) == ["vehicles"]
        made.sql("GRANT SELECT, SHOW VIEW ON dbo.CAR TO fieldgate_ro@'127.0.0.1'")
        assert refused(made) == []
        made.sql(f"CREATE OR REPLACE VIEW dbo.CAR AS SELECT {columns} FROM dbo.VEHICLE v WHERE v.YEAR > 0")
        assert refused(made) == ["vehicles"]
