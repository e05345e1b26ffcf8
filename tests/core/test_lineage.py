"""Nothing nonpublic reaches a query through a view, generated column, filter or sort; attacks with innocent twins."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Sequence

import pytest

from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.lineage import check_lineage, trace
from agent.core.query import CompiledQuery, compile_query
from agent.core.ruleset import Condition, DatasetRules, Exists, Join, Ref, Table
from agent.core.viewtext import generating_expression, read_generated
from agent.dms.dialects import DIALECTS
from tests.rules import customers, field

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
CUSTOMER = ("CUST_NO", "STORE_NO", "FIRST_NAME", "EMAIL1", "CITY", "SSN", "OPT_OUT", "BLOCK_EMAIL", "TENANT")
DEAL = ("DEAL_NO", "STORE_NO", "BUYER_NO", "VIN", "MODEL", "APR", "TERM", "CASH_DOWN")


def _table(name: str, columns: Sequence[str], definition: str = "") -> InventoryTable:
    kind = "view" if definition else "table"
    return InventoryTable("dbo", name, kind, tuple(InventoryColumn(c, "varchar(40)") for c in columns), definition)  # type: ignore[arg-type]


def _inventory(*more: InventoryTable, dialect: str = "postgresql") -> Inventory:
    return Inventory("dms", dialect, NOW, (_table("CUSTOMER", CUSTOMER), _table("SALES_DEAL", DEAL), *more))


def _reach(view: InventoryTable, column: str, *more: InventoryTable, dialect: str = "postgresql") -> set[str] | str:
    lineage = trace(
        [(Table("dbo", view.name), column)], [Table("dbo", view.name)], _inventory(view, *more, dialect=dialect)
    )
    if lineage.refused:
        return "refused"
    return {f"{base.table.name}.{base.column}" for base in lineage.columns}


TEXTS = {
    "alias": ('SELECT s."APR" AS "SCORE_1" FROM dbo."SALES_DEAL" s', {"SALES_DEAL.APR"}),
    "case": (
        """SELECT CASE WHEN s."TERM" > 1 THEN 'a' ELSE s."MODEL" END AS "SCORE_1" FROM dbo."SALES_DEAL" s""",
        {"SALES_DEAL.TERM", "SALES_DEAL.MODEL"},
    ),
    "coalesce": (
        'SELECT COALESCE(s."MODEL", s."APR"::text) AS "SCORE_1" FROM dbo."SALES_DEAL" s',
        {"SALES_DEAL.MODEL", "SALES_DEAL.APR"},
    ),
    "window": (
        'SELECT row_number() OVER (ORDER BY s."CASH_DOWN") AS "SCORE_1" FROM dbo."SALES_DEAL" s',
        {"SALES_DEAL.CASH_DOWN"},
    ),
    "filter": (
        'SELECT s."MODEL" AS "SCORE_1" FROM dbo."SALES_DEAL" s WHERE s."APR" > 3',
        {"SALES_DEAL.MODEL", "SALES_DEAL.APR"},
    ),
    "sort": (
        'SELECT s."MODEL" AS "SCORE_1" FROM dbo."SALES_DEAL" s ORDER BY s."APR" LIMIT 10',
        {"SALES_DEAL.MODEL", "SALES_DEAL.APR"},
    ),
    "group": (
        'SELECT max(s."MODEL") AS "SCORE_1" FROM dbo."SALES_DEAL" s GROUP BY s."TERM" HAVING min(s."APR") > 1',
        {"SALES_DEAL.MODEL", "SALES_DEAL.TERM", "SALES_DEAL.APR"},
    ),
    "join": (
        'SELECT s."MODEL" AS "SCORE_1" FROM dbo."SALES_DEAL" s JOIN dbo."CUSTOMER" c ON c."SSN" = s."BUYER_NO"',
        {"SALES_DEAL.MODEL", "SALES_DEAL.BUYER_NO", "CUSTOMER.SSN"},
    ),
    "using": (
        'SELECT s."MODEL" AS "SCORE_1" FROM dbo."SALES_DEAL" s JOIN dbo."CUSTOMER" c USING ("STORE_NO")',
        {"SALES_DEAL.MODEL", "SALES_DEAL.STORE_NO", "CUSTOMER.STORE_NO"},
    ),
    "exists": (
        (
            'SELECT c."CITY" AS "SCORE_1" FROM dbo."CUSTOMER" c WHERE EXISTS '
            '(SELECT 1 FROM dbo."SALES_DEAL" s WHERE s."BUYER_NO" = c."CUST_NO" AND s."TERM" > 60)'
        ),
        {"CUSTOMER.CITY", "CUSTOMER.CUST_NO", "SALES_DEAL.BUYER_NO", "SALES_DEAL.TERM"},
    ),
    "scalar subquery": (
        (
            'SELECT (SELECT max(s."APR") FROM dbo."SALES_DEAL" s WHERE s."BUYER_NO" = c."CUST_NO") AS "SCORE_1" '
            'FROM dbo."CUSTOMER" c'
        ),
        {"SALES_DEAL.APR", "SALES_DEAL.BUYER_NO", "CUSTOMER.CUST_NO"},
    ),
    "derived table": (
        'SELECT d."Q" AS "SCORE_1" FROM (SELECT s."APR" AS "Q", s."TERM" FROM dbo."SALES_DEAL" s) d',
        {"SALES_DEAL.APR"},
    ),
    "cte": (
        'WITH d AS (SELECT s."APR" AS "Q" FROM dbo."SALES_DEAL" s WHERE s."TERM" > 1) SELECT d."Q" AS "SCORE_1" FROM d',
        {"SALES_DEAL.APR", "SALES_DEAL.TERM"},
    ),
    "union all": (
        'SELECT c."CITY" AS "SCORE_1" FROM dbo."CUSTOMER" c UNION ALL SELECT s."APR" FROM dbo."SALES_DEAL" s',
        {"CUSTOMER.CITY", "SALES_DEAL.APR"},
    ),
    "case-folded names": (
        'SELECT s."APR" AS "SCORE_1" FROM dbo."SALES_DEAL" S',
        {"SALES_DEAL.APR"},
    ),
    "count of rows": ('SELECT count(*) AS "SCORE_1" FROM dbo."CUSTOMER" c WHERE c."CITY" = $$x$$', {"CUSTOMER.CITY"}),
    "innocent": ('SELECT upper(c."CITY") AS "SCORE_1" FROM dbo."CUSTOMER" c', {"CUSTOMER.CITY"}),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_views_column_is_traced_to_what_it_tells(kind: str) -> None:
    text, expected = TEXTS[kind]
    assert _reach(_table("V", ("SCORE_1",), text), "SCORE_1") == expected


UNTRACEABLE = {
    "no text": " ",
    "not SQL": "SELECT FROM WHERE",
    "two statements": 'SELECT "CITY" FROM dbo."CUSTOMER"; SELECT 1',
    "not a select": 'DELETE FROM dbo."CUSTOMER"',
    "unknown function": 'SELECT dbo.peek(c."CUST_NO") FROM dbo."CUSTOMER" c',
    "unknown bare function": 'SELECT peek(c."CUST_NO") FROM dbo."CUSTOMER" c',
    "table function": 'SELECT p."X" FROM dbo.peek_all() p',
    "whole row": 'SELECT c::text FROM dbo."CUSTOMER" c',
    "whole row as pg_get_viewdef says it": 'SELECT (c.*)::text FROM dbo."CUSTOMER" c',
    "a field of the whole row": 'SELECT (c)."SSN" FROM dbo."CUSTOMER" c',
    "count of a whole row": 'SELECT count(c) FROM dbo."CUSTOMER" c',
    "a whole row compared": 'SELECT c."CITY" FROM dbo."CUSTOMER" c WHERE c IS NOT NULL',
    "row as json": 'SELECT row_to_json(c) FROM dbo."CUSTOMER" c',
    "table not in the inventory": 'SELECT x."A" FROM dbo."ELSEWHERE" x',
    "table of another schema": 'SELECT c."CITY" FROM public."CUSTOMER" c',
    "table of another database": 'SELECT c."CITY" FROM other.dbo."CUSTOMER" c',
    "column not in the inventory": 'SELECT c."GONE" FROM dbo."CUSTOMER" c',
    "ambiguous column": 'SELECT "STORE_NO" FROM dbo."CUSTOMER", dbo."SALES_DEAL"',
    "natural join": 'SELECT c."CITY" FROM dbo."CUSTOMER" c NATURAL JOIN dbo."SALES_DEAL" s',
    "two columns where one is": 'SELECT c."CITY", c."SSN" FROM dbo."CUSTOMER" c',
    "lateral": 'SELECT x."A" FROM dbo."CUSTOMER" c, LATERAL peek(c."CUST_NO") x("A")',
}


@pytest.mark.parametrize("kind", UNTRACEABLE)
def test_what_cannot_be_traced_is_refused(kind: str) -> None:
    view = InventoryTable("dbo", "V", "view", (InventoryColumn("SCORE_1", "text"),), UNTRACEABLE[kind])
    assert _reach(view, "SCORE_1") == "refused"


def test_a_view_that_leads_back_to_itself_is_refused() -> None:
    one = _table("V1", ("A",), 'SELECT x."A" FROM dbo."V2" x')
    two = _table("V2", ("A",), 'SELECT x."A" FROM dbo."V1" x')
    assert _reach(one, "A", two) == "refused"


def test_a_column_the_view_does_not_hand_on_is_not_held_against_another() -> None:
    view = _table("V", ("CITY", "RATE"), 'SELECT c."CITY", s."APR" FROM dbo."CUSTOMER" c, dbo."SALES_DEAL" s')
    assert _reach(view, "CITY") == {"CUSTOMER.CITY"}
    assert _reach(view, "RATE") == {"SALES_DEAL.APR"}


def test_distinct_and_union_tell_by_every_column() -> None:
    both = ("CITY", "RATE")
    distinct = _table("V", both, 'SELECT DISTINCT s."MODEL", s."APR" FROM dbo."SALES_DEAL" s')
    union = _table(
        "V",
        both,
        'SELECT s."MODEL", s."APR" FROM dbo."SALES_DEAL" s UNION SELECT s."VIN", s."TERM" FROM dbo."SALES_DEAL" s',
    )
    assert _reach(distinct, "CITY") == {"SALES_DEAL.MODEL", "SALES_DEAL.APR"}
    assert _reach(union, "CITY") == {"SALES_DEAL.MODEL", "SALES_DEAL.APR", "SALES_DEAL.VIN", "SALES_DEAL.TERM"}


def test_a_sort_by_an_outputs_name_or_number_counts() -> None:
    for order in ('"Q"', "2"):
        view = _table(
            "V", ("CITY", "Q"), f'SELECT s."MODEL", s."APR" AS "Q" FROM dbo."SALES_DEAL" s ORDER BY {order} LIMIT 5'
        )
        assert _reach(view, "CITY") == {"SALES_DEAL.MODEL", "SALES_DEAL.APR"}


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("mariadb", "select `s`.`APR` AS `SCORE_1` from `dbo`.`SALES_DEAL` `s`"),
        ("mariadb", "select `dbo`.`SALES_DEAL`.`apr` AS `SCORE_1` from `dbo`.`SALES_DEAL`"),
        (
            "sqlserver",
            "CREATE VIEW [dbo].[V] AS SELECT s.[APR] AS [SCORE_1] FROM [dbo].[SALES_DEAL] AS s WITH (NOLOCK)",
        ),
        ("sqlserver", "create view dbo.V as select apr as SCORE_1 from sales_deal"),
        ("sqlite", 'CREATE VIEW "V" AS SELECT apr AS SCORE_1 FROM sales_deal'),
        ("sqlite", "CREATE VIEW V(SCORE_1) AS SELECT APR FROM SALES_DEAL"),
    ],
)
def test_each_engines_own_view_text_is_read(dialect: str, text: str) -> None:
    assert _reach(_table("V", ("SCORE_1",), text), "SCORE_1", dialect=dialect) == {"SALES_DEAL.APR"}


def _with_generated(expression: str) -> Inventory:
    columns = (*(InventoryColumn(c, "text") for c in CUSTOMER), InventoryColumn("TAG", "text", generated=expression))
    return Inventory("dms", "postgresql", NOW, (InventoryTable("dbo", "CUSTOMER", "table", columns),))


def test_a_generated_column_is_what_it_is_made_of() -> None:
    hidden = trace([(Table("dbo", "CUSTOMER"), "TAG")], [], _with_generated('upper(("SSN")::text)'))
    assert {base.column for base in hidden.columns} == {"SSN"}
    assert [base.via for base in hidden.columns] == [("dbo.CUSTOMER.TAG",)]
    open_one = trace([(Table("dbo", "CUSTOMER"), "TAG")], [], _with_generated('upper(("CITY")::text)'))
    assert {base.column for base in open_one.columns} == {"CITY"}


@pytest.mark.parametrize(
    "expression", ["?", 'dbo.peek("CITY")', '(SELECT max("SSN") FROM dbo."CUSTOMER")', '"GONE" || 1', "("]
)
def test_a_generated_column_that_cannot_be_read_is_refused(expression: str) -> None:
    assert trace([(Table("dbo", "CUSTOMER"), "TAG")], [], _with_generated(expression)).refused


def test_sqlites_generated_column_is_found_in_the_tables_text() -> None:
    text = 'CREATE TABLE "CUSTOMER" ("SSN" TEXT, "TAG" TEXT GENERATED ALWAYS AS (upper("SSN")) VIRTUAL)'
    found = generating_expression(text, "TAG", "sqlite")
    assert read_generated(found, _table("CUSTOMER", ("SSN", "TAG")), "sqlite") == {"SSN"}
    assert generating_expression(text, "SSN", "sqlite") == "?"
    assert generating_expression("no text", "TAG", "sqlite") == "?"


def _compiled(rule: DatasetRules) -> CompiledQuery:
    return compile_query(rule, "01", DIALECTS["postgresql"], today=NOW.date())


def _kinds(rule: DatasetRules, *more: InventoryTable) -> set[tuple[str, str]]:
    return {(p.kind, p.place) for p in check_lineage(_compiled(rule), _inventory(*more)) if p.refuses}


def test_an_innocent_dataset_has_no_problem() -> None:
    assert check_lineage(_compiled(customers()), _inventory()) == ()


VIEW = _table("V", ("CUST_NO", "SCORE_1"), 'SELECT s."BUYER_NO", s."APR" FROM dbo."SALES_DEAL" s')
TWIN = _table("V", ("CUST_NO", "SCORE_1"), 'SELECT s."BUYER_NO", s."MODEL" FROM dbo."SALES_DEAL" s')
ON_VIEW = (("CUST_NO", Ref("", "CUST_NO")),)


@pytest.mark.parametrize(
    "rule",
    [
        customers(fields=(field("x", "SCORE_1", "V"),), joins=(Join(Table("dbo", "V"), "V", ON_VIEW),)),
        customers(
            where=(Condition(Ref("V", "SCORE_1"), "is", ("1",)),), joins=(Join(Table("dbo", "V"), "V", ON_VIEW),)
        ),
        customers(joins=(Join(Table("dbo", "V"), "V", (("SCORE_1", Ref("", "CUST_NO")),)),)),
        customers(where=(Exists(Table("dbo", "V"), ON_VIEW, (Condition(Ref("", "SCORE_1"), "not_empty"),)),)),
    ],
    ids=["selected", "filtered", "joined by", "exists"],
)
def test_a_rate_behind_a_harmless_name_is_found_in_every_clause(rule: DatasetRules) -> None:
    assert ("forbidden", "dbo.SALES_DEAL.APR") in _kinds(rule, VIEW)
    assert _kinds(rule, TWIN) == set()


def test_a_forbidden_column_named_plainly_is_found_in_every_clause() -> None:
    for rule in (
        customers(fields=(field("x", "SSN"),)),
        customers(key=("SSN",)),
        customers(store="SSN"),
        customers(changes="SSN"),
        customers(where=(Condition(Ref("", "SSN"), "not_empty"),)),
        customers(where=(Exists(Table("dbo", "SALES_DEAL"), (("CASH_DOWN", Ref("", "CUST_NO")),)),)),
    ):
        assert {kind for kind, _ in _kinds(rule)} == {"forbidden"}


def test_a_finance_table_is_refused_whichever_column_is_asked_for() -> None:
    finance = _table("FINANCE_DEALS", ("CUST_NO", "CITY"))
    view = _table("V", ("CUST_NO",), 'SELECT c."CUST_NO" FROM dbo."CUSTOMER" c, dbo."FINANCE_DEALS" f')
    on = (("CUST_NO", Ref("", "CUST_NO")),)
    for name in ("FINANCE_DEALS", "V"):
        kinds = _kinds(customers(where=(Exists(Table("dbo", name), on),)), finance, view)
        assert ("finance_table", "dbo.FINANCE_DEALS") in kinds


def test_a_table_that_is_not_in_the_inventory_is_refused() -> None:
    assert {kind for kind, _ in _kinds(customers(schema="other"))} == {"untraceable"}


def test_an_opaque_base_column_behind_a_view_is_a_question_not_a_refusal() -> None:
    base = _table("EXTRA", ("CUST_NO", "UDF7"))
    view = _table("V", ("CUST_NO", "SHADE"), 'SELECT e."CUST_NO", e."UDF7" FROM dbo."EXTRA" e')
    rule = customers(fields=(field("x", "SHADE", "V"),), joins=(Join(Table("dbo", "V"), "V", ON_VIEW),))
    problems = check_lineage(_compiled(rule), _inventory(base, view))
    assert [(p.kind, p.place, p.refuses) for p in problems] == [("suspected", "dbo.EXTRA.UDF7", False)]


def test_the_sql_parser_is_loaded_only_where_a_text_must_be_read() -> None:
    """It takes a seventh of the service's memory, and most dealers' policies name no view."""
    code = (
        "import sys; import agent.pipeline;"
        " from agent.core.inventory import Inventory, InventoryColumn, InventoryTable;"
        " from agent.core.lineage import verdicts; from agent.core.ruleset import Table; import datetime as dt;"
        " text = 'SELECT A FROM dbo.T'; column = (InventoryColumn('A', 'text'),);"
        " tables = (InventoryTable('dbo', 'T', 'table', column), InventoryTable('dbo', 'V', 'view', column, text));"
        " names = Inventory('dms', 'postgresql', dt.datetime(2026, 1, 1, tzinfo=dt.UTC), tables);"
        " print(len(verdicts(Table('dbo', 'T'), 'A', names)), 'sqlglot' in sys.modules);"
        " print(len(verdicts(Table('dbo', 'V'), 'A', names)), 'sqlglot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = (line.split()[1] for line in done.stdout.splitlines())
    assert (first, second) == ("False", "True")
