"""Merkle tree over a batch's lines, exactly RFC 9162 section 2.1: one signature vouches for each single line.

A leaf is one line without its LF. Proof functions refuse by returning False; they never raise on foreign input.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from operator import add, methodcaller
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

EMPTY = sha256(b"").digest()
_LEAF, _INNER = sha256(b"\x00"), sha256(b"\x01")
SIZE = 32
_WITHOUT_LF = methodcaller("removesuffix", b"\n")


def leaf_hash(line: bytes) -> bytes:
    """SHA-256 of 0x00 and the line. A trailing LF is not part of the line (a line cannot hold one inside)."""
    return sha256(b"\x00" + line.removesuffix(b"\n")).digest()


def line_hashes(lines: Iterable[bytes]) -> list[bytes]:
    """`leaf_hash` of each of these lines."""
    return _all_after(_LEAF, map(_WITHOUT_LF, lines))


def leaf_hashes(content: bytes) -> list[bytes]:
    """One hash per line of a whole body (LF after each line)."""
    lines = content.split(b"\n")
    lines.pop()
    return _all_after(_LEAF, lines)


def _all_after(start: Hash, data: Iterable[bytes]) -> list[bytes]:
    # Going on from a hash that has its prefix costs less than starting anew for each.
    copy, found = start.copy, []
    for one in data:
        state = copy()
        state.update(one)
        found.append(state.digest())
    return found


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree's head over leaf hashes; SHA-256 of nothing for no leaves."""
    if not leaves:
        return EMPTY
    level = list(leaves)
    while len(level) > 1:
        level = _next(level)
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The inclusion proof of leaf `index`: sibling hashes from the leaf upward."""
    if not 0 <= index < len(leaves):
        raise ValueError("no leaf stands at this index")
    proof: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        level = _next(level)
        index >>= 1
    return proof


def check_path(leaf: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Whether `leaf` is at `index` of the tree of `size` leaves under `head` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size or len(leaf) != SIZE:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0 or len(sibling) != SIZE:
            return False
        if at & 1 or at == last:
            found = _node(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = _node(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == head


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _next(level: list[bytes]) -> list[bytes]:
    # Hashing pairs level by level and carrying an odd last one up unchanged gives the RFC's split at the largest
    # power of two below n; a test compares the two on every size.
    above = _all_after(_INNER, map(add, level[::2], level[1::2]))
    if len(level) & 1:
        above.append(level[-1])
    return above
