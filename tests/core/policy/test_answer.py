"""The answer speaks for exact bytes, leaves nothing open, and cannot be changed on the way; the appetite is told."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from agent.core.policy.answer import ANSWER_TYP, Answer, answer_file, make_answer, payload_of, read_answer
from agent.core.policy.appetite import appetite
from agent.core.policy.reader import Draft, read_policy
from agent.core.policy.request import Request, RequestedField, read_request
from agent.core.ruleset import FieldType
from agent.errors import PolicyError
from tests.officers import ALEX, DANA, NOW

FOLDER = Path(__file__).parents[3] / "field_policies"
CRM = (FOLDER / "customer-crm.yaml").read_bytes()


def request() -> Request:
    path = FOLDER / "requests" / "example-motors-na.crm-2026.2.request.yaml"
    read = read_request(path.read_bytes(), path.name)
    assert isinstance(read, Request)
    return read


def policy(data: bytes = CRM) -> Draft:
    read = read_policy(data, "p.yaml")
    assert isinstance(read, Draft)
    return read


def answer() -> Answer:
    return make_answer(request(), [policy()], NOW)


def signed_file() -> bytes:
    made = answer()
    return answer_file(made, DANA.officer, DANA.signer.sign(ANSWER_TYP, payload_of(made)))


def test_28_asked_19_sent_4_declined_5_never() -> None:
    made = answer()
    assert made.counts == {"asked": 28, "sent": 19, "declined": 4, "never": 5}
    by_name = {field.name: field for field in made.fields}
    assert (by_name["vin"].standing, by_name["vin"].datasets) == (
        "sent",
        ["customer-crm/vehicles", "customer-crm/vehicle_sales", "customer-crm/service_visits"],
    )
    assert by_name["work_phone"].reason == "not needed for this purpose"
    assert {f.name for f in made.fields if f.rule == "P020"} == {f.name for f in made.fields if f.standing == "never"}
    assert all(f.reason for f in made.fields if f.standing != "sent")
    assert (made.request_sha256, made.policies[0].sha256) == (request().sha256, policy().sha256)


def test_the_record_schema_names_what_is_sent_and_nothing_else() -> None:
    (datasets,) = answer().records.values()
    sent = {f.name for f in answer().fields if f.standing == "sent"}
    assert set().union(*(schema["properties"] for schema in datasets.values())) == sent
    assert all(schema["additionalProperties"] is False for schema in datasets.values())


def test_a_signed_answer_is_read_back_by_whoever_knows_the_key() -> None:
    assert read_answer(signed_file(), {DANA.officer.kid: DANA.officer.jwk}) == (answer(), DANA.name)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"standing": "never"', '"standing": "declined"'),
        ("not needed for this purpose", "not needed"),
        ('"sent": 19', '"sent": 20'),
        ('"version": 4', '"version": 5'),
        ('"maxLength": 40', '"maxLength": 41'),
        ('"fieldgate": "answer"', '"fieldgate": "approval"'),
    ],
)
def test_an_answer_changed_on_the_way_is_refused(was: str, becomes: str) -> None:
    text = signed_file().decode()
    assert was in text
    with pytest.raises(PolicyError, check=lambda e: e.code == "A032"):
        read_answer(text.replace(was, becomes, 1).encode(), {DANA.officer.kid: DANA.officer.jwk})


def test_another_persons_signature_under_her_name_is_refused() -> None:
    made = answer()
    forged = answer_file(made, DANA.officer, ALEX.signer.sign(ANSWER_TYP, payload_of(made)))
    keys = {p.officer.kid: p.officer.jwk for p in (DANA, ALEX)}
    with pytest.raises(PolicyError, check=lambda e: e.code == "A032"):
        read_answer(forged, keys)
    with pytest.raises(PolicyError, check=lambda e: e.code == "A032"):
        read_answer(signed_file(), {ALEX.officer.kid: ALEX.officer.jwk})
    with pytest.raises(PolicyError, check=lambda e: e.code == "A032"):
        read_answer(json.dumps({"fieldgate": "answer"}).encode(), keys)


@pytest.mark.parametrize(
    ("was", "becomes", "code", "said"),
    [
        (b"  work_phone: not needed for this purpose\n", b"", "A030", "`work_phone` has no answer"),
        (b"declined:\n", b"declined:\n  shoe_size: why\n", "A030", "`shoe_size` was not asked for"),
        (b"answers: example-motors-na/crm-2026.2", b"answers: example-motors-na/crm-2026.1", "A031", "does not answer"),
    ],
)
def test_an_answer_leaves_nothing_open(was: bytes, becomes: bytes, code: str, said: str) -> None:
    assert was in CRM
    with pytest.raises(PolicyError, check=lambda e: (e.code, e.exit_status) == (code, 1) and said in e.what):
        make_answer(request(), [policy(CRM.replace(was, becomes))], NOW)


def test_one_policy_named_twice_is_refused() -> None:
    with pytest.raises(PolicyError, check=lambda e: e.code == "A031"):
        make_answer(request(), [policy(), policy()], NOW)


def with_fields(*fields: RequestedField) -> Request:
    return dataclasses.replace(request(), fields=fields)


def test_the_appetite_grows_by_fields_needs_sizes_purposes_and_meanings() -> None:
    base = RequestedField("email", "e-mail", FieldType("text", 60), "wanted", "marketing")
    grown = {
        "required, was wanted": dataclasses.replace(base, need="required"),
        "text 80, was text 60": dataclasses.replace(base, type=FieldType("text", 80)),
        "for market reporting, was for marketing": dataclasses.replace(base, purpose="market_reporting"),
        "means: all of them; meant: e-mail": dataclasses.replace(base, meaning="all of them"),
    }
    for said, new in grown.items():
        found = appetite(with_fields(base), with_fields(new))
        assert (found.changed, found.hungrier) == ((("email", said),), True)
    for new in (dataclasses.replace(base, type=FieldType("text", 9)), base):
        assert not appetite(with_fields(base), with_fields(new)).hungrier
    required = dataclasses.replace(base, need="required")
    assert not appetite(with_fields(required), with_fields(base)).hungrier
    vin = RequestedField("vin", "VIN", FieldType("text", 17), "required", "marketing")
    more = appetite(with_fields(base), with_fields(base, vin))
    less = appetite(with_fields(base, vin), with_fields(base))
    assert ([f.name for f in more.asked], more.hungrier, [f.name for f in less.dropped], less.hungrier) == (
        ["vin"], True, ["vin"], False,
    )  # fmt: skip
