"""The inventory names what is there, and a file from the DBA says exactly what the agent would have seen itself."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import pytest
import sqlglot
from sqlglot import exp

from agent.core.inventory import Inventory
from agent.core.lineage import trace
from agent.core.ruleset import Table
from agent.demo.engine import Engine
from agent.dms.catalog import inventory_of, print_query, read_inventory, take_inventory
from agent.dms.catalog_sql import CATALOG, COLUMNS, ROUTINES
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import connect
from agent.dms.privileges import _READABLE, _WIDE
from agent.errors import ConfigError

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
LONG = "x" * 20_000  # drivers have cut long texts before


def _rows(engine: Engine) -> list[list[str]]:
    return [["" if cell is None else cell for cell in row] for row in engine.admin(CATALOG[engine.kind])]


def _build(engine: Engine) -> None:
    text = "varchar(40)" if engine.kind == "mariadb" else "text"
    q = DIALECTS[engine.kind].quote
    customer, view = engine.table("CUSTOMER"), engine.table("V")
    engine.admin(
        f"CREATE TABLE {customer} ({q('CUST_NO')} int PRIMARY KEY, {q('SSN')} varchar(11), {q('CITY')} varchar(40), "
        f"{q('TAG')} {text} GENERATED ALWAYS AS (upper({q('SSN')})) STORED)"
    )
    long_case = f"CASE WHEN m.{q('CITY')} = '{LONG}' THEN m.{q('SSN')} ELSE m.{q('CITY')} END"
    engine.admin(f"CREATE VIEW {view} AS SELECT m.{q('CUST_NO')}, {long_case} AS {q('SHADE')} FROM {customer} m")


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(request.param)
    _build(made)
    return made


def _base(inventory: Inventory, schema: str, table: str, column: str) -> set[str]:
    lineage = trace([(Table(schema, table), column)], [Table(schema, table)], inventory)
    assert lineage.refused == ()
    return {base.column for base in lineage.columns}


def test_a_real_engines_texts_are_traced_to_base_columns(engine: Engine) -> None:
    inventory = inventory_of(_rows(engine), "dms", engine.kind, NOW)
    assert {(t.name, t.kind) for t in inventory.tables if t.schema == engine.schema} >= {
        ("CUSTOMER", "table"),
        ("V", "view"),
    }
    assert _base(inventory, engine.schema, "V", "SHADE") == {"CITY", "SSN"}
    assert _base(inventory, engine.schema, "V", "CUST_NO") == {"CUST_NO"}
    assert _base(inventory, engine.schema, "CUSTOMER", "TAG") == {"SSN"}


def test_the_agent_sees_over_odbc_what_the_owner_sees(engine: Engine) -> None:
    if engine.kind == "mariadb":
        engine.admin("GRANT SELECT, SHOW VIEW ON dbo.* TO fieldgate_ro@'127.0.0.1'")
    with connect(engine.settings, engine.password) as connection:
        taken = take_inventory(connection, engine.settings, NOW)
    owner = inventory_of(_rows(engine), "dms", engine.kind, NOW)
    mine = [t for t in owner.tables if t.schema == engine.schema]
    assert [t for t in taken.tables if t.schema == engine.schema] == mine
    assert len(mine[-1].definition) > len(LONG)


def test_an_account_with_exact_grants_on_mariadb_sees_nothing_else(mariadb: Engine) -> None:
    """Why the inventory comes from the DBA there."""
    _build(mariadb)
    mariadb.admin("GRANT SELECT (CUST_NO) ON dbo.CUSTOMER TO fieldgate_ro@'127.0.0.1'")
    with connect(mariadb.settings, mariadb.password) as connection:
        taken = take_inventory(connection, mariadb.settings, NOW)
    assert [[c.name for c in t.columns] for t in taken.tables] == [["CUST_NO"]]


ROWS = [
    ["dbo", "CUSTOMER", "table", "CUST_NO", "int", "NO", "number, of the\ncustomer", "", ""],
    ["dbo", "CUSTOMER", "table", "CITY", "varchar(40)", "YES", 'say "city"', "", ""],
    ["dbo", "V", "view", "CITY", "varchar(40)", "YES", "", "", "SELECT c.CITY\tFROM\n dbo.CUSTOMER c -- \\n"],
]


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([list(COLUMNS), *rows])
    return out.getvalue().encode()


def _tsv(rows: list[list[str]]) -> bytes:
    def cell(text: str) -> str:
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")

    return "\n".join("\t".join(map(cell, row)) for row in [list(COLUMNS), *rows]).encode() + b"\n"


def _json(rows: list[list[str]]) -> bytes:
    text = json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows])
    return "\n".join(text[i : i + 50] for i in range(0, len(text), 50)).encode()  # as sqlcmd breaks it


def test_every_form_of_the_file_is_the_same_inventory() -> None:
    direct = inventory_of(ROWS, "dms", "mariadb", NOW)
    for data in (
        _csv(ROWS),
        b"\xef\xbb\xbf" + _csv(ROWS),
        _csv(ROWS).decode().encode("utf-16"),
        _tsv(ROWS),
        _json(ROWS),
    ):
        read = read_inventory(data, "dms", "mariadb", NOW)
        assert read == direct
        assert read.digest() == direct.digest()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\xfd",
        b"\x80\x81",
        b"table,column\na,b\n",
        _csv([]),
        _csv([ROWS[0][:-1]]),
        _csv([ROWS[0], ROWS[0]]),
        _csv([ROWS[0], ROWS[2], ROWS[1]]),
        _csv([["", *ROWS[0][1:]]]),
        _csv(ROWS)[:-4],
        _tsv([ROWS[0][:-1]]),
        b"[1]",
        b"[{]",
        b'[{"table_schema": "dbo", "rows": 7}]',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_not_the_querys_output_is_refused_whole(data: bytes) -> None:
    with pytest.raises(ConfigError, match="inventory_unreadable"):
        read_inventory(data, "dms", "mariadb", NOW)


def test_the_day_does_not_change_the_digest_but_a_type_does() -> None:
    later = inventory_of(ROWS, "dms", "mariadb", NOW + dt.timedelta(days=1))
    assert later.digest() == inventory_of(ROWS, "dms", "mariadb", NOW).digest()
    retyped = [[*ROWS[0][:4], "bigint", *ROWS[0][5:]], *ROWS[1:]]
    assert inventory_of(retyped, "dms", "mariadb", NOW).digest() != later.digest()


@pytest.mark.parametrize("name", CATALOG)
def test_the_dbas_query_reads_the_catalog_and_no_table(name: str) -> None:
    printed = print_query(name)
    assert printed.startswith("-- Reads names only")
    statements = [s for s in sqlglot.parse(printed, read=DIALECTS[name].sqlglot) if s is not None]
    select = statements[-1]
    assert isinstance(select, exp.Select)
    assert len(select.selects) == len(COLUMNS)
    assert [s.alias_or_name for s in select.selects] == list(COLUMNS)
    catalogs = {"pg_catalog", "information_schema", "sys"}
    for table in select.find_all(exp.Table):
        assert table.db.lower() in catalogs or table.name in ("sqlite_master", "pragma_table_xinfo", "")


@pytest.mark.parametrize("name", ["sqlserver", "postgresql"])
def test_the_privilege_questions_are_selects_another_parser_reads(name: str) -> None:
    for question in (_READABLE[name], *(text for _, text in _WIDE[name])):
        parsed = sqlglot.parse(question, read=DIALECTS[name].sqlglot)
        assert len(parsed) == 1
        assert isinstance(parsed[0], exp.Query)


def test_an_engine_without_a_catalog_of_ours_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="inventory_unknown"):
        print_query("generic")


PEEK = {
    "postgresql": (
        "CREATE FUNCTION dbo.peek() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT '' $$;"
        "CREATE FUNCTION dbo.calm() RETURNS text LANGUAGE sql AS $$ SELECT '' $$"
    ),
    "mariadb": (
        "CREATE FUNCTION dbo.peek() RETURNS int SQL SECURITY DEFINER RETURN 1;"
        "CREATE FUNCTION dbo.calm() RETURNS int SQL SECURITY INVOKER RETURN 1"
    ),
}


@pytest.mark.parametrize("kind", PEEK)
def test_routines_stand_in_the_inventory_with_whose_rights_they_run(kind: str, request: pytest.FixtureRequest) -> None:
    engine: Engine = request.getfixturevalue(kind)
    _build(engine)
    before = inventory_of(_rows(engine), "dms", kind, NOW)
    engine.admin(PEEK[kind])
    routines = [["" if c is None else c for c in row] for row in engine.admin(ROUTINES[kind]) if row[0] == "dbo"]
    found = inventory_of([*_rows(engine), *routines], "dms", kind, NOW)
    assert {(r.schema, r.name, r.security) for r in found.routines} == {
        ("dbo", "peek", "definer"),
        ("dbo", "calm", "invoker"),
    }
    assert found.tables == before.tables
    assert found.digest() != before.digest(), "a routine more is a change"
    printed = _csv([*_rows(engine), list(COLUMNS), *routines])  # as a client prints two statements
    assert read_inventory(printed, "dms", kind, NOW) == found
    if kind == "postgresql":
        with connect(engine.settings, engine.password) as connection:
            assert set(take_inventory(connection, engine.settings, NOW).routines) >= set(found.routines)
