"""The names a policy relies on, held against the names a database has: what is not there, what is not the same any
more, and where the policy says so. Names only; a difference stops the run before anything is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from agent.core.inventory import Inventory, InventoryTable
from agent.core.policy.document import PolicyDocument, columns_named, split_table, tables_named
from agent.core.policy.reader import inspect_policy
from agent.core.policy.schema_errors import nearest
from agent.core.ruleset import Table
from agent.core.text import shown
from agent.errors import PolicyError, SourceError
from agent.state.permission import StoredPolicy

# Engines whose catalog hides from an account what it may not read: a name that is not shown there may well exist.
_HIDES = ("mariadb", "sqlserver")


@dataclass(frozen=True, slots=True)
class Lacking:
    """A name of a policy that the database does not have."""

    what: str
    policy: str
    line: int
    nearest: str
    code: str  # of `policy check --explain`
    hides: bool = False  # the engine does not show an account what it may not read

    def error(self) -> PolicyError | SourceError:
        near = f"; nearest: {self.nearest}" if self.nearest else ""
        if self.hides:
            return SourceError(
                self.code,
                f"{self.what}, or this account may not see it; line {self.line} of policy {self.policy} names it{near}."
                " Nothing was read",
                "have the DBA run what `fieldgate grants` prints; if that is done, correct the name in the policy",
                exit_status=1,
            )
        return PolicyError(
            self.code,
            f"{self.what}, which line {self.line} of policy {self.policy} names{near}. Nothing was read",
            f"correct the name in a new version of the policy, or have the DBA bring it back; see: "
            f"fieldgate policy check --explain {self.code}",
            exit_status=1,
        )


def lacking(policies: Iterable[StoredPolicy], source: str, inventory: Inventory) -> Iterator[Lacking]:
    """Every table and column the policies name in this source that the inventory lacks, in the order of the files."""
    for policy in policies:
        reading = inspect_policy(policy.data, f"{policy.name}.yaml")
        if reading.document is None:
            continue
        found: list[Lacking] = []
        for path, what, near, code in _absent(reading.document, source, inventory):
            line = reading.tree.value(path).line
            found.append(Lacking(what, shown(policy.name), line, near, code, inventory.dialect in _HIDES))
        yield from sorted(set(found), key=lambda one: one.line)


def _absent(
    document: PolicyDocument, source: str, inventory: Inventory
) -> Iterator[tuple[tuple[str | int, ...], str, str, str]]:
    known_tables = tuple(str(Table(t.schema, t.name)) for t in inventory.tables)
    absent = set()
    for path, name in tables_named(document):
        if _source_of(document, path) == source and _table(inventory, name) is None:
            absent.add(name)
            near = nearest(name, known_tables) or ""
            yield path, f"table `{shown(name)}` is not in the database", shown(near), "P030"
    for named in columns_named(document):
        table = _table(inventory, named.table)
        if _source_of(document, named.path) != source or table is None or named.table in absent:
            continue
        columns = tuple(column.name for column in table.columns)
        if named.column not in columns:
            near = nearest(named.column, columns) or ""
            what = f"column `{shown(named.column)}` is not in table {shown(named.table)}"
            yield named.path, what, shown(near), "P031"


def _source_of(document: PolicyDocument, path: tuple[str | int, ...]) -> str:
    block, name = path[0], str(path[1])
    return document.choices[name].source if block == "choices" else document.datasets[name].from_.source


def _table(inventory: Inventory, name: str) -> InventoryTable | None:
    """The table a policy means. Lineage judges whether a bare name is clear enough."""
    named = split_table(name)
    if named is None:
        return None
    if named.schema:
        return inventory.table(named.schema, named.name)
    return next((table for table in inventory.tables if table.name == named.name), None)


def names_today(pinned: Inventory, live: Inventory) -> Inventory:
    """The kept names with what the account sees today laid over them; names it is not shown stay."""
    seen = {(table.schema, table.name): table for table in live.tables}
    tables = [_merged(table, seen.pop((table.schema, table.name), None), live) for table in pinned.tables]
    hidden = pinned.routines if live.dialect in _HIDES else ()
    routines = sorted({*live.routines, *hidden}, key=lambda r: (r.schema, r.name, r.security))
    return replace(
        live,
        tables=tuple(sorted([*(t for t in tables if t), *seen.values()], key=lambda t: (t.schema, t.name))),
        routines=tuple(routines),
    )


def _merged(kept: InventoryTable, seen: InventoryTable | None, live: Inventory) -> InventoryTable | None:
    if live.dialect not in _HIDES:
        return replace(seen, definition=seen.definition or kept.definition) if seen else None
    if seen is None:
        return kept
    now = {column.name: column for column in seen.columns}
    old = tuple(now.pop(column.name, column) for column in kept.columns)
    return replace(kept, kind=seen.kind, columns=(*old, *now.values()), definition=seen.definition or kept.definition)
