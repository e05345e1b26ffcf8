"""One person under two numbers: the same e-mail address or phone number links people, for opt-outs and nothing else.

Texts go in, keyed hashes come out; no text is kept. What cannot be read as an address or a number links nobody, and one
that more than five people share is no person's own: it is a fault of the data, and links nobody either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from struct import Struct

from agent.core import ids

CONTACT_CATEGORIES = ("email", "phone")
SHARED_BY_MOST = 5
_MARK = {"email": b"e", "phone": b"p"}  # in front of the hash, so that a fault can be named by its kind
_PHONE_MIN = 10  # fewer digits lack the area code, and are many people's
_NO_DIGIT = re.compile("[^0-9]")
_SLOTS = Struct(">8xII")
_AT_ONCE = 100_000  # contacts looked at together: what bounds the memory
_FILTERED_AT_ONCE = 1_000_000  # contacts that share one filter


def contact_hashes(key: bytes, category: str, texts: Sequence[str | None], null_when: Collection[str]) -> list[bytes]:
    """One keyed hash per text; NOBODY where it is no address or number."""
    norm = email if category == "email" else phone
    said = [norm(text) if text and text not in null_when else None for text in texts]
    found = ids.hashes(
        key, f"contact\0{category}", [one.encode("utf-8", "surrogatepass") if one else None for one in said]
    )
    mark = _MARK[category]
    return [one if one is ids.NOBODY else mark + one[:-1] for one in found]


def email(text: str) -> str | None:
    """Letter case and width do not tell people apart; dots and tags before the @ do."""
    whole = _narrow(text).strip().casefold()
    name, _, domain = whole.rpartition("@")
    return whole if name and "." in domain and whole.split() == [whole] else None


def phone(text: str) -> str | None:
    """The digits of a whole number, without the country's 1 and without an extension."""
    head, _, _ = _narrow(text).casefold().partition("x")
    digits = _NO_DIGIT.sub("", head)
    if len(digits) == _PHONE_MIN + 1 and digits[0] == "1":
        digits = digits[1:]
    return digits if len(digits) >= _PHONE_MIN else None


def _narrow(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def kind(contact: bytes) -> str:
    return {mark: category for category, mark in _MARK.items()}[contact[:1]]


Page = tuple[Sequence[bytes], Sequence[bytes]]  # people, and the contacts of each of them, one after the other


def shared(pages: Iterable[Page], wanted: set[bytes]) -> dict[bytes, set[bytes]]:
    """Contact -> its people, of the wanted contacts that more than one person has; of those that too many have, as many
    as show it."""
    found: dict[bytes, set[bytes]] = {}
    first: dict[bytes, bytes] = {}
    for people, contacts in pages:
        if wanted.isdisjoint(contacts):
            continue
        width = len(contacts) // len(people)
        for at, one in enumerate(contacts):
            if one in wanted and first.setdefault(one, who := people[at // width]) != who:
                sharing = found.setdefault(one, {first[one]})
                if len(sharing) <= SHARED_BY_MOST:
                    sharing.add(who)
    return found


def perhaps_twice(pages: Callable[[], Iterable[Page]], total: int, bits: int = 24) -> set[bytes]:
    """Contacts that stand more than once where each person stands once, and a few that do not: a filter of fixed size
    (2 MB) instead of every contact in memory, and a turn for each million of the `total`. Two places of a contact are
    looked at: at 24 bits less than 1 % of a million look as if they stood twice, and they are what fills the memory."""
    shift, turns = 32 - bits, max(1, min(256, -(-total // _FILTERED_AT_ONCE)))
    again: set[bytes] = set()
    for turn in range(turns):
        seen = bytearray(1 << bits - 3)
        for _, contacts in pages():
            mine = contacts if turns == 1 else [one for one in contacts if one[1] % turns == turn]
            for one, (first, second) in zip(mine, _SLOTS.iter_unpack(b"".join(mine)), strict=True):
                at, other = first >> shift, second >> shift
                bit, its = 1 << (at & 7), 1 << (other & 7)
                if seen[at >> 3] & bit and seen[other >> 3] & its:
                    again.add(one)
                else:
                    seen[at >> 3] |= bit
                    seen[other >> 3] |= its
    return again - {ids.NOBODY}


def standing_twice(pages: Callable[[], Iterable[Page]], total: int) -> set[bytes]:
    """Contacts of more than one person where a person may stand more than once: a share of the contacts is looked at in
    each turn, so that no more than so many are in memory at a time."""
    again: set[bytes] = set()
    turns = min(256, 1 + total // _AT_ONCE)
    for turn in range(turns):
        mine = frozenset(range(turn, 256, turns))
        first: dict[bytes, bytes] = {}
        for people, contacts in pages():
            width = len(contacts) // len(people) if people else 0
            for at, one in enumerate(contacts):
                if one[1] in mine and first.setdefault(one, people[at // width]) != people[at // width]:
                    again.add(one)
    return again - {ids.NOBODY}
