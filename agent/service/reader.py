"""The reader child: the only process that holds raw rows. It reads one keyset page, screens, transforms, encodes, and
answers with frames of bytes and digests. It has no signing key, outbox key, recipient address or state file, and its
standard output carries frames only. Stdlib, core and dms; nothing else is imported here.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, islice
from operator import eq, itemgetter
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo

from agent.core import choices, ids
from agent.core.changes import Cursor, Since, Window, window
from agent.core.contacts import contact_hashes
from agent.core.jobs import (
    ChangesFrame,
    ChoicesChangesFrame,
    ChoicesFrame,
    ChoicesJob,
    Clock,
    DatasetJob,
    Done,
    Failed,
    Frame,
    Job,
    Key,
    NumbersFrame,
    NumbersJob,
    PageFrame,
    Range,
    Unserved,
    packed,
    read_job,
)
from agent.core.pace import Pace
from agent.core.pins import Pins, differences, refuse_changed
from agent.core.query import CompiledQuery, compile_choices, compile_query, page
from agent.core.query_changes import changed_keys, changed_rows
from agent.core.records import Recipe, RowPage, make_records
from agent.core.source import SourceSettings
from agent.core.values import cell_text, column_texts
from agent.dms.catalog import names_of
from agent.dms.catalog_sql import CATALOG
from agent.dms.dialects import dialect_of
from agent.dms.odbc import Connection, connect
from agent.dms.order import change_order, server_clock
from agent.errors import FieldgateError, SourceError
from agent.service.alone import Alone
from agent.service.collector import calm

if TYPE_CHECKING:
    from agent.dms.exports import ExportSession

Rows = list[tuple[object, ...]]


def main() -> int:
    """Answer jobs until standard input ends."""
    out = _claim_stdout()
    calm()
    alone, exports = Alone(), Exports()
    while (job := read_job(sys.stdin.buffer.read)) is not None:
        alone.source = job.source
        for frame in answer(job, exports):
            out.write(packed(frame))
            out.flush()
    return 0


@dataclass(slots=True)
class Exports:
    """The set of exported files that is loaded: one at a time, and only while it is the one at hand."""

    loaded: ExportSession | None = None

    def session(self, settings: SourceSettings) -> ExportSession:
        from agent.dms.exports import ExportSession  # SQLite is loaded where exports are read, and only there

        if self.loaded is None or not self.loaded.current(settings):
            if self.loaded is not None:
                self.loaded.close()
            self.loaded = None
            self.loaded = ExportSession(settings)
        return self.loaded


def answer(job: Job, exports: Exports | None = None) -> Iterator[Frame]:
    """All frames of one job; the last is Done or Failed. An unforeseen error keeps its name and loses its text."""
    try:
        rows = 0
        with _session(job, exports or Exports()) as connection:
            for frame in _frames(job, connection):
                rows += _rows_of(frame)
                yield frame
        yield Done(rows)
    except FieldgateError as error:
        yield Failed(type(error).__name__, error.code, error.what, error.advice)
    except Exception as error:  # noqa: BLE001  a foreign message may quote a row
        yield Failed(
            "SourceError",
            "FG-S99",
            f"the reader stopped on an unforeseen {type(error).__name__}",
            "nothing of that page was stored; run `fieldgate doctor` and report this as a defect",
        )


def _session(job: Job, exports: Exports) -> Connection | ExportSession:
    if job.source.dialect != "files":
        return connect(job.source, job.password)
    session = exports.session(job.source)
    session.prepare(job.rules)
    return session


def _rows_of(frame: Frame) -> int:
    if isinstance(frame, PageFrame | ChangesFrame):
        return frame.page.rows
    if isinstance(frame, NumbersFrame):
        return len(frame.numbers)
    return len(frame.states) if isinstance(frame, ChoicesFrame | ChoicesChangesFrame) else 0


def _frames(job: Job, connection: Connection | ExportSession) -> Iterator[Frame]:
    if isinstance(job, NumbersJob):
        yield from _numbers(job, connection)
        return
    order, now = None, ""
    if job.rules.changes is not None and isinstance(connection, Connection):  # an export is read whole
        store = job.rules.store if isinstance(job, DatasetJob) else ""
        order = change_order(connection, job.rules.table, job.rules.changes, store)
        now = server_clock(connection)
        yield Clock(now)
    asked = None
    if job.since is not None:
        if order is None or order.why:
            yield Unserved(order.why if order else "the policy names no change column")
            return
        zone, settings = ZoneInfo(job.source.zone), job.source
        ends = window(
            order.kind, job.since.through, job.since.upto or now,
            overlap_s=settings.overlap_s, zone=zone, gap=connection.dialect.stamp_gap,
        )  # fmt: skip
        asked = _Asked(ends, order.mark, job.since)
    yield from _dataset(job, connection, asked) if isinstance(job, DatasetJob) else _choices(job, connection, asked)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which changes are asked for."""

    window: Window
    mark: str
    since: Since


