"""What people said: events out of the DMS, and facts from elsewhere. Append-only, found by person; numbered together,
so that a body made under number 7 knows of all up to 7. What facts mean is for core/facts.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import msgspec

from agent.core.facts import Fact
from agent.core.pages import ChoiceChange
from agent.state.store import Tx

_AT_ONCE = 900  # below the fewest parameters any SQLite takes
_FACT = "what, purpose, channel, scope, happened_at, n"


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """One fact with where it comes from. `proof` and `notice` are references, never a value of a row."""

    subject: bytes
    fact: Fact
    source: str
    proof: str = ""
    notice: str = ""


def newest(tx: Tx) -> int:
    """The number of the newest thing anybody said, here or in the DMS."""
    row = tx.row(
        "select max(coalesce((select max(n) from choice_events), 0), coalesce((select max(n) from choice_facts), 0))"
    )
    return int(row[0]) if row else 0


def append(tx: Tx, said: Iterable[Said], at: str) -> list[Said]:
    """Add facts; those that are known already are left out. What was added, with its number."""
    added = []
    n = newest(tx)
    for one in said:
        fact = one.fact
        key = (one.subject, fact.what, fact.purpose, fact.channel, fact.scope, fact.happened_at, one.source)
        known = tx.row(
            "select 1 from choice_facts where subject = ? and what = ? and purpose = ? and channel = ? and scope = ?"
            " and happened_at = ? and source = ?",
            key,
        )
        if known is None:
            n += 1
            tx.write(
                "insert into choice_facts (subject, what, purpose, channel, scope, happened_at, source, n, proof,"
                " notice, noted_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, n, one.proof, one.notice, at),
            )
            added.append(Said(one.subject, fact._replace(n=n), one.source, one.proof, one.notice))
    return added


def facts_of(tx: Tx, subjects: Iterable[bytes]) -> dict[bytes, list[Fact]]:
    """Of these subjects, those of whom any fact is known."""
    found: dict[bytes, list[Fact]] = {}
    asked = list(subjects)
    if not tx.rows("select 1 from choice_facts limit 1"):
        return found  # nobody has said anything but in the DMS: usual, and worth a look before thousands are asked for
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        sql = f"select subject, {_FACT} from choice_facts where subject in ({marks}) order by n"  # noqa: S608
        for subject, *fact in tx.rows(sql, some):
            found.setdefault(bytes(subject), []).append(Fact(*fact))
    return found


def everybody(tx: Tx) -> Iterator[tuple[bytes, list[Fact]]]:
    """Every subject with its facts, one at a time."""
    who, known = b"", list[Fact]()
    for subject, *fact in tx.stream(f"select subject, {_FACT} from choice_facts order by subject, n"):  # noqa: S608
        if subject != who and known:
            yield who, known
            known = []
        who = bytes(subject)
        known.append(Fact(*fact))
    if known:
        yield who, known


def newer(tx: Tx, n: int) -> set[bytes]:
    """Subjects of whom a fact was noted after `n`."""
    return {bytes(row[0]) for row in tx.rows("select distinct subject from choice_facts where n > ?", (n,))}


def note_events(
    tx: Tx, policy: str, changes: Iterable[tuple[ChoiceChange, frozenset[str], frozenset[str]]], source: str, at: str
) -> int:
    """Append what the DMS says now of these people; how many. Each comes with the channels it refuses, and with those
    of them that its code refuses."""
    told = [(change, refused, said) for change, refused, said in changes if change.before or refused]
    if told:  # first sight of a person who refuses nothing is no event
        tx.write_all(
            "insert into choice_events (n, policy, person, before, after, refused, said, source, noted_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (n, policy, c.person, c.before, c.after, " ".join(sorted(refused)), " ".join(sorted(said)), source, at)
                for n, (c, refused, said) in enumerate(told, newest(tx) + 1)
            ],
        )
    return len(told)


def refusing(tx: Tx, policy: str, people: Iterable[bytes]) -> dict[bytes, tuple[frozenset[str], int]]:
    """Of these people, those whom the DMS last heard refusing something: channels and the event it comes from."""
    return _last_heard(tx, policy, people, "refused")


def refused_by_code(tx: Tx, policy: str, people: Iterable[bytes]) -> dict[bytes, tuple[frozenset[str], int]]:
    """The same, less what is refused only because nothing is known."""
    return _last_heard(tx, policy, people, "said")


def _last_heard(tx: Tx, policy: str, people: Iterable[bytes], column: str) -> dict[bytes, tuple[frozenset[str], int]]:
    found = {}
    asked = list(people)
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        # SQLite promises the column of the row with the highest n.
        sql = f"select person, max(n), {column} from choice_events where policy = ? and person in ({marks}) group by 1"  # noqa: S608
        for person, n, channels in tx.rows(sql, (policy, *some)):
            if channels:
                found[bytes(person)] = (frozenset(str(channels).split()), int(n))
    return found


def digest(tx: Tx, after: int, through: int, before: str) -> tuple[int, str]:
    """(rows, digest) of everything numbered behind `after` up to `through`, on top of the digest `before` it."""
    hashed, rows = hashlib.sha256(before.encode()), 0
    numbered = tx.stream(
        "select n, 'event', policy, person, before, after, refused, source, noted_at, said, '', '' from choice_events"
        " where n > ?1 and n <= ?2 union all"
        " select n, 'fact', what, subject, purpose, channel, scope, source, noted_at, happened_at, proof, notice"
        " from choice_facts where n > ?1 and n <= ?2 order by n",
        (after, through),
    )
    while some := list(islice(numbered, _AT_ONCE)):
        hashed.update(msgspec.msgpack.encode(some))
        rows += len(some)
    return rows, "sha256:" + hashed.hexdigest()
