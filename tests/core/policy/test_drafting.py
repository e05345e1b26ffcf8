"""A draft for a request grants nothing beyond it and nothing doubtful, whatever the request and the database are."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.classify import classify
from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.policy.checks import check_policy
from agent.core.policy.diff import columns_sent
from agent.core.policy.drafting import draft_for, propose
from agent.core.policy.problems import errors_in
from agent.core.policy.reader import Draft, read_policy
from agent.core.policy.request import Request, RequestedField, read_request
from agent.core.ruleset import FieldType

ROOT = Path(__file__).parents[3]
ASKED = ROOT / "field_policies" / "requests" / "example-motors-na.crm-2026.2.request.yaml"
NAMES = msgspec.json.decode((ROOT / "tests" / "policies" / "inventory.json").read_bytes(), type=Inventory)


def shipped() -> Request:
    read = read_request(ASKED.read_bytes(), ASKED.name)
    assert isinstance(read, Request)
    return read


def drafted(request: Request, inventory: Inventory | None) -> Draft:
    data = draft_for(request, inventory)
    assert data is not None
    read = read_policy(data, "new.yaml")
    assert isinstance(read, Draft), read
    return read


def test_the_shipped_request_finds_its_columns_in_the_inventory() -> None:
    sent = columns_sent(drafted(shipped(), NAMES).document)
    assert sent["customer", "given_name"] == ("dbo.CUSTOMER", "FIRST_NAME")
    assert sent["vehicle", "model_year"] == ("dbo.VEHICLE", "YEAR")
    assert sent["sales_deal", "sale_id"] == ("dbo.SALES_DEAL", "DEAL_NO")
    assert sent["repair_order", "repair_order_completed_date"] == ("dbo.REPAIR_ORDER", "CLOSE_DT")


def test_what_is_doubtful_or_never_stands_in_a_comment_only() -> None:
    text = (draft_for(shipped(), NAMES) or b"").decode()
    doubts = {one.field.name: one.doubt for one in propose(shipped(), NAMES) if one.doubt}
    assert doubts["email"] == "which of CUSTOMER.EMAIL1, CUSTOMER.EMAIL2?"
    assert doubts["price_paid"] == "needs a decision: an amount of money"
    assert doubts["apr_rate"].startswith("never: ")
    for name in doubts:
        (line,) = [line for line in text.splitlines() if f" {name}:" in line]
        assert line.startswith("#   ")


@pytest.mark.parametrize("inventory", [NAMES, None], ids=["inventory", "none"])
def test_a_draft_answers_its_request_and_cannot_be_approved_as_it_is(inventory: Inventory | None) -> None:
    draft = drafted(shipped(), inventory)
    asked = {field.name for field in shipped().fields}
    assert {name for _, name in columns_sent(draft.document)} <= asked
    assert draft.document.answers == "example-motors-na/crm-2026.2"
    codes = {p.code for p in errors_in(check_policy(draft, today=dt.date(2026, 11, 22), inventory=inventory))}
    assert {"P040", "P053"} <= codes
    assert codes <= {"P040", "P042", "P030", "P031", "P045", "P044", "P053"}
    for choice in draft.document.choices["customer_choices"].columns():
        assert choice[1].unknown == "withhold"
    assert draft.document.choices["customer_choices"].mail.refused == ("Y",)


def test_without_an_inventory_no_column_is_guessed() -> None:
    assert {column for _, column in columns_sent(drafted(shipped(), None).document).values()} == {"FILL_IN"}


def test_nothing_is_drafted_where_nothing_fits() -> None:
    only = RequestedField("apr_rate", "APR", FieldType("integer"), "required", "marketing")
    assert draft_for(_request((only,)), NAMES) is None
    assert draft_for(shipped(), Inventory("dms", "sqlite", NAMES.taken_at, ())) is None


def test_one_column_is_never_proposed_for_two_fields() -> None:
    both = tuple(
        RequestedField(n, "phone", FieldType("text", 20), "wanted", "marketing") for n in ("phone", "phone_no")
    )
    table = InventoryTable("dbo", "CUSTOMER", "table", (InventoryColumn("PHONE", "text"),))
    assert draft_for(_request(both), Inventory("dms", "sqlite", NAMES.taken_at, (table,))) is None


def _request(fields: tuple[RequestedField, ...]) -> Request:
    one = shipped()
    return Request(one.name, one.recipient, one.title, one.asked_on, fields, one.sha256)


_FIELDS = st.sampled_from(
    [
        "given_name",
        "email",
        "phone",
        "vin",
        "model_year",
        "odometer",
        "apr_rate",
        "ssn",
        "delivery_date",
        "customer_id",
        "buyer_id",
        "notes",
        "udf1",
        "loan_term",
        "price_paid",
        "city",
        "region",
        "address",
        "language",
        "record_id",
        "lease_end_date",
        "down_payment",
    ]
)
_COLUMNS = st.one_of(
    st.sampled_from(
        [
            "FIRST_NAME",
            "EMAIL",
            "EMAIL1",
            "PHONE",
            "VIN",
            "YEAR",
            "ODOMETER",
            "APR",
            "SSN",
            "DELIVERY_DT",
            "CUST_NO",
            "BUYER_NO",
        ]
    ),
    st.text(min_size=1, max_size=12),
)
_TABLES = st.one_of(st.sampled_from(["CUSTOMER", "FIN_CONTRACT", "SALES_DEAL"]), st.text(min_size=1, max_size=10))


@settings(max_examples=60)
@given(
    st.lists(_FIELDS, min_size=1, max_size=8, unique=True),
    st.lists(st.tuples(_TABLES, st.lists(_COLUMNS, min_size=1, max_size=8, unique=True)), max_size=3),
    st.text(min_size=1, max_size=30),
)
def test_any_draft_can_be_read_and_grants_only_plain_columns_of_asked_fields(
    fields: list[str], tables: list[tuple[str, list[str]]], meaning: str
) -> None:
    asked = tuple(
        RequestedField(n, " ".join(meaning.split()), FieldType("text", 9), "wanted", "marketing") for n in fields
    )
    made = tuple(InventoryTable("dbo", name, "table", tuple(InventoryColumn(c, "") for c in cs)) for name, cs in tables)
    data = draft_for(_request(asked), Inventory("dms", "sqlite", NAMES.taken_at, made))
    if data is None:
        return
    read = read_policy(data, "new.yaml")
    assert isinstance(read, Draft), (read, data.decode())
    for (_, field), (table, column) in columns_sent(read.document).items():
        assert field in fields
        found = [t for t in made if f"dbo.{t.name}" == table and column in [c.name for c in t.columns]]
        assert found
        neighbors = tuple(c.name for c in found[0].columns if c.name != column)
        assert classify(column, table=found[0].name, neighbors=neighbors).verdict == "plain"
        assert classify(field).verdict == "plain"
