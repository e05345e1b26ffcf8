"""The least that a path of this shape can cost: the library calls alone, in one process, with nothing around them.

Choices first (key, contact, two codes; two keyed hashes a person), then the data: texts trimmed, three keyed hashes and
the encoding of each record, its line, SHA-256 leaves and inner nodes, compression, encryption, a commit a page. No
screen, no gate, no memory of pages, no audit, no disclosures, no manifest, no delivery, no second process. Imports
nothing of ours, as `bare.py` does not: a yardstick must not move with what it measures.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat, starmap
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from isal import igzip

from tests.benchmarks.bare import page_sql

_CHOICES = ("CUST_NO", "EMAIL1", "OPT_OUT", "BLOCK_EMAIL")
_DATA = ("CUST_NO", "FIRST_NAME", "LAST_NAME", "EMAIL1", "LANGUAGE", "CREATED_ON")
_KEY = b"k" * 32
_Fields = msgspec.defstruct("_Fields", [(name.lower(), str) for name in _DATA], frozen=True, gc=False)
_lines_of = msgspec.json.Encoder().encode_lines


def run(connection: Any, table: str, quote: str, state: Path) -> int:
    """Both passes; how many rows the second one read."""
    db = sqlite3.connect(state)
    try:
        for pragma in ("journal_mode=wal", "synchronous=full", "secure_delete=on"):
            db.execute(f"pragma {pragma}")
        db.execute("create table page (content blob, kept blob)")
        for rows in _pages(connection, table, quote, _CHOICES):
            keys, mails, *_ = zip(*rows, strict=True)
            people = _hashes(map(str.encode, map(str, keys)))
            _keep(db, b"", people + _hashes(map(str.encode, map(str.lower, mails))))
        count, cipher = 0, AESGCM(_KEY)
        for rows in _pages(connection, table, quote, _DATA):
            lines, kept = _records(rows)
            leaves = [hashlib.sha256(line).digest() for line in lines]
            kept.append(_root(leaves))
            nonce = os.urandom(12)
            _keep(db, nonce + cipher.encrypt(nonce, igzip.compress(b"".join(lines), 1), b""), kept)
            count += len(rows)
        return count
    finally:
        db.close()


def _pages(connection: Any, table: str, quote: str, columns: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    sql, low, cursor = page_sql(table, columns, quote), 0, connection.cursor()
    while page := cursor.execute(sql, (low,)).fetchall():
        yield page
        low = page[-1][0]


def _records(rows: Sequence[tuple[Any, ...]]) -> tuple[list[bytes], list[bytes]]:
    keys, *texts = zip(*rows, strict=True)
    numbers = list(map(str, keys))
    columns = [numbers, *([*map(str.rstrip, map(str, column), repeat(" \0"))] for column in texts)]
    frames = list(map(str.encode, numbers))
    ids, people = _hashes(frames), _hashes(frames)
    bodies = _lines_of(starmap(_Fields, zip(*columns, strict=True))).split(b"\n")[:-1]
    nonces = _hashes([i + body for i, body in zip(ids, bodies, strict=True)])
    hex_ids, hex_nonces = b"".join(ids).hex().encode(), b"".join(nonces).hex().encode()
    lines = [
        b'{"dataset":"customers","fields":%b,"id":"%b","nonce":"%b","op":"upsert"}\n'
        % (body, hex_ids[at : at + 32], hex_nonces[at : at + 32])
        for body, at in zip(bodies, range(0, len(hex_ids), 32), strict=True)
    ]
    return lines, ids + nonces + people


def _hashes(data: Iterable[bytes]) -> list[bytes]:
    copy, found = hashlib.blake2b(digest_size=16, key=_KEY).copy, []
    for one in data:
        state = copy()
        state.update(one)
        found.append(state.digest())
    return found


def _root(level: list[bytes]) -> bytes:
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [hashlib.sha256(left + right).digest() for left, right in pairs] + odd
    return level[0]


def _keep(db: sqlite3.Connection, content: bytes, kept: list[bytes]) -> None:
    with db:
        db.execute("insert into page values (?, ?)", (content, b"".join(kept)))
