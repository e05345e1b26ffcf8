"""Preview: a draft on made-up rows only, and nothing connected but the source."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from agent.cli.preview import register
from agent.demo.engine import Engine
from agent.errors import PolicyError
from agent.service.supervisor import ReaderChild
from agent.tasks.preview import preview
from tests.story.world import SHIPPED, World, world

SEEN: list[tuple[str, object]] = []
WATCHING = False


def _watch(event: str, args: tuple[object, ...]) -> None:
    if WATCHING and event in (
        "socket.connect",
        "socket.sendto",
        "socket.bind",
        "socket.getaddrinfo",
        "sqlite3.connect",
    ):
        SEEN.append((event, args[-1]))


sys.addaudithook(_watch)


@contextmanager
def guarded() -> Iterator[list[tuple[str, object]]]:
    """What this process connects to, as the interpreter itself reports it; an audit hook cannot be taken away."""
    global WATCHING  # noqa: PLW0603
    SEEN.clear()
    WATCHING = True
    try:
        yield SEEN
    finally:
        WATCHING = False


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    made.command("other")(lambda: None)
    return made


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    return Path(shutil.copy(SHIPPED, tmp_path / "customer-crm.yaml"))


def test_the_guard_sees_a_connection() -> None:
    import socket

    with guarded() as seen, socket.socket() as one:
        one.connect_ex(("127.0.0.1", 9))
    assert [event for event, _ in seen] == ["socket.connect"]


def test_a_draft_is_shown_on_made_up_rows_and_connects_to_nothing(app: typer.Typer, draft: Path) -> None:
    with guarded() as seen:
        said = CliRunner().invoke(app, ["preview", "--config", str(draft.parent / "none"), "--draft", str(draft)])
    assert said.exit_code == 0, said.exception
    assert seen == []
    assert said.stdout.startswith("SYNTHETIC")
    for dataset in ("customers", "vehicles", "vehicle_sales", "service_visits"):
        assert any(dataset in line and "SYNTHETIC" in line for line in said.stdout.splitlines())
    assert max(map(len, said.stdout.splitlines())) <= 80
    assert "@mail.example" in said.stdout
    assert not [path for path in draft.parent.iterdir() if path != draft], "nothing was written"


def test_made_up_people_refuse_too(app: typer.Typer, draft: Path) -> None:
    said = CliRunner().invoke(app, ["preview", "--config", "none", "--draft", str(draft), "--json"])
    found = json.loads(said.stdout)
    assert found["synthetic"] is True
    assert all(one["synthetic"] and 0 < one["records"] < one["rows"] for one in found["datasets"])
    assert all(field["filled"] == 100 for one in found["datasets"] for field in one["fields"])


def test_a_draft_that_asks_for_what_is_nonpublic_is_not_shown_at_all(app: typer.Typer, draft: Path) -> None:
    text = draft.read_text().replace("column: LANGUAGE,   category: language", "column: CREDIT_SCORE, category: status")
    draft.write_text(text)
    said = CliRunner().invoke(app, ["preview", "--config", "none", "--draft", str(draft)])
    assert isinstance(said.exception, PolicyError)
    assert "WOULD SEND" not in said.stdout


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    engine: Engine | None = None if request.param == "sqlite" else request.getfixturevalue("postgresql")
    with world(tmp_path, engine=engine, customers=20) as made:
        made.approve()
        made.enroll()
        made.extract()
        yield made


def test_an_approved_policy_is_previewed_from_the_source_alone(store: World) -> None:
    before = store.waiting()
    with guarded() as seen, ReaderChild() as reader:
        found = list(preview(store.desk, reader, show_values=False))
    assert {one.dataset for one in found} == {"customers", "vehicles", "vehicle_sales", "service_visits"}
    assert seen == [], "the reader child has the only connection there is"
    assert store.waiting() == before


def test_the_policies_in_force_can_be_shown_on_made_up_rows(app: typer.Typer, store: World) -> None:
    with guarded() as seen:
        said = CliRunner().invoke(app, ["preview", "--config", str(store.folder / "agent.yaml"), "--synthetic"])
    assert said.exit_code == 0, said.exception
    assert [event for event, _ in seen if event != "sqlite3.connect"] == []
    assert said.stdout.startswith("SYNTHETIC")
