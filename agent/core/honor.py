"""Days to honor: from the moment a person said stop until it took effect, with the open ones at their present age."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DaysToHonor:
    """`p50`, `p95` and `longest` of those that are done, in days; None where none is. `oldest`: of the open ones."""

    done: int
    p50: float | None
    p95: float | None
    longest: float | None
    open: int
    oldest: float | None


def days_to_honor(spans: Iterable[tuple[str, str | None]], now: dt.datetime) -> DaysToHonor:
    """`spans`: (said, done or None) as instants."""
    done: list[float] = []
    waiting: list[float] = []
    for said, end in spans:
        until = dt.datetime.fromisoformat(end) if end else now
        days = max(0.0, (until - dt.datetime.fromisoformat(said)).total_seconds() / 86_400)
        (done if end else waiting).append(days)
    done.sort()
    return DaysToHonor(
        done=len(done),
        p50=_rank(done, 50),
        p95=_rank(done, 95),
        longest=done[-1] if done else None,
        open=len(waiting),
        oldest=max(waiting, default=None),
    )


def _rank(ordered: Sequence[float], percent: int) -> float | None:
    """Nearest rank: a number that really occurred."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def in_words(days: float) -> str:
    """4 min, 3 h, 2 days."""
    if days < 1 / 24:
        return f"{max(1, round(days * 1440))} min"
    return f"{round(days * 24)} h" if days < 2 else f"{round(days)} days"
