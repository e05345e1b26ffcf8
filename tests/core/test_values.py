"""The traps seen in real DMS cells, one row each; and that no cell becomes a value the wire cannot carry."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.ruleset import FieldType
from agent.core.values import Unfit, cell_text, wire_values

ATLANTA = ZoneInfo("America/New_York")
TOO_LONG, NOT_THE_TYPE, UNREADABLE = Unfit.TOO_LONG, Unfit.NOT_THE_TYPE, Unfit.UNREADABLE
TEXT = FieldType("text", 10)
SENTINELS = ("0", "00010101")


def one(cell: object, kind: FieldType, null_when: tuple[str, ...] = ()) -> object:
    [value] = wire_values([cell], kind, null_when, ATLANTA)
    return value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("Pat", "Pat"),
        ("Pat       ", "Pat"),  # CHAR padding
        ("Pat\0\0", "Pat"),
        ("  Pat", "  Pat"),  # only padding goes: leading blanks are data
        ("", None),
        ("      ", None),
        (None, None),
        ("x" * 10, "x" * 10),
        ("x" * 11, TOO_LONG),
        ("x" * 10 + "    ", "x" * 10),
        (b"Pat", UNREADABLE),
        (bytearray(b"Pat"), UNREADABLE),
        ("Pat\ufffdr", UNREADABLE),
        ("Pat\u00fdLee", "Pat\u00fdLee"),  # after a lower-case letter: a Czech or Icelandic y
        ("PAT\u00fdLEE", UNREADABLE),  # 0xFD between capitals: two values in one cell
        ("404\u00fd770", UNREADABLE),
        ("\u00fdA", UNREADABLE),
        ("Nov\u00fd", "Nov\u00fd"),
        ("\ud800bad", UNREADABLE),  # half a surrogate pair cannot be UTF-8
        (7, "7"),
        (7.0, "7"),
        (Decimal("7.00"), "7"),
        (True, "1"),
    ],
)
def test_text_as_it_comes_out_of_a_dms(cell: object, value: object) -> None:
    assert one(cell, TEXT) == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("012", 12),
        ("1,234", NOT_THE_TYPE),
        ("12.0", 12),
        (12.0, 12),
        (Decimal("12.0"), 12),
        ("12.5", NOT_THE_TYPE),
        ("twelve", NOT_THE_TYPE),
        (2**53 - 1, 2**53 - 1),
        (2**53, NOT_THE_TYPE),
        (-(2**53), NOT_THE_TYPE),
        (float("nan"), NOT_THE_TYPE),
        (float("inf"), NOT_THE_TYPE),
        (float("-inf"), NOT_THE_TYPE),
        (Decimal("NaN"), NOT_THE_TYPE),
        (Decimal("sNaN"), NOT_THE_TYPE),
        (Decimal("Infinity"), NOT_THE_TYPE),
        ("1E+400", NOT_THE_TYPE),
        (True, NOT_THE_TYPE),
        (b"12", UNREADABLE),
        ("", None),
        (None, None),
    ],
)
def test_integers(cell: object, value: object) -> None:
    found = one(cell, FieldType("integer"))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12.5", "12.50"),
        (Decimal("12.50"), "12.50"),
        (12.5, "12.50"),
        (12, "12.00"),
        ("-3", "-3.00"),
        ("12.345", NOT_THE_TYPE),  # rounding would be a second meaning
        ("123456.78", "123456.78"),
        ("1234567.89", NOT_THE_TYPE),
        ("$12.50", NOT_THE_TYPE),
        ("1,234.50", NOT_THE_TYPE),
        (Decimal("NaN"), NOT_THE_TYPE),
        (float("inf"), NOT_THE_TYPE),
        ("1E+999999", NOT_THE_TYPE),
        (b"1.00", UNREADABLE),
        ("  ", None),
    ],
)
def test_decimals_travel_as_text_and_are_never_rounded(cell: object, value: object) -> None:
    assert one(cell, FieldType("decimal", 8, 2)) == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2026-11-22", "2026-11-22"),
        ("20261122", "2026-11-22"),
        ("2026-11-22 00:00:00", "2026-11-22"),
        ("2026-11-22T00:00:00.000", "2026-11-22"),
        ("2026-11-22 13:00:00", NOT_THE_TYPE),
        (dt.date(2026, 11, 22), "2026-11-22"),
        (dt.datetime(2026, 11, 22), "2026-11-22"),  # noqa: DTZ001  (as drivers give it)
        (dt.datetime(2026, 11, 22, 13), NOT_THE_TYPE),  # noqa: DTZ001
        ("00010101", None),
        ("0", None),
        (0, None),
        ("00010101  ", None),
        ("11/22/2026", NOT_THE_TYPE),  # which is the month? nobody can know
        ("20261322", NOT_THE_TYPE),
        ("2026-02-30", NOT_THE_TYPE),
        ("infinity", NOT_THE_TYPE),
        ("٢٠٢٦1122", NOT_THE_TYPE),  # digits of another script
        (b"20261122", UNREADABLE),
    ],
)
def test_dates_and_their_sentinels(cell: object, value: object) -> None:
    assert one(cell, FieldType("date"), SENTINELS) == value


def test_a_sentinel_that_nobody_declared_is_a_date_like_any_other() -> None:
    assert one("00010101", FieldType("date")) == "0001-01-01"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2026-11-22 09:14:31", "2026-11-22T14:14:31Z"),  # Atlanta's winter is UTC-5
        ("2026-07-01 09:00:00", "2026-07-01T13:00:00Z"),
        (dt.datetime(2026, 11, 22, 9, 14, 31, 999), "2026-11-22T14:14:31Z"),  # noqa: DTZ001
        (dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC), "2026-11-22T09:00:00Z"),
        ("9999-12-31 23:59:59", NOT_THE_TYPE),  # the year 10000 in UTC
        ("yesterday", NOT_THE_TYPE),
        ("infinity", NOT_THE_TYPE),
    ],
)
def test_timestamps_are_read_in_the_zone_of_the_dms_and_leave_in_utc(cell: object, value: object) -> None:
    assert one(cell, FieldType("timestamp")) == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1", True), ("0", False), (1, True), (0, False), (True, True), (False, False), ("TRUE", True), ("false ", False),
     ("Y", NOT_THE_TYPE), ("2", NOT_THE_TYPE), ("", None), (None, None), (b"1", UNREADABLE)],
)  # fmt: skip
def test_booleans_are_never_guessed(cell: object, value: object) -> None:
    assert one(cell, FieldType("boolean")) is value


@pytest.mark.parametrize(
    ("cell", "split", "value"),
    [
        ("OIL\u00fdTIRES\u00fd", "", ["OIL", "TIRES"]),
        ("OIL; TIRES", ";", ["OIL", "TIRES"]),
        ("OIL", ";", ["OIL"]),
        (";;", ";", None),
        ("", ";", None),
        ("OIL;" + "x" * 9, ";", TOO_LONG),
        ("OIL;TI\ufffdRES", ";", UNREADABLE),
        ("OIL;\ud800", ";", UNREADABLE),
        (b"OIL", ";", UNREADABLE),
    ],
)
def test_lists_of_text(cell: object, split: str, value: object) -> None:
    assert one(cell, FieldType("list of text", 8, split=split)) == value


CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.text(alphabet=st.characters(codec=None, categories=["Cs", "Lu", "Nd"]), max_size=8),
    st.binary(max_size=6),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.booleans(),
    st.datetimes(),
    st.dates(),
)
KINDS = st.sampled_from(
    [TEXT, FieldType("integer"), FieldType("decimal", 8, 2), FieldType("date"), FieldType("timestamp"),
     FieldType("boolean"), FieldType("list of text", 8, split=";")]
)  # fmt: skip


@given(st.lists(CELLS, max_size=8), KINDS, st.sampled_from([(), SENTINELS]))
def test_no_cell_of_any_kind_crashes_or_becomes_what_the_wire_cannot_carry(
    cells: list[object], kind: FieldType, null_when: tuple[str, ...]
) -> None:
    values = wire_values(cells, kind, null_when, ATLANTA)
    assert len(values) == len(cells)
    for value in values:
        if not isinstance(value, Unfit):
            json.dumps(value, allow_nan=False, ensure_ascii=False).encode("utf-8", "strict")
            assert not isinstance(value, float)
            assert not isinstance(value, int) or abs(value) < 2**53
            assert value != ""
            assert not isinstance(value, str) or kind.name != "text" or len(value) <= kind.size


@pytest.mark.parametrize(
    ("cell", "text"),
    [(7, "7"), (7.0, "7"), (Decimal("7"), "7"), (Decimal("7.000"), "7"), ("7", "7"), ("7  ", "7"), (True, "1"),
     (7.5, "7.5"), ("", None), (None, None), (b"7", None), (" ", None), (float("nan"), "nan"),
     ("K\ufffd1", None), ("\udc80", None)],
)  # fmt: skip
def test_a_key_reads_the_same_through_every_driver(cell: object, text: str | None) -> None:
    assert cell_text(cell) == text


@given(
    st.lists(
        st.sampled_from(["GA ", "GA", "", "  ", None, "too long a text", "Zo\u00eb", "a\u00fdB", "\ufffd", b"GA"])
    ),
    st.integers(1, 6),
)
def test_a_column_of_texts_that_repeat_reads_like_each_cell_alone(cells: list[object], times: int) -> None:
    kind = FieldType("text", size=8)
    assert wire_values(cells * times, kind, (), ATLANTA) == [one(cell, kind) for cell in cells * times]
