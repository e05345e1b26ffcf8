"""A network that breaks: an asyncio proxy before the receiver, with the receiver's own certificate, so that it sees
whole requests and can lose, delay, cut, double or reset exactly one of them. It notes what it did."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

DELAY_S = 0.5
FAULTS = (
    "dropped", "answer dropped", "delayed", "answer delayed", "truncated", "answer truncated", "duplicated",
    "duplicated at once", "answer duplicated", "reset on accept", "reset", "answer reset", "reset in the answer",
    "refused for now", "refused for good",
)  # fmt: skip
_PROBLEM = b"HTTP/1.1 %d X\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n\r\n%s"


@dataclass
class Proxy:
    """`fault` meets the `nth` request (from 1) whose path begins with `path`, or every one when nth is 0. What is reset
    on accept is the n-th connection."""

    port: int = 0
    fault: str = ""
    path: str = "/v1/batches"
    nth: int = 1
    seen: int = 0
    fired: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def let(self, fault: str, path: str = "/v1/batches", nth: int = 1) -> None:
        self.fault, self.path, self.nth, self.seen = fault, path, nth, 0
        self.fired.clear()

    def falls_on(self, path: str) -> str:
        if not self.fault or self.fault == "reset on accept" or not path.startswith(self.path):
            return ""
        self.seen += 1
        if self.nth and self.seen != self.nth:
            return ""
        self.fired.append(f"{self.fault} {path}")
        return self.fault


@contextmanager
def standing_before(receiver: str, folder: Path) -> Iterator[Proxy]:
    """`receiver`: its URL; `folder`: its folder, for certificate and CA."""
    proxy, loop, ready = Proxy(), asyncio.new_event_loop(), threading.Event()
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
    there = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    port = int(urlsplit(receiver).port or 0)

    async def serve() -> None:
        async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if proxy.fault == "reset on accept":
                proxy.seen += 1
                if proxy.nth in (0, proxy.seen):
                    proxy.fired.append("reset on accept")
                    _reset(writer)
                    return
            await _answered(proxy, reader, writer, here, there, port)

        server = await asyncio.start_server(raw, "127.0.0.1", 0, limit=2**24)
        proxy.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await server.serve_forever()

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
        except asyncio.CancelledError:
            pass
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def stop() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop)
        thread.join(60)


def _reset(writer: asyncio.StreamWriter) -> None:
    plain: socket.socket = writer.get_extra_info("socket")
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _answered(
    proxy: Proxy,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    here: ssl.SSLContext,
    there: ssl.SSLContext,
    port: int,
) -> None:
    try:
        await writer.start_tls(here)
        while (request := await _message(reader)) is not None:
            fault = proxy.falls_on(request.split(b" ", 2)[1].decode("ascii", "replace"))
            if not await _one(fault, request, writer, there, port):
                break
    except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.transport.abort() if writer.transport.is_closing() else writer.close()


async def _one(fault: str, request: bytes, writer: asyncio.StreamWriter, there: ssl.SSLContext, port: int) -> bool:
    """Do to one request what is asked; whether the connection may live on."""
    if fault == "dropped":
        return False
    if fault == "reset":
        _reset(writer)
        return False
    if fault in ("refused for now", "refused for good"):
        body = b'{"type": "%s"}' % (b"unavailable" if fault == "refused for now" else b"schema_mismatch")
        writer.write(_PROBLEM % (503 if fault == "refused for now" else 422, len(body), body))
        await writer.drain()
        return True
    if fault == "delayed":
        await asyncio.sleep(DELAY_S)
    if fault == "truncated":
        await _forward(request[: len(request) - max(1, len(request) // 4)], there, port, whole=False)
        return False
    answer = await _forward(request, there, port)
    if fault == "duplicated":
        answer = await _forward(request, there, port)
    if fault == "duplicated at once":
        answer = (await asyncio.gather(*(_forward(request, there, port) for _ in range(3))))[0]
    if fault == "answer delayed":
        await asyncio.sleep(DELAY_S)
    if fault == "answer dropped":
        return False
    if fault == "answer reset":
        _reset(writer)
        return False
    if fault in ("answer truncated", "reset in the answer"):
        writer.write(answer[: len(answer) // 2])
        await writer.drain()
        if fault == "reset in the answer":
            await asyncio.sleep(0.05)
            _reset(writer)
        return False
    writer.write(answer * (2 if fault == "answer duplicated" else 1))
    await writer.drain()
    return True


async def _forward(request: bytes, there: ssl.SSLContext, port: int, *, whole: bool = True) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=there, limit=2**24)
    try:
        writer.write(request)
        await writer.drain()
        if not whole:
            return b""
        answer = await _message(reader)
        return answer or b""
    finally:
        writer.transport.abort()


async def _message(reader: asyncio.StreamReader) -> bytes | None:
    """One HTTP message with a length; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    size = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
    return head + await reader.readexactly(size)
