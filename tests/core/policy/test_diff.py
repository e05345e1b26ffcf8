"""More, less, no effect or blocked: each change of a policy in the direction that cannot be argued away."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.core.policy.checks import check_policy
from agent.core.policy.diff import PolicyDiff, columns_sent, diff
from tests.core.policy.samples import SMALL, TODAY, changed, draft

BASE = changed("null_when: [0]", 'null_when: ["0"]')


def between(new: bytes, old: bytes = BASE) -> PolicyDiff:
    after = draft(new)
    return diff(draft(old), after, check_policy(after, today=TODAY))


def ways(found: PolicyDiff) -> list[tuple[str, str]]:
    return [(change.direction, change.what) for change in found.changes]


SMS = "    sms: {column: SMS_OK, refused: [n], given: [y], unknown: withhold}\n"
# What is written in the policy, what it becomes, what it means; and read backwards, the opposite.
BOTH_WAYS = [
    ("      vin: {column: VIN, category: vin, type: text 17}\n", "", "less", "vehicle_sales.vin"),
    ("transform: {keep_first: 3}", "transform: {keep_first: 2}", "less", "vehicle_sales.postal_code"),
    ("type: text 10, transform: {keep_first: 3}", "type: text 10", "more", "vehicle_sales.postal_code"),
    ("transform: {keep_first: 3}", "transform: suppress", "less", "vehicle_sales.postal_code"),
    ("type: text 17", "type: text 20", "more", "vehicle_sales.vin"),
    ('null_when: ["0"]', 'null_when: ["0", "9"]', "less", "vehicle_sales.delivery_date"),
    ("category: customer_id, person: buyer", "category: customer_id, scope: recipient, person: buyer", "more",
     "vehicle_sales.buyer_id"),
    ("category: customer_id, person: buyer", "category: customer_id", "less", "vehicle_sales.buyer_id"),
    ("        - {column: VEHICLE.MAKE, is: EXAMPLE}\n", "", "more", "vehicle_sales"),
    ("is: EXAMPLE", "is_one_of: [EXAMPLE, OTHER]", "more", "vehicle_sales"),
    ("within_months: 24", "within_months: 36", "more", "vehicle_sales"),
    ("after: 2024-01-01", "not_empty: true", "more", "vehicle_sales"),
    ("and: [{column: OPEN_DT, after: 2024-01-01}]", "and: []", "more", "vehicle_sales"),
    ('stores: ["01", "04"]', 'stores: ["01"]', "less", "stores: 04"),
    ("keep_for_months: 12", "keep_for_months: 13", "more", "keep_for_months"),
    ("pass_on_to: [Example Mailing House]", "pass_on_to: []", "less", "pass_on_to: Example Mailing House"),
    ("expires_on: 2027-06-30", "expires_on: 2028-06-30", "more", "contract.expires_on"),
    ('refused: ["Y"], not_refused: ["N"], unknown: send', 'refused: ["Y", "Z"], not_refused: ["N"], unknown: send',
     "less", "said.everything"),
    ('not_refused: ["N"], unknown: send', 'not_refused: ["N"], unknown: withhold', "less", "said.everything"),
    ('given: ["Y"], refused: ["N"], unknown: withhold', 'given: ["Y"], refused: ["N"], unknown: send', "more",
     "said.phone"),
    ("    everything: {column: OPT_OUT", SMS + "    everything: {column: OPT_OUT", "more", "said.sms"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "way", "what"), BOTH_WAYS)
def test_a_change_has_one_direction_and_read_backwards_the_other(old: str, new: str, way: str, what: str) -> None:
    other = changed(old, new, BASE)
    opposite = {"more": "less", "less": "more"}[way]
    assert ways(between(other)) == [(way, what)]
    if old not in ("after: 2024-01-01",):  # neither can be shown to be less
        assert ways(between(BASE, other)) == [(opposite, what)]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("column: DELIVERY_DT", "column: OPEN_DT", "vehicle_sales.delivery_date"),
        ("category: vehicle, type: integer", "category: odometer, type: integer", "vehicle_sales.model_year"),
        ("type: integer", "type: text 4", "vehicle_sales.model_year"),
        ("table: dbo.SALES_DEAL", "table: dbo.DEAL", "vehicle_sales"),
        ("key: [DEAL_NO]", "key: [VIN]", "vehicle_sales"),
        ("where_equal: {CUST_NO: BUYER_NO}", "where_equal: {CUST_NO: COBUYER_NO}", "vehicle_sales"),
        ("buyer: {key: [BUYER_NO]", "buyer: {key: [COBUYER_NO]", "vehicle_sales"),
        ("everything: {column: OPT_OUT", "everything: {column: OPT_OUT2", "said.everything"),
        ("recipient: example-motors-na", "recipient: other-motors", "recipient"),
        ("purpose: marketing", "purpose: service_reminders", "purpose"),
        ("MAKE, is: EXAMPLE", "MAKE, is: OTHER", "vehicle_sales"),
    ],
)
def test_what_cannot_be_judged_counts_as_more_in_both_directions(old: str, new: str, what: str) -> None:
    other = changed(old, new, BASE)
    assert ("more", what) in ways(between(other))
    assert ("more", what) in ways(between(BASE, other))


def test_a_purpose_that_asks_no_choice_does_not_hide_that_everything_is_for_another_purpose() -> None:
    recall = between(changed("purpose: marketing", "purpose: warranty_recall", BASE))
    assert ("more", "purpose") in ways(recall)
    assert ("more", "said.everything") in ways(recall)  # whoever said stop would be in it


def test_opting_in_is_less_and_opting_out_is_more() -> None:
    opt_in = changed("regime: opt_out", "regime: opt_in", BASE).replace(b"not_refused", b"given")
    opt_in = opt_in.replace(b"unknown: send", b"unknown: withhold")
    assert ("less", "regime") in ways(between(opt_in))
    assert not between(opt_in).of("more")
    assert ("more", "regime") in ways(between(BASE, opt_in))


def test_a_new_field_names_its_category_and_purpose() -> None:
    more = changed(
        "    people:", "      trade_in_vin: {column: TRADE_VIN, category: vin, type: text 17}\n    people:", BASE
    )
    (change,) = between(more).changes
    assert (change.direction, change.what, change.says) == (
        "more",
        "vehicle_sales.trade_in_vin",
        "vin data, for: marketing",
    )
    assert columns_sent(draft(more).document)["vehicle_sales", "trade_in_vin"] == ("dbo.SALES_DEAL", "TRADE_VIN")
    assert columns_sent(draft(more).document)["vehicle_sales", "postal_code"] == ("dbo.CUSTOMER", "ZIP")


def test_a_nonpublic_field_blocks_and_is_not_called_more() -> None:
    apr = changed("    people:", "      apr_rate: {column: APR, category: money, type: decimal 6.3}\n    people:", BASE)
    found = between(apr)
    assert found.changes == ()
    assert {(b.what, b.code, b.line, b.never) for b in found.blocked} == {
        ("vehicle_sales.apr_rate", "P020", 30, True),
        ("vehicle_sales.apr_rate", "P022", 30, False),
    }


def test_words_and_days_of_review_have_no_effect() -> None:
    other = changed("about: who took delivery", "about: who took delivery,", BASE)
    other = changed("title: A small", "title: Another small", other)
    other = changed("review_on: 2027-03-31", "review_on: 2027-04-30   # later", other)
    other = changed('stores: ["01"', 'stores:   # the "real # ones"\n  ["01"', other)
    found = between(other)
    assert (found.changes, found.blocked) == ((), ())
    assert found.no_effect == ("2 comments", "2 descriptions", "review_on")


def test_a_hash_inside_quotes_is_no_comment() -> None:
    one = changed("title: A small policy", 'title: "A small # policy"', BASE)
    two = changed("title: A small policy", 'title: "A small # thing"', BASE)
    assert between(two, one).no_effect == ("1 description",)


@settings(max_examples=40)
@example([18, 19], False)
@given(st.lists(st.sampled_from(range(len(BOTH_WAYS))), min_size=1, max_size=5, unique=True), st.booleans())
def test_several_changes_at_once_hide_none_of_them(chosen: list[int], backwards: bool) -> None:
    """Whatever else changes, a change that means more is never told as less or as nothing."""
    other, expected = BASE, set()
    for at in chosen:
        old, new, way, what = BOTH_WAYS[at]
        if other.count(old.encode()) == 0:
            continue
        other = changed(old, new, other)
        if (way == "more") != backwards and old != "after: 2024-01-01":
            expected.add(what)
    found = between(BASE, other) if backwards else between(other)
    told = {change.what for change in found.of("more")}
    gone = {w for w in expected if re.match(r"vehicle_sales\.", w) and w not in told}
    assert expected - gone <= told
    assert gone <= {what for _, what in ways(found)}


def test_the_same_bytes_are_no_change() -> None:
    assert between(BASE) == PolicyDiff((), (), ())
    assert SMALL != BASE
