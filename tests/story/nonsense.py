"""A receiver that talks nonsense: HTTPS with the real receiver's certificate. What it is asked goes on to the real one,
and the answer to a pushed batch is then replaced, as a broken or hostile receiver would."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from agent.receiver.serve import Running

Answer = tuple[int, str, bytes]  # status, content type, body
Change = Callable[[Answer], Answer]


@contextlib.contextmanager
def standing_before(oem: Running, change: Change, *, every: bool = False, shows: Path | None = None) -> Iterator[str]:
    """The URL of the receiver in front. `every`: all answers are changed, not only those to a push. `shows`: the folder
    of another certificate than the real one's."""
    tls = shows or oem.folder
    client = httpx.Client(base_url=oem.url, verify=ssl.create_default_context(cafile=str(oem.ca_file)), trust_env=False)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on(b"", changed=every)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self._pass_on(body, changed=every or self.path == "/v1/batches")

        def _pass_on(self, body: bytes, *, changed: bool) -> None:
            keep = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection", "accept-encoding")}
            real = client.request(self.command, self.path, headers=keep, content=body or None)
            answer: Answer = (real.status_code, real.headers.get("content-type", ""), real.content)
            status, kind, content = change(answer) if changed else answer
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Somebody hung up early; the library would say so where the commands' own words are listened to."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "server.pem", tls / "server-key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        client.close()
