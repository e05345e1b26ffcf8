"""The engines as data: how each quotes, limits, casts and refuses. The query builder never asks for an engine's name.

`denials` are the only answers of the database that count as "refused" (design.md promise 4); SQL Server's were taken
from its documentation and never met a real server here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from agent.core.query import Dialect


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
        ),
        "mariadb": Dialect(
            name="mariadb",
            quote=_backtick,
            page=_limit,
            sqlglot="mysql",
            text_type="char",
            enforcement="column",
            denials=frozenset({"42000/1142", "42000/1143"}),
        ),
        "sqlite": Dialect(
            name="sqlite",
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
