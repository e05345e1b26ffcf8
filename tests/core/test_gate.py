"""The gate is a second opinion: every corruption of a single thing is refused, and the innocent half passes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.gate import GateDecoder
from agent.core.ruleset import DatasetRules, FieldRules, FieldType, Ref, Table, Transform
from agent.errors import SealError


def rule(name: str, kind: FieldType, transform: Transform | None = None) -> FieldRules:
    return FieldRules(name, Ref("", name.upper()), "vehicle", kind, transform or Transform())


FIELDS = (
    rule("buyer_id", FieldType("text", 40), Transform("pseudonymize")),
    rule("delivery_date", FieldType("date")),
    rule("model_year", FieldType("integer")),
    rule("name", FieldType("text", 8)),
    rule("parts", FieldType("list of text", 4)),
    rule("price", FieldType("decimal", 8, 2)),
    rule("seen_at", FieldType("timestamp")),
    rule("sold", FieldType("boolean")),
    rule("zip", FieldType("text", 10), Transform("keep_first", 3)),
)
RULES = DatasetRules("deals", "", "dms", Table("dbo", "SALES_DEAL"), ("DEAL_NO",), "STORE_NO", None, (), (), (), FIELDS)
GOOD = {
    "buyer_id": "0" * 31 + "a",
    "delivery_date": "2026-11-22",
    "model_year": 2026,
    "name": "Pat",
    "parts": ["A", "B"],
    "price": "-12.50",
    "seen_at": "2026-11-22T14:14:31Z",
    "sold": True,
    "zip": "303",
}
ID = "ab" * 16


def line(fields: dict[str, object] | None = None, **changed: object) -> bytes:
    whole = {"dataset": "deals", "fields": GOOD if fields is None else fields, "id": ID, "nonce": "cd" * 16,
             "op": "upsert"} | changed  # fmt: skip
    return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def check(*lines: bytes, ids: str = ID) -> None:
    GateDecoder(RULES).check(lines, bytes.fromhex(ids))


def test_what_the_policy_grants_passes() -> None:
    check(line())
    check(line({}))  # every field withheld
    check(line(dict.fromkeys(GOOD)))  # the DMS has none of it
    check(line(), line(id="ef" * 16), ids=ID + "ef" * 16)
    check(ids="")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("buyer_id", "104417"),  # the key itself instead of its pseudonym
        ("buyer_id", "A" * 32),
        ("buyer_id", "0" * 32 + "\n"),
        ("buyer_id", 7),
        ("delivery_date", "22.11.2026"),
        ("delivery_date", "2026-11-22\n"),
        ("delivery_date", "2026-11-22 with a note"),
        ("delivery_date", "٢٠٢٦-11-22"),
        ("model_year", "2026"),
        ("model_year", 2**53),
        ("model_year", 20.26),
        ("model_year", True),
        ("name", "x" * 9),
        ("name", ["Pat"]),
        ("name", {"ssn": "1"}),
        ("parts", ["A", "BBBBB"]),
        ("parts", "A"),
        ("parts", [1]),
        ("price", 12.5),
        ("price", "12.50 USD"),
        ("price", "12.50\n"),
        ("price", "1e5"),
        ("seen_at", "2026-11-22T14:14:31+0100"),
        ("seen_at", "2026-11-22T14:14:31Z\n"),
        ("sold", 1),
        ("sold", "true"),
        ("zip", "30301"),  # the transform was not applied
    ],
)
def test_one_wrong_value_is_refused(field: str, value: object) -> None:
    with pytest.raises(SealError, match="does not grant"):
        check(line(GOOD | {field: value}))


@pytest.mark.parametrize(
    "bad",
    [
        line(GOOD | {"ssn": "219-09-9999"}),
        line(GOOD | {"Name": "Pat"}),
        line(GOOD | {"": "x"}),
        line(dataset="customers"),
        line(op="retract"),
        line(op="suppress"),
        line(nonce="cd" * 15),
        line(nonce="CD" * 16),
        line(nonce="cd" * 16 + "\n"),
        line(nonce=None),
        line(scope={"all": True}),
        line(erase=True),
        line(note="219-09-9999"),
        line()[:-1],
        line()[:-2] + b"\n",
        b"\n",
        b"[]\n",
        b"null\n",
        b'"219-09-9999"\n',
        line().replace(b"Pat", b"P\xfft"),
        line() + b"219-09-9999",
        line().replace(b'"id":"' + ID.encode() + b'",', b""),
    ],
)
def test_one_thing_more_less_or_else_is_refused(bad: bytes) -> None:
    with pytest.raises(SealError):
        check(bad)


def test_a_second_record_hidden_in_a_line_is_refused() -> None:
    with pytest.raises(SealError, match="one record each"):
        check(line() + line(), ids=ID + ID)


def test_a_line_under_another_id_than_announced_is_refused() -> None:
    other = "ef" * 16
    with pytest.raises(SealError, match="ids"):
        check(line(), ids=other)
    with pytest.raises(SealError, match="ids"):
        check(line(id=other), line(), ids=ID + other)  # swapped
    with pytest.raises(SealError):
        check(line(), ids=ID + other)


def test_the_refusal_repeats_no_value() -> None:
    with pytest.raises(SealError) as refusal:
        check(line(GOOD | {"ssn": "219-09-9999", "name": "Wilhelmina"}))
    said = f"{refusal.value} {refusal.value.what} {refusal.value.advice}"
    assert "219" not in said
    assert "Wilhel" not in said
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


@given(st.sampled_from(["dataset", "fields", "id", "nonce", "op"]), JSON)
def test_any_other_member_value_is_refused(member: str, value: object) -> None:
    harmless = member == "fields" and isinstance(value, dict) and not value
    whole = json.loads(line())
    if harmless or value == whole[member]:
        return
    with pytest.raises(SealError):
        check(json.dumps(whole | {member: value}).encode() + b"\n")


@given(st.text(max_size=12).filter(lambda name: name not in GOOD), JSON)
def test_any_field_that_is_not_granted_is_refused(name: str, value: object) -> None:
    with pytest.raises(SealError):
        check(line(GOOD | {name: value}))


def test_a_page_is_looked_at_to_its_last_line_however_long_it_is() -> None:
    ids = [f"{n:032x}" for n in range(2_500)]
    lines = [line().replace(ID.encode(), one.encode()) for one in ids]
    gate = GateDecoder(RULES)
    gate.check(lines, bytes.fromhex("".join(ids)))
    for wrong in (lines[:-1], [*lines, lines[0]], [*lines[:1_200], *lines[1_201:], lines[1_200]]):
        with pytest.raises(SealError, match="ids"):
            gate.check(wrong, bytes.fromhex("".join(ids)))
    with pytest.raises(SealError, match="grant"):
        gate.check([*lines[:-1], lines[-1].replace(b"Pat", b"P\xfft")], bytes.fromhex("".join(ids)))
