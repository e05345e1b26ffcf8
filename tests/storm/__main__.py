"""Long storms on real servers.

python -m tests.storm [--rounds 60] [--engine sqlite ...] [--into FOLDER]   run them, one engine after the other
python -m tests.storm --write [--into FOLDER]                               docs/storms.md from what was kept there
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from agent.demo import servers
from agent.demo.engine import EngineKind
from tests.storm.storms import Storm, dealership, weather

PAGE = Path(__file__).parents[2] / "docs" / "storms.md"
ENGINES: tuple[EngineKind, ...] = ("sqlite", "postgresql", "mariadb")
_CALLED = {"sqlite": "SQLite over ODBC", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}

HEAD = """\
# Storms: a DMS that is written to while it is read

Written by `python -m tests.storm`, then `python -m tests.storm --write`; do not edit. A make-believe dealership of 40
customers, two stores, the shipped policy customer-crm, pages of ten rows. A seeded writer inserts, updates, deletes,
moves rows out of the filter and back, renames keys, writes stamps that are late, ahead or NULL, out of order, and holds
transactions open while the agent reads; the agent is killed at random moments. **A**: stamps are late by less than the
overlap of 5,400 s. **B**: by more, up to six days. *Wrong* are records missed, stale or extra at the car maker,
against a naive selection that imports nothing of the agent; *before* is after a last run by change in peace, *after* is
after one reconciliation. *Said again*: lines that a second reconciliation had to send.

| engine | on | storm | rounds | operations | kills | wrong before | wrong after | said again |
|---|---|---|---:|---:|---:|---:|---:|---:|"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=60)
    parser.add_argument("--engine", action="append", choices=ENGINES)
    parser.add_argument("--into", type=Path, default=Path(tempfile.gettempdir()) / "fieldgate-storms")
    parser.add_argument("--write", action="store_true", help="write docs/storms.md from what is kept")
    asked = parser.parse_args()
    if asked.write:
        PAGE.write_text(page(asked.into), "utf-8", newline="\n")
        return 0
    asked.into.mkdir(parents=True, exist_ok=True)
    return max(_one(kind, asked.rounds, asked.seed, asked.into) for kind in asked.engine or ENGINES)


def _one(kind: EngineKind, rounds: int, seed: int, into: Path) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="fieldgate-storm-") as name,
        servers.running(kind, Path(name) / "dms") as engine,
        dealership(Path(name) / "world", engine) as made,
    ):
        storms = weather(made, rounds, seed)
    kept = {"on": dt.datetime.now(dt.UTC).date().isoformat(), "seed": seed, "storms": [asdict(one) for one in storms]}
    (into / f"{kind}.json").write_text(json.dumps(kept), "utf-8")
    print(kind, *storms, sep="\n  ", flush=True)
    return int(not held(*storms))


def held(within: Storm, beyond: Storm) -> bool:
    """A storm beyond the overlap that misses nothing shows nothing."""
    return beyond.wrong_before > 0 and not any(
        (within.wrong_after, within.said_again, beyond.wrong_after, beyond.said_again)
    )


def page(kept: Path) -> str:
    lines = [HEAD]
    for kind in ENGINES:
        if (kept / f"{kind}.json").is_file():
            found = json.loads((kept / f"{kind}.json").read_text("utf-8"))
            lines += [_row(kind, found["on"], name, one) for name, one in zip("AB", found["storms"], strict=True)]
    missing = [_CALLED[kind] for kind in ENGINES if not (kept / f"{kind}.json").is_file()]
    lines += ["", f"Not run to its end yet: {', '.join(missing)}."] if missing else []
    return "\n".join(lines) + "\n"


def _row(kind: str, on: str, name: str, one: dict) -> str:  # type: ignore[type-arg]
    operations = sum(one["written"].values())
    told = (one["kills"], one["wrong_before"], one["wrong_after"], one["said_again"])
    return (
        f"| {_CALLED[kind]} | {on} | {name} | {one['rounds']} | {operations:,} | " + " | ".join(map(str, told)) + " |"
    )


if __name__ == "__main__":
    sys.exit(main())
