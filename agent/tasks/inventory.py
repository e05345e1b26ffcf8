"""What stands in a source, by name: sent, not asked for, needs a decision, never; and what changed since last time.

Works on names alone. A column is `never` when its name or anything it derives from is nonpublic, whoever asks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from agent.core.classify import classify_table
from agent.core.floor import Verdict, is_finance_table
from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.lineage import verdicts
from agent.core.ruleset import DatasetRules, Ruleset, Table
from agent.core.text import shown

Standing = Literal["sent", "not asked for", "needs a decision", "never"]
Column = tuple[str, str, str]  # schema, table, column
_OLD = dt.timedelta(days=35)


@dataclass(frozen=True, slots=True)
class ColumnStanding:
    schema: str
    table: str
    column: str
    type: str
    standing: Standing
    category: str
    reason: str


@dataclass(frozen=True, slots=True)
class Drift:
    """Names that came, went or changed type or definition between two inventories, as schema.table[.column]."""

    came: tuple[str, ...]
    went: tuple[str, ...]
    changed: tuple[str, ...]


def sent_columns(ruleset: Ruleset, source: str, inventory: Inventory) -> frozenset[Column]:
    """The columns whose values the policies in force send."""
    return frozenset(
        column
        for policy in ruleset.policies
        for dataset in policy.datasets
        if dataset.source == source
        for column in _selected(dataset, inventory.tables)
    )


def _selected(dataset: DatasetRules, tables: Iterable[InventoryTable]) -> Iterable[Column]:
    table_of = {"": dataset.table} | {join.alias: join.table for join in dataset.joins}
    schema_of = {table.name: table.schema for table in tables}
    for field in dataset.fields:
        table = table_of[field.ref.of]
        yield table.schema or schema_of.get(table.name, ""), table.name, field.ref.column


def too_old(inventory: Inventory, now: dt.datetime) -> str:
    """A finding where nobody has looked at the names for long; empty otherwise."""
    age = now - inventory.taken_at
    if age <= _OLD:
        return ""
    return f"the inventory of source {shown(inventory.source)} is {age.days} days old: fieldgate discover"


def standings(inventory: Inventory, sent: frozenset[Column] = frozenset()) -> tuple[ColumnStanding, ...]:
    """Every column of the inventory. `sent`: what the active policies select. `never` wins over `sent`."""
    found: list[ColumnStanding] = []
    for table in inventory.tables:  # a table is judged once: its columns are each other's neighbors
        own = classify_table(table.name, [(c.name, c.type, c.comment) for c in table.columns])
        found += [_standing(inventory, table, *pair, sent) for pair in zip(table.columns, own, strict=True)]
    return tuple(found)


def _standing(
    inventory: Inventory, table: InventoryTable, column: InventoryColumn, own: Verdict, sent: frozenset[Column]
) -> ColumnStanding:
    here = (table.schema, table.name, column.name)
    standing: Standing = "sent" if here in sent else "not asked for"
    category, reason = own.category, own.reason
    behind = verdicts(Table(table.schema, table.name), column.name, inventory)
    stop = next((problem for problem in behind if problem.refuses), None)
    if own.verdict == "forbidden" or is_finance_table(table.name):
        standing = "never"
    elif stop is not None:
        standing, category, reason = "never", stop.category, stop.reason
    elif standing != "sent" and (own.verdict == "suspected" or behind):
        standing = "needs a decision"
    return ColumnStanding(*here, column.type, standing, category, reason)


def drift(before: Inventory, now: Inventory) -> Drift:
    """Compared by exact name: a renamed column is one that went and one that came."""
    old, new = _flat(before), _flat(now)
    return Drift(
        came=tuple(sorted(new.keys() - old.keys())),
        went=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name])),
    )


def _flat(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for table in inventory.tables:
        place = f"{table.schema}.{table.name}" if table.schema else table.name
        names[place] = (table.kind, table.definition)
        for column in table.columns:
            names[f"{place}.{column.name}"] = (column.type, column.generated)
    for routine in inventory.routines:
        names[f"{routine.schema}.{routine.name}()"] = (routine.security,)
    return names
