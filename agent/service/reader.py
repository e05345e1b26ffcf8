"""The reader child: the only process that holds raw rows. It reads one keyset page, screens, transforms, encodes, and
answers with frames of bytes and digests. It has no signing key, outbox key, recipient address or state file, and its
standard output carries frames only. Stdlib, core and dms; nothing else is imported here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress, islice
from operator import eq, itemgetter
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from agent.core import choices, ids
from agent.core.jobs import (
    ChoicesFrame,
    ChoicesJob,
    DatasetJob,
    Done,
    Failed,
    Frame,
    Job,
    Key,
    PageFrame,
    packed,
    read_job,
)
from agent.core.pins import Pins, differences, refuse_changed
from agent.core.query import CompiledQuery, compile_choices, compile_query, page
from agent.core.records import Recipe, RowPage, make_records, person_scope
from agent.core.values import cell_text, column_texts
from agent.dms.catalog import names_of
from agent.dms.catalog_sql import CATALOG
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import Connection, connect
from agent.errors import FieldgateError, SourceError
from agent.service.collector import calm

Rows = list[tuple[object, ...]]


def main() -> int:
    """Answer jobs until standard input ends."""
    out = _claim_stdout()
    calm()
    while (job := read_job(sys.stdin.buffer.read)) is not None:
        for frame in answer(job):
            out.write(packed(frame))
            out.flush()
    return 0


def answer(job: Job) -> Iterator[Frame]:
    """All frames of one job; the last is Done or Failed. An unforeseen error keeps its name and loses its text."""
    try:
        rows = 0
        with connect(job.source, job.password) as connection:
            for frame in _frames(job, connection):
                rows += frame.page.rows if isinstance(frame, PageFrame) else len(frame.states)
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


def _frames(job: Job, connection: Connection) -> Iterator[PageFrame | ChoicesFrame]:
    if isinstance(job, DatasetJob):
        yield from _dataset(job, connection)
    else:
        yield from _choices(job, connection)


def _dataset(job: DatasetJob, connection: Connection) -> Iterator[PageFrame]:
    query = compile_query(job.rules, job.store, DIALECTS[job.source.dialect], today=job.today)
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
    for range_no, exhausted, upper, rows in _ranges(
        _Reading(connection, query, job.pinned), job.after, job.ranges, job.page_rows
    ):
        yield PageFrame(range_no, exhausted, upper, make_records(recipe, RowPage(names, rows)))


def _choices(job: ChoicesJob, connection: Connection) -> Iterator[ChoicesFrame]:
    query = compile_choices(job.rules, DIALECTS[job.source.dialect])
    scope = person_scope(job.rules.source, str(job.rules.table))
    for range_no, exhausted, upper, rows in _ranges(
        _Reading(connection, query, job.pinned), None, job.ranges, job.page_rows
    ):
        columns = list(zip(*rows, strict=True)) or [()] * len(query.select)
        keys = ids.framed_rows([column_texts(columns[i]) for i in query.layout.key])
        readable = [key is not None for key in keys]
        people = ids.hashes(job.persons_key, scope, list(compress(keys, readable)))
        states = choices.states_texts(job.rules, [columns[i] for i in query.layout.choices[0]])
        yield ChoicesFrame(range_no, exhausted, upper, b"".join(people), list(compress(states, readable)))


@dataclass(slots=True)
class _Reading:
    """One query being read. Before its first page is used, the names are compared with what was pinned at import."""

    connection: Connection
    query: CompiledQuery
    pinned: Pins
    compared: bool = False

    def rows(self, after: Key | None, upto: Key | None, limit: int) -> Rows:
        sql, params = page(self.query, after, upto, limit)
        if self.compared or not self.pinned:
            return self.connection.rows(sql, params)
        with self.connection.transaction():
            self._compare()
            rows = self.connection.rows(sql, params)
            self._compare()  # the page's own locks hold the names still now: what was altered in between is seen here
        self.compared = True
        return rows

    def _compare(self) -> None:
        if self.connection.settings.dialect in CATALOG:
            live = names_of(self.connection, [(one.schema, one.name) for one in self.pinned])
            found = differences(self.pinned, live, self.connection.settings.dialect)
            refuse_changed(self.query.dataset or "choices", found)


def _ranges(
    reading: _Reading, after: Key | None, ranges: list[Key], limit: int
) -> Iterator[tuple[int, bool, Key | None, Rows]]:
    """(range number, read to its end?, last key, rows) for each key range, then for all that lies behind the last."""
    low = after
    for range_no, upto in enumerate([*ranges, None]):
        exhausted = False
        while not exhausted:
            rows = reading.rows(low, upto, limit + 1)
            exhausted = len(rows) <= limit
            _refuse_same_key(reading.query, rows)
            rows = rows[:limit]
            last = tuple(_key_part(rows[-1][i]) for i in reading.query.layout.key) if rows else None
            low = last or low
            yield range_no, exhausted, upto if exhausted and upto is not None else last, rows
        low = upto if upto is not None else low


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
