"""Lineage: which base columns and tables a compiled query reaches, through views and generated columns, in any clause.

Selection is disclosure: a filter, join or sort inside a view counts like a selected column. What a view does not hand
on is not counted. What cannot be traced (no text, unknown function, unresolved name) is a value `Refused`, not a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from agent.core.classify import classify
from agent.core.floor import is_finance_table
from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.query import CompiledQuery
from agent.core.ruleset import Table

if TYPE_CHECKING:  # the SQL parser is loaded where a view or a generated column is met; most dealers have none
    from agent.core.viewtext import ViewMap

_DEPTH_MAX = 20


@dataclass(frozen=True, slots=True)
class Refused:
    """Could not be traced. `place` is a table or column name, `reason` a sentence without any value."""

    reason: str
    place: str


@dataclass(frozen=True, slots=True)
class BaseColumn:
    """A column of a real table. `via`: the views and generated columns it was reached through, outermost first."""

    table: Table
    column: str
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lineage:
    columns: frozenset[BaseColumn]
    tables: frozenset[Table]  # base tables and every view on the way
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class LineageProblem:
    """`suspected` is a question for the officers (a derived column nobody can vouch for); every other kind refuses."""

    kind: Literal["forbidden", "finance_table", "untraceable", "suspected"]
    place: str  # the base column or table; for untraceable what could not be read
    via: tuple[str, ...]
    category: str
    reason: str

    @property
    def refuses(self) -> bool:
        return self.kind != "suspected"


def check_lineage(query: CompiledQuery, inventory: Inventory) -> tuple[LineageProblem, ...]:
    """Everything that speaks against running this query over these names; empty means nothing does."""
    return _problems(trace(query.touches, query.tables, inventory), inventory)


def verdicts(table: Table, column: str, inventory: Inventory) -> tuple[LineageProblem, ...]:
    """The same for one column of the inventory."""
    return _problems(trace([(table, column)], [table], inventory), inventory)


def _problems(lineage: Lineage, inventory: Inventory) -> tuple[LineageProblem, ...]:
    problems = [LineageProblem("untraceable", r.place, (), "", r.reason) for r in lineage.refused]
    for table in sorted(lineage.tables, key=str):
        if is_finance_table(table.name):
            reason = "the table holds finance data: being in it is nonpublic already"
            problems.append(LineageProblem("finance_table", str(table), (), "finance", reason))
    for base in sorted(lineage.columns, key=lambda b: (str(b.table), b.column, b.via)):
        found = _verdict(base, inventory)
        if found is not None:
            problems.append(found)
    return tuple({(p.kind, p.place): p for p in reversed(problems)}.values())[::-1]


def _verdict(base: BaseColumn, inventory: Inventory) -> LineageProblem | None:
    table = inventory.table(base.table.schema, base.table.name)
    column = next((c for c in table.columns if c.name == base.column), None) if table else None
    if table is None or column is None:
        return LineageProblem("untraceable", f"{base.table}.{base.column}", base.via, "", "not in the inventory")
    neighbors = tuple(c.name for c in table.columns)  # the same for every column, so that they are read once a table
    verdict = classify(column.name, table=table.name, type=column.type, neighbors=neighbors, comment=column.comment)
    place = f"{base.table}.{base.column}"
    if verdict.verdict == "forbidden":
        return LineageProblem("forbidden", place, base.via, verdict.category, verdict.reason)
    if verdict.verdict == "suspected" and base.via:
        return LineageProblem("suspected", place, base.via, verdict.category, verdict.reason)
    return None


def trace(touches: Iterable[tuple[Table, str]], tables: Iterable[Table], inventory: Inventory) -> Lineage:
    """Base columns and tables behind these columns and tables of the inventory."""
    tracer = _Tracer(inventory)
    for table in tables:
        tracer.table(table)
    for table, column in touches:
        tracer.column(table, column, ())
    return Lineage(frozenset(tracer.columns), frozenset(tracer.tables), tuple(dict.fromkeys(tracer.refused)))


@dataclass(slots=True)
class _Tracer:
    inventory: Inventory
    columns: set[BaseColumn] = field(default_factory=set)
    tables: set[Table] = field(default_factory=set)
    refused: list[Refused] = field(default_factory=list)
    views: dict[Table, ViewMap | str] = field(default_factory=dict)
    seen: set[tuple[Table, str, tuple[str, ...]]] = field(default_factory=set)

    def refuse(self, reason: str, place: str) -> None:
        self.refused.append(Refused(reason, place))

    def table(self, table: Table, via: tuple[str, ...] = ()) -> None:
        """The table itself, and whatever a view reaches whichever of its columns is asked for."""
        found = self._find(table)
        if found is None or len(via) > _DEPTH_MAX:
            return
        here = Table(found.schema, found.name)
        self.tables.add(here)
        if found.kind == "view" and str(here) not in via:
            view = self._view(found)
            if view is not None:
                for inner in view.tables:
                    self.table(inner, (*via, str(here)))
                for inner, column in view.always:
                    self.column(inner, column, (*via, str(here)))

    def column(self, table: Table, name: str, via: tuple[str, ...]) -> None:
        found = self._find(table)
        if found is None or (table, name, via) in self.seen:
            return
        self.seen.add((table, name, via))
        here = Table(found.schema, found.name)
        position = next((i for i, column in enumerate(found.columns) if column.name == name), None)
        place = f"{here}.{name}"
        if position is None:
            self.refuse("the column is not in the inventory", place)
        elif place in via or len(via) > _DEPTH_MAX:
            self.refuse("the definition leads back to itself", place)
        elif found.kind == "view":
            self._through_view(found, position, (*via, place))
        elif found.columns[position].generated:
            self._through_expression(found, found.columns[position], (*via, place))
        else:
            self.columns.add(BaseColumn(here, name, via))

    def _through_view(self, view: InventoryTable, position: int, via: tuple[str, ...]) -> None:
        read = self._view(view)
        if read is None:
            return
        for table, column in read.outputs[position]:
            self.column(table, column, via)
        self.table(Table(view.schema, view.name))

    def _through_expression(self, table: InventoryTable, column: InventoryColumn, via: tuple[str, ...]) -> None:
        from agent.core.viewtext import read_generated

        read = read_generated(column.generated, table, self.inventory.dialect)
        if isinstance(read, str):
            self.refuse(read, via[-1])
            return
        for name in sorted(read):
            self.column(Table(table.schema, table.name), name, via)

    def _view(self, view: InventoryTable) -> ViewMap | None:
        key = Table(view.schema, view.name)
        if key not in self.views:
            from agent.core.viewtext import read_view

            self.views[key] = read_view(view, self.inventory)
        read = self.views[key]
        if isinstance(read, str):
            self.refuse(read, str(key))
            return None
        return read

    def _find(self, table: Table) -> InventoryTable | None:
        """The one object of this name; a bare name counts only where a single schema has it."""
        if table.schema:
            found = self.inventory.table(table.schema, table.name)
        else:
            named = [t for t in self.inventory.tables if t.name == table.name]
            found = named[0] if len(named) == 1 else None
        if found is None:
            self.refuse("the table is not in the inventory, or not just once", str(table))
        return found
