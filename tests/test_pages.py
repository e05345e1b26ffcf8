"""What a command writes into docs/ is made anew by `tests/run.sh --long`, and a failure of it is one of the whole."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import pages

HELD_BY_A_TEST = {"troubleshooting"}  # a test of the default run compares it with its source


def test_every_page_that_names_the_command_that_wrote_it_is_made_by_the_long_run() -> None:
    by = re.compile(r"\b(?:Written|Made)\b[^`]{0,20}\bby `python -m (tests\.\w+)")
    texts = {page.stem: page.read_text("utf-8") for page in (pages.ROOT / "docs").glob("*.md")}
    written = {name: found[1] for name, text in texts.items() if (found := by.search(text))}
    assert {name: module for name, module in written.items() if name not in HELD_BY_A_TEST} == {
        name: commands[0].split()[0] for name, commands in pages.PAGES.items()
    }


def test_every_command_is_there() -> None:
    modules = {command.split()[0] for commands in pages.PAGES.values() for command in commands}
    assert [name for name in sorted(modules) if find_spec(name) is None] == []


def _pages(root: Path, **bodies: str) -> dict[str, tuple[str, ...]]:
    for name, body in bodies.items():
        (root / f"{name}.py").write_text(body, "utf-8")
    return {name: (name,) for name in bodies}


def test_one_that_fails_fails_the_whole_and_the_others_still_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = _pages(tmp_path, good="open('good.md', 'w')", bad="raise SystemExit('two cells did not hold')")
    assert pages.main(["good"], known, tmp_path) == 0
    (tmp_path / "good.md").unlink()
    assert pages.main(["bad", "good"], known, tmp_path) == 1
    said = capsys.readouterr()
    assert "two cells did not hold" in said.err
    assert (tmp_path / "good.md").exists()


def test_what_this_machine_cannot_do_is_said_and_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = _pages(tmp_path, wine=f"print('no Wine')\nraise SystemExit({pages.NOT_HERE})")
    assert pages.main([], known, tmp_path) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "  not made on this machine: docs/wine.md: no Wine"


def test_a_page_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert pages.main(["perfomance"]) == 2
    assert "no such page: perfomance" in capsys.readouterr().err
