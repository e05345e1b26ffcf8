"""One agent per state folder, whatever happened to the one before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agent.errors import StateError
from agent.service.lock import only_one

HOLDER = """
import sys
from pathlib import Path
from agent.service.lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_second_agent_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    first = holder(tmp_path)
    try:
        with pytest.raises(StateError, match="FG-T10"), only_one(tmp_path):
            pass
        with only_one(tmp_path / "another"):
            pass
    finally:
        end(first)


def test_a_killed_agent_leaves_no_lock_behind(tmp_path: Path) -> None:
    end(holder(tmp_path))
    with only_one(tmp_path):
        pass
    with only_one(tmp_path):  # and a finished one neither
        pass
