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
from agent.core.changes import Since
from agent.core.ids import StreamKeys
from agent.core.jobs import DatasetJob, Frame, HandedKeys, Heeded, Job, Key, PageFrame, Range
from agent.core.lines import Scope, scope_of
from agent.core.record_page import RecordPage
from agent.core.ruleset import DatasetRules, PolicyRules
from agent.errors import PolicyError
from agent.state import pages as memory
from agent.state import permission, streams
from agent.state.store import Tx
from agent.tasks import holds
from agent.tasks.budget import refuse_full
from agent.tasks.commitments import commit_choices
from agent.tasks.desk import Desk, stream_keys
from agent.tasks.lifts import kept_back, returned, still_refused
from agent.tasks.outgoing import Told, enqueue, enqueue_control
from agent.tasks.pins import pins_to_hold
from agent.tasks.standing import heeded, said_since

ENDED = "A024"  # the one code on which a policy that was ended meanwhile is refused while the others go on


class Reader(Protocol):
    """Whoever reads the DMS: yields the frames of a job in order; raises SourceError when it cannot."""

    def read(self, job: Job) -> Iterator[Frame]: ...


@dataclass(slots=True)
class Reading:
    """What one reading of a dataset came to. Counts only."""

    dataset: str
    store: str
    whole: bool = True
    unserved: bool = False  # the DMS cannot give changes
    resumed: bool = False  # its first pages are as old as the reading that was cut short
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
    held: frozenset[str] = frozenset()  # fields that have drifted
    heeded: list[Heeded] = field(default_factory=list)  # what people said elsewhere than in the DMS
    heard: int = 0  # the newest choice when the reading began

    @property
    def scope(self) -> str:
        return f"{self.stream.stream_id}/{self.rules.name}"


def begin_work(desk: Desk, policy: PolicyRules, stream: streams.Stream, rules: DatasetRules) -> Work:
    keys = stream_keys(desk, stream.stream_id, stream.recipient)
    with desk.state.reading() as tx:
        held = holds.held_fields(tx, stream.stream_id, rules.name)
        return Work(desk, policy, stream, rules, keys, held, heeded(tx, policy, stream), memory.choices_n(tx))


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


def compared(work: Work, tx: Tx, before: pages.Entries, page: RecordPage, *, exhausted: bool) -> pages.PageChange:
    """What a fresh reading means, less what the OEM holds a stop for that we do not know of ourselves."""
    change = pages.compare(before, page, len(work.rules.people), exhausted=exhausted)
    if kept_back(tx, work.policy, work.stream, work.scope, change):
        commit_choices(work.desk, tx)
    return change


def store_change(work: Work, tx: Tx, change: pages.PageChange, page: RecordPage, page_id: int, report: Reading) -> None:
    """Queue what the OEM must be told, and behind it what it is to have. Part of the caller's commit."""
    desk, policy = work.desk, work.policy
    change.lift += returned(tx, work.scope, change)
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


def commit_page(
    work: Work, refs: list[memory.PageRef], frame: PageFrame, report: Reading, *, whole: bool = True
) -> bool:
    """False, and nothing stored, where since the page was asked for the policy has been ended, or somebody of it spoke.
    `whole`: the page is part of a complete comparison, whose progress is kept."""
    desk, page = work.desk, frame.page
    ref = refs[frame.range_no] if frame.range_no < len(refs) else None
    count(report, page)
    with desk.state.transaction() as tx:  # COMMIT POINT page: bodies, page memory, position, audit entry
        if is_stale(work, tx, page):
            return False
        refuse_full(tx, desk.config)
        blob = memory.entries(tx, ref.page_id) if ref else None
        before = pages.decode(blob) if blob else pages.Entries.empty(len(work.rules.people))
        before.extend(_found_their_place(tx, work, page))
        change = compared(work, tx, before, page, exhausted=frame.exhausted)
        page_id = keep_page(
            desk, tx, work.scope, ref, frame.exhausted, frame.upper, change.now, change.left_over, len(refs)
        )
        store_change(work, tx, change, page, page_id or 0, report)
        if whole:
            memory.progress(tx, work.scope, page_id, report.rows, report.sent, dict(report.withheld))
    return True


