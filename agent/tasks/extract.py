"""Extract: from the reader's frames to sealed bodies in the outbox. One transaction per page is the commit point.

The gate looks at every line before anything is stored. Whatever is killed here, the next run goes on behind the last
committed page, through this same code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from agent.core import bodies, pages
from agent.core.audit import digest
from agent.core.drift import Rates
from agent.core.gate import GateDecoder
from agent.core.ids import StreamKeys
from agent.core.jobs import DatasetJob, Frame, HandedKeys, Job, Key, PageFrame
from agent.core.lines import Scope, scope_of
from agent.core.ruleset import DatasetRules, PolicyRules
from agent.errors import PolicyError
from agent.state import evidence, outbox, permission, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks import holds
from agent.tasks.desk import Desk, stream_keys
from agent.tasks.lifts import returned, still_refused
from agent.tasks.pins import pins_of

ENDED = "A024"  # the one code on which a policy that was ended meanwhile is refused while the others go on
Told = list[tuple[str, bytes, Scope | None]]


class Reader(Protocol):
    """Whoever reads the DMS: yields the frames of a job in order; raises SourceError when it cannot."""

    def read(self, job: Job) -> Iterator[Frame]: ...


class BodyPlace(Protocol):
    """Where a body's records are remembered: a Body, or what is kept of it in a batch."""

    @property
    def stream_id(self) -> str: ...
    @property
    def dataset(self) -> str: ...
    @property
    def page_id(self) -> int: ...


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


def body_aad(body_stream: str, kind: str, dataset: str, prepared_at: str) -> bytes:
    return f"body|{body_stream}|{kind}|{dataset}|{prepared_at}".encode()


def read_dataset(
    desk: Desk, policy: PolicyRules, stream: streams.Stream, rules: DatasetRules, reader: Reader
) -> Reading:
    """Read one dataset of one stream to its end, comparing each page with what was remembered of it. A field whose
    values have drifted is held, and all is read again without it."""
    work = Work(desk, policy, stream, rules, stream_keys(desk, stream.stream_id, stream.recipient))
    while True:
        report = Reading(rules.name, stream.store)
        found = _read_through(work, reader, report)
        if not found:
            return report
        _hold(work, found)


def _hold(work: Work, found: dict[str, str]) -> None:
    """Hold drifted fields, drop what waits with them in it, and begin the reading anew."""
    desk, stream = work.desk, work.stream
    with desk.state.transaction() as tx:
        holds.place(desk, tx, stream, work.rules.name, found)
        memory.begin_run(tx, work.scope, work.policy.sha256, desk.now())
        for body_id in outbox.waiting_data(tx, stream.stream_id, work.rules.name):
            body = outbox.body(tx, body_id)
            if body:
                discard(desk, tx, body, "a field in it has drifted and is held")


def _read_through(work: Work, reader: Reader, report: Reading) -> dict[str, str]:
    """Every page, each committed; the fields that have drifted, with why, as soon as there is one."""
    desk, policy, stream, rules = work.desk, work.policy, work.stream, work.rules
    refs, after = _begin(work, report)
    gate = GateDecoder(rules)
    with desk.state.reading() as tx:
        held = holds.held_fields(tx, stream.stream_id, rules.name)
    seen: dict[str, Rates] = {}
    job = DatasetJob(
        source=desk.config.sources[rules.source],
        password=password(desk, rules.source),
        rules=rules,
        store=stream.store,
        purpose=policy.purpose,
        regime=policy.regime,
        keys=HandedKeys(*(getattr(work.keys, name) for name in HandedKeys.__struct_fields__)),
        after=after,
        ranges=[opened_key(desk, work.scope, ref.upper) for ref in refs[:-1]],
        page_rows=desk.config.limits.page_rows,
        today=desk.clock().date(),
        pinned=pins_of(desk, policy)[rules.name],
        held=held,
    )  # fmt: skip
    for frame in reader.read(job):
        if isinstance(frame, PageFrame):
            gate.check(frame.page.lines, frame.page.ids)
            counted = holds.of_page(rules, frame.page)
            with desk.state.reading() as tx:
                found = holds.drifted(tx, work.scope, rules, counted, held, whole=False)
            if found:
                return found
            seen = {name: seen.get(name, Rates()) + one for name, one in counted.items()}
            if not _commit_page(work, refs, frame, report):
                break
    with desk.state.reading() as tx:
        refuse_ended(tx, policy)
    return _finish(work, report, {} if after else seen, held)


