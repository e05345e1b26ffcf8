"""`discover` before anything is connected: the DBA's query, and the list of what it printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from agent.cli.source import register
from agent.dms.catalog_sql import CATALOG, COLUMNS
from agent.errors import ConfigError


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    made.command("other")(lambda: None)
    return made


@pytest.mark.parametrize("dialect", CATALOG)
def test_the_query_is_printed_whole(app: typer.Typer, dialect: str) -> None:
    said = CliRunner().invoke(app, ["discover", "--print-query", "--dialect", dialect])
    assert said.exit_code == 0
    assert CATALOG[dialect] in said.stdout
    as_json = CliRunner().invoke(app, ["discover", "--print-query", "--dialect", dialect, "--json"])
    assert json.loads(as_json.stdout)["query"].strip() == said.stdout.strip()


@pytest.mark.parametrize("arguments", [[], ["--print-query", "--from", "x"], ["--print-query", "--dialect", "oracle"]])
def test_a_half_said_command_is_a_usage_error(app: typer.Typer, arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["discover", *arguments]).exit_code == 2


def _file(folder: Path, name: str = "SSN") -> Path:
    path = folder / "inventory.csv"
    path.write_text(
        f"{','.join(COLUMNS)}\ndbo,CUSTOMER,table,{name},text,YES,,,\ndbo,CUSTOMER,table,CITY,text,YES,,,\n"
    )
    return path


def test_every_column_is_listed_with_where_it_stands(app: typer.Typer, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["discover", "--from", str(_file(tmp_path))])
    assert said.exit_code == 0
    lines = [" ".join(line.split()) for line in said.stdout.splitlines()]
    assert "SSN never ssn_tin" in lines
    assert "CITY not asked for city" in lines
    assert max(map(len, said.stdout.splitlines())) <= 80


def test_a_hostile_name_reaches_the_screen_as_escapes_only(app: typer.Typer, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["discover", "--from", str(_file(tmp_path, "a\x1b[2J\u202eb"))])
    assert "a\\u001b[2J\\u202eb" in said.stdout
    assert "\x1b" not in said.stdout


def test_a_file_that_is_not_there_is_said_so(app: typer.Typer, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["discover", "--from", str(tmp_path / "none.csv")])
    assert isinstance(said.exception, ConfigError)
    assert said.exception.code == "inventory_unreadable"
