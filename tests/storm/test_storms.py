"""Storm A: whatever comes late comes within the overlap; one reconciliation, and nothing is missed, stale or extra.
Storm B: it comes later than that; misses are counted, there are some, and the reconciliation finds every one.

What must be held is said by tests/story/expected.py, which reads the DMS as its owner and imports nothing of ours.
"""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storm.writer import Writer
from tests.story.expected import Expected, differences
from tests.story.world import OEM, World, world

OVERLAP_S = 5_400
WITHIN, BEYOND = (0, OVERLAP_S - 900), (OVERLAP_S + 900, 6 * 86_400)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def dealership(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    engine = None if request.param == "sqlite" else request.getfixturevalue(request.param)
    with world(tmp_path, engine=engine, customers=40, limits="{page_rows: 10}") as made:
        made.clock.at = dt.datetime.now(dt.UTC)
        made.approve()
        made.enroll()
        made.run(reconcile=False)
        assert wrong(made) == []
        yield made


def wrong(made: World) -> list[object]:
    """What the OEM holds and should not, or should and does not, of every dataset."""

    def ask(sql: str) -> list[tuple[str | None, ...]]:
        return made.sql(sql.replace('"', "`") if made.engine.kind == "mariadb" else sql)

    streams = {store: stream for (recipient, store), stream in made.streams().items() if recipient == OEM}
    return differences(made.held(), Expected(ask, made.table, made.desk.store.secret, streams).all())


def run_apart(made: World, chance: random.Random, most_s: float) -> bool:
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


def storm(made: World, late_s: tuple[int, int], rounds: int, seed: int) -> int:
    """How many records are wrong at the OEM after the storm, when changes have been read once more in peace."""
    writer, chance, killed, most_s = Writer(made, seed, late_s), random.Random(seed), 0, 6.0
    for _ in range(rounds):
        held = writer.hold()
        writer.round(12)
        began = time.monotonic()
        hit = run_apart(made, chance, most_s)
        killed += hit
        most_s = most_s if hit else max(1.0, 1.2 * (time.monotonic() - began))
        writer.round(6)
        held.join()
        made.check_house()
    made.clock.at = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)  # every retry is due
    made.restart()
    made.run(reconcile=False)
    before = len(wrong(made))
    print(f"{made.engine.kind}: {rounds} rounds, {killed} kills; {before} records wrong before the reconciliation")
    return before


ROUNDS = [2, pytest.param(60, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a_storm_within_the_overlap_and_one_beyond_it(dealership: World, rounds: int) -> None:
    storm(dealership, WITHIN, rounds, seed=rounds)
    dealership.run()
    assert wrong(dealership) == []
    missed = storm(dealership, BEYOND, rounds, seed=rounds + 1)
    assert missed > 0, "a storm beyond the overlap that misses nothing shows nothing"
    dealership.run()
    assert wrong(dealership) == []
    before = len(dealership.lines())
    dealership.run()
    assert len(dealership.lines()) == before, "another reconciliation found something to say"
