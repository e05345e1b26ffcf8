"""Every effect fails twice: it did not happen; it happened and the answer was lost. Then restart and look."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.core.jobs import Frame, Job
from agent.core.seal import SealedBatch
from agent.errors import DeliveryError, FieldgateError, SourceError
from agent.pipeline import deliver_once, extract_once
from agent.service.supervisor import ReaderChild
from agent.tasks import enroll
from agent.tasks.access import probe_source
from agent.tasks.recipient import Reply
from tests.story.expected import differences, expected
from tests.story.world import OEM, World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, limits="{page_rows: 15}") as made:
        made.approve()
        made.enroll()
        yield made


class Unlucky:
    """A network between agent and OEM that loses requests or answers, as `lose` says for the n-th push."""

    def __init__(self, real: object, lose: Callable[[int], str]) -> None:
        self.real, self.lose, self.pushes = real, lose, 0

    def push(self, batch: SealedBatch) -> Reply:
        self.pushes += 1
        lost = self.lose(self.pushes)
        if lost == "request":
            raise DeliveryError("FG-D01", "lost on the way out", "wait")
        reply = self.real.push(batch)  # type: ignore[attr-defined]
        if lost == "answer":
            raise DeliveryError("FG-D04", "lost on the way back", "wait")
        return reply

    def head(self, stream_id: str, now_s: int, jti: str) -> Reply:
        return self.real.head(stream_id, now_s, jti)  # type: ignore[attr-defined]

    def keys(self) -> Reply:
        return self.real.keys()  # type: ignore[attr-defined]


def deliver_through(made: World, lose: Callable[[int], str], rounds: int = 200) -> int:
    """Deliver again and again, as the daemon does, each time later; how many pushes it took."""
    real = enroll.connect(made.desk, OEM)
    network = Unlucky(real, lose)
    with contextlib.closing(real):
        for _ in range(rounds):
            steps = deliver_once(made.desk, lambda _: network)
            made.check_house()
            if not steps or steps[-1].outcome == "idle" or not made.waiting():
                return network.pushes
            made.clock.at += dt.timedelta(hours=1)
    raise AssertionError("never came to an end")


@pytest.mark.parametrize("what", ["request", "answer"])
def test_each_push_fails_once_and_nothing_is_lost_or_doubled(dealership: World, what: str) -> None:
    dealership.extract()
    deliver_through(dealership, lambda n: what if n % 2 else "")
    assert differences(dealership.held(), expected(dealership, OEM)) == []
    lines = dealership.lines()
    assert len(lines) == len(set(lines)), "a line was applied twice"


def test_an_answer_lost_before_a_restart_is_settled_from_the_oem(dealership: World) -> None:
    dealership.extract()
    real = enroll.connect(dealership.desk, OEM)
    with contextlib.closing(real):
        deliver_once(dealership.desk, lambda _: Unlucky(real, lambda n: "answer"))
    landed = len(dealership.lines())
    assert landed
    dealership.restart()
    dealership.clock.at = dealership.clock.at.replace(hour=23)
    dealership.deliver()
    assert differences(dealership.held(), expected(dealership, OEM)) == []
    lines = dealership.lines()
    assert len(lines) == len(set(lines))
    dealership.check_house()


@pytest.mark.parametrize("what", ["request", "answer"])
def test_who_refuses_while_a_batch_flies_is_not_sent_again(dealership: World, what: str) -> None:
    """Announced, and its answer lost or never sent; then its person refuses."""
    customer = dealership.sql(
        f'SELECT c."CUST_NO" FROM {dealership.table("CUSTOMER")} c WHERE RTRIM(c."STORE_NO") = \'01\' AND EXISTS'
        f' (SELECT 1 FROM {dealership.table("VEHICLE")} v WHERE v."OWNER_NO" = c."CUST_NO" AND v."MAKE" = \'EXAMPLE\')'
        " ORDER BY 1"
    )[0][0]
    dealership.sql(f'UPDATE {dealership.table("CUSTOMER")} SET "OPT_OUT" = \'N\' WHERE "CUST_NO" = {customer}')
    dealership.extract()
    before = set(expected(dealership, OEM))
    real = enroll.connect(dealership.desk, OEM)
    with contextlib.closing(real):
        deliver_once(dealership.desk, lambda _: Unlucky(real, lambda n: what))
    arrived = set(dealership.held())
    dealership.sql(f'UPDATE {dealership.table("CUSTOMER")} SET "OPT_OUT" = \'Y\' WHERE "CUST_NO" = {customer}')
    theirs = before - set(expected(dealership, OEM))
    assert theirs
    assert bool(theirs & arrived) == (what == "answer")
    dealership.extract()
    dealership.clock.at = dealership.clock.at.replace(hour=23)
    dealership.deliver()
    upserts = {(s, d, i) for s, _, op, d, i in dealership.lines() if op == "upsert"}
    assert upserts & theirs == arrived & theirs, "nothing of them left after the refusal"
    assert not set(dealership.usable()) & theirs
    dealership.run()  # the others of a batch that was voided are read again
    assert differences(dealership.usable(), expected(dealership, OEM)) == []
    dealership.check_house()


class Doomed(ReaderChild):
    """Its process is killed when it has said so many frames, and some milliseconds later is somewhere in the next: so a
    slow machine and a fast one are hit in the same places."""

    def __init__(self, frames: int, later_s: float) -> None:
        super().__init__()
        self.left, self.later_s = frames, later_s

    def read(self, job: Job) -> Iterator[Frame]:
        with contextlib.closing(super().read(job)) as frames:  # type: ignore[type-var]
            for frame in frames:
                yield frame
                self.left -= 1
                if self.left == 0 and self._process:
                    time.sleep(self.later_s)
                    self._process.kill()


def test_the_reader_killed_in_the_middle_of_a_page_loses_nothing(dealership: World) -> None:
    chance = random.Random(11)
    killed = []
    for frames in (1, 3, 5, 6, 7, 9, 11, 13):
        with Doomed(frames, chance.uniform(0, 0.01)) as reader:
            try:
                extract_once(dealership.desk, reader, probe_source)
            except SourceError as error:
                assert error.code == "FG-S21"
                killed.append(frames)
        dealership.check_house()
    assert len(killed) >= 6, killed
    dealership.run()
    assert differences(dealership.held(), expected(dealership, OEM)) == []


AGENT = """
import sys, datetime as dt
from pathlib import Path
from agent import config
from agent.demo.engine import Engine
from agent.pipeline import deliver_once, extract_once
from agent.service.supervisor import ReaderChild
from agent.state import streams
from agent.tasks import desk as desks, enroll
from agent.tasks.access import probe_source
made = config.load(Path(sys.argv[1]))
at = dt.datetime.fromisoformat(sys.argv[2])
desk = desks.open_desk(made, clock=lambda: at, actor="storm")
with desk.state.transaction() as tx:
    streams.forget_head_checks(tx)
