"""What we remember of a page of records, and what a fresh reading of the same page means for the OEM.

One blob per page in source-key order instead of a row per record. An entry: a flag byte, the record id, the nonce of
the version last enqueued (zero: none may leave now), and the person hashes. The nonce doubles as the change digest,
and a waiting line may leave only while its nonce is still the one remembered here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, repeat
from struct import Struct
from typing import NamedTuple

from agent.core.ids import SIZE
from agent.core.record_page import RecordPage

HELD = 1  # a version of this record has been announced to the OEM
SUPPRESSED = 2  # the OEM has been told to stop using it
_HELD_TOO = bytes(flags | HELD for flags in range(256))
_NONE = bytes(SIZE)
_HEADER = 6
_BLOCK = 64  # hashes cut at once: a Struct for a whole page is 160 kB, and pages differ in length


@dataclass(slots=True, repr=False)
class Entries:
    """Entries of one page, as parallel lists. `people`: person hashes per entry."""

    people: int
    flags: bytearray
    ids: list[bytes]
    nonces: list[bytes]
    persons: list[bytes]  # `people` hashes joined, per entry

    @staticmethod
    def empty(people: int) -> Entries:
        return Entries(people, bytearray(), [], [], [])

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, flag: int, record_id: bytes, nonce: bytes, persons: bytes) -> None:
        self.flags.append(flag)
        self.ids.append(record_id)
        self.nonces.append(nonce)
        self.persons.append(persons)

    def copy(self) -> Entries:
        return Entries(self.people, self.flags[:], self.ids[:], self.nonces[:], self.persons[:])

    def take(self, wanted: set[bytes]) -> Entries:
        """The entries of these records, removed from here."""
        taken, kept = Entries.empty(self.people), Entries.empty(self.people)
        for flag, record_id, nonce, persons in zip(self.flags, self.ids, self.nonces, self.persons, strict=True):
            (taken if record_id in wanted else kept).add(flag, record_id, nonce, persons)
        self.flags, self.ids, self.nonces, self.persons = kept.flags, kept.ids, kept.nonces, kept.persons
        return taken

    def extend(self, other: Entries) -> None:
        self.flags += other.flags
        self.ids += other.ids
        self.nonces += other.nonces
        self.persons += other.persons

    def replace(self, asked: set[bytes], now: Entries) -> None:
        """Of the asked records keep those that stand in `now`, as they stand there."""
        at = {record_id: i for i, record_id in enumerate(now.ids)}
        kept = Entries.empty(self.people)
        for flag, record_id, nonce, persons in zip(self.flags, self.ids, self.nonces, self.persons, strict=True):
            if record_id not in asked:
                kept.add(flag, record_id, nonce, persons)
            elif record_id in at:
                i = at[record_id]
                kept.add(now.flags[i], record_id, now.nonces[i], now.persons[i])
        self.flags, self.ids, self.nonces, self.persons = kept.flags, kept.ids, kept.nonces, kept.persons

    def encode(self) -> bytes:
        head = len(self.ids).to_bytes(5, "big") + self.people.to_bytes(1, "big")
        return head + bytes(self.flags) + b"".join(self.ids) + b"".join(self.nonces) + b"".join(self.persons)


def decode(blob: bytes) -> Entries:
    """The inverse of `Entries.encode`; ValueError when the lengths do not agree."""
    count, people = _counted(blob)
    at = _HEADER + count
    ids = split(blob[at : at + count * SIZE])
    nonces = split(blob[at + count * SIZE : at + 2 * count * SIZE])
    persons = split(blob[at + 2 * count * SIZE :], SIZE * people) if people else [b""] * count
    return Entries(people, bytearray(blob[_HEADER:at]), ids, nonces, persons)


def _counted(blob: bytes) -> tuple[int, int]:
    """How many entries, and how many people in each."""
    count, people = int.from_bytes(blob[:5], "big"), blob[5]
    if len(blob) != _HEADER + count * (1 + SIZE * (2 + people)):
        raise ValueError("a remembered page has the wrong length")
    return count, people


def contacts_in(blob: bytes) -> int:
    """How many contacts a page of choices holds."""
    count, each = _counted(blob)
    return count * each


def contacts_of(blob: bytes) -> tuple[list[bytes], list[bytes]]:
    """Of a page of choices: the people, and the contacts of each of them, one after the other."""
    count = int.from_bytes(blob[:5], "big")
    at = _HEADER + count
    return split(blob[at : at + count * SIZE]), split(blob[at + 2 * count * SIZE :])


def split(joined: bytes, size: int = SIZE) -> list[bytes]:
    """Joined hashes, one by one. ValueError when the last one is not whole."""
    count, rest = divmod(len(joined), size)
    if rest:
        raise ValueError("joined hashes have the wrong length")
    whole = count - count % _BLOCK
    found = list(chain.from_iterable(_pieces(size, _BLOCK).iter_unpack(memoryview(joined)[: whole * size])))
    found += [joined[at : at + size] for at in range(whole * size, count * size, size)]
    return found


@lru_cache(maxsize=16)
def _pieces(size: int, count: int) -> Struct:
    return Struct(f"{size}s" * count)


@dataclass(slots=True, repr=False)
class PageChange:
    """What a fresh reading means. `send`: positions of lines to send; the others are record ids."""

    now: Entries
    left_over: Entries  # remembered, not seen yet: they may still come while the key range is not exhausted
    send: list[int]
    lift: list[bytes]
    suppress: list[bytes]
    retract: list[bytes]
    gone: list[bytes] = field(default_factory=list)  # suppressed at the OEM, and their rows are lost

    def nothing(self) -> bool:
        return not (self.send or self.lift or self.suppress or self.retract)


def compare(before: Entries | None, page: RecordPage, people: int, *, exhausted: bool) -> PageChange:
    """What has changed between the remembered entries of a key range and a fresh reading of it (or of its first part).

    `exhausted`: the range has been read to its end, so whatever was remembered and not seen is gone from the DMS.
    """
    old = before or Entries.empty(people)
    change = PageChange(Entries.empty(people), Entries.empty(people), [], [], [], [])
    at = _compare_sent(old, page, people, change)
    _compare_withheld(old, at, page, people, change)
    for i in at.values():  # what is left in `at` was not seen
        if not exhausted:
            change.left_over.add(old.flags[i], old.ids[i], old.nonces[i], old.persons[i])
        else:
            _withdraw(old.flags[i], old.ids[i], change)
    return change


def _compare_sent(old: Entries, page: RecordPage, people: int, change: PageChange) -> dict[bytes, int]:
    """Where in `old` the record ids stand that are not among the page's lines."""
    persons = split(page.persons, SIZE * people) if people else [b""] * len(page.lines)
    ids, nonces = split(page.ids), split(page.nonces)
    count = len(ids)
    if not old.ids:  # a first reading
        change.now = Entries(people, bytearray(count), ids, nonces, persons)
        change.send.extend(range(count))
        return {}
    if old.ids[:count] == ids and old.nonces[:count] == nonces:  # a reading of what has not changed
        change.now = Entries(people, old.flags[:count], ids, nonces, persons)
        return {record_id: i for i, record_id in enumerate(old.ids[count:], count)}
    at = {record_id: i for i, record_id in enumerate(old.ids)}
    for line, (record_id, nonce) in enumerate(zip(ids, nonces, strict=True)):
        i = at.pop(record_id, None)
        flags = old.flags[i] if i is not None else 0
        if i is None or old.nonces[i] != nonce:
            change.send.append(line)
            if flags & SUPPRESSED:
                change.lift.append(record_id)
                flags &= ~SUPPRESSED
        change.now.add(flags, record_id, nonce, persons[line])
    return at


