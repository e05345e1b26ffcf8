"""Selection is disclosure: every table and column of every clause is named, one clause at a time."""

from __future__ import annotations

import datetime as dt

import pytest

from agent.core.query import compile_query, page
from agent.core.ruleset import Condition, DatasetRules, Exists, Join, Ref, Table
from agent.dms.dialects import DIALECTS
from tests.rules import customers, field

OTHER = Table("dbo", "OTHER_TABLE")
CLAUSES = {
    "exists": {"where": (Exists(OTHER, (("HERE", Ref("", "CUST_NO")),), (Condition(Ref("", "MAKE"), "is", ("X",)),)),)},
    "join": {"joins": (Join(OTHER, "O", (("HERE", Ref("", "CUST_NO")),)),)},
    "joined filter": {
        "joins": (Join(OTHER, "O", (("HERE", Ref("", "CUST_NO")),)),),
        "where": (Condition(Ref("O", "MAKE"), "is", ("X",)),),
    },
    "joined field": {
        "joins": (Join(OTHER, "O", (("HERE", Ref("", "CUST_NO")),)),),
        "fields": (field("make", "MAKE", "O"),),
    },
}


def compiled(rules: DatasetRules):
    return compile_query(rules, "01", DIALECTS["postgresql"], today=dt.date(2026, 11, 22))


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_table_in_any_clause_is_named(clause: str) -> None:
    query = compiled(customers(**CLAUSES[clause]))
    assert OTHER in query.tables
    assert (OTHER, "HERE") in query.touches
    assert OTHER not in compiled(customers()).tables


@pytest.mark.parametrize("clause", [name for name in CLAUSES if name != "join"])
def test_a_column_in_any_clause_is_named(clause: str) -> None:
    assert (OTHER, "MAKE") in compiled(customers(**CLAUSES[clause])).touches


@pytest.mark.parametrize(
    ("changed", "column"),
    [({"store": "STORE_X"}, "STORE_X"), ({"key": ("KEY_X",)}, "KEY_X"), ({"changes": "CHANGED_X"}, "CHANGED_X"),
     ({"where": (Condition(Ref("", "FILTER_X"), "not_empty"),)}, "FILTER_X")],
)  # fmt: skip
def test_a_column_that_only_picks_or_orders_rows_is_named(changed: dict, column: str) -> None:
    assert (Table("dbo", "CUSTOMER"), column) in compiled(customers(**changed)).touches


def test_a_page_of_a_composite_key_is_asked_for_in_the_form_an_index_serves() -> None:
    """`c >= ? AND (c > ? OR ...)`: the other form took twice as long on real engines."""
    query = compiled(customers(key=("A", "B")))
    sql, params = page(query, (1, "x"), (9, "z"), 100)
    one, two = query.order
    assert f"{one} >= ? AND ({one} > ? OR ({two} > ?))" in sql
    assert f"{one} <= ? AND ({one} < ? OR ({two} <= ?))" in sql
    assert params[-6:] == (1, 1, "x", 9, 9, "z")
