"""The control channel: a Unix socket beside the state file, a named pipe on Windows; each connection is one JSON
request and its answer, from a fixed list. The operating system says who asks, and that name is the actor in the audit;
nothing in a request does. Only the service's own account and root get in. The channel carries no data, takes no paths.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import structlog

from agent.errors import ConfigError, FieldgateError, StateError
from agent.service.report import error_from, error_report

NAME = "control.sock"
_MAX_BYTES = 4096
_ASK_S = 5.0
log = structlog.get_logger()

Answer = dict[str, Any]
Request = Callable[[str, dict[str, str]], Answer]  # (actor, what was asked with) -> answer


class Way(Protocol):
    """An open control channel."""

    def close(self) -> None:
        """No further request is taken."""


def opened(folder: Path, requests: Mapping[str, Request]) -> Way | None:
    """Answer requests about this state folder by what this system has; None where nothing here names its peer."""
    if sys.platform == "win32":
        from agent.service.windows_pipe import Pipe, name_of

        return Pipe(name_of(folder), lambda actor, line: answer(requests, f"local:{actor}", line))
    return Channel(folder, requests) if hasattr(socket, "SO_PEERCRED") else None


def answer(requests: Mapping[str, Request], actor: str, line: bytes) -> bytes:
    """What is said to one line of one asker; never an exception."""
    return json.dumps(_answer(requests, actor, line)).encode() + b"\n"


def _answer(requests: Mapping[str, Request], actor: str, line: bytes) -> Answer:
    try:
        asked = json.loads(line)
        request = requests[asked.pop("do")]
        if not all(isinstance(value, str) for value in asked.values()):
            raise ValueError
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return {"error": error_report(_unknown())}
    try:
        return request(actor, asked)
    except FieldgateError as error:
        return {"error": error_report(error)}
    except Exception as error:  # noqa: BLE001  a foreign text may quote data, so only its name
        log.error("request_failed", job="control", code="FG-X01", said=f"unforeseen {type(error).__name__}")
        return {"error": error_report(_failed())}


class Channel:
    """Answers requests until it is closed, each in a thread of its own: a long run does not keep `pause` waiting."""

    def __init__(self, folder: Path, requests: Mapping[str, Request]) -> None:
        self._requests = requests
        self._path = folder / NAME
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._path.unlink(missing_ok=True)  # of an agent that was killed; the lock says that none lives
        with _near(folder) as near:
            self._socket.bind(f"{near}/{NAME}")
        self._path.chmod(0o600)
        self._socket.listen(8)
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No further request is taken; the socket's file goes."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._handle, args=(peer,), name="request", daemon=True).start()

    def _handle(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):  # whoever asked and went away hears nothing
            peer.settimeout(_ASK_S)
            uid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
            if uid not in (0, os.geteuid()):
                return
            said = answer(self._requests, f"local:{_account(uid)}", _line(peer))
            peer.settimeout(_ASK_S)
            peer.sendall(said)


def ask(folder: Path, request: str, *, patience_s: float | None = None, **asked: str) -> Answer | None:
    """Ask the agent that works on this state folder; None when none listens. Its refusal is raised as it was there."""
    line = json.dumps({"do": request, **asked}).encode() + b"\n"
    try:
        said = _exchange(folder, line, patience_s)
        told = None if said is None else json.loads(said)
    except (OSError, ValueError):
        raise _went_away() from None
    if told is None:
        return None
    if error := told.get("error"):
        raise error_from(error)
    return dict(told)


def _exchange(folder: Path, line: bytes, patience_s: float | None) -> bytes | None:
    """Say a line to whoever listens and hear the answer; None when nobody does, OSError when it breaks off."""
    if sys.platform == "win32":
        from agent.service.windows_pipe import exchange, name_of

        return exchange(name_of(folder), line, patience_s)
    if not hasattr(socket, "SO_PEERCRED") or not (folder / NAME).exists():
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as way:
        try:
            with _near(folder) as near:
                way.connect(f"{near}/{NAME}")
        except OSError:
            return None
        way.settimeout(patience_s)
        way.sendall(line)
        return _line(way, limit=1 << 20)


@contextlib.contextmanager
def _near(folder: Path) -> Iterator[str]:
    """A short way to a folder: the address of a Unix socket may have 107 bytes, the path of a folder more."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{handle}" if Path("/proc/self/fd").is_dir() else str(folder)
    finally:
        os.close(handle)


def _line(way: socket.socket, limit: int = _MAX_BYTES) -> bytes:
    got = b""
    while not got.endswith(b"\n") and len(got) <= limit:
        part = way.recv(4096)
        if not part:
            break
        got += part
    return got[:limit]


def _account(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _unknown() -> FieldgateError:
    return ConfigError(
        "FG-C48", "the running service does not know this request", "restart the service: it is of another version"
    )


def _failed() -> FieldgateError:
    return StateError("FG-X01", "the running service failed on this request", "look at the log, and report a defect")


def _went_away() -> FieldgateError:
    return StateError(
        "FG-T12", "the running service went away before it answered", "look at `fieldgate status`, then try again"
    )
