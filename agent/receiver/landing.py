"""The landing: what the OEM may use now, and the append-only log of operations it came from.

Lines are applied in order. A suppressed record may be replaced, but stays suppressed until it is lifted; a retracted
one is gone; erase also blanks its lines in the log.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Protocol

import msgspec

from agent.core.lines import Line, Scope
from agent.core.manifest import Manifest
from agent.core.seal import OpenedBatch

ALL = "all"
_encode = msgspec.json.Encoder(order="sorted").encode


class Sql(Protocol):
    """A transaction that takes these statements with `?` for values: SQLite's, or PostgreSQL's (postgresql.py)."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> object: ...
    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> object: ...


def apply(db: sqlite3.Connection, batch: OpenedBatch) -> None:
    """Land every line of a verified batch, inside the caller's transaction."""
    _log(db, batch)
    apply_lines(db, batch.sealed.manifest, batch.lines)
    _stop_again(db, batch)


def apply_lines(db: Sql, m: Manifest, of_batch: Sequence[Line]) -> None:
    """What the lines of one batch mean for what the OEM may use, in their order."""
    for op, run in groupby(of_batch, key=lambda line: line.op):
        lines = list(run)
        if op == "upsert":
            _upsert(db, m.stream_id, m.epoch, m.seq, lines)
        elif op == "retract":
            _retract(db, m.stream_id, lines)
            for line in (one for one in lines if one.erase):  # a restored agent must learn that it may not come back
                suppress(db, m.stream_id, line.dataset, line.id, _erased(m.purpose, m.iat), "erased")
        elif op == "suppress":
            for line in lines:
                suppress(db, m.stream_id, line.dataset, line.id, _scope(line), "dealer")
        else:
            for line in lines:
                _lift(db, m.stream_id, line)


def suppress(db: Sql, stream_id: str, dataset: str, record_id: str, scope: Scope, origin: str) -> None:
    """Stop using a record (whether it is here yet or not) for a purpose, on all channels or some."""
    rows = [
        (stream_id, dataset, record_id, scope.purpose, channel, scope.since_on, origin) for channel in channels(scope)
    ]
    db.executemany(
        "INSERT INTO suppressions (stream_id, dataset, id, purpose, channel, since_on, origin)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        rows,
    )


def channels(scope: Scope) -> tuple[str, ...]:
    return (ALL,) if scope.all else scope.channels or ()


def scope_from(purpose: str, channel_text: str, since_on: str) -> Scope:
    """A scope from its stored form: `all`, or channels joined by commas."""
    if channel_text == ALL:
        return Scope(all=True, purpose=purpose, since_on=since_on)
    return Scope(channels=tuple(channel_text.split(",")), purpose=purpose, since_on=since_on)


def _erased(purpose: str, iat: int) -> Scope:
    day = dt.datetime.fromtimestamp(iat, dt.UTC).date()
    return Scope(all=True, purpose=purpose, since_on=day.isoformat())


def _scope(line: Line) -> Scope:
    if line.scope is None:
        raise AssertionError("read_lines lets no suppress through without a scope")
    return line.scope


def _log(db: Sql, batch: OpenedBatch) -> None:
    m = batch.sealed.manifest
    texts = batch.sealed.content.split(b"\n")
    rows = [
        (m.stream_id, m.epoch, m.seq, number, line.dataset, line.id, line.op, leaf, text)
        for number, (line, leaf, text) in enumerate(zip(batch.lines, batch.leaves, texts, strict=False), 1)
    ]
    db.executemany(
        "INSERT INTO operations (stream_id, epoch, seq, line_no, dataset, id, op, leaf, line)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _upsert(db: Sql, stream_id: str, epoch: int, seq: int, lines: Sequence[Line]) -> None:
    rows = [(stream_id, line.dataset, line.id, line.nonce, _encode(line.fields).decode(), epoch, seq) for line in lines]
    db.executemany(
        "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream_id, dataset, id) DO UPDATE SET"
        " nonce = excluded.nonce, fields = excluded.fields, epoch = excluded.epoch, seq = excluded.seq",
        rows,
    )


def _stop_again(db: sqlite3.Connection, batch: OpenedBatch) -> None:
    """What a customer told us and the dealer had not heard when it sent this: no lift of the dealer's ends that."""
    m, lifted = batch.sealed.manifest, {(line.dataset, line.id) for line in batch.lines if line.op == "lift"}
    if not lifted:
        return
    unheard = db.execute(
        "SELECT dataset, id, purpose, channels, since_on FROM opt_outs WHERE stream_id = ? AND cursor > ?",
        (m.stream_id, m.opt_outs_through),
    ).fetchall()
    for dataset, record_id, purpose, stored, since_on in unheard:
        if (dataset, record_id) in lifted:
            suppress(db, m.stream_id, dataset, record_id, scope_from(purpose, stored, since_on), "portal")


def _retract(db: Sql, stream_id: str, lines: Sequence[Line]) -> None:
    keys = [(stream_id, line.dataset, line.id) for line in lines]
    db.executemany("DELETE FROM records WHERE stream_id = ? AND dataset = ? AND id = ?", keys)
    erased = [(stream_id, line.dataset, line.id) for line in lines if line.erase]
    db.executemany(
        "UPDATE operations SET line = NULL WHERE stream_id = ? AND dataset = ? AND id = ? AND op = 'upsert'", erased
    )


def _lift(db: Sql, stream_id: str, line: Line) -> None:
    """Without a scope all suppressions of the record end; with one, those it names."""
    where, values = "stream_id = ? AND dataset = ? AND id = ?", [stream_id, line.dataset, line.id]
    if line.scope is not None:
        where, values = where + " AND purpose = ?", [*values, line.scope.purpose]
        if not line.scope.all:
            named = line.scope.channels or ()
            where += f" AND channel IN ({','.join('?' * len(named))})"
            values += named
    db.execute(f"DELETE FROM suppressions WHERE {where}", values)  # noqa: S608  (placeholders only)
