"""One cell of the crash matrix: one command, one fault at one operation of it; then the house is looked at, the agent
is started again, and the OEM's records are compared with the independent query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.crash.dealer import Dealer, Life, told
from tests.crash.shim import Op, Place, Plan

AGENT = Path(__file__).parents[2] / "agent"
EFFECTS = (
    "enrollment", "rotation", "stream opened", "access record", "audit checkpoint", "read", "state commit",
    "audit append", "head asked", "claim", "push", "receipt", "settle", "retry noted", "withdrawal", "state opened",
    "state checkpoint", "log",
)  # fmt: skip
# What each commit point of the product (marked there by name) counts as.
_BY_MARK = {
    "enrolled": "enrollment", "stream opened": "stream opened", "access record": "access record",
    "choices begun": "audit append", "choices": "state commit", "choices ended": "audit append",
    "reading begun": "audit append", "page": "state commit", "reading ended": "audit append",
    "dataset refused": "audit append", "field held": "state commit", "head compared": "audit append",
    "key rotated": "rotation", "announced": "claim", "settled": "settle", "later": "retry noted",
    "stopped": "retry noted",
    "trouble noted": "retry noted", "settled by head": "withdrawal", "voided": "withdrawal",
}  # fmt: skip
_BY_FUNCTION = {
    "configure": "log", "open_state": "state opened", "only_one": "state opened", "close": "state checkpoint",
    "mark": "audit checkpoint", "retire_followed": "rotation", "rotate": "rotation", "enroll": "enrollment",
    "_open": "stream opened", "run_once": "retry noted",
}  # fmt: skip
_MARK = re.compile(r"transaction\(\) as tx:  # COMMIT POINT ([a-z -]+)")


@cache
def marks() -> dict[str, str]:
    """file:line -> name of every marked step, read from the source: they are named once, there."""
    found = {}
    for file in sorted(AGENT.rglob("*.py")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if match := _MARK.search(line):
                found[f"{file.relative_to(AGENT).as_posix()}:{number}"] = match[1].strip()
    return found


def mark_of(place: Place | None) -> str:
    """The marked step whose transaction an operation belongs to; empty where it is none."""
    for frame in place.frames if place else ():
        file, _, line = frame.split(":")
        if f"{file}:{line}" in marks():
            return marks()[f"{file}:{line}"]
    return ""


@dataclass
class Cell:
    """`problems` is empty for a cell that holds: nothing lost, doubled, forbidden or half-written."""

    scenario: str
    effect: str
    fault: str
    at: str
    outcome: str
    problems: list[str] = field(default_factory=list)
    mark: str = ""  # the marked step it hit
    spec: str = ""  # which cell of its task this is
    nights: int = 1  # runs until the OEM held what it must

    @property
    def key(self) -> tuple[str, str]:
        return self.effect, self.fault


def effect_of(op: Op | Place, place: Place | None) -> str:
    """What an operation was for; `place`: where in the product it came from."""
    if (isinstance(op, Op) and op.role == "r") or op.class_ in "pd":
        return "read"
    functions = [frame.split(":")[1] for frame in place.frames] if place else []
    if op.class_ == "n":
        if "enroll" in functions:
            return "enrollment"
        if "rotate" in functions:
            return "rotation"
        if "push" in functions:
            return "receipt" if op.kind == "i" else "push"
        return "head asked"
    if "/logs/" in op.path or op.path.endswith("/logs"):
        return "log"
    if op.path.endswith("fieldgate.db"):
        return "state checkpoint"
    if mark := mark_of(place):
        return _BY_MARK.get(mark, "state commit")
    return next((_BY_FUNCTION[name] for name in functions if name in _BY_FUNCTION), "state commit")


def fault_of(op: Op | Place, plan: Plan) -> str:
    if op.kind == "s" and plan.fault == "failed":
        return "fsync error"
    return {"failed": "failed", "happened": "failed but happened"}.get(plan.fault, plan.fault)


@dataclass
class Scenario:
    """`prepare` makes work, `act` is the command that is broken, `again` what a person or the service does next."""

    name: str
    prepare: Callable[[Dealer, int], object]
    act: Callable[[Dealer, Plan], Life]
    again: Callable[[Dealer], list[str]]


def ran(dealer: Dealer) -> list[str]:
    """The agent is started again: it must get through by itself."""
    life = dealer.run()
    return [] if life.status == 0 else [f"the next run ended with {told(life)}: {life.out.strip()[-300:]}"]


def _prepared(dealer: Dealer, turn: int) -> None:
    dealer.ask_at(dealer.oem.url)
    dealer.nudge(turn)


def _enroll_once_more(dealer: Dealer) -> list[str]:
    """The same token again, as the person would: enrolled now, or told that it was enrolled before."""
    life = dealer.enroll(dealer.last_token)
    if life.status and "FG-C21" not in life.out:
        return [f"enrolling again ended with {told(life)}: {life.out.strip()[-300:]}"]
    return ran(dealer)


def evening(dealer: Dealer, _: int = 0) -> None:
    dealer.back()
    dealer.ask_at(dealer.oem.url)


def _tonight(dealer: Dealer, *, busy: bool) -> None:
    evening(dealer)
    dealer.night(busy=busy)


def _not_enrolled(dealer: Dealer, _: int) -> None:
    evening(dealer)
    dealer.last_token = dealer.token()


# NEXT goes on where the last cell left the dealer; the others begin on the same evening each time, so that what they do
# is the same list of operations.
NEXT = Scenario("one night after the other", _prepared, lambda d, plan: d.run(plan), ran)
NIGHT = Scenario("a night's run", lambda d, _: _tonight(d, busy=False), lambda d, plan: d.run(plan), ran)
BUSY = Scenario("a busy night's run", lambda d, _: _tonight(d, busy=True), lambda d, plan: d.run(plan), ran)
FIRST = Scenario("the first run", evening, lambda d, plan: d.run(plan), ran)
ARRIVED = Scenario("refused while on its way, and it had arrived", evening, lambda d, plan: d.run(plan), ran)
LOST = Scenario("refused while on its way, and it had not", evening, lambda d, plan: d.run(plan), ran)
ENROLL = Scenario("enrollment", _not_enrolled, lambda d, plan: d.enroll(d.last_token, plan), _enroll_once_more)


def _rotated_in_the_end(dealer: Dealer) -> list[str]:
    """A run after it is enough: it signs with the key in use, and what was followed is gone from the disk. Then the
    same command again, as a person would who saw it fail."""
    problems = ran(dealer)
    for use in ("signing", "checkpoint"):
        known = dealer.asked_state("SELECT value FROM meta WHERE name = ?", f"key:{use}")
        newest = int(str(known[0][0]).partition(":")[2] or 1) if known else 1
        there = [int(path.stem.partition("+")[2] or 1) for path in (dealer.agent / "keys").glob(f"k-{use}*.key")]
        problems += [f"the {use} key {number} was followed and is still there" for number in there if number < newest]
    life = dealer.command("keys", "rotate")
    dealer.nudge(1)
    return problems + ([] if life.status == 0 else [f"rotating again ended with {told(life)}"]) + ran(dealer)


ROTATE = Scenario(
    "a rotation of keys",
    evening,
    lambda d, plan: d.command("keys", "rotate", plan=plan),
    _rotated_in_the_end,
)


def tried(dealer: Dealer, scenario: Scenario, plan: Plan, turn: int) -> Cell | None:
    """The cell, or None when the command has no such operation: then nothing failed, and it is not counted."""
    scenario.prepare(dealer, turn)
    life = scenario.act(dealer, plan)
    op = life.fired
    if op is None:
        assert life.status == 0, f"nothing failed, and it ended with {told(life)}: {life.out[-300:]}"
        return None
    place = life.place
    cell = Cell(
        scenario.name, effect_of(op, place), fault_of(op, plan), f"{plan.role}{plan.class_}{plan.at}", told(life),
        mark=mark_of(place),
    )  # fmt: skip
    cell.problems += proper(life, plan)
    cell.problems += [f"after the fault: {what}" for what in dealer.faults()]
    for stream in dealer.streams():
        cell.problems += [f"after the fault: {what}" for what in dealer.forbidden(stream)]
    settle_down(dealer, cell, scenario)
    return cell


def settle_down(dealer: Dealer, cell: Cell, scenario: Scenario) -> None:
    """Start again, and compare. What was withdrawn on its way is judged anew by the next reading: that is one night
    more, and counted. Nothing doubled or forbidden is mended by it, because the OEM's log of operations stays."""
    cell.problems += scenario.again(dealer)
    cell.problems += [f"before the end: {what}" for what in dealer.faults()]
    wrong = dealer.wrong()
    if wrong and not cell.problems:
        cell.nights = 2
        cell.problems += ran(dealer)
        wrong = [*dealer.faults(), *dealer.wrong()]
    cell.problems += [f"in the end: {what}" for what in wrong]


