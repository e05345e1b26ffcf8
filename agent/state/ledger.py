"""Counting over a time: what the audit record and the batches say between two instants."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agent.state.store import Tx


@dataclass(frozen=True, slots=True)
class Sent:
    """Records (lines of data batches) announced, and those with a receipt."""

    announced: int
    settled: int


def sent(tx: Tx, since: str, until: str) -> Sent:
    row = tx.row(
        "select coalesce(sum(lines), 0), coalesce(sum(case when state = 'settled' then lines end), 0) from batches"
        " where kind = 'data' and state <> 'voided' and announced_at >= ? and announced_at < ?",
        (since, until),
    )
    return Sent(*row) if row else Sent(0, 0)


def lags_s(tx: Tx, since: str, until: str) -> list[float]:
    """Seconds from announcement to receipt, sorted."""
    rows = tx.rows(
        "select announced_at, settled_at from batches where settled_at is not null and announced_at >= ?"
        " and announced_at < ?",
        (since, until),
    )
    read = dt.datetime.fromisoformat
    return sorted((read(end) - read(start)).total_seconds() for start, end in rows)


def facts(tx: Tx, event: str, since: str, until: str) -> Iterator[dict[str, Any]]:
    """The facts of every audit entry of one kind in a time, oldest first."""
    for (data,) in tx.stream(
        "select entry from audit where event = ? and at >= ? and at < ? order by n", (event, since, until)
    ):
        yield json.loads(data)["facts"]


def count(tx: Tx, event: str, since: str, until: str) -> int:
    row = tx.row("select count(*) from audit where event = ? and at >= ? and at < ?", (event, since, until))
    return int(row[0]) if row else 0
