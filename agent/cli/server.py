"""What the commands on the dealer's server share: where agent.yaml is, who types, and the desk, opened and closed."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import datetime as dt

    from agent.tasks.desk import Desk

Config = Annotated[Path, typer.Option("--config", help="agent.yaml", envvar="FIELDGATE_CONFIG")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
DEFAULT = Path("agent.yaml")


@contextmanager
def desk(config: Path) -> Iterator[Desk]:
    """The desk of the agent that agent.yaml describes."""
    from agent import config as settings
    from agent.tasks.desk import open_desk

    opened = open_desk(settings.load(config), clock=now, actor=actor())
    try:
        yield opened
    finally:
        opened.state.close()


def now() -> dt.datetime:
    import datetime as dt

    return dt.datetime.now(dt.UTC)


def actor() -> str:
    """The account that typed the command; an account without a name is `unknown`."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError, ImportError):
        return "cli:unknown"