def proper(life: Life, plan: Plan) -> list[str]:
    """A fault ends a command in one of our own errors, or in nothing; never in a text of somebody else's."""
    dead = plan.fault.startswith("killed") and plan.role == "a"
    if dead:
        return [] if life.status == -9 else [f"it was killed and ended with {life.status}"]
    if life.status not in (0, 1, 4):
        return [f"it ended with {life.status}: {life.out.strip()[-400:]}"]
    if "FG-X01" in life.out or "Traceback" in life.out:
        return [f"an unforeseen error: {life.out.strip()[-400:]}"]
    if life.status and "do: " not in life.out:
        return [f"it ended with {life.status} and said nothing: {life.out.strip()[-400:]}"]
    return []


def after_each_mark(dealer: Dealer, scenario: Scenario, wanted: set[str]) -> Iterator[Cell]:
    """One kill after the commit of each of these marked steps. Where they come is seen in a run that is left alone."""
    scenario.prepare(dealer, 0)
    life = scenario.act(dealer, Plan(stacks_of=1))
    problems = scenario.again(dealer)
    assert not problems, problems
    order = [mark_of(place) for place in life.places if place.kind == "s"]
    for turn, mark in enumerate(sorted(wanted), 1):
        assert mark in order, f"{scenario.name} has no step {mark}: {order}"
        at = len(order) - order[::-1].index(mark)
        for near in (at, at - 1, at + 1, at - 2, at + 2, at - 3, at + 3):
            cell = tried(dealer, scenario, Plan("s", near, "killed after"), turn) if near > 0 else None
            if cell and (cell.mark == mark or cell.problems):
                cell.spec = mark
                yield cell
                break
        else:
            raise AssertionError(f"{mark} was not hit: {order}")
