"""The one way out: only sealed batches, only to the endpoint, no redirect, no proxy nobody named, answers bounded."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import http.server
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from agent.core.seal import SealedBatch, seal
from agent.errors import ConfigError, DeliveryError
from agent.oem import Endpoint, Oem, content_digest, pin_of, way
from agent.receiver import serve
from agent.receiver.certificates import TlsFiles, tls_files
from tests.core.wire_samples import claims
from tests.officers import DANA


@dataclass
class Web:
    """A small web server that answers as it is told and remembers what it was asked."""

    answer: Callable[[], tuple[int, dict[str, str], bytes]] = lambda: (200, {}, b"")
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()

    class Handler(http.server.BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            made.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, headers, data = made.answer()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_CONNECT = _do  # noqa: N815  (the library asks for these names)

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def oem(web: Web) -> Iterator[Oem]:
    made = Oem(Endpoint("example-motors-na", web.url), DANA.signer.sign)
    yield made
    made.close()


@pytest.fixture
def batch() -> SealedBatch:
    return seal(b"", claims(kind="heartbeat"), DANA.signer.sign)


def test_a_batch_goes_out_as_the_protocol_says(web: Web, oem: Oem, batch: SealedBatch) -> None:
    web.answer = lambda: (201, {"content-type": "application/jose"}, b"receipt")
    reply = oem.push(batch)
    assert (reply.status, reply.body) == (201, b"receipt")
    [(method, path, headers, body)] = web.asked
    assert (method, path) == ("POST", "/v1/batches")
    assert gzip.decompress(body) == batch.content
    assert headers["idempotency-key"] == batch.manifest.batch_id
    assert headers["fieldgate-manifest"] == batch.jws
    assert headers["content-digest"] == content_digest(body)
    assert headers["user-agent"] == "fieldgate"


@pytest.mark.parametrize("thing", [b"rows", {"ssn": "219-09-9999"}, "text", None])
def test_nothing_but_a_sealed_batch_is_pushed(web: Web, oem: Oem, thing: object) -> None:
    with pytest.raises(TypeError):
        oem.push(thing)  # type: ignore[arg-type]
    assert web.asked == []


def test_not_even_what_looks_like_one(web: Web, oem: Oem, batch: SealedBatch) -> None:
    class Fake:
        manifest, jws, content = batch.manifest, batch.jws, b"219-09-9999"

    with pytest.raises(TypeError):
        oem.push(Fake())  # type: ignore[arg-type]
    assert web.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(web: Web, oem: Oem, batch: SealedBatch, status: int) -> None:
    web.answer = lambda: (status, {"location": web.url + "/elsewhere"}, b"")
    assert oem.push(batch).status == status
    assert [path for _, path, _, _ in web.asked] == ["/v1/batches"]


def test_no_proxy_of_the_environment_is_used(web: Web, batch: SealedBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, web.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    made = Oem(Endpoint("example-motors-na", "http://127.0.0.1:9"), DANA.signer.sign)
    with pytest.raises(DeliveryError, match="FG-D01"):
        made.push(batch)
    made.close()
    assert web.asked == []


def test_an_answer_without_end_is_cut_off(web: Web, oem: Oem, batch: SealedBatch) -> None:
    web.answer = lambda: (200, {}, b"x" * (1024 * 1024))
    with pytest.raises(DeliveryError, match="FG-D04"):
        oem.push(batch)


def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut_off(web: Web, oem: Oem, batch: SealedBatch) -> None:
    web.answer = lambda: (200, {"content-encoding": "gzip"}, gzip.compress(bytes(50 * 1024 * 1024)))
    with pytest.raises(DeliveryError, match="FG-D04"):
        oem.push(batch)


@pytest.mark.parametrize(
    ("kind", "body", "problem"),
    [
        ("application/problem+json", b'{"type":"gap","expected_seq":3}', "gap"),
        ("application/problem+json; charset=utf-8", b'{"type":"fork"}', "fork"),
        ("application/json", b'{"type":"gap"}', ""),
        ("application/problem+json", b"[]", ""),
        ("application/problem+json", b'{"type":7}', ""),
        ("application/problem+json", b"<html>", ""),
    ],
)
def test_a_problem_is_read_and_nothing_is_guessed(
    web: Web, oem: Oem, batch: SealedBatch, kind: str, body: bytes, problem: str
) -> None:
    web.answer = lambda: (409, {"content-type": kind, "retry-after": "7"}, body)
    reply = oem.push(batch)
    assert (reply.problem, reply.retry_after) == (problem, "7")


def test_questions_are_signed_for_this_recipient_and_path(web: Web, oem: Oem) -> None:
    oem.head("stream-1", 1795338000, "j" * 32)
    oem.opt_outs("stream-1", 4, 1795338000, "k" * 32)
    paths = [path for _, path, _, _ in web.asked]
    assert paths == ["/v1/streams/stream-1", "/v1/opt-outs?after=4"]
    assert all(headers["authorization"].startswith("Fieldgate ") for _, _, headers, _ in web.asked)
    assert all("cookie" not in headers for _, _, headers, _ in web.asked)


def test_nobody_there_is_tried_again_later(batch: SealedBatch) -> None:
    made = Oem(Endpoint("example-motors-na", "http://127.0.0.1:9"), DANA.signer.sign)
    with pytest.raises(DeliveryError) as refusal:
        made.push(batch)
    made.close()
    assert refusal.value.code == "FG-D01"
    assert refusal.value.__suppress_context__


@pytest.mark.parametrize(
    ("url", "proxy", "code", "who"),
    [
        ("http://127.0.0.1:9", None, "FG-D01", "the OEM"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9", "FG-D03", "dealer IT"),
        ("http://nobody.invalid", None, "FG-D06", "dealer IT"),
        ("http://127.0.0.1:9", "http://nobody.invalid:3128", "FG-D06", "dealer IT"),
    ],
)
def test_which_part_of_the_way_is_broken_and_whose_it_is(url: str, proxy: str | None, code: str, who: str) -> None:
    """The same from a request and from doctor's walk."""
    endpoint = Endpoint("example-motors-na", url, proxy)
    made = Oem(endpoint, DANA.signer.sign)
    with pytest.raises(DeliveryError) as asked:
        made.keys()
    made.close()
    with pytest.raises(DeliveryError) as walked:
        list(way(endpoint))
    assert {(one.value.code, one.value.who) for one in (asked, walked)} == {(code, who)}


