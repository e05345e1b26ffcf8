"""How a DMS database is reached, or where its exports arrive. From agent.yaml (config.py); a value for dms and the
reader child."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OdbcDialect = Literal["sqlserver", "postgresql", "mariadb", "sqlite", "generic"]
DialectName = Literal[OdbcDialect, "files"]
Encryption = Literal["", "verify", "unverified", "plain_text"]
ExportFormat = Literal["csv", "pipe", "fixed"]


@dataclass(frozen=True, slots=True)
class ExportTable:
    """One table that arrives as a file, whole each time. `columns`: all of them; no other may stand in the file."""

    table: str
    pattern: str  # of its file's name, as in customer*.csv
    format: ExportFormat
    columns: tuple[str, ...]
    widths: tuple[int, ...] = ()  # fixed: characters of each column
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Quirks:
    """How an engine that fieldgate does not know says things: for `dialect: generic` only."""

    quote: Literal["double", "backtick", "bracket"] = "double"
    limit: Literal["fetch_first", "limit", "top"] = "fetch_first"
    pads: bool = True  # false: 'A ' and 'A' of a CHAR column are different texts to it


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One entry of `sources:`. The password is never in here: `password_key` names it in the key store."""

    name: str
    driver: str  # a registered ODBC driver name, or the absolute path of a driver library
    dialect: DialectName
    server: str = ""
    port: int = 0
    database: str = ""
    user: str = ""
    password_key: str = ""
    zone: str = "UTC"
    overlap_s: int = 0
    quiet_hours: str = ""
    statement_s: int = 60
    pause_ms: int = 0  # between two pages
    encrypt: Encryption = ""  # empty: verify, but on this machine itself
    ca: str = ""  # the certificates to verify the server with; empty: the machine's own
    exports: tuple[ExportTable, ...] = ()  # of a `files` source; `database` is its folder
    marker: str = ""  # an export is complete when FILE + this stands beside it; empty: when unchanged for so long
    unchanged_s: int = 60
    quirks: Quirks | None = None
    view_schema: str = ""  # where the DBA's views stand that are read instead of tables; empty: tables are read
