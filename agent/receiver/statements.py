"""What a dealer states about its keys: the old key hands over to a new one, officers revoke one, a roll is followed by
a newer one. Checked with what was enrolled; what was signed before stays checkable for ever."""

from __future__ import annotations

import json
import sqlite3

from agent.core.answers import WireError
from agent.core.jws import kid_of
from agent.core.roll import Roll, read_roll
from agent.core.statements import Posted, read_newer_roll, read_posted, read_revocation, read_rollover
from agent.receiver.house import ReceiverHouse, instant


def take_statement(house: ReceiverHouse, data: bytes) -> str:
    """The kind that was taken; taken again it changes nothing. WireError where it does not prove itself."""
    posted = read_posted(data)
    with house.store.writing() as db:
        row = db.execute("SELECT * FROM keys WHERE kid = ?", (posted.kid,)).fetchone()
        if row is None:
            raise WireError("unknown_key", "the key of the statement is not enrolled")
        if posted.kind == "rollover":
            _roll_over(house, db, posted, row)
        elif posted.kind == "revocation":
            decision = read_revocation(posted, _roll_of(row), house.clock().date())
            db.execute(
                "UPDATE keys SET revoked_at = coalesce(revoked_at, ?), last_good = ? WHERE kid = ?",
                (instant(house.clock()), decision.question["last_good"], posted.kid),
            )
        else:
            roll = read_newer_roll(posted, _roll_of(row))
            db.execute("UPDATE keys SET roll = ?, roll_sha256 = ? WHERE kid = ?", (roll.data, roll.sha256, posted.kid))
    return posted.kind


def _roll_over(house: ReceiverHouse, db: sqlite3.Connection, posted: Posted, old: sqlite3.Row) -> None:
    if old["revoked_at"]:
        raise WireError("revoked_key", "a revoked key hands over to nobody")
    new = read_rollover(posted, house.name, house.find_key)
    kid = kid_of(new)
    if old["replaced_by"] not in (None, kid):
        raise WireError("revoked_key", "the key has handed over to another one already")
    db.execute(
        "INSERT INTO keys (kid, jwk, instance_id, roll_sha256, roll, enrolled_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (kid) DO NOTHING",
        (kid, json.dumps(new, sort_keys=True), old["instance_id"], old["roll_sha256"], old["roll"],
         instant(house.clock())),
    )  # fmt: skip
    db.execute(
        "INSERT OR IGNORE INTO key_dealers SELECT ?, dealer_code FROM key_dealers WHERE kid = ?", (kid, posted.kid)
    )
    db.execute("UPDATE keys SET replaced_by = ? WHERE kid = ?", (kid, posted.kid))


def _roll_of(row: sqlite3.Row) -> Roll:
    if row["roll"] is None:
        raise WireError("bad_signature", "no officer roll was enrolled with this key, so nobody can be checked")
    return read_roll(bytes(row["roll"]), None)
