"""Keyed identities: record ids, nonces, person hashes, pseudonyms. Keyed BLAKE2b-128, 16 bytes, hex on the wire.

A hash without a key is no protection: all SSNs fall in eight minutes on one core. Source: design.md section 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

_VERSION = b"\x01"
SIZE = 16


@dataclass(frozen=True, slots=True, repr=False)
class StreamKeys:
    """The keys the reader child is handed: 32 bytes each. Never a signing or at-rest key. No repr, on purpose."""

    id: bytes
    nonce: bytes
    pseudonym: bytes
    recipient_pseudonym: bytes  # for `scope: recipient`
    persons: bytes


def framed(parts: Iterable[str]) -> bytes:
    """Parts with their lengths in front, so that ("ab","c") and ("a","bc") never collide."""
    out = bytearray()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        out += len(data).to_bytes(4, "big") + data
    return bytes(out)


def record_ids(key: bytes, dataset: str, keys: Sequence[tuple[str, ...]]) -> list[bytes]:
    """16-byte record ids for source keys, in order."""
    start = blake2b(_VERSION + framed([dataset]), digest_size=SIZE, key=key)
    return [_continued(start, framed(parts)) for parts in keys]


def nonce_of(key: bytes, dataset: str, record_id: bytes, fields: bytes) -> bytes:
    """Unpredictable to others, and equal exactly when the record is unchanged: also the stored digest."""
    return blake2b(_VERSION + framed([dataset]) + record_id + fields, digest_size=SIZE, key=key).digest()


def nonces(key: bytes, dataset: str, ids: Sequence[bytes], fields: Sequence[bytes]) -> list[bytes]:
    """`nonce_of` for a page."""
    start = blake2b(_VERSION + framed([dataset]), digest_size=SIZE, key=key)
    return [_continued(start, i + f) for i, f in zip(ids, fields, strict=True)]


def person_hashes(key: bytes, scope: str, keys: Sequence[tuple[str, ...] | None]) -> list[bytes]:
    """16-byte person hashes; 16 zero bytes where the key is null (nobody). `scope`: source and person table."""
    start = blake2b(_VERSION + framed([scope]), digest_size=SIZE, key=key)
    return [NOBODY if parts is None else _continued(start, framed(parts)) for parts in keys]


def pseudonyms(key: bytes, category: str, texts: Sequence[str | None]) -> list[str | None]:
    """Hex pseudonyms, equal for equal (category, text) under one key; null stays null."""
    start = blake2b(_VERSION + framed([category]), digest_size=SIZE, key=key)
    return [None if text is None else _continued(start, framed([text])).hex() for text in texts]


NOBODY = bytes(SIZE)


def _continued(start: blake2b, data: bytes) -> bytes:
    state = start.copy()
    state.update(data)
    return state.digest()
