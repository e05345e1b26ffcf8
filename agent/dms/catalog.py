"""The inventory, taken by the agent where its account may see names, or read from what a DBA's client printed.

Names only, never a value. A file that is not exactly the catalog statement's output is refused whole: a guessed
inventory would make the probe and the lineage speak about tables that nobody has.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import groupby

from agent.core.inventory import Inventory, InventoryColumn, InventoryRoutine, InventoryTable, Security, TableKind
from agent.core.source import SourceSettings
from agent.core.text import shown
from agent.dms.catalog_sql import CATALOG, COLUMNS, FOR_THE_DBA, NAMED_BY, ROUTINES
from agent.dms.odbc import Connection
from agent.errors import ConfigError, SourceError

_TSV_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "0": "\0"}
_MAX_BYTES = 64 * 1024 * 1024


def take_inventory(connection: Connection, settings: SourceSettings, now: dt.datetime) -> Inventory:
    """As far as the account may see. MariaDB shows an exact account its own columns only: there, ask the DBA."""
    if settings.dialect not in CATALOG:
        raise ConfigError(
            "inventory_unknown",
            f"the dialect `{settings.dialect}` has no catalog that fieldgate can read",
            "write the inventory as CSV with the columns of `fieldgate discover --print-query`, "
            "then: fieldgate discover --from FILE",
        )
    rows = _catalog_rows(connection, settings.dialect)
    if settings.dialect in ROUTINES:
        rows += connection.rows(ROUTINES[settings.dialect])
    texts = [tuple("" if cell is None else str(cell) for cell in row) for row in rows]
    return inventory_of(texts, settings.name, settings.dialect, now)


def _catalog_rows(connection: Connection, dialect: str) -> list[tuple[object, ...]]:
    """SQLite refuses the whole statement because of one view that does not work any more: then each object is asked for
    alone, and the one that cannot be described is left out, as if it were not there."""
    try:
        return connection.rows(CATALOG[dialect])
    except SourceError:
        if dialect != "sqlite":
            raise
    head, order, tail = CATALOG[dialect].rpartition("\nORDER BY")
    names = connection.rows(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!' "
        "ORDER BY name"
    )
    return _each_alone(connection, f"{head}\n  AND t.name = ?{order}{tail}", names)


def _each_alone(connection: Connection, sql: str, asked: Iterable[Sequence[object]]) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for params in asked:
        with suppress(SourceError):
            found += connection.rows(sql, params)
    return found


def names_of(connection: Connection, tables: Sequence[tuple[str, str]]) -> tuple[InventoryTable, ...]:
    """What the session sees of these tables (schema, name) now; a missing one is left out."""
    dialect = connection.settings.dialect
    if not tables or dialect not in CATALOG:
        return ()
    schema, name = NAMED_BY[dialect]
    head, order, tail = CATALOG[dialect].rpartition("\nORDER BY")
    chosen = " OR ".join(f"({schema} = ? AND {name} = ?)" for _ in tables)
    try:
        rows = connection.rows(f"{head}\n  AND ({chosen}){order}{tail}", [part for pair in tables for part in pair])
    except SourceError:
        if dialect != "sqlite":
            raise
        one = f"{head}\n  AND {schema} = ? AND {name} = ?{order}{tail}"
        rows = _each_alone(connection, one, sorted(tables))
    texts = [tuple("" if cell is None else str(cell) for cell in row) for row in rows]
    groups = groupby(texts, key=lambda row: (row[0], row[1]))
    return tuple(_table(schema, name, list(group), dialect) for (schema, name), group in groups)


def print_query(dialect: str) -> str:
    """The catalog statement for the DBA, with how to run it. It reads names and no row of any table."""
    if dialect not in FOR_THE_DBA:
        raise ConfigError(
            "inventory_unknown",
            f"there is no catalog query for `{shown(dialect)}`",
            f"choose one of {', '.join(FOR_THE_DBA)}: fieldgate discover --print-query --dialect NAME",
        )
    how, before, after = FOR_THE_DBA[dialect]
    # Microsoft's JSON output takes one statement; there the agent's own account is shown the routines.
    also = f"\n{ROUTINES[dialect]}{after}" if dialect in ROUTINES and dialect != "sqlserver" else ""
    return (
        f"-- Reads names only: tables, columns, types, comments, view texts, routines. No row of a table.\n"
        f"-- Run it as an account that sees everything:\n--   {how}\n"
        f"-- Then: fieldgate discover --from inventory.csv\n{before}{CATALOG[dialect]}{after}{also}\n"
    )


def read_inventory(data: bytes, source: str, dialect: str, taken_at: dt.datetime) -> Inventory:
    """The output of `print_query`: CSV, a client's tab-separated output, or JSON. ConfigError names the line."""
    if len(data) > _MAX_BYTES:
        raise _unreadable("it is larger than 64 MB")
    text = _text(data)
    body = text.lstrip()
    if body.startswith("["):
        return inventory_of(_json_rows(body), source, dialect, taken_at)
    if "\t" in body.split("\n", 1)[0]:
        return inventory_of(_tsv_rows(body), source, dialect, taken_at)
    return inventory_of(_csv_rows(text), source, dialect, taken_at)


