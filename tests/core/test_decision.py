"""Single questions are signed like policies, and never reach what is forbidden."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from agent.core.decision import (
    DECISION_TYP,
    QUESTIONS,
    Question,
    ask,
    decision_file,
    payload_of,
    question_sha256,
    read_decision,
)
from agent.core.roll import Roll
from agent.errors import PolicyError
from tests.officers import DANA, KIM, LEE, NOW, TODAY, Person, next_roll, roll_of

ROLL = roll_of(DANA, LEE, KIM)
REASON = "holds the preferred language, looked at with the DMS vendor"
SOON = TODAY + dt.timedelta(days=80)
ANSWERS = {
    "reclassify": {"source": "dms", "table": "dbo.CUSTOMER", "column": "UDF7", "category": "language"},
    "wide-account": {"source": "dms", "account": "fieldgate_ro"},
    "release": {"recipient": "example-motors-na", "hold": "h-17"},
    "revoke-key": {"kid": "abc", "last_good": "7f3a=1/14"},
    "reset": {"stream_id": "0a" * 16, "epoch": "2"},
    "offboard": {"instance": "0b" * 16, "way": "retract"},
}


def question(kind: str = "reclassify", roll: Roll = ROLL, **changed: str) -> Question:
    return ask(kind, {**ANSWERS[kind], **changed}, REASON, expires_on=SOON, roll=roll)  # type: ignore[arg-type]


def data(asked: Question, *by: Person, author: Person = DANA, at: dt.datetime = NOW) -> bytes:
    signatures = [author.signer.sign(DECISION_TYP, payload_of(asked, "author", at))]
    signatures += [p.signer.sign(DECISION_TYP, payload_of(asked, "approver", at)) for p in by]
    return decision_file(asked, signatures)


def refused(code: str, exit_status: int) -> pytest.RaisesExc[PolicyError]:
    return pytest.raises(PolicyError, check=lambda e: (e.code, e.exit_status) == (code, exit_status))


@pytest.mark.parametrize("kind", sorted(QUESTIONS))
def test_a_question_is_decided_by_two_people_other_than_the_one_who_asks(kind: str) -> None:
    asked = question(kind)
    decided = read_decision(data(asked, LEE, KIM), ROLL, today=TODAY)
    assert (decided.kind, dict(decided.question), decided.reason) == (kind, ANSWERS[kind], REASON)
    assert (decided.decided_by, decided.submitted_by) == (("Lee Example", "Kim Example"), "Dana Example")
    assert (decided.expires_on, decided.roll_sha256, decided.decided_at) == (SOON, ROLL.sha256, NOW)
    with refused("D003", 3) as missing:
        read_decision(data(asked, LEE), ROLL, today=TODAY)
    assert "1 of 2 signatures" in missing.value.what
    assert question_sha256(asked) in missing.value.what


def test_one_person_twice_and_the_author_do_not_count() -> None:
    for pair in ((LEE, LEE), (LEE, DANA)):
        with refused("D003", 3):
            read_decision(data(question(), *pair), ROLL, today=TODAY)


@pytest.mark.parametrize("change", [{"column": "UDF8"}, {"category": "email"}, {"table": "dbo.VEHICLE"}])
def test_signatures_do_not_move_to_another_question(change: dict[str, str]) -> None:
    file = json.loads(data(question(), LEE, KIM))
    file["decision"]["question"].update(change)
    with refused("D003", 3) as missing:
        read_decision(json.dumps(file).encode(), ROLL, today=TODAY)
    assert "0 of 2" in missing.value.what


def test_expiry_and_reason_are_signed_too() -> None:
    for change in ({"expires_on": "2027-02-11"}, {"reason": "another reason altogether"}, {"roll_version": 2}):
        file = json.loads(data(question(), LEE, KIM))
        file["decision"].update(change)
        with refused("D003", 3):
            read_decision(json.dumps(file).encode(), ROLL, today=TODAY)


@pytest.mark.parametrize(
    ("table", "column"),
    [("dbo.SALES_DEAL", "APR"), ("dbo.CUSTOMER", "SSN"), ("dbo.SALES_DEAL", "X.AMT_FINANCED"), ("SALES_DEAL", "ssn")],
)
def test_no_decision_reaches_what_is_forbidden(table: str, column: str) -> None:
    with refused("D001", 1):
        question(table=table, column=column)
    harmless = question(table=table, column="UDF7")
    assert harmless.question["column"] == "UDF7"
    forged = json.loads(data(harmless, LEE, KIM))
    forged["decision"]["question"]["column"] = column
    with refused("D001", 1):
        read_decision(json.dumps(forged).encode(), ROLL, today=TODAY)


def test_forbidden_stays_forbidden_even_when_all_have_signed_it() -> None:
    claims = Question(
        kind="reclassify",
        question={**ANSWERS["reclassify"], "column": "SSN"},
        reason=REASON,
        expires_on=SOON,
        roll_sha256=ROLL.sha256,
        roll_version=1,
    )
    with refused("D001", 1):
        read_decision(data(claims, LEE, KIM), ROLL, today=TODAY)


def test_wide_account_is_excused_for_90_days_at_most() -> None:
    for days, fits in ((90, True), (91, False)):
        asked = ask(
            "wide-account", ANSWERS["wide-account"], REASON, expires_on=TODAY + dt.timedelta(days=days), roll=ROLL
        )
        if fits:
            assert read_decision(data(asked, LEE, KIM), ROLL, today=TODAY).in_force(TODAY)
        else:
            with refused("D003", 3) as missing:
                read_decision(data(asked, LEE, KIM), ROLL, today=TODAY)
            assert "at most 90 days" in missing.value.what


def test_decision_ends_by_itself() -> None:
    whole = data(question(), LEE, KIM)
    assert read_decision(whole, ROLL, today=SOON - dt.timedelta(days=1)).in_force(SOON - dt.timedelta(days=1))
    with refused("D004", 3):
        read_decision(whole, ROLL, today=SOON)


def test_clock_set_back_does_not_wake_a_decision() -> None:
    with refused("D003", 3):
        read_decision(data(question(), LEE, KIM), ROLL, today=TODAY - dt.timedelta(days=2))


def test_decision_under_the_roll_before_is_not_new_under_the_next() -> None:
    after = next_roll(ROLL, DANA, LEE, signed_by=(DANA, LEE))
    with refused("D003", 3):
        read_decision(data(question(), LEE, KIM), after, today=TODAY)
    assert read_decision(data(question(), LEE, KIM), ROLL, today=TODAY).roll_version == 1
    pair = question(roll=after)
    assert read_decision(data(pair, LEE), after, today=TODAY).decided_by == ("Dana Example", "Lee Example")


@pytest.mark.parametrize(
    ("kind", "change"),
    [("reclassify", {"extra": "x"}), ("reclassify", {"category": "loan"}), ("release", {"hold": ""}),
     ("reset", {"stream_id": "x" * 501})],
)  # fmt: skip
def test_a_question_has_exactly_its_parts(kind: str, change: dict[str, str]) -> None:
    with refused("D001", 1):
        question(kind, **change)


def test_a_decision_needs_a_reason() -> None:
    with refused("D001", 1):
        ask("release", ANSWERS["release"], "  ok  ", expires_on=SOON, roll=ROLL)


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff", b'{"fieldgate":"approval"}', b" " * 300_000])
def test_what_is_no_decision_is_refused_in_a_sentence(raw: bytes) -> None:
    with refused("D002", 1):
        read_decision(raw, ROLL, today=TODAY)
