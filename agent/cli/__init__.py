"""The command line: typer, one file per noun; the only print and the only exit.

Importing this package must stay cheap: the files here import typer alone and everything else inside their functions.
"""

from __future__ import annotations

import sys

from agent.cli.app import app, front_page
from agent.cli.out import fail, say
from agent.errors import FieldgateError, StateError

__all__ = ["main"]


def main() -> None:
    """Console entry point. One of our own errors becomes its three lines and its exit status; a defect of ours names
    its place and never its text, which may quote data."""
    if sys.argv[1:] == ["--help"] or sorted(sys.argv[1:]) in (["--all"], ["--all", "--help"]):
        say(front_page(everything="--all" in sys.argv))
        return
    try:
        app()
    except FieldgateError as error:
        fail(error, as_json="--json" in sys.argv)
    except Exception as error:  # noqa: BLE001
        fail(_defect(error), as_json="--json" in sys.argv)


def _defect(error: BaseException) -> FieldgateError:
    frame = error.__traceback__
    place = "?"
    while frame is not None:
        code = frame.tb_frame.f_code
        if "agent" in code.co_filename:
            place = f"{code.co_qualname} line {frame.tb_lineno}"
        frame = frame.tb_next
    return StateError(
        "FG-X01",
        f"fieldgate stopped on an unforeseen {type(error).__name__} in {place}",
        "nothing of what was in hand is stored; run `fieldgate doctor`, and report this line as a defect",
    )
