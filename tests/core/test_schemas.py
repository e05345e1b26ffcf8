"""Field types on the wire: a value fits or is refused; the OEM's check agrees with the plain meaning of the words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.answers import WireError
from agent.core.lines import read_lines
from agent.core.schemas import check_lines, compile_schemas
from tests.core.wire_samples import raw_line


def fits(kind: str, value: object) -> bool:
    return compile_schemas({"a": {"b": kind}})["a"]["b"](value)


GOOD = {
    "text 3": ["", "abc", "\U0001f600\U0001f600\U0001f600"],
    "integer": [0, -5, 2**53 - 1],
    "boolean": [True, False],
    "decimal 5.2": ["0.00", "-123.45", "7", "00123.45", "0.1"],
    "date": ["2026-02-28", "2024-02-29"],
    "timestamp": ["2026-02-28T23:59:59Z", "2026-02-28T23:59:59.5Z", "2026-02-28T23:59:59-05:00"],
    "list of text 3": [[], ["abc", ""]],
    "pseudonym": ["0" * 32],
}
BAD = {
    "text 3": ["abcd", 1, True, ["a"]],
    "integer": ["1", True, ["1"]],
    "boolean": [0, 1, "true"],
    "decimal 5.2": ["1234.56", "1.234", "1e2", "", "-", ".5", "1.", "+1", " 1", "1\n", 1, "\u0661"],
    "date": ["2026-02-29", "20260228", "2026-2-28", "2026-02-28T00:00:00Z", "2026-02-28\n", 20260228],
    "timestamp": ["2026-02-28T23:59:59", "2026-02-28 23:59:59Z", "2026-02-30T23:59:59Z", "2026-02-28T24:59:59Z", 0],
    "list of text 3": [["abcd"], "abc", 1],
    "pseudonym": ["0" * 31, "A" * 32, "0" * 32 + "\n", 0],
}


@pytest.mark.parametrize("kind", GOOD)
def test_what_fits_and_what_does_not(kind: str) -> None:
    assert [value for value in GOOD[kind] if not fits(kind, value)] == []
    assert [value for value in BAD[kind] if fits(kind, value)] == []


@given(st.dates())
def test_every_date_fits(day: dt.date) -> None:
    assert fits("date", day.isoformat())


@given(st.decimals(-99999, 99999, places=2))
def test_decimals_fit_by_their_digits(number: Decimal) -> None:
    assert fits("decimal 5.2", f"{number:f}") == (abs(number) < 1000)


@pytest.mark.parametrize(
    "kind",
    ["text", "text 0", "text -1", "text 60 ", "Text 60", "decimal 5", "blob", "", "list of integer"],
)
def test_an_unknown_type_is_unsupported(kind: str) -> None:
    with pytest.raises(WireError) as caught:
        compile_schemas({"a": {"b": kind}})
    assert caught.value.problem == "unsupported"


def test_null_fits_every_type_and_an_absent_field_is_fine() -> None:
    lines = read_lines(raw_line(1, fields={"b": None}) + raw_line(2, fields={}))
    for kind in GOOD:
        check_lines(lines, {"customers": {"b": kind}})


def test_a_refusal_names_line_and_field_and_never_the_value() -> None:
    lines = read_lines(raw_line(1) + raw_line(2, fields={"given_name": "078-05-1120"}))
    with pytest.raises(WireError) as caught:
        check_lines(lines, {"customers": {"given_name": "text 5", "model_year": "integer"}})
    assert caught.value.what == "line 2: field given_name does not fit its type"
    assert caught.value.problem == "schema_mismatch"
