"""The guided setup: each thing tried before the next, from prompts or from a file, and nothing half-made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import config as settings
from agent.demo import servers
from agent.demo.dms import tables
from agent.demo.engine import Engine
from agent.receiver import serve
from tests.story.house import OEM, cli


@pytest.fixture
def dms(tmp_path: Path) -> Engine:
    engine = servers.start("sqlite", tmp_path / "dms")
    engine.load(tables(7, 5))
    return engine


@pytest.fixture
def oem(tmp_path: Path) -> Iterator[serve.Running]:
    running = serve.start_in_thread(tmp_path / "oem", name=OEM)
    yield running
    running.stop()


def said(tmp_path: Path, dms: Engine, oem: serve.Running, **other: str) -> Path:
    facts = {
        "driver": dms.settings.driver, "database": dms.settings.database, "zone": "America/New_York",
        "endpoint": oem.url, "ca": str(tmp_path / "oem" / "ca.pem"),
    } | other  # fmt: skip
    path = tmp_path / "answers.yaml"
    path.write_text(
        "database: {{driver: '{driver}', dialect: sqlite, database: '{database}', zone: {zone}, overlap_s: 5400}}\n"
        "stores: {{'01': EX1234}}\nrecipient: example-motors-na\nendpoint: {endpoint}\nca: '{ca}'\n".format(**facts),
        "utf-8",
    )
    return path


def setup(tmp_path: Path, *more: str, stdin: str = ""):  # type: ignore[no-untyped-def]
    home = tmp_path / "home"
    return cli("setup", "--config", str(home / "agent.yaml"), "--send", str(tmp_path / "send"), *more, stdin=stdin)


def test_a_file_of_answers_sets_up_and_says_whose_turn_it_is(tmp_path: Path, dms: Engine, oem: serve.Running) -> None:
    ended = setup(tmp_path, "--answers", str(said(tmp_path, dms, oem)))
    assert ended.status == 0, ended.err
    assert [line[:14].strip() for line in ended.out.splitlines()[:5]] == [
        "1  Database", "2  Stores", "3  OEM", "4  Keys", "5  To send",
    ]  # fmt: skip
    assert ended.out.splitlines()[-1].startswith("Next: the officers")
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    loaded = settings.load(tmp_path / "home" / "agent.yaml")
    assert (loaded.stores, list(loaded.recipients)) == ({"01": "EX1234"}, [OEM])
    assert loaded.state_file.is_file()
    assert "Send both to dealer IT" in (tmp_path / "send" / "for-the-officer.txt").read_text("utf-8")


def test_the_same_asked_one_by_one(tmp_path: Path, dms: Engine, oem: serve.Running) -> None:
    typed = [
        dms.settings.driver, "sqlite", dms.settings.database, "America/New_York", "01", "EX1234", "", OEM, oem.url,
        str(tmp_path / "oem" / "ca.pem"), "",
    ]  # fmt: skip
    ended = setup(tmp_path, stdin="\n".join(typed) + "\n")
    assert ended.status == 0, ended.err
    assert settings.load(tmp_path / "home" / "agent.yaml").stores == {"01": "EX1234"}


@pytest.mark.parametrize(
    ("other", "status", "code"),
    [
        ({"database": "gone.sqlite"}, 4, "file_missing"),
        ({"driver": "Example Driver"}, 4, "driver_missing"),
        ({"endpoint": "https://127.0.0.1:9"}, 4, ""),
        ({"zone": "Example/Nowhere"}, 1, "FG-C03"),
        ({"endpoint": "http://oem.example"}, 1, "FG-C03"),
    ],
)
def test_what_does_not_hold_stops_it_and_nothing_is_written(
    tmp_path: Path, dms: Engine, oem: serve.Running, other: dict[str, str], status: int, code: str
) -> None:
    ended = setup(tmp_path, "--answers", str(said(tmp_path, dms, oem, **other)), "--json")
    assert ended.status == status
    assert code in json.loads(ended.out.splitlines()[-1])["error"]["code"]
    assert not (tmp_path / "home").exists() or list((tmp_path / "home").iterdir()) == []


def test_a_file_that_is_there_is_never_rewritten(tmp_path: Path, dms: Engine, oem: serve.Running) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "agent.yaml").write_text("mine", "utf-8")
    ended = setup(tmp_path, "--answers", str(said(tmp_path, dms, oem)))
    assert [one.code for one in ended.errors] == ["FG-C62"]
    assert (home / "agent.yaml").read_text("utf-8") == "mine"


@pytest.mark.parametrize("text", ["", "database: 1\n", "database: {}\nextra: 1\n", "a: *b\n"])
def test_answers_that_do_not_fit_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(text, "utf-8")
    assert [one.code for one in setup(tmp_path, "--answers", str(path)).errors] == ["FG-C61"]
