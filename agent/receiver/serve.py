"""Serve a receiver's folder over HTTPS on this machine: blocking, or in a thread for the demo and for tests.

Writes the port that was taken to `port` and the CA for the agent's `ca:` to `ca.pem`, both in the folder.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.errors import ConfigError
from agent.receiver.app import build_app
from agent.receiver.bodies import BODY_S
from agent.receiver.certificates import TlsFiles, tls_files
from agent.receiver.files import write_file
from agent.receiver.house import ReceiverHouse, open_house, utc_now

try:
    import uvicorn

    from agent.receiver.deadlines import HEAD_S, timed
except ImportError:
    raise ConfigError(
        "RC010", "the receiver's web parts are not installed", 'Install them: pip install "fieldgate[receiver]"'
    ) from None

PORT_FILE = "port"
_CONNECTIONS_MAX = 200
_START_S = 20.0


@dataclass(frozen=True, slots=True)
class Running:
    """A receiver in a thread of this process. `stop()` waits until it is gone and its store closed."""

    url: str
    ca_file: Path
    folder: Path
    house: ReceiverHouse
    stop: Callable[[], None]


def serve(
    folder: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    name: str | None = None,
    ready: Callable[[str, Path], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. port 0 takes a free one; `ready` is told URL and CA file once it listens."""
    with contextlib.closing(open_house(folder, name)) as house, _listening(host, port) as listener:
        files = tls_files(folder, house.clock())
        server, url = _server(house, files, listener, BODY_S, HEAD_S), _url(host, listener)
        write_file(folder / PORT_FILE, str(listener.getsockname()[1]).encode(), mode=0o644)
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how one stops it, however soon
            if ready is not None:
                ready(url, files.ca)
            server.run(sockets=[listener])


def start_in_thread(
    folder: Path,
    *,
    name: str | None = None,
    port: int = 0,
    body_s: float = BODY_S,
    head_s: float = HEAD_S,
    clock: Callable[[], dt.datetime] = utc_now,
) -> Running:
    """A receiver on 127.0.0.1 that answers when this returns."""
    house = open_house(folder, name, clock)
    with contextlib.ExitStack() as undo:
        undo.callback(house.close)
        listener = undo.enter_context(_listening("127.0.0.1", port))
        files = tls_files(folder, utc_now())
        write_file(folder / PORT_FILE, str(listener.getsockname()[1]).encode(), mode=0o644)
        server = _server(house, files, listener, body_s, head_s)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="receiver", daemon=True)
        thread.start()
        _await_start(server, thread)
        cleanup = undo.pop_all()

    def stop() -> None:
        server.should_exit = True
        thread.join()
        cleanup.close()

    return Running(_url("127.0.0.1", listener), files.ca, folder, house, stop)


def _server(
    house: ReceiverHouse, files: TlsFiles, listener: socket.socket, body_s: float, head_s: float
) -> uvicorn.Server:
    listener.listen(128)
    return uvicorn.Server(
        uvicorn.Config(
            build_app(house, body_s=body_s),
            ssl_certfile=str(files.certificate),
            ssl_keyfile=str(files.key),
            http=timed(head_s, body_s),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS_MAX,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=2,
        )
    )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    # asyncio turns Nagle's algorithm off only on sockets that say they are TCP; with it, each answer waits 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        if os.name != "nt":  # on Windows the option would let another program take the port over
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            raise ConfigError(
                "RC011", f"port {port} on {host} is taken or not allowed", "Choose one with --port"
            ) from None
        yield listener


def _url(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"https://{shown}:{listener.getsockname()[1]}"


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + _START_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise ConfigError("RC012", "the receiver did not start", "Try it alone: fieldgate receiver run")
        time.sleep(0.01)
