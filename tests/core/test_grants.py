"""The DBA is asked for exactly the columns the queries touch, in statements that cannot carry another."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from agent.core.grants import columns_needed, grants, letter, names_shown
from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.query import CompiledQuery, compile_choices, compile_query
from agent.core.ruleset import Table
from agent.core.source import SourceSettings
from agent.dms.dialects import DIALECTS, dialect_of
from agent.errors import PolicyError
from tests.rules import choices, customers, field, vehicle_sales

TODAY = dt.date(2026, 11, 22)


def _queries(name: str) -> list[CompiledQuery]:
    dialect = DIALECTS[name]
    return [
        compile_query(customers(), "01", dialect, today=TODAY),
        compile_query(vehicle_sales(), "01", dialect, today=TODAY),
        compile_choices(choices(), dialect),
    ]


def test_filter_join_key_store_change_and_choice_columns_are_asked_for_and_no_other() -> None:
    assert columns_needed(_queries("postgresql")) == {
        Table("dbo", "CUSTOMER"): ("BLOCK_EMAIL", "CUST_NO", "EMAIL1", "FIRST_NAME", "OPT_OUT", "STORE_NO"),
        Table("dbo", "SALES_DEAL"): (
            "BUYER_NO",
            "COBUYER_NO",
            "DEAL_DT",
            "DEAL_NO",
            "DEAL_STATUS",
            "LAST_CHANGED",
            "STORE_NO",
            "VIN",
        ),
        Table("dbo", "VEHICLE"): ("MAKE", "VIN", "YEAR"),
    }


def test_each_engine_says_it_its_own_way() -> None:
    rule = customers(people=(), fields=(field("email", "EMAIL1"),))
    said = {
        name: grants([compile_query(rule, "01", DIALECTS[name], today=TODAY)], DIALECTS[name], "fieldgate_ro")
        for name in DIALECTS
    }
    assert said == {
        "postgresql": (
            'GRANT USAGE ON SCHEMA "dbo" TO "fieldgate_ro"',
            'GRANT SELECT ("CUST_NO", "EMAIL1", "STORE_NO") ON "dbo"."CUSTOMER" TO "fieldgate_ro"',
        ),
        "mariadb": ("GRANT SELECT (`CUST_NO`, `EMAIL1`, `STORE_NO`) ON `dbo`.`CUSTOMER` TO `fieldgate_ro`@`%`",),
        "sqlserver": ("GRANT SELECT ON [dbo].[CUSTOMER] ([CUST_NO], [EMAIL1], [STORE_NO]) TO [fieldgate_ro]",),
        "sqlite": (),
        "generic": (),
        "files": (),
    }


def test_mariadbs_account_keeps_its_host() -> None:
    dialect = DIALECTS["mariadb"]
    query = compile_query(customers(), "01", dialect, today=TODAY)
    assert grants([query], dialect, "a@b@127.0.0.1")[0].endswith("TO `a@b`@`127.0.0.1`")


@pytest.mark.parametrize("account", ['x" WITH GRANT OPTION; --', "x` WITH GRANT OPTION; --", "x] WITH GRANT OPTION"])
def test_an_account_name_cannot_widen_the_grant(account: str) -> None:
    for name in ("postgresql", "mariadb", "sqlserver"):
        quote = {"postgresql": '"', "mariadb": "`", "sqlserver": "]"}[name]
        query = compile_query(customers(), "01", DIALECTS[name], today=TODAY)
        said = grants([query], DIALECTS[name], account)[-1]
        after = said.split(" TO ", 1)[1].removesuffix("@`%`")
        assert after[1:-1].replace(quote * 2, "").count(quote) == 0
        assert DIALECTS[name].quote(account) == after


def test_an_account_name_with_a_line_break_is_refused() -> None:
    query = compile_query(customers(), "01", DIALECTS["postgresql"], today=TODAY)
    with pytest.raises(PolicyError):
        grants([query], DIALECTS["postgresql"], "x\nGRANT")


def test_the_letter_says_what_is_allowed_and_what_the_log_will_show() -> None:
    text = letter(_queries("postgresql"), DIALECTS["postgresql"], "fieldgate_ro", "Example Motors of Springfield")
    assert "read 17 columns of 3 tables" in text
    assert 'GRANT SELECT ("MAKE", "VIN", "YEAR") ON "dbo"."VEHICLE" TO "fieldgate_ro";' in text
    assert "Your log will show these refusals" in text
    assert "no column rights" in letter(_queries("sqlite"), DIALECTS["sqlite"], "x", "y")


def _inventory(dialect: str) -> Inventory:
    def table(name: str, *columns: str) -> InventoryTable:
        return InventoryTable("dbo", name, "table", tuple(InventoryColumn(c, "text") for c in columns))

    tables = (table("CUSTOMER", "CUST_NO", "EMAIL1", "STORE_NO", "SSN", "a\u202eb"), table("SALES_DEAL", "TERM"))
    return Inventory("dms", dialect, dt.datetime(2026, 11, 22, tzinfo=dt.UTC), tables)


def test_where_names_are_hidden_the_right_to_see_them_is_asked_for_and_no_right_to_read() -> None:
    rule = customers(people=(), fields=(field("email", "EMAIL1"),))
    said = {}
    for name, dialect in DIALECTS.items():
        queries = [compile_query(rule, "01", dialect, today=TODAY)]
        said[name] = names_shown(queries, dialect, "fieldgate_ro", _inventory(name))
    assert said == {
        "postgresql": (),  # every account sees every name
        "mariadb": (
            "GRANT REFERENCES (`SSN`) ON `dbo`.`CUSTOMER` TO `fieldgate_ro`@`%`",
            "GRANT REFERENCES (`TERM`) ON `dbo`.`SALES_DEAL` TO `fieldgate_ro`@`%`",
        ),
        "sqlserver": ("GRANT VIEW DEFINITION ON SCHEMA::[dbo] TO [fieldgate_ro]",),
        "sqlite": (),
        "generic": (),
        "files": (),
    }
    text = letter(_queries("mariadb"), DIALECTS["mariadb"], "fieldgate_ro", "y", _inventory("mariadb"))
    assert "GRANT REFERENCES (`SSN`)" in text


@pytest.mark.parametrize("name", ["sqlserver", "postgresql", "mariadb"])
def test_views_of_exactly_these_columns_and_no_right_on_any_table(name: str) -> None:
    dialect = dialect_of(SourceSettings("dms", "X", name, view_schema="fieldgate"))  # type: ignore[arg-type]
    rule = customers(people=(), fields=(field("email", "EMAIL1"),))
    said = grants([compile_query(rule, "01", dialect, today=TODAY)], dialect, "fieldgate_ro")
    plain = [re.sub(r'["`\[\]]', "", statement) for statement in said]
    made = [one for one in plain if "CREATE VIEW" in one]
    assert len(made) == 1
    assert "fieldgate.dbo_CUSTOMER AS SELECT m.CUST_NO, m.EMAIL1, m.STORE_NO FROM dbo.CUSTOMER m" in made[0]
    rights = [one for one in plain if one.startswith("GRANT")]
    assert all("dbo.CUSTOMER" not in one for one in rights)
    assert any("SELECT" in one and "ON fieldgate.dbo_CUSTOMER TO fieldgate_ro" in one for one in rights)
