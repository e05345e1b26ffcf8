"""One dealership under two storms: A, whatever comes late comes within the overlap; B, later than that. Both tests and
`python -m tests.storm` call `weather`. What must be held is said by tests/story/expected.py, which reads the DMS as its
owner and imports nothing of ours.
"""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.demo.engine import Engine
from tests.storm.writer import Writer
from tests.story.expected import Expected, differences
from tests.story.world import OEM, World, world

OVERLAP_S = 5_400
WITHIN, BEYOND = (0, OVERLAP_S - 900), (OVERLAP_S + 900, 6 * 86_400)


@dataclass
class Storm:
    """What one storm came to. `wrong_*`: records missed, stale or extra at the OEM."""

    rounds: int
    written: dict[str, int] = field(default_factory=dict)  # operations of the writer, by kind
    runs: int = 0
    kills: int = 0
    wrong_before: int = 0  # after one more run by change, in peace
    wrong_after: int = 0  # after the reconciliation
    said_again: int = 0  # lines that a second reconciliation had to send


@contextmanager
def dealership(folder: Path, engine: Engine | None) -> Iterator[World]:
    with world(folder, engine=engine, customers=40, limits="{page_rows: 10}", at=dt.datetime.now(dt.UTC)) as made:
        made.approve()
        made.enroll()
        made.run(reconcile=False)
        assert wrong(made) == []
        yield made


def weather(made: World, rounds: int, seed: int) -> tuple[Storm, Storm]:
    """Storm A and storm B over one dealership, each ended by its reconciliation."""
    return storm(made, WITHIN, rounds, seed), storm(made, BEYOND, rounds, seed + 1)


def storm(made: World, late_s: tuple[int, int], rounds: int, seed: int) -> Storm:
    writer, chance, most_s = Writer(made, seed, late_s), random.Random(seed), 6.0
    found = Storm(rounds, writer.written)
    for _ in range(rounds):
        held = writer.hold()
        writer.round(12)
        began = time.monotonic()
        hit = _run_apart(made, chance, most_s)
        found.runs, found.kills = found.runs + 1, found.kills + hit
        most_s = 1.4 * most_s if hit else max(1.0, 1.2 * (time.monotonic() - began))  # some runs come to their end
        writer.round(6)
        held.join()
        made.check_house()
    made.clock.at = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)  # every retry is due
    made.restart()
    made.run(reconcile=False)
    found.wrong_before = len(wrong(made))
    made.run()
    found.wrong_after = len(wrong(made))
    before = len(made.lines())
    made.run()
    found.said_again = len(made.lines()) - before
    return found


def wrong(made: World) -> list[object]:
    """What the OEM holds and should not, or should and does not, of every dataset."""

    def ask(sql: str) -> list[tuple[str | None, ...]]:
        return made.sql(sql.replace('"', "`") if made.engine.kind == "mariadb" else sql)

    streams = {store: stream for (recipient, store), stream in made.streams().items() if recipient == OEM}
    return differences(made.held(), Expected(ask, made.table, made.desk.store.secret, streams).all())


def _run_apart(made: World, chance: random.Random, most_s: float) -> bool:
    """A run on schedule, killed at a random moment; whether the kill came before its end."""
    made.clock.at = dt.datetime.now(dt.UTC)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.storm.one_run", str(made.config.path), made.clock().isoformat(), "changes"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        said, error = process.communicate(timeout=chance.uniform(0.5, most_s))
        assert b"done" in said, error.decode()
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    return False
