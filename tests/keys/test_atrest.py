"""Stored bytes open under their own key, in their own place, unchanged; or not at all."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import SealError
from agent.keys.atrest import AtRest, Sealed

KEY = os.urandom(32)


def refused() -> pytest.RaisesExc[SealError]:
    return pytest.raises(SealError, check=lambda e: e.code == "K031" and e.__cause__ is None)


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_was_sealed_opens(data: bytes, aad: bytes) -> None:
    room = AtRest(KEY)
    assert AtRest(KEY).open(room.seal(data, aad), aad) == data
    assert AtRest(KEY).open_small(room.small(data, aad), aad) == data


@given(st.data())
def test_any_changed_byte_refuses(data: st.DataObject) -> None:
    room = AtRest(KEY)
    sealed, small = room.seal(b"one record", b"body 7"), room.small(b"2026-11-22", b"mark")
    flip = data.draw(st.integers(1, 255))

    def changed(blob: bytes) -> bytes:
        at = data.draw(st.integers(0, len(blob) - 1))
        return blob[:at] + bytes([blob[at] ^ flip]) + blob[at + 1 :]

    with refused():
        room.open(Sealed(changed(sealed.wrapped_key), sealed.ciphertext), b"body 7")
    with refused():
        room.open(Sealed(sealed.wrapped_key, changed(sealed.ciphertext)), b"body 7")
    with refused():
        room.open_small(changed(small), b"mark")


def test_bytes_in_anothers_place_refuse() -> None:
    room = AtRest(KEY)
    one, two = room.seal(b"one", b"body 1"), room.seal(b"two", b"body 2")
    for sealed, aad in ((one, b"body 2"), (Sealed(two.wrapped_key, one.ciphertext), b"body 1")):
        with refused():
            room.open(sealed, aad)
    with refused():
        room.open_small(room.small(b"x", b"dataset a"), b"dataset b")
    with refused():
        room.open_small(one.wrapped_key, b"body 1")  # a wrapped key is not a short value


def test_another_key_refuses_and_a_short_one_is_no_key() -> None:
    sealed = AtRest(KEY).seal(b"one", b"")
    with refused():
        AtRest(os.urandom(32)).open(sealed, b"")
    for wrong in (b"", KEY[:16], KEY + KEY):
        with pytest.raises(SealError, check=lambda e: e.code == "K030"):
            AtRest(wrong)


@pytest.mark.parametrize("blob", [b"", b"short", b"x" * 12, b"x" * 27])
def test_blobs_of_any_length_are_refused_in_a_sentence(blob: bytes) -> None:
    with refused():
        AtRest(KEY).open(Sealed(blob, blob), b"")
    with refused():
        AtRest(KEY).open_small(blob, b"")


def test_the_same_bytes_never_look_the_same_and_nothing_shows() -> None:
    room = AtRest(KEY)
    one, two = room.seal(b"record", b"a"), room.seal(b"record", b"a")
    assert one.ciphertext != two.ciphertext
    assert room.small(b"x", b"") != room.small(b"x", b"")
    assert b"record" not in one.ciphertext + one.wrapped_key
    assert (repr(room), repr(one)) == ("AtRest()", "Sealed()")
