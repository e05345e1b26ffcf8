"""`discover --from` and what people really send: other line ends, other dialects, cut files, names meant to harm."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from agent.cli.source import register
from agent.dms.catalog_sql import COLUMNS
from agent.errors import ConfigError

ROWS = [
    ["dbo", "CUSTOMER", "table", "CUST_NO", "int", "NO", "", "", ""],
    ["dbo", "CUSTOMER", "table", "SSN", "varchar(11)", "YES", "", "", ""],
    ["dbo", "RECENT", "view", "CITY", "varchar(40)", "YES", "where they live", "", "SELECT CITY FROM dbo.CUSTOMER"],
]


def written(rows: list[list[str]], end: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows([list(COLUMNS), *rows])
    return out.getvalue()


def discovered(folder: Path, data: bytes, *more: str) -> Result:
    app = typer.Typer()
    register(app)
    app.command("other")(lambda: None)
    path = folder / "names.csv"
    path.write_bytes(data)
    return CliRunner().invoke(app, ["discover", "--config", str(folder / "none"), "--from", str(path), *more])


def tsv(rows: list[list[str]], end: str = "\n") -> str:
    return end.join("\t".join(row) for row in [list(COLUMNS), *rows]) + end


def as_json(rows: list[list[str]]) -> str:
    return json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows])


ODD_BUT_WHOLE = {
    "as it should be": written(ROWS).encode(),
    "byte order mark": b"\xef\xbb\xbf" + written(ROWS).encode(),
    "Windows line ends": written(ROWS, "\r\n").encode(),
    "mark and Windows line ends": b"\xef\xbb\xbf" + written(ROWS, "\r\n").encode(),
    "UTF-16 as PowerShell writes": written(ROWS, "\r\n").encode("utf-16"),
    "blank lines at the end": (written(ROWS) + "\n\n").encode(),
    "tabs": tsv(ROWS).encode(),
    "tabs and Windows line ends": b"\xef\xbb\xbf" + tsv(ROWS, "\r\n").encode(),
    "JSON": as_json(ROWS).encode(),
    "JSON with a mark": b"\xef\xbb\xbf" + as_json(ROWS).encode(),
    "a header printed twice": (written(ROWS) + ",".join(COLUMNS) + "\n").encode(),
}


@pytest.mark.parametrize("how", ODD_BUT_WHOLE)
def test_a_whole_list_is_read_however_it_was_written_down(how: str, tmp_path: Path) -> None:
    first = json.loads(discovered(tmp_path, ODD_BUT_WHOLE["as it should be"], "--json").stdout)
    said = discovered(tmp_path, ODD_BUT_WHOLE[how], "--json")
    assert said.exit_code == 0, said.exception
    found = json.loads(said.stdout)
    assert found["columns"] == first["columns"]
    assert found["inventory"] == first["inventory"]
    assert {c["column"]: c["standing"] for c in found["columns"]}["SSN"] == "never"


CUT = written(ROWS)
BROKEN = {
    "empty": b"",
    "nothing but a header": written([]).encode(),
    "no header": CUT.partition("\n")[2].encode(),
    "cut in the middle of a row": CUT[: CUT.rindex("varchar(40)") + 4].encode(),
    "cut inside quotes": (CUT + '"dbo","CUS').encode(),
    "cut JSON": as_json(ROWS)[:-9].encode(),
    "a column twice": written([*ROWS[:2], ROWS[1], ROWS[2]]).encode(),
    "a table in two places": written([ROWS[0], ROWS[2], ROWS[1]]).encode(),
    "semicolons, as Excel saves": CUT.replace(",", ";").encode(),
    "aligned as psql does": b" table_schema | table_name\n--------------+-----------\n dbo | CUSTOMER\n(1 row)\n",
    "another query's output": b"TABLE_CATALOG,TABLE_SCHEMA,TABLE_NAME,COLUMN_NAME\ndms,dbo,CUSTOMER,SSN\n",
    "UTF-16 without a mark": CUT.encode("utf-16-le"),
    "cp1252": CUT.replace("where they live", "n\u00famero").encode("cp1252"),
    "a NUL inside": CUT.replace("CITY", "CI\0TY", 1).encode(),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "a web page": b"<!doctype html><title>Sign in</title>",
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_list_that_is_not_whole_is_refused_whole(how: str, tmp_path: Path) -> None:
    said = discovered(tmp_path, BROKEN[how])
    assert isinstance(said.exception, ConfigError), said.exception
    assert said.exception.code == "inventory_unreadable"
    assert said.stdout == ""
    assert discovered(tmp_path, CUT.encode()).exit_code == 0


@pytest.mark.parametrize("dialect", ["sqlserver", "postgresql", "mariadb", "sqlite"])
def test_a_list_read_as_another_dialects_judges_the_names_alike(dialect: str, tmp_path: Path) -> None:
    """Whoever forgets --dialect gets the same standings: names tell, and what a dialect adds is never permission."""
    said = discovered(tmp_path, written(ROWS).encode(), "--dialect", dialect, "--json")
    assert said.exit_code == 0, said.exception
    standing = {column["column"]: column["standing"] for column in json.loads(said.stdout)["columns"]}
    assert standing["SSN"] == "never"
    assert standing["CUST_NO"] == "not asked for"


HOSTILE = ['x"; GRANT ALL ON y TO z; --', "a\nb", "a\x1b[2Jb", "a\u202etxt", "=cmd|' /C calc'!A0", "x" * 5000, "'; --"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_meant_to_harm_is_one_line_and_no_control_character(name: str, tmp_path: Path) -> None:
    said = discovered(
        tmp_path, written([*ROWS[:2], ["dbo", "CUSTOMER", "table", name, "int", "NO", "", "", ""]]).encode()
    )
    assert said.exit_code == 0, said.exception
    plain = discovered(
        tmp_path, written([*ROWS[:2], ["dbo", "CUSTOMER", "table", "CITY", "int", "NO", "", "", ""]]).encode()
    )
    assert len(said.stdout.splitlines()) == len(plain.stdout.splitlines())
    assert max(map(len, said.stdout.splitlines())) <= 80
    assert not any((ord(ch) < 32 and ch != "\n") or ch == "\u202e" for ch in said.stdout)
    assert " CITY " in plain.stdout


@pytest.mark.long
def test_a_hundred_thousand_columns_are_read(tmp_path: Path) -> None:
    """A thousand wide tables, each judged once; the list says how many there are."""
    rows = [["dbo", f"T{at // 100}", "table", f"COL_{at % 100}", "int", "NO", "", "", ""] for at in range(100_000)]
    said = discovered(tmp_path, written(rows).encode())
    assert said.exit_code == 0, said.exception
    assert said.stdout.startswith("100000 columns in 1000 tables")
