"""A process whose wall clock is off, for real: every call for the time goes through a preload shim in C."""

from __future__ import annotations

import datetime as dt
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests.crash.shim import compiler


@cache
def _library() -> Path:
    source, made = Path(__file__).with_suffix(".c"), Path(tempfile.mkdtemp()) / "moved_clock.so"
    subprocess.run([str(compiler()), "-std=gnu11", "-Wall", "-shared", "-fPIC", "-o", made, source], check=True)
    return made


def env(by: dt.timedelta) -> dict[str, str]:
    """What to put into the environment of the process."""
    if compiler() is None:
        pytest.skip("no C compiler")
    return {"LD_PRELOAD": str(_library()), "CLOCK_MOVED_S": str(int(by.total_seconds()))}
