"""A time limit on each thing that only the other side can finish: the head of a request, its body, taking the answer.
Whoever sends or reads a byte a second is cut off, so idle connections never fill the receiver's places.

The TLS handshake before that has asyncio's own limit (60 s) and takes no place.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0  # from the connection, or the end of the last answer, to the last byte of a request's head
ANSWER_S = 60.0  # beyond the body's own limit: judging, landing, and taking the answer


class _Timed(H11Protocol):
    head_s: float
    rest_s: float
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._within(self.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._clear()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:  # a head has come whole; pieces of one, or of a body, buy no time
            self._within(self.rest_s)

    def on_response_complete(self) -> None:
        self._within(self.timeout_keep_alive + self.head_s)
        super().on_response_complete()

    def _within(self, seconds: float) -> None:
        self._clear()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _clear(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()


def timed(head_s: float, body_s: float) -> type[asyncio.Protocol]:
    """The protocol of a server whose requests have `head_s` for their heads and `body_s` for their bodies."""
    return type("Timed", (_Timed,), {"head_s": head_s, "rest_s": body_s + ANSWER_S})
