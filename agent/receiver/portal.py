"""A small page where a customer tells the car maker to stop. It stands for the OEM's own portal.

Answers to loopback names only (a page elsewhere could otherwise reach it by rebinding a name), takes a POST from its
own form only, and writes nothing foreign without escaping it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from agent.core.answers import WireError
from agent.core.lines import CHANNELS, scope_of
from agent.core.text import shown
from agent.errors import ConfigError
from agent.receiver import bodies
from agent.receiver.house import ReceiverHouse, instant
from agent.receiver.landing import ALL, suppress

try:
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, Response
    from starlette.routing import BaseRoute, Route
except ImportError:
    raise ConfigError(
        "RC010", "the receiver's web parts are not installed", 'Install them: pip install "fieldgate[receiver]"'
    ) from None

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_SHOWN = 20
_WORDS = (("email", "E-mail"), ("mail", "Letters"), ("phone", "Calls"), ("sms", "Text messages"))


def opt_out(house: ReceiverHouse, record_id: str, channels: tuple[str, ...] = ()) -> int:
    """A customer stops all use (no channels) or some; returns how many records of how many streams it concerns.

    Each stream that sent the record will learn of it, and the OEM stops at once by itself.
    """
    now = house.clock()
    with house.store.writing() as db:
        rows = db.execute(
            "SELECT r.stream_id, r.dataset, s.purpose FROM records r JOIN streams s USING (stream_id) WHERE r.id = ?",
            (record_id,),
        ).fetchall()
        for row in rows:
            scope = scope_of(row["purpose"], now.date().isoformat(), channels)
            suppress(db, row["stream_id"], row["dataset"], record_id, scope, "portal")
            stored = ALL if scope.all else ",".join(scope.channels or ())
            db.execute(
                "INSERT INTO opt_outs (stream_id, dataset, id, purpose, channels, since_on, said_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (row["stream_id"], row["dataset"], record_id, row["purpose"], stored, scope.since_on, instant(now)),
            )
    return len(rows)


def routes(house: ReceiverHouse) -> list[BaseRoute]:
    async def get(request: Request) -> Response:
        refused = _refuse_stranger(request)
        wanted = request.query_params.get("id", "")
        return refused or HTMLResponse(await run_in_threadpool(_page, house, wanted, ""), headers=_HEADERS)

    async def post(request: Request) -> Response:
        refused = _refuse_stranger(request)
        if refused is not None:
            return refused
        try:
            body = await bodies.read_body(request.stream(), request.headers.get("content-length"), limit=4096, s=10)
            form = parse_qs(body.decode("ascii"), max_num_fields=16)
        except (WireError, ValueError):
            return HTMLResponse("<p>This form cannot be read.</p>", 400, _HEADERS)
        status, said = await run_in_threadpool(_said, house, form)
        return HTMLResponse(await run_in_threadpool(_page, house, "", said), status, _HEADERS)

    return [Route("/portal", get, methods=["GET"]), Route("/portal", post, methods=["POST"])]


def _refuse_stranger(request: Request) -> Response | None:
    host = urlsplit("//" + request.headers.get("host", "")).hostname
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")
    # The Host header stops a rebound name; it is the sender's own word, so the sender must be on this machine too.
    remote = request.client is None or request.client.host not in _LOOPBACK
    if remote or host not in _LOOPBACK or foreign or request.headers.get("sec-fetch-site") == "cross-site":
        return HTMLResponse("<p>This page answers on this machine only.</p>", 403, _HEADERS)
    return None


def _said(house: ReceiverHouse, form: Mapping[str, list[str]]) -> tuple[int, str]:
    record_id = form.get("id", [""])[0].strip()
    chosen = tuple(form.get("channel", []))
    if not _ID.fullmatch(record_id) or not CHANNELS.union({ALL}).issuperset(chosen):
        return 400, "Please give the 32 characters of your record and what should stop."
    if not chosen:
        return 400, "Please choose what should stop."
    count = opt_out(house, record_id, () if ALL in chosen else chosen)
    if not count:
        return 404, "We hold no such record."
    return 200, "We have stopped, and the dealer will be told the next time it asks."


def _page(house: ReceiverHouse, wanted: str, said: str) -> str:
    picks = "".join(_pick(name, word) for name, word in _WORDS)
    message = f"<p role=status><b>{html.escape(said)}</b></p>" if said else ""
    value = html.escape(wanted if _ID.fullmatch(wanted) else "", quote=True)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Your choices</title>"
        "<style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto}label{display:block}</style>"
        f"<h1>{html.escape(shown(house.name))}: your choices</h1>{message}"
        "<form method=post action=/portal><label>Your record <input name=id size=34 maxlength=32 required "
        f"value='{value}'></label><label><input type=checkbox name=channel value=all> Everything</label>{picks}"
        f"<p><button>Stop</button></p></form><h2>Records we hold</h2><ul>{_records(house)}</ul></html>"
    )


def _pick(name: str, word: str) -> str:
    return f"<label><input type=checkbox name=channel value={name}> {word}</label>"


def _records(house: ReceiverHouse) -> str:
    """The first few people of the landing, so that a visitor of the demo can be one of them."""
    with house.store.reading() as db:
        rows = db.execute(
            "SELECT id, fields FROM records WHERE dataset = 'customers' ORDER BY id LIMIT ?", (_SHOWN,)
        ).fetchall()
    return "".join(_record(row["id"], json.loads(row["fields"])) for row in rows)


def _record(record_id: str, fields: Mapping[str, object]) -> str:
    names = " ".join(str(fields[name]) for name in ("given_name", "family_name") if fields.get(name))
    return f"<li><a href='/portal?id={html.escape(record_id)}'>{html.escape(shown(names) or record_id)}</a></li>"
