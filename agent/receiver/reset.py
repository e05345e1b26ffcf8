"""May a stream start a new epoch? Only when enough officers of the enrolled roll signed a decision to reset it.

What cannot be checked is refused: no roll file at enrollment, no reset.
"""

from __future__ import annotations

import datetime as dt
import sqlite3

import msgspec

from agent.core import jws
from agent.core.answers import WireError
from agent.core.decision import Decision, Signature, decision_file, read_decision
from agent.core.roll import Roll, read_roll
from agent.core.seal import OpenedBatch
from agent.errors import FieldgateError


def check_reset(db: sqlite3.Connection, batch: OpenedBatch, today: dt.date) -> None:
    """WireError unless the manifest's `reset` holds a decision for exactly this stream and epoch, in force."""
    m = batch.sealed.manifest
    row = db.execute("SELECT roll FROM keys WHERE kid = ?", (batch.kid,)).fetchone()
    if row is None or row["roll"] is None:
        raise WireError("bad_signature", "reset: no officer roll was enrolled with this key, so nobody can be checked")
    statements = [] if m.reset is msgspec.UNSET else m.reset.statements
    decision = _decision(statements, read_roll(bytes(row["roll"]), None), today)
    if decision.kind != "reset" or dict(decision.question) != {"stream_id": m.stream_id, "epoch": str(m.epoch)}:
        raise WireError("bad_signature", "reset: the officers decided something else")


def _decision(statements: list[str], roll: Roll, today: dt.date) -> Decision:
    try:
        payload = jws.unb64url(statements[0].split(".")[1])
        question = msgspec.json.decode(payload, type=Signature).decision
        return read_decision(decision_file(question, statements), roll, today=today)
    except (IndexError, jws.BadJwsError, msgspec.MsgspecError, UnicodeDecodeError, FieldgateError):
        raise WireError(
            "bad_signature", "reset: not a decision that enough officers of the enrolled roll signed"
        ) from None
