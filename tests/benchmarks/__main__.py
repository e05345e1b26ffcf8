"""Make the tables of docs/performance.md.

python -m tests.benchmarks            quick: 100,000 rows, about five minutes
python -m tests.benchmarks --full     1 and 5 million rows, 5 turns, and what a user would pick instead
python -m tests.benchmarks --only rates,memory,growth,start,shares     --engines sqlite
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.demo import servers
from tests.benchmarks import house, report
from tests.benchmarks.table import Customers

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("rates", "memory", "growth", "start", "shares")
ENGINES = ("sqlite", "postgresql", "mariadb")


def main() -> int:
    asked = _arguments()
    parts = asked.only.split(",") if asked.only else list(PARTS)
    engines = asked.engines.split(",")
    found: dict[str, Any] = {
        "command": "python -m tests.benchmarks" + "".join(f" {a}" for a in sys.argv[1:]),
        "machine": _machine(),
        "rows": asked.rows or (500_000 if asked.full else 100_000),
        "turns": asked.turns or (5 if asked.full else 3),
    }
    folder = Path(tempfile.mkdtemp(prefix="fieldgate-bench-"))
    try:
        if "rates" in parts:
            found["rates"] = [row for kind in engines for row in _rates(folder, kind, found["rows"], found["turns"])]
        if "memory" in parts or "growth" in parts:
            sizes = (100_000, 1_000_000, 5_000_000) if asked.full else (100_000, 1_000_000)
            found["sizes"] = [_size(folder, rows) for rows in sizes]
        if "start" in parts:
            found["start"] = _start(found["turns"])
        if "shares" in parts:
            found["shares"] = _shares(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found["load"] = os.getloadavg()[0]
    text = report.write(found)
    (asked.out or ROOT / "docs" / "performance.md").write_text(text)
    print(text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="more rows, more turns, sizes up to 5 million rows")
    parser.add_argument("--only", default="", help=f"parts, comma between: {', '.join(PARTS)}")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--turns", type=int, default=0)
    parser.add_argument("--out", type=Path, default=None, help="instead of docs/performance.md")
    return parser.parse_args()


def _machine() -> dict[str, Any]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "on": dt.datetime.now(dt.UTC).date().isoformat(),
    }


@contextmanager
def _loaded(folder: Path, kind: str, rows: int) -> Iterator[tuple[servers.Engine, Path]]:
    room = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=folder))
    with servers.running(kind, room) as engine:  # type: ignore[arg-type]
        engine.load(Customers(rows))  # type: ignore[arg-type]  # what `load` needs of a Dealership, it has
        yield engine, room
    shutil.rmtree(room)


def _measured(module: str, order: dict[str, Any]) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{module}", json.dumps(order)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{module} stopped:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _rates(folder: Path, kind: str, rows: int, turns: int) -> Iterator[dict[str, Any]]:
    cores = sorted(os.sched_getaffinity(0))
    with _loaded(folder, kind, rows) as (engine, room):
        for columns in (8, 20):
            house.build(room / f"home{columns}", engine, columns)
            for used in (cores[:1], cores[:2]):
                if len(used) == 2 or used == cores[:1]:
                    order = {
                        "home": str(room / f"home{columns}"), "columns": columns, "rows": rows, "turns": turns,
                        "cores": used, "schema": engine.schema,
                    }  # fmt: skip
                    _say(f"{kind}, {columns} columns, {len(used)} core(s)")
                    found = _measured("worker", order)
                    yield {"engine": kind, "columns": columns, "cores": len(used), "turns": found["turns"]}
            shutil.rmtree(room / f"home{columns}")


def _size(folder: Path, rows: int) -> dict[str, Any]:
    """One load and one re-read at this many rows: memory, time and the state file. Nothing else runs in the worker."""
    _say(f"size: {rows:,} rows")
    with _loaded(folder, "sqlite", rows) as (engine, room):
        house.build(room / "home", engine, 8)
        order = {
            "home": str(room / "home"), "columns": 8, "rows": rows, "turns": 1, "bare": False,
            "cores": sorted(os.sched_getaffinity(0))[:2], "schema": engine.schema,
        }  # fmt: skip
        return {"rows": rows} | _measured("worker", order)["turns"][0]


def _start(turns: int) -> dict[str, float]:
    _say("start-up")
    command = [sys.executable, "-m", "agent.cli", "--help"]
    script = Path(sys.executable).parent / "fieldgate"
    if script.exists():
        command = [str(script), "--help"]
    took = []
    for _ in range(2 * turns + 1):
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - started)
    return {"median_s": statistics.median(took), "best_s": min(took), "worst_s": max(took)}


def _shares(folder: Path) -> dict[str, float]:
    _say("shares")
    with _loaded(folder, "sqlite", 50_000) as (engine, room):
        house.build(room / "home", engine, 8)
        shares: dict[str, float] = _measured("shares", {"home": str(room / "home"), "rows": 50_000})
        return shares


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
