"""What the receiver holds, for its own people: streams, batches with their receipts, landed records, counts, gaps.

Reads only. A record's repr shows names, never values.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from agent.receiver.house import ReceiverHouse, instant

SILENT_AFTER = dt.timedelta(days=2)
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Stream:
    stream_id: str
    dealer_code: str
    store: str
    policy_name: str
    purpose: str
    epoch: int
    seq: int
    manifest_sha256: str
    policy_version: int
    roll_version: int
    audit_head: str
    opened_at: str
    heard_at: str  # when its last batch was taken


@dataclass(frozen=True, slots=True)
class Batch:
    """`manifest` and `receipt` are compact JWS, as received and as given."""

    stream_id: str
    epoch: int
    seq: int
    batch_id: str
    kind: str
    kid: str
    manifest_sha256: str
    manifest: str
    receipt_id: str
    receipt: str
    received_at: str


@dataclass(frozen=True, slots=True)
class DatasetCount:
    """`suppressed`: how many of `records` may not be used at all or on some channel."""

    stream_id: str
    dealer_code: str
    store: str
    policy_name: str
    dataset: str
    records: int
    suppressed: int


@dataclass(frozen=True, slots=True, repr=False)
class Landed:
    """One record as the OEM may see it. `suppressed`: channels that may not be used, or ("all",)."""

    stream_id: str
    store: str
    dataset: str
    id: str
    nonce: str
    fields: dict[str, object]
    epoch: int
    seq: int
    suppressed: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Landed({self.dataset} {self.id}: {', '.join(self.fields)})"


@dataclass(frozen=True, slots=True)
class Gap:
    stream_id: str
    epoch: int
    expected_seq: int
    got_seq: int
    seen_at: str
    times: int


@dataclass(frozen=True, slots=True)
class EnrolledKey:
    kid: str
    dealer_codes: tuple[str, ...]
    instance_id: str
    roll_sha256: str
    enrolled_at: str
    revoked_at: str | None


_LANDED = """
SELECT r.stream_id, s.store, r.dataset, r.id, r.nonce, r.fields, r.epoch, r.seq,
  (SELECT group_concat(channel) FROM (SELECT DISTINCT channel FROM suppressions x
    WHERE x.stream_id = r.stream_id AND x.dataset = r.dataset AND x.id = r.id ORDER BY channel)) AS suppressed
FROM records r JOIN streams s ON s.stream_id = r.stream_id
"""


def streams(house: ReceiverHouse) -> list[Stream]:
    names = ", ".join(name for name in Stream.__slots__ if name != "heard_at")
    heard = "(SELECT max(received_at) FROM batches b WHERE b.stream_id = streams.stream_id)"
    with house.store.reading() as db:
        rows = db.execute(f"SELECT {names}, {heard} FROM streams ORDER BY stream_id").fetchall()  # noqa: S608  (own names)
    return [Stream(*row) for row in rows]


def silent(house: ReceiverHouse) -> list[Stream]:
    """Streams of which nothing was heard for two days, although an agent says at least once a day that it is alive."""
    since = instant(house.clock() - SILENT_AFTER)
    return [stream for stream in streams(house) if stream.heard_at < since]


def batches(house: ReceiverHouse, stream_id: str | None = None) -> list[Batch]:
    """In the order of their streams' history."""
    names = ", ".join(Batch.__slots__)
    with house.store.reading() as db:
        rows = db.execute(
            f"SELECT {names} FROM batches WHERE ? IS NULL OR stream_id = ? ORDER BY stream_id, epoch, seq",  # noqa: S608
            (stream_id, stream_id),
        ).fetchall()
    return [Batch(*row) for row in rows]


def counts(house: ReceiverHouse) -> list[DatasetCount]:
    """Records landed, per stream and dataset."""
    with house.store.reading() as db:
        rows = db.execute(
            "SELECT r.stream_id, s.dealer_code, s.store, s.policy_name, r.dataset, count(*), count("
            "(SELECT 1 FROM suppressions x WHERE x.stream_id = r.stream_id AND x.dataset = r.dataset AND x.id = r.id"
            " LIMIT 1)) FROM records r JOIN streams s ON s.stream_id = r.stream_id"
            " GROUP BY r.stream_id, r.dataset ORDER BY s.store, s.policy_name, r.dataset"
        ).fetchall()
    return [DatasetCount(*row) for row in rows]


def record(house: ReceiverHouse, stream_id: str, dataset: str, record_id: str) -> Landed | None:
    with house.store.reading() as db:
        row = db.execute(
            _LANDED + "WHERE r.stream_id = ? AND r.dataset = ? AND r.id = ?", (stream_id, dataset, record_id)
        ).fetchone()
    return None if row is None else _landed(row)


def records(house: ReceiverHouse, dataset: str, stream_id: str | None = None) -> Iterator[Landed]:
    """Every landed record of a dataset, in chunks, so that memory stays flat."""
    after = ("", "")
    while True:
        with house.store.reading() as db:
            rows = db.execute(
                _LANDED + "WHERE r.dataset = ? AND (? IS NULL OR r.stream_id = ?) AND (r.stream_id, r.id) > (?, ?)"
                " ORDER BY r.stream_id, r.id LIMIT ?",
                (dataset, stream_id, stream_id, *after, _CHUNK),
            ).fetchall()
        for row in rows:
            yield _landed(row)
        if len(rows) < _CHUNK:
            return
        after = (rows[-1]["stream_id"], rows[-1]["id"])


def gaps(house: ReceiverHouse) -> list[Gap]:
    """Holes that were seen and are still open."""
    with house.store.reading() as db:
        rows = db.execute(
            "SELECT g.* FROM gaps g JOIN streams s USING (stream_id)"
            " WHERE g.epoch = s.epoch AND g.expected_seq > s.seq ORDER BY stream_id"
        ).fetchall()
    return [Gap(*row) for row in rows]


def keys(house: ReceiverHouse) -> list[EnrolledKey]:
    with house.store.reading() as db:
        rows = db.execute(
            "SELECT kid, (SELECT group_concat(dealer_code) FROM key_dealers d WHERE d.kid = keys.kid), instance_id,"
            " roll_sha256, enrolled_at, revoked_at FROM keys ORDER BY enrolled_at, kid"
        ).fetchall()
    return [EnrolledKey(row[0], tuple(sorted((row[1] or "").split(","))), *row[2:]) for row in rows]


def _landed(row: sqlite3.Row) -> Landed:
    suppressed = tuple((row["suppressed"] or "").split(",")) if row["suppressed"] else ()
    return Landed(
        row["stream_id"],
        row["store"],
        row["dataset"],
        row["id"],
        row["nonce"],
        json.loads(row["fields"]),
        row["epoch"],
        row["seq"],
        suppressed,
    )
