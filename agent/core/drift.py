"""Drift of values: has a field's rate left its own baseline? Counts in, a reason out; no value is ever looked at here.

A rate leaves when it is further from the baseline than its margin, and than chance explains (four standard errors of
the difference). Fewer than 50 rows on either side prove nothing and are not judged. The baseline is the first whole
reading under one meaning of the field; it does not move by itself, so a slow change is noticed as well as a sudden one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

MIN_ROWS = 50
_SIGMAS = 4
# Of all rows: how far a rate may move. Nulls may rise or fall (a column put to another use fills up); the others rise.
_MARGINS = {"hits": 0.02, "misfits": 0.05, "nulls": 0.15}
_SAYS = {
    "hits": "more of its values are stopped by the screen than before",
    "misfits": "more of its values do not fit the declared type than before",
    "nulls": "it is empty far more or far less often than before",
}
# Nulls are not spread evenly over the keys of a table, so one page says little about them.
OF_A_PAGE = ("hits", "misfits")
OF_A_READING = ("hits", "misfits", "nulls")


class Rates(msgspec.Struct, frozen=True, array_like=True):
    """What was counted of one field: of so many rows, how many were null, unfit for the type, or stopped."""

    rows: int = 0
    nulls: int = 0
    misfits: int = 0
    hits: int = 0

    def __add__(self, other: Rates) -> Rates:
        return Rates(
            self.rows + other.rows, self.nulls + other.nulls, self.misfits + other.misfits, self.hits + other.hits
        )


def left(baseline: Rates, seen: Rates, kinds: Iterable[str] = OF_A_READING) -> str:
    """Why the field has left its baseline, in a sentence's second half; empty when it has not."""
    if min(baseline.rows, seen.rows) < MIN_ROWS:
        return ""
    for kind in kinds:
        before, now = getattr(baseline, kind), getattr(seen, kind)
        moved = now / seen.rows - before / baseline.rows
        if (abs(moved) if kind == "nulls" else moved) > max(_MARGINS[kind], _chance(before, now, baseline, seen)):
            return _SAYS[kind]
    return ""


def _chance(before: int, now: int, baseline: Rates, seen: Rates) -> float:
    both = (before + now) / (baseline.rows + seen.rows)
    return _SIGMAS * math.sqrt(both * (1 - both) * (1 / baseline.rows + 1 / seen.rows))
