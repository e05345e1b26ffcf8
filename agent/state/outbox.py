"""The transactional outbox: enqueue, next body, announce, retry, settle, quarantine; each one guarded write.

A body is what may leave, sealed and waiting. A batch is a body that has been given its `seq`: from that commit its
bytes never change, and it is the only one in flight on its stream until a receipt settles it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent.state.store import Tx

ASKED_TO_WAIT = ", and asked to wait"  # the end of a problem that came with a Retry-After


@dataclass(frozen=True, slots=True, repr=False)
class Body:
    stream_id: str
    kind: str  # control | data
    dataset: str
    policy_sha256: str
    page_id: int
    lines: int
    size: int  # uncompressed bytes of the lines
    window_from: str
    window_to: str
    choices_n: int
    body_key: bytes
    body: bytes
    prepared_at: str
    body_id: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Batch:
    batch_id: str
    stream_id: str
    epoch: int
    seq: int
    kind: str
    dataset: str
    lines: int
    manifest: str
    manifest_sha256: str
    content_sha256: str
    audit_head: str
    leaves: bytes
    body_key: bytes | None
    content: bytes | None
    state: str
    attempts: int
    next_try_at: str
    problem: str
    choices_n: int
    policy_sha256: str
    announced_at: str
    settled_at: str | None = None
    receipt: str | None = None
    body_id: int = 0

    @property
    def destroyed(self) -> int:
        """How many sealed bytes go with it when it is settled or withdrawn: what the audit record says of disposal."""
        return len(self.content or b"")


@dataclass(frozen=True, slots=True, repr=False)
class Disclosure:
    batch_id: str
    dataset: str
    fields: str
    purpose: str
    policy: str
    policy_version: int
    records: int
    ids: bytes
    people: int
    persons: bytes
    keys_key: bytes | None
    keys: bytes | None


_BODY = (
    "stream_id, kind, dataset, policy_sha256, page_id, lines, size, window_from, window_to, choices_n, body_key, body,"
    " prepared_at"
)
_BATCH = (
    "batch_id, stream_id, epoch, seq, kind, dataset, lines, manifest, manifest_sha256, content_sha256,"
    " audit_head, leaves, body_key, content, state, attempts, next_try_at, problem, choices_n, policy_sha256,"
    " announced_at, settled_at, receipt, body_id"
)


_DISCLOSURE = (
    "batch_id, dataset, fields, purpose, policy, policy_version, records, ids, people, persons, keys_key, keys"
)


def _marks(columns: str) -> str:
    return ", ".join("?" * len(columns.split(",")))


def enqueue(tx: Tx, body: Body) -> int:
    """Put a sealed body in line; its id."""
    values = tuple(getattr(body, name.strip()) for name in _BODY.split(","))
    return tx.write(f"insert into bodies ({_BODY}) values ({_marks(_BODY)})", values)  # noqa: S608


def next_body(tx: Tx, stream_id: str) -> Body | None:
    """Control before data, then oldest first."""
    row = tx.row(
        f"select {_BODY}, body_id from bodies where stream_id = ? order by kind, body_id limit 1",  # noqa: S608
        (stream_id,),
    )
    return Body(*row) if row else None


def has_data(tx: Tx, stream_id: str) -> bool:
    return tx.row("select 1 from bodies where stream_id = ? and kind = 'data' limit 1", (stream_id,)) is not None


def must_tell(tx: Tx, stream_id: str) -> bool:
    """Whether the OEM is still to hear that somebody stopped, came back or must be deleted."""
    waits = tx.row("select 1 from bodies where stream_id = ? and kind = 'control' limit 1", (stream_id,))
    flying = in_flight(tx, stream_id)
    return waits is not None or (flying is not None and flying.kind == "control")


def body(tx: Tx, body_id: int) -> Body | None:
    row = tx.row(f"select {_BODY}, body_id from bodies where body_id = ?", (body_id,))  # noqa: S608
    return Body(*row) if row else None


def bodies(tx: Tx) -> list[Body]:
    return [Body(*row) for row in tx.rows(f"select {_BODY}, body_id from bodies order by body_id")]  # noqa: S608


def waiting_data(tx: Tx, stream_id: str, dataset: str) -> list[int]:
    """The data bodies of one dataset that wait on a stream."""
    rows = tx.rows(
        "select body_id from bodies where stream_id = ? and dataset = ? and kind = 'data' order by body_id",
        (stream_id, dataset),
    )
    return [int(row[0]) for row in rows]


def drop_body(tx: Tx, body_id: int) -> None:
    tx.write("delete from bodies where body_id = ?", (body_id,), expect=1)


def ever_queued(tx: Tx) -> set[int]:
    """Bodies that wait or became a batch."""
    return {int(row[0]) for row in tx.rows("select body_id from bodies union select body_id from batches")}


def announce(tx: Tx, batch: Batch, body_id: int, disclosure: Disclosure | None) -> None:
    """The body becomes a batch. The unique index refuses a second one in flight on the stream."""
    drop_body(tx, body_id)
    _insert_batch(tx, batch)
    if disclosure:
        values = tuple(getattr(disclosure, name.strip()) for name in _DISCLOSURE.split(","))
        tx.write(f"insert into disclosures ({_DISCLOSURE}) values ({_marks(_DISCLOSURE)})", values)  # noqa: S608


def in_flight(tx: Tx, stream_id: str) -> Batch | None:
    """The batch that was announced and has neither receipt nor verdict, or stands in quarantine."""
    found = _batches(tx, "where stream_id = ? and state in ('announced', 'quarantined')", stream_id)
    return found[0] if found else None


def batch(tx: Tx, batch_id: str) -> Batch | None:
    found = _batches(tx, "where batch_id = ?", batch_id)
    return found[0] if found else None


def manifest_of(tx: Tx, stream_id: str, epoch: int, seq: int) -> str | None:
    """The digest of the manifest that holds a place in a stream."""
    row = tx.row(
        "select manifest_sha256 from batches where stream_id = ? and epoch = ? and seq = ? and state <> 'voided'",
        (stream_id, epoch, seq),
    )
    return str(row[0]) if row else None


def announced_as(tx: Tx, stream_id: str, manifest_sha256: str) -> bool:
    """Whether we ever signed this manifest on this stream."""
    return bool(
        tx.row("select 1 from batches where stream_id = ? and manifest_sha256 = ?", (stream_id, manifest_sha256))
    )


def settled_beyond(tx: Tx, stream_id: str, epoch: int, seq: int, manifest_sha256: str | None) -> bool:
    """Whether the OEM gave a receipt for a later place than this, or for another manifest in it."""
    row = tx.row(
        "select 1 from batches where stream_id = ? and state = 'settled' and (epoch, seq) >= (?, ?)"
        " and manifest_sha256 is not ?",
        (stream_id, epoch, seq, manifest_sha256),
    )
    return row is not None


def last_settled(tx: Tx, stream_id: str) -> tuple[int, int]:
    """The newest (epoch, seq) that the recipient has; zeros for none."""
    row = tx.row(
        "select epoch, seq from batches where stream_id = ? and state = 'settled'"
        " order by epoch desc, seq desc limit 1",
        (stream_id,),
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def announce_empty(tx: Tx, batch: Batch) -> None:
    """A heartbeat, or the first batch of a new epoch: comes out of no body."""
    _insert_batch(tx, batch)


def abandon(tx: Tx, batch_id: str) -> None:
    """Its place belongs to another history now: its bytes are destroyed, its disclosure stays, for it may have
    arrived."""
    tx.write(
        "update batches set state = 'voided', body_key = null, content = null"
        " where batch_id = ? and state in ('announced', 'quarantined')",
        (batch_id,),
        expect=1,
    )


def batches(tx: Tx, limit: int = -1) -> list[Batch]:
    """Newest first."""
    return _batches(tx, "order by announced_at desc, seq desc limit ?", limit)


def void(tx: Tx, withdrawn: Batch, in_its_place: Batch) -> None:
    """An announced batch that never arrived gives its `seq` to an empty one; its bytes and disclosure are destroyed."""
    tx.write(
        "update batches set state = 'voided', body_key = null, content = null"
        " where batch_id = ? and state = 'announced'",
        (withdrawn.batch_id,),
        expect=1,
    )
    tx.write("delete from disclosures where batch_id = ?", (withdrawn.batch_id,))
    _insert_batch(tx, in_its_place)


def disclosure(tx: Tx, batch_id: str) -> Disclosure | None:
    row = tx.row(f"select {_DISCLOSURE} from disclosures where batch_id = ?", (batch_id,))  # noqa: S608
    return Disclosure(*row) if row else None


def keep_keys(tx: Tx, batch_id: str, dataset: str, keys_key: bytes, keys: bytes) -> None:
    """Source keys of what was sent, without those that are destroyed."""
    tx.write(
        "update disclosures set keys_key = ?, keys = ? where batch_id = ? and dataset = ?",
        (keys_key, keys, batch_id, dataset),
        expect=1,
    )


def disclosed_before(tx: Tx, stream_id: str, dataset: str, but: str) -> Iterator[bytes]:
    """The joined record ids of every other disclosure of a dataset."""
    for (ids,) in tx.stream(
        "select d.ids from disclosures d join batches b using (batch_id) where b.stream_id = ? and d.dataset = ?"
        " and b.batch_id <> ?",
        (stream_id, dataset, but),
    ):
        yield bytes(ids)


def _insert_batch(tx: Tx, batch: Batch) -> None:
    values = tuple(getattr(batch, name.strip()) for name in _BATCH.split(","))
    tx.write(f"insert into batches ({_BATCH}) values ({_marks(_BATCH)})", values)  # noqa: S608


def _batches(tx: Tx, where: str, *params: object) -> list[Batch]:
    return [Batch(*row) for row in tx.rows(f"select {_BATCH} from batches {where}", params)]  # noqa: S608


def settle(tx: Tx, batch_id: str, receipt: str | None, at: str) -> None:
    """The OEM has it. Our copy goes with the key it was sealed under; leaf hashes stay for proofs."""
    tx.write(
        "update batches set state = 'settled', settled_at = ?, receipt = ?, body_key = null, content = null,"
        " problem = '' where batch_id = ? and state in ('announced', 'quarantined')",
        (at, receipt, batch_id),
        expect=1,
    )


def try_later(tx: Tx, batch_id: str, next_try_at: str, problem: str) -> None:
    tx.write(
        "update batches set attempts = attempts + 1, next_try_at = ?, problem = ?"
        " where batch_id = ? and state = 'announced'",
        (next_try_at, problem, batch_id),
        expect=1,
    )


def quarantine(tx: Tx, batch_id: str, problem: str) -> None:
    """A person must look at it; nothing else leaves on the stream meanwhile."""
    tx.write(
        "update batches set state = 'quarantined', attempts = attempts + 1, problem = ? where batch_id = ?"
        " and state = 'announced'",
        (problem, batch_id),
        expect=1,
    )


def due_now(tx: Tx, at: str) -> None:
    """A person asks for a try now. Only where the OEM itself asked us to wait is that still obeyed."""
    tx.write(
        "update batches set next_try_at = ? where state = 'announced' and next_try_at > ? and problem not like ?",
        (at, at, f"%{ASKED_TO_WAIT}"),
    )


def retry(tx: Tx, batch_id: str, at: str) -> None:
    """A person has mended the cause: the same bytes go out again."""
    tx.write(
        "update batches set state = 'announced', next_try_at = ?, problem = ''"
        " where batch_id = ? and state = 'quarantined'",
        (at, batch_id),
        expect=1,
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What stands in the outbox: bodies and announced batches, their lines and sealed bytes."""

    items: int
    lines: int
    size: int


def waiting(tx: Tx) -> Waiting:
    row = tx.row(
        "select count(*), coalesce(sum(lines), 0), coalesce(sum(size), 0) from ("
        " select lines, length(body) as size from bodies union all"
        " select lines, length(content) from batches where state in ('announced', 'quarantined'))"
    )
    return Waiting(*row) if row else Waiting(0, 0, 0)
