"""The table of commands. A noun's file offers `register(app)`; nothing is found by name."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="fieldgate",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The dealer's own data agent: permitted fields only, signed, to the car maker.",
)
