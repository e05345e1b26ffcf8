"""Every operation of a command with a fault. Which operations there are is seen in a run that is left alone; a sweep is
whole when each that can meet the fault was hit by it, and when two numbers behind the last were tried and not there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from tests.crash import power
from tests.crash.cells import Cell, Scenario, tried
from tests.crash.dealer import Dealer
from tests.crash.shim import Op, Plan

ALL = ("failed", "happened", "killed before", "killed after", "disk full")
FOUR = ALL[:4]
_GROWS = "wclk"  # kinds of operations that a full disk refuses
_TRIES = 6  # a pipe is read in one piece more or less: an operation that only some nights have is waited for


@dataclass(frozen=True)
class Sweep:
    """`faults`: one, or several that take turns. `cuts`: what survives of what was not synced, in turns too; empty
    where the power stays. `most`: as far as it is swept."""

    scenario: Scenario
    class_: str
    faults: tuple[str, ...]
    role: str = "a"
    cuts: tuple[str, ...] = ()
    most: int = 1_000_000

    @property
    def said(self) -> str:
        if self.cuts:
            return f"power cut: {self.cuts[0]}" if len(self.cuts) == 1 else "power cut, one in turn"
        return self.faults[0] if len(self.faults) == 1 else "one in turn"

    def plan(self, at: int, kind: str) -> Plan | None:
        """What is done to operation `at`; `kind` is empty behind the last. None where a full disk would not show."""
        turned = (*self.faults[at % len(self.faults) :], *self.faults[: at % len(self.faults)])
        fault = next((one for one in turned if one != "disk full" or not kind or kind in _GROWS), None)
        return (fault and Plan(self.class_, at, fault, self.role, record=bool(self.cuts))) or None


@dataclass
class Extent:
    """How far a sweep is to come, and what it did not meet."""

    operations: int = 0
    wanted: int = 0
    missed: list[str] = field(default_factory=list)


def kinds(ops: list[Op], sweep: Sweep) -> dict[int, str]:
    """Number -> kind of the operations that a sweep is about."""
    if sweep.class_ == "s":
        syncs = [op for op in ops if op.role == sweep.role and op.kind == "s"]
        return {at: "s" for at, _ in enumerate(syncs, 1)}
    return {op.n: op.kind for op in ops if op.role == sweep.role and op.class_ == sweep.class_}


def swept(dealer: Dealer, sweep: Sweep, extent: Extent, done: Collection[str]) -> Iterator[Cell]:
    """The cells that are not `done` yet."""
    scenario = sweep.scenario
    scenario.prepare(dealer, 0)
    there = kinds(scenario.act(dealer, Plan(sweep.class_, role=sweep.role)).ops, sweep)
    problems = scenario.again(dealer)
    assert there and not problems, problems
    at = absent = 0
    while absent < 2 and at < sweep.most:
        at += 1
        plan = sweep.plan(at, there.get(at, ""))
        if plan is None:
            continue
        spec = f"{plan.role}{plan.class_}{at} {plan.fault}"
        if spec not in done:
            cell = _cell(dealer, sweep, plan, _TRIES if at in there else 1)
            if cell is None and at not in there:
                absent += 1
                continue
            if cell:
                cell.spec = spec
                yield cell
            else:
                extent.missed.append(spec)
        extent.wanted += 1
        absent = 0
    extent.operations = max(at - absent, min(max(there), sweep.most))


def _cell(dealer: Dealer, sweep: Sweep, plan: Plan, tries: int) -> Cell | None:
    for turn in range(tries):
        if sweep.cuts:
            cell = power.cut(dealer, sweep.scenario, plan, turn, sweep.cuts[plan.at % len(sweep.cuts)])
        else:
            cell = tried(dealer, sweep.scenario, plan, turn)
        if cell:
            return cell
    return None
