"""Encryption at rest. Each body has a key of its own, wrapped by the local key: to dispose of a body, destroy its
wrapped key first, and no copy of the ciphertext can be read again. `aad` says what the bytes are and where they belong;
opened under another it refuses.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import SealError

KEY_BYTES = 32
_NONCE = 12
_BODY_NONCE = bytes(_NONCE)  # a body's key encrypts once and never again


@dataclass(frozen=True, slots=True)
class Sealed:
    wrapped_key: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


class AtRest:
    """Under one local key of 32 bytes. Wrapping and short values use keys derived apart from it."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise SealError("K030", "the at-rest key has the wrong length", "restore it from the backup")
        self.__wrap = AESGCM(_derived(key, b"fieldgate at-rest wrap 1"))
        self.__small = AESGCM(_derived(key, b"fieldgate at-rest small 1"))

    def __repr__(self) -> str:
        return "AtRest()"

    def seal(self, data: bytes, aad: bytes) -> Sealed:
        """Encrypt under a fresh key; both halves are bound to `aad`."""
        key = os.urandom(KEY_BYTES)
        nonce = os.urandom(_NONCE)
        return Sealed(nonce + self.__wrap.encrypt(nonce, key, aad), AESGCM(key).encrypt(_BODY_NONCE, data, aad))

    def open(self, sealed: Sealed, aad: bytes) -> bytes:
        try:
            key = self.__wrap.decrypt(sealed.wrapped_key[:_NONCE], sealed.wrapped_key[_NONCE:], aad)
            return AESGCM(key).decrypt(_BODY_NONCE, sealed.ciphertext, aad)
        except (InvalidTag, ValueError):
            raise _broken() from None

    def small(self, data: bytes, aad: bytes) -> bytes:
        """A short value (a watermark, source keys) under the local key directly."""
        nonce = os.urandom(_NONCE)
        return nonce + self.__small.encrypt(nonce, data, aad)

    def open_small(self, blob: bytes, aad: bytes) -> bytes:
        try:
            return self.__small.decrypt(blob[:_NONCE], blob[_NONCE:], aad)
        except (InvalidTag, ValueError):
            raise _broken() from None


def _derived(key: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=use).derive(key)


def _broken() -> SealError:
    return SealError(
        "K031",
        "stored bytes do not open: they were changed, stand in another's place, or the at-rest key is another one",
        "stop, keep the folder as it is, and restore key and state from the same backup",
    )
