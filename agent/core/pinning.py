"""Makes pins: every object a policy's queries reach in an inventory, as it is there at import."""

from __future__ import annotations

from collections.abc import Iterable

from agent.core.inventory import Inventory, InventoryTable
from agent.core.lineage import trace
from agent.core.pins import PinnedColumn, PinnedTable, Pins, text_digest
from agent.core.query import CompiledQuery
from agent.core.ruleset import Table


def pin(queries: Iterable[CompiledQuery], inventory: Inventory) -> Pins:
    """Every object these queries reach in the inventory, sorted by name."""
    queries = tuple(queries)
    touches = {touch for query in queries for touch in query.touches}
    tables = {table for query in queries for table in query.tables}
    reached = trace(touches, tables, inventory)
    by_hand = {(_found(table, inventory), column) for table, column in touches}
    wanted: dict[InventoryTable, set[str]] = {}
    for table in (*tables, *reached.tables, *(base.table for base in reached.columns)):
        found = _found(table, inventory)
        if found is not None:
            wanted.setdefault(found, set())
    for place, column in (*by_hand, *((_found(b.table, inventory), b.column) for b in reached.columns)):
        if place is not None:
            wanted[place].add(column)
    pinned = (_pinned(table, columns, by_hand) for table, columns in wanted.items())
    return tuple(sorted(pinned, key=lambda p: (p.schema, p.name)))


def _found(table: Table, inventory: Inventory) -> InventoryTable | None:
    if table.schema:
        return inventory.table(table.schema, table.name)
    named = [t for t in inventory.tables if t.name == table.name]
    return named[0] if len(named) == 1 else None


def _pinned(table: InventoryTable, columns: set[str], by_hand: set[tuple[InventoryTable | None, str]]) -> PinnedTable:
    touched = {column for place, column in by_hand if place == table}
    return PinnedTable(
        table.schema,
        table.name,
        table.kind,
        text_digest(table.definition) if table.kind == "view" else "",
        tuple(
            PinnedColumn(c.name, c.type, text_digest(c.generated), c.name in touched)
            for c in sorted(table.columns, key=lambda c: c.name)
            if c.name in columns
        ),
        bool(touched),
    )
