"""The evenings that cells begin on: how a dealer is brought to stand where a task wants it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.crash import network
from tests.crash.cells import ran
from tests.crash.dealer import Dealer, dealer


@contextmanager
def ready(folder: Path, kind: str) -> Iterator[Dealer]:
    with dealer(folder, enrolled=kind != "not enrolled") as one:
        problems = [] if kind in ("not enrolled", "never run") else ran(one)
        if kind == "rotated once":
            assert one.command("keys", "rotate").status == 0
            problems += ran(one)
        elif kind in ("arrived", "lost"):
            network.in_flight(one, {"arrived": "answer dropped", "lost": "dropped"}[kind])
        assert problems == []
        one.keep()
        yield one
