"""Which texts are one address, and who shares one: against a few lines over plain lists."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.core import contacts
from agent.core.ids import NOBODY
from agent.core.pages import Entries, as_wide, moved_contacts

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pat@mail.example", " PAT@Mail.Example  "), ("ｐat@mail.example", "pat@mail.example"),
        ("straße@mail.example", "STRASSE@mail.example"),
    ],
)  # fmt: skip
def test_one_address_written_in_two_ways(one: str, other: str) -> None:
    assert contacts.email(one) == contacts.email(other) is not None


def naive_email(text: str) -> str | None:
    whole = unicodedata.normalize("NFKC", text).strip().casefold()
    name, at, domain = whole.rpartition("@")
    blank = any(ch.isspace() for ch in whole)
    return whole if at and name and "." in domain and not blank else None


@given(st.text(st.sampled_from("aB.@ -_+\t\x1fé٠ſ"), max_size=12))
def test_an_address_is_read_as_a_naive_reading_would(text: str) -> None:
    assert contacts.email(text) == naive_email(text)


@pytest.mark.parametrize("text", ["", "none", "@mail.example", "pat@", "pat@mail", "a b@mail.example", "refused"])
def test_what_is_no_address_links_nobody(text: str) -> None:
    assert contacts.email(text) is None
    assert contacts.contact_hashes(KEY, "email", [text, None], ()) == [NOBODY, NOBODY]


@pytest.mark.parametrize(
    "text", ["404-555-0142", "(404) 555-0142", "4045550142", "+1 404.555.0142", "404 555 0142 x12"]
)
def test_one_number_written_in_many_ways(text: str) -> None:
    assert contacts.phone(text) == "4045550142"


@pytest.mark.parametrize("text", ["555-0142", "none", "000", "x12"])
def test_half_a_number_links_nobody(text: str) -> None:
    assert contacts.phone(text) is None


def test_a_hash_names_its_kind_and_needs_the_key_and_a_code_for_none_is_none() -> None:
    [mail] = contacts.contact_hashes(KEY, "email", ["pat@mail.example"], ())
    [phone] = contacts.contact_hashes(KEY, "phone", ["4045550142"], ())
    assert (contacts.kind(mail), contacts.kind(phone)) == ("email", "phone")
    assert contacts.contact_hashes(b"x" * 32, "email", ["pat@mail.example"], ()) != [mail]
    assert contacts.contact_hashes(KEY, "email", ["no@mail.example"], ("no@mail.example",)) == [NOBODY]


PEOPLE = [bytes([n]) * 16 for n in range(1, 13)]
MINE = st.sampled_from([NOBODY, *(b"e" + bytes([n]) * 15 for n in range(1, 7))])


@example([[(who, b"e" + bytes([n]) * 15, NOBODY) for n in range(1, 7) for who in PEOPLE[2 * n - 2 : 2 * n]]])
@given(st.lists(st.lists(st.tuples(st.sampled_from(PEOPLE), MINE, MINE), max_size=6), max_size=5))
def test_whoever_shares_an_address_is_found_in_turns_or_at_once(rows: list[list[tuple[bytes, bytes, bytes]]]) -> None:
    naive: dict[bytes, set[bytes]] = defaultdict(set)
    for row in rows:
        for person, one, other in row:
            naive[one].add(person)
            naive[other].add(person)
    naive.pop(NOBODY, None)
    expected = {one: people for one, people in naive.items() if len(people) > 1}
    pages = [([p for p, _, _ in row], [c for _, *both in row for c in both]) for row in rows]
    for total in (0, 250_000):
        assert contacts.standing_twice(lambda: iter(pages), total) == set(expected)
    once = {person: (one, other) for row in rows for person, one, other in row}  # each person once, as in one table
    table = [(list(once), [c for both in once.values() for c in both])] if once else []
    counted = Counter(c for both in once.values() for c in both)
    for total in (0, 3_500_000):
        filtered = contacts.perhaps_twice(lambda: iter(table), total, 8)
        assert {c for c, n in counted.items() if n > 1} - {NOBODY} <= filtered
    found = contacts.shared(iter(pages), set(naive))
    assert set(found) == set(expected)
    for one, people in expected.items():
        assert found[one] <= people
        assert len(found[one]) == min(len(people), contacts.SHARED_BY_MOST + 1)


def entries(pairs: dict[bytes, bytes]) -> Entries:
    return Entries(1, bytearray(len(pairs)), list(pairs), [b"n" * 16] * len(pairs), list(pairs.values()))


def test_an_address_that_goes_from_one_to_another_has_moved_and_one_left_over_has_not() -> None:
    a, b, c = PEOPLE[:3]
    one, other = b"e" * 16, b"p" * 16
    before = entries({a: one, b: NOBODY, c: other})
    assert moved_contacts(before, entries({a: NOBODY, b: one, c: other}), Entries.empty(1)) == {one}
    assert moved_contacts(before, entries({a: one, b: NOBODY}), entries({c: other})) == set()
    assert moved_contacts(before, entries({a: one, b: NOBODY}), Entries.empty(1)) == {other}
    assert as_wide(before, 2).persons == [NOBODY * 2] * 3
