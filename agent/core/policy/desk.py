"""The desk a policy is checked on: the document, the day, the database's names, signed decisions, and what was found.

A check says what it saw and where; the desk keeps silent about places that were cut out of a broken document.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from agent.core.classify import classify
from agent.core.floor import Verdict
from agent.core.inventory import Inventory, InventoryTable
from agent.core.policy.document import PolicyDocument, split_table
from agent.core.policy.problems import Problem, Severity
from agent.core.policy.strict_yaml import Path, Tree

Decisions = frozenset[tuple[str, str]]  # ("dbo.SALES_DEAL", "UDF1"): table as the policy writes it, column


@dataclass(frozen=True, slots=True)
class Facts:
    """What a check may know beside the file."""

    today: dt.date
    inventory: Inventory | None = None
    local_floor: frozenset[str] = frozenset()  # names the dealer added: "COLUMN" or "TABLE.COLUMN", any capitals
    decisions: Decisions = frozenset()


@dataclass(slots=True)
class Desk:
    tree: Tree
    document: PolicyDocument
    facts: Facts
    cut: frozenset[Path] = frozenset()
    found: list[Problem] = field(default_factory=list)
    _verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)

    def say(
        self,
        code: str,
        message: str,
        path: Path,
        help_: str,
        *,
        at: Literal["value", "key"] = "value",
        severity: Severity = "error",
    ) -> None:
        if any(path[: len(cut)] == cut for cut in self.cut):
            return
        place = self.tree.value(path) if at == "value" else self.tree.key(path)
        self.found.append(
            Problem(code, message, self.tree.file, place.line, place.column, place.length, help_, severity=severity)
        )

    def is_cut(self, path: Path) -> bool:
        """Something at, around or inside `path` was cut out, so nothing can be said about it."""
        return any(path[: len(cut)] == cut or cut[: len(path)] == path for cut in self.cut)

    def verdict(self, table: str, column: str) -> Verdict:
        """What the floor and the classifier say of a column in its table."""
        known = self._verdicts.get((table, column))
        if known is None:
            known = self._verdicts[table, column] = self._judge(table, column)
        return known

    def _judge(self, table: str, column: str) -> Verdict:
        bare = bare_name(table)
        mine = {name.casefold() for name in self.facts.local_floor}
        if column.casefold() in mine or f"{bare}.{column}".casefold() in mine:
            return Verdict("forbidden", "local", "on the list of names this dealer never sends")
        known = self.inventory_table(table)
        if known is None:
            return classify(column, table=bare)
        neighbors = tuple(c.name for c in known.columns)
        found = next((c for c in known.columns if c.name == column), None)
        if found is None:
            return classify(column, table=bare, neighbors=neighbors)
        return classify(column, table=bare, type=found.type, neighbors=neighbors, comment=found.comment)

    def is_decided(self, table: str, column: str) -> bool:
        return (table, column) in self.facts.decisions

    def inventory_table(self, table: str) -> InventoryTable | None:
        named = split_table(table)
        if self.facts.inventory is None or named is None:
            return None
        return self.facts.inventory.table(named.schema, named.name)


@functools.cache
def bare_name(table: str) -> str:
    """The table's name without its schema."""
    return table.rpartition(".")[2]


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)