def _dataset(job: DatasetJob, connection: Connection | ExportSession, asked: _Asked | None) -> Iterator[Frame]:
    dialect = dialect_of(job.source)
    query = compile_query(job.rules, job.store, dialect, today=job.today, types=_types(job.pinned, dialect.name))
    k = job.keys
    recipe = Recipe(
        rules=job.rules,
        layout=query.layout,
        purpose=job.purpose,
        regime=job.regime,
        keys=ids.StreamKeys(k.id, k.nonce, k.pseudonym, k.recipient_pseudonym, k.persons),
        zone=ZoneInfo(job.source.zone),
        held=job.held,
        heeded={one.subject: (one.stopped, one.given) for one in job.heeded},
    )
    names = tuple(str(ref) for ref in query.select)
    reading = _Reading(connection, query, job.pinned, pace=Pace(job.source.pause_ms / 1000))
    for cursor, rows, left in _changed(reading, asked, job.page_rows) if asked else ():
        gone = ids.hashes(k.id, job.rules.name, [frame for frame in ids.framed_rows(left) if frame]) if left else []
        yield ChangesFrame(cursor, b"".join(gone), make_records(recipe, RowPage(names, rows)))
    for range_no, exhausted, upper, rows in islice(_ranges(reading, job.ranges, job.page_rows), job.most_pages):
        yield PageFrame(range_no, exhausted, upper, make_records(recipe, RowPage(names, rows)))


def _types(pinned: Pins, dialect: str) -> dict[tuple[str, str], str]:
    """(table as a policy names it, column) -> declared type. SQLite's tables have no schema there."""
    return {
        (name, column.name): column.type
        for one in pinned
        for name in ((str(one), one.name) if dialect == "sqlite" else (str(one),))
        for column in one.columns
    }


def _choices(job: ChoicesJob, connection: Connection | ExportSession, asked: _Asked | None) -> Iterator[Frame]:
    dialect = dialect_of(job.source)
    query = compile_choices(job.rules, dialect, types=_types(job.pinned, dialect.name))
    reading = _Reading(connection, query, job.pinned, pace=Pace(job.source.pause_ms / 1000))
    for cursor, rows, _ in _changed(reading, asked, job.page_rows) if asked else ():
        yield ChoicesChangesFrame(cursor, *_said(job, query, rows))
    for range_no, exhausted, upper, rows in _ranges(reading, job.ranges, job.page_rows):
        yield ChoicesFrame(range_no, exhausted, upper, *_said(job, query, rows))


def _said(job: ChoicesJob, query: CompiledQuery, rows: Rows) -> tuple[bytes, list[str], bytes]:
    """Person hashes, states texts and contacts of those whose key can be read."""
    scope = ids.person_scope(job.rules.source, str(job.rules.table))
    columns = list(zip(*rows, strict=True)) or [()] * len(query.select)
    keys = ids.framed_rows([column_texts(columns[i]) for i in query.layout.key])
    readable = [key is not None for key in keys]
    people = ids.hashes(job.persons_key, scope, list(compress(keys, readable)))
    states = choices.states_texts(job.rules, [columns[i] for i in query.layout.choices[0]])
    hashed = [
        contact_hashes(job.persons_key, field.category, column_texts(columns[i]), field.null_when)
        for field, i in zip(job.rules.contacts, query.layout.fields, strict=True)
    ]
    contacts = [b"".join(row) for row in zip(*hashed, strict=True)]
    return b"".join(people), list(compress(states, readable)), b"".join(compress(contacts, readable))


def _numbers(job: NumbersJob, connection: Connection | ExportSession) -> Iterator[NumbersFrame]:
    """The keys of those who were asked for, and of nobody else."""
    query = compile_choices(replace(job.rules, contacts=()), dialect_of(job.source))
    scope, wanted = ids.person_scope(job.rules.source, str(job.rules.table)), set(job.wanted)
    for _, _, _, rows in _ranges(
        _Reading(connection, query, job.pinned, pace=Pace(job.source.pause_ms / 1000)), [(None, None)], job.page_rows
    ):
        columns = list(zip(*rows, strict=True)) or [()] * len(query.select)
        texts = [column_texts(columns[i]) for i in query.layout.key]
        hashed = ids.hashes(job.persons_key, scope, ids.framed_rows(texts))
        here = [at for at, who in enumerate(hashed) if who in wanted]
        yield NumbersFrame([hashed[at] for at in here], [tuple(str(text[at]) for text in texts) for at in here])


