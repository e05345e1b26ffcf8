"""What is nonpublic is refused in every place a policy can name it; what is doubtful needs a decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.policy.check_together import check_together
from agent.core.policy.checks import check_policy
from agent.core.policy.problems import Problem
from agent.demo.dms_schema import CUSTOMER, SALES_DEAL, SCHEMA
from tests.core.policy.samples import SMALL, TODAY, changed, draft

NPI = [(table.name, column.name) for table in SCHEMA.values() for column in table.columns if column.label == "NPI"]
DEAL_NPI = [column.name for column in SALES_DEAL.columns if column.label == "NPI"]
CUSTOMER_NPI = [column.name for column in CUSTOMER.columns if column.label == "NPI"]
# What only looks nonpublic (no exact name on the floor); a signed decision can say otherwise.
SUSPECTED = {"EMPLOYER", "FIRST_PAY_DT", "LEASE_END_DT", "LENDER_ACCT", "CREDIT_LIFE_SALE"}
EVERY_DECISION = frozenset((f"dbo.{table}", column) for table, column in NPI)


def _check(data: bytes, **more: object) -> tuple[Problem, ...]:
    return check_policy(draft(data), today=TODAY, **more)  # type: ignore[arg-type]


def _codes(data: bytes, **more: object) -> set[str]:
    return {p.code for p in _check(data, **more)}


def test_the_sample_is_good() -> None:
    assert _check(SMALL) == ()


def _many(template: Callable[[int, str], str], columns: list[str], anchor: str) -> bytes:
    return changed(anchor, anchor + "".join(template(i, c) for i, c in enumerate(columns)))


SEND = "      vin: {column: VIN, category: vin, type: text 17}\n"
WAYS_TO_SEND = {
    "as text": "category: date, type: text 40}",
    "as a number": "category: odometer, type: integer}",
    "masked": "category: vehicle, type: text 40, transform: mask}",
    "first character": "category: vehicle, type: text 40, transform: {keep_first: 1}}",
    "left empty": "category: vehicle, type: text 40, transform: suppress}",
    "as a pseudonym": "category: record_id}",
    "as a pseudonym of any kind": "category: vehicle, transform: pseudonymize}",
    "as free text with its keys": "category: free_text, type: text 400, screen: mask, why: asked for}",
    "as money": "category: money, type: decimal 12.2}",
}


@pytest.mark.parametrize("way", WAYS_TO_SEND)
@pytest.mark.parametrize("decided", [False, True], ids=["undecided", "decided"])
def test_no_nonpublic_column_of_a_deal_can_be_sent(way: str, *, decided: bool) -> None:
    data = _many(lambda i, c: f"      f{i}: {{column: {c}, {WAYS_TO_SEND[way]}\n", DEAL_NPI, SEND)
    problems = _check(data, decisions=EVERY_DECISION if decided else frozenset())
    first = SMALL.decode().split("\n").index(SEND.rstrip("\n")) + 2
    refused = {p.line: p.code for p in problems if p.code in ("P020", "P023", "P025")}
    must = {first + i for i, c in enumerate(DEAL_NPI) if not decided or c not in SUSPECTED}
    assert must <= set(refused)
    assert {refused[first + i] for i, c in enumerate(DEAL_NPI) if c not in SUSPECTED} == {"P020"}


@pytest.mark.parametrize(
    "test", ["is: X", "is_not: X", "is_one_of: [X]", "after: 2020-01-01", "within_months: 3", "not_empty: true"]
)
def test_no_list_can_be_picked_by_a_nonpublic_column(test: str) -> None:
    anchor = "        - {column: VEHICLE.MAKE, is: EXAMPLE}\n"
    here = _many(lambda _, c: f"        - {{column: {c}, {test}}}\n", DEAL_NPI, anchor)
    assert len([p for p in _check(here) if p.code == "P024"]) == len(DEAL_NPI)
    joined = _many(lambda _, c: f"        - {{column: BUYER.{c}, {test}}}\n", CUSTOMER_NPI, anchor)
    assert len([p for p in _check(joined) if p.code == "P024"]) == len(CUSTOMER_NPI)
    within = _many(
        lambda _, c: (
            f"        - {{exists: dbo.SALES_DEAL, where_equal: {{VIN: VIN}}, and: [{{column: {c}, {test}}}]}}\n"
        ),
        DEAL_NPI[:20],
        anchor,
    )
    assert len([p for p in _check(within) if p.code == "P024"]) == 20


SUPPORTING_ROLES = {
    "key": ("key: [DEAL_NO]", "key: [DEAL_NO, {}]"),
    "store": ("store: {column: STORE_NO}", "store: {{column: {}}}"),
    "changes": ("changes: {by: snapshot}", "changes: {{column: {}}}"),
    "person": ("buyer: {key: [BUYER_NO]", "buyer: {{key: [{}]"),
    "join on our side": (
        "where_equal: {VIN: VIN}}\n        - {table: dbo.C",
        "where_equal: {{VIN: {}}}}}\n        - {{table: dbo.C",
    ),
    "exists on our side": ("where_equal: {VIN: VIN}, and", "where_equal: {{VIN: {}}}, and"),
}


@pytest.mark.parametrize("role", SUPPORTING_ROLES)
@pytest.mark.parametrize("column", ["APR", "TERM", "DEAL_TYPE", "CASH_DOWN", "LENDER_ACCT"])
def test_no_nonpublic_column_can_be_read_on_the_way(role: str, column: str) -> None:
    old, new = SUPPORTING_ROLES[role]
    assert "P027" in _codes(changed(old, new.format(column)))


@pytest.mark.parametrize("column", ["SSN", "CREDIT_SCORE", "MONTHLY_INCOME", "BIRTH_DATE"])
def test_no_nonpublic_column_can_be_a_choice(column: str) -> None:
    assert "P027" in _codes(changed("column: OPT_OUT", f"column: {column}"))
    assert "P027" in _codes(changed("person: [CUST_NO]", f"person: [{column}]"))
    assert "P027" in _codes(changed("changes: {column: LAST_CHANGED}", f"changes: {{column: {column}}}"))


@pytest.mark.parametrize("table", ["FIN_CONTRACT", "CREDIT_APP", "LOAN", "LEASE"])
@pytest.mark.parametrize(
    "old", ["table: dbo.SALES_DEAL", "{table: dbo.VEHICLE", "exists: dbo.REPAIR_ORDER", "table: dbo.CUSTOMER\n"]
)
def test_no_finance_table_can_be_touched_anywhere(table: str, old: str) -> None:
    new = old.replace(old.rpartition(".")[2].strip(), table)
    assert "P021" in _codes(changed(old, new))


def test_a_schema_that_is_called_after_finance_makes_its_tables_finance_tables() -> None:
    assert "P021" in _codes(changed("{table: dbo.VEHICLE", "{table: FINANCE.VEHICLE"))


def test_choices_and_rows_stand_in_one_source() -> None:
    assert _codes(changed("    source: dms\n", "    source: crm\n")) == {"P018"}


@pytest.mark.parametrize("name", ["apr_rate", "loan_term", "down_payment", "amount_financed", "lease_end_date", "ssn"])
def test_no_output_or_dataset_name_can_promise_something_nonpublic(name: str) -> None:
    assert "P022" in _codes(changed("      model_year: {", f"      {name}: {{"))
    assert "P022" in _codes(changed("  vehicle_sales:\n", f"  {name}:\n"))


def test_a_suspected_column_may_be_sent_once_decided_and_only_that_one() -> None:
    data = changed(SEND, SEND + "      bay: {column: UDF1, category: status, type: text 60}\n")
    assert _codes(data) == {"P023"}
    assert _codes(data, decisions=frozenset({("dbo.CUSTOMER", "UDF1")})) == {"P023"}
    assert _codes(data, decisions=frozenset({("dbo.SALES_DEAL", "UDF1")})) == set()


def test_money_always_needs_a_decision() -> None:
    data = changed(SEND, SEND + "      price: {column: SALE_PRICE, category: money, type: decimal 10.2}\n")
    assert _codes(data) == {"P025"}
    assert _codes(data, decisions=frozenset({("dbo.SALES_DEAL", "SALE_PRICE")})) == set()


def test_free_text_needs_its_three_keys_and_a_decision() -> None:
    line = "      remarks: {column: DEAL_NOTES, category: free_text, type: text 400}\n"
    decided = frozenset({("dbo.SALES_DEAL", "DEAL_NOTES")})
    assert _codes(changed(SEND, SEND + line)) == {"P023", "P026"}
    assert _codes(changed(SEND, SEND + line), decisions=decided) == {"P026"}
    full = line.replace("text 400}", "text 400, screen: withhold, why: recall campaigns are noted there}")
    assert _codes(changed(SEND, SEND + full)) == {"P023"}
    assert _codes(changed(SEND, SEND + full), decisions=decided) == set()


def test_the_dealers_own_list_forbids_what_a_decision_would_allow() -> None:
    for name in ("delivery_dt", "SALES_DEAL.DELIVERY_DT"):
        decided = frozenset({("dbo.SALES_DEAL", "DELIVERY_DT")})
        assert _codes(SMALL, local_floor=frozenset({name}), decisions=decided) == {"P020"}
    assert _codes(SMALL, local_floor=frozenset({"CUSTOMER.DELIVERY_DT"})) == set()


def test_nonpublic_is_found_in_a_file_that_is_not_well_formed() -> None:
    from agent.core.policy.checks import Facts, check_file

    data = changed(SEND, SEND + "      f: {column: APR, category: vehicle, type: text 9}\n      g: {colunm: VIN}\n")
    data = changed("purpose: marketing", "purpose:", data)
    checked = check_file(data, "x.yaml", Facts(TODAY))
    assert checked.draft is None
    assert {"P010", "P011", "P015", "P020"} <= {p.code for p in checked.problems}


def _inventory(*columns: str) -> Inventory:
    tables = tuple(
        InventoryTable("dbo", t.name, "table", tuple(InventoryColumn(c, "varchar(40)") for c in t.names))
        for t in SCHEMA.values()
    )
    extra = InventoryTable("dbo", "EXTRA", "table", tuple(InventoryColumn(c, "varchar(40)") for c in columns))
    return Inventory("dms", "sqlserver", dt.datetime(2026, 11, 22, tzinfo=dt.UTC), (*tables, extra))


def test_a_column_the_database_lacks_is_told_its_nearest() -> None:
    (problem,) = _check(changed("column: DELIVERY_DT", "column: DELIVERY_DATE"), inventory=_inventory())
    assert problem.code == "P031"
    assert "DELIVERY_DT" in problem.help


def test_a_comment_in_the_catalog_can_make_a_column_suspected() -> None:
    bare = changed("column: DELIVERY_DT", "column: UNWOUND_DT")
    tables = tuple(
        InventoryTable(
            t.schema,
            t.name,
            t.kind,
            tuple(
                InventoryColumn(
                    c.name, c.type, comment="annual percentage rate of the loan" if c.name == "UNWOUND_DT" else ""
                )
                for c in t.columns
            ),
        )
        for t in _inventory().tables
    )
    told = Inventory("dms", "sqlserver", dt.datetime(2026, 11, 22, tzinfo=dt.UTC), tables)
    assert _codes(bare, inventory=_inventory()) == set()
    assert _codes(bare, inventory=told) & {"P020", "P023"}


def test_a_contract_stops_on_its_day_and_is_announced_sixty_days_before() -> None:
    read = draft()
    end = read.document.contract.expires_on

    def codes(today: dt.date) -> list[tuple[str, str]]:
        return [(p.code, p.severity) for p in check_policy(read, today=today) if p.code in ("P040", "P041")]

    assert codes(end - dt.timedelta(days=61)) == []
    assert codes(end - dt.timedelta(days=60)) == [("P041", "warning")]
    assert codes(end - dt.timedelta(days=1)) == [("P041", "warning")]
    assert codes(end) == [("P040", "error")]


def test_two_policies_that_contradict_each_other() -> None:
    other = changed("policy: small", "policy: other")
    assert check_together([draft(), draft(other)]) == ()
    same_name = check_together([draft(), draft(SMALL + b"#\n", "again.yaml")])
    assert [(p.code, p.file) for p in same_name] == [("P052", "again.yaml")]
    opposite = changed('refused: ["Y"], not_refused: ["N"]', 'refused: ["N"], not_refused: ["Y"]', other)
    assert [p.code for p in check_together([draft(), draft(opposite, "b.yaml")])] == ["P052"]
    zip_line = next(line + "\n" for line in SMALL.decode().split("\n") if "BUYER.ZIP" in line)
    declines = changed("declined:\n", "declined:\n  postal_code: too much\n", changed(zip_line, "", other))
    for pair in ([draft(), draft(declines)], [draft(declines), draft()]):
        assert [p.code for p in check_together(pair)] == ["P052"]