def _compare_withheld(old: Entries, at: dict[bytes, int], page: RecordPage, people: int, change: PageChange) -> None:
    ids = split(page.withheld_ids)
    persons = split(page.withheld_persons, SIZE * people) if people else [b""] * len(ids)
    for record_id, reason, who in zip(ids, page.withheld_reasons, persons, strict=True):
        i = at.pop(record_id, None)
        flags = old.flags[i] if i is not None else 0
        if reason == "choice" and flags & HELD:
            if not flags & SUPPRESSED:
                change.suppress.append(record_id)
            change.now.add(HELD | SUPPRESSED, record_id, _NONE, who)
            continue
        _withdraw(flags, record_id, change)
        if reason == "choice":
            change.now.add(0, record_id, _NONE, who)  # so that a later yes finds where it stands


def _withdraw(flags: int, record_id: bytes, change: PageChange) -> None:
    """The OEM may not have it any more. That it was told to stop must outlive the row: a lost row is no consent, and if
    the record comes back allowed, perhaps in another key range, the suppression must be lifted."""
    if flags & HELD:
        change.retract.append(record_id)
    if flags & SUPPRESSED:
        change.gone.append(record_id)


def keep_back(change: PageChange, barred: set[bytes]) -> None:
    """Take these records out of what would be sent or lifted; who was suppressed stays suppressed."""
    if not barred:
        return
    change.send = [at for at in change.send if change.now.ids[at] not in barred]
    lifting = barred.intersection(change.lift)
    change.lift = [record_id for record_id in change.lift if record_id not in barred]
    for i, record_id in enumerate(change.now.ids):
        if record_id in barred:
            change.now.nonces[i] = _NONE
            if record_id in lifting:
                change.now.flags[i] |= SUPPRESSED


