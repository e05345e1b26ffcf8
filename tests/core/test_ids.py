"""Keyed identities: different keys, different worlds; no two keys of rows run together."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import ids

KEY, OTHER = b"k" * 32, b"o" * 32
PARTS = st.lists(st.text(max_size=4), min_size=1, max_size=3).map(tuple)


@given(PARTS, PARTS)
def test_two_source_keys_share_an_id_only_when_equal(one: tuple[str, ...], two: tuple[str, ...]) -> None:
    a, b = ids.record_ids(KEY, "deals", [one, two])
    assert (a == b) == (one == two)


@pytest.mark.parametrize(("one", "two"), [(("ab", "c"), ("a", "bc")), (("a", ""), ("", "a")), (("a",), ("a", ""))])
def test_parts_never_run_together(one: tuple[str, ...], two: tuple[str, ...]) -> None:
    assert ids.framed(one) != ids.framed(two)


@given(PARTS)
def test_as_the_protocol_says(parts: tuple[str, ...]) -> None:
    data = b"\x01" + b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in ("deals", *parts))
    assert ids.record_ids(KEY, "deals", [parts]) == [hashlib.blake2b(data, key=KEY, digest_size=16).digest()]


def test_another_key_dataset_category_or_scope_is_another_world() -> None:
    one = ids.record_ids(KEY, "deals", [("1",)])
    assert one != ids.record_ids(OTHER, "deals", [("1",)])
    assert one != ids.record_ids(KEY, "customers", [("1",)])
    assert ids.pseudonyms(KEY, "customer_id", ["1"]) != ids.pseudonyms(KEY, "record_id", ["1"])
    assert ids.person_hashes(KEY, "dms\0CUSTOMER", [("1",)]) != ids.person_hashes(KEY, "dms\0VENDOR", [("1",)])


def test_a_nonce_is_equal_exactly_when_the_record_is_unchanged() -> None:
    a, b = ids.record_ids(KEY, "deals", [("1",), ("2",)])
    same = ids.nonces(KEY, "deals", [a, a, b], [b"{}", b"{}", b"{}"])
    assert same[0] == same[1] == ids.nonce_of(KEY, "deals", a, b"{}")
    assert same[0] != same[2]
    assert ids.nonces(KEY, "deals", [a], [b'{"x":1}']) != same[:1]
    assert ids.nonces(OTHER, "deals", [a], [b"{}"]) != same[:1]


def test_nobody_and_null_stay_what_they_are() -> None:
    assert ids.person_hashes(KEY, "s", [None, ("1",)])[0] is ids.NOBODY
    assert ids.pseudonyms(KEY, "customer_id", [None, "1"])[0] is None


def test_the_keys_show_nothing_of_themselves() -> None:
    keys = ids.StreamKeys(*(bytes([i]) * 32 for i in range(65, 70)))
    assert "AAAA" not in repr(keys)
