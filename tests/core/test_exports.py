"""Exported files: what a header may name, and what a file may not do behind it, with the innocent half."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.exports import check_header, lookups, rows
from agent.core.source import ExportTable
from agent.errors import SourceError
from tests.rules import choices, vehicle_sales

CSV = ExportTable("CUSTOMER", "customer*.csv", "csv", ("CUST_NO", "EMAIL1", "ZIP"))
PIPE = ExportTable("CUSTOMER", "customer*.txt", "pipe", CSV.columns)
FIXED = ExportTable("CUSTOMER", "customer*.txt", "fixed", CSV.columns, (4, 10, 5))
ROWS = [["1", "a@x.example", "30301"], ["2", "b@x.example", ""]]


def read(spec: ExportTable, header: bytes, body: str) -> list[list[str]]:
    names = check_header(spec, header) if spec.format != "fixed" else spec.columns
    return [list(row) for row in rows(spec, names, io.StringIO(body, newline=""))]


def code(spec: ExportTable, header: bytes, body: str = "1,a@x.example,30301\n") -> str:
    with pytest.raises(SourceError) as refusal:
        read(spec, header, body)
    assert "a@x.example" not in refusal.value.what + refusal.value.advice
    return refusal.value.code


def test_what_is_declared_is_read_in_the_files_own_order() -> None:
    assert read(CSV, b"CUST_NO,EMAIL1,ZIP\r\n", "1,a@x.example,30301\r\n2,b@x.example,\r\n\r\n") == ROWS
    assert check_header(CSV, b'ZIP,"CUST_NO", EMAIL1 \n') == ("ZIP", "CUST_NO", "EMAIL1")
    assert read(PIPE, b"CUST_NO|EMAIL1|ZIP\n", "1|a@x.example|30301\n2|b@x.example|\n") == ROWS
    assert read(FIXED, b"", "1   a@x.examp 30301\n2   b@x.examp      \n") == [
        ["1", "a@x.examp", "30301"],
        ["2", "b@x.examp", ""],
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert check_header(CSV, b"\xef\xbb\xbfCUST_NO,EMAIL1,ZIP\n") == CSV.columns
    assert code(CSV, b"CUST_NO,\xef\xbb\xbfEMAIL1,ZIP\n") == "FG-S40"


@pytest.mark.parametrize(
    "header",
    [b"CUST_NO,EMAIL1,ZIP,SSN\n", b"SSN,CUST_NO,EMAIL1,ZIP", b"CUST_NO,EMAIL1,ZIP,\n", b"cust_no,EMAIL1,ZIP\n"],
)
def test_one_column_more_is_refused_on_the_header_with_the_sentence_for_whoever_exports(header: bytes) -> None:
    with pytest.raises(SourceError) as refusal:
        check_header(CSV, header)
    assert refusal.value.code == "FG-S40"
    assert "exactly these columns and no other: CUST_NO, EMAIL1, ZIP" in refusal.value.advice
    assert "`SSN`" in refusal.value.what or "SSN" not in header.decode()
    assert refusal.value.who == "whoever configures the export"


def test_a_hostile_header_name_reaches_no_screen_unescaped() -> None:
    with pytest.raises(SourceError) as refusal:
        check_header(CSV, "CUST_NO,EMAIL1,ZIP,\x1b[2J\u202e\n".encode())
    assert refusal.value.what.isprintable()


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (b"CUST_NO,EMAIL1\n", "FG-S40"),
        (b"CUST_NO,EMAIL1,ZIP,ZIP\n", "FG-S40"),
        (b'CUST_NO,EMAIL1,"ZIP\n', "FG-S41"),
        (b"\n", "FG-S40"),
        (b"", "FG-S40"),
        ("CUST_NO,EMAIL1,ZIP\n".encode("utf-16"), "FG-S41"),
        ("CUST_NO,EMAIL1,ZIP\n".encode("utf-16-le"), "FG-S41"),
        (b"CUST_NO,EMAIL1,ZI\xfdP\n", "FG-S41"),
        (b"CUST_NO,EMAIL1,ZIP\0\n", "FG-S41"),
        (b"CUST_NO," + b"x" * 70_000, "FG-S41"),
    ],
)
def test_a_header_that_is_none_is_refused(header: bytes, wanted: str) -> None:
    assert code(CSV, header) == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("1,a@x.example,30301\n2,b@x.example,30301,219-09-9999\n", "FG-S42"),  # an extra column mid-file
        ("1,a@x.example,30301\n2,b@x.example\n", "FG-S42"),
        ("1,a@x.example,30301\nCUST_NO,EMAIL1,ZIP\n2,b@x.example,30301\n", "FG-S42"),  # two exports in one
        ("1,a@x.example,30301\n\n2,b@x.example,30301\n", "FG-S42"),
        ("1,a@x.example,3030\x001\n", "FG-S42"),
        ('1,"a@x.example,30301\n2,b@x.example,30301\n', "FG-S42"),  # an unclosed quote swallows what follows
        ('1,"a@x.example"x,30301\n', "FG-S42"),
        ("", "FG-S43"),
    ],
)
def test_a_file_that_is_not_what_its_header_says_is_refused_whole(body: str, wanted: str) -> None:
    assert code(CSV, b"CUST_NO,EMAIL1,ZIP\n", body) == wanted


def test_a_line_break_in_quotes_is_one_cell_and_makes_no_second_row() -> None:
    assert read(CSV, b"CUST_NO,EMAIL1,ZIP\n", '1,"a@x\n9,z@x,99999",30301\n') == [["1", "a@x\n9,z@x,99999", "30301"]]


@pytest.mark.parametrize("line", ["1   a@x.examp 30301 \n", "1   a@x.examp 3030\n", "1   a@x.examp 30301219-09-9999\n"])
def test_a_fixed_line_is_exactly_as_long_as_its_layout(line: str) -> None:
    assert code(FIXED, b"", line) == "FG-S42"


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8))
def test_what_another_writer_wrote_is_read_back(written: list[tuple[str, str, str]]) -> None:
    wanted = [list(row) for row in written if [c.strip() for c in row] != list(CSV.columns)]
    if not wanted:
        return
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(wanted)
    assert read(CSV, b"CUST_NO,EMAIL1,ZIP\n", out.getvalue()) == wanted


def test_pages_and_equalities_are_made_quick() -> None:
    assert list(lookups(choices())) == [("CUSTOMER", ("CUST_NO",))]
    assert ("VEHICLE", ("VIN",)) in list(lookups(vehicle_sales()))
    assert ("SALES_DEAL", ("DEAL_NO",)) in list(lookups(vehicle_sales()))
