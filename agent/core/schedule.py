"""When a run is due: wall-clock times in the dealer's zone, each day's exactly once, whatever the clocks do that night.

A time that the spring night skips is due when the clocks have jumped; one that the autumn night has twice is due the
first time. Pure: the caller hands in what time it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(DAYS)
PATTERN = rf"^((({_DAY})(-({_DAY}))?)(,(({_DAY})(-({_DAY}))?))* )?([01]\d|2[0-3]):[0-5]\d$"
_WEEK = dt.timedelta(days=8)  # a named day comes round within it


@dataclass(frozen=True, slots=True)
class Due:
    """A time of day, on some days of the week (0 is Monday)."""

    at: dt.time
    days: frozenset[int]


def read_due(text: str) -> Due:
    """`02:15` daily, `sun 03:00`, `mon-fri 02:15`, `mon,thu 02:15`; the text fits PATTERN."""
    days, _, at = text.rpartition(" ")
    hour, minute = at.split(":")
    return Due(dt.time(int(hour), int(minute)), frozenset(_days(days)) or frozenset(range(7)))


def _days(text: str) -> Iterator[int]:
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        start = DAYS.index(first)
        length = (DAYS.index(last or first) - start) % 7
        yield from ((start + step) % 7 for step in range(length + 1))


def next_due(dues: Sequence[Due], zone: dt.tzinfo, after: dt.datetime) -> dt.datetime:
    """The first instant (UTC) later than `after` at which one is due. `dues` is not empty."""
    return min(instant for instant in _around(dues, zone, after) if instant > after)


def last_due(dues: Sequence[Due], zone: dt.tzinfo, before: dt.datetime) -> dt.datetime:
    """The last instant (UTC) not later than `before` at which one was due. `dues` is not empty."""
    return max(instant for instant in _around(dues, zone, before) if instant <= before)


def _around(dues: Sequence[Due], zone: dt.tzinfo, when: dt.datetime) -> Iterator[dt.datetime]:
    day = (when - _WEEK).astimezone(zone).date()
    for offset in range(2 * _WEEK.days + 1):
        date = day + dt.timedelta(days=offset)
        yield from (_instant(date, due.at, zone) for due in dues if date.weekday() in due.days)


def _instant(date: dt.date, at: dt.time, zone: dt.tzinfo) -> dt.datetime:
    # fold=0 is the first of two; a skipped time gets the offset from before the jump: as much later as was skipped
    return dt.datetime.combine(date, at, zone).replace(fold=0).astimezone(dt.UTC)
