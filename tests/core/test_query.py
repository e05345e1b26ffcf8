"""Only the granted columns, only parameters, only names that mean what they look like."""

from __future__ import annotations

import calendar
import datetime as dt

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from agent.core.query import CompiledQuery, compile_choices, compile_query, page, probe_sql
from agent.core.ruleset import Condition, Exists, Join, PersonRules, Ref, Table
from agent.dms.dialects import DIALECTS
from agent.errors import PolicyError
from tests.rules import choices, customers, field, vehicle_sales

TODAY = dt.date(2026, 8, 31)
REAL = ("sqlserver", "postgresql", "mariadb", "sqlite")

GOLDEN = {
    "sqlserver": (
        "SELECT TOP (50) m.[CUST_NO], m.[EMAIL1], m.[FIRST_NAME], m.[OPT_OUT], m.[BLOCK_EMAIL] FROM [dbo].[CUSTOMER] m "
        "WHERE m.[STORE_NO] = ? AND m.[CUST_NO] > ? AND m.[CUST_NO] <= ? ORDER BY m.[CUST_NO]"
    ),
    "postgresql": (
        'SELECT m."CUST_NO", m."EMAIL1", m."FIRST_NAME", m."OPT_OUT", m."BLOCK_EMAIL" FROM "dbo"."CUSTOMER" m '
        'WHERE m."STORE_NO" = ? AND m."CUST_NO" > ? AND m."CUST_NO" <= ? ORDER BY m."CUST_NO" LIMIT 50'
    ),
    "mariadb": (
        "SELECT m.`CUST_NO`, m.`EMAIL1`, m.`FIRST_NAME`, m.`OPT_OUT`, m.`BLOCK_EMAIL` FROM `dbo`.`CUSTOMER` m "
        "WHERE m.`STORE_NO` = ? AND m.`CUST_NO` > ? AND m.`CUST_NO` <= ? ORDER BY m.`CUST_NO` LIMIT 50"
    ),
    "sqlite": (
        'SELECT m."CUST_NO", m."EMAIL1", m."FIRST_NAME", m."OPT_OUT", m."BLOCK_EMAIL" FROM "dbo"."CUSTOMER" m '
        'WHERE RTRIM(m."STORE_NO") = ? AND m."CUST_NO" > ? AND m."CUST_NO" <= ? ORDER BY m."CUST_NO" LIMIT 50'
    ),
    "generic": (
        'SELECT m."CUST_NO", m."EMAIL1", m."FIRST_NAME", m."OPT_OUT", m."BLOCK_EMAIL" FROM "dbo"."CUSTOMER" m '
        'WHERE m."STORE_NO" = ? AND m."CUST_NO" > ? AND m."CUST_NO" <= ? ORDER BY m."CUST_NO" FETCH FIRST 50 ROWS ONLY'
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_page_reads_word_for_word(name: str) -> None:
    query = compile_query(customers(), "01", DIALECTS[name], today=TODAY)
    assert page(query, (7,), (99,), 50) == (GOLDEN[name], ("01", 7, 99))


def test_joins_filters_and_two_people_read_word_for_word() -> None:
    query = compile_query(vehicle_sales(), "01", DIALECTS["postgresql"], today=TODAY)
    assert page(query, None, None, 10) == (
        (
            'SELECT m."DEAL_NO", j1."YEAR", m."VIN", m."BUYER_NO", m."COBUYER_NO", j2."OPT_OUT", j2."BLOCK_EMAIL", '
            'j3."OPT_OUT", j3."BLOCK_EMAIL" FROM "dbo"."SALES_DEAL" m '
            'LEFT JOIN "dbo"."VEHICLE" j1 ON j1."VIN" = m."VIN" '
            'LEFT JOIN "dbo"."CUSTOMER" j2 ON j2."CUST_NO" = m."BUYER_NO" '
            'LEFT JOIN "dbo"."CUSTOMER" j3 ON j3."CUST_NO" = m."COBUYER_NO" '
            'WHERE m."STORE_NO" = ? AND j1."MAKE" IN (?, ?) '
            'AND m."DEAL_STATUS" <> ? AND RTRIM(CAST(m."DEAL_STATUS" AS text)) <> ? AND m."DEAL_DT" >= ? '
            'AND EXISTS (SELECT 1 FROM "dbo"."CUSTOMER" e1 WHERE e1."CUST_NO" = m."BUYER_NO" '
            "AND RTRIM(CAST(e1.\"EMAIL1\" AS text)) <> '') "
            'ORDER BY m."DEAL_NO" LIMIT 10'
        ),
        ("01", "EXAMPLE", "SAMPLE", "X", "X", "2026-02-28"),
    )
    assert query.layout.key == (0,)
    assert query.layout.fields == (1, 2)
    assert query.layout.people == ((3,), (4,))
    assert query.layout.choices == ((5, 6), (7, 8))


def test_choices_of_the_own_row_need_no_join() -> None:
    query = compile_query(customers(), "01", DIALECTS["postgresql"], today=TODAY)
    assert query.tables == {Table("dbo", "CUSTOMER")}
    assert query.layout.people == ((0,),)
    assert query.layout.choices == ((3, 4),)


def test_choices_alone_read_the_person_key_and_the_flags() -> None:
    query = compile_choices(choices(), DIALECTS["mariadb"])
    assert page(query, ("x",), None, 9) == (
        (
            "SELECT m.`CUST_NO`, m.`OPT_OUT`, m.`BLOCK_EMAIL` FROM `dbo`.`CUSTOMER` m WHERE m.`CUST_NO` > ? "
            "ORDER BY m.`CUST_NO` LIMIT 9"
        ),
        ("x",),
    )
    assert query.layout.key == (0,)
    assert query.layout.choices == ((1, 2),)


def _parsed(query: CompiledQuery, sql: str) -> exp.Select:
    statements = sqlglot.parse(sql, read=query.dialect.sqlglot)
    assert len(statements) == 1
    assert isinstance(statements[0], exp.Select)
    return statements[0]


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("rule", [customers(), vehicle_sales(), vehicle_sales(key=("DEAL_NO", "STORE_NO", "VIN"))])
def test_another_parser_sees_one_select_of_exactly_the_granted_columns(name: str, rule: object) -> None:
    query = compile_query(rule, "01", DIALECTS[name], today=TODAY)  # type: ignore[arg-type]
    after = tuple("k" for _ in query.order)
    sql, params = page(query, after, after, 5)
    select = _parsed(query, sql)
    assert [column.name for column in select.selects] == [ref.column for ref in query.select]
    assert all(isinstance(column, exp.Column) for column in select.selects)
    assert not list(select.find_all(exp.Star))
    assert len(list(select.find_all(exp.Select))) == 1 + sum(isinstance(line, Exists) for line in rule.where)  # type: ignore[attr-defined]
    assert len(list(select.find_all(exp.Placeholder))) == len(params)
    literals = {str(node.this) for node in select.find_all(exp.Literal)}
    assert literals <= {"5", "1", "", "4000"}  # the limit, EXISTS (SELECT 1, <> '', nvarchar(4000)


@pytest.mark.parametrize("name", REAL)
def test_touches_name_every_column_another_parser_finds(name: str) -> None:
    query = compile_query(vehicle_sales(), "01", DIALECTS[name], today=TODAY)
    select = _parsed(query, page(query, (1,), (2,), 5)[0])
    table_of = {node.alias: Table(node.db, node.name) for node in select.find_all(exp.Table)}
    found = {(table_of[column.table], column.name) for column in select.find_all(exp.Column)}
    assert query.touches == found | {(Table("dbo", "SALES_DEAL"), "LAST_CHANGED")}
    assert query.tables == set(table_of.values())


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize(
    "column", ['a"b', "a]b", "a[b", "a`b", "x; DROP TABLE y --", "what?", "o'clock", "first name ", "ñ"]
)
def test_a_hostile_but_visible_name_stays_one_name(name: str, column: str) -> None:
    query = compile_query(customers(fields=(field("x", column),)), "01", DIALECTS[name], today=TODAY)
    select = _parsed(query, page(query, None, None, 5)[0])
    assert select.selects[1].name == column


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize(
    "column", ["", "a\nb", "a\0b", "\u202ea", "a\u200bb", "a\u2028b", "\ud800", "\x1b[2J", "x" * 129]
)
def test_a_name_that_looks_like_another_is_refused(name: str, column: str) -> None:
    for rule in (
        customers(fields=(field("x", column),)),
        customers(key=(column,)),
        customers(store=column),
        customers(changes=column),
        customers(table=Table("dbo", column)),
        customers(table=Table(column or "\0", "CUSTOMER")),
        customers(where=(Condition(Ref("", column), "not_empty"),)),
    ):
        with pytest.raises(PolicyError) as caught:
            compile_query(rule, "01", DIALECTS[name], today=TODAY)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["postgresql", "sqlserver"])
def test_a_bare_table_name_is_refused_where_a_search_path_would_choose(name: str) -> None:
    with pytest.raises(PolicyError, match="schema_missing"):
        compile_query(customers(schema=""), "01", DIALECTS[name], today=TODAY)


@pytest.mark.parametrize("name", ["mariadb", "sqlite"])
def test_a_bare_table_name_is_taken_where_there_is_one_schema(name: str) -> None:
    assert compile_query(customers(schema=""), "01", DIALECTS[name], today=TODAY).tables == {Table("", "CUSTOMER")}


@pytest.mark.parametrize(
    "rule",
    [
        customers(fields=(field("x", "YEAR", "VEHICLE"),)),
        customers(joins=(Join(Table("dbo", "VEHICLE"), "V", ()),)),
        customers(joins=(Join(Table("dbo", "VEHICLE"), "", (("VIN", Ref("", "VIN")),)),)),
        customers(where=(Exists(Table("dbo", "VEHICLE"), ()),)),
        customers(
            where=(
                Exists(
                    Table("dbo", "VEHICLE"),
                    (("OWNER_NO", Ref("", "CUST_NO")),),
                    (Condition(Ref("X", "A"), "is", ("1",)),),
                ),
            )
        ),
        customers(key=()),
        customers(people=(PersonRules("customer", (Ref("", "A"), Ref("", "B")), choices()),)),
        customers(where=(Condition(Ref("", "A"), "is_one_of", ()),)),
        customers(where=(Condition(Ref("", "A"), "is_one_of", tuple("x" * 501)),)),
        customers(where=(Condition(Ref("", "A"), "is", ("a", "b")),)),
        customers(where=(Condition(Ref("", "A"), "not_empty", ("a",)),)),
        customers(where=(Condition(Ref("", "A"), "within_months", ("-1",)),)),
        customers(where=(Condition(Ref("", "A"), "within_months", ("9" * 5000,)),)),
    ],
)
def test_an_unclear_rule_is_refused_not_guessed(rule: object) -> None:
    with pytest.raises(PolicyError):
        compile_query(rule, "01", DIALECTS["postgresql"], today=TODAY)  # type: ignore[arg-type]


def test_a_store_or_filter_value_never_stands_in_the_sql() -> None:
    hostile = "01' OR '1'='1"
    rule = customers(where=(Condition(Ref("", "A"), "is", (hostile,)), Condition(Ref("", "B"), "is_not", (hostile,))))
    for name in DIALECTS:
        sql, params = page(compile_query(rule, hostile, DIALECTS[name], today=TODAY), (hostile,), (hostile,), 5)
        assert "OR '1'" not in sql
        assert params.count(hostile) == 6


def test_a_number_in_a_filter_is_compared_as_text_is_written() -> None:
    query = compile_query(
        customers(where=(Condition(Ref("", "A"), "is", (1,)),)), "01", DIALECTS["mariadb"], today=TODAY
    )
    assert query.base_params == ("01", "1")


def test_a_date_in_a_filter_cannot_be_read_as_day_month_on_sql_server() -> None:
    rule = customers(where=(Condition(Ref("", "D"), "after", ("2026-01-02",)),))
    assert "m.[D] > CAST(? AS date)" in compile_query(rule, "01", DIALECTS["sqlserver"], today=TODAY).base_sql


@given(st.dates(dt.date(1999, 1, 1), dt.date(2100, 12, 31)), st.integers(1, 240))
def test_within_months_is_the_same_day_that_many_months_ago(today: dt.date, months: int) -> None:
    rule = customers(where=(Condition(Ref("", "D"), "within_months", (months,)),))
    since = compile_query(rule, "01", DIALECTS["sqlite"], today=today).base_params[1]
    year, month = today.year, today.month
    for _ in range(months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    assert since == dt.date(year, month, min(today.day, calendar.monthrange(year, month)[1])).isoformat()


def test_a_key_of_another_width_is_a_defect_of_ours() -> None:
    query = compile_query(customers(), "01", DIALECTS["sqlite"], today=TODAY)
    with pytest.raises(ValueError, match="1 parts"):
        page(query, (1, 2), None, 5)


def test_a_probe_asks_for_one_column_of_no_row() -> None:
    assert probe_sql(DIALECTS["postgresql"], Table("dbo", "SALES_DEAL"), 'A"B') == (
        'SELECT m."A""B" FROM "dbo"."SALES_DEAL" m WHERE 1 = 0'
    )