def refuse_ended(tx: Tx, policy: PolicyRules) -> None:
    """PolicyError, which refuses this policy alone, where somebody has ended or replaced it since the run began."""
    if not permission.in_force(tx, policy.name, policy.sha256):
        raise PolicyError(
            ENDED,
            f"policy {policy.name} version {policy.version} was ended while the run read under it; what was read since"
            " is not kept",
            "nothing to do, if it was meant; see: fieldgate policy list",
        )


def note_refused(desk: Desk, policy: PolicyRules, dataset: str, source: str, error: PolicyError) -> None:
    """Put on record that a dataset (or choices) was refused alone."""
    with desk.state.transaction() as tx:
        evidence.append(
            tx, "dataset_refused", desk.clock(), desk.actor,
            source=source, dataset=dataset, policy=policy.name, policy_sha256=policy.sha256,
            code=error.code, why=error.what,
        )  # fmt: skip


def _begin(work: Work, report: Reading) -> tuple[list[memory.PageRef], Key | None]:
    """The pages still to be read in this run, and the key behind which they begin; audited before the first page."""
    desk, scope = work.desk, work.scope
    with desk.state.transaction() as tx:
        refuse_ended(tx, work.policy)
        run = memory.run(tx, scope)
        refs = memory.refs(tx, scope)
        done = [i for i, ref in enumerate(refs) if run and ref.page_id == run.through_page]
        resumed = run is not None and run.policy_sha256 == work.policy.sha256 and bool(done)
        if run and resumed:
            report.rows, report.sent, report.withheld = run.rows, run.sent, Counter(run.withheld)
        else:
            memory.begin_run(tx, scope, work.policy.sha256, desk.now())
        columns = sorted({str(f.ref) for f in work.rules.fields})
        report.columns = len(columns)
        evidence.append(
            tx, "reading", desk.clock(), desk.actor,
            source=work.rules.source, dataset=work.rules.name, stream_id=work.stream.stream_id,
            policy=work.policy.name, policy_sha256=work.policy.sha256, columns=columns,
            reason="resumed" if resumed else "whole",
        )  # fmt: skip
    if not resumed:
        return refs, None
    return refs[done[0] + 1 :], opened_key(desk, scope, refs[done[0]].upper)


def _commit_page(work: Work, refs: list[memory.PageRef], frame: PageFrame, report: Reading) -> bool:
    """False, and nothing stored, where the policy has been ended since the page was asked for."""
    desk, page = work.desk, frame.page
    ref = refs[frame.range_no] if frame.range_no < len(refs) else None
    people = len(work.rules.people)
    report.rows += page.rows
    report.pages += 1
    report.sent += len(page.lines)
    report.withheld.update(page.withheld_reasons)
    report.fields.update(page.field_counts)
    with desk.state.transaction() as tx:  # COMMIT POINT: bodies, page memory, position and audit entry, or none of it
        if not permission.in_force(tx, work.policy.name, work.policy.sha256):
            return False
        blob = memory.entries(tx, ref.page_id) if ref else None
        before = pages.decode(blob) if blob else None
        change = pages.compare(before, page, people, exhausted=frame.exhausted)
        page_id = keep_page(
            desk, tx, work.scope, ref, frame.exhausted, frame.upper, change.now, change.left_over, len(refs)
        )
        change.lift += returned(tx, work.scope, change, page)
        told: Told = [("lift", i, _whole(desk, work.policy)) for i in change.lift]
        told += still_refused(tx, work.policy, change, desk.clock().date())
        told += [("suppress", i, _whole(desk, work.policy)) for i in change.suppress]
        told += [("retract", i, None) for i in change.retract]
        enqueue_control(desk, tx, work.policy, work.stream, page.dataset, told)
        for content in bodies.data_bodies(page, change.send, people):
            _enqueue(desk, tx, work.policy, work.stream, "data", page.dataset, content, page_id or 0)
        memory.progress(tx, work.scope, page_id, report.rows, report.sent, dict(report.withheld))
        report.changed += len(change.send)
        report.told += len(told)
    return True


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


def _finish(work: Work, report: Reading, seen: dict[str, Rates], held: frozenset[str]) -> dict[str, str]:
    """The end of a reading, unless the whole of it shows that a field has drifted. `seen` is empty after a resumption:
    half a reading is no baseline and no evidence."""
    desk = work.desk
    with desk.state.transaction() as tx:
        found = holds.drifted(tx, work.scope, work.rules, seen, held, whole=True)
        if found:
            return found
        memory.progress(tx, work.scope, None, report.rows, report.sent, dict(report.withheld))
        memory.complete_run(tx, work.scope, desk.now())
        evidence.append(
            tx, "read", desk.clock(), desk.actor,
            source=work.rules.source, dataset=work.rules.name, stream_id=work.stream.stream_id, rows=report.rows,
            pages=report.pages, sent=report.sent, withheld=dict(report.withheld),
        )  # fmt: skip
    return {}


