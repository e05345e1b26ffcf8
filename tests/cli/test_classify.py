"""`classify` and `screen` on the command line: what people feed them, and that a text is never repeated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from agent.cli.classify import register

app = typer.Typer()
register(app)


def run(*args: str, data: bytes = b"") -> tuple[int, list[dict[str, object]], str]:
    done = CliRunner().invoke(app, list(args), input=data)
    rows = [json.loads(line) for line in done.stdout.splitlines()] if done.exit_code == 0 else []
    return done.exit_code, rows, done.output


def verdicts(data: bytes) -> list[object]:
    return [row["verdict"] for row in run("classify", data=data)[1]]


def test_all_three_verdicts_one_line_each_in_order() -> None:
    status, rows, _ = run("classify", data=b"table,column\nCUSTOMER,EMAIL1\nCUSTOMER,SSN\nCUSTOMER,DealerDefined1\n")
    assert status == 0
    assert [(row["column"], row["verdict"]) for row in rows] == [
        ("EMAIL1", "plain"), ("SSN", "forbidden"), ("DealerDefined1", "suspected")
    ]  # fmt: skip
    assert {"column", "verdict", "category", "reason"} <= rows[0].keys()


def test_the_table_decides_with_or_without_its_schema() -> None:
    assert verdicts(b"table,column\ndbo.LOANS,VIN\n[dbo].[SALES_DEAL],Term\nWARRANTY,Category\n") == [
        "forbidden", "forbidden", "plain"
    ]  # fmt: skip


def test_the_other_columns_of_a_table_are_its_neighbors() -> None:
    service = b"table,column\nT,roNumber\nT,opCode\nT,laborType\nT,advisor\nT,paymentAmount\n"
    assert verdicts(service)[-1] == "plain"
    assert verdicts(b"table,column\nT,paymentAmount\n") == ["suspected"]


def test_comment_and_type_columns_are_read() -> None:
    assert (
        verdicts(b"column,type,comment\nPLAN_A,int,annual percentage rate\nCOLOR,nvarchar(max),\n") == ["suspected"] * 2
    )


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbftable,column\r\nCUSTOMER,SSN\r\n",
        b"Table;Column\r\nCUSTOMER;SSN\r\n",
        b"column\nSSN\n\n\n",
        'table,column\nCUSTOMER,SSN\n"T","a,b"\n'.encode("utf-16"),
        "table,column\nCUSTOMER,SSN\nKUNDE,STRAßE\n".encode("cp1252"),
        b"\n\ntable,column\nCUSTOMER,SSN\n",
    ],
)
def test_files_as_excel_and_windows_write_them(data: bytes) -> None:
    assert verdicts(data)[0] == "forbidden"


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "nothing to read"), (b"\n \n", "nothing to read"), (b"table,column\n", "nothing below"),
     (b"name,kind\nSSN,x\n", "no `column`"), (b"table,column\nCUSTOMER,\n", "row 1")],
)  # fmt: skip
def test_a_file_that_says_nothing_is_an_error_that_says_what_to_do(data: bytes, says: str) -> None:
    status, _, output = run("classify", data=data)
    assert status == 1
    assert says in output
    assert "do:" in output


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    status, _, output = run("classify", "--csv", str(tmp_path / "no\u202e.csv"))
    assert status == 1
    assert "\u202e" not in output


def test_screen_answers_in_order_and_never_repeats_a_text() -> None:
    lines = [{"text": "ssn 219-09-4321"}, {"text": "rotate tires"}, {"text": "5.9", "field": "APR"}]
    status, rows, output = run("screen", data="\r\n".join(map(json.dumps, lines)).encode())
    assert status == 0
    assert [(row["text_index"], row["npi"]) for row in rows] == [(0, True), (1, False), (2, True)]
    assert rows[0]["spans"] == [[4, 15, "ssn_tin"]]
    assert "219-09" not in output
    assert "rotate" not in output


@pytest.mark.parametrize("bad", [b"{", b"[1]", b'{"text": 5}', b'{"field": "x"}', b"ssn 219-09-4321"])
def test_a_bad_line_is_named_and_not_quoted(bad: bytes) -> None:
    status, _, output = run("screen", data=b'{"text": "ok"}\n\n' + bad + b"\n")
    assert status == 1
    assert "line 3" in output
    assert "219-09" not in output


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "nothing to read"),
        (b"\n\r\n", "nothing to read"),
        (bytes(range(256)) * 8, "line 1 is not JSON"),
        (b"\x00" * 64, "line 1 is not JSON"),
        (b"[" * 200_000, "line 1 is not JSON"),
        (b'{"text": ' + b"9" * 5_000 + b"}", "line 1 is not JSON"),
        (b'{"text": "' + b"x" * (5 << 20) + b'"}', "line 1 is longer than 4 MB"),
        (b"\xff\xfe{\x00", "line 1 is not JSON"),
    ],
    ids=["empty", "blank", "binary", "zeros", "braces", "digits", "gigantic", "half a UTF-16"],
)
def test_what_is_no_file_of_texts_ends_in_one_clear_line(data: bytes, says: str) -> None:
    status, _, output = run("screen", data=data)
    assert status == 1
    assert says in output
    assert len(output.splitlines()) <= 3
    assert max(map(len, output.splitlines())) < 200


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (bytes(range(256)) * 8, "no `column`"),
        (b"\x00" * 64, "no `column`"),
        (b"column," + b"x" * 200_000, "line 1 is not CSV"),
        (b"column\n" + b"x" * 200_000 + b"\n", "is not CSV"),
        (b"\xff\xfec\x00", "no `column`"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1_000), "no `column`"),
    ],
    ids=["binary", "zeros", "gigantic header", "gigantic cell", "half a UTF-16", "picture"],
)
def test_what_is_no_list_of_names_ends_in_one_clear_line(data: bytes, says: str) -> None:
    status, _, output = run("classify", data=data)
    assert status == 1
    assert says in output
    assert len(output.splitlines()) <= 3
    assert max(map(len, output.splitlines())) < 200


def test_a_stream_is_answered_line_by_line(tmp_path: Path) -> None:
    """The first verdict comes before the second text is there: a pipe that never ends is no reason to wait."""
    program = [str(Path(sys.executable).with_name("fieldgate")), "screen"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for text, npi in (("rotate tires", False), ("ssn 219-09-4321", True)):
            child.stdin.write(json.dumps({"text": text}).encode() + b"\n")
            child.stdin.flush()
            assert json.loads(child.stdout.readline())["npi"] is npi
        child.stdin.close()
    assert child.returncode == 0


def test_a_line_that_cannot_be_read_leaves_the_verdicts_above_it() -> None:
    done = CliRunner().invoke(app, ["screen"], input=b'{"text": "ssn 219-09-4321"}\n{\n')
    assert done.exit_code == 1
    assert json.loads(done.stdout.splitlines()[0])["npi"] is True


def test_screen_takes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "pmt 412.00 a month"}\n')
    assert run("screen", "--jsonl", str(path))[1][0]["npi"] is True
