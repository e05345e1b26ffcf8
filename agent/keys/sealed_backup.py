"""A backup that only officers can open: one content key, wrapped to each officer's public key (ECDH P-256 with a fresh
key, HKDF, AES-256-GCM), and the content in chunks that cannot be cut, swapped or doubled. IT keeps the file unread.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.core import jws
from agent.core.officer import Officer
from agent.errors import SealError

_CHUNK = 1024 * 1024
_HEADER_MAX = 256 * 1024
_ZERO = bytes(12)


class _To(msgspec.Struct, frozen=True):
    kid: str
    name: str
    jwk: dict[str, str]  # the fresh key of this wrapping
    wrapped: str


class Header(msgspec.Struct, frozen=True):
    """What anybody may read of a backup."""

    fieldgate: str
    spec: int
    instance_id: str
    made_at: str
    sealed_to: list[_To]

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.sealed_to]


class SealingWriter:
    """A file to write plain bytes into; what reaches `out` is sealed. Call `finish` at the end, or it does not open."""

    def __init__(self, out: BinaryIO, officers: Sequence[Officer], instance_id: str, made_at: str) -> None:
        key = os.urandom(32)
        header = Header("backup", 1, instance_id, made_at, [_wrapped(key, one) for one in officers])
        head = msgspec.json.encode(header)
        out.write(head + b"\n")
        self._out, self._buffer, self._number = out, bytearray(), 0
        self._about = hashlib.sha256(head).digest()
        self.__cipher = AESGCM(key)

    def write(self, data: bytes) -> int:
        self._buffer += data
        while len(self._buffer) > _CHUNK:
            self._chunk(bytes(self._buffer[:_CHUNK]), last=False)
            del self._buffer[:_CHUNK]
        return len(data)

    def finish(self) -> None:
        self._chunk(bytes(self._buffer), last=True)

    def _chunk(self, data: bytes, *, last: bool) -> None:
        sealed = self.__cipher.encrypt(_nonce(self._number), data, _aad(self._about, last=last))
        self._out.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


def read_header(file: BinaryIO) -> tuple[Header, bytes]:
    """(header, its exact bytes); SealError where it is no backup."""
    head = file.readline(_HEADER_MAX).rstrip(b"\n")
    try:
        header = msgspec.json.decode(head, type=Header)
    except msgspec.DecodeError:
        raise _broken("this is no backup of fieldgate") from None
    if (header.fieldgate, header.spec) != ("backup", 1):
        raise _broken("this is no backup of fieldgate")
    return header, head


def open_chunks(file: BinaryIO, key: ec.EllipticCurvePrivateKey) -> Iterator[bytes]:
    """The plain bytes, chunk by chunk. SealError where the officer's key does not open it, or a byte was changed."""
    header, head = read_header(file)
    kid = jws.kid_of(jws.public_jwk(key.public_key()))
    mine = next((one for one in header.sealed_to if one.kid == kid), None)
    if mine is None:
        raise _broken("this backup is not sealed to your key")
    cipher, about, number = AESGCM(_unwrapped(mine, key)), hashlib.sha256(head).digest(), 0
    while True:
        sealed = file.read(int.from_bytes(file.read(4), "big"))
        for last in (False, True):
            try:
                data = cipher.decrypt(_nonce(number), sealed, _aad(about, last=last))
                break
            except (InvalidTag, ValueError):
                continue
        else:
            raise _broken("a byte of this backup was changed, or its end is missing")
        yield data
        number += 1
        if last:
            return


def _wrapped(key: bytes, officer: Officer) -> _To:
    fresh = ec.generate_private_key(ec.SECP256R1())
    shared = _shared(fresh, officer.jwk, officer.kid)
    wrapped = AESGCM(shared).encrypt(_ZERO, key, officer.kid.encode())
    return _To(officer.kid, officer.name, jws.public_jwk(fresh.public_key()), base64.b64encode(wrapped).decode())


def _unwrapped(mine: _To, key: ec.EllipticCurvePrivateKey) -> bytes:
    try:
        return AESGCM(_shared(key, mine.jwk, mine.kid)).decrypt(
            _ZERO, base64.b64decode(mine.wrapped, validate=True), mine.kid.encode()
        )
    except (InvalidTag, ValueError):
        raise _broken("this backup does not open with your key") from None


def _shared(key: ec.EllipticCurvePrivateKey, jwk: jws.JWK, kid: str) -> bytes:
    x, y = (int.from_bytes(jws.unb64url(jwk[part]), "big") for part in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    info = b"fieldgate backup 1\0" + kid.encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key.exchange(ec.ECDH(), public))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _aad(about: bytes, *, last: bool) -> bytes:
    return about + (b"last" if last else b"more")


def _broken(what: str) -> SealError:
    return SealError("K060", what, "take another copy of the backup, or another officer's key")
