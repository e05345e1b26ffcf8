"""What has left, as the disclosures tell it: counts for people who decide. Ids only; no value, no source key."""

from __future__ import annotations

from collections import defaultdict

from agent.core.ids import SIZE
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
