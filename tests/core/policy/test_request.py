"""Each field a car maker asks for is answered: sent, declined, or never; silence and inventions are visible."""

from __future__ import annotations

from pathlib import Path

from agent.core.policy.request import Request, answer_to, check_answer, read_request
from tests.core.policy.samples import SMALL, changed, draft

SHIPPED = Path(__file__).parents[3] / "field_policies"
REQUEST = b"""\
request: deliveries-2026
recipient: example-motors-na
title: Who took delivery of what
asked_on: 2026-09-01
fields:
  vin: {meaning: VIN, type: text 17, need: required, purpose: marketing}
  model_year: {meaning: model year, type: integer, need: wanted, purpose: marketing}
  buyer_id: {meaning: the buyer, type: text 32, need: required, purpose: marketing}
  delivery_date: {meaning: delivery date, type: date, need: required, purpose: marketing}
  postal_code: {meaning: ZIP area, type: text 5, need: wanted, purpose: marketing}
  price_paid: {meaning: price, type: decimal 10.2, need: wanted, purpose: marketing}
  apr_rate: {meaning: APR, type: decimal 6.3, need: wanted, purpose: marketing}
"""
ANSWERING = changed("review_on:", "answers: example-motors-na/deliveries-2026\nreview_on:")


def _request(data: bytes = REQUEST) -> Request:
    read = read_request(data, "r.request.yaml")
    assert isinstance(read, Request), read
    return read


def test_the_shipped_request_is_answered_as_the_demo_says() -> None:
    read = read_request(
        (SHIPPED / "requests" / "example-motors-na.crm-2026.2.request.yaml").read_bytes(), "r.request.yaml"
    )
    assert isinstance(read, Request)
    crm = draft((SHIPPED / "customer-crm.yaml").read_bytes())
    answer = answer_to(read, [crm.document])
    assert len(read.fields) == 28
    assert len(answer.of("sent")) == 19
    assert [a.field.meaning for a in answer.of("declined")] == ["work phone", "price paid", "advisor", "notes"]
    assert [a.field.meaning for a in answer.of("never")] == [
        "lease end",
        "loan term",
        "down payment",
        "amount financed",
        "APR",
    ]
    assert answer.of("unanswered") == ()
    assert answer.invented == ()
    assert check_answer(crm, read) == ()


def test_an_answer_names_who_sends_and_why_not() -> None:
    answer = answer_to(_request(), [draft(ANSWERING).document])
    by_name = {a.field.name: a for a in answer.fields}
    assert by_name["vin"].reason == "vehicle_sales"
    assert by_name["price_paid"].reason == "between the store and the customer"
    assert by_name["apr_rate"].standing == "never"


def test_a_dealer_cannot_decline_what_the_law_forbids() -> None:
    data = changed("declined:\n", "declined:\n  apr_rate: we would rather not\n", ANSWERING)
    answer = answer_to(_request(), [draft(data).document])
    assert [a.field.name for a in answer.of("never")] == ["apr_rate"]


def test_silence_and_inventions_are_found() -> None:
    assert check_answer(draft(ANSWERING), _request()) == ()
    silent = changed("  price_paid: between the store and the customer\n", "  odd: one\n", ANSWERING)
    found = [(p.code, p.message) for p in check_answer(draft(silent), _request())]
    assert found == [
        ("P051", "`price_paid` was asked for and has no answer"),
        ("P051", "nobody asked for `odd`"),
    ]


def test_a_policy_that_answers_another_request_is_told_so() -> None:
    (problem,) = check_answer(draft(SMALL), _request())
    assert problem.code == "P051"
    assert "answers: example-motors-na/deliveries-2026" in problem.help


def test_a_request_is_read_as_strictly_as_a_policy() -> None:
    for old, new, code in (
        ("need: required", "need: urgent", "P013"),
        ("  vin: {", "  vin: {}\n  vin: {", "P003"),
        ("asked_on: 2026-09-01\n", "", "P010"),
        ("title: Who", "title: &a Who", "P004"),
        ("fields:\n", "everything: true\nfields:\n", "P011"),
    ):
        read = read_request(changed(old, new, REQUEST), "r.request.yaml")
        assert isinstance(read, tuple), new
        assert code in {p.code for p in read}


def test_a_request_that_is_no_group_of_keys_is_refused() -> None:
    read = read_request(b"- a\n- b\n", "r.request.yaml")
    assert isinstance(read, tuple)
    assert read
