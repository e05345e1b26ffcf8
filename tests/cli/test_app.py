"""The command table: each command stands under the reader who needs it, and its help fits a line of 80 columns."""

from __future__ import annotations

import subprocess
import sys

import typer
from typer.testing import CliRunner

from agent.cli.app import NOW_AND_THEN, READERS, app, front_page


def test_every_command_stands_under_exactly_one_reader() -> None:
    offered = list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    listed = [name for names in READERS.values() for name in names]
    assert sorted(listed) == sorted(offered)


def test_the_help_page_fits_80_columns_and_cuts_no_sentence() -> None:
    page = CliRunner().invoke(app, ["--help"], terminal_width=80).output
    assert "Dealership IT:" in page
    assert max(map(len, page.splitlines())) <= 80
    assert "..." not in page.replace("COMMAND [ARGS]...", "")


def test_the_quick_help_page_is_the_one_that_typer_makes() -> None:
    for width in (60, 80):
        made = CliRunner().invoke(app, ["--help"], terminal_width=width, prog_name="fieldgate").output
        assert front_page(width).strip() == made.strip()


def test_the_short_help_page_leaves_out_what_is_asked_for_now_and_then_and_says_so() -> None:
    short, whole = front_page(80).splitlines(), front_page(80, everything=True).splitlines()
    names = {name for names in READERS.values() for name in names}
    assert names >= NOW_AND_THEN

    def named(page: list[str]) -> set[str]:
        return {line.split()[0] for line in page if line.startswith("  ") and line.split()[0] in names}

    assert named(whole) == names
    assert named(short) == names - NOW_AND_THEN
    assert short[-1] == f"{len(NOW_AND_THEN)} more: fieldgate --help --all"
    assert max(map(len, whole)) <= 80


def test_the_help_page_loads_nothing_that_a_command_needs_to_run() -> None:
    """Work, not time: what is imported is what makes a help page slow."""
    code = "import sys; sys.argv[1:] = ['--help']; from agent.cli import main; main(); print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: ")
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    heavy = {"yaml", "pydantic", "httpx", "cryptography", "joserfc", "msgspec", "structlog", "sqlglot", "pyodbc", "re2"}
    assert "typer" in loaded
    assert not loaded & heavy
    assert not {"agent.core", "agent.tasks", "agent.state", "agent.config"} & set(done.stdout.split())
