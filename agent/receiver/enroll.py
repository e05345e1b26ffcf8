"""Who may send: one-time tokens and enrolled keys. A token is kept as its digest only, works once, for 14 days, for one
dealer code; the same key may bring it again, because the first answer may have been lost.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import secrets
import sqlite3
from hashlib import sha256
from pathlib import Path

from agent.core import jws
from agent.core.answers import WireError
from agent.core.enrollment import TOKEN_DAYS, EnrollmentAnswer, EnrollmentRequest, read_request
from agent.core.roll import read_roll
from agent.errors import ConfigError, FieldgateError
from agent.receiver.house import ReceiverHouse, instant, open_house

ENCODINGS = ["gzip"]
ROLL_MAX = 64 * 1024


def enroll_token(folder: Path, dealer_code: str) -> str:
    """A new token for a dealer code, from the receiver's folder. It is shown once; only its digest is kept."""
    house = open_house(folder)
    try:
        return make_token(house, dealer_code)
    finally:
        house.close()


def make_token(house: ReceiverHouse, dealer_code: str) -> str:
    if not dealer_code or not dealer_code.isascii() or not dealer_code.isalnum():
        raise ConfigError(
            "RC007", "a dealer code is letters and digits", "Give it as the OEM writes it, such as EX1234"
        )
    text = base64.b32encode(secrets.token_bytes(20)).decode()
    token = "fg-" + "-".join(text[i : i + 8] for i in range(0, 32, 8))
    now = house.clock()
    expires = instant(now + dt.timedelta(days=TOKEN_DAYS))
    with house.store.writing() as db:
        db.execute(
            "INSERT INTO tokens VALUES (?, ?, ?, ?, NULL, NULL)", (_digest(token), dealer_code, instant(now), expires)
        )
    return token


def enroll(house: ReceiverHouse, compact: str) -> EnrollmentAnswer:
    """Register the key that signed the request; WireError bad_token where the token does not allow it."""
    kid, request = read_request(compact)
    roll = _roll(request)
    now = instant(house.clock())
    with house.store.writing() as db:
        _use_token(db, request, kid, now)
        jwk = json.dumps({name: request.jwk[name] for name in ("kty", "crv", "x", "y")}, sort_keys=True)
        db.execute(
            "INSERT INTO keys (kid, jwk, instance_id, roll_sha256, roll, enrolled_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (kid) DO NOTHING",
            (kid, jwk, request.instance_id, request.roll_sha256, roll, now),
        )
        db.execute("INSERT OR IGNORE INTO key_dealers VALUES (?, ?)", (kid, request.dealer_code))
    return EnrollmentAnswer(
        receiver=house.name,
        dealer_code=request.dealer_code,
        kid=kid,
        jwks=house.jwks(),
        content_encodings=ENCODINGS,
    )


def revoke_key(house: ReceiverHouse, kid: str) -> bool:
    """Take nothing more from a key. What it signed before stays checkable."""
    with house.store.writing() as db:
        done = db.execute(
            "UPDATE keys SET revoked_at = ? WHERE kid = ? AND revoked_at IS NULL", (instant(house.clock()), kid)
        )
        return done.rowcount == 1


def check_sender(db: sqlite3.Connection, kid: str, dealer_code: str | None) -> None:
    """The key is not revoked and may speak for the dealer code (None: any)."""
    row = db.execute("SELECT revoked_at, replaced_by FROM keys WHERE kid = ?", (kid,)).fetchone()
    if row is None:
        raise WireError("unknown_key", "the signing key is not enrolled")
    if row["revoked_at"]:
        raise WireError("revoked_key", "the signing key was revoked")
    if row["replaced_by"]:
        raise WireError("revoked_key", "the signing key has handed over to a newer one")
    if dealer_code is not None:
        mine = db.execute("SELECT 1 FROM key_dealers WHERE kid = ? AND dealer_code = ?", (kid, dealer_code)).fetchone()
        if mine is None:
            raise WireError("wrong_stream", "the signing key is not enrolled for this dealer_code")


def _use_token(db: sqlite3.Connection, request: EnrollmentRequest, kid: str, now: str) -> None:
    # The precondition stands in the write: unused (or used by this very key), in time, and for this dealer code.
    done = db.execute(
        "UPDATE tokens SET used_at = coalesce(used_at, ?), used_by = ? WHERE token_sha256 = ? AND dealer_code = ?"
        " AND expires_at > ? AND (used_by IS NULL OR used_by = ?)",
        (now, kid, _digest(request.token), request.dealer_code, now, kid),
    )
    if done.rowcount != 1:
        raise WireError("bad_token", "the token is unknown, used, expired, or for another dealer code")


def _roll(request: EnrollmentRequest) -> bytes | None:
    """The officer roll that came along, when it is the one in roll_sha256."""
    if not request.roll:
        return None
    try:
        data = jws.unb64url(request.roll[: ROLL_MAX * 2])
        if len(data) <= ROLL_MAX and read_roll(data, None).sha256 == request.roll_sha256:
            return data
    except (jws.BadJwsError, FieldgateError):
        pass
    raise WireError("bad_signature", "enrollment: roll is not the officer roll that roll_sha256 names")


def _digest(token: str) -> str:
    return sha256(token.strip().upper().encode()).hexdigest()
