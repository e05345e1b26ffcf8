"""No crash, no hang, nothing nonpublic accepted, whatever the file."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz.judge import COLUMNS, TABLES, judge
from tests.fuzz.mutations import Mutator, seeds
from tests.fuzz.naive import accepted_npi

ROOT = Path(__file__).parents[2]
SAMPLE, MANY, GUIDED_S = 150, 3_000, 300


def _fuzzed(seed: int, many: int) -> Counter[tuple[str, ...]]:
    mutator = Mutator(seed)
    return Counter(judge(mutator.one()) for _ in range(many))


def test_the_naive_reading_finds_what_it_looks_for() -> None:
    """Without this, a fuzzer that finds nothing would say nothing."""
    whole = next(text for text in seeds() if text.startswith("# yaml-language-server") and "customer-crm" in text)
    assert accepted_npi(whole.encode(), COLUMNS, TABLES) == []
    for old, new in (
        ("column: ODOMETER,", "column: APR,"),
        ("column: MAKE, is:", "column: VEHICLE.Buy Rate, is:"),
        ("key: [DEAL_NO]", "key: [SSN]"),
        ("table: dbo.VEHICLE\n", "table: dbo.FI_DEAL\n"),
        ("{OWNER_NO: CUST_NO}", "{OWNER_NO: credit_score}"),
        ("column: OPT_OUT,", "column: loan_term,"),
    ):
        assert old in whole, old
        assert accepted_npi(whole.replace(old, new, 1).encode(), COLUMNS, TABLES), new


def test_a_sample_of_files_somebody_could_have_written() -> None:
    found = _fuzzed(20261122, SAMPLE)
    assert len(found) > SAMPLE // 6, "the files are too much alike"
    assert any("P020" in codes for codes in found), "no file got as far as the checks"


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(4))
def test_many_files_somebody_could_have_written(seed: int) -> None:
    found = _fuzzed(seed, MANY)
    reached = {code for codes in found for code in codes}
    assert len(reached) > 40, reached
    assert found[()] > 20, "hardly any file was accepted, so nothing shows that the right ones are"


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_guided_by_coverage(tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed")
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.guided",
        str(tmp_path / "corpus"),
        f"-max_total_time={GUIDED_S}",
        "-seed=1",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1700)
    assert done.returncode == 0, done.stderr[-4000:]
    assert " runs in " in done.stderr
