"""Rows to records: against the naive reading in naive_records.py, on random policies and random rows."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.gate import GateDecoder
from agent.core.ids import StreamKeys
from agent.core.query import RowLayout
from agent.core.records import Recipe, RowPage, make_records
from agent.core.ruleset import (
    ChoiceColumn,
    ChoicesRules,
    DatasetRules,
    FieldRules,
    FieldType,
    PersonRules,
    Ref,
    Table,
    Transform,
)
from agent.errors import SourceError
from tests.core import naive_records as naive

SSN = "ssn 219-09-9999"
KEYS = {name: name.encode().ljust(32, b".") for name in ("id", "nonce", "pseudonym", "recipient", "persons")}

# (cell as the driver gives it, what it means on the wire)
CELLS = {
    "text": [("Pat", "Pat"), ("Lee     ", "Lee"), ("Ünal", "Ünal"), ('a"b\\c', 'a"b\\c'), ("", None), ("   ", None),
             (None, None), ("x" * 21, "!too_long"), (b"Pat", "!unreadable"), ("A\u00fdB", "!unreadable"),
             ("P\ufffdt", "!unreadable"), (SSN, "!screen"), (SSN, "!screen"), (SSN + "  ", "!screen")],
    "integer": [(5, 5), ("5", 5), (5.0, 5), ("five", "!not_the_type"), (None, None), (2**53, "!not_the_type")],
    "date": [("20240131", "2024-01-31"), ("0", None), ("00010101", None), ("31/01/2024", "!not_the_type"),
             (dt.date(2024, 1, 31), "2024-01-31"), (None, None)],
    "boolean": [("1", True), (0, False), ("Y", "!not_the_type"), (None, None)],
    "decimal": [("12.5", "12.50"), (12, "12.00"), ("12.345", "!not_the_type"), (float("nan"), "!not_the_type")],
}  # fmt: skip
TYPES = {
    "text": FieldType("text", 20),
    "integer": FieldType("integer"),
    "date": FieldType("date"),
    "boolean": FieldType("boolean"),
    "decimal": FieldType("decimal", 6, 2),
}
SAID = st.frozensets(st.sampled_from(["everything", "email", "mail", "phone", "sms"]), max_size=2)
WHO = [(1, "1"), ("1", "1"), (2.0, "2"), ("3   ", "3"), (None, None), ("  ", None)]
CODES = ["N", "N", "N", "Y", "Y ", "y", "", " ", None, b"Y", "X", "\u00fd"]


@st.composite
def fields(draw, people):
    found = []
    for i in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["text"] * 3 + sorted(CELLS)))
        transforms = ["pass"] * 4 + ["suppress"] + (["keep_first", "mask", "pseudonymize"] if kind == "text" else [])
        found.append(
            {
                "name": f"field_{i}",
                "category": draw(st.sampled_from(["name", "email", "phone", "postal_code", "vehicle"])),
                "kind": kind,
                "transform": draw(st.sampled_from(transforms)),
                "keep": 3,
                "person": draw(st.sampled_from([None, *people])),
                "on_hit": draw(st.sampled_from(["withhold", "withhold_record"])),
            }
        )
    return found


@st.composite
def choice_columns(draw):
    channels = draw(st.lists(st.sampled_from(["everything", "mail", "email", "phone", "sms"]), unique=True))
    found = []
    for channel in channels:
        refused, allowed = draw(st.sampled_from([(("Y",), ("N",)), (("N",), ("Y",)), (("Y", "X"), ("N",))]))
        found.append(
            {"channel": channel, "refused": refused, "allowed": allowed, "recorded_yes": draw(st.booleans()),
             "unknown": draw(st.sampled_from(["send", "withhold"]))}
        )  # fmt: skip
    return found


@st.composite
def cases(draw):
    people = draw(st.sampled_from([[], ["buyer"], ["buyer", "co_buyer"]]))
    case = {
        "dataset": "deals",
        "people": people,
        "fields": draw(fields(people)),
        "choices": draw(choice_columns()),
        "regime": draw(st.sampled_from(["opt_in", "opt_out"])),
        "purpose": draw(st.sampled_from(["marketing", "service_reminders", "warranty_recall"])),
        "keys": KEYS,
        "elsewhere": draw(st.dictionaries(st.sampled_from(["1", "2", "3"]), st.tuples(SAID, SAID), max_size=2)),
    }
    rows = []
    for number in range(draw(st.integers(0, 6))):
        key = draw(
            st.sampled_from([(number, str(number))] * 4 + [(f"{number}  ", str(number)), (None, None), (" ", None)])
        )
        rows.append(
            {
                "key": key,
                "cells": {f["name"]: draw(st.sampled_from(CELLS[f["kind"]])) for f in case["fields"]},
                "who": {p: draw(st.sampled_from(WHO)) for p in people},
                "said": {p: {c["channel"]: draw(st.sampled_from(CODES)) for c in case["choices"]} for p in people},
            }
        )
    return case, rows


def recipe_of(case) -> Recipe:
    choices = ChoicesRules(
        "customer_choices", "dms", Table("dbo", "CUSTOMER"), ("CUST_NO",),
        tuple(ChoiceColumn(c["channel"], c["channel"].upper(), c["refused"], c["allowed"], c["recorded_yes"],
                           c["unknown"]) for c in case["choices"]),
    )  # fmt: skip
    rules = DatasetRules(
        name=case["dataset"], about="", source="dms", table=Table("dbo", "SALES_DEAL"), key=("DEAL_NO",),
        store="STORE_NO", changes=None, joins=(), where=(),
        people=tuple(PersonRules(p, (Ref("", p.upper()),), choices) for p in case["people"]),
        fields=tuple(
            FieldRules(f["name"], Ref("", f["name"].upper()), f["category"], TYPES[f["kind"]],
                       Transform(f["transform"], f["keep"] if f["transform"] == "keep_first" else 0), f["person"],
                       ("0", "00010101") if f["kind"] == "date" else (), f["on_hit"])
            for f in case["fields"]
        ),
    )  # fmt: skip
    n, people, columns = len(case["fields"]), len(case["people"]), len(case["choices"])
    first = 1 + n + people
    layout = RowLayout(
        key=(0,),
        fields=tuple(range(1, 1 + n)),
        people=tuple((1 + n + p,) for p in range(people)),
        choices=tuple(tuple(first + p * columns + c for c in range(columns)) for p in range(people)),
    )
    keys = StreamKeys(*(KEYS[name] for name in ("id", "nonce", "pseudonym", "recipient", "persons")))
    scope = "dms\0" + ("dbo.CUSTOMER" if case["people"] else "")
    heeded = {naive.keyed(KEYS["persons"], scope, who): said for who, said in case["elsewhere"].items()}
    return Recipe(rules, layout, case["purpose"], case["regime"], keys, dt.UTC, heeded=heeded)


def page_of(case, rows) -> RowPage:
    recipe = recipe_of(case)
    columns = ("DEAL_NO", *(str(f.ref) for f in recipe.rules.fields))
    cells = [
        (
            row["key"][0],
            *(row["cells"][f["name"]][0] for f in case["fields"]),
            *(row["who"][p][0] for p in case["people"]),
            *(row["said"][p][c["channel"]] for p in case["people"] for c in case["choices"]),
        )
        for row in rows
    ]
    return RowPage(columns, cells)


@settings(max_examples=200)
@given(cases())
def test_the_same_records_fields_and_withholdings_as_the_naive_reading(made) -> None:
    case, rows = made
    found = make_records(recipe_of(case), page_of(case, rows))

    lines, withheld, missing = [], [], Counter()
    for row in rows:
        what = naive.outcome(case, row)
        if what[0] == "record":
            lines.append(naive.line_of(case, row, what[1]))
            missing.update(f"{name}:{reason}" for name, reason in what[2].items())
        elif row["key"][1] is None:
            missing["*:key_not_readable"] += 1
        else:
            withheld.append((naive.keyed(KEYS["id"], case["dataset"], row["key"][1]), what[1]))
    assert found.lines == lines
    ids = [found.withheld_ids[i : i + 16] for i in range(0, len(found.withheld_ids), 16)]
    assert list(zip(ids, found.withheld_reasons, strict=True)) == withheld
    assert found.field_counts == dict(missing)
    assert found.rows == len(rows)


@given(cases())
def test_no_ungranted_field_ever_leaves_and_the_gate_agrees(made) -> None:
    case, rows = made
    recipe = recipe_of(case)
    found = make_records(recipe, page_of(case, rows))
    granted = {f["name"] for f in case["fields"]}
    for line in found.lines:
        assert set(json.loads(line)["fields"]) <= granted
        assert SSN.encode() not in line
    GateDecoder(recipe.rules).check(found.lines, found.ids)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_record(made, random) -> None:
    case, rows = made
    shuffled = rows[:]
    random.shuffle(shuffled)
    one = make_records(recipe_of(case), page_of(case, rows))
    two = make_records(recipe_of(case), page_of(case, shuffled))
    assert sorted(one.lines) == sorted(two.lines)
    assert one.field_counts == two.field_counts


@given(cases())
def test_a_record_read_twice_gives_the_same_bytes(made) -> None:
    case, rows = made
    assert make_records(recipe_of(case), page_of(case, rows)) == make_records(recipe_of(case), page_of(case, rows))


def plain_case(**changed):
    case = {
        "dataset": "deals", "people": ["buyer"], "regime": "opt_out", "purpose": "marketing", "keys": KEYS,
        "elsewhere": {},
        "fields": [{"name": "email", "category": "email", "kind": "text", "transform": "pass", "keep": 0,
                    "person": None, "on_hit": "withhold"}],
        "choices": [{"channel": "everything", "refused": ("Y",), "allowed": ("N",), "recorded_yes": False,
                     "unknown": "send"},
                    {"channel": "email", "refused": ("Y",), "allowed": ("N",), "recorded_yes": False,
                     "unknown": "send"}],
    }  # fmt: skip
    return {**case, **changed}


def row(number=1, **changed):
    plain = {
        "key": (number, str(number)),
        "cells": {"email": ("pat@mail.example", "pat@mail.example")},
        "who": {"buyer": (7, "7")},
        "said": {"buyer": {"everything": "N", "email": "N"}},
    }
    return {**plain, **changed}


def test_two_rows_under_one_key_stop_the_dataset() -> None:
    with pytest.raises(SourceError) as refusal:
        make_records(recipe_of(plain_case()), page_of(plain_case(), [row(1), row(1)]))
    assert refusal.value.code == "FG-S20"
    assert "pat@mail" not in str(refusal.value)


def test_one_changed_byte_of_a_field_changes_the_nonce_and_keeps_the_id() -> None:
    one = make_records(recipe_of(plain_case()), page_of(plain_case(), [row()]))
    changed = row(cells={"email": ("pat@mail.exampl", "pat@mail.exampl")})
    two = make_records(recipe_of(plain_case()), page_of(plain_case(), [changed]))
    assert one.ids == two.ids
    assert one.nonces != two.nonces


def test_a_withheld_record_and_one_that_leaves_name_the_same_person() -> None:
    leaves = make_records(recipe_of(plain_case()), page_of(plain_case(), [row()]))
    stays = row(said={"buyer": {"everything": "Y", "email": "N"}})
    kept = make_records(recipe_of(plain_case()), page_of(plain_case(), [stays]))
    assert leaves.persons == kept.withheld_persons
    assert leaves.ids == kept.withheld_ids


def two_people(**said):
    """A deal of two, of whom the named ones have said something."""
    case = plain_case(people=["buyer", "co_buyer"])
    plain = {"everything": "N", "email": "N"}
    deal = row(
        who={"buyer": (7, "7"), "co_buyer": (8, "8")},
        said={name: {**plain, **said.get(name, {})} for name in case["people"]},
    )
    return make_records(recipe_of(case), page_of(case, [deal]))


@pytest.mark.parametrize("who", ["buyer", "co_buyer"])
def test_either_of_two_people_keeps_the_record_or_the_field_back(who: str) -> None:
    assert two_people().withheld_reasons == []
    assert two_people().field_counts == {}
    assert two_people(**{who: {"everything": "Y"}}).withheld_reasons == ["choice"]
    no_email = two_people(**{who: {"email": "Y"}})
    assert (no_email.withheld_reasons, no_email.field_counts) == ([], {"email:choice": 1})


def test_a_no_said_elsewhere_keeps_the_record_back() -> None:
    case = plain_case(elsewhere={"7": (frozenset({"everything"}), frozenset())})
    assert make_records(recipe_of(case), page_of(case, [row()])).withheld_reasons == ["choice"]
    case = plain_case(elsewhere={"7": (frozenset({"email"}), frozenset())})
    assert make_records(recipe_of(case), page_of(case, [row()])).field_counts == {"email:choice": 1}


@pytest.mark.parametrize(
    ("on_hit", "reasons", "counts"), [("withhold", [], {"email:screen": 1}), ("withhold_record", ["screen"], {})]
)
def test_a_hit_of_the_screen_keeps_the_field_or_the_record_back(on_hit: str, reasons, counts) -> None:
    case = plain_case()
    case["fields"][0]["on_hit"] = on_hit
    found = make_records(recipe_of(case), page_of(case, [row(cells={"email": (SSN, "!screen")})]))
    assert (found.withheld_reasons, found.field_counts) == (reasons, counts)
    assert not any(b"219-09" in line for line in found.lines)


def test_nobody_has_the_person_hash_of_nobody() -> None:
    found = make_records(recipe_of(plain_case()), page_of(plain_case(), [row(who={"buyer": (None, None)})]))
    assert found.persons == bytes(16)


def test_neither_a_page_of_rows_nor_one_of_records_shows_a_value() -> None:
    secret = row(cells={"email": (SSN, "!screen")})
    rows = page_of(plain_case(), [secret, row(2)])
    records = make_records(recipe_of(plain_case()), rows)
    recipe = recipe_of(plain_case())
    for shown in (repr(rows), str(rows), repr(records), f"{records}", repr(recipe.keys), repr(recipe)):
        assert "219-09" not in shown
        assert "pat@mail" not in shown
        for key in KEYS.values():
            assert str(key) not in shown
    assert "EMAIL" in repr(rows)