def test_a_certificate_this_machine_does_not_trust(tmp_path: Path, batch: SealedBatch) -> None:
    running = serve.start_in_thread(tmp_path / "oem")
    try:
        stranger = Oem(Endpoint("example-motors-na", running.url), DANA.signer.sign)
        with pytest.raises(DeliveryError, match="FG-D02"):
            stranger.push(batch)
        stranger.close()
        trusting = Oem(Endpoint("example-motors-na", running.url, ca=str(running.ca_file)), DANA.signer.sign)
        assert trusting.push(batch).problem.endswith(":unknown_key")  # it was reached; it does not know us
        trusting.close()
    finally:
        running.stop()


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_a_ca_file_that_is_none(tmp_path: Path, content: bytes | None) -> None:
    ca = tmp_path / "ca.pem"
    if content is not None:
        ca.write_bytes(content)
    with pytest.raises(ConfigError):
        Oem(Endpoint("example-motors-na", "https://oem.example", ca=str(ca)), DANA.signer.sign)


@dataclass
class TlsEnd:
    """Whoever stands at the endpoint, over real TLS. It hears what comes after each handshake, and answers nothing."""

    files: TlsFiles
    url: str
    conversations: queue.Queue[bytes | None]

    @property
    def key(self) -> str:
        return pin_of(ssl.PEM_cert_to_DER_cert(self.files.certificate.read_text("ascii")))

    def pinned(self, *pins: str, proxy: str | None = None) -> Oem:
        return Oem(Endpoint("example-motors-na", self.url, proxy, str(self.files.ca), pins), DANA.signer.sign)

    def heard(self) -> bytes | None:
        """What the next connection said, once it has ended; None where its handshake failed."""
        return self.conversations.get(timeout=30)


