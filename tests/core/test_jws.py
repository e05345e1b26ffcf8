"""Attacks on a compact JWS: other algorithm, other type, other key, other bytes, keys brought along."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as other_jws
from joserfc.jwk import ECKey

from agent.core.jws import BadJwsError, b64url, kid_named, kid_of, public_jwk, sign, unb64url, verify

KEY, STRANGER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
JWK = public_jwk(KEY.public_key())
KID = kid_of(JWK)
TYP = "example+jws"
PAYLOAD = b'{"amount":"secret"}'
KNOWN = {KID: JWK}.get


def with_header(signer: ec.EllipticCurvePrivateKey = KEY, **changed: object) -> str:
    """A JWS with a changed header, signed properly over it."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    header = {"alg": "ES256", "kid": KID, "typ": TYP} | changed
    header = {name: value for name, value in header.items() if value is not None}
    signed = f"{b64url(json.dumps(header).encode())}.{b64url(PAYLOAD)}"
    r, s = decode_dss_signature(signer.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{b64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def test_what_was_signed_verifies_and_another_library_agrees() -> None:
    compact = sign(KEY, TYP, PAYLOAD)
    assert verify(compact, TYP, KNOWN) == (KID, PAYLOAD)
    assert verify(with_header(), TYP, KNOWN) == (KID, PAYLOAD)  # the innocent half of every attack below
    assert other_jws.deserialize_compact(compact, ECKey.import_key(JWK), algorithms=["ES256"]).payload == PAYLOAD
    assert kid_named(compact) == KID


@pytest.mark.parametrize(
    "attack",
    [
        with_header(alg="none"),
        with_header(alg="HS256"),
        with_header(alg="ES384"),
        with_header(alg=None),
        with_header(typ="another+jws"),
        with_header(typ=None),
        with_header(kid="unknown"),
        with_header(kid=None),
        with_header(kid=7),
        with_header(STRANGER, jwk=public_jwk(STRANGER.public_key())),
        with_header(jku="https://attacker.example/keys"),
        with_header(x5u="https://attacker.example/cert"),
        with_header(crit=["exp"]),
        with_header(b64=False, crit=["b64"]),
        with_header(STRANGER),
        with_header().rsplit(".", 1)[0] + ".",
        with_header().rsplit(".", 1)[0] + "." + b64url(bytes(64)),
        with_header().rsplit(".", 1)[0],
        with_header() + ".x",
        with_header() + "=",
        "",
        "..",
    ],
)
def test_an_attack_is_refused_and_says_nothing_of_the_payload(attack: str) -> None:
    with pytest.raises(BadJwsError) as refusal:
        verify(attack, TYP, KNOWN)
    assert "secret" not in str(refusal.value)


def test_every_character_counts() -> None:
    compact = sign(KEY, TYP, PAYLOAD)
    for i, was in enumerate(compact):
        changed = compact[:i] + ("A" if was != "A" else "B") + compact[i + 1 :]
        with pytest.raises(BadJwsError):
            verify(changed, TYP, KNOWN)


@pytest.mark.parametrize(
    "jwk", [{}, {"kty": "oct", "k": "AA"}, JWK | {"crv": "P-384"}, JWK | {"x": "AA"}, JWK | {"x": 7}, JWK | {"y": "!"}]
)
def test_a_key_of_another_kind_verifies_nothing(jwk: dict[str, object]) -> None:
    with pytest.raises(BadJwsError):
        verify(sign(KEY, TYP, PAYLOAD), TYP, {KID: jwk}.get)


@given(st.binary(max_size=40))
def test_base64url_has_one_text_for_each_bytes(data: bytes) -> None:
    text = b64url(data)
    assert unb64url(text) == data
    for other in (text + "=", text + "\n", " " + text):
        with pytest.raises(BadJwsError):
            unb64url(other)


@pytest.mark.parametrize("text", ["AB", "A", "A+==", "AA=A", "é"])
def test_loose_base64_is_refused(text: str) -> None:
    with pytest.raises(BadJwsError):
        unb64url(text)