with ReaderChild() as reader:
    extract_once(desk, reader, probe_source)
oem = enroll.connect(desk, "example-motors-na")
deliver_once(desk, lambda _: oem)
print("done")
"""


def storm(made: World, kills: int, chance: random.Random) -> int:
    """Run the agent in a process of its own, kill -9 it at random times, change the DMS meanwhile; how many hit."""
    hit = 0
    for number in range(kills):
        made.clock.at += dt.timedelta(hours=1)  # every retry is due
        made.sql(
            f'UPDATE {made.table("VEHICLE")} SET "ODOMETER" = "ODOMETER" + 1 WHERE "YEAR" % 5 = {number % 5};'
            f"UPDATE {made.table('CUSTOMER')} SET \"OPT_OUT\" = '{'YN'[number % 2]}'"
            f' WHERE "CUST_NO" % 7 = {number % 7};'
            f'DELETE FROM {made.table("REPAIR_ORDER")} WHERE "RO_NO" % 101 = {number % 101}'
        )
        process = subprocess.Popen(
            [sys.executable, "-c", AGENT, str(made.config.path), made.clock().isoformat()],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            said, _ = process.communicate(timeout=chance.uniform(0.8, 4.0))
            assert b"done" in said, "the agent failed by itself"
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            hit += 1
        made.check_house()
    return hit


@pytest.mark.parametrize("kills", [6, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
def test_the_agent_killed_at_random_times_ends_where_sql_says(dealership: World, kills: int) -> None:
    hit = storm(dealership, kills, random.Random(kills))
    print(f"{hit} of {kills} kills hit before the end of a run")
    assert hit >= kills // 3
    dealership.clock.at += dt.timedelta(days=1)
    dealership.restart()
    dealership.run(reconcile=True)  # one that a kill cut short would be as old as the cut
    dealership.run(reconcile=True)  # what it kept back, whose person had spoken since it was made
    assert differences(dealership.usable(), expected(dealership, OEM)) == []
    lines = dealership.lines()
    assert len(lines) == len({(store, seq, op, d, i) for store, seq, op, d, i in lines})
    assert dealership.waiting() == 0
    dealership.check_house()


def test_a_state_file_put_back_from_an_old_backup_sends_nothing(dealership: World) -> None:
    dealership.run()
    dealership.desk.state.close()
    backup = dealership.config.state_file.read_bytes()
    dealership.open()
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    dealership.run()
    before = dealership.lines()
    dealership.desk.state.close()
    dealership.config.state_file.write_bytes(backup)
    for suffix in ("-wal", "-shm"):
        Path(f"{dealership.config.state_file}{suffix}").unlink(missing_ok=True)
    dealership.open()
    dealership.restart()
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Alex'")
    steps = dealership.run()
    assert {step.outcome for step in steps} == {"stopped"}
    assert all("it was restored" in step.said for step in steps)
    assert dealership.lines() == before


def test_an_agent_that_cannot_reach_the_dms_says_so_and_sends_what_waits(dealership: World) -> None:
    dealership.extract()
    dealership.engine.file.rename(dealership.engine.file.with_suffix(".gone"))  # type: ignore[attr-defined]
    with pytest.raises(FieldgateError):
        dealership.extract()
    dealership.deliver()
    dealership.engine.file.with_suffix(".gone").rename(dealership.engine.file)  # type: ignore[attr-defined]
    assert differences(dealership.held(), expected(dealership, OEM)) == []
