"""The one list form: bad rows by line, nothing of a cell repeated, no word from the future."""

from __future__ import annotations

import datetime as dt

import pytest

from agent.core.choice_list import COLUMNS, moment, read_list

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
HEAD = ",".join(COLUMNS)
GOOD = "104417,refused,marketing,email,group,2026-11-20,call 12,v3"


def lines(*rows: str) -> bytes:
    return "\r\n".join((HEAD, *rows, "")).encode()


def test_a_good_row_is_a_fact() -> None:
    [row], problems = read_list(lines(GOOD), NOW)
    assert problems == []
    assert (row.line, row.customer_number, row.proof, row.notice) == (2, "104417", "call 12", "v3")
    assert row.fact[:5] == ("refused", "marketing", "email", "group", "2026-11-20T23:59:59.999Z")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("104417,refused,marketing,email,group,2026-11-20,call 12", "7 cells"),
        (",refused,marketing,email,group,2026-11-20,,", "customer_number"),
        ("104417,maybe,marketing,email,group,2026-11-20,,", "what is not"),
        ("104417,erased,marketing,email,group,2026-11-20,,", "what is not"),
        ("104417,refused,fun,email,group,2026-11-20,,", "purpose"),
        ("104417,refused,*,pigeon,group,2026-11-20,,", "channel"),
        ("104417,refused,*,email,world,2026-11-20,,", "scope"),
        ("104417,refused,*,email,group,yesterday,,", "happened_at"),
        ("104417,refused,*,email,group,2026-11-23,,", "future"),
        ("104417,given,*,email,group,2027-11-23T00:00:00Z,,", "future"),
        ("104417,refused,*,email,group,2026-11-20T10:00:00,,", "offset"),
        ("104417,refused,*,email,group,2026-11-20,she said <stop> & left,", "references"),
        ('104417,refused,*,email,group,2026-11-20,"open,', "CSV"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_the_others_stay_good(bad: str, said: str) -> None:
    rows, problems = read_list(lines(GOOD, bad), NOW)
    assert [row.line for row in rows] == [2]
    assert problems
    assert said in " ".join(problem.what for problem in problems)
    assert all(problem.line >= 3 for problem in problems)
    assert not any(word in problem.what for problem in problems for word in ("104417", "yesterday", "pigeon", "<stop>"))


@pytest.mark.parametrize("data", [b"\xff\xfe", b"", HEAD.replace("what", "event").encode() + b"\n" + GOOD.encode()])
def test_another_form_is_refused_whole(data: bytes) -> None:
    rows, [problem] = read_list(data, NOW)
    assert rows == []
    assert problem.line == 1


def test_of_a_day_a_no_counts_to_its_end_and_a_yes_from_its_beginning() -> None:
    assert moment("2026-11-20", "refused", NOW) == "2026-11-20T23:59:59.999Z"
    assert moment("2026-11-20", "given", NOW) == "2026-11-20T00:00:00.000Z"
    assert moment("2026-11-22", "refused", NOW) == "2026-11-22T09:00:00.000Z", "today has not ended yet"
    assert moment("2026-11-22T11:00:00+02:00", "given", NOW) == "2026-11-22T09:00:00.000Z"
