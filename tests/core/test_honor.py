"""Days to honor, against the numbers sorted by hand."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.honor import days_to_honor, in_words

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def at(days_ago: float) -> str:
    return (NOW - dt.timedelta(days=days_ago)).isoformat()


@given(st.lists(st.integers(0, 90), max_size=30), st.lists(st.integers(0, 90), max_size=5))
def test_half_most_longest_and_oldest(done: list[int], waiting: list[int]) -> None:
    found = days_to_honor([*((at(d), at(0)) for d in done), *((at(d), None) for d in waiting)], NOW)
    assert (found.done, found.open) == (len(done), len(waiting))
    assert found.oldest == (max(waiting) if waiting else None)
    assert found.longest == (max(done) if done else None)
    for share, number in ((0.5, found.p50), (0.95, found.p95)):
        if done:
            assert number in done
            assert sum(d <= number for d in done) >= share * len(done)
            assert sum(d < number for d in done) < share * len(done)
        else:
            assert number is None


@pytest.mark.parametrize(
    ("days", "words"), [(0, "1 min"), (4 / 1440, "4 min"), (0.5, "12 h"), (1.9, "46 h"), (5.2, "5 days")]
)
def test_ages_in_words(days: float, words: str) -> None:
    assert in_words(days) == words
