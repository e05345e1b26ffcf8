"""The OEM's side of a stream as delivery needs it: an `oem.Oem`, or a small working fake in a test."""

from __future__ import annotations

import re
from typing import Protocol

from agent.core.answers import meaning
from agent.core.seal import SealedBatch


class Reply(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def problem(self) -> str: ...
    @property
    def retry_after(self) -> str | None: ...
    @property
    def dated(self) -> str: ...


class Recipient(Protocol):
    """All calls raise DeliveryError when no answer came; a batch pushed then may or may not have arrived."""

    def push(self, batch: SealedBatch) -> Reply: ...
    def head(self, stream_id: str, now_s: int, jti: str) -> Reply: ...
    def keys(self) -> Reply: ...


class Portal(Protocol):
    """Where customers of the OEM say stop. Raises DeliveryError when no answer came."""

    def opt_outs(self, stream_id: str, after: int, now_s: int, jti: str) -> Reply: ...
    def keys(self) -> Reply: ...


def is_signed(reply: Reply) -> bool:
    """Whether it has the form of a signed answer at all; a log-in page in between, or another server, gives none."""
    return re.fullmatch(rb"[\w-]+\.[\w-]+\.[\w-]+", reply.body) is not None


NOT_THE_OEM = (
    "look what answers there: a proxy's page, a log-in page, or another server; correct recipients.*.endpoint in"
    " agent.yaml where it is wrong, then: fieldgate doctor; nothing counts as delivered"
)


def said(reply: Reply) -> str:
    """What the OEM said, in a name of ours or a status; never its own text."""
    return meaning(reply.status, reply.problem).problem or f"HTTP {reply.status}"