def discard(desk: Desk, tx: Tx, body: outbox.Body, reason: str) -> None:
    """Drop a waiting body and forget that its records were enqueued, so that the next reading judges them anew."""
    if body.kind == "data":
        forget(tx, body, opened_body(desk, body))
    outbox.drop_body(tx, body.body_id)
    evidence.append(
        tx, "discarded", desk.clock(), desk.actor,
        stream_id=body.stream_id, body_id=body.body_id, reason=reason, lines=body.lines,
    )  # fmt: skip


def forget(tx: Tx, body: outbox.Body, content: bodies.PackedBody, *, but: bodies.PackedBody | None = None) -> None:
    """These lines will not leave (`but` those that do): their records count as never enqueued."""
    waiting = dict(zip(pages.split(content.ids), pages.split(content.nonces), strict=True))
    for leaving in pages.split(but.ids) if but else ():
        waiting.pop(leaving, None)
    for page_id, entries in pages_with(tx, body, set(waiting)):
        for i, record_id in enumerate(entries.ids):
            if waiting.get(record_id) == entries.nonces[i]:
                entries.nonces[i] = bytes(16)
        memory.update(tx, page_id, entries.encode())


def pages_with(tx: Tx, body: BodyPlace, ids: set[bytes]) -> Iterator[tuple[int, pages.Entries]]:
    """The remembered pages that hold these records: usually the one the body came from."""
    left = set(ids)
    first = memory.entries(tx, body.page_id)
    candidates: Iterable[tuple[int, bytes]] = [(body.page_id, first)] if first else []
    for source in (candidates, memory.each(tx, f"{body.stream_id}/{body.dataset}")):
        for page_id, blob in source:
            if not left:
                return
            entries = pages.decode(blob)
            found = left.intersection(entries.ids)
            if found:
                left -= found
                yield page_id, entries


def opened_body(desk: Desk, body: outbox.Body) -> bodies.PackedBody:
    """What waits, decrypted; its lines are still packed."""
    from agent.keys.atrest import Sealed

    aad = body_aad(body.stream_id, body.kind, body.dataset, body.prepared_at)
    return bodies.decode_packed(desk.atrest.open(Sealed(body.body_key, body.body), aad))


def enqueue_control(desk: Desk, tx: Tx, policy: PolicyRules, stream: streams.Stream, dataset: str, told: Told) -> None:
    """Queue what the OEM must be told, in this order."""
    if told:
        key = desk.store.secret(f"stream:{stream.stream_id}:nonce")
        for content in bodies.control_bodies(key, dataset, told):
            _enqueue(desk, tx, policy, stream, "control", dataset, content, 0)


def _enqueue(
    desk: Desk,
    tx: Tx,
    policy: PolicyRules,
    stream: streams.Stream,
    kind: str,
    dataset: str,
    content: bodies.BodyContent,
    page_id: int,
) -> None:
    now = desk.now()
    sealed = desk.atrest.seal(bodies.encode(content), body_aad(stream.stream_id, kind, dataset, now))
    joined = b"".join(content.lines)
    run = memory.run(tx, f"{stream.stream_id}/{dataset}")
    body_id = outbox.enqueue(
        tx,
        outbox.Body(
            stream_id=stream.stream_id,
            kind=kind,
            dataset=dataset,
            policy_sha256=policy.sha256,
            page_id=page_id,
            lines=len(content.lines),
            size=len(joined),
            window_from=run.started_at if run else now,
            window_to=now,
            choices_n=memory.choices_n(tx),
            body_key=sealed.wrapped_key,
            body=sealed.ciphertext,
            prepared_at=now,
        ),
    )
    evidence.append(
        tx, "prepared", desk.clock(), desk.actor,
        stream_id=stream.stream_id, dataset=dataset, body_id=body_id, kind=kind, lines=len(content.lines),
        content_sha256=digest(joined),
    )  # fmt: skip


def password(desk: Desk, source: str) -> str:
    name = desk.config.sources[source].password_key
    return desk.store.secret(name).decode() if name else ""


def opened_key(desk: Desk, scope: str, sealed: bytes) -> Key:
    found: list[str | int] = msgspec.msgpack.decode(desk.atrest.open_small(sealed, position_aad(scope)))
    return tuple(found)
