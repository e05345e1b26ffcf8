"""The supervisor's hand on its child: killed when overdue or broken, started anew, told nothing it need not know."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.core.jobs import ChoicesFrame, ChoicesJob, Done, Failed, packed
from agent.core.source import SourceSettings
from agent.errors import PolicyError, SourceError
from agent.service import supervisor
from agent.service.supervisor import ReaderChild
from tests.rules import choices

FRAME = ChoicesFrame(0, True, None, b"\x01" * 16, ["rn"])


def job(statement_s: int = 60, database: str = "gone.sqlite") -> ChoicesJob:
    source = SourceSettings("dms", "Example", "sqlite", database=database, statement_s=statement_s)
    return ChoicesJob(source, "", choices(), b"p" * 32, [], 10)


class Scripted(ReaderChild):
    """A child that runs a script of the test's own instead of the reader."""

    def __init__(self, script: str) -> None:
        super().__init__()
        self.script = script

    def _started(self):
        real, sys.executable = sys.executable, str(self.script)
        try:
            return super()._started()
        finally:
            sys.executable = real


def child(folder: Path, body: str) -> Scripted:
    path = folder / "child"
    path.write_text(f"#!{sys.executable}\nimport sys, os, time\nout = sys.stdout.buffer\n{body}\n", "utf-8")
    path.chmod(0o755)
    return Scripted(str(path))


def test_frames_come_out_as_they_went_in(tmp_path: Path) -> None:
    with child(tmp_path, f"out.write({packed(FRAME) + packed(Done(1))!r}); out.flush(); sys.stdin.read()") as reader:
        assert list(reader.read(job())) == [FRAME]


@pytest.mark.parametrize(
    "body",
    ["sys.exit(3)", f"out.write({packed(FRAME)[:9]!r})", "os.kill(os.getpid(), 9)", "out.write(b'\\xff' * 64)"],
)
def test_a_child_that_dies_or_babbles_is_put_away(tmp_path: Path, body: str) -> None:
    with child(tmp_path, body) as reader:
        with pytest.raises(SourceError, match="FG-S21"):
            list(reader.read(job()))
        first = reader._process
        with pytest.raises(SourceError):
            list(reader.read(job()))
        assert first is None, "the dead one was not put away"


def test_a_child_that_cannot_be_started_is_our_own_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without memory or processes to spare: here without a Python to start."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    with ReaderChild() as reader, pytest.raises(SourceError, match="FG-S24"):
        list(reader.read(job()))


@pytest.mark.parametrize("descheduled_s", [0.0, 0.5])
def test_a_stuck_child_is_killed_at_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, descheduled_s: float
) -> None:
    """And it is told so, even where whoever kills it gets no turn between the kill and its next line."""
    monkeypatch.setattr(supervisor, "_GRACE_S", 0)
    kill = subprocess.Popen.kill
    monkeypatch.setattr(subprocess.Popen, "kill", lambda process: (kill(process), time.sleep(descheduled_s)))
    began = time.monotonic()
    with child(tmp_path, "time.sleep(250)") as reader, pytest.raises(SourceError, match="FG-S22"):
        list(reader.read(job(statement_s=1)))
    assert time.monotonic() - began < 60


def test_a_failure_keeps_its_kind_and_advice(tmp_path: Path) -> None:
    failed = packed(Failed("PolicyError", "Q001", "what", "advice"))
    with child(tmp_path, f"out.write({failed!r}); out.flush(); sys.stdin.read()") as reader:
        with pytest.raises(PolicyError) as error:
            list(reader.read(job()))
        assert (error.value.code, error.value.what, error.value.advice) == ("Q001", "what", "advice")


def test_a_consumer_that_goes_away_ends_the_child(tmp_path: Path) -> None:
    with child(tmp_path, f"out.write({packed(FRAME)!r}); out.flush(); time.sleep(250)") as reader:
        frames = reader.read(job())
        next(frames)
        frames.close()
        assert reader._process is None


def test_the_child_is_not_told_what_stands_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OEM_TOKEN", "hunter2")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    seen = tmp_path / "seen"
    with (
        child(tmp_path, f"open({str(seen)!r}, 'w').write(repr(dict(os.environ)))") as reader,
        pytest.raises(SourceError),
    ):
        list(reader.read(job()))
    assert "hunter2" not in seen.read_text("utf-8")
    assert "proxy.example" not in seen.read_text("utf-8")
    assert os.environ["PATH"] in seen.read_text("utf-8")


def test_what_a_driver_prints_is_seen_by_nobody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with (
        child(tmp_path, "sys.stderr.write('invalid value 219-09-9999'); sys.stderr.flush()") as reader,
        pytest.raises(SourceError),
    ):
        list(reader.read(job()))
    out, err = capfd.readouterr()
    assert "219" not in out + err


def test_the_real_child_says_what_is_missing(tmp_path: Path) -> None:
    from agent.demo.odbc_drivers import driver_for

    source = SourceSettings("dms", driver_for("sqlite"), "sqlite", database=str(tmp_path / "gone.sqlite"))
    with ReaderChild() as reader, pytest.raises(SourceError, match="file_missing"):
        list(reader.read(ChoicesJob(source, "", choices(), b"p" * 32, [], 10)))


def test_who_stores_and_sends_has_neither_the_screen_nor_what_opens_raw_rows() -> None:
    code = "import sys, agent.pipeline, agent.service.daemon; print(' '.join(sys.modules))"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split())
    assert "agent.core.record_page" in loaded
    assert not {"agent.core.records", "agent.core.screen", "re2"} & loaded
