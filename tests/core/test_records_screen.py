"""The screen at its place in the path: every value of every kind, as it would be sent, and what a hit does."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from agent.core.ids import StreamKeys
from agent.core.query import RowLayout
from agent.core.record_page import RecordPage
from agent.core.records import Recipe, RowPage, make_records
from agent.core.ruleset import DatasetRules, FieldRules, FieldType, Ref, Table, Transform

SSN = "SSN 219-09-9999"
KEYS = StreamKeys(*(b"%d" % i * 32 for i in range(5)))


def page(cell: object, kind: FieldType, transform: Transform | None = None, on_hit: str = "withhold") -> RecordPage:
    rule = FieldRules("note", Ref("", "NOTE"), "free_text", kind, transform or Transform(), None, (), on_hit)  # type: ignore[arg-type]
    rules = DatasetRules("notes", "", "dms", Table("dbo", "T"), ("K",), "S", None, (), (), (), (rule,))
    recipe = Recipe(rules, RowLayout((0,), (1,), (), ()), "marketing", "opt_out", KEYS, dt.UTC)
    return make_records(recipe, RowPage(("K", "NOTE"), [(1, cell), (2, "oil change")]))


def fields(made: RecordPage) -> list[dict[str, object]]:
    return [json.loads(line)["fields"] for line in made.lines]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (SSN, FieldType("text", 60)),
        (f"oil;{SSN}", FieldType("list of text", 60, split=";")),
        ("customer's ssn is 219 09 9999", FieldType("text", 60)),
    ],
)
def test_a_hit_keeps_the_value_back_and_counts_it(cell: str, kind: FieldType) -> None:
    made = page(cell, kind)
    assert "note" not in fields(made)[0]
    assert made.field_counts == {"note:screen": 1}
    assert len(made.lines) == 2


def test_a_number_is_looked_at_as_it_would_be_sent() -> None:
    card = 4111111111111111
    made = page(card, FieldType("integer"))
    assert fields(made)[0] == {}
    assert made.field_counts["note:screen"] == 1


def test_a_hit_can_keep_the_whole_record_back() -> None:
    made = page(SSN, FieldType("text", 60), on_hit="withhold_record")
    assert (len(made.lines), made.withheld_reasons) == (1, ["screen"])


def test_a_hit_can_be_masked() -> None:
    made = page(f"oil change, {SSN}, thanks", FieldType("text", 60), on_hit="mask")
    note = str(fields(made)[0]["note"])
    assert "219" not in note
    assert note.startswith("oil change")


def test_what_a_transform_has_removed_is_no_hit() -> None:
    made = page(SSN, FieldType("text", 60), Transform("keep_first", 3))
    assert fields(made)[0] == {"note": "SSN"}
    assert made.field_counts == {}


def test_a_harmless_text_passes_and_a_hit_leaves_its_neighbors_alone() -> None:
    made = page(SSN, FieldType("text", 60))
    assert fields(made)[1] == {"note": "oil change"}
