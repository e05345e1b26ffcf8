"""Numbers in the system's event log are promises to monitoring tools: stable, few, and nothing of a person."""

from __future__ import annotations

import ast
import json
import logging
from pathlib import Path

import structlog

from agent.service.events import EVENTS
from agent.service.log import FILE_NAME, configure

NUMBERS = {
    "started": 100, "stopped": 101, "cut_short": 102, "reloaded": 103, "reload_refused": 104, "not_set_up": 105,
    "start_failed": 106, "job_failed": 110, "job_skipped": 111, "source_refused": 112, "dataset_refused": 113,
    "stream_waits": 120, "opt_outs_wait": 121, "request_failed": 130,
}  # fmt: skip


def test_numbers_do_not_change() -> None:
    assert {name: number for name, (number, _, _) in EVENTS.items()} == NUMBERS
    assert all(0 < number <= 1000 for number in NUMBERS.values())  # EventCreate.exe has no others


def test_every_number_is_of_a_line_that_somebody_logs() -> None:
    logged = {
        node.value
        for file in Path("agent").rglob("*.py")
        if file.name != "events.py"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(EVENTS) <= logged


def test_what_matters_is_told_as_the_log_lets_it_through(tmp_path: Path) -> None:
    told: list[tuple[int, str, str]] = []
    configure(tmp_path, lambda number, kind, text: told.append((number, kind, text)))
    log = structlog.get_logger()
    log.error("job_failed", job="extract", code="FG-S01", said="our own words", customer="Erika Example")
    log.info("read", dataset="customers", rows=7)
    lines = [json.loads(line) for line in (tmp_path / FILE_NAME).read_text("utf-8").splitlines()]
    logging.getLogger("fieldgate").handlers[0].close()
    assert told == [(110, "error", "Reading or sending failed. (code FG-S01, job extract, said our own words)")]
    assert [line["event"] for line in lines] == ["job_failed", "read"]
