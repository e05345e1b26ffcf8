"""Every due run once: over a year with both DST nights, and against a clock that is walked minute by minute."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.schedule import DAYS, PATTERN, last_due, next_due, read_due

MINUTE = dt.timedelta(minutes=1)
ZONES = ("America/New_York", "Australia/Lord_Howe", "Europe/Berlin", "UTC", "America/St_Johns")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", ["01:30", "02:15", "02:30", "00:00", "23:59"])
def test_a_daily_run_happens_once_on_every_day_of_a_year(zone: str, at: str) -> None:
    where, due = ZoneInfo(zone), (read_due(at),)
    now = dt.datetime(2026, 1, 1, tzinfo=where).astimezone(dt.UTC) - dt.timedelta(seconds=1)
    days = []
    while (now := next_due(due, where, now)) < dt.datetime(2027, 1, 1, tzinfo=where):
        days.append(now.astimezone(where).date())
    assert days == [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(365)]


def test_the_skipped_hour_is_made_good_and_the_doubled_one_not_repeated() -> None:
    where, due = ZoneInfo("America/New_York"), (read_due("02:15"),)
    spring = next_due(due, where, dt.datetime(2026, 3, 8, 0, 0, tzinfo=where))
    assert spring == dt.datetime(2026, 3, 8, 7, 15, tzinfo=dt.UTC)  # 03:15 of the new time
    due = (read_due("01:30"),)
    autumn = next_due(due, where, dt.datetime(2026, 11, 1, 0, 0, tzinfo=where))
    assert autumn == dt.datetime(2026, 11, 1, 5, 30, tzinfo=dt.UTC)
    assert next_due(due, where, autumn) == dt.datetime(2026, 11, 2, 6, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("02:15", range(7)),
        ("sun 02:15", [6]),
        ("mon-fri 02:15", range(5)),
        ("sat-mon 02:15", [5, 6, 0]),
        ("mon,wed-thu 02:15", [0, 2, 3]),
    ],
)
def test_named_days(text: str, days: list[int]) -> None:
    assert re.match(PATTERN, text)
    assert read_due(text).days == frozenset(days)


@pytest.mark.parametrize(
    "text", ["", "24:00", "2:15", "day 02:15", "mon- 02:15", "mon 02:15 ", "Mon 02:15", "mon,02:15"]
)
def test_what_is_no_due_time_is_not_taken_for_one(text: str) -> None:
    assert re.match(PATTERN, text) is None


def walked(wanted: set[tuple[int, str]], zone: ZoneInfo, after: dt.datetime) -> dt.datetime:
    """The naive way: look at the wall clock each minute; what a jump skips, on the clock as it was before."""
    step, last, seen = after - dt.timedelta(hours=3), None, set()
    jumped, behind = dt.timedelta(0), dt.timedelta(0)
    while True:
        wall = step.astimezone(zone).replace(tzinfo=None)
        if last is not None and wall - last > MINUTE:
            jumped = behind = wall - last - MINUTE
        shown = [wall, *([wall - jumped] if behind > dt.timedelta(0) else [])]
        behind -= MINUTE
        for one in shown:
            if (one.weekday(), one.strftime("%H:%M")) in wanted and one not in seen:
                seen.add(one)
                if step > after:
                    return step
        step, last = step + MINUTE, wall


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from([dt.datetime(2026, m, day, tzinfo=dt.UTC) for m in (3, 4, 10, 11) for day in (1, 4, 8, 24, 28)]),
    st.lists(st.tuples(st.sets(st.sampled_from(DAYS), min_size=3), st.integers(0, 1439)), min_size=1, max_size=3),
    st.integers(0, 2 * 1439),
)
def test_a_clock_walked_minute_by_minute_agrees(
    zone: str, day: dt.datetime, plan: list[tuple[set[str], int]], minutes: int
) -> None:
    where, now = ZoneInfo(zone), day + dt.timedelta(minutes=minutes)
    dues = [read_due(f"{','.join(sorted(days))} {minute // 60:02}:{minute % 60:02}") for days, minute in plan]
    wanted = {(DAYS.index(day), f"{minute // 60:02}:{minute % 60:02}") for days, minute in plan for day in days}
    expected = walked(wanted, where, now)
    assert next_due(dues, where, now) == expected
    assert last_due(dues, where, expected) == expected
