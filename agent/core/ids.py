"""Keyed identities: record ids, nonces, person hashes, pseudonyms. Keyed BLAKE2b-128, 16 bytes, hex on the wire.

A hash without a key is no protection: all SSNs fall in eight minutes on one core. Source: design.md section 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

_VERSION = b"\x01"
SIZE = 16
NOBODY = bytes(SIZE)
_HEX = 2 * SIZE


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


def framed_rows(columns: Sequence[Sequence[str | None]]) -> list[bytes | None]:
    """`framed` for rows given as columns of key parts; None where a part is missing."""
    parts = [_framed_column(column) for column in columns]
    if len(parts) == 1:
        return parts[0]
    return [None if None in row else b"".join(row) for row in zip(*parts, strict=True)]


def _framed_column(texts: Sequence[str | None]) -> list[bytes | None]:
    if None not in texts and "".join(texts).isascii() and max(map(len, texts), default=0) < len(_SHORT):  # type: ignore[arg-type]
        return [(_SHORT[len(text)] + text).encode() for text in texts]  # type: ignore[arg-type,operator]
    return [None if text is None else _frame(text) for text in texts]


_SHORT = [f"\0\0\0{chr(length)}" for length in range(128)]  # lengths as _frame writes them, where they are ASCII too


def _frame(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(4, "big") + data


def hashes(key: bytes, scope: str, data: Sequence[bytes | None]) -> list[bytes]:
    """16-byte keyed hashes of rows of bytes under one scope; NOBODY for None. All identities here are made by it."""
    start = blake2b(_VERSION + framed([scope]), digest_size=SIZE, key=key)
    copy, found = start.copy, []
    for row in data:
        if row is None:
            found.append(NOBODY)
        else:
            state = copy()
            state.update(row)
            found.append(state.digest())
    return found


def record_ids(key: bytes, dataset: str, keys: Sequence[tuple[str, ...]]) -> list[bytes]:
    """16-byte record ids for source keys, in order."""
    return hashes(key, dataset, [framed(parts) for parts in keys])


def nonce_of(key: bytes, dataset: str, record_id: bytes, fields: bytes) -> bytes:
    """Unpredictable to others, and equal exactly when the record is unchanged: also the stored digest."""
    return blake2b(_VERSION + framed([dataset]) + record_id + fields, digest_size=SIZE, key=key).digest()


def nonces(key: bytes, dataset: str, ids: Sequence[bytes], fields: Sequence[bytes]) -> list[bytes]:
    """`nonce_of` for a page."""
    return hashes(key, dataset, [i + f for i, f in zip(ids, fields, strict=True)])


def person_scope(source: str, table: str) -> str:
    """Persons are told apart within the table that holds their choices: one CUST_NO is one person in every dataset."""
    return f"{source}\0{table}"


def person_hashes(key: bytes, scope: str, keys: Sequence[tuple[str, ...] | None]) -> list[bytes]:
    """16-byte person hashes; 16 zero bytes where the key is null (nobody). `scope`: source and person table."""
    return hashes(key, scope, [None if parts is None else framed(parts) for parts in keys])


def pseudonyms(key: bytes, category: str, texts: Sequence[str | None]) -> list[str | None]:
    """Hex pseudonyms, equal for equal (category, text) under one key; null stays null."""
    return hex_or_null(hashes(key, category, framed_rows([texts])))


def hex_or_null(found: Sequence[bytes]) -> list[str | None]:
    """Hashes as they stand on the wire; null for NOBODY."""
    joined = b"".join(found).hex()
    texts: list[str | None] = [joined[i : i + _HEX] for i in range(0, len(joined), _HEX)]
    if NOBODY in found:
        return [None if one is NOBODY else text for one, text in zip(found, texts, strict=True)]
    return texts
