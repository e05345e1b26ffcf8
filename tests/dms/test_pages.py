"""Pages on real engines: every row once, in key order, whatever the page size; the same rows as a naive selection."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from agent.core.query import CompiledQuery, Key, compile_query, page
from agent.core.ruleset import Condition, Exists, FieldRules, Ref, Table
from agent.demo import servers
from agent.demo.engine import Engine
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import Connection, connect
from tests.rules import customers, field, vehicle_sales

TODAY = dt.date(2026, 11, 22)
KINDS = ("sqlite", "postgresql", "mariadb")

TABLES = (
    (
        "CUSTOMER",
        (
            "CUST_NO char(6), STORE_NO char(4), FIRST_NAME varchar(40), EMAIL1 varchar(120), OPT_OUT char(1), "
            "BLOCK_EMAIL char(1), SSN varchar(11), CUST_NO"
        ),
        [
            ("C1", "01", "Pat", "pat@mail.example", "N", "N", "1"),
            ("C2", "01", "Lee", " ", "Y", "N", "2"),
            ("C3", "02", "Ana", "ana@mail.example", " ", None, "3"),
        ],
    ),
    (
        "VEHICLE",
        "VIN char(17), MAKE varchar(20), YEAR int, VIN",
        [("V1", "EXAMPLE", 2024), ("V2", "OTHER", 2023), ("V3", "SAMPLE", 2022)],
    ),
    (
        "SALES_DEAL",
        (
            "DEAL_NO int, STORE_NO char(4), VIN char(17), BUYER_NO char(6), COBUYER_NO char(6), "
            "DEAL_STATUS varchar(4), DEAL_DT date, LAST_CHANGED date, DOORS int, DEAL_NO"
        ),
        [
            (1, "01", "V1", "C1", "C2", "F", "2026-10-01", None, 72),
            (2, "01", "V2", "C1", None, "F", "2026-10-01", None, 60),  # another make
            (3, "01", "V3", "C1", None, "F", "2026-11-01", None, 60),
            (4, "01", "V1", "C2", None, "F", "2026-11-01", None, 60),  # buyer without e-mail
            (5, "02", "V1", "C3", None, "F", "2026-11-01", None, 60),  # another store
            (6, "01", "V1", "C1", None, "X ", "2026-11-01", None, 60),  # a blank behind the code
            (7, "01", "V1", "C1", None, None, "2026-11-01", None, 60),  # unknown is not permission
            (8, "01", "V1", "C1", "C3", "F", "2025-11-01", None, 60),  # too long ago
        ],
    ),
)


def _literal(value: object) -> str:
    return "NULL" if value is None else repr(value)


def _padded(kind: str, columns: str, row: tuple[object, ...]) -> tuple[object, ...]:
    """SQLite does not pad CHAR by itself; a dealer's file may hold it padded."""
    sizes = [part.split("char(")[1].split(")")[0] if " char(" in part else "" for part in columns.split(", ")]
    if kind != "sqlite":
        return row
    return tuple(v.ljust(int(n)) if n and isinstance(v, str) else v for v, n in zip(row, sizes, strict=False))


def _fill(engine: Engine) -> None:
    quote = DIALECTS[engine.kind].quote
    for name, columns, rows in TABLES:
        *parts, key = columns.split(", ")
        named = [f"{quote(part.split()[0])} {part.split(None, 1)[1]}" for part in parts]
        named.append(f"PRIMARY KEY ({quote(key)})")
        cells = [", ".join(_literal(v) for v in _padded(engine.kind, columns, row)) for row in rows]
        engine.admin(f"CREATE TABLE {engine.table(name)} ({', '.join(named)})")
        engine.admin(f"INSERT INTO {engine.table(name)} VALUES ({'), ('.join(cells)})")
    if engine.kind == "postgresql":
        engine.admin("GRANT USAGE ON SCHEMA dbo TO fieldgate_ro")
        engine.admin("GRANT SELECT ON ALL TABLES IN SCHEMA dbo TO fieldgate_ro")
    elif engine.kind == "mariadb":
        engine.admin("GRANT SELECT ON dbo.* TO fieldgate_ro@'127.0.0.1'")


