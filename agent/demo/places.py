"""Where the demo searches for its own leak: everything this run has written, but the DMS itself and the planted list.

Each place is read in every way that shows more: files raw (so that freed pages and write-ahead logs are read too),
SQLite files cell by cell, waiting bodies decrypted. Who holds what is told apart by the first folder.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from agent.demo.stage import MARKER, Stage
from agent.state import outbox
from agent.tasks.outgoing import opened_body

OUTBOX, SCREEN = "outbox, decrypted", "this screen"
RECORDS, OPERATIONS = "car maker: records", "car maker: operations"
_NAMES = {
    "oem": "car maker",
    "state": "state file",
    "logs": "logs",
    "tmp": "temporary files",
    "policies": "policies and approvals",
    "officers": "policies and approvals",
    "keys": "keys",
}
_TABLES = {"audit": "audit record", "access_records": "access record"}
_NOT_SEARCHED = ("dms",)  # the make-believe DMS is where the planted values belong
_GZIP = b"\x1f\x8b"
_CHUNK = 4 * 1024 * 1024
_BETWEEN = b"\n|\n"


def look_into_outbox(stage: Stage) -> int:
    """Every body that waits, opened with the agent's own key; how many."""
    with stage.desk.state.reading() as tx:
        waiting = outbox.bodies(tx)
    for body in waiting:
        content = opened_body(stage.desk, body)
        stage.search.look(OUTBOX, b"".join(content.lines) + _BETWEEN.join(content.keys))
    return len(waiting)


def look_everywhere(stage: Stage) -> None:
    """All files of the folder, all cells of its databases, and what has been said on the screen."""
    for file in sorted(stage.folder.rglob("*")):
        top = file.relative_to(stage.folder).parts[0]
        if file.is_file() and not file.is_symlink() and top not in _NOT_SEARCHED and file.name != MARKER:
            place = _NAMES.get(top, "configuration")
            stage.search.look(place, file.read_bytes())
            if _is_database(file):
                for table, chunk in cells(file):
                    stage.search.look(_table_place(place, table), chunk)
    stage.search.look(SCREEN, "\n".join(stage.said).encode())


def _table_place(place: str, table: str) -> str:
    if place == _NAMES["oem"]:
        return f"{place}: {table}"
    return _TABLES.get(table, place)


def _is_database(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(16) == b"SQLite format 3\0"


def cells(file: Path) -> Iterator[tuple[str, bytes]]:
    """(table, many cells joined). A cell that spans pages is whole here; a compressed one stands alone."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        db.text_factory = bytes
        tables = [row[0].decode() for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            held: list[bytes] = []
            size = 0
            for row in db.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 (a name out of the file's own catalog)
                for cell in row:
                    data = cell if isinstance(cell, bytes) else str(cell).encode()
                    if data[:2] == _GZIP:
                        yield table, data
                        continue
                    held.append(data)
                    size += len(data)
                if size > _CHUNK:
                    yield table, _BETWEEN.join(held)
                    held, size = [], 0
            yield table, _BETWEEN.join(held)
