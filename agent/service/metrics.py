"""Numbers for whoever watches many servers: a Prometheus text, as a file for the node exporter or on a loopback port.

Every value is a number of `Health`, and every label one of a fixed list: no name of a person, dealer or table can
get in, whatever the facts hold. The port answers GET /metrics to this machine, under its own name, and nothing else.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from agent import __version__
from agent.errors import ConfigError, FieldgateError
from agent.health import Health
from agent.keys import durable

log = structlog.get_logger()
_VERDICTS = ("WORKING", "WAITING", "STOPPED", "PAUSED", "SETUP")
_LEGS = ("Database", "Policy", "Outbox", "Internet", "OEM")
# fact of Health -> (name, type, help); a fact that is not there yet has no line
_FACTS = {
    "waiting_items": ("waiting_batches", "gauge", "Batches stored here that no receipt has settled."),
    "waiting_lines": ("waiting_records", "gauge", "Records in them."),
    "waiting_bytes": ("waiting_bytes", "gauge", "Sealed bytes in the outbox."),
    "room_days": ("outbox_room_days", "gauge", "Days until the outbox is full at its present pace."),
    "batches_accepted": ("accepted_batches_total", "counter", "Batches with a signed receipt."),
    "lines_accepted": ("accepted_records_total", "counter", "Records with a signed receipt."),
    "today_runs": ("today_runs", "gauge", "Readings begun today, on the dealer's clock."),
    "today_rows": ("today_rows", "gauge", "Rows read today."),
    "today_sent": ("today_sent", "gauge", "Records accepted today."),
    "last_run_ms": ("last_run_milliseconds", "gauge", "How long the last reading took."),
    "nonpublic_columns": ("nonpublic_columns", "gauge", "Nonpublic columns in the tables that are read."),
    "nonpublic_selected": ("nonpublic_columns_selected", "gauge", "Of these, selected. Anything but 0 is an incident."),
    "oem_open": ("opt_outs_open_oem", "gauge", "Stops the OEM has not acknowledged."),
    "dms_open": ("opt_outs_open_dms", "gauge", "Stops that are still mailable in the DMS."),
    "audit_entries": ("audit_entries_total", "counter", "Entries of the audit record."),
}
_INSTANTS = {
    "complete_as_of": ("complete_as_of_seconds", "When the oldest complete reading began."),
    "last_run_at": ("last_run_seconds", "When the last reading began."),
    "next_run_at": ("next_run_seconds", "When the next one is due."),
    "next_try_at": ("next_try_seconds", "When a waiting batch is tried again."),
}


def text(found: Health, now: dt.datetime) -> str:
    """One page of metrics."""
    return "\n".join(_lines(found, now)) + "\n"


def _lines(found: Health, now: dt.datetime) -> Iterator[str]:
    version = "".join(ch for ch in __version__ if ch in "0123456789.")
    yield from _metric("up", "gauge", "The agent is at work.", {f'version="{version}"': 1})
    yield from _metric(
        "verdict", "gauge", "What status says.", {f'verdict="{one}"': int(found.verdict == one) for one in _VERDICTS}
    )
    legs = {leg.name: int(leg.ok) for leg in found.legs}
    yield from _metric("leg_ok", "gauge", "The legs of the way.", {f'leg="{one}"': legs[one] for one in _LEGS})
    yield from _metric("notices", "gauge", "Lines that somebody should look at.", {"": len(found.notices)})
    yield from _metric("looked_seconds", "gauge", "When this was written.", {"": int(now.timestamp())})
    for fact, (name, kind, help_) in _FACTS.items():
        if isinstance(value := found.facts.get(fact), int):
            yield from _metric(name, kind, help_, {"": value})
    for fact, (name, help_) in _INSTANTS.items():
        if instant := found.facts.get(fact):
            yield from _metric(name, "gauge", help_, {"": int(dt.datetime.fromisoformat(str(instant)).timestamp())})


def _metric(name: str, kind: str, help_: str, values: dict[str, int]) -> Iterator[str]:
    yield f"# HELP fieldgate_{name} {help_}"
    yield f"# TYPE fieldgate_{name} {kind}"
    for labels, value in values.items():
        yield f"fieldgate_{name}{f'{{{labels}}}' if labels else ''} {value}"


def write(path: Path, page: str) -> None:
    """For the node exporter's textfile collector, whole or not at all. ConfigError where it cannot be written."""
    try:
        durable.write(path, page.encode(), mode=0o644)
    except OSError:
        raise ConfigError(
            "FG-C71",
            "the metrics file cannot be written by this account",
            "correct metrics.textfile in agent.yaml, or give the service account its folder",
        ) from None


class Port:
    """Answers until it is closed. ConfigError where the port is taken."""

    def __init__(self, number: int, page: Callable[[], str]) -> None:
        import http.server  # 2 MB that an agent without a port need not carry

        hosts = {f"{name}:{number}" for name in ("127.0.0.1", "localhost")}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                # a page of another site that points its name here must not read it
                if self.path != "/metrics" or self.headers.get("host") not in hosts:
                    self.send_error(404)
                    return
                body = page().encode()
                if not body:  # started a moment ago: no numbers yet is not the same as none
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Who looked is nobody's business."""

        try:
            self._server = http.server.ThreadingHTTPServer(("127.0.0.1", number), Handler)
        except OSError:
            raise ConfigError(
                "FG-C72", f"the metrics port {number} is taken", "choose another metrics.port in agent.yaml"
            ) from None
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Watched:
    """The newest page, the file and the port of a running agent. What cannot be had is logged and stops nothing."""

    def __init__(self, textfile: Path | None, port: int | None) -> None:
        self._textfile, self._page, self._port, self._failed = textfile, "", None, ""
        try:
            self._port = Port(port, lambda: self._page) if port else None
        except ConfigError as error:
            self.refused(error)

    @property
    def wanted(self) -> bool:
        return self._textfile is not None or self._port is not None

    def renew(self, found: Health, now: dt.datetime) -> None:
        self._page = text(found, now)
        if self._textfile is None:
            return
        try:
            write(self._textfile, self._page)
        except ConfigError as error:
            self.refused(error)
        else:
            self._failed = ""

    def refused(self, error: FieldgateError) -> None:
        """Said once for each reason, not each minute. The page stays as it was, and its `looked_seconds` shows it."""
        if self._failed != error.code:
            log.error("metrics_refused", job="metrics", code=error.code, said=error.what)
        self._failed = error.code

    def close(self) -> None:
        if self._port:
            self._port.close()
