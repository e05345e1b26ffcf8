"""Read what has changed since last time, in the order (change column, key), and the key ranges whose records must be
judged anew although no row of them changed. One transaction per page is the commit point.

It finds changes early and no more: deletions, rows without a change value and whatever came later than the overlap are
found by the complete comparison (extract.py), which is never left out for more than a week.
"""

from __future__ import annotations

from agent.core import pages
from agent.core.changes import Since
from agent.core.gate import GateDecoder
from agent.core.jobs import ChangesFrame, Clock, PageFrame, Range, Unserved
from agent.state import evidence
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks import positions
from agent.tasks.budget import refuse_full
from agent.tasks.reading import (
    Reader,
    Reading,
    Work,
    commit_page,
    compared,
    count,
    dataset_job,
    drift,
    is_stale,
    ranges_of,
    refuse_ended,
    store_change,
)

_LOOSE_MAX = 5_000  # entries on one page without a place


def may_ask_for_changes(work: Work, tx: Tx) -> Since | None:
    """From where; None when everything must be compared."""
    run = memory.run(tx, work.scope)
    if work.rules.changes is None or run is None or run.completed_at != run.started_at:
        return None
    under = positions.permission_digest(work.policy.sha256, work.held)
    return positions.since(work.desk, tx, work.scope, work.desk.config.sources[work.rules.source], under)


def read_changes(work: Work, since: Since, reader: Reader, report: Reading) -> dict[str, str] | None:
    """Read every page of changes, each committed. The fields that have drifted, with why. None where a page must be
    read again because somebody of it spoke, or all because the DMS cannot give changes (`report.unserved`)."""
    while True:
        since, refs, ranges = _begin(work, since)
        upto = since.upto
        gate = GateDecoder(work.rules)
        for frame in reader.read(dataset_job(work, ranges, since)):
            if isinstance(frame, Clock):
                upto = upto or frame.at
            elif isinstance(frame, Unserved):
                _note(work, frame.why, report)
                return None
            elif isinstance(frame, PageFrame | ChangesFrame):
                gate.check(frame.page.lines, frame.page.ids)
                found = drift(work, frame.page)
                if found:
                    return found
                if isinstance(frame, PageFrame):
                    kept = commit_page(work, refs, frame, report, whole=False)
                else:
                    kept = _commit_changes(work, frame, upto or "", report)
                if not kept:
                    with work.desk.state.reading() as tx:
                        refuse_ended(tx, work.policy)
                    return None
        _finish(work, upto or since.through, report)
        if since.cursor is None:
            return {}
        since = Since(upto or since.through)  # a window that was left half read is behind us; now the one until today


def _begin(work: Work, since: Since) -> tuple[Since, list[memory.PageRef], list[Range]]:
    """From where on, and the pages and their key ranges to be asked for again; audited before the first page."""
    desk, scope = work.desk, work.scope
    with desk.state.transaction() as tx:  # COMMIT POINT changes begun: audited before the first page
        refuse_ended(tx, work.policy)
        everything = memory.refs(tx, scope)
        wanted = memory.to_reread(tx, scope)
        for page_id in sorted(wanted - {ref.page_id for ref in everything}):
            since = (
                positions.rewind(desk, tx, scope) or since
            )  # its records were all found by change: so they are again
            memory.settle(tx, page_id)
        evidence.append(
            tx, "reading", desk.clock(), desk.actor,
            source=work.rules.source, dataset=work.rules.name, stream_id=work.stream.stream_id,
            policy=work.policy.name, policy_sha256=work.policy.sha256,
            columns=sorted({str(f.ref) for f in work.rules.fields}), reason="changes",
        )  # fmt: skip
    ranges = ranges_of(desk, scope, everything) if wanted else []
    again = [(ref, bounds) for ref, bounds in zip(everything, ranges, strict=False) if ref.page_id in wanted]
    return since, [ref for ref, _ in again], [bounds for _, bounds in again]


def _commit_changes(work: Work, frame: ChangesFrame, upto: str, report: Reading) -> bool:
    """False, and nothing stored, where since the page was asked for the policy has been ended, or somebody spoke."""
    desk, scope, page, people = work.desk, work.scope, frame.page, len(work.rules.people)
    count(report, page)
    with desk.state.transaction() as tx:  # COMMIT POINT changes: bodies, page memory, position
        if is_stale(work, tx, page):
            return False
        refuse_full(tx, desk.config)
        asked = {one for joined in (page.ids, page.withheld_ids, frame.left) for one in pages.split(joined)}
        homes = pages_holding(tx, scope, asked)
        before = pages.Entries.empty(people)
        for entries in homes.values():
            before.extend(entries.copy().take(asked))
        known = set(before.ids)
        change = compared(work, tx, before, page, exhausted=True)
        store_change(work, tx, change, page, 0, report)
        for page_id, entries in homes.items():
            put_back(tx, page_id, entries, asked, change.now)
        keep_new(tx, scope, change.now, known)
        positions.go_on(desk, tx, scope, frame.cursor, upto)
    return True


def pages_holding(tx: Tx, scope: str, asked: set[bytes]) -> dict[int, pages.Entries]:
    """The remembered pages in which any of these stands."""
    found = {}
    for page_id, blob in memory.each(tx, scope) if asked else ():
        entries = pages.decode(blob)
        if not asked.isdisjoint(entries.ids):
            found[page_id] = entries
    return found


def put_back(tx: Tx, page_id: int, entries: pages.Entries, asked: set[bytes], now: pages.Entries) -> None:
    """Remember on this page what is now known of those that were asked for."""
    before = entries.encode()
    entries.replace(asked, now)
    if entries.encode() != before:
        memory.update(tx, page_id, entries.encode(), reread=None)


def keep_new(tx: Tx, scope: str, now: pages.Entries, known: set[bytes]) -> None:
    """Those that stood on no page are remembered without a place, until all rows are compared."""
    new = now.take({one for one in now.ids if one not in known})
    if not len(new):
        return
    last = memory.loose(tx, scope)[-1:]
    for page_id, blob in last:
        entries = pages.decode(blob)
        if len(entries) + len(new) <= _LOOSE_MAX:
            entries.extend(new)
            memory.update(tx, page_id, entries.encode(), reread=None)
            return
    memory.insert_loose(tx, scope, new.encode())


def _finish(work: Work, upto: str, report: Reading) -> None:
    desk = work.desk
    with desk.state.transaction() as tx:  # COMMIT POINT changes ended
        refuse_ended(tx, work.policy)
        positions.end_window(desk, tx, work.scope, upto)
        memory.note_read(tx, work.scope, desk.now())
        evidence.append(
            tx, "read", desk.clock(), desk.actor,
            source=work.rules.source, dataset=work.rules.name, stream_id=work.stream.stream_id, rows=report.rows,
            pages=report.pages, sent=report.sent, withheld=dict(report.withheld),
        )  # fmt: skip


def _note(work: Work, why: str, report: Reading) -> None:
    report.unserved = True
    with work.desk.state.transaction() as tx:  # COMMIT POINT changes unserved
        memory.note_unserved(tx, work.scope, why)
