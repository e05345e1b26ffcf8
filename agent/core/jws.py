"""Compact JWS, ES256 only. The verifier pins algorithm and type, finds the key by `kid` in its own list, and refuses
every other header: it never follows `jku`, `x5u` or an embedded `jwk`, and knows no `crit`.

Source: RFC 7515, RFC 7518 section 3.4, RFC 7638 (thumbprint as kid).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from joserfc.jwk import ECKey

JWK = Mapping[str, Any]
KeyFinder = Callable[[str], JWK | None]
_HEADER = {"alg", "kid", "typ"}


class BadJwsError(ValueError):
    """The text is not a JWS that verifies. The message never repeats the payload."""


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    """Strict: no padding, no other alphabet, no trailing bits (two texts must never mean the same bytes)."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadJwsError("not base64url") from None
    if b64url(data) != text:
        raise BadJwsError("not canonical base64url")
    return data


def public_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """The JWK (kty, crv, x, y) of a P-256 public key."""
    numbers = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": b64url(numbers.x.to_bytes(32, "big")),
        "y": b64url(numbers.y.to_bytes(32, "big")),
    }


def kid_of(jwk: JWK) -> str:
    """RFC 7638 SHA-256 thumbprint."""
    return ECKey.import_key({k: jwk[k] for k in ("kty", "crv", "x", "y")}).thumbprint()


def sign(key: ec.EllipticCurvePrivateKey, typ: str, payload: bytes) -> str:
    """Compact JWS over payload. ECDSA draws its own nonce, so two signatures over one payload differ."""
    header = {"alg": "ES256", "kid": kid_of(public_jwk(key.public_key())), "typ": typ}
    head = b64url(json.dumps(header, sort_keys=True, separators=(",", ":")).encode())
    signed = f"{head}.{b64url(payload)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def verify(compact: str, typ: str, find_key: KeyFinder) -> tuple[str, bytes]:
    """(kid, payload) of a JWS whose type is `typ` and whose key `find_key` knows; BadJwsError otherwise."""
    parts = compact.split(".")
    if len(parts) != 3:
        raise BadJwsError("not a compact JWS")
    kid = _kid(unb64url(parts[0]), typ)
    jwk = find_key(kid)
    if jwk is None:
        raise BadJwsError("signed by a key that is not known here")
    signature = unb64url(parts[2])
    if len(signature) != 64:
        raise BadJwsError("signature has the wrong length")
    dss = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        _public(jwk).verify(dss, f"{parts[0]}.{parts[1]}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise BadJwsError("signature does not verify") from None
    return kid, unb64url(parts[1])


def kid_named(compact: str) -> str:
    """The kid a JWS claims, unverified: for finding out whether a key is unknown or revoked, nothing else."""
    head = _header(unb64url(compact.split(".", maxsplit=1)[0]))
    return str(head.get("kid", ""))


def _header(raw: bytes) -> dict[str, Any]:
    try:
        head = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadJwsError("header is not JSON") from None
    if not isinstance(head, dict):
        raise BadJwsError("header is not an object")
    return head


def _kid(raw: bytes, typ: str) -> str:
    head = _header(raw)
    if set(head) != _HEADER:
        raise BadJwsError("header has other members than alg, kid, typ")
    if head["alg"] != "ES256":
        raise BadJwsError("algorithm is not ES256")
    if head["typ"] != typ:
        raise BadJwsError(f"type is not {typ}")
    if not isinstance(head["kid"], str):
        raise BadJwsError("kid is not text")
    return head["kid"]


def _public(jwk: JWK) -> ec.EllipticCurvePublicKey:
    try:
        if jwk["kty"] != "EC" or jwk["crv"] != "P-256":
            raise BadJwsError("key is not EC P-256")
        x, y = (int.from_bytes(unb64url(jwk[c]), "big") for c in ("x", "y"))
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (KeyError, TypeError, ValueError):
        raise BadJwsError("key is not a usable EC P-256 JWK") from None
