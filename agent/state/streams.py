"""Recipients we are enrolled with, and the streams to them: one store, one recipient, one policy each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from agent.state.store import Tx

_COLUMNS = (
    "stream_id, store, recipient, policy, epoch, next_seq, prev, head_checked_at, opt_outs_through,"
    " restored, taken_over"
)


@dataclass(frozen=True, slots=True)
class Stream:
    stream_id: str
    store: str
    recipient: str
    policy: str
    epoch: int
    next_seq: int
    prev: str
    head_checked_at: str | None
    opt_outs_through: str
    restored: bool = False  # the state file is an older copy: nothing leaves until `resync`
    taken_over: int = 0  # the seq of this epoch that a resync took over from the OEM; what is below is not all ours


@dataclass(frozen=True, slots=True)
class Enrollment:
    recipient: str
    dealer_codes: frozenset[str]
    jwks: dict[str, Any]  # {kid: JWK}: the OEM's receipt keys, pinned at the first enrollment


def enroll(tx: Tx, recipient: str, dealer_code: str, jwks: dict[str, Any], at: str) -> None:
    """Keep an enrollment. Keys pinned earlier stay: they change by a statement under the old key only."""
    tx.write(
        "insert into recipients (name, enrolled_at, jwks) values (?, ?, ?) on conflict (name) do nothing",
        (recipient, at, json.dumps(jwks, sort_keys=True)),
    )
    tx.write(
        "insert into enrollments (recipient, dealer_code, enrolled_at) values (?, ?, ?)", (recipient, dealer_code, at)
    )


def follow_keys(tx: Tx, recipient: str, jwks: dict[str, Any]) -> None:
    """Keys that the pinned ones have handed over to stand beside them: older receipts verify for ever."""
    tx.write("update recipients set jwks = ? where name = ?", (json.dumps(jwks, sort_keys=True), recipient), expect=1)


def unenroll(tx: Tx) -> None:
    """No recipient knows our key any more; what they showed us of theirs stays pinned."""
    tx.write("delete from enrollments")


def enrollment(tx: Tx, recipient: str) -> Enrollment | None:
    row = tx.row("select jwks from recipients where name = ?", (recipient,))
    codes = tx.rows("select dealer_code from enrollments where recipient = ?", (recipient,))
    return Enrollment(recipient, frozenset(str(c[0]) for c in codes), json.loads(row[0])) if row else None


def open_stream(tx: Tx, stream_id: str, store: str, recipient: str, policy: str) -> Stream:
    tx.write(
        "insert into streams (stream_id, store, recipient, policy, prev) values (?, ?, ?, ?, '')",
        (stream_id, store, recipient, policy),
    )
    return Stream(stream_id, store, recipient, policy, 1, 1, "", None, "")


def streams(tx: Tx) -> list[Stream]:
    return [Stream(*row) for row in tx.rows(f"select {_COLUMNS} from streams order by store, recipient, policy")]  # noqa: S608


def find(tx: Tx, store: str, recipient: str, policy: str) -> Stream | None:
    row = tx.row(
        f"select {_COLUMNS} from streams where store = ? and recipient = ? and policy = ?",  # noqa: S608
        (store, recipient, policy),
    )
    return Stream(*row) if row else None


def get(tx: Tx, stream_id: str) -> Stream:
    row = tx.row(f"select {_COLUMNS} from streams where stream_id = ?", (stream_id,))  # noqa: S608
    if row is None:
        raise KeyError(stream_id)
    return Stream(*row)


def advance(tx: Tx, stream: Stream, manifest_sha256: str) -> None:
    """One batch more. The precondition stands in the write: another announcer would find the sequence moved."""
    tx.write(
        "update streams set next_seq = next_seq + 1, prev = ? where stream_id = ? and epoch = ? and next_seq = ?",
        (manifest_sha256, stream.stream_id, stream.epoch, stream.next_seq),
        expect=1,
    )


def replace_head(tx: Tx, stream_id: str, old: str, new: str) -> None:
    """A void takes the place of the batch that was announced last."""
    tx.write("update streams set prev = ? where stream_id = ? and prev = ?", (new, stream_id, old), expect=1)


def head_checked(tx: Tx, stream_id: str, at: str | None) -> None:
    """Note that our head and the OEM's agree (or, with None, that this has to be found out again)."""
    tx.write("update streams set head_checked_at = ? where stream_id = ?", (at, stream_id), expect=1)


def heard_through(tx: Tx, stream: Stream, through: int) -> None:
    """Opt-outs up to this cursor are applied. The precondition stands in the write: no page is applied twice."""
    tx.write(
        "update streams set opt_outs_through = ? where stream_id = ? and opt_outs_through = ?",
        (str(through), stream.stream_id, stream.opt_outs_through),
        expect=1,
    )


def restored(tx: Tx, stream_id: str) -> None:
    tx.write("update streams set restored = 1, head_checked_at = null where stream_id = ?", (stream_id,), expect=1)


def take_over(tx: Tx, stream_id: str, epoch: int, seq: int, prev: str, at: str) -> None:
    """Go on from where the OEM stands: its head is ours now."""
    tx.write(
        "update streams set epoch = ?, next_seq = ?, prev = ?, taken_over = ?, restored = 0, head_checked_at = ?,"
        " opt_outs_through = '' where stream_id = ?",
        (epoch, seq + 1, prev, seq, at, stream_id),
        expect=1,
    )


def new_epoch(tx: Tx, stream_id: str, epoch: int, prev: str, at: str) -> None:
    """Numbers begin again, by the officers' decision."""
    tx.write(
        "update streams set epoch = ?, next_seq = 1, prev = ?, taken_over = 0, restored = 0, head_checked_at = ?,"
        " opt_outs_through = '' where stream_id = ?",
        (epoch, prev, at, stream_id),
        expect=1,
    )


def note_trouble(tx: Tx, stream_id: str, said: str, at: str) -> None:
    """Why the last step on a stream did not get through; empty when it did. The time of the first failure stays."""
    tx.write(
        "update streams set trouble_at = case when ?1 = '' then null when trouble = '' then ?2 else trouble_at end,"
        " trouble = ?1 where stream_id = ?3",
        (said, at, stream_id),
        expect=1,
    )


def trouble_of(tx: Tx, stream_id: str) -> str:
    row = tx.row("select trouble from streams where stream_id = ?", (stream_id,))
    return str(row[0]) if row else ""


def trouble(tx: Tx) -> tuple[str, str] | None:
    """(what, since when) of the stream that has been in trouble longest."""
    row = tx.row("select trouble, trouble_at from streams where trouble <> '' order by trouble_at limit 1")
    return (str(row[0]), str(row[1])) if row else None


def forget_head_checks(tx: Tx) -> None:
    """At start, state counts as restored until each stream has been compared with the OEM once."""
    tx.write("update streams set head_checked_at = null")
