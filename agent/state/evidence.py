"""Audit entries, access records and inventories in the state file. An entry is written in the same transaction as what
it speaks of, or in one committed before the effect it announces."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from agent.core.audit import GENESIS, ChainVerdict, Fact, make_entry, verify_chain
from agent.state.store import Tx


def append(tx: Tx, event: str, at: dt.datetime, actor: str, **facts: Fact) -> str:
    """Add one audit entry; the new head."""
    n, prev = head(tx)
    entry = make_entry(n + 1, prev, event, at, actor, facts)
    tx.write(
        "insert into audit (n, event, at, entry, sha256) values (?, ?, ?, ?, ?)",
        (entry.n, event, at.astimezone(dt.UTC).isoformat(), entry.data, entry.sha256),
    )
    return entry.sha256


def head(tx: Tx) -> tuple[int, str]:
    """(entries, digest of the last one)."""
    row = tx.row("select n, sha256 from audit order by n desc limit 1")
    return (int(row[0]), str(row[1])) if row else (0, GENESIS)


def digest_of(tx: Tx, n: int) -> str:
    """The digest of one entry; empty where the chain does not reach so far."""
    row = tx.row("select sha256 from audit where n = ?", (n,))
    return str(row[0]) if row else ""


def entries(tx: Tx) -> Iterator[tuple[bytes, str]]:
    """All entries in order, as stored."""
    for data, sha256 in tx.stream("select entry, sha256 from audit order by n"):
        yield bytes(data), str(sha256)


def said(tx: Tx, event: str) -> Iterator[dict[str, Any]]:
    """The facts of every entry of one kind, oldest first, out of the chained bytes."""
    for (data,) in tx.stream("select entry from audit where event = ? order by n", (event,)):
        document = json.loads(data)
        if document["event"] == event:
            yield document["facts"]


def story(tx: Tx, *events: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(event, facts) of entries of several kinds, in the order in which they were written."""
    marks = ", ".join("?" * len(events))
    for event, data in tx.stream(f"select event, entry from audit where event in ({marks}) order by n", events):  # noqa: S608
        yield str(event), json.loads(data)["facts"]


def last(tx: Tx, event: str) -> dict[str, Any] | None:
    """The facts of the newest entry of one kind."""
    row = tx.row("select entry from audit where event = ? order by n desc limit 1", (event,))
    return json.loads(row[0])["facts"] if row else None


def said_since(tx: Tx, event: str, since: str) -> Iterator[dict[str, Any]]:
    """The same, of entries at or after an instant."""
    for (data,) in tx.stream("select entry from audit where event = ? and at >= ? order by n", (event, since)):
        yield json.loads(data)["facts"]


def leaving(tx: Tx) -> tuple[str, str]:
    """(since when this agent is being offboarded, since when it is); empty where it is not."""
    rows = tx.rows(
        "select event, max(at) from audit where event in ('offboarding_began', 'offboarded') group by event order by 1"
    )
    found = {str(event): str(at) for event, at in rows}
    return found.get("offboarding_began", ""), found.get("offboarded", "")


def last_day(tx: Tx) -> dt.date:
    """The day of the newest entry: a clock that shows an earlier one has been set back."""
    row = tx.row("select at from audit order by n desc limit 1")
    return dt.datetime.fromisoformat(row[0]).date() if row else dt.date.min


def keep_checkpoint(tx: Tx, n: int, jws: str) -> None:
    tx.write("insert or ignore into checkpoints (n, jws) values (?, ?)", (n, jws))


def checkpoints(tx: Tx) -> list[tuple[int, str]]:
    """(entry, signature), oldest first."""
    return [(int(n), str(text)) for n, text in tx.rows("select n, jws from checkpoints order by n")]


def receipts(tx: Tx) -> list[str]:
    """Every receipt an OEM gave, oldest first."""
    rows = tx.rows("select receipt from batches where receipt is not null order by settled_at, batch_id")
    return [str(row[0]) for row in rows]


def verify(tx: Tx) -> ChainVerdict:
    """The chain; and that each entry is filed under its own number, time and event, by which it is found."""
    misfiled: list[int] = []

    def filed() -> Iterator[tuple[bytes, str]]:
        rows = tx.stream("select n, event, at, entry, sha256 from audit order by n")
        for number, (n, event, at, data, sha256) in enumerate(rows, 1):
            stamp = dt.datetime.fromisoformat(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            if n != number or f'"at":"{stamp}","event":"{event}","facts":'.encode() not in data:
                misfiled.append(number)
            yield bytes(data), str(sha256)

    verdict = verify_chain(filed())
    if misfiled and not verdict.problem:
        return replace(verdict, problem=f"entry {misfiled[0]}: it is filed under another number, time or event")
    return verdict


def keep_access_record(tx: Tx, source: str, status: str, sha256: str, asked_at: str, data: bytes, jws: str) -> None:
    tx.write(
        "insert into access_records (source, status, sha256, asked_at, data, jws) values (?, ?, ?, ?, ?, ?)",
        (source, status, sha256, asked_at, data, jws),
    )


def access_record_named(tx: Tx, sha256: str) -> bytes | None:
    """The bytes of the record with this digest."""
    row = tx.row("select data from access_records where sha256 = ? order by id desc limit 1", (sha256,))
    return bytes(row[0]) if row else None


def signed_access_record(tx: Tx, source: str) -> str:
    """The newest one as signed by this agent (compact JWS); empty where nobody asked yet."""
    row = tx.row("select jws from access_records where source = ? order by id desc limit 1", (source,))
    return str(row[0]) if row else ""


def access_record(tx: Tx, source: str) -> tuple[str, str, str, bytes] | None:
    """(status, digest, asked_at, bytes) of the newest one."""
    row = tx.row(
        "select status, sha256, asked_at, data from access_records where source = ? order by id desc limit 1", (source,)
    )
    return (str(row[0]), str(row[1]), str(row[2]), bytes(row[3])) if row else None


def keep_inventory(tx: Tx, source: str, sha256: str, taken_at: str, data: bytes) -> None:
    tx.write(
        "insert into inventories (source, sha256, taken_at, data) values (?, ?, ?, ?)"
        " on conflict (source) do update set sha256 = excluded.sha256,"
        " taken_at = excluded.taken_at, data = excluded.data",
        (source, sha256, taken_at, data),
    )


def inventory(tx: Tx, source: str) -> bytes | None:
    row = tx.row("select data from inventories where source = ?", (source,))
    return bytes(row[0]) if row else None
