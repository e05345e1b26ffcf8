"""Pages of remembered entries, run positions, and what people's choices were last seen to be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from agent.core.pages import decode, split
from agent.state import choices
from agent.state.store import Tx

GONE = "/gone"  # the end of a scope that holds bare ids, and no pages
_STEP = 1024.0
_AT_ONCE = 900  # below the fewest parameters any SQLite takes


@dataclass(frozen=True, slots=True)
class PageRef:
    """One remembered key range. `upper` is sealed; the lower end is the upper of the page before it."""

    page_id: int
    ord: float
    upper: bytes


def refs(tx: Tx, scope: str) -> list[PageRef]:
    """The pages of a scope in key order; those without a place among the keys are not among them."""
    sql = "select page_id, ord, upper from pages where scope = ? and loose = 0 order by ord"
    return [PageRef(*row) for row in tx.rows(sql, (scope,))]


def entries(tx: Tx, page_id: int) -> bytes | None:
    row = tx.row("select entries from pages where page_id = ?", (page_id,))
    return bytes(row[0]) if row else None


def each(tx: Tx, scope: str) -> Iterator[tuple[int, bytes]]:
    """(page id, entries) one at a time, so that a large scope never stands in memory whole."""
    for (page_id,) in tx.rows("select page_id from pages where scope = ? order by ord", (scope,)):
        blob = entries(tx, page_id)
        if blob is not None:
            yield int(page_id), blob


def scopes(tx: Tx, prefix: str) -> list[str]:
    rows = tx.rows(
        "select distinct scope from pages where substr(scope, 1, ?) = ? order by scope", (len(prefix), prefix)
    )
    return [str(row[0]) for row in rows]


def present(blob: bytes, wanted: set[bytes]) -> set[bytes]:
    """Which of these ids stand among a page's entries."""
    return wanted.intersection(decode(blob).ids) if wanted else set()


def update(tx: Tx, page_id: int, blob: bytes, upper: bytes | None = None, *, reread: bool | None = True) -> None:
    """`reread`: whether the page's rows must be asked for again, whatever their change column says; None: as before.
    Whoever alters what is remembered and does not say otherwise has it judged anew."""
    tx.write(
        "update pages set entries = ?, upper = coalesce(?, upper), reread = coalesce(?, reread) where page_id = ?",
        (blob, upper, reread, page_id),
        expect=1,
    )


def settle(tx: Tx, page_id: int) -> None:
    """The page's rows have been asked for again."""
    tx.write("update pages set reread = 0 where page_id = ? and reread <> 0", (page_id,))


def mark(tx: Tx, page_id: int) -> None:
    """The page's rows must be asked for again."""
    tx.write("update pages set reread = 1 where page_id = ?", (page_id,), expect=1)


def to_reread(tx: Tx, scope: str) -> set[int]:
    return {int(row[0]) for row in tx.rows("select page_id from pages where scope = ? and reread <> 0", (scope,))}


def loose(tx: Tx, scope: str) -> list[tuple[int, bytes]]:
    """Pages of entries whose place among the keys is not known yet: found by change since all rows were compared."""
    rows = tx.rows("select page_id, entries from pages where scope = ? and loose <> 0 order by ord", (scope,))
    return [(int(page_id), bytes(blob)) for page_id, blob in rows]


def insert_loose(tx: Tx, scope: str, blob: bytes) -> int:
    ord_ = _place(tx, scope, None)
    sql = "insert into pages (scope, ord, upper, loose, entries) values (?, ?, x'', 1, ?)"
    return tx.write(sql, (scope, ord_, blob))


def remove(tx: Tx, page_id: int) -> None:
    tx.write("delete from pages where page_id = ?", (page_id,), expect=1)


def insert(tx: Tx, scope: str, before: PageRef | None, upper: bytes, blob: bytes) -> PageRef:
    """A new page in front of `before`, or at the end."""
    ord_ = _place(tx, scope, before.page_id if before else None)
    page_id = tx.write("insert into pages (scope, ord, upper, entries) values (?, ?, ?, ?)", (scope, ord_, upper, blob))
    return PageRef(page_id, ord_, upper)


def datasets(tx: Tx, stream_id: str) -> set[str]:
    """The datasets of a stream of which anything is remembered."""
    rows = tx.rows("select distinct scope from pages where scope like ?", (f"{stream_id}/%",))
    return {str(scope).split("/")[1] for (scope,) in rows}


def restart(tx: Tx, scope: str) -> None:
    """The next reading begins at the beginning."""
    tx.write("update runs set through_page = null, completed_at = null where scope = ?", (scope,))
    tx.write("delete from positions where scope = ?", (scope,))


def gone(tx: Tx, scope: str) -> set[bytes]:
    """Ids of records that the OEM was told to stop using and whose rows are lost: kept apart, as they have no place."""
    row = tx.row("select entries from pages where scope = ?", (scope + GONE,))
    return set(split(bytes(row[0]))) if row else set()


def keep_gone(tx: Tx, scope: str, ids: set[bytes]) -> None:
    tx.write("delete from pages where scope = ?", (scope + GONE,))
    if ids:
        joined = b"".join(sorted(ids))
        tx.write("insert into pages (scope, ord, upper, entries) values (?, 0, x'', ?)", (scope + GONE, joined))


