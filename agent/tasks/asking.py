"""Ask the OEM for one stream: its head, and the pages of opt-outs, suppressed ids and held ids, each answer verified
under the receipt keys that were pinned at enrollment. One reader for all of them; it writes nothing.

DeliveryError when there is no answer to rely on: a log-in page in between, or worse; this stream waits, others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, TypeVar

from agent.core import heads
from agent.core.answers import meaning
from agent.errors import DeliveryError, SealError
from agent.state import streams
from agent.tasks.check import SET_THE_CLOCK, clocks_apart
from agent.tasks.claim import new_id
from agent.tasks.desk import Desk
from agent.tasks.receipt_keys import KeysShown, is_another, oem_keys
from agent.tasks.recipient import NOT_THE_OEM, Reply, is_signed, said

_PAGES_MAX = 100_000
Answer = TypeVar("Answer", heads.StreamHead, heads.OptOutPage, heads.SuppressedPage, heads.HeldPage)
PageOf = TypeVar("PageOf", heads.OptOutPage, heads.SuppressedPage, heads.HeldPage)
OptOutLike = heads.OptOut | heads.Suppressed


class Remembering(Protocol):
    """What the OEM remembers of a stream, page by page. An `oem.Oem` is one. DeliveryError when no answer came."""

    def opt_outs(self, stream_id: str, after: int, now_s: int, jti: str) -> Reply: ...
    def suppressed(self, stream_id: str, after: int, now_s: int, jti: str) -> Reply: ...
    def held(self, stream_id: str, after: int, now_s: int, jti: str) -> Reply: ...
    def keys(self) -> Reply: ...


def request_for(desk: Desk, stream: streams.Stream, path: str) -> heads.RequestClaims:
    """A fresh request: its answer must repeat the `jti`, so that an old answer cannot pass for today's."""
    now_s = int(desk.clock().timestamp())
    return heads.RequestClaims(aud=stream.recipient, stream_id=stream.stream_id, path=path, iat=now_s, jti=new_id())


def answered(
    desk: Desk,
    stream: streams.Stream,
    kind: type[Answer],
    request: heads.RequestClaims,
    reply: Reply,
    oem: KeysShown,
) -> Answer:
    """The OEM's signed word; DeliveryError when there is none to rely on."""
    if reply.status != 200:
        what = f"{stream.recipient} did not tell where the stream stands ({said(reply)})"
        raise why_not(desk, stream.recipient, reply, oem, "FG-D10", what)
    try:
        known = oem_keys(desk, stream.recipient, oem)
        return heads.read_reply(kind, reply.body.decode("ascii", "replace"), request, known)
    except SealError as error:
        what = f"{stream.recipient}: {error.what}"
        if is_signed(reply):
            raise DeliveryError("FG-D12", what, error.advice) from None
        raise DeliveryError("FG-D12", what, NOT_THE_OEM, who="dealer IT") from None


def why_not(desk: Desk, recipient: str, reply: Reply, oem: KeysShown, code: str, what: str) -> DeliveryError:
    """A question that was not answered, or what stands behind that: another OEM at this address, a clock that is off.
    Only where neither does is it for the OEM to act."""
    if is_another(desk, recipient, oem):
        return DeliveryError(
            "FG-D14",
            f"what answers at the endpoint of {recipient} is not the OEM that was enrolled with: its keys are others",
            "correct recipients.*.endpoint in agent.yaml; where it is right, call the OEM on a number you know, before"
            " anything else. Do not enroll with what answers there now",
            who="dealer IT",
        )
    apart = clocks_apart(desk.clock(), reply.dated)
    if apart and meaning(reply.status, reply.problem).problem == "bad_signature":
        return DeliveryError(
            "FG-D13",
            f"the clock of this machine is {apart} that of {recipient}, which takes no question signed at such a time",
            f"{SET_THE_CLOCK}; where it is right, call the OEM: its clock is wrong",
            who="dealer IT",
        )
    return DeliveryError(code, what, meaning(reply.status, reply.problem).advice)


def opt_outs(desk: Desk, stream: streams.Stream, oem: Remembering, after: int) -> Iterator[heads.OptOutPage]:
    """Every page of opt-outs behind a cursor, oldest first."""
    return _pages(desk, stream, oem, heads.OptOutPage, heads.opt_outs_path, after)


def suppressed(desk: Desk, stream: streams.Stream, oem: Remembering) -> Iterator[heads.Suppressed]:
    """Everything the OEM holds as suppressed for this stream."""
    path = partial(heads.suppressed_path, stream.stream_id)
    for page in _pages(desk, stream, oem, heads.SuppressedPage, path):
        yield from page.entries


def held(desk: Desk, stream: streams.Stream, oem: Remembering) -> Iterator[heads.Held]:
    """The ids of all records of this stream that the OEM holds."""
    for page in _pages(desk, stream, oem, heads.HeldPage, partial(heads.held_path, stream.stream_id)):
        yield from page.entries


def _pages(
    desk: Desk,
    stream: streams.Stream,
    oem: Remembering,
    kind: type[PageOf],
    path: Callable[[int], str],
    after: int = 0,
) -> Iterator[PageOf]:
    ask = {heads.OptOutPage: oem.opt_outs, heads.SuppressedPage: oem.suppressed, heads.HeldPage: oem.held}[kind]
    for _ in range(_PAGES_MAX):
        request = request_for(desk, stream, path(after))
        reply = ask(stream.stream_id, after, request.iat, request.jti)
        page = answered(desk, stream, kind, request, reply, oem)
        if page.after != after:
            raise DeliveryError("FG-D12", f"{stream.recipient}: its page does not follow the last one", heads.ADVICE)
        yield page
        if not page.more:
            return
        after = page.through
