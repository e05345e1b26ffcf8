"""`enforcement: view`: the DBA puts a view in front of each table, which hands on the granted columns and nothing else,
and the agent's account may read the views alone.

`create_views` is what the DBA runs. `sound` believes none of it: a view counts only when its own text, read by the
parser, takes each column from the same column of its table, and reaches nothing else in any clause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.core.inventory import Inventory, InventoryTable
from agent.core.pins import PinnedColumn, PinnedTable, text_digest
from agent.core.query import Dialect, quoted, read_from, table_sql
from agent.core.ruleset import Table


def create_views(needed: Mapping[Table, Sequence[str]], dialect: Dialect, account: str) -> tuple[str, ...]:
    """Statements without semicolon. `account`: quoted, as this engine says it."""
    schema = quoted(dialect, dialect.view_schema)
    statements = [_SCHEMA[dialect.name].format(schema=schema, name=dialect.view_schema)]
    if dialect.name == "postgresql":
        statements.append(f"GRANT USAGE ON SCHEMA {schema} TO {account}")
    for table, columns in needed.items():
        view = table_sql(dialect, read_from(dialect, table))
        listed = ", ".join(f"m.{quoted(dialect, column)}" for column in columns)
        create = f"CREATE VIEW {view} AS SELECT {listed} FROM {table_sql(dialect, table)} m"  # noqa: S608 quoted
        if dialect.name == "sqlserver":  # it must be the only statement of its batch
            create = "EXEC (N'" + create.replace("'", "''") + "')"
        right = "SELECT, SHOW VIEW" if dialect.name == "mariadb" else "SELECT"
        statements += [f"DROP VIEW IF EXISTS {view}", create, f"GRANT {right} ON {view} TO {account}"]
    return tuple(statements)


_SCHEMA = {
    "postgresql": "CREATE SCHEMA IF NOT EXISTS {schema}",
    "mariadb": "CREATE DATABASE IF NOT EXISTS {schema}",
    # The schema's owner must be the tables' owner: then the right to read the view is enough.
    "sqlserver": "IF SCHEMA_ID(N'{name}') IS NULL EXEC (N'CREATE SCHEMA {schema} AUTHORIZATION [dbo]')",
}


def sound(
    needed: Mapping[Table, Sequence[str]], dialect: Dialect, inventory: Inventory
) -> tuple[tuple[PinnedTable, ...], tuple[str, ...]]:
    """(the views that are what they must be, what is wrong with the others). `inventory`: with today's views in it."""
    good, bad = [], []
    for table, columns in needed.items():
        place = read_from(dialect, table)
        view = inventory.table(place.schema, place.name)
        wrong = _wrong(view, table, columns, inventory)
        if wrong or view is None:
            bad.append(f"view: {place} {wrong}")
        else:
            good.append(_pinned(view))
    return tuple(good), tuple(bad)


def _wrong(view: InventoryTable | None, table: Table, columns: Sequence[str], inventory: Inventory) -> str:
    if view is None or view.kind != "view":
        return "is not there, or is no view"
    if not view.definition.strip():
        return "does not show its text to this account"
    if {column.name for column in view.columns} != set(columns):
        return "does not have exactly the granted columns"
    from agent.core.viewtext import read_view  # the SQL parser is loaded where a view is met; most dealers have none

    read = read_view(view, inventory)
    if isinstance(read, str):
        return f"cannot be read: {read}"
    if read.always or read.tables != {table}:
        return "reaches more than its table, or filters it"
    if any(reached != {(table, column.name)} for reached, column in zip(read.outputs, view.columns, strict=True)):
        return "gives a column under another column's name"
    return ""


def _pinned(view: InventoryTable) -> PinnedTable:
    columns = (PinnedColumn(c.name, c.type, "", touched=True) for c in sorted(view.columns, key=lambda c: c.name))
    digest = text_digest(view.definition)
    return PinnedTable(view.schema, view.name, view.kind, digest, tuple(columns), touched=True)
