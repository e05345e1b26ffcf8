"""Enrollment: how an agent's signing key becomes known to a receiver, once, by a token handed over out of band.

The request is a JWS by the very key it registers, which proves that whoever asks holds the key. The token is used up by
the first key that brings it; the same key may bring it again within its life (an answer may have been lost).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from agent.core import jws
from agent.core.answers import WireError
from agent.core.manifest import Digest, Name, check_common, convert, strict_object
from agent.errors import SealError

TYP = "fieldgate-enrollment+jws"
TOKEN_DAYS = 14

Token = str


class EnrollmentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`jwk`: the public signing key. `roll_sha256`: the officer roll that later statements must come from; `roll`: the
    roll's file, base64url. Without the file a receiver can take no reset, because it cannot check who signed it."""

    spec: Literal[1] = 1
    token: Token
    dealer_code: Name
    instance_id: Name
    jwk: dict[str, str]
    roll_sha256: Digest
    roll: str = ""
    agent_version: Name


class EnrollmentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`receiver` is the recipient's id (manifest's aud). `jwks`: the keys its receipts are signed with; pin them."""

    spec: Literal[1] = 1
    receiver: Name
    dealer_code: Name
    kid: str
    jwks: dict[str, list[dict[str, str]]]
    content_encodings: list[str]


_ENCODER = msgspec.json.Encoder(order="sorted")
_JWK = ("kty", "crv", "x", "y")


def make_request(request: EnrollmentRequest, sign: Callable[[str, bytes], str]) -> str:
    return sign(TYP, _ENCODER.encode(request))


def read_request(compact: str) -> tuple[str, EnrollmentRequest]:
    """(kid, request); WireError unless it is signed by the key it brings."""
    brought: dict[str, Any] = {}

    def find_key(kid: str) -> jws.JWK | None:
        return brought if brought and jws.kid_of(brought) == kid else None

    try:
        raw = strict_object(jws.unb64url(compact.split(".")[1]) if compact.count(".") == 2 else b"", "enrollment")
        check_common(raw, "enrollment")
        request: EnrollmentRequest = convert(raw, EnrollmentRequest, "enrollment")
        brought.update({name: request.jwk[name] for name in _JWK})
        kid, _ = jws.verify(compact, TYP, find_key)
    except jws.BadJwsError as error:
        raise WireError("bad_signature", f"enrollment: {error}") from None
    except (KeyError, ValueError) as error:
        if isinstance(error, WireError):
            raise
        raise WireError("bad_signature", "enrollment: jwk is not a P-256 public key") from None
    return kid, request


def encode_answer(answer: EnrollmentAnswer) -> bytes:
    return _ENCODER.encode(answer)


def read_answer(data: bytes, request: EnrollmentRequest) -> EnrollmentAnswer:
    """The receiver's answer; SealError where it is for another key or dealer, or brings no usable key."""
    try:
        raw = strict_object(data, "enrollment answer")
        check_common(raw, "enrollment answer")
        answer: EnrollmentAnswer = convert(raw, EnrollmentAnswer, "enrollment answer")
        kids = [jws.kid_of(jwk) for jwk in answer.jwks["keys"]]
    except WireError as error:
        raise SealError("enrollment_form", error.what, _ADVICE) from None
    except (KeyError, ValueError):
        raise SealError("enrollment_form", "enrollment answer: jwks is not a list of P-256 keys", _ADVICE) from None
    if not kids or answer.kid != jws.kid_of(request.jwk) or answer.dealer_code != request.dealer_code:
        raise SealError("enrollment_differs", "the enrollment answer is not for this key and dealer code", _ADVICE)
    return answer


def key_finder(answer: EnrollmentAnswer) -> jws.KeyFinder:
    """Finds the receiver's pinned keys by their thumbprint (a `kid` member in a JWK is not believed)."""
    known = {jws.kid_of(jwk): jwk for jwk in answer.jwks["keys"]}
    return known.get


_ADVICE = "Nothing was enrolled. Check the endpoint in agent.yaml, then ask the OEM for a new token"
