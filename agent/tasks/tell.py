"""When somebody's standing changes: hold their records back in every dataset of a stream, and queue what the OEM must
be told in front of all data. In the caller's transaction, together with the fact itself."""

from __future__ import annotations

from collections.abc import Mapping

from agent.core import pages
from agent.core.lines import scope_of
from agent.core.ruleset import CHANNELS, PolicyRules
from agent.state import pages as memory
from agent.state import streams
from agent.state.store import Tx
from agent.tasks.desk import Desk
from agent.tasks.outgoing import Told, enqueue_control
from agent.tasks.standing import refusing

Moved = Mapping[bytes, tuple[frozenset[str], frozenset[str]]]


def tell(desk: Desk, tx: Tx, policy: PolicyRules, stream: streams.Stream, moved: Moved, choices: str = "") -> int:
    """`moved`: subject -> what was stopped before, what is stopped now. `choices`: only datasets whose people stand in
    these. How many records the OEM is told about."""
    count = 0
    for channel in ("everything", *CHANNELS):
        stopping = frozenset(who for who, (old, new) in moved.items() if channel in new - old)
        lifting = frozenset(who for who, (old, new) in moved.items() if channel in old - new)
        for dataset in policy.datasets if stopping or lifting else ():
            if not choices or any(p.choices and p.choices.name == choices for p in dataset.people):
                count += _tell_dataset(desk, tx, policy, stream, dataset.name, channel, stopping, lifting)
    return count


def _tell_dataset(
    desk: Desk,
    tx: Tx,
    policy: PolicyRules,
    stream: streams.Stream,
    dataset: str,
    channel: str,
    stopping: frozenset[bytes],
    lifting: frozenset[bytes],
) -> int:
    whole = channel == "everything"
    returning = lifting if whole else frozenset[bytes]()  # the record itself comes back by reading, its lift in front
    lifting -= returning
    scope = scope_of(policy.purpose, desk.clock().date().isoformat(), () if whole else (channel,))
    told: Told = []
    for page_id, blob in memory.each(tx, f"{stream.stream_id}/{dataset}"):
        entries = pages.decode(blob)
        told += [("suppress", i, scope) for i in pages.stop_people(entries, stopping, whole=whole)]
        free = lifting and _free_of(tx, policy, stream, entries, lifting, channel)
        told += [("lift", i, scope) for i in pages.stop_people(entries, free, whole=False)] if free else []
        if entries.encode() != blob:
            memory.update(tx, page_id, entries.encode())
        elif pages.concerns(entries, returning):
            memory.mark(tx, page_id)
    enqueue_control(desk, tx, policy, stream, dataset, told)
    return len(told)


def _free_of(
    tx: Tx, policy: PolicyRules, stream: streams.Stream, entries: pages.Entries, lifting: frozenset[bytes], channel: str
) -> frozenset[bytes]:
    """Record ids of these people of which nobody refuses the channel any more, neither here nor in the DMS."""
    mine = {
        record_id: pages.split(joined)
        for record_id, joined in zip(entries.ids, entries.persons, strict=True)
        if record_id in lifting or not lifting.isdisjoint(pages.split(joined))
    }
    still = refusing(tx, policy, stream, {one for people in mine.values() for one in people} | set(mine))
    barred = {who for who, (channels, _) in still.items() if channel in channels}
    return frozenset(i for i, people in mine.items() if i not in barred and barred.isdisjoint(people))
