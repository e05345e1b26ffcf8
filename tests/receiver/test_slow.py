"""A dealer that sends a byte at a time is cut off, in the head of a request and in its body, and others are served."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from agent.receiver import serve
from agent.receiver.serve import Running
from tests.receiver.fake_dealer import client_of, close_clients

_DRIP_S = 0.1  # more often than any of the limits: it is never silent
_HEAD = b"POST /v1/enrollments HTTP/1.1\r\nhost: x\r\ncontent-type: application/jose\r\ncontent-length: 4\r\n"


@pytest.fixture
def oem(tmp_path: Path) -> Iterator[Running]:
    running = serve.start_in_thread(tmp_path / "oem", body_s=0.5, head_s=3.0)
    yield running
    close_clients(running.url)
    running.stop()


def connected(oem: Running) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(oem.ca_file))
    port = urlsplit(oem.url).port or 0
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=60), server_hostname="127.0.0.1")


def dripping(oem: Running, first: bytes, drop: bytes) -> bytes:
    """Say `first`, then `drop` again and again until the other side has hung up; what it answered."""
    with connected(oem) as line:  # only now: its time runs from here
        return _dripped(line, first, drop)


def _dripped(line: ssl.SSLSocket, first: bytes, drop: bytes) -> bytes:
    # In one thread: OpenSSL does not allow one connection to be read and written from two at once, and loses answers.
    answer, say = b"", first
    while True:
        with contextlib.suppress(ConnectionError, ssl.SSLError):  # it may have answered and hung up before this
            line.sendall(say)  # nothing, where it is silent
        say = drop
        line.settimeout(_DRIP_S)
        try:
            while piece := line.recv(4096):
                answer += piece
            break
        except TimeoutError:
            line.settimeout(60)
        except (ConnectionError, ssl.SSLError):
            break
    return answer


def served(oem: Running) -> bool:
    """Within three tries: where this machine stands still for seconds, whoever asks is slow too, and is cut off."""
    for _ in range(3):
        with contextlib.suppress(httpx.TransportError):
            return client_of(oem.url, oem.ca_file).get("/v1/keys").status_code == 200
    return False


# What is said first, what again and again, and what is answered before the line is cut.
_SLOW = {
    "a head that never ends": (_HEAD, b"x: y\r\n", b""),
    "a first line that never ends": (b"", b"G", b""),
    "a body": (_HEAD.replace(b"length: 4", b"length: 9000") + b"\r\n", b"x", b"HTTP/1.1 503 "),
    "a body in chunks": (
        _HEAD.replace(b"content-length: 4", b"transfer-encoding: chunked") + b"\r\n", b"1\r\nx\r\n", b"HTTP/1.1 503 ",
    ),
    "a body that nobody asked for": (
        b"GET /v1/keys HTTP/1.1\r\nhost: x\r\ncontent-length: 9000\r\n\r\n", b"x", b"HTTP/1.1 200 ",
    ),
    "silence": (b"", b"", b""),
}  # fmt: skip


def test_whoever_says_it_at_once_is_answered_and_a_byte_at_a_time_is_cut_off(oem: Running) -> None:
    with connected(oem) as line:
        line.sendall(_HEAD + b"connection: close\r\n\r\nnone")
        assert line.recv(4096).startswith(b"HTTP/1.1 400 "), "it has read the body: that is no enrollment"
    answers: dict[str, list[bytes]] = {kind: [] for kind in _SLOW}
    threads = [
        threading.Thread(target=lambda kind: answers[kind].append(dripping(oem, *_SLOW[kind][:2])), args=(kind,))
        for kind in _SLOW for _ in range(4)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    assert served(oem), "others are served meanwhile"
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "it was cut off"
    assert {kind: [one[:13] for one in got] for kind, got in answers.items()} == {
        kind: [answer] * 4 for kind, (_, _, answer) in _SLOW.items()
    }
    assert served(oem)
