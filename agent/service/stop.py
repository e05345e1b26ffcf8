"""Being told to stop: said once, and whoever waits for something long has left word how to cut it short."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent.errors import Retry, SourceError

STOPPED = "FG-S23"


class Stop:
    """Never asked until `ask`. Only work that may be killed at any byte is cut short, such as a reader child."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._cuts: list[Callable[[], None]] = []

    def ask(self) -> None:
        """Stop at the next safe point. Called from signal handlers too: it only sets, and kills what may be killed."""
        self._event.set()
        for cut in list(self._cuts):
            cut()

    @property
    def asked(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, but no longer than until it is asked; whether it is."""
        return self._event.wait(seconds)

    @contextmanager
    def cutting(self, cut: Callable[[], None]) -> Iterator[None]:
        """While inside, `ask` calls `cut`; at once, if it was asked before."""
        self._cuts.append(cut)
        try:
            if self.asked:
                cut()
            yield
        finally:
            self._cuts.remove(cut)


def stopped() -> SourceError:
    """What work ends with that was cut short: no failure, and nobody's turn."""
    return SourceError(
        STOPPED,
        "the service was told to stop before the run was done",
        "nothing is lost; the next run goes on where it ended",
        retry=Retry.LATER,
    )
