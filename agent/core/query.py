"""Query building: the only maker of SQL that reads the DMS. (Contract laid first; see CompiledQuery.)"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agent.core.ruleset import Ref, Table


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one engine says things. Data and small functions; the values stand in dms/dialects.py."""

    name: str  # sqlserver | postgresql | mariadb | sqlite | generic
    quote: Callable[[str], str]  # one identifier, quoted for this engine
    page: Callable[[str, int], str]  # (SELECT without limit, rows) -> the same, limited to that many rows
    sqlglot: str  # the name sqlglot knows it by


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Where in a fetched row things stand (positions into the select list)."""

    key: tuple[int, ...]
    fields: tuple[int, ...]  # one per DatasetRules.fields, same order
    people: tuple[tuple[int, ...], ...]  # per DatasetRules.people: positions of its key parts
    choices: tuple[tuple[int, ...], ...]  # per person: positions of its ChoicesRules.columns, same order


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """One dataset's SELECT for one store, in one dialect. Made by `compile_query` only."""

    dataset: str
    select: tuple[Ref, ...]
    layout: RowLayout
    touches: frozenset[tuple[Table, str]]  # every column in any clause
    tables: frozenset[Table]  # every table in any clause
    base_sql: str
    base_params: tuple[str | int, ...]
    statements: dict[str, str] = field(default_factory=dict)
