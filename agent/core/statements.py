"""Statements about keys, posted to a receiver: a rollover by the old signing key, a revocation by the officers, a newer
officer roll. Each proves itself by signatures that what was enrolled can check; who posts it does not count. The other
way round a receiver's key hands over to the next: nothing but such a statement moves what an agent has pinned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Literal

import msgspec

from agent.core import jws
from agent.core.answers import WireError
from agent.core.decision import Decision, Signature, decision_file, read_decision
from agent.core.manifest import Count, Name, check_common, convert, strict_object
from agent.core.roll import Roll, read_roll
from agent.errors import FieldgateError

TYP_ROLLOVER = "fieldgate-rollover+jws"
TYP_POSSESSION = "fieldgate-possession+jws"
TYP_RECEIPT_ROLLOVER = "fieldgate-receipt-rollover+jws"
STATEMENT_MAX = 256 * 1024
Sign = Callable[[str, bytes], str]


class Posted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of POST /v1/statements. `jws`: one for a rollover, the officers' signatures for a revocation; `roll`:
    the roll's file, base64url. `kid`: the enrolled key it is about."""

    spec: Literal[1] = 1
    kind: Literal["rollover", "revocation", "roll"]
    kid: str
    jws: list[str] = []
    roll: str = ""


class Rollover(msgspec.Struct, frozen=True, kw_only=True):
    """Signed by the old key; `proof` is by the new one over the old one's kid: whoever asks holds both."""

    spec: Literal[1] = 1
    aud: Name
    jwk: dict[str, str]
    proof: str
    iat: Count


class ReceiptRollover(msgspec.Struct, frozen=True, kw_only=True):
    """Signed by the receiver's old key; `proof` as in a rollover, its `aud` the receiver itself."""

    spec: Literal[1] = 1
    iss: Name
    jwk: dict[str, str]
    proof: str
    iat: Count


class _Possession(msgspec.Struct, frozen=True, kw_only=True):
    spec: Literal[1] = 1
    aud: Name
    old_kid: str


_encode = msgspec.json.Encoder(order="sorted").encode


def make_rollover(aud: str, old: tuple[str, Sign], new: tuple[dict[str, str], Sign], iat: int) -> bytes:
    """`old`: (kid, signer), `new`: (JWK, signer)."""
    proof = new[1](TYP_POSSESSION, _encode(_Possession(aud=aud, old_kid=old[0])))
    said = old[1](TYP_ROLLOVER, _encode(Rollover(aud=aud, jwk=new[0], proof=proof, iat=iat)))
    return _encode(Posted(kind="rollover", kid=old[0], jws=[said]))


def make_receipt_rollover(iss: str, old: tuple[str, Sign], new: tuple[dict[str, str], Sign], iat: int) -> str:
    """One compact JWS, to be served with the keys for as long as anybody may have pinned the old one."""
    proof = new[1](TYP_POSSESSION, _encode(_Possession(aud=iss, old_kid=old[0])))
    return old[1](TYP_RECEIPT_ROLLOVER, _encode(ReceiptRollover(iss=iss, jwk=new[0], proof=proof, iat=iat)))


def followed_keys(statements: Iterable[str], iss: str, pinned: Mapping[str, jws.JWK]) -> dict[str, jws.JWK]:
    """The keys that the pinned ones have handed over to, one after the other, by kid. What does not verify says
    nothing, and neither does all that stands on it."""
    known, found = dict(pinned), dict[str, jws.JWK]()
    for compact in statements:
        with suppress(WireError, jws.BadJwsError, KeyError):
            old_kid, payload = jws.verify(compact, TYP_RECEIPT_ROLLOVER, known.get)
            said: ReceiptRollover = convert(strict_object(payload, "rollover"), ReceiptRollover, "rollover")
            new = {part: said.jwk[part] for part in ("kty", "crv", "x", "y")}
            kid = jws.kid_of(new)
            _, proof = jws.verify(said.proof, TYP_POSSESSION, {kid: new}.get)
            held: _Possession = convert(strict_object(proof, "possession"), _Possession, "possession")
            if (said.iss, held.aud, held.old_kid) == (iss, iss, old_kid) and kid not in known:
                known[kid] = found[kid] = new
    return found


def make_revocation(kid: str, signatures: list[str]) -> bytes:
    return _encode(Posted(kind="revocation", kid=kid, jws=signatures))


def make_roll(kid: str, data: bytes) -> bytes:
    return _encode(Posted(kind="roll", kid=kid, roll=jws.b64url(data)))


def read_posted(data: bytes) -> Posted:
    if len(data) > STATEMENT_MAX:
        raise WireError("too_large", "the statement is larger than wire spec 1 allows")
    raw = strict_object(data, "statement")
    check_common(raw, "statement")
    posted: Posted = convert(raw, Posted, "statement")
    return posted


def read_rollover(posted: Posted, aud: str, find_key: jws.KeyFinder) -> dict[str, str]:
    """The new key, when the old one vouches for it and it for itself; WireError otherwise."""
    try:
        kid, payload = jws.verify(posted.jws[0], TYP_ROLLOVER, find_key)
        said: Rollover = convert(strict_object(payload, "rollover"), Rollover, "rollover")
        new = {part: said.jwk[part] for part in ("kty", "crv", "x", "y")}
        _, proof = jws.verify(said.proof, TYP_POSSESSION, {jws.kid_of(new): new}.get)
        held: _Possession = convert(strict_object(proof, "possession"), _Possession, "possession")
    except (jws.BadJwsError, IndexError, KeyError) as error:
        raise WireError("bad_signature", f"rollover: {error}") from None
    if (kid, said.aud, held.aud, held.old_kid) != (posted.kid, aud, aud, posted.kid):
        raise WireError("bad_signature", "rollover: it is about another key or another receiver")
    return new


def read_revocation(posted: Posted, roll: Roll, today: dt.date) -> Decision:
    """The officers' decision to revoke exactly this key; WireError otherwise."""
    try:
        payload = jws.unb64url(posted.jws[0].split(".")[1])
        question = msgspec.json.decode(payload, type=Signature).decision
        decision = read_decision(decision_file(question, posted.jws), roll, today=today)
    except (IndexError, jws.BadJwsError, msgspec.MsgspecError, UnicodeDecodeError, FieldgateError):
        raise WireError("bad_signature", "revocation: not a decision of enough officers of the enrolled roll") from None
    if decision.kind != "revoke-key" or decision.question["kid"] != posted.kid:
        raise WireError("bad_signature", "revocation: the officers decided something else")
    return decision


def read_newer_roll(posted: Posted, before: Roll) -> Roll:
    """A roll that continues the enrolled one; WireError otherwise."""
    try:
        return read_roll(jws.unb64url(posted.roll), before)
    except (jws.BadJwsError, FieldgateError):
        raise WireError("bad_signature", "roll: it does not continue the enrolled officer roll") from None
