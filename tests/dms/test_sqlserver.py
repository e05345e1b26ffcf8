"""SQL Server without a server: its statements in another engine's hands, its own driver up to a refused connection."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from agent.core.changes import Window
from agent.core.query import CompiledQuery, compile_query, page
from agent.core.query_changes import changed_keys, changed_rows
from agent.core.ruleset import Table
from agent.demo.engine import Engine
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import connect
from tests.dms.test_pages import _fill
from tests.rules import choices, customers, vehicle_sales

TODAY = dt.date(2026, 11, 22)
WINDOW = Window("2026-01-01", "2026-12-31")
OWN = DIALECTS["sqlserver"]
THEIRS = DIALECTS["postgresql"]
MARKS = {name: mark for name, _, mark in OWN.change_types}


def translated(sql: str) -> str:
    return sqlglot.transpile(sql, read="tsql", write="postgres")[0].replace("%s", "?")


def pair() -> tuple[CompiledQuery, CompiledQuery]:
    return (
        compile_query(vehicle_sales(), "01", OWN, today=TODAY),
        compile_query(vehicle_sales(), "01", THEIRS, today=TODAY),
    )


def test_pages_of_keys_and_of_changes_select_the_same_rows_once_translated(postgresql: Engine) -> None:
    _fill(postgresql)
    postgresql.admin('UPDATE dbo."SALES_DEAL" SET "LAST_CHANGED" = DATE \'2026-11-01\' + "DEAL_NO"')
    own, theirs = pair()
    after, upto = ("2026-11-02", 1), ("2026-11-09", 8)
    asked = [
        (page(own, (0,), (99,), 100), page(theirs, (0,), (99,), 100)),
        (
            changed_rows(own, MARKS["date"], WINDOW, after, upto, 100),
            changed_rows(theirs, "CAST(? AS date)", WINDOW, after, upto, 100),
        ),
        (changed_keys(own, MARKS["date"], WINDOW, None, 3), changed_keys(theirs, "CAST(? AS date)", WINDOW, None, 3)),
    ]
    with connect(postgresql.settings, postgresql.password) as connection:
        for (sql, params), (said, same) in asked:
            assert [params] == [same]
            rows = connection.rows(said, same)
            assert rows
            assert [row[:-1] for row in connection.rows(translated(sql), params)] == [row[:-1] for row in rows]


@pytest.mark.parametrize("name", [name for name in DIALECTS if DIALECTS[name].change_types])
def test_every_statement_is_one_select_of_exactly_the_expected_columns(name: str) -> None:
    dialect = DIALECTS[name]
    key = {("dbo", "SALES_DEAL", "DEAL_NO"), ("dbo", "SALES_DEAL", "STORE_NO"), ("dbo", "SALES_DEAL", "LAST_CHANGED")}
    query = compile_query(vehicle_sales(), "01", dialect, today=TODAY)
    wanted = {(table.schema, table.name, column) for table, column in query.touches}
    mark = dialect.change_types[0][2]
    for (sql, _), columns in (
        (page(query, (1,), (9,), 5), wanted - {("dbo", "SALES_DEAL", "LAST_CHANGED")}),
        (changed_rows(query, mark, WINDOW, ("2026-11-02", 1), ("2026-11-03", 1), 5), wanted),
        (changed_keys(query, mark, WINDOW, ("2026-11-02", 1), 5), key),
    ):
        (tree,) = sqlglot.parse(sql, dialect=dialect.sqlglot)
        assert isinstance(tree, exp.Select)
        aliases = {table.alias: (table.db, table.name) for table in tree.find_all(exp.Table)}
        named = {(*aliases[one.table], one.name) for one in tree.find_all(exp.Column)}
        assert named == columns
        assert not list(tree.find_all(exp.Star))


def test_a_filter_is_asked_beside_keys_only_where_there_is_one() -> None:
    rules = customers(table=Table("dbo", "CUSTOMER"), changes="LAST_CHANGED", people=())
    query = compile_query(rules, "01", OWN, today=TODAY)
    assert query.changed is not None
    assert query.changed.keys_sql == ""
    assert choices().changes is None


_REFUSED = """
import os, sys
from agent.core.source import SourceSettings
from agent.dms.odbc import connect
from agent.errors import SourceError
settings = SourceSettings(name="dms", driver="ODBC Driver 18 for SQL Server", dialect="sqlserver",
                          server="127.0.0.1", port=9, database="DMS", user="fieldgate_ro", password_key="dms")
try:
    connect(settings, "hunter2")
except SourceError as error:
    print(error.code, error)
"""


@pytest.mark.long
def test_microsofts_driver_is_loaded_and_taken_to_a_refused_connection(tmp_path: Path) -> None:
    """Registered as on a dealer's machine. It tries until its login timeout is over, 15 seconds."""
    found = find_spec("mssql_python_odbc")
    if found is None or found.origin is None:
        pytest.skip("no mssql-python-odbc here: Microsoft's driver for Linux on x86-64")
    (library,) = Path(found.origin).parent.glob("libs/linux/debian_ubuntu/x86_64/lib/libmsodbcsql-18*.so*")
    ini = f"[ODBC Driver 18 for SQL Server]\nDriver={library}\n"
    (tmp_path / "odbcinst.ini").write_text(ini)
    import os

    done = subprocess.run(
        [sys.executable, "-c", _REFUSED], capture_output=True, text=True, timeout=90,
        env=os.environ | {"ODBCSYSINI": str(tmp_path)}, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.startswith("unreachable "), done.stdout + done.stderr
    assert "hunter2" not in done.stdout + done.stderr
