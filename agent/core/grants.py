"""The least privilege that the compiled queries need, as GRANT statements for a DBA, and the letter that carries them.

Computed from `touches`, so filter, join, key, store, change and choice columns are in it and nothing else. An engine
without column grants gets none: an empty answer, which the letter explains.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from agent.core.granted_views import create_views
from agent.core.inventory import Inventory
from agent.core.query import CompiledQuery, Dialect, quoted, speakable, table_sql
from agent.core.ruleset import Table
from agent.core.text import shown

REFUSED_NIGHTLY = (
    "Every night the agent asks the database for columns it was NOT given, to prove",
    "that they are refused. Your log will show these refusals. They read no row.",
)


def columns_needed(queries: Iterable[CompiledQuery]) -> dict[Table, tuple[str, ...]]:
    """Per table every column that any clause of any query touches, sorted."""
    needed: defaultdict[Table, set[str]] = defaultdict(set)
    for query in queries:
        for table, column in query.touches:
            needed[table].add(column)
    return {table: tuple(sorted(needed[table])) for table in sorted(needed, key=str)}


def grants(queries: Iterable[CompiledQuery], dialect: Dialect, account: str) -> tuple[str, ...]:
    """One statement each, without semicolon: column grants, or views and the right to read them. `account` as the DBA
    knows it; MariaDB's may carry @host, else @%."""
    if dialect.enforcement == "none":
        return ()
    needed = columns_needed(queries)
    who = _account(dialect, account)
    if dialect.enforcement == "view":
        return create_views(needed, dialect, who)
    statements = []
    if dialect.name == "postgresql":
        schemas = sorted({table.schema for table in needed})
        statements = [f"GRANT USAGE ON SCHEMA {quoted(dialect, schema)} TO {who}" for schema in schemas]
    for table, columns in needed.items():
        listed = ", ".join(quoted(dialect, column) for column in columns)
        where = table_sql(dialect, table)
        if dialect.name == "sqlserver":
            statements.append(f"GRANT SELECT ON {where} ({listed}) TO {who}")
        else:
            statements.append(f"GRANT SELECT ({listed}) ON {where} TO {who}")
    return tuple(statements)


def names_shown(
    queries: Iterable[CompiledQuery], dialect: Dialect, account: str, inventory: Inventory | None
) -> tuple[str, ...]:
    """The metadata right, where the engine hides from an account the names it may not read: without it a column that
    the DBA adds stays unseen, and nothing can be asked of it. None of these reads a row."""
    needed = columns_needed(queries)
    who = _account(dialect, account)
    if dialect.name == "sqlserver":
        schemas = sorted({table.schema for table in needed})
        return tuple(f"GRANT VIEW DEFINITION ON SCHEMA::{quoted(dialect, schema)} TO {who}" for schema in schemas)
    if dialect.name != "mariadb" or inventory is None:
        return ()
    statements = []
    for found in inventory.tables:
        table = Table(found.schema, found.name)
        read = {*needed.get(table, ()), *needed.get(Table("", found.name), ())}
        read = set() if dialect.enforcement == "view" else read  # nothing of a table is granted, and all is asked for
        others = [column.name for column in found.columns if column.name not in read and speakable(column.name)]
        if others and speakable(found.schema) and speakable(found.name):
            listed = ", ".join(quoted(dialect, name) for name in others)
            statements.append(f"GRANT REFERENCES ({listed}) ON {table_sql(dialect, table)} TO {who}")
    return tuple(statements)


def _account(dialect: Dialect, account: str) -> str:
    if dialect.name != "mariadb":
        return quoted(dialect, account)
    user, _, host = account.rpartition("@") if "@" in account else (account, "", "%")
    return f"{quoted(dialect, user)}@{quoted(dialect, host)}"


def letter(
    queries: Iterable[CompiledQuery], dialect: Dialect, account: str, dealer: str, inventory: Inventory | None = None
) -> str:
    """A page for the DMS vendor's help desk or the DBA: what to run, what it allows, what it will show in the log."""
    listed = tuple(queries)
    needed = columns_needed(listed)
    statements = grants(listed, dialect, account)
    names = names_shown(listed, dialect, account, inventory)
    count = sum(len(columns) for columns in needed.values())
    lines = [
        f"For: {shown(dealer)}",
        f"Please let the database account {shown(account)} read {count} columns of {len(needed)} tables,",
        "and nothing else.",
        "",
        *(f"{statement};" for statement in statements or ("-- this database has no column rights to give",)),
        "",
        *_about_names(names),
        "It needs no other right: no role, no ownership, no writing, no file access.",
        "Please take away whatever else it has.",
        "",
        *REFUSED_NIGHTLY,
        "",
        "Columns by table:",
    ]
    lines += [f"  {shown(str(table))}: {', '.join(shown(c) for c in columns)}" for table, columns in needed.items()]
    return "\n".join(lines) + "\n"


def _about_names(statements: tuple[str, ...]) -> list[str]:
    if not statements:
        return []
    told = [
        "So that it can see the names of the other columns, and prove that it is refused them",
        "(no value of them):",
    ]
    return [*told, "", *(f"{statement};" for statement in statements), ""]
