"""Which rows have changed since an instant: the window that is asked for, what must hold before it is believed, and
when all rows must be compared instead. No clock here: instants come in, from the DMS server or the outermost caller.

An instant is aware and in UTC. A change column without zone holds the dealer's local time, which runs backwards once a
year; so the window's lower end uses the smallest offset that the zone has from there on, and the overlap is longer
than the hour that repeats.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

ChangeKind = Literal["local", "zoned", "date"]
Cursor = tuple[str | int, ...]  # the change column as text, then the key

# Seconds that late commits and repeated hours may take; agent.yaml may say more, never less.
SHORTEST_OVERLAP_S: dict[ChangeKind, int] = {"zoned": 1, "local": 5_400, "date": 90_000}
LONGEST_DAYS = 7  # between two complete comparisons
_EARLY = dt.timedelta(hours=12)  # nightly runs do not begin at the same second every night
_STEP, _AHEAD = dt.timedelta(minutes=15), dt.timedelta(hours=4)
_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


class Since(msgspec.Struct, frozen=True):
    """From where on changes are asked for: everything until `through` has been seen but for what came late. `cursor`
    and `upto` are set when a window was left half read: it is read to its own end first."""

    through: str
    cursor: Cursor | None = None
    upto: str | None = None

    def __repr__(self) -> str:
        return "Since(...)"


class Position(msgspec.Struct, frozen=True):
    """What is kept (sealed) of how far a dataset has been read. `under`: digest of the permission it was read under;
    empty while the first complete comparison is under way. `whole_from`: the server's clock when the last complete
    comparison began; `whole_at`: ours."""

    under: str
    through: str
    whole_from: str
    whole_at: str
    cursor: Cursor | None = None
    upto: str | None = None

    def __repr__(self) -> str:
        return "Position(...)"


@dataclass(frozen=True, slots=True)
class Window:
    """Both ends as the change column's own text."""

    low: str
    upper: str


def instant(text: str) -> dt.datetime:
    """A server's clock, said as UTC without zone."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def window(kind: ChangeKind, through: str, now: str, *, overlap_s: int, zone: dt.tzinfo, gap: str = "T") -> Window:
    """Ends of what is asked for. A server's clock that was set back moves the window back with it."""
    upper = instant(now)
    since = min(instant(through), upper) - dt.timedelta(seconds=overlap_s)
    if kind == "zoned":
        return Window(_said(since, gap) + "+00:00", _said(upper, gap) + "+00:00")
    low = since + _least_offset(since, zone)
    high = upper + _offset(upper, zone)
    if kind == "date":
        return Window(low.date().isoformat(), high.date().isoformat())
    return Window(_said(low, gap), _said(high, gap))


def _said(at: dt.datetime, gap: str) -> str:
    return at.replace(tzinfo=None).isoformat(sep=gap, timespec="milliseconds")


def _offset(at: dt.datetime, zone: dt.tzinfo) -> dt.timedelta:
    return at.astimezone(zone).utcoffset() or dt.timedelta(0)


def _least_offset(since: dt.datetime, zone: dt.tzinfo) -> dt.timedelta:
    steps = range(_AHEAD // _STEP + 1)
    return min(_offset(since + _STEP * n, zone) for n in steps)


def too_short(kind: ChangeKind, overlap_s: int) -> int:
    """The seconds that agent.yaml must say at least; 0 when it says enough."""
    return 0 if overlap_s >= SHORTEST_OVERLAP_S[kind] else SHORTEST_OVERLAP_S[kind]


def plain_type(declared: str) -> str:
    """`timestamp(3) without time zone` -> `timestamp without time zone`."""
    return re.sub(r"\s*\(\s*\d+(\s*,\s*\d+)*\s*\)", "", declared.lower()).strip()


def served(indexes: Iterable[Sequence[str]], first: Sequence[str], store: str = "") -> bool:
    """Whether an index gives rows in this order: its columns begin with them, or with the store and then them."""
    wanted = list(first)
    for columns in indexes:
        having = list(columns)
        if having[: len(wanted)] == wanted or (store and having[: len(wanted) + 1] == [store, *wanted]):
            return True
    return False


def whole_is_due(whole_at: str, now: dt.datetime, *, every_days: int, quiet_hours: str, zone: dt.tzinfo) -> bool:
    """Whether all rows must be compared now. In the hours in which the DMS is to be left alone only when it can wait
    no longer."""
    age = now - dt.datetime.fromisoformat(whole_at)
    if age >= dt.timedelta(days=LONGEST_DAYS):
        return True
    return age >= dt.timedelta(days=every_days) - _EARLY and not within(quiet_hours, now.astimezone(zone))


def within(hours: str, local: dt.datetime) -> bool:
    """Whether a local time lies within "07:00-20:00"; hours may run over midnight. Nothing lies within no hours."""
    found = _HOURS.fullmatch(hours)
    if not found:
        return False
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    at = local.hour * 60 + local.minute
    return begin <= at < end if begin <= end else at >= begin or at < end