def _place(tx: Tx, scope: str, before_id: int | None) -> float:
    if before_id is None:
        row = tx.row("select max(ord) from pages where scope = ?", (scope,))
        return (row[0] if row and row[0] is not None else 0.0) + _STEP
    found = tx.row("select ord from pages where page_id = ?", (before_id,))
    here = float(found[0]) if found else _STEP
    row = tx.row("select max(ord) from pages where scope = ? and ord < ?", (scope, here))
    below = float(row[0]) if row and row[0] is not None else here - _STEP
    middle = (below + here) / 2
    if not below < middle < here:
        _renumber(tx, scope)
        return _place(tx, scope, before_id)
    return middle


def _renumber(tx: Tx, scope: str) -> None:
    ids = [row[0] for row in tx.rows("select page_id from pages where scope = ? order by ord", (scope,))]
    for at, page_id in enumerate(ids, 1):  # first below every number in use, so that no two are ever equal
        tx.write("update pages set ord = ? where page_id = ?", (-1e12 + at, page_id))
    for at, page_id in enumerate(ids, 1):
        tx.write("update pages set ord = ? where page_id = ?", (at * _STEP, page_id))


# Runs ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    scope: str
    policy_sha256: str
    started_at: str
    through_page: int | None
    completed_at: str | None
    rows: int
    sent: int
    withheld: dict[str, int]


def run(tx: Tx, scope: str) -> Run | None:
    row = tx.row(
        "select scope, policy_sha256, started_at, through_page, completed_at, rows, sent, withheld from runs"
        " where scope = ?",
        (scope,),
    )
    if row is None:
        return None
    return Run(row[0], row[1], row[2], row[3], row[4], row[5], row[6], json.loads(row[7]))


def runs(tx: Tx) -> list[Run]:
    found = (run(tx, scope) for (scope,) in tx.rows("select scope from runs order by scope"))
    return [one for one in found if one]


def begin_run(tx: Tx, scope: str, policy_sha256: str, at: str) -> None:
    """Start reading a scope from its beginning; when it was last complete is kept."""
    tx.write(
        "insert into runs (scope, policy_sha256, started_at) values (?, ?, ?) on conflict (scope) do update set"
        " policy_sha256 = excluded.policy_sha256, started_at = excluded.started_at, through_page = null,"
        " rows = 0, sent = 0, withheld = '{}'",
        (scope, policy_sha256, at),
    )


def progress(tx: Tx, scope: str, through_page: int | None, rows: int, sent: int, withheld: dict[str, int]) -> None:
    tx.write(
        "update runs set through_page = ?, rows = ?, sent = ?, withheld = ? where scope = ?",
        (through_page, rows, sent, json.dumps(withheld, sort_keys=True), scope),
        expect=1,
    )


def complete_run(tx: Tx, scope: str) -> None:
    """All rows have been compared: complete as of when the comparison began."""
    tx.write("update runs set completed_at = started_at, through_page = null where scope = ?", (scope,), expect=1)


def from_the_beginning(tx: Tx, scope: str) -> None:
    """A comparison that was left half done is begun anew, and changes are not enough: its fields are others now."""
    tx.write("update runs set through_page = null where scope = ?", (scope,))
    forget_position(tx, scope)


# Positions -----------------------------------------------------------------------------------------------------------


def position(tx: Tx, scope: str) -> bytes | None:
    row = tx.row("select position from positions where scope = ?", (scope,))
    return bytes(row[0]) if row else None


def keep_position(tx: Tx, scope: str, sealed: bytes) -> None:
    sql = "insert into positions (scope, position) values (?, ?) on conflict (scope) do update set position = ?"
    tx.write(sql, (scope, sealed, sealed))


def note_read(tx: Tx, scope: str, at: str) -> None:
    """Changes have been read to the end of a window."""
    tx.write("update positions set read_at = ?, unserved = '' where scope = ?", (at, scope))


def changes_read_at(tx: Tx) -> str:
    """The oldest instant at which changes were read last, of all that are read by change; empty when none is."""
    row = tx.row("select min(read_at) from positions where read_at <> ''")
    return str(row[0]) if row and row[0] else ""


def note_unserved(tx: Tx, scope: str, why: str) -> None:
    tx.write("update positions set unserved = ? where scope = ? and unserved <> ?", (why, scope, why))


def unserved(tx: Tx) -> dict[str, str]:
    """Scope -> why its changes cannot be asked for."""
    return dict(tx.rows("select scope, unserved from positions where unserved <> '' order by scope"))


def forget_position(tx: Tx, scope: str) -> None:
    tx.write("delete from positions where scope = ?", (scope,))


def choices_n(tx: Tx) -> int:
    """The number of the newest choice event or fact: what a body was made under."""
    return choices.newest(tx)


def note_export(tx: Tx, source: str, name: str, at: str) -> None:
    """Remember which set of exported files was taken last."""
    tx.write(
        "insert into exports (source, name, taken_at) values (?, ?, ?)"
        " on conflict (source) do update set name = excluded.name, taken_at = excluded.taken_at",
        (source, name, at),
    )


def export_taken(tx: Tx, source: str) -> tuple[str, str] | None:
    """(name, taken_at) of the last set."""
    row = tx.row("select name, taken_at from exports where source = ?", (source,))
    return (str(row[0]), str(row[1])) if row else None
