"""The Merkle tree is the one of RFC 9162, for every size; a proof proves its own leaf and nothing else."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import merkle

# The test tree of the Certificate Transparency reference implementations.
PUBLIC_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
PUBLIC_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

lines = st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b" ")), max_size=70)


def naive_root(entries: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def naive_path(m: int, entries: list[bytes]) -> list[bytes]:
    """RFC 9162 section 2.1.3.1, word for word."""
    if len(entries) <= 1:
        return []
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m < k:
        return [*naive_path(m, entries[:k]), naive_root(entries[k:])]
    return [*naive_path(m - k, entries[k:]), naive_root(entries[:k])]


@pytest.mark.parametrize("size", range(9))
def test_the_public_tree_has_the_published_roots(size: int) -> None:
    assert merkle.root([merkle.leaf_hash(leaf) for leaf in PUBLIC_LEAVES[:size]]).hex() == PUBLIC_ROOTS[size]


@given(lines)
def test_the_root_is_the_recursive_one(entries: list[bytes]) -> None:
    assert merkle.root([merkle.leaf_hash(e) for e in entries]) == naive_root(entries)


@given(lines)
def test_a_body_and_its_single_lines_have_the_same_leaves(entries: list[bytes]) -> None:
    content = b"".join(e + b"\n" for e in entries)
    assert merkle.leaf_hashes(content) == [merkle.leaf_hash(e) for e in entries]
    assert merkle.line_hashes(e + b"\n" for e in entries) == merkle.leaf_hashes(content)
    assert merkle.leaf_hashes(content) == [merkle.leaf_hash(e + b"\n") for e in entries]


@given(lines.filter(len), st.data())
def test_a_path_is_the_recursive_one_and_proves_its_leaf(entries: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    leaves = [merkle.leaf_hash(e) for e in entries]
    proof = merkle.path(leaves, index)
    assert proof == naive_path(index, entries)
    assert merkle.check_path(leaves[index], index, len(leaves), proof, merkle.root(leaves))


@given(st.integers(1, 40), st.data())
def test_a_proof_holds_for_no_other_leaf_place_size_or_tree(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(b"%d" % i) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    proof, head = merkle.path(leaves, index), merkle.root(leaves)
    assert not merkle.check_path(merkle.leaf_hash(b"other"), index, size, proof, head)
    assert not any(merkle.check_path(leaves[index], i, size, proof, head) for i in range(size) if i != index)
    assert not merkle.check_path(leaves[index], index, size, proof, merkle.leaf_hash(b"other tree"))
    assert not merkle.check_path(leaves[index], index, size, [*proof, head], head)
    assert not proof or not merkle.check_path(leaves[index], index, size, proof[:-1], head)
    assert not merkle.check_path(leaves[index], size, size, proof, head)
    assert not merkle.check_path(leaves[index][:31], index, size, proof, head)


def test_an_inner_node_never_passes_as_a_leaf() -> None:
    """Without the 0x00 and 0x01 in front, two children's hashes would be a line with the parent's hash."""
    leaves = [merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")]
    assert merkle.leaf_hash(leaves[0] + leaves[1]) != merkle.root(leaves)


def test_there_is_no_path_beyond_the_leaves() -> None:
    for index in (-1, 1):
        with pytest.raises(ValueError, match="index"):
            merkle.path([merkle.leaf_hash(b"a")], index)


def test_five_thousand_lines_take_milliseconds() -> None:
    leaves = [merkle.leaf_hash(b"%d" % i) for i in range(5000)]
    took = []
    for _ in range(5):
        start = time.thread_time()  # of the processor: how long others had it is not counted
        merkle.root(leaves)
        took.append(time.thread_time() - start)
    assert min(took) < 0.1  # some 5 ms; the bound is for a slow machine
