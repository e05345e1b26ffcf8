"""A seeded sample of the sabotages with every run; all of them with tests/run.sh --mutants."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import tests.mutants.__main__ as runner
from tests.mutants.sabotages import DEMO, MUTANTS, PROMISES, Mutant

ROOT = Path(__file__).parents[2]
SAMPLE = [
    "gate-takes-any-id", "vehicle-secrets-are-plain", "screen-hit-is-sent", "author-approves-herself",
    "broken-link-holds",
]  # fmt: skip


def test_each_promise_has_at_least_five_sabotages_each_with_a_name_of_its_own() -> None:
    assert min(Counter(m.promise for m in MUTANTS)[promise] for promise in PROMISES) >= 5
    assert len({m.id for m in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", [*MUTANTS, *(c for changes in DEMO.values() for c in changes)], ids=lambda m: m[0])
def test_each_sabotage_still_finds_its_place(mutant) -> None:
    assert (ROOT / mutant.file).read_text("utf-8").count(mutant.old) == 1
    assert mutant.old != mutant.new


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.id)
def test_each_sabotage_names_a_test_that_exists(mutant) -> None:
    file, _, name = mutant.test.partition("::")
    assert (ROOT / file).exists()
    assert not name or f"def {name}(" in (ROOT / file).read_text("utf-8")


@pytest.mark.timeout(600)
def test_a_sample_of_sabotages_is_noticed() -> None:
    only = [part for name in SAMPLE for part in ("--only", name)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants", "--jobs", "1", *only], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(SAMPLE)} of {len(SAMPLE)} mutants killed" in done.stdout


HARMLESS = Mutant("harmless", 9, "agent/core/text.py", "from __future__ import annotations", "import re as _re", "")


@pytest.mark.parametrize(
    ("mutant", "outcome"),
    [
        (HARMLESS._replace(test="tests/core/test_text.py"), "SURVIVED"),
        (HARMLESS._replace(old="what no longer stands there", test="tests/core/test_text.py"), "OUT OF DATE"),
        (HARMLESS._replace(new="1 +", test="tests/core/test_text.py"), "NOT RUN"),
        (HARMLESS._replace(test="tests/core/test_text.py::test_that_nobody_wrote"), "NOT RUN"),
    ],
    ids=["survives", "out of date", "cannot be imported", "test is gone"],
)
def test_what_shows_nothing_is_no_kill(mutant, outcome) -> None:
    with runner.copy_of_the_tree() as folder:
        found, _ = runner.judge(folder, mutant)
        assert found == outcome
        assert (folder / mutant.file).read_bytes() == (ROOT / mutant.file).read_bytes(), "put back for the next one"


def test_a_drawn_example_is_no_kill() -> None:
    drawn = """
from hypothesis import example, given, strategies as st
from agent.core import text
@given(st.integers())
def test_drawn(number):
    assert "re" not in vars(text)
@example(1)
@given(st.integers())
def test_written_out(number):
    assert "re" not in vars(text)
"""
    mutant = HARMLESS._replace(new="from __future__ import annotations\nimport re")
    with runner.copy_of_the_tree() as folder:
        (folder / "tests" / "test_it.py").write_text(drawn)
        outcomes = [runner.judge(folder, mutant._replace(test=f"tests/test_it.py::{name}"))[0] for name in (
            "test_drawn", "test_written_out",
        )]  # fmt: skip
    assert outcomes == ["SURVIVED", "killed"]


def test_a_kill_by_a_test_that_fails_anyway_would_be_noticed(tmp_path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text("def test_red():\n    assert 0\n\ndef test_green():\n    assert 1\n")
    assert runner.is_red(tmp_path, "tests/test_it.py::test_red")
    assert not runner.is_red(tmp_path, "tests/test_it.py::test_green")
