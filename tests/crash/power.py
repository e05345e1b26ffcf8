"""Power cuts: a run is stopped dead at one operation, what was not synced is thrown away, and the agent starts again on
what the disk kept. The receiver is another machine and keeps everything."""

from __future__ import annotations

import random

from tests.crash.cells import Cell, Scenario, effect_of, mark_of, settle_down
from tests.crash.dealer import Dealer, told
from tests.crash.disk import Disk
from tests.crash.shim import Plan

NOTHING, SOME = "nothing not synced survives", "parts of what was not synced survive"


def cut(dealer: Dealer, scenario: Scenario, plan: Plan, turn: int, survives: str) -> Cell | None:
    """The cell of one cut; None when the command ended before the operation came."""
    scenario.prepare(dealer, turn)
    disk = Disk(dealer.agent)
    life = scenario.act(dealer, plan)
    op = life.fired
    if op is None:
        return None
    disk.after(life.ops).cut(random.Random(f"{scenario.name} {plan} {turn}") if survives == SOME else None)
    when = "after an fsync" if plan.class_ == "s" else "at any operation"
    cell = Cell(
        scenario.name, effect_of(op, life.place), f"power cut {when}: {survives}", f"{plan.class_}{plan.at}",
        told(life), mark=mark_of(life.place),
    )  # fmt: skip
    cell.problems += [] if life.status == -9 else [f"it was to be killed and ended with {life.status}"]
    cell.problems += [f"after the cut: {what}" for what in dealer.faults()]
    for stream in dealer.streams():
        cell.problems += [f"after the cut: {what}" for what in dealer.forbidden(stream)]
    settle_down(dealer, cell, scenario)
    return cell
