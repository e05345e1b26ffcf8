"""The probe of promise 4: ask the database for every column no policy reads, and keep what it answers.

A positive control in the same session stands before, between and after the questions: a refusal counts only while the
session can still read what it may. A statement is sent only where the engine's own privilege function says no, so a
probe never reads. Only the dialect's listed denial codes count; all else is "not shown", and what is not shown is wide.
Every column is asked for at start, whenever names, grants or account changed, and weekly; between, one of each table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.core.access import AccessRecord, ColumnAnswer, judge
from agent.core.classify import classify
from agent.core.granted_views import sound
from agent.core.grants import columns_needed
from agent.core.inventory import Inventory
from agent.core.query import CompiledQuery, Dialect, probe_sql, read_from
from agent.core.ruleset import Table
from agent.core.source import SourceSettings
from agent.dms.odbc import Connection
from agent.dms.privileges import after_no_gap, readable_columns, wide_reasons
from agent.errors import PolicyError

_BETWEEN_CONTROLS = 50
_CONTROLS = 5


def probe(
    connection: Connection,
    settings: SourceSettings,
    inventory: Inventory,
    queries: Sequence[CompiledQuery],
    now: dt.datetime,
    earlier: AccessRecord | None = None,
    before: Inventory | None = None,
) -> AccessRecord:
    """Every table and view of the inventory. `queries`: all that the active policies run against this source.
    `earlier`: a record that asked for all columns and is young enough to rest on, while it speaks of the same.
    `before`: the names as they were kept, which tell a column that was renamed from one that was added."""
    granted = _granted(queries, inventory)
    dialect = connection.dialect
    views, reasons = sound(columns_needed(queries), dialect, inventory) if dialect.enforcement == "view" else ((), ())
    open_to_us = frozenset(_as_read(dialect, column) for column in granted)
    ungranted = _ungranted(inventory, open_to_us)
    asked = AccessRecord(
        source=inventory.source,
        dialect=connection.dialect.name,
        account=connection.account(),
        asked_at=now,
        inventory_sha256=inventory.digest(),
        status="not_enforced",
        reasons=(f"engine: {settings.dialect} refuses no read to anybody",),
        granted=tuple(sorted(ColumnAnswer(*column) for column in granted)),
        refused=(),
        readable=(),
        not_shown=tuple(sorted(ColumnAnswer(*column, "not asked") for column in ungranted)),
        sql=_SAID.format(*map(dialect.quote, ("COLUMN", "SCHEMA", "TABLE"))),
        views=views,
    )
    if dialect.enforcement == "none":
        return asked
    open_now = readable_columns(connection)
    reasons += wide_reasons(connection)
    gone = granted - {(t.schema, t.name, column.name) for t in inventory.tables for column in t.columns}
    renamed = _renamed(connection, open_now - open_to_us, gone, before) if before else frozenset()
    readable = tuple(sorted(ColumnAnswer(*column) for column in open_now - open_to_us - renamed))
    closed = [column for column in ungranted if column not in open_now]
    sampled = earlier is not None and _same(earlier, asked) and not reasons and not readable
    questions = _one_per_table(closed, now.date()) if sampled else closed
    refused, not_shown, lost = _ask(
        connection, sorted(_as_read(dialect, column) for column in granted - gone), questions
    )
    return replace(
        asked,
        renamed=tuple(sorted(ColumnAnswer(*column) for column in renamed)),
        not_asked=len(closed) - len(questions),
        rests_on=earlier.digest() if earlier and sampled else "",
        status=judge(reasons=reasons + lost, readable=readable, not_shown=not_shown),
        reasons=reasons + lost,
        refused=tuple(sorted(refused)),
        readable=readable,
        not_shown=tuple(sorted(not_shown)),
    )


Column = tuple[str, str, str]  # schema, table, column
_SAID = "SELECT m.{0} FROM {1}.{2} m WHERE 1 = 0"


def _same(earlier: AccessRecord, today: AccessRecord) -> bool:
    """It refused everything, and account, names and grants are still what they were."""
    return earlier.status == "refused" and all(
        getattr(earlier, what) == getattr(today, what)
        for what in ("source", "dialect", "account", "inventory_sha256", "granted", "sql", "views")
    )


def _renamed(
    connection: Connection, readable: frozenset[Column], gone: frozenset[Column], before: Inventory
) -> frozenset[Column]:
    """On PostgreSQL a renamed column takes its grant along. What is readable in a table counts as renamed when each of
    it stands in the very place of a granted column that is gone, and none looks nonpublic. Anything else, a column
    dropped and another added and granted too, is a grant that nobody asked for."""
    found: set[Column] = set()
    for schema, table in {column[:2] for column in gone} if connection.dialect.name == "postgresql" else ():
        known = before.table(schema, table)
        came = {column for column in readable if column[:2] == (schema, table)}
        places = {
            (schema, table, now)
            for (now, in_place), was in zip(
                after_no_gap(connection, schema, table), known.columns if known else (), strict=False
            )
            if in_place and now != was.name and (schema, table, was.name) in gone
        }
        if came <= places and not any(_forbidden(column) for column in came):
            found |= came
    return frozenset(found)


def _forbidden(column: Column) -> bool:
    return classify(column[2], table=column[1]).verdict == "forbidden"


def _one_per_table(columns: Sequence[Column], day: dt.date) -> list[Column]:
    """Another column of each table every day."""
    tables: dict[tuple[str, str], list[Column]] = {}
    for column in columns:
        tables.setdefault(column[:2], []).append(column)
    return [of[day.toordinal() % len(of)] for of in tables.values()]


def _granted(queries: Sequence[CompiledQuery], inventory: Inventory) -> frozenset[Column]:
    """What the queries touch, with the schema the inventory knows where a policy names none."""
    schema_of = {table.name: table.schema for table in inventory.tables}
    return frozenset(
        (table.schema or schema_of.get(table.name, ""), table.name, column)
        for query in queries
        for table, column in query.touches
    )


def _as_read(dialect: Dialect, column: Column) -> Column:
    """Where the account reads a granted column: in its table, or in the view that stands in front of it."""
    place = read_from(dialect, Table(column[0], column[1]))
    return place.schema, place.name, column[2]


def _ungranted(inventory: Inventory, granted: frozenset[Column]) -> list[Column]:
    every = ((t.schema, t.name, column.name) for t in inventory.tables for column in t.columns)
    return [column for column in every if column not in granted]


def _ask(
    connection: Connection, controls: Sequence[Column], ungranted: Sequence[Column]
) -> tuple[tuple[ColumnAnswer, ...], tuple[ColumnAnswer, ...], tuple[str, ...]]:
    """(refused, not shown, reasons). Answers since the last good control count only when the next control is good."""
    refused: list[ColumnAnswer] = []
    not_shown: list[ColumnAnswer] = []
    good = _control(connection, controls)
    for chunk in _chunks(ungranted):
        answers = [_answer(connection, column) for column in chunk] if good else []
        good = good and _control(connection, controls)
        if good:
            refused += [answer for answer, denied in answers if denied]
            not_shown += [answer for answer, denied in answers if not denied]
        else:
            not_shown += [ColumnAnswer(*column, "no control") for column in chunk]
    reasons = () if good else ("control: the account could not read what it was granted, in the same session",)
    return tuple(refused), tuple(not_shown), reasons


def _chunks(columns: Sequence[Column]) -> Iterator[Sequence[Column]]:
    for start in range(0, len(columns), _BETWEEN_CONTROLS):
        yield columns[start : start + _BETWEEN_CONTROLS]


def _control(connection: Connection, controls: Sequence[Column]) -> bool:
    """Can this session read a granted column right now? Without one nothing can be shown. A column that was renamed
    where names are hidden fails alone, so a few are tried."""
    return any(
        connection.ask(probe_sql(connection.dialect, Table(schema, table), column)) is None
        for schema, table, column in controls[:_CONTROLS]
    )


def _answer(connection: Connection, column: Column) -> tuple[ColumnAnswer, bool]:
    schema, table, name = column
    try:
        sql = probe_sql(connection.dialect, Table(schema, table), name)
    except PolicyError:
        return ColumnAnswer(*column, "unspeakable name"), False
    answer = connection.ask(sql)
    if answer is None:
        return ColumnAnswer(*column, "answered"), False
    code = answer.denied(connection.dialect.denials)
    return ColumnAnswer(*column, code or str(answer)), bool(code)
