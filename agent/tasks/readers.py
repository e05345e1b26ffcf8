"""Who can read the dealer's finance data today: every account of the database against every nonpublic column of the
inventory. Dated, printable; names only. It says what the database's catalog says, and whose eyes looked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.core.inventory import Inventory
from agent.dms.readers import Right
from agent.tasks.inventory import standings
from agent.tasks.policy_page import page, safe

Column = tuple[str, str, str]  # schema, table, column


@dataclass(frozen=True, slots=True)
class Reader:
    """An account that may read at least one nonpublic column."""

    account: str
    kind: str
    columns: tuple[str, ...]  # schema.table.column


@dataclass(frozen=True, slots=True)
class Readers:
    source: str
    asked_at: dt.datetime
    own_account: str
    nonpublic: int  # columns of the inventory that no policy can ever allow
    readers: tuple[Reader, ...]  # most columns first
    accounts: int  # that may read anything at all

    @property
    def own(self) -> Reader | None:
        return next((r for r in self.readers if r.account.partition("@")[0] == self.own_account), None)


def who_reads(rights: Iterable[Right], inventory: Inventory, own_account: str, asked_at: dt.datetime) -> Readers:
    """Every right against every column whose name, or whose origin, is nonpublic."""
    never = [(c.schema, c.table, c.column) for c in standings(inventory) if c.standing == "never"]
    found: dict[str, set[Column]] = {}
    kinds: dict[str, str] = {}
    for right in rights:
        if kinds.get(right.account) != "superuser":
            kinds[right.account] = right.kind
        found.setdefault(right.account, set()).update(_covered(right, never))
    readers = [
        Reader(account, kinds[account], tuple(sorted(".".join(part for part in c if part) for c in columns)))
        for account, columns in found.items()
        if columns
    ]
    readers.sort(key=lambda r: (-len(r.columns), r.account))
    return Readers(inventory.source, asked_at, own_account, len(never), tuple(readers), len(found))


def _covered(right: Right, never: Iterable[Column]) -> Iterator[Column]:
    if "*" not in (right.schema, right.table, right.column) and not _PATTERN.search(right.schema):
        wanted = (right.schema, right.table, right.column)
        yield from (column for column in never if column == wanted)
        return
    schema = _like(right.schema)
    for column in never:
        if (
            (right.schema == "*" or schema.fullmatch(column[0]))
            and right.table in ("*", column[1])
            and right.column in ("*", column[2])
        ):
            yield column


_PATTERN = re.compile(r"[%_\\]")


def _like(pattern: str) -> re.Pattern[str]:
    """A MariaDB grant may name schemas by pattern: % any text, _ one character, each literal behind a backslash."""
    said = {"%": ".*", "_": "."}
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    text = "".join(said.get(part, re.escape(part[1:] if len(part) > 1 else part)) for part in parts)
    return re.compile(text, re.DOTALL)


def readers_page(found: Readers, looked: str) -> str:
    """For the wall of the principal's office. `looked`: whose eyes saw this."""
    return page(f"Who can read the finance data of {found.source}", _parts(found, looked))


def _parts(found: Readers, looked: str) -> Iterator[str]:
    own = found.own
    yield "<h1>Who can read our customers' finance data</h1>"
    yield (
        f"<p>{len(found.readers)} accounts of the database can read at least one of {found.nonpublic} columns that"
        f" hold nonpublic personal information. Source {safe(found.source)}, {found.asked_at:%d %b %Y %H:%M} UTC,"
        f" {safe(looked)}.</p>"
    )
    yield (
        f"<p>fieldgate's own account, {safe(found.own_account)}, can read"
        f" <strong>{len(own.columns) if own else 0}</strong> of them.</p>"
    )
    yield "<table><tr><th>account</th><th>kind</th><th>columns</th></tr>"
    for reader in found.readers:
        yield (
            f"<tr><td>{safe(reader.account)}</td><td>{safe(reader.kind)}</td>"
            f"<td>{len(reader.columns)} of {found.nonpublic}</td></tr>"
        )
    yield "</table>"
    for reader in found.readers:
        if len(reader.columns) < found.nonpublic:
            yield f"<h2>{safe(reader.account)}</h2><p class=d>{', '.join(safe(name) for name in reader.columns)}</p>"
    yield (
        "<h2>What this does not say</h2><p>Who knows the password of an account, who may read a backup or the server's "
        "disk, and what routines that run with their owner's rights hand on.</p>"
    )