def begins_with(blob: bytes, ids: bytes, nonces: bytes) -> bool:
    """Whether a remembered page begins with exactly these records, each in exactly this version. Lines wait in the
    order in which their page is remembered, so as a rule its bytes answer, and nothing need be taken apart."""
    count, _ = _counted(blob)
    at, size = _HEADER + count, count * SIZE
    return (
        len(ids) == len(nonces) <= size
        and blob[at : at + len(ids)] == ids
        and blob[at + size : at + size + len(nonces)] == nonces
    )


def held_in_front(blob: bytes, count: int) -> bytes:
    """The page with its first records marked: they are being announced."""
    return blob[:_HEADER] + blob[_HEADER : _HEADER + count].translate(_HELD_TOO) + blob[_HEADER + count :]


def still_current(entries: Entries, record_ids: Iterable[bytes], nonces: Iterable[bytes]) -> list[bool]:
    """Whether each waiting line is still the newest truth about its record."""
    asked, nonces = list(record_ids), list(nonces)
    if entries.ids[: len(asked)] == asked and entries.nonces[: len(asked)] == nonces:
        return [True] * len(asked)
    known = dict(zip(entries.ids, entries.nonces, strict=True))
    return [known.get(record_id) == nonce for record_id, nonce in zip(asked, nonces, strict=True)]


def mark_held(entries: Entries, record_ids: Iterable[bytes]) -> None:
    """These records are being announced."""
    asked = list(record_ids)
    if entries.ids[: len(asked)] == asked:
        entries.flags[: len(asked)] = entries.flags[: len(asked)].translate(_HELD_TOO)
        return
    at = {record_id: i for i, record_id in enumerate(entries.ids)}
    for record_id in asked:
        if record_id in at:
            entries.flags[at[record_id]] |= HELD


