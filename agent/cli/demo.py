"""`demo`: the whole product on make-believe data, in a minute, with its own search for a leak."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json

if TYPE_CHECKING:
    from agent.demo.stage import Stage

_ENGINES = ("auto", "postgresql", "mariadb", "sqlite")


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    dms: Annotated[str, typer.Option("--dms", help="postgresql, mariadb or sqlite; auto takes the best there is.")] = (
        "auto"
    ),
    customers: Annotated[int, typer.Option("--customers", min=1, max=200_000, help="Make-believe customers.")] = 5_000,
    folder: Annotated[Path, typer.Option("--dir", help="The demo's own folder; an earlier demo in it is removed.")] = (
        Path("fieldgate-demo")
    ),
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number makes another dealership.")] = 7,
    stay: Annotated[bool, typer.Option("--stay", help="Keep the car maker's side running at the end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """See it work on make-believe data. What leaves, what never can, and a search for its own leak."""
    from agent.demo import layout
    from agent.demo.dms import SHOWCASE
    from agent.demo.facts import as_json as document
    from agent.demo.scene_run import landed_customer
    from agent.demo.stage import Options
    from agent.demo.story import play

    if dms not in _ENGINES:
        raise typer.BadParameter(f"--dms is one of {', '.join(_ENGINES)}")
    teller = _Silent() if as_json else _Screen()

    def keep_running(stage: Stage) -> None:
        landed = landed_customer(stage, SHOWCASE)
        portal = f"{stage.receiver.url}/portal" + (f"?id={landed.id}" if landed else "")
        stage.say(*layout.staying(portal))
        _wait()

    options = Options(dms, customers, folder, seed)  # type: ignore[arg-type]  # one of _ENGINES
    with _ending_in_order():
        facts = play(options, teller, keep_running if stay else None)
    if as_json:
        say_json(document(facts))
    raise typer.Exit(0 if facts.passed else 1)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does: what was started is stopped."""
    import signal
    import threading
    from types import FrameType

    def end(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 (signal's own signature)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait() -> None:
    import threading
    from contextlib import suppress

    with suppress(KeyboardInterrupt):
        threading.Event().wait()


class _Silent:
    """For --json: the lines are kept by the stage, nobody shows them."""

    bars = False

    def say(self, line: str) -> None:
        """Not shown."""

    def progress(self, label: str, done: int, total: int) -> None:
        """Not shown."""


class _Screen:
    """Lines as they come; progress is drawn over itself on a terminal, and not at all elsewhere."""

    def __init__(self) -> None:
        self.bars = sys.stdout.isatty() and os.environ.get("TERM", "") != "dumb"
        self._drawn = 0

    def say(self, line: str) -> None:
        self._erase()
        say(line)
        sys.stdout.flush()

    def progress(self, label: str, done: int, total: int) -> None:
        if not self.bars:
            return
        from agent.demo.layout import bar

        text = f"     {label:<8} {bar(done, total)}  {done:,}" if total else f"     {label} ..."
        text = text[: min(79, shutil.get_terminal_size().columns - 1)]
        self._erase()
        sys.stdout.write(text)
        sys.stdout.flush()
        self._drawn = len(text)

    def _erase(self) -> None:
        if self._drawn:
            sys.stdout.write("\r" + " " * self._drawn + "\r")
            self._drawn = 0
