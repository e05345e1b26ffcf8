"""Officers sign over a list of names; at import the policy's names must mean there what they mean today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core.inventory import Inventory
from agent.errors import PolicyError
from agent.tasks import permission, pins, policy_life
from tests.officers import KIM, LEE
from tests.story.test_pinned_names import car_view, text_over_the_view
from tests.story.world import World, world


@pytest.fixture
def cars(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=10) as made:
        made.sql(car_view(made))
        made.keep_names()
        yield made


def kept(made: World) -> Inventory:
    found = pins.kept_inventory(made.desk, "dms")
    assert found is not None
    return found


def approved_over(made: World, names: Inventory | None) -> tuple[Path, Path]:
    path = made.write_policy(text_over_the_view(made))
    draft = policy_life.read_draft(path, today=made.clock().date(), inventory=names)
    approvals = policy_life.approval_path(path, draft)
    policy_life.submit(draft, approvals, made.pen(made.officers[0]), replaces=None, until=None, inventory=names)
    for person in (LEE, KIM):
        done = policy_life.approve(draft, approvals, made.pen(person))
    assert done.inventory_sha256 == (names.digest() if names else None)
    return path, approvals


def redefine(made: World) -> None:
    made.sql(f"DROP VIEW {made.table('CAR')}")
    made.sql(car_view(made, 'v."ODOMETER" + 0'))


def refused(code: str, exit_status: int) -> pytest.RaisesExc[PolicyError]:
    return pytest.raises(PolicyError, check=lambda e: (e.code, e.exit_status) == (code, exit_status))


def test_the_approvals_name_the_digest_and_the_import_is_audited_with_it(cars: World) -> None:
    names = kept(cars)
    took = permission.import_policy(cars.desk, *approved_over(cars, names))
    assert took.inventory_sha256 == names.digest()
    (entry,) = [e["facts"] for e in cars.audit() if e["event"] == "policy_imported"]
    assert entry["inventory_sha256"] == names.digest()
    assert [p.name for p in permission.policies_in_force(cars.desk).policies] == ["customer-crm"]


def test_a_view_redefined_between_approval_and_import_is_refused(cars: World) -> None:
    files = approved_over(cars, kept(cars))
    redefine(cars)
    with refused("A026", 3):
        permission.import_policy(cars.desk, *files)
    with pytest.raises(PolicyError, match="A020"):
        permission.policies_in_force(cars.desk)
    cars.sql(f"DROP VIEW {cars.table('CAR')}")
    cars.sql(car_view(cars))
    cars.keep_names()
    permission.import_policy(cars.desk, *files)


def test_names_taken_after_the_change_do_not_pass_for_the_ones_officers_had(cars: World) -> None:
    """IT keeps a new list, in which the view is another one: then the list the officers had must come along."""
    names = kept(cars)
    files = approved_over(cars, names)
    redefine(cars)
    cars.keep_names()
    with refused("A028", 1):
        permission.import_policy(cars.desk, *files)
    with refused("A028", 1):
        permission.import_policy(cars.desk, *files, kept(cars))
    with refused("A026", 3):
        permission.import_policy(cars.desk, *files, names)


def test_a_new_table_elsewhere_does_not_stop_an_import_with_the_officers_list(cars: World) -> None:
    names = kept(cars)
    files = approved_over(cars, names)
    cars.sql(f'CREATE TABLE {cars.table("NEWS")} ("ID" integer)')
    cars.keep_names()
    with refused("A028", 1):
        permission.import_policy(cars.desk, *files)
    took = permission.import_policy(cars.desk, *files, names)
    assert took.inventory_sha256 == names.digest()


def test_without_a_list_the_names_are_taken_as_they_are_at_import(cars: World) -> None:
    redefine(cars)
    assert permission.import_policy(cars.desk, *approved_over(cars, None)).inventory_sha256 is None


def test_a_column_that_is_not_in_the_list_is_not_signed(cars: World) -> None:
    names = kept(cars)
    path = cars.write_policy(text_over_the_view(cars).replace("ODOMETER, ", "MILEAGE, "))
    with refused("A010", 1):
        policy_life.read_draft(path, today=dt.date(2026, 11, 22), inventory=names)
    assert policy_life.read_draft(path, today=dt.date(2026, 11, 22))
