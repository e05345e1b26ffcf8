"""What has left, as the disclosures tell it: counts for people who decide. Ids only; no value, no source key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.core.ids import NOBODY, SIZE
from agent.core.pages import split
from agent.state.store import Tx


def people_of(tx: Tx, stream_id: str, dataset: str, wanted: set[bytes]) -> dict[bytes, tuple[bytes, ...]]:
    """Whom these records were about, all disclosures together. A record that never left on the stream is not in it."""
    found: dict[bytes, dict[bytes, None]] = {}
    for ids, people, persons in tx.stream(
        "select d.ids, d.people, d.persons from disclosures d join batches b using (batch_id)"
        " where b.stream_id = ? and d.dataset = ? order by b.seq",
        (stream_id, dataset),
    ):
        here = split(bytes(ids))
        for at, record_id in enumerate(here) if not wanted.isdisjoint(here) else ():
            if record_id in wanted:
                theirs = split(bytes(persons)[at * people * SIZE : (at + 1) * people * SIZE])
                found.setdefault(record_id, {}).update(dict.fromkeys(theirs))
    return {record_id: tuple(people) for record_id, people in found.items()}


@dataclass(frozen=True, slots=True, repr=False)
class Left:
    """Records of one person in one batch that left, or is on its way."""

    batch_id: str
    stream_id: str
    recipient: str
    store: str
    dataset: str
    fields: str
    purpose: str
    policy: str
    policy_version: int
    announced_at: str
    settled_at: str | None
    receipt: str | None
    ids: tuple[bytes, ...]


_LEFT = (
    "d.batch_id, b.stream_id, s.recipient, s.store, d.dataset, d.fields, d.purpose, d.policy, d.policy_version,"
    " b.announced_at, b.settled_at, b.receipt"
)


def of_people(tx: Tx, subjects: Iterable[bytes]) -> Iterator[Left]:
    """Everything that left about these people (or records that have nobody), oldest first."""
    wanted = set(subjects)
    for ids, people, persons, *about in tx.stream(
        f"select d.ids, d.people, d.persons, {_LEFT} from disclosures d join batches b using (batch_id)"  # noqa: S608
        " join streams s using (stream_id) order by b.announced_at, b.seq"
    ):
        found = [bytes(ids[at * SIZE : (at + 1) * SIZE]) for at in _lines_of(bytes(persons), people, wanted)]
        found += [one for one in wanted.intersection(split(bytes(ids))) if one not in found] if not people else []
        if found:
            yield Left(*(*about, tuple(found)))


def carrying(tx: Tx, dataset: str, field: str, since: str) -> Iterator[tuple[str, list[bytes], set[bytes]]]:
    """(stream, records, people) of every batch since then that carried a field. Where a record has nobody, it counts as
    somebody: a count that is too high is the honest one."""
    for stream_id, fields, ids, people, persons in tx.stream(
        "select b.stream_id, d.fields, d.ids, d.people, d.persons from disclosures d join batches b using (batch_id)"
        " where d.dataset = ? and b.announced_at >= ?",
        (dataset, since),
    ):
        if field in fields.split():
            records = split(bytes(ids))
            who = set(split(bytes(persons))) - {NOBODY} if people else set(records)
            yield stream_id, records, who


def datasets_sent(tx: Tx, stream_id: str) -> list[str]:
    """Every dataset of which something was ever announced on a stream."""
    rows = tx.rows(
        "select distinct d.dataset from disclosures d join batches b using (batch_id) where b.stream_id = ? order by 1",
        (stream_id,),
    )
    return [str(dataset) for (dataset,) in rows]


def destroy_keys_before(tx: Tx, policy: str, before: str) -> int:
    """Destroy the source keys of what a policy sent before an instant; of how many batches."""
    where = (
        "keys is not null and policy = ? and batch_id in (select batch_id from batches where announced_at < ?)",
        (policy, before),
    )
    row = tx.row(f"select count(*) from disclosures where {where[0]}", where[1])  # noqa: S608
    if row and row[0]:
        tx.write(f"update disclosures set keys_key = null, keys = null where {where[0]}", where[1])  # noqa: S608
    return int(row[0]) if row else 0


def ever_carried(tx: Tx, dataset: str, field: str) -> bool:
    rows = tx.rows("select distinct fields from disclosures where dataset = ?", (dataset,))
    return any(field in fields.split() for (fields,) in rows)


def _lines_of(joined: bytes, people: int, wanted: set[bytes]) -> list[int]:
    """The lines in which any of these people stands. A search of bytes, which is fast; a match across two is none."""
    lines = set()
    for one in wanted:
        at = joined.find(one)
        while at >= 0:
            if at % SIZE == 0:
                lines.add(at // SIZE // people)
            at = joined.find(one, at + 1)
    return sorted(lines)


def records_left(tx: Tx, policy: str, since: str) -> dict[str, int]:
    """Dataset -> how many different records left under a policy since an instant; a record sent twice counts once."""
    ids: defaultdict[str, set[bytes]] = defaultdict(set)
    for dataset, joined in tx.stream(
        "select d.dataset, d.ids from disclosures d join batches b using (batch_id)"
        " where d.policy = ? and b.announced_at >= ? and b.state <> 'voided'",
        (policy, since),
    ):
        ids[dataset].update(split(bytes(joined)))
    return {dataset: len(found) for dataset, found in ids.items()}


@dataclass(frozen=True, slots=True)
class Given:
    """What one recipient was given of one dataset, under one version of a policy, in a time."""

    recipient: str
    dataset: str
    fields: str
    purpose: str
    policy: str
    policy_version: int
    batches: int
    records: int
    first_at: str
    last_at: str


def between(tx: Tx, since: str, until: str) -> list[Given]:
    rows = tx.rows(
        "select s.recipient, d.dataset, d.fields, d.purpose, d.policy, d.policy_version, count(*), sum(d.records),"
        " min(b.announced_at), max(b.announced_at) from disclosures d join batches b using (batch_id)"
        " join streams s using (stream_id) where b.announced_at >= ? and b.announced_at < ? and b.state <> 'voided'"
        " group by 1, 2, 3, 4, 5, 6 order by 1, 5, 6, 2",
        (since, until),
    )
    return [Given(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Reach:
    batch_id: str
    recipient: str
    dataset: str
    records: int
    fields: str
    at: str


def reach(tx: Tx, batch_ids: Iterable[str]) -> list[Reach]:
    """What these batches carried."""
    found = []
    for batch_id in dict.fromkeys(batch_ids):
        rows = tx.rows(
            "select d.batch_id, s.recipient, d.dataset, d.records, d.fields, b.announced_at from disclosures d"
            " join batches b using (batch_id) join streams s using (stream_id) where d.batch_id = ?",
            (batch_id,),
        )
        found += [Reach(*row) for row in rows]
    return found


def distinct_people(tx: Tx, batch_ids: Iterable[str]) -> int:
    """Over all of them together; a record that has nobody counts as somebody."""
    people: set[bytes] = set()
    for batch_id in dict.fromkeys(batch_ids):
        for ids, width, persons in tx.rows(
            "select ids, people, persons from disclosures where batch_id = ?", (batch_id,)
        ):
            people.update(split(bytes(persons)) if width else split(bytes(ids)))
    return len(people - {NOBODY})
