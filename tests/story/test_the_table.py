"""Each cell of the one table, seen from the car maker's side: what of a person's record leaves and what it is told, for
every state a person can be in and every purpose, at the next run after they said so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from agent.core.choice_table import PURPOSES, STATES, TABLE
from agent.core.facts import Fact
from agent.state import choices
from agent.tasks import say
from agent.tasks.answer_person import restrict, show
from agent.tasks.erase import erase
from agent.tasks.persons import subjects_of
from tests.story.test_choices_of_two_houses import later
from tests.story.world import OEM, SHIPPED, World, world

pytestmark = pytest.mark.long  # tests/core/test_facts.py asks each cell in the default run, without a car maker


def refuses(channel: str) -> Callable[[World, str], object]:
    def said(made: World, number: str) -> object:
        at = made.clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return say.record(made.desk, number, Fact("refused", "*", channel, "group", at), proof="", notice="")  # type: ignore[arg-type]

    return said


SAYS: dict[str, Callable[[World, str], object]] = {
    "channel_refused": refuses("email"),
    "opted_out": refuses("everything"),
    "restricted": lambda made, number: restrict(made.desk, number, release=False),
    "erased": lambda made, number: erase(made.desk, number),
}


def policy(made: World, purpose: str) -> str:
    """The shipped recall policy, or the shipped CRM policy for another purpose, its customers alone."""
    if purpose == "warranty_recall":
        text = SHIPPED.with_name("warranty-recall.yaml").read_text("utf-8")
        return text.replace("dbo.", f"{made.engine.schema}.") if made.engine.schema else text.replace("dbo.", "")
    text = made.policy_text(
        **{"purpose: marketing": f"purpose: {purpose}", "policy: customer-crm": f"policy: {name(purpose)}"}
    )
    lines = [line for line in text.splitlines() if not line.startswith("answers:")]
    return "\n".join(lines[: lines.index("  vehicles:")]) + "\n"


def name(purpose: str) -> str:
    return purpose.replace("_", "-") if purpose == "warranty_recall" else f"crm-{purpose.replace('_', '-')}"


@dataclass(frozen=True)
class Line:
    purpose: str
    op: str
    record_id: str
    line: dict[str, Any]


def lines(made: World, after: int = 0) -> list[Line]:
    """Every line the car maker took behind this many, with the purpose of its stream. An erased one is blank."""
    with made.oems[OEM].house.store.reading() as db:
        rows = db.execute(
            "SELECT s.purpose, o.op, o.id, o.line FROM operations o JOIN streams s USING (stream_id) ORDER BY o.op_no"
        ).fetchall()
    return [Line(p, op, i, json.loads(text) if text is not None else {}) for p, op, i, text in rows[after:]]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, str], list[Line], list[Line]]]:
    """Four people, each in one state; what was sent before, and what after all of them had spoken and every row had
    changed."""
    with world(tmp_path_factory.mktemp("house"), customers=16) as made:
        table = made.table("CUSTOMER")
        made.sql(f'UPDATE {table} SET "OPT_OUT" = \'N\', "BLOCK_EMAIL" = \'N\', "FIRST_NAME" = \'N\' || "CUST_NO"')
        made.sql(f"UPDATE {table} SET \"EMAIL1\" = 'c' || \"CUST_NO\" || '@mail.example'")
        for purpose in PURPOSES:
            made.approve(policy(made, purpose), name(purpose))
        made.enroll()
        made.run()
        before = lines(made)
        everywhere = set.intersection(*({who(one) for one in before if one.purpose == p} for p in PURPOSES))
        people = dict(zip(STATES, sorted(everywhere), strict=False))
        assert len(people) == len(STATES)
        later(made, minutes=1)
        for state, number in people.items():
            SAYS[state](made, number)
        made.sql(f"UPDATE {table} SET \"LAST_NAME\" = 'Changed'")
        made.run()
        yield made, people, before, lines(made, len(before))


def who(one: Line) -> str:
    return str(one.line["fields"]["given_name"])[1:]


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("state", STATES)
def test_what_leaves_and_what_the_car_maker_is_told(
    spoken: tuple[World, dict[str, str], list[Line], list[Line]], state: str, purpose: str
) -> None:
    made, people, before, after = spoken
    cell = TABLE[state, purpose]  # type: ignore[index]
    mine = {one.record_id for one in before if one.purpose == purpose and who(one) == people[state]}
    news = [one for one in after if one.purpose == purpose and one.record_id in mine]
    assert mine
    others = {one.record_id for one in after if one.purpose == purpose and one.op == "upsert"} - mine
    assert others, "innocent half: whoever said nothing is sent"

    told = [(one.op, one.line.get("erase", False), one.line.get("scope", {})) for one in news if one.op != "upsert"]
    scopes = {"suppress_channel": {"channels": ["email"]}, "suppress_all": {"all": True}}
    if cell.told in scopes:
        assert len(told) == len(mine)
        assert all((op, erase_) == ("suppress", False) for op, erase_, _ in told)
        assert all(scopes[cell.told].items() <= scope.items() and scope["purpose"] == purpose for _, _, scope in told)
    else:
        assert [(op, erase_) for op, erase_, _ in told] == [("retract", True)] * len(mine) * (
            cell.told == "retract_erase"
        )

    sent = [one.line["fields"] for one in news if one.op == "upsert"]
    assert len(sent) == (0 if cell.leaves == "nothing" else len(mine))
    for fields in sent:
        assert fields["family_name"] == "Changed"
        assert ("email" in fields) == (cell.leaves != "without_channel")

    kept = show(made.desk, people[state])
    assert any(one.purpose == purpose for one in kept.disclosed), "every disclosure stays on record"
    with made.desk.state.reading() as tx:
        facts = choices.facts_of(tx, subjects_of(made.desk, tx, people[state]))
    assert {one.what for known in facts.values() for one in known} == {
        {"channel_refused": "refused", "opted_out": "refused"}.get(state, state)
    }
