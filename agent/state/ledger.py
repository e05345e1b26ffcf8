"""Counting over a time: what the audit record and the batches say between two instants."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True, slots=True)
class Run:
    """The last reading of everything that is permitted, from its beginning to its end. Counts and times only."""

    began_at: str
    ended_at: str
    datasets: int
    refused: int


def keep_run(tx: Tx, run: Run) -> None:
    tx.write(
        "insert or replace into meta (name, value) values ('run:last', ?)", (json.dumps(asdict(run), sort_keys=True),)
    )


def last_run(tx: Tx) -> Run | None:
    row = tx.row("select value from meta where name = 'run:last'")
    return Run(**json.loads(row[0])) if row else None


def accepted(tx: Tx, since: str) -> Sent:
    """Records of data batches announced and accepted since an instant: what left today may have been read before."""
    row = tx.row(
        "select coalesce(sum(case when announced_at >= ?1 then lines end), 0),"
        " coalesce(sum(case when settled_at >= ?1 then lines end), 0) from batches"
        " where kind = 'data' and state <> 'voided'",
        (since,),
    )
    return Sent(*row) if row else Sent(0, 0)


def bytes_a_day(tx: Tx, now: dt.datetime, days: int = 7) -> int:
    """Sealed bytes that are put into the outbox a day, by what waits there now; 0 where nothing waits."""
    row = tx.row(
        "select coalesce(sum(length(body)), 0), min(prepared_at) from bodies where prepared_at >= ?",
        ((now - dt.timedelta(days=days)).isoformat(),),
    )
    if not row or not row[1]:
        return 0
    span = now - dt.datetime.fromisoformat(row[1])
    return int(row[0] / max(1.0, span / dt.timedelta(days=1)))


def next_try(tx: Tx) -> str:
    """When the batch that has waited longest is tried again; empty where none waits."""
    row = tx.row("select min(next_try_at) from batches where state = 'announced' and attempts > 0")
    return str(row[0]) if row and row[0] else ""
