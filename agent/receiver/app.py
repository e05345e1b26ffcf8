"""The receiver's HTTP face: wire spec 1 as an ASGI application. Every refusal is problem+json with a type of the table.

Nothing a dealer sent is ever repeated in an answer or written to a log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable

from agent.core.answers import PROBLEMS, TYPE_PREFIX, WireError
from agent.core.enrollment import encode_answer
from agent.core.packing import decompress
from agent.core.seal import SealedBatch, manifest_sha256, open_content, read_manifest
from agent.core.statements import STATEMENT_MAX
from agent.errors import ConfigError
from agent.receiver import bodies, pages, portal
from agent.receiver.enroll import check_sender, enroll
from agent.receiver.house import ReceiverHouse
from agent.receiver.ledger import Taken, take
from agent.receiver.statements import take_statement

try:
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route
except ImportError:
    raise ConfigError(
        "RC010", "the receiver's web parts are not installed", 'Install them: pip install "fieldgate[receiver]"'
    ) from None

JOSE = "application/jose"
_ENROLLMENT_MAX = 128 * 1024
_MANIFEST_HEADER_MAX = 16 * 1024
Endpoint = Callable[[Request], Awaitable[Response]]


def build_app(house: ReceiverHouse, *, body_s: float = bodies.BODY_S) -> Starlette:
    """The application over an open house. `body_s`: how long one request body may take."""

    async def post_batch(request: Request) -> Response:
        taken = await _take_in(house, request, body_s)
        return Response(taken.receipt, status_code=200 if taken.again else 201, media_type=JOSE)

    async def post_enrollment(request: Request) -> Response:
        body = await bodies.read_body(
            request.stream(), request.headers.get("content-length"), limit=_ENROLLMENT_MAX, s=body_s
        )
        answer = await run_in_threadpool(enroll, house, _ascii(body))
        return Response(encode_answer(answer), status_code=201, media_type="application/json")

    async def post_statement(request: Request) -> Response:
        body = await bodies.read_body(
            request.stream(), request.headers.get("content-length"), limit=STATEMENT_MAX, s=body_s
        )
        return JSONResponse({"taken": await run_in_threadpool(take_statement, house, body)})

    async def get_head(request: Request) -> Response:
        return await run_in_threadpool(_reply, house, request, pages.head)

    async def get_suppressed(request: Request) -> Response:
        return await run_in_threadpool(_reply_page, house, request, pages.suppressed)

    async def get_held(request: Request) -> Response:
        return await run_in_threadpool(_reply_page, house, request, pages.held)

    async def get_opt_outs(request: Request) -> Response:
        return await run_in_threadpool(_reply_page, house, request, pages.opt_outs)

    async def get_keys(request: Request) -> Response:  # noqa: ARG001  (public keys; nobody needs to be enrolled)
        return JSONResponse({**house.jwks(), "rollovers": await run_in_threadpool(house.key_statements)})

    routes = [
        Route("/v1/batches", _guarded(post_batch), methods=["POST"]),
        Route("/v1/enrollments", _guarded(post_enrollment), methods=["POST"]),
        Route("/v1/statements", _guarded(post_statement), methods=["POST"]),
        Route("/v1/streams/{stream_id}", _guarded(get_head), methods=["GET"]),
        Route("/v1/streams/{stream_id}/suppressed", _guarded(get_suppressed), methods=["GET"]),
        Route("/v1/streams/{stream_id}/held", _guarded(get_held), methods=["GET"]),
        Route("/v1/opt-outs", _guarded(get_opt_outs), methods=["GET"]),
        Route("/v1/keys", _guarded(get_keys), methods=["GET"]),
        *portal.routes(house),
    ]
    return Starlette(routes=routes)


async def _take_in(house: ReceiverHouse, request: Request, body_s: float) -> Taken:
    """Who says so, before any effort is spent; then the bytes; then what they say; then the ledger."""
    compact = request.headers.get("fieldgate-manifest", "")
    if len(compact) > _MANIFEST_HEADER_MAX:
        raise WireError("too_large", "the manifest is larger than wire spec 1 allows")
    try:
        kid, batch = await run_in_threadpool(_announced, house, compact, request.headers.get("idempotency-key", ""))
    except WireError:
        await _drain(request, body_s)
        raise
    body = await bodies.read_body(request.stream(), request.headers.get("content-length"), s=body_s)
    return await run_in_threadpool(_judge, house, kid, batch, body, dict(request.headers))


def _announced(house: ReceiverHouse, compact: str, idempotency_key: str) -> tuple[str, SealedBatch]:
    kid, described = read_manifest(compact, house.find_key)
    if described.aud != house.name:
        raise WireError("wrong_stream", "aud is another receiver")
    with house.store.reading() as db:
        check_sender(db, kid, described.dealer_code)
    if idempotency_key != described.batch_id:
        raise WireError("unsupported", "Idempotency-Key is not the manifest's batch_id")
    return kid, SealedBatch(described, compact, manifest_sha256(compact), b"")


def _judge(house: ReceiverHouse, kid: str, batch: SealedBatch, body: bytes, headers: dict[str, str]) -> Taken:
    bodies.check_digest(body, headers.get("content-digest"))
    content = decompress(body, headers.get("content-encoding", ""))
    with house.taking_in(batch.manifest.stream_id):
        opened = open_content(SealedBatch(batch.manifest, batch.jws, batch.manifest_sha256, content), kid)
        return take(house, opened)


async def _drain(request: Request, body_s: float) -> None:
    """Read an ordinary body that nobody wants: an answer before its end would reach the sender as a broken pipe."""
    try:
        await bodies.read_body(request.stream(), request.headers.get("content-length"), s=min(body_s, 5.0))
    except WireError:
        return


def _reply(house: ReceiverHouse, request: Request, make: Callable[..., str]) -> Response:
    claims = pages.authorize(house, request.headers.get("authorization", ""), _path(request))
    asked = request.path_params.get("stream_id", claims.stream_id)
    if asked != claims.stream_id:
        raise WireError("wrong_stream", "request: stream_id is not the stream of the path")
    return Response(make(house, claims), media_type=JOSE)


def _reply_page(house: ReceiverHouse, request: Request, make: Callable[..., str]) -> Response:
    after = request.query_params.get("after", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 15:
        raise WireError("unsupported", "after is a cursor: a number without sign")
    return _reply(house, request, lambda house, claims: make(house, claims, int(after)))


def _path(request: Request) -> str:
    """Path with query, exactly as it was asked for: it is what the request's signature is over."""
    path = bytes(request.scope.get("raw_path") or request.scope["path"].encode()).split(b"?", maxsplit=1)[0]
    query = bytes(request.scope["query_string"])
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def _guarded(endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except WireError as refusal:
            return problem(refusal)
        except ClientDisconnect:
            return problem(WireError("unavailable", "the sender went away before the body's end"))
        except sqlite3.OperationalError:  # disk full, locked by another process: nothing was taken
            return problem(WireError("unavailable", "the receiver's store cannot be written now"))

    return guarded


def problem(refusal: WireError) -> Response:
    """A refusal as RFC 9457 problem+json. Its connection is closed, for part of a body may still be on its way."""
    known = PROBLEMS[refusal.problem]
    content = {
        "type": TYPE_PREFIX + refusal.problem,
        "title": known.title,
        "status": known.status,
        "detail": refusal.what,
        **refusal.extra,
    }
    headers = {"connection": "close"}
    if known.action == "retry":
        headers["retry-after"] = "2" if refusal.problem == "in_progress" else "30"
    if known.status == 401:
        headers["www-authenticate"] = "Fieldgate"
    return JSONResponse(content, known.status, headers, media_type="application/problem+json")


def _ascii(body: bytes) -> str:
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise WireError("bad_signature", "the body is not a compact JWS") from None
