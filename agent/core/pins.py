"""Pins: what a policy's names meant when it was imported, and whether they still mean it.

Per dataset: kind, digest of the view text, and types of the columns of every object its query reaches, through views
and generated columns too. What is pinned and cannot be seen any more counts as changed: a text nobody shows proves
nothing. `agent.core.pinning` makes pins; this module is what the reader child needs, and it parses no SQL.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from agent.core.inventory import InventoryTable, TableKind
from agent.core.text import shown
from agent.errors import PolicyError

CHANGED = "FG-A11"  # the one code on which a dataset is refused while the others flow
# Engines whose catalog hides from an account what it may not read: a base column behind a view is not shown there.
HIDES_UNGRANTED = ("mariadb", "sqlserver")


class PinnedColumn(msgspec.Struct, frozen=True, array_like=True):
    name: str
    type: str
    generated_sha256: str  # empty where the column is stored
    touched: bool  # named by the query itself, so the account sees it on every engine


class PinnedTable(msgspec.Struct, frozen=True, array_like=True):
    """One object a dataset reaches, as it was at import. Names, types and digests; no text, no value."""

    schema: str
    name: str
    kind: TableKind
    definition_sha256: str  # empty for a table
    columns: tuple[PinnedColumn, ...]
    touched: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


Pins = tuple[PinnedTable, ...]


def pins_digest(pins: object) -> str:
    """`sha256:<hex>` over pins, or over a mapping of them."""
    return "sha256:" + hashlib.sha256(msgspec.json.encode(pins, order="sorted")).hexdigest()


def differences(pins: Sequence[PinnedTable], live: Iterable[InventoryTable], dialect: str) -> tuple[str, ...]:
    """What is not as it was pinned, in plain sentences; names are made safe to show. Empty: nothing changed."""
    now = {(table.schema, table.name): table for table in live}
    hides = dialect in HIDES_UNGRANTED
    return tuple(text for one in pins for text in _differs(one, now.get((one.schema, one.name)), hides=hides))


def refuse_changed(dataset: str, found: Sequence[str]) -> None:
    """PolicyError for this dataset when anything changed; the others are nobody's business here."""
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise PolicyError(
            CHANGED,
            f"{shown(dataset)}: {found[0]}{more}: not what the policy was approved over. Nothing of it was read",
            "have the DBA undo the change; or keep a new inventory, raise `version`, have it approved, and: "
            "fieldgate policy import FILE",
        )


def text_digest(text: str) -> str:
    """The DBA's client may have written the same text with other line ends."""
    plain = text.replace("\r\n", "\n").strip()
    return "sha256:" + hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest() if plain else ""


def _differs(before: PinnedTable, now: InventoryTable | None, *, hides: bool) -> Iterator[str]:
    name = shown(str(before))
    if now is None:
        if before.touched or not hides:
            yield f"{before.kind} {name} is not there any more"
        return
    if before.kind != now.kind:
        yield f"{name} was a {before.kind} and is a {now.kind} now"
    elif before.kind == "view" and before.definition_sha256 != text_digest(now.definition):
        unseen = "is not shown to this account (MariaDB: SELECT and SHOW VIEW on it; SQL Server: VIEW DEFINITION)"
        yield f"the text of view {name} {'is another one now' if now.definition.strip() else unseen}"
    there = {column.name: column for column in now.columns}
    for column in before.columns:
        found, where = there.get(column.name), f"column {shown(column.name)} of {name}"
        if found is None:
            if column.touched or not hides:
                yield f"{where} is not there any more"
        elif found.type != column.type:
            yield f"{where} was {shown(column.type)} and is {shown(found.type)} now"
        elif text_digest(found.generated) != column.generated_sha256:
            yield f"{where} is computed in another way now"
