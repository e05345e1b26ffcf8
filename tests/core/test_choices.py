"""What people said, in three values: each polarity, blank, unknown and unreadable code, both regimes, every purpose."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import choices
from agent.core.ruleset import (
    ChoiceColumn,
    ChoicesRules,
    FieldRules,
    FieldType,
    PersonRules,
    Purpose,
    Ref,
    Regime,
    Table,
    Transform,
)

BLOCK = ChoiceColumn("email", "BLOCK_EMAIL", ("Y",), ("N",), False, "send")  # Y means no
ALLOW = ChoiceColumn("phone", "CALL_OK", ("N",), ("Y",), True, "withhold")  # Y is a recorded yes


@pytest.mark.parametrize(
    ("cell", "block", "allow"),
    [
        ("Y", "refused", "given"),
        ("N", "not_refused", "refused"),
        ("Y  ", "refused", "given"),
        ("y", "unknown", "unknown"),  # codes compare exactly: nobody declared it
        ("", "unknown", "unknown"),
        ("   ", "unknown", "unknown"),
        (None, "unknown", "unknown"),
        (b"Y", "unknown", "unknown"),
        ("\ufffd", "unknown", "unknown"),
        ("YY", "unknown", "unknown"),
        (1, "unknown", "unknown"),
    ],
)
def test_both_polarities(cell: object, block: str, allow: str) -> None:
    assert choices.state_of(BLOCK, cell) == block
    assert choices.state_of(ALLOW, cell) == allow


# regime, state, unknown -> leaves
LAW = {
    ("opt_out", "refused"): False,
    ("opt_out", "not_refused"): True,
    ("opt_out", "given"): True,
    ("opt_in", "refused"): False,
    ("opt_in", "not_refused"): False,
    ("opt_in", "given"): True,
    ("opt_in", "unknown"): False,
}


@pytest.mark.parametrize("unknown", ["send", "withhold"])
@pytest.mark.parametrize("purpose", [p for p in get_args(Purpose) if p != "warranty_recall"])
def test_what_each_state_means(unknown: str, purpose: Purpose) -> None:
    column = ChoiceColumn("email", "E", ("Y",), ("N",), False, unknown)  # type: ignore[arg-type]
    for (regime, state), leaves in LAW.items():
        assert choices.may_leave(column, state, regime, purpose) is leaves  # type: ignore[arg-type]
    assert choices.may_leave(column, "unknown", "opt_out", purpose) is (unknown == "send")


@pytest.mark.parametrize("regime", get_args(Regime))
def test_a_recall_survives_an_opt_out(regime: Regime) -> None:
    assert choices.may_leave(BLOCK, "refused", regime, "warranty_recall")


def field(category: str, person: str | None = None) -> FieldRules:
    return FieldRules("f", Ref("", "F"), category, FieldType("text", 9), Transform(), person)


RULES = ChoicesRules(
    "c", "dms", Table("dbo", "CUSTOMER"), ("CUST_NO",),
    tuple(ChoiceColumn(channel, channel, ("Y",), ("N",), False, "send")
          for channel in ("everything", "mail", "email", "phone", "sms")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("category", "obeys"),
    [("email", (2,)), ("phone", (3, 4)), ("address", (1,)), ("city", (1,)), ("region", (1,)), ("postal_code", (1,)),
     ("name", ()), ("vin", ()), ("vehicle", ())],
)  # fmt: skip
def test_which_channels_a_category_obeys(category: str, obeys: tuple[int, ...]) -> None:
    assert choices.channels_obeyed(field(category), RULES, "marketing") == obeys
    assert choices.channels_obeyed(field(category), RULES, "warranty_recall") == ()


def test_a_channel_without_a_column_is_not_the_same_as_no_channel() -> None:
    assert choices.channels_obeyed(field("email"), None, "marketing") is None
    assert choices.channels_obeyed(field("name"), None, "marketing") == ()


def test_a_field_obeys_the_person_it_names_or_all() -> None:
    people = [PersonRules(name, (Ref("", name),), RULES) for name in ("buyer", "co_buyer")]
    assert choices.people_of(field("email"), people) == (0, 1)
    assert choices.people_of(field("email", "co_buyer"), people) == (1,)


@given(
    st.lists(st.sampled_from(["Y", "N", "", None, "x", b"Y", "Y  "]), min_size=5, max_size=5),
    st.sampled_from(["opt_in", "opt_out"]),
)
def test_the_remembered_states_say_the_same_as_the_cells(cells: list[object], regime: Regime) -> None:
    text = choices.states_text(RULES, cells)
    refused = choices.refused_channels(RULES, text, regime, "marketing")
    assert refused == {
        column.channel
        for column, cell in zip(RULES.columns, cells, strict=True)
        if not choices.allowed_column(column, [cell], regime, "marketing")[0]
    }
    assert choices.refused_channels(RULES, text, regime, "warranty_recall") == frozenset()
