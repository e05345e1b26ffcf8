"""Every command's screen fits 80 columns in three encodings, on a house that has run; foreign names that are long or
strange are cut or escaped. Lines are longer only where a path, a digest or a command would have to be broken."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import agent.cli
from tests.story import house
from tests.story.house import House

LONG = ("utf-8", "cp1252")  # in ASCII the escapes are longest
# What may be said of a house that has run, without a person, a key or a network. OWN is its agent.yaml, OUT a new file.
COMMANDS = (
    "status", "status --kpi", "status --brief", "doctor", "connections", "grants", "grants --letter", "preflight",
    "discover", "policy list", "policy history", "batch list", "batch verify", "audit verify", "audit export --out OUT",
    "choices todo", "keys list", "incident list", "officers list", "report", "support-bundle --out OUT",
    "backup --out OUT", "pause", "resume", "readers", "run --once", "run --reconcile", "resync", "preview --synthetic",
    "choices pull", "setup --files-only",
)  # fmt: skip


@pytest.fixture(scope="module")
def one(has_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house.house(has_run, tmp_path_factory.mktemp("width")) as made:
        yield made


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def printed(argv: list[str], encoding: str) -> tuple[str, object]:
    """What a terminal of this encoding gets: every byte of it, or UnicodeEncodeError."""
    raw = io.BytesIO()
    out = Terminal(raw, encoding=encoding, errors="strict", newline="\n")
    before, sys.argv = sys.argv, ["fieldgate", *argv]
    status: object = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            agent.cli.main()
    except SystemExit as ended:
        status = ended.code
    finally:
        sys.argv = before
    out.flush()
    return raw.getvalue().decode(encoding), status


def too_wide(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if len(line) > 80]
    return [line for line in lines if max(map(len, line.split())) < 40]


@pytest.mark.parametrize("encoding", ["ascii", *(pytest.param(one, marks=pytest.mark.long) for one in LONG)])
def test_every_screen_fits(one: House, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    wide = []
    for number, command in enumerate(COMMANDS):
        argv = [str(tmp_path / f"out-{number}") if part == "OUT" else part for part in command.split()]
        if command != "preflight":
            argv += ["--config", str(one.yaml)]
        text, _ = printed(argv, encoding)
        assert text.strip(), command
        assert "Traceback" not in text
        wide += [(command, line) for line in too_wide(text)]
    assert not wide, "\n".join(f"{command}: {line}" for command, line in wide)
