"""Extract: from the reader's frames to sealed bodies in the outbox. One transaction per page is the commit point.

The gate looks at every line before anything is stored. Whatever is killed here, the next run goes on behind the last
committed page, through this same code.
"""

from __future__ import annotations

from collections import Counter

from agent.core import pages
from agent.core.drift import Rates
from agent.core.gate import GateDecoder
from agent.core.jobs import Clock, Key, PageFrame
from agent.core.record_page import no_records
from agent.core.ruleset import DatasetRules, PolicyRules
from agent.errors import FieldgateError
from agent.state import evidence, outbox, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks import holds, positions
from agent.tasks.changes import may_ask_for_changes, read_changes
from agent.tasks.desk import Desk
from agent.tasks.outgoing import discard
from agent.tasks.reading import (
    Reader,
    Reading,
    Work,
    begin_work,
    commit_page,
    dataset_job,
    drift,
    opened_key,
    ranges_of,
    refuse_ended,
    store_change,
)


def read_dataset(
    desk: Desk,
    policy: PolicyRules,
    stream: streams.Stream,
    rules: DatasetRules,
    reader: Reader,
    *,
    reconcile: bool = False,
) -> Reading:
    """Read one dataset of one stream: what has changed where that may be asked for, else all of it, comparing each page
    with what was remembered. A field whose values have drifted is held, and all is read again without it. Whoever asks
    for a comparison means all rows as they are now: one that was cut short is ended first, and then made anew."""
    asked = reconcile
    while True:
        work = begin_work(desk, policy, stream, rules)
        with desk.state.reading() as tx:
            since = None if reconcile else may_ask_for_changes(work, tx)
        report = Reading(rules.name, stream.store, whole=since is None)
        found = _read_through(work, reader, report) if since is None else read_changes(work, since, reader, report)
        reconcile = reconcile or report.unserved
        if found == {} and not (asked and report.resumed):
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
    desk, rules = work.desk, work.rules
    refs, after = _begin(work, report)
    gate = GateDecoder(rules)
    seen: dict[str, Rates] = {}
    for frame in reader.read(dataset_job(work, ranges_of(desk, work.scope, refs, after))):
        if isinstance(frame, Clock) and after is None:
            with desk.state.transaction() as tx:  # COMMIT POINT clock: changes from here on are seen next time
                positions.begin_whole(desk, tx, work.scope, frame.at)
        if isinstance(frame, PageFrame):
            gate.check(frame.page.lines, frame.page.ids)
            found = drift(work, frame.page)
            if found:
                return found
            counted = holds.of_page(rules, frame.page)
            seen = {name: seen.get(name, Rates()) + one for name, one in counted.items()}
            if not commit_page(work, refs, frame, report):
                with desk.state.reading() as tx:
                    refuse_ended(tx, work.policy)
                return None
        del frame  # a page is freed before the next one is taken
    with desk.state.reading() as tx:
        refuse_ended(tx, work.policy)
    return _finish(work, report, {} if after else seen)


def note_refused(desk: Desk, policy: PolicyRules, dataset: str, source: str, error: FieldgateError) -> None:
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
        resumed = report.resumed = run is not None and run.policy_sha256 == work.policy.sha256 and bool(done)
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


def _finish(work: Work, report: Reading, seen: dict[str, Rates]) -> dict[str, str]:
    """The end of a reading, unless the whole of it shows that a field has drifted. `seen` is empty after a resumption:
    half a reading is no baseline and no evidence."""
    desk, scope = work.desk, work.scope
    with desk.state.transaction() as tx:  # COMMIT POINT reading ended
        found = holds.drifted(tx, scope, work.rules, seen, work.held, whole=True)
        if found:
            return found
        _never_seen(work, tx, report)
        memory.progress(tx, scope, None, report.rows, report.sent, dict(report.withheld))
        memory.complete_run(tx, scope)
        positions.end_whole(desk, tx, scope, positions.permission_digest(work.policy.sha256, work.held))
        evidence.append(
            tx, "read", desk.clock(), desk.actor,
            source=work.rules.source, dataset=work.rules.name, stream_id=work.stream.stream_id, rows=report.rows,
            pages=report.pages, sent=report.sent, withheld=dict(report.withheld),
        )  # fmt: skip
    return {}


def _never_seen(work: Work, tx: Tx, report: Reading) -> None:
    """What was found by change, and stood in none of the key ranges, is gone from the DMS."""
    for page_id, blob in memory.loose(tx, work.scope):
        nothing = no_records(work.rules.name)
        change = pages.compare(pages.decode(blob), nothing, len(work.rules.people), exhausted=True)
        store_change(work, tx, change, nothing, 0, report)
        memory.remove(tx, page_id)
