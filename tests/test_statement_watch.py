"""The audit of statements over all tests finds what it is there to find."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agent.demo.engine import LoggedStatement
from tests.statement_watch import Watch, judged, table

ASKED = 'SELECT m."SSN" FROM dbo."CUSTOMER" m WHERE 1 = 0'


@pytest.mark.parametrize(
    ("statement", "code", "stranger"),
    [
        (ASKED, "42501", False),
        (ASKED, "", True),  # answered
        ('SELECT m."SSN" FROM dbo."CUSTOMER" m', "42501", True),  # refused, but it would have read rows
        ('SELECT m."EMAIL1" FROM dbo."CUSTOMER" m ORDER BY m."SSN"', "", True),
        ('SELECT m."EMAIL1" FROM dbo."CUSTOMER" m', "", False),
    ],
)
def test_only_a_refused_question_over_no_row_may_name_a_nonpublic_column(
    statement: str, code: str, stranger: bool
) -> None:
    found = judged([LoggedStatement("agent", statement, code), LoggedStatement("owner", ASKED, "")], "agent")
    assert (found.statements, bool(found.strangers)) == (1, stranger)


def test_one_statement_of_one_test_is_named_and_only_a_mark_excuses_it(tmp_path: Path) -> None:
    watch = Watch()
    watch.found["mariadb"] = {"test_a": judged([LoggedStatement("agent", ASKED, "")], "agent")}
    assert watch.strangers() == [f"test_a: {ASKED}"]
    watch.keep(tmp_path / "one.json")
    assert "| MariaDB | 1 | 1 | 1 | 0 | 0 | 1 |" in table(tmp_path)
    watch.excused["test_a"] = "planted"
    assert watch.strangers() == []


@pytest.mark.long
def test_a_run_in_which_a_test_asks_the_server_is_red(tmp_path: Path) -> None:
    """The real hook on a real server, in a test run of its own."""
    import subprocess
    import sys

    root = Path(__file__).parents[1]
    planted = (
        "from agent.dms.odbc import connect\n"
        "def test_planted(postgresql):\n"
        "    with connect(postgresql.settings, postgresql.password) as c:\n"
        '        c.ask(\'SELECT "SSN" FROM dbo."CUSTOMER"\')\n'
    )
    for text, status in ((planted, 1), (planted.replace("SSN", "EMAIL1"), 0)):
        (tmp_path / "test_planted.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", str(root / "pyproject.toml")]
        done = subprocess.run([*command, str(tmp_path)], cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout
        assert ("asked for what is nonpublic" in done.stdout) == bool(status)


def test_a_page_of_a_test_run_that_never_was_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    page = Path(__file__).parents[1] / "docs" / "statements.md"
    before = page.read_bytes()
    command = [sys.executable, "-m", "tests.measure_statements", "--tests", str(tmp_path)]
    done = subprocess.run(command, cwd=page.parents[1], capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert "holds no test run" in done.stderr
    assert page.read_bytes() == before