@dataclass(slots=True)
class _Reading:
    """One query being read. Before its first page is used, the names are compared with what was pinned at import."""

    connection: Connection | ExportSession
    query: CompiledQuery
    pinned: Pins
    compared: bool = False
    pace: Pace = field(default_factory=Pace)

    def rows(self, after: Key | None, upto: Key | None, limit: int) -> Rows:
        return self.run(*page(self.query, after, upto, limit))

    def run(self, sql: str, params: Sequence[object]) -> Rows:
        began = time.monotonic()
        rows = self._asked(sql, params)
        rest_s = self.pace.rest_s(time.monotonic() - began)
        if rest_s:
            time.sleep(rest_s)
        return rows

    def _asked(self, sql: str, params: Sequence[object]) -> Rows:
        if self.compared or not self.pinned:
            return self.connection.rows(sql, params)
        with self.connection.transaction():
            self._compare()
            rows = self.connection.rows(sql, params)
            self._compare()  # the page's own locks hold the names still now: what was altered in between is seen here
        self.compared = True
        return rows

    def _compare(self) -> None:
        if isinstance(self.connection, Connection) and self.connection.settings.dialect in CATALOG:
            live = names_of(self.connection, [(one.schema, one.name) for one in self.pinned])
            found = differences(self.pinned, live, self.connection.settings.dialect)
            refuse_changed(self.query.dataset or "choices", found)


def _ranges(reading: _Reading, ranges: Sequence[Range], limit: int) -> Iterator[tuple[int, bool, Key | None, Rows]]:
    """(range number, read to its end?, last key, rows) for each key range."""
    for range_no, (above, upto) in enumerate(ranges):
        low, exhausted = above, False
        while not exhausted:
            rows = reading.rows(low, upto, limit + 1)
            exhausted = len(rows) <= limit
            _refuse_same_key(reading.query, rows)
            rows = rows[:limit]
            last = _key_of(reading.query, rows[-1]) if rows else None
            low = last or low
            yield range_no, exhausted, upto if exhausted and upto is not None else last, rows


def _changed(reading: _Reading, asked: _Asked, limit: int) -> Iterator[tuple[Cursor, Rows, list[list[str | None]]]]:
    """(how far, rows, key columns of what left the dataset) of each page of changes, until the window is empty."""
    query, cursor, more = reading.query, asked.since.cursor, True
    while more:
        before = cursor
        left: list[list[str | None]] = []
        if query.changed and query.changed.keys_sql:
            keys = reading.run(*changed_keys(query, asked.mark, asked.window, cursor, limit))
            more, last = len(keys) == limit, keys[-1] if keys else None
            upto = (str(last[-1]), *map(_key_part, last[:-1])) if last else None
            rows = _page_of(reading, asked, cursor, upto, limit + 1) if upto else []
            left = _left(reading, asked, cursor, keys, rows, limit)
            cursor = upto
        else:
            rows = _page_of(reading, asked, cursor, None, limit + 1)
            more, rows = len(rows) > limit, rows[:limit]
            cursor = (str(rows[-1][-1]), *_key_of(query, rows[-1])) if rows else None
        if cursor is None:
            return
        if cursor == before:
            raise SourceError(
                "FG-S25",
                f"{query.dataset or 'choices'}: the database gives the same changed rows again and again",
                "write changes: {by: snapshot} for it in the policy, and report this as a defect",
            )
        yield cursor, rows, left


def _page_of(reading: _Reading, asked: _Asked, after: Cursor | None, upto: Cursor | None, limit: int) -> Rows:
    rows = reading.run(*changed_rows(reading.query, asked.mark, asked.window, after, upto, limit))
    _refuse_same_key(reading.query, rows)
    return rows


def _left(
    reading: _Reading, asked: _Asked, after: Cursor | None, keys: Rows, rows: Rows, limit: int
) -> list[list[str | None]]:
    """Key columns of the rows that changed and do not match the filter any more. A row that was touched between the two
    statements is no such row: it comes again with its new change value."""
    there = {tuple(row[i] for i in reading.query.layout.key) for row in rows}
    if all(tuple(row[:-1]) in there for row in keys):
        return []
    again = set(map(tuple, reading.run(*changed_keys(reading.query, asked.mark, asked.window, after, limit))))
    gone = [row[:-1] for row in keys if tuple(row) in again and tuple(row[:-1]) not in there]
    return [column_texts(column) for column in zip(*gone, strict=True)]


def _refuse_same_key(query: CompiledQuery, rows: Rows) -> None:
    """One key in two rows would be skipped where a page ends between them, and for choices that could hide a no. The
    row behind the page is looked at as well. Equal keys stand side by side, because the page is in key order."""
    keys = list(map(itemgetter(*query.layout.key), rows))
    if any(map(eq, keys, islice(keys, 1, None))):
        name = query.dataset or "choices"
        raise SourceError(
            "FG-S20",
            f"{name}: one key stands in two rows (the key is not unique, or a join finds several rows)",
            f"correct the key or `joins:` of {name} in the policy; nothing of that page was sent",
        )


def _key_of(query: CompiledQuery, row: tuple[object, ...]) -> Key:
    return tuple(_key_part(row[i]) for i in query.layout.key)


def _key_part(cell: Any) -> str | int:
    return cell if isinstance(cell, str | int) and not isinstance(cell, bool) else cell_text(cell) or ""


def _claim_stdout() -> BinaryIO:
    """Keep file descriptor 1 for frames and give everything that a driver may print to standard error."""
    own = os.dup(1)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(own, os.O_BINARY)
        msvcrt.setmode(0, os.O_BINARY)
    return os.fdopen(own, "wb")


if __name__ == "__main__":
    sys.exit(main())
