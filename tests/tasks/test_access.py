"""The access record at run time: when all is asked and when one column of each table, what it is signed with, and what
it says about free text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.core import jws
from agent.core.access import RECORD_TYP, AccessRecord, ColumnAnswer, read_access_record
from agent.core.ruleset import Ruleset
from agent.demo.engine import Engine
from agent.state import evidence
from agent.tasks.access import confirm_access, probe_source, read_blind
from agent.tasks.permission import policies_in_force
from tests.story.world import World, world


@pytest.fixture
def dealership(postgresql: Engine, tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, engine=postgresql, customers=5) as made:
        made.approve()
        made.clock.step = dt.timedelta(milliseconds=1)
        yield made


def _confirmed(made: World) -> AccessRecord:
    confirm_access(made.desk, policies_in_force(made.desk), probe_source)
    with made.desk.state.reading() as tx:
        kept = evidence.access_record(tx, "dms")
        signed = evidence.signed_access_record(tx, "dms")
    assert kept is not None
    _, payload = jws.verify(signed, RECORD_TYP, lambda kid: made.desk.signer.jwk if kid else None)
    assert payload == kept[3], "the signature is over exactly the record whose digest travels"
    record = read_access_record(kept[3])
    assert record.digest() == kept[1]
    assert "WHERE 1 = 0" in record.sql
    return record


def test_all_columns_at_start_and_weekly_and_one_of_each_table_between(dealership: World) -> None:
    first = _confirmed(dealership)
    assert (first.status, first.not_asked, first.rests_on) == ("refused", 0, "")
    for _ in range(6):
        dealership.clock.at += dt.timedelta(days=1)
        daily = _confirmed(dealership)
        assert (daily.status, daily.rests_on) == ("refused", first.digest())
        assert 0 < len(daily.refused) < len(first.refused) == daily.not_asked + len(daily.refused)
    dealership.clock.at += dt.timedelta(days=1)
    weekly = _confirmed(dealership)
    assert (weekly.rests_on, weekly.refused) == ("", first.refused)
    dealership.restart()
    assert _confirmed(dealership).rests_on == "", "a new process asks for all"
    assert _confirmed(dealership).rests_on != ""


def test_a_new_routine_or_column_asks_for_all_columns_again(dealership: World) -> None:
    _confirmed(dealership)
    assert _confirmed(dealership).rests_on != ""
    dealership.sql("CREATE FUNCTION dbo.calm() RETURNS text LANGUAGE sql AS $$ SELECT '' $$")
    assert _confirmed(dealership).rests_on == ""
    assert _confirmed(dealership).rests_on != ""
    dealership.sql('ALTER TABLE dbo."SALES_DEAL" ADD "RATE_2" int')
    again = _confirmed(dealership)
    assert again.rests_on == ""
    assert "RATE_2" in {a.column for a in again.refused}


def test_granted_free_text_is_said_to_be_read_blind(dealership: World) -> None:
    ruleset = policies_in_force(dealership.desk)
    record = _confirmed(dealership)
    assert record.read_blind == ()
    [policy] = ruleset.policies
    customers = policy.dataset("customers")
    assert customers
    talking = replace(customers, fields=(*customers.fields[1:], replace(customers.fields[0], category="free_text")))
    others = tuple(d for d in policy.datasets if d.name != "customers")
    changed = Ruleset((replace(policy, datasets=(talking, *others)),))
    assert read_blind(changed, "dms", record) == (ColumnAnswer("dbo", "CUSTOMER", customers.fields[0].ref.column),)
