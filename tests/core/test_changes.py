"""Windows of change stamps: no hour that repeats or is skipped, no clock set back, hides a row within the overlap."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.core.changes import SHORTEST_OVERLAP_S, plain_type, served, too_short, whole_is_due, window, within

ZONE = ZoneInfo("America/New_York")
UTC = dt.UTC
AUTUMN, SPRING = 1_793_512_800, 1_772_953_200  # 1 November and 8 March 2026: clocks in New York are moved
MOVED = st.integers(-6 * 3600, 6 * 3600).flatmap(lambda s: st.sampled_from([AUTUMN + s, SPRING + s]))
INSTANTS = st.one_of(MOVED, st.integers(1_767_225_600, 1_830_297_600)).map(lambda s: dt.datetime.fromtimestamp(s, UTC))
SECONDS = st.integers(0, 40 * 3600)


def text(at: dt.datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")


def local(at: dt.datetime) -> str:
    """What the DMS writes: its wall clock, which knows nothing of zones."""
    return at.astimezone(ZONE).replace(tzinfo=None).isoformat(timespec="milliseconds")


@given(INSTANTS, SECONDS, st.integers(5_400, 100_000), SECONDS)
def test_whatever_was_written_within_the_overlap_lies_above_the_lower_end(now, ago, overlap_s, back) -> None:
    through = now - dt.timedelta(seconds=ago)
    found = window("local", text(through), text(now), overlap_s=overlap_s, zone=ZONE)
    written = through - dt.timedelta(seconds=min(back, overlap_s))
    assert found.low <= local(written)


@given(INSTANTS, st.integers(0, 5_400))
def test_a_row_late_by_less_than_the_overlap_is_seen_by_this_run_or_the_next(commit, late) -> None:
    """Runs every 30 minutes around a commit: one of them has the stamp between its ends."""
    stamp = local(commit - dt.timedelta(seconds=late))
    through = commit - dt.timedelta(minutes=1)  # the run before the commit
    for _ in range(5):
        now = through + dt.timedelta(minutes=30)
        found = window("local", text(through), text(now), overlap_s=5_400 + 3_600, zone=ZONE)
        if found.low <= stamp <= found.upper:
            return
        through = now
    raise AssertionError(stamp)


def test_the_hour_that_repeats_in_autumn() -> None:
    """01:50 summer time is stamped, committed ten minutes later, when clocks say 01:00 again."""
    stamp = local(dt.datetime(2026, 11, 1, 5, 50, tzinfo=UTC))
    assert stamp.endswith("01:50:00.000")
    at = dt.datetime(2026, 11, 1, 6, 10, tzinfo=UTC)
    during = window("local", text(at - dt.timedelta(hours=1)), text(at), overlap_s=5_400, zone=ZONE)
    assert stamp > during.upper, "not yet: the clock says 01:10"
    after = window("local", text(at), text(at + dt.timedelta(hours=1)), overlap_s=5_400, zone=ZONE)
    assert after.low <= stamp <= after.upper


def test_the_lower_end_lies_below_both_comings_of_that_hour() -> None:
    """The window begins at 01:40 summer time; 25 minutes later clocks say 01:05, and that is written in it too."""
    begins = dt.datetime(2026, 11, 1, 5, 40, tzinfo=UTC)
    through = begins + dt.timedelta(seconds=5_400)
    found = window("local", text(through), text(through), overlap_s=5_400, zone=ZONE)
    stamp = local(begins + dt.timedelta(minutes=25))
    assert stamp.endswith("01:05:00.000")
    assert found.low <= stamp


@example(dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC), 5_400, 600)
@given(INSTANTS, st.integers(4_900, 5_400), st.sampled_from([0, 600]))
def test_a_server_clock_set_back_takes_the_window_back_with_it(before, back, ago) -> None:
    now = before - dt.timedelta(seconds=back)
    found = window("local", text(before), text(now), overlap_s=5_400, zone=ZONE)
    assert found.low <= local(now - dt.timedelta(seconds=ago))


def test_ends_are_said_as_the_column_says_them() -> None:
    ends = {
        kind: window(kind, "2026-07-02T03:00:00.000", "2026-07-02T04:30:00.500", overlap_s=90_000, zone=ZONE)
        for kind in SHORTEST_OVERLAP_S
    }
    assert (ends["zoned"].low, ends["zoned"].upper) == (
        "2026-07-01T02:00:00.000+00:00",
        "2026-07-02T04:30:00.500+00:00",
    )
    assert (ends["local"].low, ends["local"].upper) == ("2026-06-30T22:00:00.000", "2026-07-02T00:30:00.500")
    assert (ends["date"].low, ends["date"].upper) == ("2026-06-30", "2026-07-02")


@pytest.mark.parametrize(("kind", "least"), [("local", 5_400), ("date", 90_000)])
def test_a_shorter_overlap_is_not_enough(kind, least: int) -> None:
    assert (too_short(kind, least), too_short(kind, least - 1)) == (0, least)


def test_an_index_serves_where_it_begins_with_the_order_or_with_the_store() -> None:
    assert served([("A", "B"), ("C", "K")], ["C"])
    assert served([("S", "C", "K")], ["C"], "S")
    assert not served([("S", "C", "K")], ["C"])
    assert not served([("K", "C"), ("X", "C")], ["C"], "S")
    assert not served([], ["C"])


def test_types_are_known_by_their_plain_names() -> None:
    assert plain_type("timestamp(3) without time zone") == "timestamp without time zone"
    assert plain_type("DateTime2 (7)") == "datetime2"


@pytest.mark.parametrize(
    ("days", "hour", "due"),
    [(6, 2, False), (6.6, 2, True), (6.6, 12, False), (7, 12, True), (30, 12, True), (0, 2, False)],
)
def test_everything_is_compared_outside_busy_hours_and_after_a_week_in_any(days: float, hour: int, due: bool) -> None:
    now = dt.datetime(2026, 7, 20, hour + 4, tzinfo=UTC)
    at = text(now - dt.timedelta(days=days)) + "Z"
    assert whole_is_due(at, now, every_days=7, quiet_hours="07:00-20:00", zone=ZONE) == due


def test_hours_over_midnight() -> None:
    at = dt.datetime(2026, 7, 20, 23, 30, tzinfo=UTC)
    assert within("22:00-06:00", at)
    assert not within("06:00-22:00", at)
    assert not within("", at)
