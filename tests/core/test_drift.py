"""A field's own baseline: what leaves it, and what is only chance."""

from __future__ import annotations

import random

import pytest

from agent.core.drift import OF_A_PAGE, Rates, left

CALM = Rates(1000, nulls=100, misfits=3, hits=0)


@pytest.mark.parametrize(
    "now",
    [
        CALM,
        Rates(1000, nulls=160, misfits=3, hits=0),  # a few more empty ones
        Rates(1000, nulls=40, misfits=0, hits=0),
        Rates(1000, nulls=100, misfits=40, hits=0),
        Rates(1000, nulls=100, misfits=3, hits=15),
        Rates(60, nulls=10, misfits=0, hits=1),  # chance, in so few
        Rates(49, nulls=49, misfits=0, hits=49),  # too few to say anything
    ],
)
def test_what_chance_explains_is_no_drift(now: Rates) -> None:
    assert left(CALM, now) == ""


@pytest.mark.parametrize(
    ("now", "word"),
    [
        (Rates(1000, nulls=100, misfits=3, hits=40), "screen"),
        (Rates(1000, nulls=100, misfits=80, hits=0), "fit"),
        (Rates(1000, nulls=400, misfits=3, hits=0), "empty"),
        (Rates(80, nulls=8, misfits=0, hits=20), "screen"),
    ],
)
def test_a_rate_that_leaves_its_baseline_is_said(now: Rates, word: str) -> None:
    assert word in left(CALM, now)


def test_a_column_that_fills_up_has_another_use_now() -> None:
    assert "empty" in left(Rates(1000, nulls=950), Rates(1000, nulls=20))


def test_fewer_hits_than_before_are_no_drift() -> None:
    assert left(Rates(1000, hits=300), Rates(1000, hits=0)) == ""


def test_nulls_say_nothing_about_one_page() -> None:
    assert left(CALM, Rates(1000, nulls=1000), OF_A_PAGE) == ""
    assert left(CALM, Rates(1000, hits=500), OF_A_PAGE) != ""


def test_a_steady_field_is_not_held_in_a_thousand_nights() -> None:
    draw = random.Random(7)

    def night() -> Rates:
        seen = [draw.random() for _ in range(200)]
        return Rates(200, sum(x < 0.3 for x in seen), sum(x > 0.99 for x in seen), sum(0.5 < x < 0.503 for x in seen))

    baseline = night()
    assert [why for _ in range(1000) if (why := left(baseline, night()))] == []