def is_stale(work: Work, tx: Tx, page: RecordPage) -> bool:
    """Whether a page was made under a permission or a choice that is another one by now."""
    in_force = permission.in_force(tx, work.policy.name, work.policy.sha256)
    return not in_force or said_since(tx, work.heard, page)


def count(report: Reading, page: RecordPage) -> None:
    report.rows += page.rows
    report.pages += 1
    report.sent += len(page.lines)
    report.withheld.update(page.withheld_reasons)
    report.fields.update(page.field_counts)


def _found_their_place(tx: Tx, work: Work, page: RecordPage) -> pages.Entries:
    """Records found by change since all rows were compared, that stand on this page: it is theirs from now on."""
    found = pages.Entries.empty(len(work.rules.people))
    loose = memory.loose(tx, work.scope)
    here = set(pages.split(page.ids)) | set(pages.split(page.withheld_ids)) if loose else set()
    for page_id, blob in loose:
        entries = pages.decode(blob)
        taken = entries.take(here)
        if taken:
            found.extend(taken)
            keep_loose(tx, page_id, entries)
    return found


def keep_loose(tx: Tx, page_id: int, entries: pages.Entries) -> None:
    """What is left of such a page, without asking for it again."""
    if len(entries):
        memory.update(tx, page_id, entries.encode(), reread=None)
    else:
        memory.remove(tx, page_id)


def drift(work: Work, page: RecordPage) -> dict[str, str]:
    """Fields of this page that have left their baseline, with why."""
    counted = holds.of_page(work.rules, page)
    with work.desk.state.reading() as tx:
        return holds.drifted(tx, work.scope, work.rules, counted, work.held, whole=False)


def dataset_job(work: Work, ranges: list[Range], since: Since | None = None) -> DatasetJob:
    """What the reader is handed."""
    desk, rules = work.desk, work.rules
    return DatasetJob(
        source=desk.config.sources[rules.source],
        password=password(desk, rules.source),
        rules=rules,
        store=work.stream.store,
        purpose=work.policy.purpose,
        regime=work.policy.regime,
        keys=HandedKeys(*(getattr(work.keys, name) for name in HandedKeys.__struct_fields__)),
        ranges=ranges,
        page_rows=desk.config.limits.page_rows,
        today=desk.clock().date(),
        pinned=pins_to_hold(desk, work.policy, rules.name, rules.source),
        held=work.held,
        heeded=work.heeded,
        since=since,
    )


def ranges_of(desk: Desk, scope: str, refs: list[memory.PageRef], after: Key | None = None) -> list[Range]:
    """The key ranges of all these pages, which follow one another; the last one is open."""
    uppers = [opened_key(desk, scope, ref.upper) for ref in refs[:-1]]
    return list(zip([after, *uppers], [*uppers, None], strict=True))


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
            memory.update(tx, ref.page_id, left_over.encode(), reread=None)
        return inserted.page_id
    if ref is None:
        return memory.insert(tx, scope, None, sealed, now.encode()).page_id if sealed and len(now) else None
    if not len(now) and known:
        memory.remove(tx, ref.page_id)
        return None
    blob = now.encode()
    if blob != memory.entries(tx, ref.page_id):
        memory.update(tx, ref.page_id, blob, sealed, reread=False)
    else:
        memory.settle(tx, ref.page_id)
    return ref.page_id


def password(desk: Desk, source: str) -> str:
    name = desk.config.sources[source].password_key
    return desk.store.secret(name).decode() if name else ""


def opened_key(desk: Desk, scope: str, sealed: bytes) -> Key:
    found: list[str | int] = msgspec.msgpack.decode(desk.atrest.open_small(sealed, position_aad(scope)))
    return tuple(found)
