"""A column is put to another use: its field is held alone, until officers have looked and signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core import decision
from agent.errors import PolicyError
from agent.health import health
from agent.tasks import decision_life, permission
from agent.tasks.holds import Hold, holds
from tests.story.expected import differences, expected
from tests.story.world import OEM, World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=260, limits="{page_rows: 200}") as made:
        made.approve()
        made.enroll()
        made.run()
        yield made


def held(made: World) -> tuple[Hold, ...]:
    with made.desk.state.reading() as tx:
        return holds(tx)


def fields_of(made: World, dataset: str) -> list[set[str]]:
    return [set(fields) for (_, name, _), fields in made.held().items() if name == dataset]


def everybody(made: World, column: str, value: str) -> None:
    made.sql(f'UPDATE {made.table("CUSTOMER")} SET "{column}" = {value}')


def release(made: World, hold: Hold, signers: int = 3, recipient: str = OEM) -> None:
    asked = decision.ask(
        "release", {"recipient": recipient, "hold": hold.name}, "the vendor moved nicknames into this column",
        expires_on=made.clock().date().replace(month=12), roll=made.roll,
    )  # fmt: skip
    path = made.folder / f"{hold.name}.{signers}.{recipient}.decision.json"
    decision_life.propose(asked, path, made.pen(made.officers[0]))
    for person in made.officers[1:signers]:
        decision_life.sign(path, asked, made.pen(person))
    permission.import_decision(made.desk, path)


def test_values_that_the_screen_stops_hold_their_field_alone(dealership: World) -> None:
    everybody(dealership, "FIRST_NAME", "CASE WHEN \"CUST_NO\" % 4 = 0 THEN 'SSN 219-09-9999' ELSE 'Chris' END")
    dealership.run()
    found = held(dealership)
    assert {(one.dataset, one.field) for one in found} == {("customers", "given_name")}
    assert all("given_name" not in fields for fields in fields_of(dealership, "customers"))
    wanted = {key: dict(fields) for key, fields in expected(dealership, OEM).items()}
    for (_, dataset, _), fields in wanted.items():
        if dataset == "customers":
            fields.pop("given_name", None)
    assert differences(dealership.held(), wanted) == [], "everything else flows"
    dealership.check_house()


def test_a_column_that_empties_is_held_after_the_whole_reading_and_nothing_waits_with_it(dealership: World) -> None:
    everybody(dealership, "LAST_NAME", "NULL")
    dealership.extract()
    assert {one.field for one in held(dealership)} == {"family_name"}
    assert {e["facts"]["reason"] for e in dealership.audit() if e["event"] == "discarded"} == {  # type: ignore[index]
        "a field in it has drifted and is held"
    }
    dealership.deliver()
    assert all("family_name" not in fields for fields in fields_of(dealership, "customers"))


def test_only_officers_release_it_and_what_it_is_now_is_the_new_baseline(dealership: World) -> None:
    everybody(dealership, "LAST_NAME", "NULL")
    dealership.run()
    for _ in range(2):  # the values come back to what they were: nobody has looked yet
        everybody(dealership, "LAST_NAME", "'Example'")
        dealership.run()
        assert {one.field for one in held(dealership)} == {"family_name"}
    first, *others = held(dealership)
    with dealership.desk.state.reading() as tx:
        told = health(tx, dealership.config, dealership.clock()).notices
    assert any(f"--hold {first.name}" in text for text in told)
    with pytest.raises(PolicyError):
        release(dealership, first, signers=1)
    with pytest.raises(PolicyError, match="D010"):
        release(dealership, first, recipient="another-oem")
    for one in (first, *others):
        release(dealership, one)
    assert held(dealership) == ()
    dealership.run()
    assert differences(dealership.held(), expected(dealership, OEM)) == []
    assert held(dealership) == ()
    everybody(dealership, "LAST_NAME", "'12345678901234567890123456789012345678901234567890123456789012345'")
    dealership.run()
    assert {one.field for one in held(dealership)} == {"family_name"}, "a release lifts one hold, not the next"
    with pytest.raises(PolicyError):
        release(dealership, first)


def test_a_hold_does_not_go_when_somebody_empties_the_rates(dealership: World) -> None:
    everybody(dealership, "LAST_NAME", "NULL")
    dealership.run()
    with dealership.desk.state.transaction() as tx:
        tx.write("delete from field_rates")
    dealership.run()
    assert {one.field for one in held(dealership)} == {"family_name"}


def test_ordinary_changes_hold_nothing(dealership: World) -> None:
    everybody(dealership, "FIRST_NAME", "CASE WHEN \"CUST_NO\" % 9 = 0 THEN NULL ELSE 'Chris' END")
    dealership.sql(f'UPDATE {dealership.table("VEHICLE")} SET "ODOMETER" = "ODOMETER" + 4000')
    dealership.run()
    assert held(dealership) == ()
    assert differences(dealership.held(), expected(dealership, OEM)) == []
