"""The floor: what is on a list is forbidden whatever way it is written; a changed byte stops the program."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib import resources

import pytest
import yaml

from agent.core.floor import FLOOR, FLOOR_SHA256, exact, is_finance_table
from agent.errors import SealError
from tests import write_nonpublic

BYTES = resources.files("agent.core").joinpath("floor.json").read_bytes()


def test_the_digest_in_the_code_is_the_one_of_the_package_data() -> None:
    assert "sha256:" + hashlib.sha256(BYTES).hexdigest() == FLOOR_SHA256


@pytest.mark.parametrize("changed", [BYTES + b" ", BYTES.replace(b'"APR"', b'"XPR"'), b"", b"{}"])
def test_a_changed_floor_is_not_used(changed: bytes) -> None:
    with pytest.raises(SealError) as caught:
        FLOOR.check(changed)
    assert caught.value.code == "floor_changed"


def test_importing_the_floor_reads_no_file() -> None:
    code = "import sys, agent.core.floor as f; sys.exit(f.floor.cache_info().currsize)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_list_for_people_is_the_same_list() -> None:
    assert write_nonpublic.TARGET.read_text("utf-8") == write_nonpublic.text()
    shown = yaml.safe_load(write_nonpublic.text())
    for name, entry in FLOOR.read()["categories"].items():
        assert shown["categories"][name]["names"] == entry["names"]


def test_every_category_names_its_paragraph_and_its_fideslang_key() -> None:
    for name, entry in FLOOR.read()["categories"].items():
        assert entry["rule"].startswith("16 CFR 313.3("), name
        assert entry["fides"].startswith("user."), name
        assert len(entry["names"]) > 10, name


def test_no_name_stands_in_two_categories() -> None:
    seen: dict[str, str] = {}
    for category, entry in FLOOR.read()["categories"].items():
        for name in entry["names"]:
            key = "".join(ch for ch in name.lower() if ch.isalnum())
            assert key not in seen, (name, category, seen[key])
            seen[key] = category


@pytest.mark.parametrize(
    "column",
    ["SSN", "ssn", "S S N", "Ssn ", "BUYER_SSN", "CO_BUYER_SSN2", "CoBuyerSSN", "ＳＳＮ", "s\u200bsn", "APR",
     "Sell Rate", "AMT_FINANCED", "amount-financed", "Trade1PayOff", "Trade 2 Payoff", "CASH_DOWN", "LienHolderName2",
     "DealType", "DATE_OF_BIRTH", "CustDOB", "DL_NO"],
)  # fmt: skip
def test_spelling_does_not_get_a_name_past_the_list(column: str) -> None:
    found = exact(column)
    assert found is not None
    assert found.verdict == "forbidden"


@pytest.mark.parametrize("column", ["IgnitionKeyCode", "TrunkKeyCode", "KeylessCode", "RadioCode", "WheelLockCode"])
def test_vehicle_secrets_are_forbidden(column: str) -> None:
    found = exact(column)
    assert found is not None
    assert (found.verdict, found.category) == ("forbidden", "vehicle_secret")


@pytest.mark.parametrize(
    ("column", "table", "forbidden"),
    [
        ("Term", "SALES_DEAL", True),
        ("Term", "SERVICE_CONTRACT", False),
        ("Term", "", False),
        ("Category", "FI_DEAL_HDR", True),
        ("Category", "PARTS", False),
        ("down", "DEALS", True),
        ("down", "ELEVATOR", False),
        ("PaymentAmount", "SALES_DEAL", True),
        ("PaymentAmount", "REPAIR_ORDER", False),
    ],
)
def test_ordinary_words_need_a_table_that_speaks_of_deals(column: str, table: str, forbidden: bool) -> None:
    assert (exact(column, table) is not None) == forbidden


@pytest.mark.parametrize("table", ["LOANS", "LoanMaster", "tblLease", "CREDIT_APP", "CreditApplication", "FI", "BHPH"])
def test_every_column_of_a_finance_table_is_forbidden(table: str) -> None:
    assert is_finance_table(table)
    found = exact("VIN", table)
    assert found is not None
    assert (found.verdict, found.category) == ("forbidden", "finance_table")


@pytest.mark.parametrize(
    "table", ["", "CUSTOMER", "SALES_DEAL", "LOANER_CARS", "RELEASED_RO", "VEHICLE", "SERVICE_RO", "PLEASE_CALL"]
)
def test_other_tables_are_not_on_the_list(table: str) -> None:
    assert not is_finance_table(table)


@pytest.mark.parametrize(
    "column", ["VIN", "EMAIL1", "CUST_NO", "MSRP", "MBITerm", "Sales Price", "AssnSlsperson", "PlanNo"]
)
def test_plain_names_are_not_on_the_list(column: str) -> None:
    assert exact(column) is None
