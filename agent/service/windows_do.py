"""One command as the service's account on Windows, by `fieldgate service do`. A virtual account has no password
to sign in with, so the service manager starts our service for just this one command; keys sealed by DPAPI open for it.

What is to be done, its input and its output go over a named pipe made for this once by the administrator who asks.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.errors import ConfigError
from agent.service.windows_layout import config_file
from agent.service.windows_pipe import Pipe, exchange

_NAME = r"\\.\pipe\fieldgate-do-"
_LINE_MAX = 8 << 20
_PATIENCE_S = 3600.0
_WHAT = b'"what"\n'


def ask(command: Sequence[str], given: bytes) -> tuple[int, bytes]:
    """Have it done; (exit status, what it printed)."""
    from agent.service import windows_service

    windows_service.refuse_while_it_runs()
    job = json.dumps({"command": list(command), "given": _text(given), "folder": str(Path.cwd())}).encode() + b"\n"
    done = threading.Event()
    told: dict[str, Any] = {}

    def answer(_: str, line: bytes) -> bytes:
        if line == _WHAT:
            return job
        told.update(json.loads(line))
        done.set()
        return b'"heard"\n'

    name = _NAME + secrets.token_hex(16)
    way = Pipe(name, answer, limit=_LINE_MAX)
    try:
        windows_service.start_once(name)
        if not done.wait(_PATIENCE_S):
            raise ConfigError("FG-C64", "the command did not end within an hour", "stop it: fieldgate service stop")
    finally:
        way.close()
    windows_service.control("stop")  # back when it has ended, so that the next command finds it stopped
    return int(told["exit"]), base64.b64decode(told["said"])


def do(name: str) -> None:
    """In the service: ask what is to be done, do it by our own program only, and tell how it ended."""
    if not name.startswith(_NAME):
        raise ConfigError("FG-C65", "the service was started with an unknown word", "start it: fieldgate service start")
    job = json.loads(exchange(name, _WHAT, 10.0) or b"{}")
    done = subprocess.run(  # noqa: S603  our own program
        [*program(), *job["command"]],
        input=base64.b64decode(job["given"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=job["folder"],
        env=os.environ | {"FIELDGATE_CONFIG": str(config_file())},
        check=False,
    )
    exchange(name, json.dumps({"exit": done.returncode, "said": _text(done.stdout)}).encode() + b"\n", 10.0)


def program() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-c", "from agent.cli import main; main()"]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
