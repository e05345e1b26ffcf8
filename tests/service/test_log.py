"""The gate for our own words: known keys, plain kinds, nothing else reaches the disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from agent.service.log import ALLOWED, configure, only_allowed


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    configure(tmp_path)
    yield tmp_path / "fieldgate.log"
    structlog.reset_defaults()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_what_is_allowed_is_written_as_json(log: Path) -> None:
    structlog.get_logger().info("dataset_read", dataset="customers", rows=3)
    [line] = lines(log)
    assert line.pop("timestamp")
    assert line == {"event": "dataset_read", "level": "info", "dataset": "customers", "rows": 3}


def test_whatever_else_somebody_logs_is_dropped(log: Path) -> None:
    row = {"SSN": "219-09-9999"}
    structlog.get_logger().error("failed", row=row, email="pat@mail.example", rows=[row], said=row, exc_info=True)
    try:
        raise ValueError("invalid value '219-09-9999'")
    except ValueError:
        structlog.get_logger().exception("failed", who="dealer IT")
    written = log.read_text("utf-8")
    assert "219-09" not in written
    assert "pat@mail" not in written
    assert [line["event"] for line in lines(log)] == ["failed", "failed"]


def test_a_line_break_in_a_value_makes_no_second_line(log: Path) -> None:
    structlog.get_logger().info("x", said='a\n{"event":"forged"}')
    assert [line["event"] for line in lines(log)] == ["x"]


def test_no_allowed_key_sounds_like_a_value() -> None:
    assert not ALLOWED & {"value", "row", "record", "email", "name", "key", "params", "sql", "exception", "error"}
    assert only_allowed(None, "info", {"event": "x", "stack": "y"}) == {"event": "x"}


def test_the_journal_hears_of_start_end_and_failure_and_of_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    configure(tmp_path)
    try:
        log = structlog.get_logger()
        log.info("started", job="daemon", row="219-09-9999")
        log.info("dataset_read", dataset="customers", rows=3)
        log.error("job_failed", job="extract", code="FG-S01", said="the database cannot be reached")
    finally:
        structlog.reset_defaults()
    heard = capfd.readouterr().err.splitlines()
    assert [(line[:3], json.loads(line[3:])["event"]) for line in heard] == [("<5>", "started"), ("<3>", "job_failed")]
    assert "219-09" not in "".join(heard)
