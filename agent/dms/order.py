"""What the DMS says about the order in which rows can be had: its clock, the type of a change column, its indexes.

Catalog questions only. An index that serves no page is no index here: partial, disabled, expression and hash indexes
do not count. SQL Server's statement never met a real server here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from agent.core.changes import ChangeKind, plain_type, served, too_short
from agent.core.ruleset import Table
from agent.core.text import shown
from agent.dms.catalog import names_of
from agent.dms.odbc import Connection
from agent.errors import ConfigError

# (index, column) in the order of the index; parameters: schema, table.
_INDEXES = {
    "postgresql": """\
SELECT CAST(x.indexrelid AS text), COALESCE(a.attname, '')
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = i.relam AND m.amname = 'btree'
CROSS JOIN LATERAL pg_catalog.unnest(CAST(x.indkey AS int2[])) WITH ORDINALITY AS k(attnum, place)
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum > 0
WHERE x.indisvalid AND x.indpred IS NULL AND n.nspname = ? AND c.relname = ?
ORDER BY x.indexrelid, k.place""",
    "mariadb": """\
SELECT s.INDEX_NAME, COALESCE(s.COLUMN_NAME, '')
FROM information_schema.STATISTICS s
WHERE s.INDEX_TYPE = 'BTREE' AND s.SUB_PART IS NULL AND s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ?
ORDER BY s.INDEX_NAME, s.SEQ_IN_INDEX""",
    "sqlite": """\
SELECT x.name, x.column_name FROM (
  SELECT l.name AS name, COALESCE(i.name, '') AS column_name, i.seqno AS place
  FROM pragma_index_list(?) l JOIN pragma_index_info(l.name) i WHERE l.partial = 0
  UNION ALL SELECT '(primary key)', t.name, t.pk FROM pragma_table_info(?) t WHERE t.pk > 0
) x ORDER BY x.name, x.place""",
    "sqlserver": """\
SELECT CAST(i.index_id AS nvarchar(12)), c.name
FROM sys.indexes i
JOIN sys.objects o ON o.object_id = i.object_id
JOIN sys.schemas s ON s.schema_id = o.schema_id
JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.type IN (1, 2) AND i.is_disabled = 0 AND i.has_filter = 0 AND s.name = ? AND o.name = ?
ORDER BY i.index_id, k.key_ordinal""",
}


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """How changes of a table are asked for, or `why` not."""

    kind: ChangeKind = "local"
    mark: str = "?"  # how a text is said as a value of the change column
    why: str = ""


def server_clock(connection: Connection) -> str:
    """UTC as ISO text; empty where the engine has none that we know how to ask."""
    sql = connection.dialect.clock_sql
    return str(connection.rows(sql)[0][0]) if sql else ""


def indexes(connection: Connection, table: Table) -> list[tuple[str, ...]]:
    """The columns of each index that can give pages in its order."""
    dialect = connection.settings.dialect
    if dialect not in _INDEXES:
        return []
    parts: Sequence[str] = (table.name, table.name) if dialect == "sqlite" else (table.schema, table.name)
    if dialect == "mariadb" and not table.schema:
        parts = (connection.settings.database, table.name)
    rows = [(str(name), str(column)) for name, column in connection.rows(_INDEXES[dialect], parts)]
    return [tuple(column for _, column in group) for _, group in groupby(rows, key=lambda row: row[0])]


def change_order(connection: Connection, table: Table, column: str, store: str = "") -> ChangeOrder:
    """ConfigError where the overlap of agent.yaml is shorter than what this kind of column needs."""
    named = f"{shown(str(table))}.{shown(column)}"
    declared = _declared(connection, table, column)
    types = {name: (kind, mark) for name, kind, mark in connection.dialect.change_types}
    known = types.get(plain_type(declared))
    if known is None:
        said = f"is {shown(declared)}, not a date or time" if declared else "is of no type this account is shown"
        return ChangeOrder(why=f"{named} {said}")
    kind, mark = known
    settings = connection.settings
    least = too_short(kind, settings.overlap_s)
    if least:
        what = {"local": "has no time zone", "date": "is a date", "zoned": "needs some overlap"}[kind]
        raise ConfigError(
            "overlap_short",
            f"overlap_s of source {shown(settings.name)} is {settings.overlap_s}; {named} {what} and needs {least:,}"
            " at least",
            f"set overlap_s: {least} for this source in agent.yaml, then: fieldgate doctor",
        )
    if not served(indexes(connection, table), [column], store):
        return ChangeOrder(kind, mark, f"no index of {shown(str(table))} begins with {shown(column)}")
    return ChangeOrder(kind, mark)


def _declared(connection: Connection, table: Table, column: str) -> str:
    schema = "main" if connection.settings.dialect == "sqlite" else table.schema or connection.settings.database
    for found in names_of(connection, [(schema, table.name)]):
        for one in found.columns:
            if one.name == column:
                return one.type
    return ""
