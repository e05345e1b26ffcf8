"""`discover` before anything is connected: the DBA's query, and the list of what it printed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from agent.cli.source import register
from agent.core.policy.reader import Draft, read_policy
from agent.dms.catalog_sql import CATALOG, COLUMNS
from agent.errors import ConfigError, PolicyError
from agent.health import health
from agent.tasks.pins import kept_inventory
from tests.story.world import World, world


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


# Where agent.yaml is --------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=10) as made:
        made.approve()
        yield made


def _run(app: typer.Typer, store: World, *arguments: str) -> Any:
    said = CliRunner().invoke(app, ["discover", "--config", str(store.folder / "agent.yaml"), *arguments])
    assert said.exit_code == 0, said.exception
    return said


def test_the_account_looks_itself_where_it_may_and_the_list_is_kept_and_audited(app: typer.Typer, store: World) -> None:
    found = json.loads(_run(app, store, "--json").stdout)
    where = {(c["table"], c["column"]): c["standing"] for c in found["columns"]}
    assert where["CUSTOMER", "EMAIL1"] == where["VEHICLE", "YEAR"] == "sent"
    assert where["CUSTOMER", "EMAIL2"] == "not asked for"
    assert where["CUSTOMER", "SSN"] == where["SALES_DEAL", "AMT_FINANCED"] == "never"
    assert {"sent", "not asked for", "needs a decision", "never"} == set(where.values())
    assert found["drift"] == {"came": [], "went": [], "changed": []}
    kept = [e["facts"] for e in store.audit() if e["event"] == "inventory_kept"]
    assert kept[-1]["sha256"] == found["inventory"]  # type: ignore[index]
    assert "The names are the same as last time." in _run(app, store).stdout


def test_drift_is_told_by_name(app: typer.Typer, store: World) -> None:
    store.sql(f'ALTER TABLE {store.table("CUSTOMER")} RENAME COLUMN "EMAIL2" TO "EMAIL_TWO"')
    said = _run(app, store).stdout
    assert "new      main.CUSTOMER.EMAIL_TWO" in said
    assert "gone     main.CUSTOMER.EMAIL2" in said


def test_what_the_dba_sent_is_kept(app: typer.Typer, store: World, tmp_path: Path) -> None:
    _run(app, store, "--from", str(_file(tmp_path)))
    kept = kept_inventory(store.desk, "dms")
    assert kept is not None
    assert [(t.schema, t.name) for t in kept.tables] == [("dbo", "CUSTOMER")]


def test_an_old_inventory_is_a_finding_in_status(store: World) -> None:
    def told(days: int) -> list[str]:
        with store.desk.state.reading() as tx:
            return health(tx, store.config, store.clock() + dt.timedelta(days=days)).notices

    assert not any("inventory" in text for text in told(35))
    [text] = [text for text in told(36) if "inventory" in text]
    assert "36 days old" in text
    assert "fieldgate discover" in text


TEMPLATES = Path(__file__).parents[2] / "field_policies" / "templates"
REQUEST = """\
request: crm-1
recipient: example-motors-na
title: What we ask for
asked_on: 2026-01-01
fields:
  city: {meaning: where the customer lives, type: text 40, need: wanted, purpose: marketing}
  ssn: {meaning: the number, type: text 9, need: wanted, purpose: marketing}
"""


def _sent(data: bytes) -> set[str]:
    draft = read_policy(data, "draft.yaml")
    assert isinstance(draft, Draft)
    return {name for dataset in draft.document.datasets.values() for name in dataset.send}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    names = ["CUST_NO", "FIRST_NAME", "LAST_NAME", "EMAIL", "CITY", "ZIP", "SSN", "CASH_DOWN", "LOYALTY_TIER"]
    rows = [f"dbo,CUSTOMER,table,{name},text,YES,,," for name in names]
    (tmp_path / "inventory.csv").write_text("\n".join([",".join(COLUMNS), *rows, ""]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_drafts_grant_nothing_beyond_their_purposes_templates(app: typer.Typer, folder: Path) -> None:
    said = CliRunner().invoke(app, ["discover", "--from", "inventory.csv", "--draft-policy"])
    assert said.exit_code == 0, said.output
    drafts = sorted(folder.glob("draft-*.yaml"))
    assert drafts
    for path in drafts:
        template = TEMPLATES / path.name.removeprefix("draft-").replace("-", "_")
        assert _sent(path.read_bytes()) <= _sent(template.read_bytes())
        assert not {"SSN", "CASH_DOWN", "LOYALTY_TIER"} & set(path.read_text("utf-8").replace("}", " ").split())
        assert path.name in said.stdout


def test_a_draft_for_a_request_grants_nothing_beyond_it(app: typer.Typer, folder: Path) -> None:
    (folder / "request.yaml").write_text(REQUEST)
    arguments = ["discover", "--from", "inventory.csv", "--draft-policy", "--for", "request.yaml", "--json"]
    said = CliRunner().invoke(app, arguments)
    assert said.exit_code == 0, said.output
    [draft] = json.loads(said.stdout)["drafts"]
    assert draft["proposed"] == ["city"]
    assert draft["doubtful"] == ["ssn"]
    assert _sent(Path(draft["file"]).read_bytes()) == {"city"}


def test_a_file_that_exists_is_not_drafted_over(app: typer.Typer, folder: Path) -> None:
    mine = folder / "draft-marketing.yaml"
    mine.write_text("mine")
    arguments = ["discover", "--from", "inventory.csv", "--draft-policy", "--for", "marketing"]
    refused = CliRunner().invoke(app, arguments).exception
    assert isinstance(refused, PolicyError)
    assert refused.code == "A033"
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("wanted", ["loans", "nothing.yaml"])
def test_a_draft_for_nothing_known_is_refused(app: typer.Typer, folder: Path, wanted: str) -> None:
    arguments = ["discover", "--from", "inventory.csv", "--draft-policy", "--for", wanted]
    refused = CliRunner().invoke(app, arguments).exception
    assert isinstance(refused, PolicyError)
    assert refused.code == "A032"
    assert not list(folder.glob("draft-*"))
