"""The ledger: does this batch come next in its stream? And the one transaction in which it is taken or refused whole.

Refuses gaps, second histories, older policies and streams of another dealer; answers a replay with the same receipt.
"""

from __future__ import annotations

import datetime as dt
import secrets
import sqlite3
from dataclasses import dataclass

import msgspec

from agent.core.answers import WireError
from agent.core.manifest import Manifest
from agent.core.receipt import make_receipt
from agent.core.seal import OpenedBatch
from agent.receiver import landing
from agent.receiver.enroll import check_sender
from agent.receiver.house import ReceiverHouse, instant
from agent.receiver.reset import check_reset


@dataclass(frozen=True, slots=True)
class Taken:
    """`again`: the batch had been taken before; the receipt is the one of then."""

    receipt: str
    again: bool


def take(house: ReceiverHouse, batch: OpenedBatch) -> Taken:
    """Take a verified batch, or raise WireError and leave everything as it was."""
    now = house.clock()
    try:
        with house.store.writing() as db:
            known = db.execute(
                "SELECT receipt FROM batches WHERE manifest_sha256 = ?", (batch.sealed.manifest_sha256,)
            ).fetchone()
            if known is not None:
                return Taken(known["receipt"], again=True)
            _check_place(db, batch, now.date())
            receipt = _enter(house, db, batch, now)
        # COMMIT POINT passed: the batch is ours, whether or not the answer arrives; a retry finds it above.
        return Taken(receipt, again=False)
    except WireError as refusal:
        if refusal.problem == "gap":
            _note_gap(house, batch.sealed.manifest, refusal, now)
        raise


def _check_place(db: sqlite3.Connection, batch: OpenedBatch, today: dt.date) -> None:
    m = batch.sealed.manifest
    check_sender(db, batch.kid, m.dealer_code)
    stream = db.execute("SELECT * FROM streams WHERE stream_id = ?", (m.stream_id,)).fetchone()
    if stream is None:
        _check_first(db, batch, today)
        return
    if (stream["dealer_code"], stream["store"], stream["policy_name"]) != (m.dealer_code, m.store, m.policy.name):
        raise WireError("wrong_stream", "this stream_id belongs to another dealer_code, store or policy")
    if m.epoch > stream["epoch"]:
        _check_new_epoch(db, batch, stream, today)
    else:
        _check_next(db, m, stream)
    _check_versions(m, stream)


def _check_first(db: sqlite3.Connection, batch: OpenedBatch, today: dt.date) -> None:
    m = batch.sealed.manifest
    if m.kind == "reset" and m.seq == 1 and m.prev is None:  # we have lost all of it; the officers say so
        check_reset(db, batch, today)
        return
    if (m.epoch, m.seq) != (1, 1):
        raise WireError("gap", "nothing of this stream has arrived yet", expected_epoch=1, expected_seq=1)
    if m.prev is not None:
        raise WireError("fork", "prev names a manifest, but nothing of this stream has arrived yet")


def _check_new_epoch(db: sqlite3.Connection, batch: OpenedBatch, stream: sqlite3.Row, today: dt.date) -> None:
    m = batch.sealed.manifest
    if m.kind != "reset":
        raise WireError("fork", "a new epoch starts with a reset, signed by officers, and with nothing else")
    if m.seq != 1:  # an epoch may be left out: the officers signed its number, and we may have forgotten one
        raise WireError("gap", "a reset is an epoch's first batch", expected_epoch=m.epoch, expected_seq=1)
    if m.prev not in (None, stream["manifest_sha256"]):
        raise WireError("fork", "prev is not the last manifest of this stream")
    check_reset(db, batch, today)


def _check_next(db: sqlite3.Connection, m: Manifest, stream: sqlite3.Row) -> None:
    if m.epoch < stream["epoch"]:
        raise WireError("seq_settled", "this epoch has been closed by a reset")
    if m.kind == "reset":
        raise WireError("unsupported", "a reset opens the next epoch")
    expected = stream["seq"] + 1
    if m.seq > expected:
        raise WireError("gap", "an earlier batch has not arrived", expected_epoch=m.epoch, expected_seq=expected)
    if m.seq < expected:
        raise _taken_seq(db, m)
    if m.prev != stream["manifest_sha256"]:
        raise WireError("fork", "prev is not the last manifest of this stream", expected_seq=expected)
    if db.execute("SELECT 1 FROM batches WHERE stream_id = ? AND batch_id = ?", (m.stream_id, m.batch_id)).fetchone():
        raise WireError("fork", "batch_id was used before in this stream")


