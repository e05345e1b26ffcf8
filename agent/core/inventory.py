"""The inventory: the names in a source (tables, columns, types, view texts; never a value), dated and digested."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Literal

import msgspec

TableKind = Literal["table", "view"]
Security = Literal["definer", "invoker"]


@dataclass(frozen=True, slots=True)
class InventoryColumn:
    name: str
    type: str  # as the engine says it, lower case: "character varying(60)", "int"
    nullable: bool = True
    comment: str = ""
    generated: str = ""  # the generating expression, where the engine has one


@dataclass(frozen=True, slots=True)
class InventoryTable:
    schema: str
    name: str
    kind: TableKind
    columns: tuple[InventoryColumn, ...]
    definition: str = ""  # a view's text; empty when the account may not see it


@dataclass(frozen=True, slots=True)
class InventoryRoutine:
    """A function or procedure. A definer's reads what its owner may read, whoever calls it. No text of it is kept."""

    schema: str
    name: str
    security: Security


@dataclass(frozen=True, slots=True)
class Inventory:
    source: str
    dialect: str
    taken_at: dt.datetime  # aware, UTC
    tables: tuple[InventoryTable, ...]
    routines: tuple[InventoryRoutine, ...] = ()

    def digest(self) -> str:
        """`sha256:<hex>` over the names alone; the day it was taken does not change it."""
        names = msgspec.json.encode(self.tables)
        if self.routines:
            names += msgspec.json.encode(self.routines)
        return "sha256:" + hashlib.sha256(names).hexdigest()

    def table(self, schema: str, name: str) -> InventoryTable | None:
        """Exact match; never a nearest one."""
        return next((t for t in self.tables if t.schema == schema and t.name == name), None)
