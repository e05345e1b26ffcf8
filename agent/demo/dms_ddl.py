"""How each engine is told to make the make-believe tables. Loaders use it; the agent never sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.core.source import DialectName
from agent.demo.dms_draws import Cell
from agent.demo.dms_schema import DemoTable

_TYPES: dict[DialectName, dict[str, str]] = {
    "postgresql": {"int": "INTEGER", "num": "NUMERIC", "date": "DATE", "stamp": "TIMESTAMP(0)"},
    "mariadb": {"int": "INT", "num": "DECIMAL", "date": "DATE", "stamp": "DATETIME"},
    "sqlite": {"int": "INTEGER", "num": "DECIMAL", "date": "DATE", "stamp": "TIMESTAMP"},
}


def quoted(dialect: DialectName, *names: str) -> str:
    mark = "`" if dialect == "mariadb" else '"'
    return ".".join(f"{mark}{name}{mark}" for name in names)


def create_table(table: DemoTable, schema: str, dialect: DialectName) -> str:
    cells = [f"{quoted(dialect, c.name)} {_type(c.type, dialect)}" for c in table.columns]
    key = ", ".join(quoted(dialect, name) for name in table.key)
    return f"CREATE TABLE {quoted(dialect, schema, table.name)} ({', '.join(cells)}, PRIMARY KEY ({key}))"


def create_indexes(table: DemoTable, schema: str, dialect: DialectName) -> list[str]:
    made = []
    for columns in table.indexes:
        name = "_".join((table.name, *columns)).lower()
        # SQLite wants the schema before the index, the others before the table
        index = quoted(dialect, schema, name) if dialect == "sqlite" else quoted(dialect, name)
        target = quoted(dialect, table.name) if dialect == "sqlite" else quoted(dialect, schema, table.name)
        made.append(f"CREATE INDEX {index} ON {target} ({', '.join(quoted(dialect, c) for c in columns)})")
    return made


def _type(type_: str, dialect: DialectName) -> str:
    name, _, size = type_.partition(" ")
    if name in ("char", "text"):
        return f"{'CHAR' if name == 'char' else 'VARCHAR'}({size})"
    plain = _TYPES[dialect][name]
    return f"{plain}({size.replace('.', ',')})" if size else plain


def copy_chunks(rows: Iterable[tuple[Cell, ...]], size: int = 1_000) -> Iterator[tuple[bytes, int]]:
    """Rows as COPY text, which LOAD DATA reads too. No cell of ours holds a tab, a line end or a backslash."""
    lines: list[str] = []
    for row in rows:
        lines.append("\t".join(["\\N" if cell is None else str(cell) for cell in row]))
        if len(lines) == size:
            yield ("\n".join(lines) + "\n").encode(), size
            lines = []
    if lines:
        yield ("\n".join(lines) + "\n").encode(), len(lines)
