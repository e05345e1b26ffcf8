"""What reading a dataset needs whichever way it is read: the reader as an argument, the work at hand, remembering
pages, and turning what has changed into bodies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from agent.core import bodies, pages
from agent.core.ids import StreamKeys
from agent.core.jobs import Frame, Job, Key
from agent.core.lines import Scope, scope_of
from agent.core.records import RecordPage
from agent.core.ruleset import DatasetRules, PolicyRules
from agent.errors import PolicyError
from agent.state import pages as memory
from agent.state import permission, streams
from agent.state.store import Tx
from agent.tasks.desk import Desk
from agent.tasks.lifts import returned, still_refused
from agent.tasks.outgoing import Told, enqueue, enqueue_control

ENDED = "A024"  # the one code on which a policy that was ended meanwhile is refused while the others go on


class Reader(Protocol):
    """Whoever reads the DMS: yields the frames of a job in order; raises SourceError when it cannot."""

    def read(self, job: Job) -> Iterator[Frame]: ...


@dataclass(slots=True)
class Reading:
    """What one reading of a dataset came to. Counts only."""

    dataset: str
    store: str
    rows: int = 0
    pages: int = 0
    changed: int = 0
    told: int = 0
    sent: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    columns: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that stays the same while one dataset of one stream is read."""

    desk: Desk
    policy: PolicyRules
    stream: streams.Stream
    rules: DatasetRules
    keys: StreamKeys

    @property
    def scope(self) -> str:
        return f"{self.stream.stream_id}/{self.rules.name}"


def position_aad(scope: str) -> bytes:
    return f"position|{scope}".encode()


def refuse_ended(tx: Tx, policy: PolicyRules) -> None:
    """PolicyError, which refuses this policy alone, where somebody has ended or replaced it since the run began."""
    if not permission.in_force(tx, policy.name, policy.sha256):
        raise PolicyError(
            ENDED,
            f"policy {policy.name} version {policy.version} was ended while the run read under it; what was read since"
            " is not kept",
            "nothing to do, if it was meant; see: fieldgate policy list",
        )


def store_change(work: Work, tx: Tx, change: pages.PageChange, page: RecordPage, page_id: int, report: Reading) -> None:
    """Queue what the OEM must be told, and behind it what it is to have. Part of the caller's commit."""
    desk, policy = work.desk, work.policy
    change.lift += returned(tx, work.scope, change, page)
    told: Told = [("lift", i, _whole(desk, policy)) for i in change.lift]
    told += still_refused(tx, policy, work.stream, change, desk.clock().date())
    told += [("suppress", i, _whole(desk, policy)) for i in change.suppress]
    told += [("retract", i, None) for i in change.retract]
    enqueue_control(desk, tx, policy, work.stream, page.dataset, told)
    for content in bodies.data_bodies(page, change.send, len(work.rules.people)):
        enqueue(desk, tx, policy, work.stream, "data", page.dataset, content, page_id)
    report.changed += len(change.send)
    report.told += len(told)


def _whole(desk: Desk, policy: PolicyRules) -> Scope:
    return scope_of(policy.purpose, desk.clock().date().isoformat())


def keep_page(
    desk: Desk,
    tx: Tx,
    scope: str,
    ref: memory.PageRef | None,
    exhausted: bool,
    upper: Key | None,
    now: pages.Entries,
    left_over: pages.Entries,
    known: int,
) -> int | None:
    """Remember a page. While its range is not exhausted, what was read becomes a page in front of what is left over."""
    sealed = desk.atrest.small(msgspec.msgpack.encode(upper), position_aad(scope)) if upper is not None else None
    if not exhausted and sealed is not None:
        inserted = memory.insert(tx, scope, ref, sealed, now.encode())
        if ref:
            memory.update(tx, ref.page_id, left_over.encode())
        return inserted.page_id
    if ref is None:
        return memory.insert(tx, scope, None, sealed, now.encode()).page_id if sealed and len(now) else None
    if not len(now) and known:
        memory.remove(tx, ref.page_id)
        return None
    blob = now.encode()
    if blob != memory.entries(tx, ref.page_id):
        memory.update(tx, ref.page_id, blob, sealed)
    return ref.page_id


def password(desk: Desk, source: str) -> str:
    name = desk.config.sources[source].password_key
    return desk.store.secret(name).decode() if name else ""


def opened_key(desk: Desk, scope: str, sealed: bytes) -> Key:
    found: list[str | int] = msgspec.msgpack.decode(desk.atrest.open_small(sealed, position_aad(scope)))
    return tuple(found)