def _taken_seq(db: sqlite3.Connection, m: Manifest) -> WireError:
    held = db.execute(
        "SELECT batch_id, kind, replaces FROM batches WHERE stream_id = ? AND epoch = ? AND seq = ?",
        (m.stream_id, m.epoch, m.seq),
    ).fetchone()
    # A void and the batch whose place it takes may cross on the way: one history, both known to the sender. Anything
    # else at a taken seq was signed by somebody who does not know what we hold: a clone, or a restored machine.
    replaces = None if m.replaces is msgspec.UNSET else m.replaces
    if (m.kind == "void" and replaces == held["batch_id"]) or (
        held["kind"] == "void" and held["replaces"] == m.batch_id
    ):
        return WireError("seq_settled", "another batch holds this seq")
    return WireError("fork", "a different batch with this seq was accepted before")


def _check_versions(m: Manifest, stream: sqlite3.Row) -> None:
    if m.policy.version < stream["policy_version"] or m.roll_version < stream["roll_version"]:
        raise WireError("policy_rollback", "an older policy or officer roll than this stream has seen")
    if m.policy.version == stream["policy_version"] and m.policy.sha256 != stream["policy_sha256"]:
        raise WireError("policy_rollback", "the same policy version with another digest than this stream has seen")


def _enter(house: ReceiverHouse, db: sqlite3.Connection, batch: OpenedBatch, now: dt.datetime) -> str:
    landing.apply(db, batch)
    m, received_at, receipt_id = batch.sealed.manifest, instant(now), secrets.token_hex(16)
    receipt = make_receipt(batch.sealed, receipt_id, received_at, house.sign)
    replaces = None if m.replaces is msgspec.UNSET else m.replaces
    db.execute(
        "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            m.stream_id,
            m.epoch,
            m.seq,
            m.batch_id,
            m.kind,
            replaces,
            batch.kid,
            batch.sealed.manifest_sha256,
            batch.sealed.jws,
            receipt_id,
            receipt,
            received_at,
        ),
    )
    _move_head(db, batch, received_at)
    return receipt


def _move_head(db: sqlite3.Connection, batch: OpenedBatch, now: str) -> None:
    m = batch.sealed.manifest
    db.execute(
        "INSERT INTO streams VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream_id) DO UPDATE SET"
        " epoch = excluded.epoch, seq = excluded.seq, manifest_sha256 = excluded.manifest_sha256,"
        " content_sha256 = excluded.content_sha256, policy_version = excluded.policy_version,"
        " policy_sha256 = excluded.policy_sha256, roll_version = excluded.roll_version,"
        " audit_head = excluded.audit_head, purpose = excluded.purpose",
        (
            m.stream_id,
            m.dealer_code,
            m.store,
            m.policy.name,
            m.purpose,
            m.epoch,
            m.seq,
            batch.sealed.manifest_sha256,
            m.content_sha256,
            m.policy.version,
            m.policy.sha256,
            m.roll_version,
            m.audit_head,
            now,
        ),
    )


def _note_gap(house: ReceiverHouse, m: Manifest, refusal: WireError, now: dt.datetime) -> None:
    """Remember what is missing; one row per hole of a known stream, so that a hostile dealer cannot fill the disk."""
    with house.store.writing() as db:
        db.execute(
            "INSERT INTO gaps SELECT stream_id, ?, ?, ?, ?, 1 FROM streams WHERE stream_id = ?"
            " ON CONFLICT DO UPDATE SET got_seq = max(got_seq, excluded.got_seq), seen_at = excluded.seen_at,"
            " times = times + 1",
            (refusal.extra["expected_epoch"], refusal.extra["expected_seq"], m.seq, instant(now), m.stream_id),
        )
