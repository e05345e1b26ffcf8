"""What a question about people costs among a million: one person's disclosures, who shares an address, who refuses.

python -m tests.benchmarks.lookups [PEOPLE]      about a minute; prints a table, changes nothing
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from agent.core import pages
from agent.core.contacts import Page, perhaps_twice, shared
from agent.core.ids import SIZE
from agent.state import choices, disclosures, links
from agent.state import pages as memory
from agent.state.spoken import Spoken
from agent.state.store import State, Tx, open_state

PAGE = 5_000
DATASETS = ("customers", "vehicles", "vehicle_sales", "service_visits")
LINKED = 10  # of a hundred people, two by two
_BATCH = (
    "insert into batches (batch_id, stream_id, epoch, seq, kind, dataset, lines, manifest, manifest_sha256,"
    " content_sha256, audit_head, leaves, state, next_try_at, problem, choices_n, policy_sha256, announced_at)"
    " values (?, 's', 1, ?, 'data', ?, ?, '', '', '', '', x'', 'settled', '', '', 0, '', '2026-11-22')"
)
_STREAM = "insert into streams (stream_id, store, recipient, policy, prev) values ('s', '01', 'oem', 'crm', '')"
_DISCLOSURE = (
    "insert into disclosures (batch_id, dataset, fields, purpose, policy, policy_version, records, ids, people,"
    " persons) values (?, ?, 'email', 'marketing', 'crm', 1, ?, ?, 1, ?)"
)
T = TypeVar("T")


def people_of(page: int) -> list[bytes]:
    made = random.Random(page)
    return [made.randbytes(SIZE) for _ in range(PAGE)]


def contacts_of(page: int) -> Iterator[bytes]:
    for at in range(page * PAGE, (page + 1) * PAGE):
        pair = at // 2 if at % 100 < LINKED else -at
        for kind in (b"e", b"p"):
            yield kind + random.Random(f"{kind!r}{pair if kind == b'p' else -at}").randbytes(SIZE - 1)


def fill(tx: Tx, count: int) -> None:
    tx.write(_STREAM)
    for page in range(count // PAGE):
        people, contacts = people_of(page), list(contacts_of(page))
        joined = [b"".join(contacts[2 * n : 2 * n + 2]) for n in range(PAGE)]
        blob = pages.Entries(2, bytearray(PAGE), people, [b"n" * SIZE] * PAGE, joined).encode()
        tx.write("insert into pages (scope, ord, upper, entries) values ('choices/crm/c', ?, x'', ?)", (page, blob))
        for n, dataset in enumerate(DATASETS):
            name = f"{page}-{dataset}"
            tx.write(_BATCH, (name, page * len(DATASETS) + n + 1, dataset, PAGE))
            tx.write(_DISCLOSURE, (name, dataset, PAGE, random.Random(name).randbytes(SIZE * PAGE), b"".join(people)))


def timed(what: str, ask: Callable[[], T], per: int = 1) -> T:
    before = time.process_time()
    found = ask()
    took = time.process_time() - before
    print(f"| {what} | {took:.2f} s |" if per == 1 else f"| {what} | {took / per * 1e6:.1f} us |")
    return found


def look(state: State, count: int) -> None:
    def read() -> Iterator[Page]:
        return (pages.contacts_of(blob) for _, blob in memory.each(tx, "choices/crm/c"))

    with state.transaction() as tx:
        found = timed("one person among all disclosures", lambda: list(disclosures.of_people(tx, people_of(0)[:1])))
        assert len(found) == len(DATASETS)
        wanted = timed("who may share an address, first reading", lambda: perhaps_twice(read, 2 * count))
        groups = timed("who does", lambda: shared(read(), wanted))
        assert len(groups) == count * LINKED // 200
        timed("who shares one of 100 that moved", lambda: shared(read(), set(list(wanted)[:100])))
        timed("keeping the links", lambda: links.keep(tx, {}, groups, "2026-11-22"))
        asked = [people_of(page) for page in range(min(10, count // PAGE))]
        ten = len(asked) * PAGE
        timed("who of a batch refuses, a person asked", lambda: [choices.refusing(tx, "crm", s) for s in asked], ten)
        timed("who of it is linked with a stop, a person asked", lambda: [links.of(tx, s, "crm") for s in asked], ten)
    claim(state, asked, ten)


def claim(state: State, asked: list[list[bytes]], ten: int) -> None:
    """As a claim asks: the filter first, then in full those whom it lets through."""
    spoken = Spoken()
    timed("bringing the filter up to all who are linked, once", lambda: spoken.catch_up(state))
    with state.transaction() as tx:
        after = choices.newest(tx)
        some = timed(
            "who of a batch is asked at all, a person", lambda: [spoken.among(tx, s, after) for s in asked], ten
        )
        timed(
            "who of these refuses, a person of the batch", lambda: [choices.refusing(tx, "crm", s) for s in some], ten
        )
        timed("who of these is linked with a stop, the same", lambda: [links.of(tx, s, "crm") for s in some], ten)
        print(f"asked in full: {sum(map(len, some)):,} of {ten:,}")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="fieldgate-bench-") as folder:
        state = open_state(Path(folder) / "state.db", create=True)
        with state.transaction() as tx:
            fill(tx, count)
        print(f"{count:,} people, {len(DATASETS) * count:,} records disclosed; CPU\n\n| question | cost |\n|---|---|")
        look(state, count)
        state.close()


if __name__ == "__main__":
    main()
