"""The engines as data: how each quotes, limits, casts and refuses. The query builder never asks for an engine's name.

`denials` are the only answers of the database that count as "refused" (design.md promise 4); SQL Server's were taken
from its documentation and never met a real server here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from agent.core.query import Dialect
from agent.core.source import SourceSettings


def _double(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _backtick(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _bracket(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"


def _limit(sql: str, rows: int) -> str:
    return f"{sql} LIMIT {int(rows)}"


def _top(sql: str, rows: int) -> str:
    return f"SELECT TOP ({int(rows)}) " + sql.removeprefix("SELECT ")


def _fetch_first(sql: str, rows: int) -> str:
    return f"{sql} FETCH FIRST {int(rows)} ROWS ONLY"


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "sqlserver": Dialect(
            name="sqlserver",
            quote=_bracket,
            page=_top,
            sqlglot="tsql",
            text_type="nvarchar(4000)",
            date_param="CAST(? AS date)",
            needs_schema=True,
            enforcement="column",
            denials=frozenset({"42000/229", "42000/230"}),
            change_types=(
                ("datetime", "local", "CAST(? AS datetime)"),
                ("smalldatetime", "local", "CAST(? AS smalldatetime)"),
                ("datetime2", "local", "CAST(? AS datetime2(7))"),
                ("datetimeoffset", "zoned", "CAST(? AS datetimeoffset(7))"),
                ("date", "date", "CAST(? AS date)"),
            ),
            untrimmed=frozenset({"text", "ntext"}),
            change_text="CONVERT(nvarchar(40), {}, 126)",
            clock_sql="SELECT CONVERT(nvarchar(23), SYSUTCDATETIME(), 126)",
        ),
        "postgresql": Dialect(
            name="postgresql",
            quote=_double,
            page=_limit,
            sqlglot="postgres",
            text_type="text",
            needs_schema=True,
            enforcement="column",
            denials=frozenset({"42501"}),
            change_types=(
                ("timestamp without time zone", "local", "CAST(? AS timestamp)"),
                ("timestamp with time zone", "zoned", "CAST(? AS timestamptz)"),
                ("date", "date", "CAST(? AS date)"),
            ),
            time_text="CAST({} AS text)",  # psqlODBC turns infinity into today and 44 BC into the year 44
            clock_sql="SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS')",
        ),
        "mariadb": Dialect(
            name="mariadb",
            quote=_backtick,
            page=_limit,
            sqlglot="mysql",
            text_type="char",
            enforcement="column",
            denials=frozenset({"42000/1142", "42000/1143"}),
            change_types=(  # a `timestamp` is shown and compared in the session's zone, like one without any
                ("datetime", "local", "CAST(? AS datetime(6))"),
                ("timestamp", "local", "CAST(? AS datetime(6))"),
                ("date", "date", "CAST(? AS date)"),
            ),
            clock_sql="SELECT DATE_FORMAT(UTC_TIMESTAMP(3), '%Y-%m-%dT%H:%i:%s.%f')",
        ),
        "sqlite": Dialect(
            name="sqlite",
            quote=_double,
            page=_limit,
            sqlglot="sqlite",
            text_type="text",
            pads=False,
            enforcement="none",
            change_types=(  # texts, which must be written as 2026-11-22 09:14:31
                ("text", "local", "?"),
                ("varchar", "local", "?"),
                ("datetime", "local", "?"),
                ("timestamp", "local", "?"),
                ("date", "date", "?"),
            ),
            stamp_gap=" ",
            clock_sql="SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')",
        ),
        # Exports stand in a table in memory, in SQLite's words; a file has no accounts, its header is the guard.
        "files": Dialect(
            name="files",
            quote=_double,
            page=_limit,
            sqlglot="sqlite",
            text_type="text",
            pads=False,
            enforcement="none",
        ),
        "generic": Dialect(name="generic", quote=_double, page=_fetch_first, sqlglot="", enforcement="none"),
    }
)
_QUOTES = {"double": _double, "backtick": _backtick, "bracket": _bracket}
_LIMITS = {"fetch_first": _fetch_first, "limit": _limit, "top": _top}


def dialect_of(settings: SourceSettings) -> Dialect:
    """The dialect of a source, with what agent.yaml tells: quirks of one we do not know, views instead of columns."""
    known, quirks = DIALECTS[settings.dialect], settings.quirks
    if settings.view_schema and known.enforcement == "column":
        return replace(known, enforcement="view", view_schema=settings.view_schema, needs_schema=True)
    if quirks is None or settings.dialect != "generic":
        return known
    return replace(known, quote=_QUOTES[quirks.quote], page=_LIMITS[quirks.limit], pads=quirks.pads)
