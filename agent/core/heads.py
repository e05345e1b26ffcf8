"""What an agent asks of a receiver by GET, and the signed answers: stream head, opt-outs, suppressed ids.

A request is authorized by a short JWS over who, what and when; each answer repeats the request's `jti`, so an old
answer cannot be played back as today's. Answers are judged here (SealError names the claim); requests too (WireError).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Literal, TypeVar

import msgspec

from agent.core import jws
from agent.core.answers import WireError
from agent.core.lines import Hex32, Scope
from agent.core.manifest import Count, Digest, Instant, Name, check_common, convert, strict_object
from agent.errors import SealError

TYP_REQUEST = "fieldgate-request+jws"
TYP_HEAD = "fieldgate-head+jws"
TYP_OPT_OUTS = "fieldgate-opt-outs+jws"
TYP_SUPPRESSED = "fieldgate-suppressed+jws"
TYP_HELD = "fieldgate-held+jws"
SCHEME = "Fieldgate"
REQUEST_WINDOW_S = 15 * 60

Sign = Callable[[str, bytes], str]
_ENCODER = msgspec.json.Encoder(order="sorted")
ADVICE = "Nothing was taken over. Run: fieldgate doctor; if it repeats, call the OEM"


class RequestClaims(msgspec.Struct, frozen=True, kw_only=True):
    """`path` with its query, exactly as asked for. `jti` is random and used once."""

    spec: Literal[1] = 1
    aud: Name
    stream_id: Name
    path: str
    iat: Count
    jti: Name


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What each answer says of itself: from whom, about which stream, to which request, when."""

    spec: Literal[1] = 1
    iss: Name
    stream_id: Name
    in_reply_to: Name
    iat: Count


class StreamHead(_Answer, frozen=True, kw_only=True):
    """Where a stream stands at the OEM. epoch and seq 0, digests null: nothing has arrived yet."""

    epoch: Count
    seq: Count
    manifest_sha256: Digest | None
    content_sha256: Digest | None
    policy_version: Count  # the highest seen
    roll_version: Count  # the highest seen
    audit_head: Digest | None
    opt_outs_through: Count  # cursor of the newest opt-out for this stream


class Held(msgspec.Struct, frozen=True, kw_only=True):
    cursor: Count
    dataset: str
    id: Hex32


class Suppressed(Held, frozen=True, kw_only=True):
    scope: Scope


class OptOut(Suppressed, frozen=True, kw_only=True):
    """A customer told the OEM to stop. Named only by a record id that this stream has sent."""

    said_at: Instant


class _Page(_Answer, frozen=True, kw_only=True):
    """Entries with cursor > after, oldest first. Ask again after `through` while `more`."""

    after: Count
    through: Count
    more: bool


class OptOutPage(_Page, frozen=True, kw_only=True):
    entries: tuple[OptOut, ...]


class SuppressedPage(_Page, frozen=True, kw_only=True):
    """What the OEM holds as suppressed for this stream now, by cursor."""

    entries: tuple[Suppressed, ...]


class HeldPage(_Page, frozen=True, kw_only=True):
    """The records of this stream that the OEM holds now, by cursor: what a restored agent may have forgotten."""

    entries: tuple[Held, ...]


Page = OptOutPage | SuppressedPage | HeldPage
Reply = TypeVar("Reply", StreamHead, OptOutPage, SuppressedPage, HeldPage)
_TYPS: dict[Any, str] = {
    StreamHead: TYP_HEAD,
    OptOutPage: TYP_OPT_OUTS,
    SuppressedPage: TYP_SUPPRESSED,
    HeldPage: TYP_HELD,
}


def head_path(stream_id: str) -> str:
    return f"/v1/streams/{stream_id}"


def suppressed_path(stream_id: str, after: int = 0) -> str:
    return f"/v1/streams/{stream_id}/suppressed?after={after}"


def held_path(stream_id: str, after: int = 0) -> str:
    return f"/v1/streams/{stream_id}/held?after={after}"


def opt_outs_path(after: int = 0) -> str:
    return f"/v1/opt-outs?after={after}"


def authorization(claims: RequestClaims, sign: Sign) -> str:
    """The value of the `Authorization` header for one GET."""
    return f"{SCHEME} {sign(TYP_REQUEST, _ENCODER.encode(claims))}"


def read_authorization(
    header: str, path: str, aud: str, now_s: int, find_key: jws.KeyFinder
) -> tuple[str, RequestClaims]:
    """(kid, claims) of a request meant for this receiver, this path and this quarter of an hour; WireError otherwise.

    Whether `jti` was used before and whose `stream_id` it is, the caller checks.
    """
    scheme, _, compact = header.partition(" ")
    if scheme != SCHEME:
        raise WireError("bad_signature", f"Authorization: {SCHEME} <JWS> is missing")
    try:
        kid, payload = jws.verify(compact, TYP_REQUEST, find_key)
    except jws.BadJwsError as error:
        raise WireError(why_unverified(compact, find_key), f"Authorization: {error}") from None
    raw = strict_object(payload, "request")
    check_common(raw, "request")
    claims: RequestClaims = convert(raw, RequestClaims, "request")
    if claims.aud != aud:
        raise WireError("wrong_stream", "request: aud is another receiver")
    if claims.path != path:
        raise WireError("bad_signature", "request: path is not the one asked for")
    if abs(claims.iat - now_s) > REQUEST_WINDOW_S:
        raise WireError("bad_signature", "request: iat is more than 15 minutes from this server's clock")
    return kid, claims


def make_reply(reply: StreamHead | Page, sign: Sign) -> str:
    return sign(_TYPS[type(reply)], _ENCODER.encode(reply))


def read_reply(kind: type[Reply], compact: str, request: RequestClaims, find_key: jws.KeyFinder) -> Reply:
    """The OEM's signed answer to `request`; SealError when it does not verify or answers something else."""
    try:
        _, payload = jws.verify(compact, _TYPS[kind], find_key)
        raw = strict_object(payload, "answer")
        check_common(raw, "answer")
        reply: Reply = convert(raw, kind, "answer")
    except jws.BadJwsError as error:
        raise SealError("answer_signature", f"the OEM's answer does not verify: {error}", ADVICE) from None
    except WireError as error:
        raise SealError("answer_form", error.what, ADVICE) from None
    for claim, wanted in (("iss", request.aud), ("stream_id", request.stream_id), ("in_reply_to", request.jti)):
        if getattr(reply, claim) != wanted:
            raise SealError("answer_differs", f"the answer's {claim} is not what was asked for", ADVICE)
    if not isinstance(reply, StreamHead):
        _check_page(reply)
    return reply


def why_unverified(compact: str, find_key: jws.KeyFinder) -> str:
    """The problem type of a JWS that did not verify: unsupported (crit), unknown_key or bad_signature."""
    try:
        head = msgspec.json.decode(jws.unb64url(compact.split(".", maxsplit=1)[0]))
    except (jws.BadJwsError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "bad_signature"
    if not isinstance(head, dict):
        return "bad_signature"
    if "crit" in head:
        return "unsupported"
    kid = head.get("kid")
    return "unknown_key" if isinstance(kid, str) and find_key(kid) is None else "bad_signature"


def _check_page(page: Page) -> None:
    # Cursors must climb, or a page could make the reader skip entries or turn for ever.
    cursors = [page.after, *(entry.cursor for entry in page.entries)]
    climbing = all(a < b for a, b in pairwise(cursors))
    if not climbing or page.through < cursors[-1] or (page.more and not page.entries):
        raise SealError("answer_form", "the answer's cursors do not climb", ADVICE)
