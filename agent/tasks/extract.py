"""Extract: from the reader's frames to sealed bodies in the outbox. One transaction per page is the commit point.

The gate looks at every line before anything is stored. Whatever is killed here, the next run goes on behind the last
committed page, through this same code.
"""

from __future__ import annotations

from collections import Counter

from agent.core import pages
from agent.core.drift import Rates
from agent.core.gate import GateDecoder
from agent.core.jobs import DatasetJob, HandedKeys, Key, PageFrame
from agent.core.ruleset import DatasetRules, PolicyRules
from agent.errors import PolicyError
from agent.state import evidence, outbox, permission, streams
from agent.state import pages as memory
from agent.tasks import holds
from agent.tasks.desk import Desk, stream_keys
from agent.tasks.outgoing import discard
from agent.tasks.pins import pins_of
from agent.tasks.reading import Reader, Reading, Work, keep_page, opened_key, password, refuse_ended, store_change
from agent.tasks.standing import heeded, said_since


def read_dataset(
    desk: Desk, policy: PolicyRules, stream: streams.Stream, rules: DatasetRules, reader: Reader
) -> Reading:
    """Read one dataset of one stream to its end, comparing each page with what was remembered of it. A field whose
    values have drifted is held, and all is read again without it."""
    work = Work(desk, policy, stream, rules, stream_keys(desk, stream.stream_id, stream.recipient))
    while True:
        report = Reading(rules.name, stream.store)
        found = _read_through(work, reader, report)
        if found == {}:
            return report
        if found:
            _hold(work, found)


def _hold(work: Work, found: dict[str, str]) -> None:
    """Hold drifted fields, drop what waits with them in it, and begin the reading anew."""
    desk, stream = work.desk, work.stream
    with desk.state.transaction() as tx:  # COMMIT POINT field held
        holds.place(desk, tx, stream, work.rules.name, found)
        memory.begin_run(tx, work.scope, work.policy.sha256, desk.now())
        for body_id in outbox.waiting_data(tx, stream.stream_id, work.rules.name):
            body = outbox.body(tx, body_id)
            if body:
                discard(desk, tx, body, "a field in it has drifted and is held")


def _read_through(work: Work, reader: Reader, report: Reading) -> dict[str, str] | None:
    """Every page, each committed; the fields that have drifted, with why, as soon as there is one. None where somebody
    of a page spoke while it was read: it is read again, behind the last one committed."""
    desk, policy, stream, rules = work.desk, work.policy, work.stream, work.rules
    refs, after = _begin(work, report)
    gate = GateDecoder(rules)
    with desk.state.reading() as tx:
        held = holds.held_fields(tx, stream.stream_id, rules.name)
        said_elsewhere, heard = heeded(tx, policy, stream), memory.choices_n(tx)
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
        heeded=said_elsewhere,
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
            if not _commit_page(work, refs, frame, report, heard):
                with desk.state.reading() as tx:
                    refuse_ended(tx, policy)
                return None
    with desk.state.reading() as tx:
        refuse_ended(tx, policy)
    return _finish(work, report, {} if after else seen, held)


def note_refused(desk: Desk, policy: PolicyRules, dataset: str, source: str, error: PolicyError) -> None:
    """Put on record that a dataset (or choices) was refused alone."""
    with desk.state.transaction() as tx:  # COMMIT POINT dataset refused
        evidence.append(
            tx, "dataset_refused", desk.clock(), desk.actor,
            source=source, dataset=dataset, policy=policy.name, policy_sha256=policy.sha256,
            code=error.code, why=error.what,
        )  # fmt: skip


def _begin(work: Work, report: Reading) -> tuple[list[memory.PageRef], Key | None]:
    """The pages still to be read in this run, and the key behind which they begin; audited before the first page."""
    desk, scope = work.desk, work.scope
    with desk.state.transaction() as tx:  # COMMIT POINT reading begun: audited before the first page
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


def _commit_page(work: Work, refs: list[memory.PageRef], frame: PageFrame, report: Reading, heard: int) -> bool:
    """False, and nothing stored, where since the page was asked for the policy has been ended, or somebody in it spoke
    (after number `heard`)."""
    desk, page = work.desk, frame.page
    ref = refs[frame.range_no] if frame.range_no < len(refs) else None
    people = len(work.rules.people)
    report.rows += page.rows
    report.pages += 1
    report.sent += len(page.lines)
    report.withheld.update(page.withheld_reasons)
    report.fields.update(page.field_counts)
    with desk.state.transaction() as tx:  # COMMIT POINT page: bodies, page memory, position, audit entry
        if not permission.in_force(tx, work.policy.name, work.policy.sha256) or said_since(tx, heard, page):
            return False
        blob = memory.entries(tx, ref.page_id) if ref else None
        before = pages.decode(blob) if blob else None
        change = pages.compare(before, page, people, exhausted=frame.exhausted)
        page_id = keep_page(
            desk, tx, work.scope, ref, frame.exhausted, frame.upper, change.now, change.left_over, len(refs)
        )
        store_change(work, tx, change, page, page_id or 0, report)
        memory.progress(tx, work.scope, page_id, report.rows, report.sent, dict(report.withheld))
    return True


def _finish(work: Work, report: Reading, seen: dict[str, Rates], held: frozenset[str]) -> dict[str, str]:
    """The end of a reading, unless the whole of it shows that a field has drifted. `seen` is empty after a resumption:
    half a reading is no baseline and no evidence."""
    desk = work.desk
    with desk.state.transaction() as tx:  # COMMIT POINT reading ended
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
