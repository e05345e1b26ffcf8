"""Only what was approved, and is still allowed today, becomes a ruleset; compile believes nobody."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from agent.core.floor import FLOOR_SHA256
from agent.core.policy.compile import compile_ruleset, ends_on
from agent.core.policy.reader import digest
from agent.core.ruleset import (
    ChoiceColumn,
    ChoicesRules,
    Condition,
    Exists,
    FieldType,
    Join,
    PersonRules,
    PolicyRules,
    Ref,
    Table,
    Transform,
)
from agent.errors import PolicyError
from tests.core.policy.samples import SMALL, TODAY, approved, changed, draft


def _compiled(data: bytes = SMALL) -> PolicyRules:
    (policy,) = compile_ruleset([approved(draft(data))], today=TODAY).policies
    return policy


def test_nothing_approved_permits_nothing() -> None:
    assert compile_ruleset([], today=TODAY).policies == ()


def test_the_policy_is_compiled_as_written() -> None:
    policy = _compiled()
    assert (policy.name, policy.version, policy.recipient) == ("small", 3, "example-motors-na")
    assert (policy.purpose, policy.regime, policy.stores) == ("marketing", "opt_out", ("01", "04"))
    assert (policy.keep_for_months, policy.pass_on_to) == (12, ("Example Mailing House",))
    assert policy.sha256 == digest(SMALL)
    assert policy.ends_on == dt.date(2027, 5, 1)
    assert policy.floor_sha256 == FLOOR_SHA256


def test_the_dataset_is_compiled_as_written() -> None:
    (dataset,) = _compiled().datasets
    said = ChoicesRules(
        name="said",
        source="dms",
        table=Table("dbo", "CUSTOMER"),
        person=("CUST_NO",),
        columns=(
            ChoiceColumn("everything", "OPT_OUT", ("Y",), ("N",), recorded_yes=False, unknown="send"),
            ChoiceColumn("phone", "CALL_OK", ("N",), ("Y",), recorded_yes=True, unknown="withhold"),
        ),
        changes="LAST_CHANGED",
    )
    assert dataset.people == (PersonRules("buyer", (Ref("", "BUYER_NO"),), said),)
    assert dataset.table == Table("dbo", "SALES_DEAL")
    assert (dataset.key, dataset.store, dataset.changes) == (("DEAL_NO",), "STORE_NO", None)
    assert dataset.joins == (
        Join(Table("dbo", "VEHICLE"), "VEHICLE", (("VIN", Ref("", "VIN")),)),
        Join(Table("dbo", "CUSTOMER"), "BUYER", (("CUST_NO", Ref("", "BUYER_NO")),)),
    )
    assert dataset.where == (
        Condition(Ref("VEHICLE", "MAKE"), "is", ("EXAMPLE",)),
        Condition(Ref("", "DEAL_DT"), "within_months", (24,)),
        Exists(
            Table("dbo", "REPAIR_ORDER"),
            (("VIN", Ref("", "VIN")),),
            (Condition(Ref("", "OPEN_DT"), "after", ("2024-01-01",)),),
        ),
    )


def test_fields_are_sorted_by_their_outside_name_and_typed() -> None:
    (dataset,) = _compiled().datasets
    fields = {f.name: f for f in dataset.fields}
    assert list(fields) == ["buyer_id", "delivery_date", "model_year", "postal_code", "vin"]
    assert fields["model_year"].ref == Ref("VEHICLE", "YEAR")
    assert fields["postal_code"].transform == Transform("keep_first", keep=3)
    assert fields["delivery_date"].null_when == ("0",)
    assert fields["vin"].transform == Transform("pass")
    assert fields["buyer_id"].person == "buyer"


def test_numbers_that_identify_leave_as_pseudonyms_unless_a_reason_is_given() -> None:
    (dataset,) = _compiled().datasets
    buyer = next(f for f in dataset.fields if f.name == "buyer_id")
    assert (buyer.transform, buyer.type) == (Transform("pseudonymize"), FieldType("text", size=32))
    passed = changed("category: customer_id,", "category: customer_id, type: integer, transform: pass, why: asked for,")
    (dataset,) = _compiled(passed).datasets
    buyer = next(f for f in dataset.fields if f.name == "buyer_id")
    assert (buyer.transform, buyer.type) == (Transform("pass"), FieldType("integer"))


def test_scope_and_split_reach_the_ruleset() -> None:
    data = changed("category: customer_id,", "category: customer_id, scope: recipient,")
    data = changed("type: date, null_when", 'type: list of text 8, split: ";", null_when', data)
    fields = {f.name: f for f in _compiled(data).datasets[0].fields}
    assert fields["buyer_id"].transform == Transform("pseudonymize", recipient_scope=True)
    assert fields["delivery_date"].type == FieldType("list of text", size=8, split=";")


def test_policies_come_in_the_order_of_their_names() -> None:
    both = [draft(), draft(changed("policy: small", "policy: another"))]
    names = [p.name for p in compile_ruleset(map(approved, both), today=TODAY).policies]
    assert names == ["another", "small"]


def _refused(data: bytes, **more: object) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        compile_ruleset([approved(draft(data))], today=TODAY, **more)  # type: ignore[arg-type]
    return caught.value


def test_a_forbidden_field_is_refused_though_officers_approved_it_and_decided_it() -> None:
    data = changed("{column: DELIVERY_DT, category: date, type: date", "{column: APR, category: date, type: date")
    for decisions in (frozenset(), frozenset({("dbo.SALES_DEAL", "APR")})):
        error = _refused(data, decisions=decisions)
        assert error.code == "P020"
        assert "line 28" in error.what
        assert error.exit_status == 1


def test_a_decision_lets_a_suspected_column_through_and_its_end_takes_it_back() -> None:
    data = changed("column: DELIVERY_DT, category: date, type: date", "column: UDF1, category: status, type: text 9")
    decided = frozenset({("dbo.SALES_DEAL", "UDF1")})
    assert compile_ruleset([approved(draft(data))], today=TODAY, decisions=decided).policies
    assert _refused(data).code == "P023"


def test_a_draft_whose_document_was_swapped_compiles_to_what_its_bytes_say() -> None:
    wide = draft(changed("stores: [", 'stores: ["99", '))
    swapped = dataclasses.replace(draft(), document=wide.document)
    (policy,) = compile_ruleset([approved(swapped)], today=TODAY).policies
    assert policy.stores == ("01", "04")


def test_a_draft_whose_bytes_were_swapped_is_refused() -> None:
    swapped = dataclasses.replace(draft(), data=changed("stores: [", 'stores: ["99", '))
    with pytest.raises(PolicyError) as caught:
        compile_ruleset([approved(swapped)], today=TODAY)
    assert digest(SMALL) in caught.value.advice


def test_sending_stops_on_the_day_the_contract_or_the_approval_ends() -> None:
    early = approved(draft(), until=TODAY + dt.timedelta(days=1))
    assert ends_on(early) == TODAY + dt.timedelta(days=1)
    assert compile_ruleset([early], today=TODAY).policies
    for one, day in ((early, ends_on(early)), (approved(draft(), dt.date(2028, 1, 1)), dt.date(2027, 6, 30))):
        with pytest.raises(PolicyError) as caught:
            compile_ruleset([one], today=day)
        assert caught.value.code == "P040"
        assert caught.value.exit_status == 3


def test_an_overdue_review_stops_approval_but_not_what_is_in_force() -> None:
    assert compile_ruleset([approved(draft())], today=dt.date(2027, 4, 1)).policies


def test_two_policies_of_one_name_permit_nothing() -> None:
    with pytest.raises(PolicyError, match="two approved policies"):
        compile_ruleset([approved(draft()), approved(draft(SMALL + b"#\n"))], today=TODAY)


def test_no_error_shows_control_characters_of_a_name() -> None:
    error = _refused(changed("column: DELIVERY_DT, category: date", 'column: "A\U0001f600PR", category: date'))
    assert error.what.isprintable()