def stop_people(entries: Entries, refusing: frozenset[bytes], *, whole: bool) -> list[bytes]:
    """Forbid what may still leave of these people (or records that have nobody); the ids of records the OEM holds and
    must be told about.

    `whole`: everything is refused and the record is suppressed; otherwise a channel, and it comes again without it.
    """
    told = []
    for i, joined in enumerate(entries.persons):
        strange = refusing.isdisjoint(split(joined)) and entries.ids[i] not in refusing
        if strange or entries.flags[i] & SUPPRESSED:
            continue
        entries.nonces[i] = _NONE  # a waiting line of this record no longer matches, so it stays
        if entries.flags[i] & HELD:
            told.append(entries.ids[i])
            if whole:
                entries.flags[i] |= SUPPRESSED
    return told


def concerns(entries: Entries, people: frozenset[bytes]) -> bool:
    """Whether a record of any of them (or one that has nobody) stands here."""
    if not people or people.isdisjoint(entries.ids):
        return bool(people) and not all(people.isdisjoint(split(joined)) for joined in entries.persons)
    return True


def retracted(entries: Entries, records: set[bytes]) -> bool:
    """The OEM is asked to delete these: it holds none of them any more, and counts them as suppressed, so that one that
    comes back comes behind its lift. Whether any stood here."""
    found = False
    for i, record_id in enumerate(entries.ids):
        if record_id in records:
            entries.nonces[i] = _NONE
            entries.flags[i] = SUPPRESSED
            found = True
    return found


class ChoiceChange(NamedTuple):
    """One person whose remembered choices changed. `before` is empty for a person not known yet."""

    person: bytes
    before: str
    after: str

    def __repr__(self) -> str:
        return "ChoiceChange(...)"


def as_wide(entries: Entries, width: int) -> Entries:
    """Entries of so many contacts each; what was remembered of another number of them is not known any more."""
    return (
        entries
        if entries.people == width
        else Entries(width, entries.flags, entries.ids, entries.nonces, [_NONE * width] * len(entries))
    )


def moved_contacts(before: Entries, now: Entries, left_over: Entries) -> set[bytes]:
    """Contacts that somebody has now and had not, or had and has not now."""
    if before.ids == now.ids and before.persons == now.persons:
        return set()
    old = set(zip(before.ids, before.persons, strict=True)) - set(zip(left_over.ids, left_over.persons, strict=True))
    differ = old ^ set(zip(now.ids, now.persons, strict=True))
    return {one for _, joined in differ for one in split(joined)} - {_NONE}


def compare_choices(
    before: Entries | None,
    people: list[bytes],
    states: list[str],
    *,
    exhausted: bool,
    unknown: str,
    contacts: list[bytes] | None = None,
    width: int = 0,
) -> tuple[Entries, Entries, list[ChoiceChange]]:
    """(entries now, left over, changes) for a reading of a choices table. Here an entry's nonce is the states text, and
    its `persons` are the contacts: `width` of them, joined.

    `unknown`: the states text of a person the table no longer has; a person who vanishes has said nothing we know.
    """
    old = before or Entries.empty(width)
    as_stored = {text: text.ljust(SIZE).encode() for text in set(states)}
    theirs = contacts if contacts is not None else [b""] * len(people)
    now = Entries(width, bytearray(len(people)), people, [as_stored[text] for text in states], theirs)
    left_over = Entries.empty(width)
    changes: list[ChoiceChange] = []
    if now.ids == old.ids and now.nonces == old.nonces:
        return now, left_over, changes
    at = {person: i for i, person in enumerate(old.ids)}
    if not at:  # a first reading
        changes.extend(map(ChoiceChange, people, repeat(""), states))
        return now, left_over, changes
    for person, text in zip(people, states, strict=True):
        i = at.pop(person, None)
        was = "" if i is None else old.nonces[i].decode().rstrip()
        if was != text:
            changes.append(ChoiceChange(person, was, text))
    for i in at.values():
        if exhausted:
            changes.append(ChoiceChange(old.ids[i], old.nonces[i].decode().rstrip(), unknown))
        else:
            left_over.add(0, old.ids[i], old.nonces[i], old.persons[i])
    return now, left_over, changes
