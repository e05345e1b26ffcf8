"""Deletions asked of the OEMs: for a person who wants to be erased, or an incident. Each is tracked from the control
body that asks to the receipt that acknowledges it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from agent.state.store import Tx


@dataclass(frozen=True, slots=True)
class Request:
    """`facts`: names, counts and days of an incident. `closed_at` null: open."""

    request_id: str
    kind: str  # erase | incident
    opened_at: str
    closed_at: str | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """One stream and dataset. `accepted_at` null: the OEM has not acknowledged it."""

    request_id: str
    stream_id: str
    recipient: str
    store: str
    dataset: str
    records: int
    accepted_at: str | None
    batch_id: str | None
    receipt: str | None  # signed by the OEM; null too where its signed head told that it arrived


def open_request(tx: Tx, request_id: str, kind: str, at: str, facts: dict[str, Any], subject: bytes = b"") -> None:
    tx.write(
        "insert into requests (request_id, kind, opened_at, subject, facts) values (?, ?, ?, ?, ?)",
        (request_id, kind, at, subject, json.dumps(facts, sort_keys=True)),
    )


def ask(tx: Tx, request_id: str, stream_id: str, dataset: str, records: int, body_id: int) -> None:
    tx.write(
        "insert into request_asks (request_id, stream_id, dataset, records, body_id) values (?, ?, ?, ?, ?)",
        (request_id, stream_id, dataset, records, body_id),
    )


def close(tx: Tx, request_id: str, at: str) -> None:
    tx.write("update requests set closed_at = ? where request_id = ? and closed_at is null", (at, request_id), expect=1)


def requests(tx: Tx, kind: str, subject: bytes | None = None) -> list[Request]:
    """Newest first; of one person where `subject` is given."""
    rows = tx.rows(
        "select request_id, kind, opened_at, closed_at, facts from requests where kind = ? and ? in (x'', subject)"
        " order by opened_at desc, request_id",
        (kind, b"" if subject is None else subject),
    )
    return [Request(r[0], r[1], r[2], r[3], json.loads(r[4])) for r in rows]


def asks(tx: Tx, request_id: str) -> list[Ask]:
    """Each with its receipt. Bodies of a stream leave in order, so the last one of an ask acknowledges all of it."""
    rows = tx.rows(
        "select a.request_id, a.stream_id, s.recipient, s.store, a.dataset, a.records, b.settled_at, b.batch_id,"
        " b.receipt"
        " from request_asks a join streams s using (stream_id)"
        " left join batches b on b.stream_id = a.stream_id and b.body_id = a.body_id and b.state = 'settled'"
        " where a.request_id = ? order by s.recipient, s.store, a.dataset",
        (request_id,),
    )
    return [Ask(*row) for row in rows]