@pytest.fixture
def tls_end(tmp_path: Path) -> Iterator[TlsEnd]:
    files, said = tls_files(tmp_path, dt.datetime.now(dt.UTC)), queue.Queue[bytes | None]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with served(lambda line: said.put(_hear(context, line))) as url:
        yield TlsEnd(files, url.replace("http:", "https:"), said)


def _hear(context: ssl.SSLContext, line: socket.socket) -> bytes | None:
    try:
        inner = context.wrap_socket(line, server_side=True)
    except OSError:
        return None
    with inner:
        try:
            return inner.recv(65536)
        except OSError:
            return b""  # gone without a word


@contextlib.contextmanager
def served(serve_one: Callable[[socket.socket], None]) -> Iterator[str]:
    """A listener on this machine that takes one connection after the other."""
    listener = socket.create_server(("127.0.0.1", 0))

    def turn() -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = listener.accept()
                with line:
                    line.settimeout(20)
                    serve_one(line)

    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


OTHER = "sha256:" + "0" * 64
_A_PUSH = b"POST /v1/batches"


def test_a_key_that_no_pin_names_hears_not_one_byte(tls_end: TlsEnd, batch: SealedBatch) -> None:
    """Its certificate is in order: the CA that the dealer named has vouched for it. It is another key all the same."""
    named = tls_end.pinned(OTHER, tls_end.key)  # two while the OEM changes its key
    with pytest.raises(DeliveryError, match="FG-D04"):
        named.push(batch)
    assert (tls_end.heard() or b"").startswith(_A_PUSH)
    assert named.shown_key == tls_end.key
    named.close()
    stranger = tls_end.pinned(OTHER)
    for ask in (lambda: stranger.push(batch), lambda: stranger.enroll("token"), stranger.keys):
        with pytest.raises(DeliveryError, match="FG-D05") as refusal:
            ask()
        assert tls_end.heard() == b"", "the handshake stood, and nothing was said after it"
        assert tls_end.key in refusal.value.what
        assert refusal.value.who == "dealer IT"
    stranger.close()


def test_a_pin_takes_the_place_of_no_certificate(tls_end: TlsEnd, batch: SealedBatch) -> None:
    """The very key, and nobody who vouches for it."""
    alone = Oem(Endpoint("example-motors-na", tls_end.url, pins=(tls_end.key,)), DANA.signer.sign)
    with pytest.raises(DeliveryError, match="FG-D02"):
        alone.push(batch)
    alone.close()
    assert not tls_end.heard()


def test_the_key_is_held_against_the_pin_behind_a_proxy_too(tls_end: TlsEnd, batch: SealedBatch) -> None:
    with served(lambda line: _tunnel(line, urlsplit(tls_end.url).port or 0)) as proxy:
        named = tls_end.pinned(tls_end.key, proxy=proxy)
        with pytest.raises(DeliveryError, match="FG-D04"):
            named.push(batch)
        named.close()
        assert (tls_end.heard() or b"").startswith(_A_PUSH)
        stranger = tls_end.pinned(OTHER, proxy=proxy)
        with pytest.raises(DeliveryError, match="FG-D05"):
            stranger.push(batch)
        stranger.close()
        assert tls_end.heard() == b""


def _tunnel(line: socket.socket, port: int) -> None:
    """A proxy's CONNECT to that port of this machine, until either side ends."""
    asked = b""
    while b"\r\n\r\n" not in asked and (piece := line.recv(4096)):
        asked += piece
    assert asked.startswith(b"CONNECT ")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as far:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        def carry(source: socket.socket, to: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while piece := source.recv(65536):
                    to.sendall(piece)
            for one in (source, to):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

        back = threading.Thread(target=carry, args=(far, line), daemon=True)
        back.start()
        carry(line, far)
        back.join()


def test_doctors_way_stops_at_another_key(tls_end: TlsEnd) -> None:
    right = Endpoint("example-motors-na", tls_end.url, ca=str(tls_end.files.ca), pins=(tls_end.key,))
    assert list(way(right)) == ["DNS", "TCP", "TLS"]
    steps = way(Endpoint("example-motors-na", tls_end.url, ca=str(tls_end.files.ca), pins=(OTHER,)))
    assert [next(steps), next(steps)] == ["DNS", "TCP"]
    with pytest.raises(DeliveryError, match="FG-D05"):
        next(steps)
