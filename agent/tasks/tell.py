"""When somebody's standing changes: hold their records back in every dataset of a stream, and queue what the OEM must
be told in front of all data. In the caller's transaction, together with the fact itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.core import pages
from agent.core.facts import EVERYTHING
from agent.core.lines import scope_of
from agent.core.ruleset import CHANNELS, PolicyRules
from agent.state import honoring, streams
from agent.state import pages as memory
from agent.state.honoring import Honoring
from agent.state.store import Tx
from agent.tasks.desk import Desk
from agent.tasks.outgoing import Told, enqueue_control
from agent.tasks.standing import refusing

Moved = Mapping[bytes, tuple[frozenset[str], frozenset[str]]]


@dataclass(frozen=True, slots=True)
class Heard:
    """Where a change was heard, and when each person said so; now for those of whom no time is known."""

    source: str
    at: str
    said_at: Mapping[bytes, str]


def tell(
    desk: Desk, tx: Tx, policy: PolicyRules, stream: streams.Stream, moved: Moved, heard: Heard, choices: str = ""
) -> int:
    """`moved`: subject -> what was stopped before, what is stopped now. `choices`: only datasets whose people stand in
    these. How many records the OEM is told about."""
    count = 0
    for channel in (EVERYTHING, *CHANNELS):
        stopping = frozenset(who for who, (old, new) in moved.items() if channel in new - old)
        lifting = frozenset(who for who, (old, new) in moved.items() if channel in old - new)
        one = _Change(desk, tx, policy, stream, channel, stopping, lifting)
        for dataset in policy.datasets if stopping or lifting else ():
            if not choices or any(p.choices and p.choices.name == choices for p in dataset.people):
                count += one.tell(dataset.name, heard)
    return count


@dataclass(frozen=True, slots=True)
class _Change:
    """One channel (or everything) of one stream: who stops, and who may be reached again."""

    desk: Desk
    tx: Tx
    policy: PolicyRules
    stream: streams.Stream
    channel: str
    stopping: frozenset[bytes]
    lifting: frozenset[bytes]

    def tell(self, dataset: str, heard: Heard) -> int:
        told: Told = []
        people: set[bytes] = set()
        whole = self.channel == EVERYTHING
        today = self.desk.clock().date().isoformat()
        scope = scope_of(self.policy.purpose, today, () if whole else (self.channel,))
        for page_id, blob in memory.each(self.tx, f"{self.stream.stream_id}/{dataset}"):
            entries = pages.decode(blob)
            stopped = pages.stop_people(entries, self.stopping, whole=whole)
            people |= _people_of(entries, set(stopped)) & self.stopping
            told += [("suppress", i, scope) for i in stopped]
            free = self._free(entries) if self.lifting and not whole else frozenset[bytes]()
            told += [("lift", i, scope) for i in pages.stop_people(entries, free, whole=False)] if free else []
            if entries.encode() != blob:
                memory.update(self.tx, page_id, entries.encode())
            elif whole and pages.concerns(entries, self.lifting):  # comes back by reading, its lift in front of it
                memory.mark(self.tx, page_id)
        body_id = enqueue_control(self.desk, self.tx, self.policy, self.stream, dataset, told)
        honoring.begin(
            self.tx,
            [
                Honoring(
                    "oem", who, self.channel, heard.said_at.get(who, heard.at), heard.source, self.stream.stream_id,
                    body_id, purpose=self.policy.purpose,
                )
                for who in people
            ],
        )  # fmt: skip
        return len(told)

    def _free(self, entries: pages.Entries) -> frozenset[bytes]:
        """Records of these people of which nobody refuses the channel any more, neither here nor in the DMS."""
        mine = {
            record_id: pages.split(joined)
            for record_id, joined in zip(entries.ids, entries.persons, strict=True)
            if record_id in self.lifting or not self.lifting.isdisjoint(pages.split(joined))
        }
        asked = {one for people in mine.values() for one in people} | set(mine)
        still = refusing(self.tx, self.policy, self.stream, asked)
        barred = {who for who, (channels, _) in still.items() if self.channel in channels}
        return frozenset(i for i, people in mine.items() if i not in barred and barred.isdisjoint(people))


def _people_of(entries: pages.Entries, records: set[bytes]) -> set[bytes]:
    """The people of these records, and the records themselves: where one has nobody, it is what was refused."""
    found = set(records)
    for record_id, joined in zip(entries.ids, entries.persons, strict=True) if records else ():
        if record_id in records:
            found.update(pages.split(joined))
    return found
