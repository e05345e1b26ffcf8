"""Make the tables of docs/performance.md.

python -m tests.benchmarks            quick: fewer rows, about five minutes
python -m tests.benchmarks --full     sizes up to 5 million rows, and what a user would pick instead: about twenty
python -m tests.benchmarks --full --minutes 60     with time for the largest size too: half an hour
python -m tests.benchmarks --only rates,sizes,quiet,start,shares,others,receiver     --engines sqlite     --minutes 12

With every part and engine the page is written whole; otherwise it is printed, and written only where --out says.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.demo import servers
from agent.demo.engine import Engine
from agent.errors import ConfigError
from tests.benchmarks import house, others, report
from tests.benchmarks.table import TABLE, Customers

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("start", "shares", "quiet", "others", "sizes", "rates", "receiver")
ENGINES = ("sqlite", "postgresql", "mariadb")
LARGEST = 5_000_000


def main() -> int:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled
    asked = _arguments()
    parts = asked.only.split(",") if asked.only else [p for p in PARTS if asked.full or p != "others"]
    engines = asked.engines.split(",")
    if "others" in parts:
        _make_environments()  # before the clock starts: pip takes as long as the network does
    end = time.monotonic() + 60 * (asked.minutes or (12 if asked.full else 6))
    found: dict[str, Any] = {
        "command": "python -m tests.benchmarks" + "".join(f" {a}" for a in sys.argv[1:]),
        "machine": _machine(),
        "turns": asked.turns or (3 if asked.full else 2),
        "missing": [],
    }
    rows = {kind: asked.rows or _ROWS[asked.full][kind] for kind in ENGINES}
    sizes = [int(n) for n in asked.sizes.split(",")] if asked.sizes else [100_000, *[1_000_000] * asked.full]
    folder = Path(tempfile.mkdtemp(prefix="fieldgate-bench-"))
    load = [os.getloadavg()[0]]
    try:
        if "start" in parts:
            found["start"] = _start(found["turns"])
        if "shares" in parts:
            found["shares"] = _shares(folder)
        if "quiet" in parts:
            _noted(found, "quiet", lambda: _quiet(folder, rows["postgresql"]))
        if "others" in parts:
            _noted(found, "others", lambda: _others(folder, rows["postgresql"], found["turns"]))
        if "sizes" in parts:
            found["sizes"] = [_size(folder, size) for size in sizes]
        load.append(os.getloadavg()[0])
        for kind in engines if "rates" in parts else ():
            _noted(found, "rates", lambda k=kind: list(_rates(folder, k, rows[k], found["turns"])))
        if "sizes" in parts and asked.full and not asked.sizes:
            found["sizes"] += _largest(folder, found, end)
        if "receiver" in parts:
            found["receiver"] = _receiver(60 if asked.full else 15)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found["load"] = [*load, os.getloadavg()[0]]
    text = report.write(found)
    whole = set(parts) >= set(PARTS) and set(engines) == set(ENGINES)
    if asked.out or whole:
        (asked.out or ROOT / "docs" / "performance.md").write_text(text)
    print(text)
    return 0


_ROWS = {
    True: {"sqlite": 200_000, "postgresql": 80_000, "mariadb": 80_000},
    False: {"sqlite": 100_000, "postgresql": 40_000, "mariadb": 40_000},
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="more rows and turns, all sizes, other tools")
    parser.add_argument("--only", default="", help=f"parts, comma between: {', '.join(PARTS)}")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--turns", type=int, default=0)
    parser.add_argument("--sizes", default="", help="rows, comma between, instead of 100,000 to 5 million")
    parser.add_argument("--minutes", type=float, default=0, help="when these are over the largest size is cut down")
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
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "on": dt.datetime.now(dt.UTC).date().isoformat(),
    }


def _noted(found: dict[str, Any], part: str, work: Callable[[], Any]) -> None:
    """A part that this machine cannot do is said in the page, and has no figure."""
    try:
        made = work()
    except ConfigError as error:
        found["missing"].append(f"{part}: {error.what} ({error.advice})")
        return
    if isinstance(made, list):
        found.setdefault(part, []).extend(made)
    else:
        found[part] = made


@contextmanager
def _loaded(folder: Path, kind: str, rows: int) -> Iterator[tuple[Engine, Path]]:
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
            for used in (cores[:1], cores[:2])[: len(cores)]:
                order = {
                    "home": str(room / f"home{columns}"), "columns": columns, "rows": rows, "turns": turns,
                    "cores": used, "schema": engine.schema, "runs": ["first", "again"],
                    "mechanics": (kind, columns, len(used)) == ("sqlite", 8, 1),
                }  # fmt: skip
                _say(f"{kind}, {columns} columns, {len(used)} core(s)")
                found = _measured("worker", order)
                yield {"engine": kind, "columns": columns, "cores": len(used), "rows": rows, "turns": found["turns"]}
            shutil.rmtree(room / f"home{columns}")


def _size(folder: Path, rows: int) -> dict[str, Any]:
    """A first load, a quiet run and a complete comparison at this many rows. Nothing else runs in the worker."""
    _say(f"size: {rows:,} rows")
    with _loaded(folder, "sqlite", rows) as (engine, room):
        house.build(room / "home", engine, 8)
        order = {
            "home": str(room / "home"), "columns": 8, "rows": rows, "in_place": True,
            "cores": sorted(os.sched_getaffinity(0))[:2], "schema": engine.schema,
        }  # fmt: skip
        began = time.monotonic()
        found: dict[str, Any] = _measured("worker", order)["turns"][0]
        return {"rows": rows, "took_s": time.monotonic() - began} | found


def _largest(folder: Path, found: dict[str, Any], end: float) -> list[dict[str, Any]]:
    """The largest size, or the largest that the time left allows: a second a 20,000 rows goes into making the table."""
    known = found["sizes"][-1]
    each_s = known["took_s"] / known["rows"] + 1 / 20_000
    fits = next((n for n in (LARGEST, 3_000_000, 2_000_000) if n * each_s < end - time.monotonic()), None)
    if fits != LARGEST:
        found["missing"].append(
            f"sizes: {LARGEST:,} rows did not fit into the time given; alone: --only sizes --sizes {LARGEST}"
        )
    return [_size(folder, fits)] if fits else []


def _quiet(folder: Path, rows: int) -> dict[str, Any]:
    """What a run asks the DMS when nothing has changed: PostgreSQL's own log says it, statement by statement."""
    _say("quiet run, by the server's log")
    with _loaded(folder, "postgresql", rows) as (engine, room):
        house.build(room / "home", engine, 8)
        order = {
            "home": str(room / "home"), "columns": 8, "rows": rows, "in_place": True, "runs": ["first"],
            "cores": sorted(os.sched_getaffinity(0))[:2], "schema": engine.schema,
        }  # fmt: skip
        _measured("worker", order)
        before = len(_pages_asked(engine))
        found = _measured("worker", order | {"runs": ["quiet"]})["turns"][0]["quiet"]
        asked = _pages_asked(engine)[before:]
        # The worker warms its child with one page behind the last row.
        return {"rows": rows, "s": found["s"], "statements": len(asked) - 1, "read": sum(found["pages_rows"].values())}


