"""Who else may read, asked of the database or read from what a DBA's client printed. A file that is not exactly the
statement's output is refused whole: half a list of readers is worse than none."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.core.text import shown
from agent.dms.odbc import Connection
from agent.dms.readers_sql import COLUMNS, HOW, READERS_SQL
from agent.errors import ConfigError

_KINDS = ("superuser", "login", "role")
_MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Right:
    """One account may read these columns; `*` is all."""

    account: str
    kind: str  # superuser | login | role
    schema: str
    table: str
    column: str


def ask_readers(connection: Connection) -> list[Right]:
    return _rights([tuple(map(str, row)) for row in connection.rows(READERS_SQL[connection.settings.dialect])])


def readers_script(dialect: str) -> str:
    """The statement for the DBA, with how to run it."""
    if dialect not in READERS_SQL:
        raise ConfigError(
            "readers_unknown",
            f"`{shown(dialect)}` has no accounts that could be listed: whoever can open the file reads all of it",
            "list who may open it with the tools of the machine; what the agent reads is told by: fieldgate status",
            exit_status=1,
        )
    return (
        "-- Who may read which column. Reads the catalog of rights only: no row of any table.\n"
        f"-- Run it as an account that sees every account's rights:\n--   {HOW[dialect]}\n"
        f"-- Then: fieldgate readers --from FILE\n{READERS_SQL[dialect]};\n"
    )


def read_readers(data: bytes) -> list[Right]:
    """CSV (psql), tab-separated (mariadb --batch) or |-separated without header (sqlcmd)."""
    if len(data) > _MAX_BYTES:
        raise _unreadable("it is larger than 256 MB")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise _unreadable("it is neither UTF-8 nor UTF-16") from None
    first = text.split("\n", 1)[0].rstrip("\r")
    if "\t" in first:
        rows: list[Sequence[str]] = [line.split("\t") for line in text.splitlines() if line]
    elif "|" in first:
        rows = [COLUMNS, *([cell.strip() for cell in line.split("|")] for line in text.splitlines() if "|" in line)]
    else:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    if not rows or tuple(rows[0]) != COLUMNS:
        raise _unreadable(f"its first line is not {','.join(COLUMNS)}")
    return _rights(rows[1:])


def _rights(rows: Iterable[Sequence[str]]) -> list[Right]:
    found = []
    for number, row in enumerate(rows, 1):
        if len(row) != len(COLUMNS) or row[1] not in _KINDS or not all(row[2:]):
            raise _unreadable(f"row {number} is not one of this list")
        found.append(Right(*row))
    return found


def _unreadable(why: str) -> ConfigError:
    return ConfigError(
        "readers_unreadable",
        f"the list of readers cannot be read: {why}",
        "run the statement again as its first lines say: fieldgate readers --print-query",
        exit_status=1,
    )
