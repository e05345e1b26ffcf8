"""The Windows program under Wine: the portable part of this suite, and what only Windows has. The built package is
walked by `python -m tests.windows`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.windows.wine import PYTHON, ROOT, NoWineError, Windows, ready, windows

pytestmark = [pytest.mark.long, pytest.mark.timeout(5400)]
# What needs no server of Linux's, no shell and no signal. Files that hold POSIX promises skip those by themselves.
PORTABLE = ("tests/core", "tests/keys", "tests/state", "tests/service/test_lock.py", "tests/service/test_log.py",
            "tests/service/test_events.py", "tests/service/test_versions.py", "tests/service/test_windows.py",
            "tests/test_config.py", "tests/tasks/test_system_proxy.py")  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Windows]:
    try:
        ready()
    except NoWineError as reason:
        pytest.skip(f"no Wine: {reason}")
    with windows(tmp_path) as made:
        yield made


def passed(machine: Windows, *what: str) -> int:
    # Wine's pipes end a database connection later than the test that forgot it
    command = [str(PYTHON), "-X", "utf8", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "600",
               "-W", "ignore::pytest.PytestUnraisableExceptionWarning", *what]  # fmt: skip
    said = machine.run(command, status=None, timeout=5000, folder=f"Z:{ROOT}")
    found = re.search(r"(\d+) passed", said)
    assert found, said[-4000:]
    assert not re.search(r"\d+ (failed|error)", said), said[-8000:]
    return int(found[1])


def test_what_only_windows_has(machine: Windows) -> None:
    assert passed(machine, "tests/windows/test_on_windows.py") >= 10


def test_the_portable_part_of_the_suite(machine: Windows) -> None:
    assert passed(machine, *PORTABLE) > 900
