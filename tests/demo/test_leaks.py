"""The search for a leak: it finds every planted form, sees its markers, and cries wolf at nothing."""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
import zlib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.demo.dms import marker, planted
from agent.demo.leaks import Search, forms_of, forms_seen, how_markers_stand
from agent.demo.places import cells

KINDS = sorted({value.kind for value in planted(3, 60)})
CUSTOMERS = 300


@cache
def by_kind() -> dict[str, str]:
    return {value.kind: value.value for value in planted(3, CUSTOMERS)}


@cache
def some() -> tuple[str, ...]:
    return tuple(value.value for value in planted(3, 40))


@cache
def learned() -> Search:
    search = Search()
    for value in planted(3, CUSTOMERS):
        search.learn(value)
    return search


def fresh() -> Search:
    return Search(learned().known)


def looked(data: bytes) -> Search:
    search = fresh()
    search.look("here", data)
    return search


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", sorted(forms_of("123-45-6789")))
def test_every_kind_is_found_in_every_form(kind: str, form: str) -> None:
    written = forms_of(by_kind()[kind])[form]
    data = written if form == "gzip" else b'{"a":"' + written + b'","b":1}\n'
    (sighting,) = looked(data).sightings
    assert sighting.place == "here"
    assert sighting.what.startswith(kind)


def test_a_search_that_knows_nothing_says_that_it_sees_no_form() -> None:
    assert forms_seen(learned(), by_kind()["ssn"]) == len(forms_of("1"))
    assert forms_seen(Search(), by_kind()["ssn"]) == 0


def test_a_sighting_names_kind_and_place_and_never_the_value() -> None:
    value = by_kind()["ssn"]
    (sighting,) = looked(value.encode()).sightings
    assert value not in repr(sighting)
    assert value.replace("-", "") not in repr(sighting)


def test_a_leak_is_found_at_the_very_first_and_very_last_byte() -> None:
    value = by_kind()["account"]
    for form in ("plain", "hex", "UTF-16 LE", "base64"):
        assert looked(forms_of(value)[form]).sightings, form


def test_a_leak_inside_compressed_bytes_and_inside_a_signed_text_is_found() -> None:
    value = by_kind()["ssn"].encode()
    assert looked(zlib.compress(b'{"ssn":"' + value + b'"}')).sightings
    payload = base64.urlsafe_b64encode(b'{"note":"call back, SSN ' + value + b' thanks"}').rstrip(b"=")
    assert looked(b"eyJhbGciOiJFUzI1NiJ9." + payload + b".c2lnbmF0dXJl").sightings


@pytest.mark.parametrize("shift", range(12))
def test_of_a_long_base64_text_every_value_is_found_at_every_alignment(shift: int) -> None:
    values = some()[:200]
    text = b"x" * shift + b"".join(f'"{n}":"{value}",'.encode() for n, value in enumerate(values))
    search = looked(base64.urlsafe_b64encode(text))
    naive = {learned().known[max(re.findall(r"[0-9][0-9./-]+", value), key=len).encode()] for value in values}
    assert {(sighting.what, "plain") for sighting in search.sightings} >= {(what, "plain") for what, _ in naive}
    assert len(search.sightings) >= len(values)


def test_bytes_that_only_begin_like_a_compressed_body_stop_nothing() -> None:
    value = by_kind()["ssn"].encode()
    for head in (b"\x1f\x8b", b"\x78\x9c", b"\x1f\x8b\x08\x00"):
        assert looked(head + b"\x00\x01 " + value).sightings


def test_ids_digests_clocks_and_phones_are_no_alarm() -> None:
    lines = []
    for n in range(20_000):
        digest = hashlib.sha256(str(n).encode()).hexdigest()
        text = base64.urlsafe_b64encode(bytes.fromhex(digest)).decode()
        lines.append(
            f'{{"id":"{digest[:32]}","sha256":"{digest}","jws":"{text}","at":"2026-11-22T04:{n % 60:02d}:33.{n:06d}Z",'
            f'"iat":{1_795_320_000 + n * 37},"phone":"404-555-01{n % 100:02d}","day":"20{10 + n % 17}-11-21"}}'
        )
    assert looked("\n".join(lines).encode()).sightings == []


def test_random_bytes_are_no_alarm() -> None:
    blocks = (hashlib.blake2b(n.to_bytes(4, "big")).digest() for n in range(30_000))
    assert looked(b"".join(blocks)).sightings == []


def test_twelve_digits_in_a_row_are_a_leak_even_inside_something_that_looks_like_a_digest() -> None:
    account = by_kind()["account"]
    assert len(account) >= 12
    assert looked(f"deadbeefcafe{account}deadbeef".encode()).sightings


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.sampled_from(sorted(forms_of("1")))).filter(lambda pick: pick[1] != "gzip"),
        max_size=6,
    ),
    # A letter right in front of base64 may become a digit in front of the number in it, which is another number then.
    st.tuples(st.text(alphabet="xyz {}:,\"'\n", max_size=20), st.sampled_from(" {}:,\"'\n")).map("".join),
)
def test_it_finds_as_many_as_a_naive_search_for_every_form(picks: list[tuple[int, str]], between: str) -> None:
    written = [forms_of(some()[n % len(some())])[form] for n, form in picks]
    data = between.encode() + between.encode().join([*written, b""])
    naive = sum(data.count(text) > 0 for text in set(written))
    assert (len(looked(data).sightings) >= naive) if naive else not looked(data).sightings


def test_markers_are_seen_plain_and_through_the_same_lenses() -> None:
    mark = marker(104_417)
    forms = [mark.encode(), mark.encode().hex().encode(), mark.encode("utf-16-le"), mark.encode("utf-16-be")]
    forms += [base64.b64encode(b"x" * n + mark.encode() + b"@mail.example") for n in range(3)]
    for written in forms:
        assert looked(b'"' + written + b'"').markers["here"] == Counter({mark: 1}), written


def test_a_missing_a_doubled_and_a_strange_marker_are_told_apart() -> None:
    expected = frozenset({"a", "b", "c"})
    assert how_markers_stand(Counter("abc"), expected) == "each once"
    assert how_markers_stand(Counter("ab"), expected) == "1 missing, 0 more than once, 0 not expected"
    assert how_markers_stand(Counter("abcc"), expected) == "0 missing, 1 more than once, 0 not expected"
    assert how_markers_stand(Counter("abcd"), expected) == "0 missing, 0 more than once, 1 not expected"


def test_a_value_that_a_database_breaks_over_two_pages_is_found_in_its_cells(tmp_path: Path) -> None:
    file = tmp_path / "held.sqlite"
    value = by_kind()["ssn"]
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE t (note TEXT, body BLOB)")
        for n in range(880, 930):  # a row of 5,000 bytes leaves its first page after about 908
            db.execute("INSERT INTO t VALUES (?, ?)", (f"{'x' * n} {value} ".ljust(5_000, "y"), b""))
    db.close()
    raw, whole = looked(file.read_bytes()), fresh()
    for table, chunk in cells(file):
        whole.look(table, chunk)
    assert 0 < len(raw.sightings) < 50  # some stand across two pages
    assert len(whole.sightings) == 50


def test_a_value_too_short_to_be_unique_is_refused_rather_than_searched() -> None:
    value = next(v for v in planted(3, 10) if v.kind == "ssn")
    with pytest.raises(ValueError, match="too short"):
        Search().learn(type(value)(value.kind, value.table, value.column, value.key, "72"))
