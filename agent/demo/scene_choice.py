"""Scene 5: Pat says stop at the dealership. The next run tells the car maker first, and nothing may bring Pat back."""

from __future__ import annotations

import time

from agent.demo import night
from agent.demo.clerk import Clerk
from agent.demo.dms import SHOWCASE
from agent.demo.facts import OptOut
from agent.demo.scene_run import landed_customer
from agent.demo.stage import Stage, now

_OTHER_PAGE_ROWS = 611  # not a divisor of anything: the same rows, cut into other pages


def pat_opts_out(stage: Stage, clerk: Clerk) -> OptOut:
    """The clerk sets OPT_OUT; somebody else's car gets new miles, so that the run has something else to send too."""
    facts = stage.facts
    mine = clerk.records_of(SHOWCASE)
    before = _last_operation(stage)
    clerk.drive(SHOWCASE, "01")
    began = time.monotonic()
    clerk.opt_out(SHOWCASE)
    set_at = _clock_time()
    extraction = night.extract(stage)
    held_at = _clock_time()
    told: list[tuple[str, float]] = []
    deliveries = night.deliver(stage, watch=lambda _: told.append((_clock_time(), time.monotonic())))
    operations = _operations(stage, before)
    ops = tuple(op for op, _ in operations)
    suppressed = ops.count("suppress")
    honored_at, honored = told[_batches_of_first(operations) - 1] if told else ("-", time.monotonic())
    facts.same("Pat's records", "SQL of the owner", mine, "suppressions at the car maker", suppressed)
    told_by_us = sum(d.lines for d in deliveries if d.kind == "control")
    facts.same("suppressions", "the agent's deliveries", told_by_us, "the car maker's log", suppressed)
    first = tuple(sorted(set(ops[:suppressed])))
    facts.same("what the car maker heard first", "expected", ("suppress",), "its log", first)
    changed = sum(r.changed for r in extraction.readings)
    facts.same("sent in the same run, after it", "the agent", changed, "the car maker's log", len(ops) - suppressed)
    came_back = _reload_twice(stage)
    return OptOut(
        customer=SHOWCASE,
        set_at=set_at,
        held_at=held_at,
        told_at=honored_at,
        records=mine,
        suppressed=suppressed,
        first_ops=tuple(dict.fromkeys(ops)),
        after=len(ops) - suppressed,
        seconds=round(honored - began, 1),
        reloads=2,
        came_back=came_back,
    )


def _reload_twice(stage: Stage) -> int:
    """Read everything again, then again in pages of another size; how many operations either made the OEM perform."""
    before = _last_operation(stage)
    for page_rows in (None, _OTHER_PAGE_ROWS):
        night.extract(stage, page_rows=page_rows, reconcile=True)
        night.deliver(stage)
    landed = landed_customer(stage, SHOWCASE)
    stage.facts.same(
        "Pat after a full reload", "expected", ("all",), "the car maker's landing",
        landed.suppressed if landed else (),
    )  # fmt: skip
    again = len(_operations(stage, before))
    stage.facts.same("records that a full reload sent again", "expected", 0, "the car maker's log", again)
    return again


def _last_operation(stage: Stage) -> int:
    with stage.receiver.house.store.reading() as db:
        return int(db.execute("SELECT coalesce(max(op_no), 0) FROM operations").fetchone()[0])


def _operations(stage: Stage, after: int) -> list[tuple[str, tuple[str, int, int]]]:
    """(op, its batch) of what the car maker did since, in its own order."""
    with stage.receiver.house.store.reading() as db:
        rows = db.execute(
            "SELECT op, stream_id, epoch, seq FROM operations WHERE op_no > ? ORDER BY op_no", (after,)
        ).fetchall()
    return [(row[0], (row[1], row[2], row[3])) for row in rows]


def _batches_of_first(operations: list[tuple[str, tuple[str, int, int]]]) -> int:
    """In how many batches the leading suppressions came."""
    leading = dict.fromkeys(batch for op, batch in operations if op == "suppress")
    return max(1, len(leading))


def _clock_time() -> str:
    return now().astimezone().strftime("%H:%M:%S")
