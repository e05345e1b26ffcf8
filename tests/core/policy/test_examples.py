"""The form of examples: what a row, a record and a likeness may say, and what is refused in a sentence."""

from __future__ import annotations

import pytest

from agent.core.policy.examples import Examples, check_examples, read_examples
from tests.core.policy.samples import draft

HEAD = "policy: small\ntoday: 2026-11-22\nexamples:\n"
FIRST = """\
  first:
    dataset: vehicle_sales
    row: {VIN: A, BUYER_NO: , DEAL_NO: "7"}
    beside: {dbo.CUSTOMER: [{CUST_NO: "1", OPT_OUT: N}, {CUST_NO: "2"}]}
    record: {vin: A, buyer_id: null, model_year: "2024"}
"""


def read(more: str, first: str = FIRST) -> Examples:
    found = read_examples((HEAD + first + more).encode(), "small.yaml")
    assert isinstance(found, Examples), found
    return found


def refused(more: str, first: str = FIRST) -> list[tuple[str, int, str]]:
    found = read_examples((HEAD + first + more).encode(), "small.yaml")
    assert isinstance(found, tuple)
    return [(p.code, p.line, p.message) for p in found]


def test_an_example_like_another_says_only_what_is_different() -> None:
    second = read(
        "  second:\n    like: first\n    row: {VIN: B}\n    beside: {dbo.CUSTOMER: [{}, {OPT_OUT: Y}]}\n"
        "    record: {vin: B}\n    without: {model_year: not_the_type}\n"
    ).examples[1]
    assert second.row == {"VIN": "B", "BUYER_NO": None, "DEAL_NO": "7"}
    assert second.beside["dbo.CUSTOMER"] == ({"CUST_NO": "1", "OPT_OUT": "N"}, {"CUST_NO": "2", "OPT_OUT": "Y"})
    assert second.record == {"vin": "B", "buyer_id": None}
    assert (second.without, second.withheld, second.line) == ({"model_year": "not_the_type"}, "", 9)


def test_what_is_withheld_expects_no_field_and_a_likeness_of_it_stays_withheld() -> None:
    more = "  b: {like: first, withheld: choice}\n  c: {like: b, row: {VIN: C}}\n  d: {like: c, record: {vin: C}}\n"
    _, b, c, d = read(more).examples
    assert (b.record, b.withheld, c.withheld) == ({}, "choice", "choice")
    assert (d.withheld, d.record) == ("", {"vin": "C"})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("  b: {like: frist}\n", ("P060", 9, "no example above is called `frist`")),
        ("  b: {like: c}\n  c: {like: first}\n", ("P060", 9, "no example above is called `c`")),
        ("  b: {record: {vin: A}}\n", ("P060", 9, "this example names no dataset")),
        ("  b: {like: first, withheld: choice, record: {vin: A}}\n", ("P060", 9, "a record that stays has no fields")),
        ("  b: {dataset: vehicle_sales}\n", ("P060", 9, "this example expects nothing")),
        ("  b: {like: first, withheld: because}\n", ("P013", 9, "`because` is not one of the allowed words")),
        ("  b: {like: first, rows: {VIN: A}}\n", ("P011", 9, "`rows` is not a key that belongs here")),
        ("  b: {like: first, row: {VIN: [A]}}\n", ("P012", 9, "one value belongs here")),
        ("  b: {like: first, row: {VIN: A, VIN: B}}\n", ("P003", 9, "`VIN` is listed twice")),
    ],
)
def test_a_faulty_example_is_refused_with_its_place(more: str, said: tuple[str, int, str]) -> None:
    assert refused(more) == [said]


def test_an_example_may_only_name_what_the_policy_reads_or_sends() -> None:
    more = (
        "  b: {dataset: vehicle_sale, withheld: filter}\n"
        "  c: {like: first, row: {VIM: A}}\n"
        "  d: {like: first, beside: {dbo.CUSTOMR: [{CUST_NO: A}], dbo.CUSTOMER: [{SSN: x}]}}\n"
        "  e: {like: first, record: {vinn: A}, without: {apr_rate: choice}}\n"
    )
    found = check_examples(read(more), (HEAD + FIRST + more).encode(), draft().document)
    assert [(p.code, p.line, p.message) for p in found] == [
        ("P060", 9, "`vehicle_sale` is no dataset in this policy"),
        ("P060", 10, "`VIM` is no column of dbo.SALES_DEAL in this policy"),
        ("P060", 11, "`dbo.CUSTOMR` is no table in this policy"),
        ("P060", 11, "`SSN` is no column of dbo.CUSTOMER in this policy"),
        ("P060", 12, "`vinn` is no field of vehicle_sales in this policy"),
        ("P060", 12, "`apr_rate` is no field of vehicle_sales in this policy"),
    ]
    assert found[0].help == "did you mean `vehicle_sales`?"
