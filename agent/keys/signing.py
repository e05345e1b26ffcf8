"""A signer: an ES256 key that signs and never shows itself. The agent's own keys stand in the key store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import jws
from agent.errors import SealError
from agent.keys.store import KeyStore


class Signer:
    """`kid` and `jwk` are public; the private key has no door."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self.__key = key
        self.jwk: Mapping[str, str] = jws.public_jwk(key.public_key())
        self.kid = jws.kid_of(self.jwk)

    def __repr__(self) -> str:
        return f"Signer({self.kid})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signer does not travel")

    def sign(self, typ: str, payload: bytes) -> str:
        """Compact JWS of type `typ` over payload."""
        return jws.sign(self.__key, typ, payload)


def create_signer(store: KeyStore, name: str) -> Signer:
    """A new key under `name`; refuses a name that exists."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    store.create(name, pem)
    return Signer(key)


def load_signer(store: KeyStore, name: str) -> Signer:
    """The key under `name`. SealError where the secret is not a P-256 key."""
    try:
        key = serialization.load_pem_private_key(store.secret(name), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SealError("K020", f"the key `{name}` is damaged or of another kind", "restore it from the backup")
    return Signer(key)
