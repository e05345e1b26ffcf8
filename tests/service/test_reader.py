"""The reader child's own promises: frames only on standard output, foreign words nowhere, pages as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agent.core.jobs import ChoicesFrame, ChoicesJob, Done, Failed, packed, read_frame
from agent.core.ruleset import ChoiceColumn, ChoicesRules, Table
from agent.core.source import SourceSettings
from agent.demo import servers
from agent.demo.engine import Engine
from agent.service import reader

RULES = ChoicesRules(
    "c", "dms", Table("", "CUSTOMER"), ("CUST_NO",),
    (ChoiceColumn("everything", "OPT_OUT", ("Y",), ("N",), False, "send"),),
)  # fmt: skip


@pytest.fixture
def dms(tmp_path: Path) -> Engine:
    engine = servers.start("sqlite", tmp_path)
    rows = ", ".join(f"({n}, '{'YN '[n % 3]}')" for n in range(1, 26))
    engine.admin(f"CREATE TABLE CUSTOMER (CUST_NO INTEGER PRIMARY KEY, OPT_OUT); INSERT INTO CUSTOMER VALUES {rows}")
    return engine


def job(settings: SourceSettings, ranges: list[tuple[int]], rows: int = 10, key: bytes = b"p" * 32) -> ChoicesJob:
    uppers = list(ranges)
    return ChoicesJob(settings, "", RULES, key, list(zip([None, *uppers], [*uppers, None], strict=True)), rows)


def states(frames: list[object]) -> list[tuple[int, bool, object, int]]:
    return [(f.range_no, f.exhausted, f.upper, len(f.states)) for f in frames if isinstance(f, ChoicesFrame)]


def test_every_row_once_page_by_page(dms: Engine) -> None:
    *frames, last = reader.answer(job(dms.settings, []))
    assert states(frames) == [(0, False, (10,), 10), (0, False, (20,), 10), (0, True, (25,), 5)]
    assert last == Done(25)


def test_ranges_are_read_to_their_end_and_the_rest_is_open(dms: Engine) -> None:
    *frames, last = reader.answer(job(dms.settings, [(4,), (20,)]))
    assert states(frames) == [
        (0, True, (4,), 4), (1, False, (14,), 10), (1, True, (20,), 6), (2, True, (25,), 5),
    ]  # fmt: skip
    assert last == Done(25)


def test_a_range_whose_rows_are_gone_is_exhausted_all_the_same(dms: Engine) -> None:
    dms.admin("DELETE FROM CUSTOMER WHERE CUST_NO <= 4 OR CUST_NO > 20")
    *frames, _ = reader.answer(job(dms.settings, [(4,), (20,)], rows=100))
    assert states(frames) == [(0, True, (4,), 0), (1, True, (20,), 16), (2, True, None, 0)]


def test_an_unforeseen_error_keeps_its_name_and_loses_its_text(dms: Engine) -> None:
    [*_, last] = reader.answer(job(dms.settings, [], key=b"hunter2" * 99))  # a key that is too long for its hash
    assert isinstance(last, Failed)
    assert last.what == "the reader stopped on an unforeseen ValueError"


def test_a_process_answers_jobs_until_its_input_ends_and_prints_nothing_else(dms: Engine) -> None:
    sent = packed(job(dms.settings, [])) + packed(job(dms.settings, []))
    done = subprocess.run([sys.executable, "-m", "agent.service.reader"], input=sent, capture_output=True, timeout=60)
    assert done.returncode == 0
    out = memoryview(done.stdout)
    at = 0

    def read(count: int) -> bytes:
        nonlocal at
        at += count
        return bytes(out[at - count : at])

    frames = []
    while (frame := read_frame(read)) is not None:
        frames.append(frame)
    assert frames.count(Done(25)) == 2
    assert at - 4 == len(out), "something else was printed"


def test_the_child_imports_neither_keys_state_nor_network() -> None:
    code = "import sys, agent.service.reader; print(' '.join(sorted(sys.modules)))"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split())
    assert "agent.core.records" in loaded
    assert not {m for m in loaded if m.startswith(("agent.keys", "agent.state", "agent.tasks", "agent.oem"))}
    assert not {"httpx", "structlog", "typer", "apscheduler", "sqlite3"} & loaded
