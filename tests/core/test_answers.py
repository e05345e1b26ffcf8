"""What an answer means is one table; an agent never guesses that it may go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.core.answers import PROBLEMS, TYPE_PREFIX, WireError, meaning, problem_name

SPEC = (
    "gap seq_settled fork in_progress unsupported unknown_key revoked_key bad_signature digest_mismatch schema_mismatch"
    " policy_rollback wrong_stream too_large unavailable"
)


def test_every_type_of_the_spec_is_in_the_table() -> None:
    assert set(SPEC.split()) <= set(PROBLEMS)


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_type_means_the_same_whatever_status_carries_it(name: str) -> None:
    known = PROBLEMS[name]
    for status in (known.status, 400, 503):
        answer = meaning(status, TYPE_PREFIX + name)
        assert (answer.action, answer.problem, answer.advice) == (known.action, name, known.advice)
    assert known.advice
    assert 400 <= known.status < 600


def test_only_a_2xx_settles() -> None:
    settling = [status for status in range(100, 600) if meaning(status).action == "settle"]
    assert settling == [200, 201]


@pytest.mark.parametrize("status", [204, 301, 302, 400, 401, 403, 404, 407, 413, 418, 451, 501])
def test_a_status_that_means_nothing_here_stops(status: int) -> None:
    assert meaning(status).action == "stop"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_trouble_on_the_way_is_tried_again(status: int) -> None:
    assert meaning(status).action == "retry"
    assert meaning(status, "about:blank").action == "retry"


@pytest.mark.parametrize("kind", ["urn:fieldgate:problem:lunch", "https://oem.example/problems/gap", "GAP", "gap "])
def test_an_unknown_type_stops_even_under_a_status_that_would_be_retried(kind: str) -> None:
    assert meaning(503, kind).action == "stop"
    assert problem_name(kind) == ""


def test_what_hints_at_two_histories_asks_for_the_head() -> None:
    assert {name for name in PROBLEMS if meaning(409, name).ask_head} == {
        "gap",
        "seq_settled",
        "fork",
        "policy_rollback",
    }


def test_a_wire_error_carries_its_problem_and_its_facts() -> None:
    error = WireError("gap", "an earlier batch has not arrived", expected_seq=4)
    assert (error.problem, str(error), error.extra) == ("gap", "an earlier batch has not arrived", {"expected_seq": 4})


def test_the_contract_shows_this_very_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    rows = [
        f"| `{name}` | {p.status} | {p.action}{', compares heads' if p.ask_head else ''} | {p.title} |"
        for name, p in PROBLEMS.items()
    ]
    shown = [line for line in text.splitlines() if line.startswith(tuple(f"| `{name}` | 4" for name in PROBLEMS))]
    shown += [line for line in text.splitlines() if line.startswith("| `unavailable` |")]
    assert shown == rows
