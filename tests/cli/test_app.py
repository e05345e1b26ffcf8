"""The command table: each command stands under the reader who needs it, and its help fits a line of 80 columns."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from agent.cli.app import READERS, app


def test_every_command_stands_under_exactly_one_reader() -> None:
    offered = list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    listed = [name for names in READERS.values() for name in names]
    assert sorted(listed) == sorted(offered)


def test_the_help_page_fits_80_columns_and_cuts_no_sentence() -> None:
    page = CliRunner().invoke(app, ["--help"], terminal_width=80).output
    assert "Dealership IT:" in page
    assert max(map(len, page.splitlines())) <= 80
    assert "..." not in page.replace("COMMAND [ARGS]...", "")
