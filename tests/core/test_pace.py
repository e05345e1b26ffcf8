"""A DMS that slows down is left alone for as long as it took, and not a moment where it answers as before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.core.pace import Pace


def test_a_dms_that_slows_down_gets_as_much_rest_as_it_worked() -> None:
    pace = Pace()
    assert [pace.rest_s(took) for took in (0.2, 0.3, 0.4)] == [0, 0, 0]
    assert pace.rest_s(2.0) == 2.0
    assert pace.rest_s(600.0) == 15.0
    assert pace.rest_s(0.2) == 0, "recovered"


def test_a_dms_that_always_takes_long_is_not_taken_for_a_busy_one() -> None:
    pace = Pace()
    assert [pace.rest_s(took) for took in (2.0, 2.5, 5.9)] == [0, 0, 0]


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 5))
def test_the_pause_that_was_asked_for_is_always_kept(pages: list[float], pause: float) -> None:
    pace = Pace(pause)
    assert all(pause <= pace.rest_s(took) <= max(pause, 15.0) for took in pages)
