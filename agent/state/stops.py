"""Records that may not leave because the OEM holds a stop for them which our own memory may have lost. Kept by record
id: a restored state file may know neither the person nor who took down the refusal. A newer yes ends them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from agent.state.store import Tx

NONE = "sha256:" + hashlib.sha256().hexdigest()  # the digest of no stops
Stop = tuple[frozenset[str], str]  # channels, or `everything`; the day since when


def add(tx: Tx, scope: str, stopped: Mapping[bytes, Stop]) -> None:
    """`scope`: stream/dataset."""
    tx.write_all(
        "insert or replace into stops (scope, record_id, channels, since_on) values (?, ?, ?, ?)",
        [(scope, record_id, " ".join(sorted(names)), day) for record_id, (names, day) in sorted(stopped.items())],
    )


def of(tx: Tx, scope: str) -> dict[bytes, Stop]:
    rows = tx.rows("select record_id, channels, since_on from stops where scope = ?", (scope,))
    return {bytes(record_id): (frozenset(str(names).split()), str(day)) for record_id, names, day in rows}


def end(tx: Tx, scope: str, record_ids: Iterable[bytes]) -> None:
    """A newer yes was recorded."""
    tx.write_all("delete from stops where scope = ? and record_id = ?", [(scope, one) for one in record_ids])


def digest(tx: Tx) -> tuple[int, str]:
    """(rows, digest) of all that are in force."""
    hashed, rows = hashlib.sha256(), 0
    for row in tx.stream("select scope, record_id, channels, since_on from stops order by scope, record_id"):
        hashed.update(msgspec.msgpack.encode(row))
        rows += 1
    return rows, "sha256:" + hashed.hexdigest()
