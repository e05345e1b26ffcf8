"""Break the product on purpose and see that a test notices. A sabotage that no test notices, that no longer finds its
place, or that breaks the code so far that no test ran, is a failure: exit 1.

python -m tests.mutants              every mutant, each against the test that is named for it; exit 1 if one survives
python -m tests.mutants --only ID    some of them (repeatable)
python -m tests.mutants --sample N   a seeded sample of N
python -m tests.mutants --write      all, and the table in docs/mutants.md
python -m tests.mutants --sabotage grant-ssn|leaky-log|skip-screen     the demo, sabotaged: it must end with exit 1
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import itertools
import os
import random
import re
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
from typing import NamedTuple

from tests.mutants.sabotages import DEMO, MUTANTS, PROMISES, Change, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("agent", "tests", "field_policies", "docs", "packaging", "pyproject.toml", "README.md")
LIMIT_S = 420
SEED = 20261122
_TIMES = itertools.count(1_000_000_000)  # seconds, as compiled files keep them; each sabotage has one of its own


class OutOfDateError(Exception):
    """The place to sabotage is not there any more."""


class Result(NamedTuple):
    mutant: Mutant
    outcome: str
    by: str


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
    """The same interpreter and libraries, the copy's own code. Compiled once: a sabotage has a time of change of its
    own, and so has what is put back in its place, so neither is taken for the other."""
    compiled = {"PYTHONPYCACHEPREFIX": str(folder / ".compiled")}
    return os.environ | compiled | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "80"}


def apply(folder: Path, change: Change) -> None:
    path = folder / change.file
    text = path.read_text("utf-8") if path.exists() else ""
    if text.count(change.old) != 1:
        raise OutOfDateError(
            f"{change.file}: the text to sabotage stands there {text.count(change.old)} times, not once"
        )
    path.write_text(text.replace(change.old, change.new), "utf-8")
    os.utime(path, (next(_TIMES),) * 2)


def put_back(folder: Path, change: Change) -> None:
    shutil.copy2(ROOT / change.file, folder / change.file)


def pytest(folder: Path, tests: Iterable[str], limit_s: float, *options: str) -> tuple[int, str]:
    """Exit status and what it said; an overrun is a failure of the test."""
    unneeded = [part for name in ("cacheprovider", "xdist", "schemathesis") for part in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", "-q", *unneeded, *options, *tests]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL, capture_output=True, timeout=limit_s
        )
    except subprocess.TimeoutExpired:
        return 1, f"FAILED {' '.join(tests)}: stuck for {limit_s} s"
    return done.returncode, done.stdout.decode("utf-8", "replace")


def failures(said: str) -> list[str]:
    return re.findall(r"^(?:FAILED|ERROR) (tests/\S+)", said, re.MULTILINE)


def judge(folder: Path, mutant: Mutant) -> tuple[str, str]:
    """(outcome, the test that noticed or why there is no outcome). Only a failed test kills: a copy that cannot be
    imported, or a test that does not exist, shows nothing about the promise. Nor does a drawn example, which another
    word in its test may draw no more: only those that are written out are tried."""
    try:
        apply(folder, mutant)
    except OutOfDateError as why:
        return "OUT OF DATE", str(why)
    try:
        status, said = pytest(folder, [mutant.test], LIMIT_S, "-x", "--written-out")
    finally:
        put_back(folder, mutant)
    if status == 0:
        return "SURVIVED", mutant.test
    failed = failures(said)
    if status != 1 or not failed:
        return "NOT RUN", f"pytest ended with {status}: {said.strip()[-300:]}"
    return "killed", failed[0]


def is_red(clean: Path, test: str) -> bool:
    """Whether a test fails without any sabotage: then a kill by it means nothing. Parameters are left off its name."""
    return pytest(clean, [test.partition("[")[0]], LIMIT_S)[0] != 0


def run(mutants: list[Mutant], jobs: int) -> list[Result]:
    with copy_of_the_tree() as clean, tempfile.TemporaryDirectory(prefix="fieldgate-mutants-") as name:
        red = functools.cache(functools.partial(is_red, clean))
        copies: Queue[Path] = Queue()
        for number in range(jobs):
            copies.put(Path(shutil.copytree(clean, Path(name) / str(number))))

        def one(mutant: Mutant) -> Result:
            folder, began = copies.get(), time.monotonic()
            try:
                outcome, by = judge(folder, mutant)
                if outcome == "killed" and red(by):
                    outcome = "RED ALREADY"
            finally:
                copies.put(folder)
            print(f"  {outcome:<11} {mutant.id:<48.48} {time.monotonic() - began:5.1f} s", flush=True)
            return Result(mutant, outcome, by)

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


def table(results: list[Result], on: dt.date) -> str:
    killed = sum(r.outcome == "killed" for r in results)
    lines = [
        "# Mutants",
        "",
        "One-line sabotages of each promise, and the test that noticed. Made by `python -m tests.mutants --write`;",
        f"{on.isoformat()}: {killed} of {len(results)} are killed.",
    ]
    for promise, name in PROMISES.items():
        of_it = [r for r in results if r.mutant.promise == promise]
        lines += ["", f"## {promise}. {name}", "", f"{len(of_it)} sabotages.", ""]
        lines += ["| sabotage | in | noticed by |", "|---|---|---|"]
        for mutant, outcome, by in of_it:
            noticed = f"`{by.removeprefix('tests/')}`" if outcome == "killed" else f"**{outcome}**"
            lines.append(f"| {mutant.id.replace('-', ' ')} | `{mutant.file}` | {noticed} |")
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
    unknown = set(asked.only or ()) - {m.id for m in MUTANTS}
    if unknown:
        raise SystemExit(f"no such mutant: {', '.join(sorted(unknown))}")
    results = run(mutants, asked.jobs)
    alive = [r for r in results if r.outcome != "killed"]
    print(f"{len(results) - len(alive)} of {len(results)} mutants killed")
    for mutant, outcome, why in alive:
        print(f"{outcome}: {mutant.id}: {why}")
    if asked.write and not asked.only and not asked.sample:
        (ROOT / "docs" / "mutants.md").write_text(table(results, dt.datetime.now(dt.UTC).date()), "utf-8")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