def _text(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise _unreadable("it is neither UTF-8 nor UTF-16") from None


def _csv_rows(text: str) -> Iterable[Sequence[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        _check_header(next(reader, []))
        for row in reader:
            if row and tuple(row) != COLUMNS:  # each of two statements prints a header
                _check_width(row, reader.line_num)
                yield row
    except csv.Error:
        raise _unreadable(f"line {reader.line_num} is not CSV") from None


def _tsv_rows(text: str) -> Iterable[Sequence[str]]:
    lines = text.splitlines() if "\r" in text else text.split("\n")
    _check_header(lines[0].split("\t"))
    for number, line in enumerate(lines[1:], 2):
        if line and line != lines[0]:
            row = [_unescaped(cell) for cell in line.split("\t")]
            _check_width(row, number)
            yield row


def _unescaped(cell: str) -> str:
    if "\\" not in cell:
        return cell
    parts = cell.split("\\")
    out, i = [parts[0]], 1
    while i < len(parts):
        part = parts[i]
        if part == "" and i + 1 < len(parts):  # an escaped backslash leaves an empty part behind
            out += ["\\", parts[i + 1]]
            i += 2
            continue
        out += [_TSV_ESCAPES.get(part[:1], part[:1]), part[1:]]
        i += 1
    return "".join(out)


def _json_rows(text: str) -> Iterable[Sequence[str]]:
    # sqlcmd breaks long output into lines; a raw line break never stands inside a JSON text, so none is needed.
    try:
        rows = json.loads(text.replace("\r", "").replace("\n", ""))
    except (json.JSONDecodeError, RecursionError):
        raise _unreadable("it is not JSON") from None
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or set(row) - set(COLUMNS):
            raise _unreadable(f"row {number} has other names than the query gives")
        yield [str(row.get(name) or "") for name in COLUMNS]


def _check_header(row: Sequence[str]) -> None:
    if tuple(name.strip() for name in row) != COLUMNS:
        raise _unreadable(f"its first line is not {','.join(COLUMNS)}")


def _check_width(row: Sequence[str], number: int) -> None:
    if len(row) != len(COLUMNS):
        raise _unreadable(f"line {number} has {len(row)} columns instead of {len(COLUMNS)}")


def inventory_of(rows: Iterable[Sequence[str]], source: str, dialect: str, now: dt.datetime) -> Inventory:
    """From rows as the catalog statement gives them, every cell as text."""
    ordered: list[Sequence[str]] = []
    routines: list[Sequence[str]] = []
    for row in rows:
        (routines if row[2] == "routine" else ordered).append(row)
    tables = []
    for (schema, name), group in groupby(ordered, key=lambda row: (row[0], row[1])):
        tables.append(_table(schema, name, list(group), dialect))
    if not tables:
        raise _unreadable("there is no table in it")
    if len({(table.schema, table.name) for table in tables}) != len(tables):
        raise _unreadable("a table stands in it twice")
    found = sorted({_routine(row) for row in routines}, key=lambda r: (r.schema, r.name, r.security))
    return Inventory(source, dialect, now, tuple(sorted(tables, key=lambda t: (t.schema, t.name))), tuple(found))


def _routine(row: Sequence[str]) -> InventoryRoutine:
    if not row[0] or not row[1] or row[4].lower() not in ("definer", "invoker"):
        raise _unreadable(f"routine {shown(row[1])} is incomplete")
    security: Security = "definer" if row[4].lower() == "definer" else "invoker"
    return InventoryRoutine(row[0], row[1], security)


def _table(schema: str, name: str, rows: Sequence[Sequence[str]], dialect: str) -> InventoryTable:
    kind: TableKind = "view" if rows[0][2] == "view" else "table"
    columns = tuple(_column(row, dialect) for row in rows)
    if not schema or not name or len({c.name for c in columns}) != len(columns):
        raise _unreadable(f"table {shown(name)} is incomplete or has a column twice")
    if any("\0" in part for part in (schema, name, *(c.name for c in columns))):
        raise _unreadable(f"table {shown(name)} holds a name with a NUL, which no engine gives")
    return InventoryTable(schema, name, kind, columns, rows[0][8] if kind == "view" else "")


def _column(row: Sequence[str], dialect: str) -> InventoryColumn:
    generated = row[7]
    if generated and dialect == "sqlite":
        from agent.core.viewtext import generating_expression  # the parser stays out of the reader child until needed

        generated = generating_expression(generated, row[3], dialect)
    return InventoryColumn(row[3], row[4].lower(), row[5].upper() != "NO", row[6], generated)


def _unreadable(why: str) -> ConfigError:
    return ConfigError(
        "inventory_unreadable",
        f"the inventory cannot be read: {why}",
        "run the query again as its first lines say: fieldgate discover --print-query --dialect NAME",
    )
