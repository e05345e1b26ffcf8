"""The command line: typer, one file per noun; the only print and the only exit.

Importing this package must stay cheap: the files here import typer alone and everything else inside their functions.
"""

from __future__ import annotations

import sys

from agent.cli.app import app
from agent.cli.out import fail
from agent.errors import FieldgateError

__all__ = ["main"]


def main() -> None:
    """Console entry point. One of our own errors becomes its three lines and its exit status."""
    try:
        app()
    except FieldgateError as error:
        fail(error, as_json="--json" in sys.argv)