def _pages_asked(engine: Engine) -> list[str]:
    """Statements of the agent that read rows of the table: neither the probes, which fetch none, nor the catalog's."""
    asked = [one.statement for one in engine.statement_log() if one.role == engine.settings.user]
    return [text for text in asked if f'"{TABLE.name}"' in text and "ORDER BY" in text]


def _others(folder: Path, rows: int, turns: int) -> dict[str, Any]:
    with _loaded(folder, "postgresql", rows) as (engine, room):
        return {"rows": rows, "tools": others.measured(engine, room / "others", rows, min(turns, 2))}


def _make_environments() -> None:
    for name in others.NEEDS:
        try:
            others.environment(name)
        except others.NotMeasuredError as why:
            _say(str(why))


def _start(turns: int) -> dict[str, float]:
    _say("start-up")
    command = [sys.executable, "-m", "agent.cli", "--help"]
    script = Path(sys.executable).parent / "fieldgate"
    if script.exists():
        command = [str(script), "--help"]
    took = []
    for _ in range(4 * turns + 1):
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - started)
    return {"median_s": statistics.median(took), "best_s": min(took), "worst_s": max(took)}


def _shares(folder: Path) -> dict[str, Any]:
    _say("shares")
    with _loaded(folder, "sqlite", 50_000) as (engine, room):
        house.build(room / "home", engine, 8)
        shares: dict[str, Any] = _measured("shares", {"home": str(room / "home"), "rows": 50_000})
        return shares


def _receiver(seconds: int) -> dict[str, Any]:
    """One receiver process, and beside it the process that plays fifty dealers."""
    _say("receiver")
    done = subprocess.run(
        [sys.executable, "-m", "tests.receiver.soak", str(seconds)], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"the receiver's part stopped:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if found["problems"]:
        raise SystemExit(f"the receiver lost something: {found['problems'][:3]}")
    return found


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
