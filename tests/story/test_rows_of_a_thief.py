"""Somebody who can write the state file, and does not rewrite the audit chain, un-says what people said, what was held,
erased or decided. Nothing leaves any more: refused at the next start, and at the next claim of a process that runs.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest

from agent.errors import SealError
from agent.state import choices, outbox, stops
from agent.tasks import answer_person, erase, pausing
from agent.tasks.check import check_house
from agent.tasks.claim import claim
from agent.tasks.commitments import CODE, commit_choices, confirm
from agent.tasks.deliver import deliver_next
from agent.tasks.permission import policies_in_force
from tests.story.test_restored import put_back, saved
from tests.story.world import OEM, World, world

# name -> what the thief writes; "say" (below) has made every kind of row before.
ATTACKS = {
    "a refusal deleted": "delete from choice_events where refused <> '' and n = (select max(n) from choice_events)",
    "a refusal turned into nothing": "update choice_events set refused = '' where refused <> ''",
    "a refusal moved to somebody else": "update choice_events set person = randomblob(16) where n = 1",
    "a yes put in behind it": "insert into choice_events select (select max(n) + 1 from (select n from choice_events"
    " union select n from choice_facts)), policy, person, after, 'nnnn', '', '', source, noted_at from choice_events"
    " where n = 1",
    "a fact deleted": "delete from choice_facts where what = 'restricted'",
    "a fact postdated": "update choice_facts set happened_at = '2099-01-01T00:00:00.000Z' where what = 'restricted'",
    "an erasure's fact deleted": "delete from choice_facts where what = 'erased'",
    "an erasure no longer tracked": "delete from requests where kind = 'erase'",
    "the OEM is not to hear": "delete from bodies where kind = 'control'",
    "a pause lifted": "delete from pauses",
    "a decision deleted": "delete from decisions",
    "a decision's question changed": "update decisions"
    " set data = cast(replace(cast(data as text), 'dms', 'dmx') as blob)",
    "a stop kept since a resync deleted": "delete from stops",
    "an entry filed elsewhere": "update audit set event = 'read' where event = 'policy_imported'",
    "an entry changed": "update audit"
    " set entry = cast(replace(cast(entry as text), 'choices_noted', 'roll_imported') as blob)",
    "a tail of entries cut off": "delete from audit where n > (select min(n) from audit where event = 'choices_noted')",
    "an entry of another form": "update audit set entry = cast(entry as text) where n = 3",
}
TRIGGERS = ["choice_events_stay", "choice_events_remain", "choice_facts_stay", "choice_facts_remain"]
STOP = {b"0" * 16: (frozenset({"everything"}), "2026-11-22")}


@pytest.fixture(scope="module")
def robbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, bytes]]:
    """A dealer's server on which everything has been said once, data and control wait."""
    with world(tmp_path_factory.mktemp("robbed"), limits="{page_rows: 15}", customers=24) as made:
        made.approve()
        made.enroll()
        made.run()
        table = made.table("CUSTOMER")
        made.sql(f'UPDATE {table} SET "OPT_OUT" = \'Y\' WHERE "CUST_NO" % 4 = 0')
        made.sql(f"UPDATE {table} SET \"FIRST_NAME\" = 'Chris'")
        made.extract()
        people = [str(row[0]) for row in made.sql(f'SELECT "CUST_NO" FROM {table} ORDER BY "CUST_NO"')]
        answer_person.restrict(made.desk, people[1], release=False)
        erase.erase(made.desk, people[2])
        stream_id = made.streams()[OEM, "01"]
        with made.desk.state.transaction() as tx:
            stops.add(tx, f"{stream_id}/customers", STOP)
            commit_choices(made.desk, tx)
        pausing.pause(made.desk, "example-motors-na")
        yield made, saved(made)


@pytest.fixture
def made(robbed: tuple[World, bytes]) -> World:
    put_back(*robbed)
    return robbed[0]


def tamper(made: World, sql: str) -> None:
    """With the same library, by another process; triggers hold nobody who can drop them."""
    with contextlib.closing(sqlite3.connect(made.config.state_file)) as db:
        for name in TRIGGERS:
            db.execute(f"drop trigger {name}")
        assert db.execute(sql).rowcount > 0, "the attack changed something"
        db.commit()


def taken(made: World) -> int:
    return len(made.lines())


def test_the_rows_as_they_are_let_everything_leave(made: World) -> None:
    with made.desk.state.reading() as tx:
        assert check_house(tx, made.desk.atrest) == ()
        assert choices.newest(tx) > 5
        assert outbox.waiting(tx).items > 2
    pausing.resume(made.desk, OEM)
    before = taken(made)
    assert {step.outcome for step in made.deliver()} == {"settled"}
    assert taken(made) > before


@pytest.mark.parametrize("attack", ATTACKS)
def test_refused_at_start(made: World, attack: str) -> None:
    tamper(made, ATTACKS[attack])
    before = taken(made)
    for work in (made.deliver, made.extract):
        with pytest.raises(SealError) as refused:
            work()
        assert refused.value.code == CODE
        assert "fieldgate resync" in refused.value.advice
    assert taken(made) == before
    with made.desk.state.reading() as tx:
        assert check_house(tx)


@pytest.mark.parametrize("attack", [name for name in ATTACKS if name != "a pause lifted"])
def test_refused_at_the_next_claim_of_a_process_that_runs(made: World, attack: str) -> None:
    pausing.resume(made.desk, OEM)
    ruleset, stream_id = policies_in_force(made.desk), made.streams()[OEM, "01"]
    with made.desk.state.reading() as tx:
        confirm(made.desk, tx, again=True)
    innocent = claim(made.desk, ruleset.policies[0], stream_id)
    assert innocent is not None
    tamper(made, ATTACKS[attack])
    with pytest.raises(SealError) as refused:
        claim(made.desk, ruleset.policies[0], stream_id)
    assert refused.value.code == CODE
    with pytest.raises(SealError) as again:
        deliver_next(made.desk, ruleset, stream_id, None)  # type: ignore[arg-type]  (nobody is asked any more)
    assert again.value.code == CODE


def test_what_another_command_of_ours_writes_meanwhile_is_no_attack(made: World) -> None:
    with made.desk.state.reading() as tx:
        confirm(made.desk, tx, again=True)
        known = made.desk.state.confirmed
    with contextlib.closing(sqlite3.connect(made.config.state_file)) as db:
        db.execute("insert into meta (name, value) values ('beside', '1')")
        db.commit()
    with made.desk.state.reading() as tx:
        assert tx.others_wrote() != known, "another connection is noticed"
        confirm(made.desk, tx)
        assert made.desk.state.confirmed == tx.others_wrote()
