"""Break the product on purpose and see that a test notices.

python -m tests.mutants              every mutant, each against the test that is named for it; exit 1 if one survives
python -m tests.mutants --only ID    some of them (repeatable)
python -m tests.mutants --sample N   a seeded sample of N
python -m tests.mutants --write      all, and the table in docs/mutants.md
python -m tests.mutants --sabotage grant-ssn|leaky-log|skip-screen     the demo, sabotaged: it must end with exit 1
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

from tests.mutants.sabotages import DEMO, MUTANTS, PROMISES, Change, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("agent", "tests", "field_policies", "docs", "packaging", "pyproject.toml", "README.md")
LIMIT_S = 420
SEED = 20261122


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fieldgate-mutant-") as name:
        folder = Path(name)
        for part in COPIED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
            elif (ROOT / part).exists():
                shutil.copy2(ROOT / part, folder / part)
        yield folder


def environment(folder: Path) -> dict[str, str]:
    """The same interpreter and libraries, the copy's own code."""
    return os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1", "COLUMNS": "80"}


def apply(folder: Path, change: Change) -> None:
    path = folder / change.file
    text = path.read_text("utf-8")
    if text.count(change.old) != 1:
        raise SystemExit(f"{change.file}: the text to sabotage stands there {text.count(change.old)} times, not once")
    path.write_text(text.replace(change.old, change.new), "utf-8")


def put_back(folder: Path, change: Change) -> None:
    shutil.copy2(ROOT / change.file, folder / change.file)


def passes(folder: Path, tests: Iterable[str]) -> bool:
    """Whether the tests pass in this copy. Nothing collected is no pass; an overrun is a failure of the test."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in (0, 1, 2):
        raise SystemExit(f"pytest could not run {' '.join(tests)}:\n{done.stdout.decode()[-2000:]}")
    return done.returncode == 0


def run(mutants: list[Mutant], jobs: int) -> list[tuple[Mutant, bool, float]]:
    """(mutant, killed, seconds) of each; first the named tests must pass without any."""
    with copy_of_the_tree() as clean:
        tests = sorted({m.test for m in mutants})
        if not passes(clean, tests):
            red = [test for test in tests if not passes(clean, [test])]
            raise SystemExit(f"red without any sabotage: {', '.join(red) or tests}")
        copies: Queue[Path] = Queue()

        def one(mutant: Mutant) -> tuple[Mutant, bool, float]:
            folder, began = copies.get(), time.monotonic()
            try:
                apply(folder, mutant)
                killed = not passes(folder, [mutant.test])
                put_back(folder, mutant)
            finally:
                copies.put(folder)
            seconds = time.monotonic() - began
            print(f"  {'killed  ' if killed else 'SURVIVED'} {mutant.id:<48.48} {seconds:5.1f} s", flush=True)
            return mutant, killed, seconds

        with tempfile.TemporaryDirectory(prefix="fieldgate-mutants-") as name:
            for number in range(jobs):
                copies.put(Path(shutil.copytree(clean, Path(name) / str(number))))
            with ThreadPoolExecutor(jobs) as pool:
                return list(pool.map(one, mutants))


def sabotage(name: str, customers: int) -> int:
    """The demo's own exit status, with the sabotage in the tree. What it said is passed on."""
    with copy_of_the_tree() as folder:
        for change in DEMO[name]:
            apply(folder, change)
        command = [
            sys.executable, "-c", "import sys; from agent.cli import main; sys.exit(main())", "demo",
            "--dms", "sqlite", "--customers", str(customers), "--dir", str(folder / "played"),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL)
        return done.returncode


def table(results: list[tuple[Mutant, bool, float]]) -> str:
    lines = [
        "# Mutants",
        "",
        "One-line sabotages of each promise, and the test that notices. Made by `python -m tests.mutants --write`;",
        f"{sum(killed for _, killed, _ in results)} of {len(results)} are killed.",
    ]
    for promise, name in PROMISES.items():
        lines += ["", f"## {promise}. {name}", "", "| sabotage | in | noticed by | |", "|---|---|---|---|"]
        for m, killed, _ in results:
            if m.promise == promise:
                cells = (m.id.replace("-", " "), f"`{m.file}`", f"`{m.test.removeprefix('tests/')}`")
                lines.append(f"| {' | '.join(cells)} | {'killed' if killed else 'SURVIVED'} |")
    lines += ["", "## The demo finds its own leak", "", "`tests/run.sh --sabotage NAME` ends with exit 1 for each:", ""]
    lines += [f"- `{name}`: {'; '.join(f'`{c.file}`' for c in changes)}" for name, changes in DEMO.items()]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Break the product on purpose.")
    parser.add_argument("--only", action="append", metavar="ID")
    parser.add_argument("--sample", type=int, metavar="N")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--write", action="store_true", help="write docs/mutants.md")
    parser.add_argument("--sabotage", choices=sorted(DEMO))
    parser.add_argument("--customers", type=int, default=400)
    asked = parser.parse_args()
    if asked.sabotage:
        status = sabotage(asked.sabotage, asked.customers)
        print(f"sabotage {asked.sabotage}: the demo ended with exit {status}")
        return status
    mutants = [m for m in MUTANTS if not asked.only or m.id in asked.only]
    if asked.sample:
        mutants = random.Random(SEED).sample(mutants, asked.sample)
    results = run(mutants, asked.jobs)
    survived = [m.id for m, killed, _ in results if not killed]
    print(f"{len(results) - len(survived)} of {len(results)} mutants killed")
    if survived:
        print("survived: " + ", ".join(survived))
    if asked.write and not asked.only and not asked.sample:
        (ROOT / "docs" / "mutants.md").write_text(table(results), "utf-8")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
