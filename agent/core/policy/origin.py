"""Who wrote a request: the recipient's own signature over its exact bytes, where it has given one, in a file beside it.
Only a key that the dealer has pinned (at enrollment, or read out on the phone) makes it the recipient's word; the key
that travels along proves nothing but that nobody changed the file on the way.

Unsigned is a standing that screens show. A signature that does not hold refuses the request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from agent.core import jws
from agent.core.officer import Sign
from agent.core.policy.request import Request
from agent.core.text import shown
from agent.errors import PolicyError

REQUEST_TYP = "fieldgate-asked+jws"
Standing = Literal["signed", "unknown_key", "unsigned"]
_FILE_MAX = 16 * 1024
_KEYS_MAX = 20


@dataclass(frozen=True, slots=True)
class Origin:
    """`signed`: by a pinned key of the recipient. `unknown_key`: whole, but nobody here knows whose key it is."""

    standing: Standing
    kid: str = ""
    signed_at: dt.datetime | None = None


UNSIGNED = Origin("unsigned")


class _Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    spec: int = 1
    recipient: str
    request: str
    request_sha256: str
    signed_at: dt.datetime


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """X.request.sig. The first lines are for people; `jwk` is for whoever pins it."""

    fieldgate: str
    recipient: str
    request: str
    kid: str
    jwk: dict[str, str]
    signature: str


class _KeysFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """RECIPIENT.key.json: what this dealer has pinned."""

    fieldgate: str
    recipient: str
    keys: list[dict[str, str]]


def sign_request(request: Request, jwk: jws.JWK, sign: Sign, at: dt.datetime) -> bytes:
    """The signature file that the recipient sends along."""
    claims = _Claims(
        recipient=request.recipient,
        request=request.name,
        request_sha256=request.sha256,
        signed_at=at.astimezone(dt.UTC).replace(microsecond=0),
    )
    public = {name: str(jwk[name]) for name in ("kty", "crv", "x", "y")}
    signature = sign(REQUEST_TYP, msgspec.json.encode(claims, order="sorted"))
    file = _File("request-signature", request.recipient, request.name, jws.kid_of(public), public, signature)
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def origin_of(request: Request, signature: bytes | None, pinned: Mapping[str, jws.JWK]) -> Origin:
    """PolicyError (exit 1) for a signature over something else, by another's key, or by none."""
    if signature is None:
        return UNSIGNED
    file = _read(signature)
    known: Mapping[str, jws.JWK] = pinned or {file.kid: file.jwk}
    try:
        kid, payload = jws.verify(file.signature, REQUEST_TYP, known.get)
        claims = msgspec.json.decode(payload, type=_Claims)
        own = pinned or jws.kid_of(file.jwk) == kid
    except (jws.BadJwsError, msgspec.DecodeError, KeyError, ValueError):
        raise _wrong(request, pinned) from None
    said = (claims.spec, claims.recipient, claims.request, claims.request_sha256)
    if not own or said != (1, request.recipient, request.name, request.sha256) or claims.signed_at.tzinfo is None:
        raise _wrong(request, pinned)
    return Origin("signed" if pinned else "unknown_key", kid, claims.signed_at)


def key_of(signature: bytes) -> tuple[str, dict[str, str]]:
    """(key id, public key) that travels with a signature, for whoever compares it on the phone before pinning it."""
    file = _read(signature)
    try:
        if jws.kid_of(file.jwk) != file.kid:
            raise ValueError("another key")
    except (KeyError, ValueError):
        raise _unreadable() from None
    return file.kid, file.jwk


def keys_file(recipient: str, keys: Iterable[jws.JWK]) -> bytes:
    public = [{name: str(jwk[name]) for name in ("kty", "crv", "x", "y")} for jwk in keys]
    return msgspec.json.format(msgspec.json.encode(_KeysFile("recipient-keys", recipient, public)), indent=2) + b"\n"


def read_keys(data: bytes, recipient: str) -> dict[str, jws.JWK]:
    """Key id -> key. PolicyError for a file that pins no key of this recipient: silence would count as unknown."""
    try:
        file = msgspec.json.decode(data[: _FILE_MAX + 1], type=_KeysFile)
        if (file.fieldgate, file.recipient) != ("recipient-keys", recipient) or not 0 < len(file.keys) <= _KEYS_MAX:
            raise ValueError("another kind of file")
        return {jws.kid_of(jwk): jwk for jwk in file.keys}
    except (msgspec.DecodeError, KeyError, ValueError):
        raise PolicyError(
            "A036",
            f"the pinned keys of {shown(recipient)} cannot be read",
            "remove the file and pin the key again: fieldgate request pin REQUEST",
            exit_status=1,
        ) from None


def _read(data: bytes) -> _File:
    try:
        file = msgspec.json.decode(data[: _FILE_MAX + 1], type=_File)
    except msgspec.DecodeError:
        raise _unreadable() from None
    if file.fieldgate != "request-signature":
        raise _unreadable()
    return file


def _unreadable() -> PolicyError:
    return PolicyError(
        "A035",
        "the signature beside the request cannot be read",
        "ask the recipient for request and signature again; do not answer this one",
        exit_status=1,
    )


def _wrong(request: Request, pinned: Mapping[str, jws.JWK]) -> PolicyError:
    whose = f"not by a key of {shown(request.recipient)} that is pinned here" if pinned else "not by the key it names"
    return PolicyError(
        "A035",
        f"{shown(request.cited_as)} is signed, but not over these bytes or {whose}",
        "ask the recipient for request and signature again; do not answer this one",
        exit_status=1,
    )
