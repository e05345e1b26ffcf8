"""The receiver is an extra: without its web parts it says what to install; what needs none of them works."""

from __future__ import annotations

import subprocess
import sys

import pytest

_BLOCKED = """
import sys
for name in ("starlette", "uvicorn"):
    sys.modules[name] = None
import {module}
"""


@pytest.mark.parametrize("module", ["agent.receiver.app", "agent.receiver.serve", "agent.receiver.portal"])
def test_without_the_extra_one_is_told_what_to_install(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", _BLOCKED.format(module=module)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "ConfigError: RC010" in done.stderr


@pytest.mark.parametrize("module", ["agent.receiver.house", "agent.receiver.verify", "agent.receiver.holdings"])
def test_keeping_and_verifying_need_no_web_parts(module: str) -> None:
    subprocess.run([sys.executable, "-c", _BLOCKED.format(module=module)], check=True)