@pytest.fixture(params=KINDS, scope="module")
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Filled once: nothing here writes."""
    made: Engine
    if request.param == "sqlite":
        made = servers.start("sqlite", tmp_path_factory.mktemp("pages"))
    else:
        made = request.getfixturevalue(f"{request.param}_server").fresh()
    _fill(made)
    return made


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with connect(engine.settings, engine.password) as opened:
        yield opened


def _read(connection: Connection, query: CompiledQuery, rows: int) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    after: Key | None = None
    while True:
        got = connection.rows(*page(query, after, None, rows))
        found += got
        if len(got) < rows:
            return found
        after = tuple(got[-1][i] for i in query.layout.key)  # type: ignore[misc]


def _texts(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [tuple(cell.rstrip() if isinstance(cell, str) else cell for cell in row) for row in rows]


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_filters_joins_and_choices_select_the_same_on_every_engine(
    engine: Engine, connection: Connection, rows: int
) -> None:
    query = compile_query(vehicle_sales(engine.schema), "01", connection.dialect, today=TODAY)
    assert _texts(_read(connection, query, rows)) == [
        (1, 2024, "V1", "C1", "C2", "N", "N", "Y", "N"),
        (3, 2022, "V3", "C1", None, "N", "N", None, None),
    ]


def test_a_store_code_in_a_padded_column_is_found(engine: Engine, connection: Connection) -> None:
    for store, names in (("01", ["Pat", "Lee"]), ("02", ["Ana"]), ("0", []), ("01x", [])):
        query = compile_query(customers(engine.schema), store, connection.dialect, today=TODAY)
        assert [row[2] for row in _read(connection, query, 100)] == names


def test_a_page_ends_with_its_upper_key(engine: Engine, connection: Connection) -> None:
    query = compile_query(customers(engine.schema), "01", connection.dialect, today=TODAY)
    first = connection.rows(*page(query, None, None, 1))[0][0]
    assert isinstance(first, str)
    assert [row[2] for row in connection.rows(*page(query, None, (first,), 100))] == ["Pat"]
    assert [row[2] for row in connection.rows(*page(query, (first,), None, 100))] == ["Lee"]
    assert connection.rows(*page(query, (first,), (first,), 100)) == []


CONDITIONS: list[tuple[Condition | Exists, list[int]]] = [
    (Condition(Ref("", "DOORS"), "is", ("72",)), [1]),
    (Condition(Ref("", "DOORS"), "is", (72,)), [1]),
    (Condition(Ref("", "DOORS"), "is_not", ("60",)), [1]),
    (Condition(Ref("", "DOORS"), "not_empty"), [1, 2, 3, 4, 6, 7, 8]),
    (Condition(Ref("", "COBUYER_NO"), "not_empty"), [1, 8]),
    (Condition(Ref("", "DEAL_STATUS"), "is_one_of", ("F", "Q")), [1, 2, 3, 4, 8]),
    (Condition(Ref("", "DEAL_STATUS"), "is_not", ("X",)), [1, 2, 3, 4, 8]),
    (Condition(Ref("", "DEAL_DT"), "after", ("2026-10-01",)), [3, 4, 6, 7]),
    (Condition(Ref("", "DEAL_DT"), "within_months", (2,)), [1, 2, 3, 4, 6, 7]),
    (Condition(Ref("", "DEAL_DT"), "not_empty"), [1, 2, 3, 4, 6, 7, 8]),
]


@pytest.mark.parametrize(("line", "deals"), CONDITIONS)
def test_a_condition_means_the_same_on_every_engine(
    engine: Engine, connection: Connection, line: Condition, deals: list[int]
) -> None:
    rule = vehicle_sales(engine.schema, where=(line,), joins=(), people=(), fields=(field("vin", "VIN"),))
    query = compile_query(rule, "01", connection.dialect, today=TODAY)
    assert [row[0] for row in _read(connection, query, 100)] == deals


def test_sql_servers_statement_selects_the_same_rows_once_translated(postgresql: Engine) -> None:
    """No SQL Server here: its statement is read by another parser and said in PostgreSQL's words."""
    _fill(postgresql)
    query = compile_query(vehicle_sales(), "01", DIALECTS["sqlserver"], today=TODAY)
    own = compile_query(vehicle_sales(), "01", DIALECTS["postgresql"], today=TODAY)
    sql, params = page(query, (0,), (99,), 100)
    translated = sqlglot.transpile(sql, read="tsql", write="postgres")[0].replace("%s", "?")
    with connect(postgresql.settings, postgresql.password) as connection:
        assert connection.rows(translated, params) == connection.rows(*page(own, (0,), (99,), 100))
        assert len(connection.rows(translated, params)) == 2


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Connection, list[tuple[int, str, int]]]]:
    """A table with every key of three parts over a small alphabet."""
    keys = [(a, b, c) for a in range(3) for b in "aBc" for c in range(3)]
    engine = servers.start("sqlite", tmp_path_factory.mktemp("keyed"))
    values = ", ".join(f"({a}, '{b}', {c}, '01')" for a, b, c in keys)
    engine.admin('CREATE TABLE "K" ("A" INTEGER, "B" TEXT, "C" INTEGER, "STORE_NO" TEXT)')
    engine.admin(f'INSERT INTO "K" VALUES {values}')
    with connect(engine.settings, "") as connection:
        yield connection, sorted(keys)


KEYS = st.tuples(st.integers(-1, 3), st.sampled_from("AaBcz"), st.integers(-1, 3))


@given(after=st.none() | KEYS, upto=st.none() | KEYS, rows=st.integers(1, 30), width=st.integers(1, 3))
def test_a_page_of_a_composite_key_is_what_tuples_compared_naively_say(
    keyed: tuple[Connection, list[tuple[int, str, int]]], after: Key | None, upto: Key | None, rows: int, width: int
) -> None:
    connection, keys = keyed
    parts = ("A", "B", "C")[:width]
    fields: tuple[FieldRules, ...] = (field("store", "STORE_NO"),)
    rule = customers(table=Table("", "K"), key=parts, people=(), fields=fields)
    query = compile_query(rule, "01", DIALECTS["sqlite"], today=TODAY)
    low, high = after and after[:width], upto and upto[:width]
    naive = [
        key[:width] for key in keys if (low is None or key[:width] > low) and (high is None or key[:width] <= high)
    ][:rows]
    assert [row[:width] for row in connection.rows(*page(query, low, high, rows))] == naive
