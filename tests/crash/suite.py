"""What is tried: the tasks of the whole set, each with a dealer of its own, and the sample of the default run."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tests.crash import network, power
from tests.crash.cells import (
    EFFECTS,
    ENROLL,
    FIRST,
    NEXT,
    ROTATE,
    Cell,
    Scenario,
    after_each_mark,
    one_of_each,
    ran,
    swept,
    tried,
)
from tests.crash.dealer import Dealer, Size, dealer
from tests.crash.proxy import FAULTS
from tests.crash.shim import Plan, library
from tests.crash.storm import Storm, storm

SEED = 20261122
ALL = ("failed", "happened", "killed before", "killed after", "disk full")
FOUR = ALL[:4]
STORM = Size(60, 2000, 10)
QUARTERS = range(4)
SMALL_STORM = Size(20, 300, 10)

Cells = Iterator[Cell]


@dataclass(frozen=True)
class Task:
    """`make` yields cells on a dealer that is enrolled and has run once, or on one that is not enrolled yet. Each cell
    leaves the dealer whole, so that many tasks can take turns on one."""

    name: str
    make: Callable[[Dealer], Cells]
    kind: str = "enrolled"  # or not enrolled, or rotating: its first key has been followed by another
    missed: list[str] | None = None  # one of each effect and fault comes first, and whole; what it did not meet


def turning(class_: str, faults: Sequence[str], *, role: str = "a", by: int = 1) -> Callable[[int], Plan]:
    """Another fault at each operation, so that one sweep meets every operation and every fault."""
    return lambda at: Plan(class_, at, faults[(at // by) % len(faults)], role)


def each(scenario: Scenario, class_: str, faults: Sequence[str], *, role: str = "a") -> Callable[[Dealer], Cells]:
    """Every operation with every one of these faults."""

    def plan(number: int) -> Plan:
        at, which = divmod(number - 1, len(faults))
        return Plan(class_, at + 1, faults[which], role)

    return lambda one: swept(one, scenario, plan)


def _first_ops(one: Dealer) -> Cells:
    """A first run as far as it differs from later ones: until the stream stands."""
    plans = turning("f", ALL)
    yield from swept(one, FIRST, lambda at: plans(at) if at <= 60 else None)


def _network(one: Dealer) -> Cells:
    turn = 0
    with network.network(one) as proxy:
        for fault in FAULTS:
            for effect, nth in (("head asked", 1), ("push", 1), ("push", 2)):
                turn += 1
                cell = network.broken(one, proxy, effect, fault, nth, turn, NEXT)
                if cell:
                    yield cell


def _network_of_enrollment(one: Dealer) -> Cells:
    with network.network(one) as proxy:
        for turn, fault in enumerate(FAULTS):
            cell = network.broken(one, proxy, "enrollment", fault, 1, turn, ENROLL)
            if cell:
                yield cell


def _withdrawals(one: Dealer) -> Cells:
    with network.network(one) as proxy:
        for scenario in network.withdrawals(proxy):
            yield from swept(one, scenario, turning("s", FOUR), start=8)


def marked_scenarios(one: Dealer, proxy: network.Proxy) -> list[tuple[Scenario, set[str]]]:
    arrived, lost = network.withdrawals(proxy)
    run = {"access record", "choices begun", "choices", "choices ended", "reading begun", "page", "reading ended",
           "head compared", "announced", "settled"}  # fmt: skip
    return [
        (arrived, {"settled by head"}),
        (lost, {"voided"}),
        (network.met_by(proxy, "refused for now"), {"later", "trouble noted"}),
        (network.met_by(proxy, "refused for good"), {"stopped"}),
        (network.renamed_column(), {"dataset refused"}),
        (FIRST, run | {"stream opened"}),
    ]


def _marked(one: Dealer) -> Cells:
    with network.network(one) as proxy:
        for scenario, wanted in marked_scenarios(one, proxy):
            yield from after_each_mark(one, scenario, wanted)


def _marked_enrollment(one: Dealer) -> Cells:
    yield from after_each_mark(one, ENROLL, {"enrolled"})


def _cuts(scenario: Scenario, anywhere: int, most: int) -> Callable[[Dealer], Cells]:
    def make(one: Dealer) -> Cells:
        for survives in (power.NOTHING, power.SOME):
            yield from power.after_each_sync(one, scenario, survives)
        yield from power.anywhere(one, scenario, anywhere, SEED, most)

    return make


_OTHERS = {"enrollment", "rotation", "stream opened", "withdrawal"}  # no night's run has these


def _each(what: str, scenario: Scenario, effects: Collection[str], kind: str = "enrolled") -> Task:
    missed: list[str] = []
    return Task(f"one of each: {what}", lambda one: one_of_each(one, scenario, effects, missed), kind, missed)


def _each_withdrawal() -> Task:
    missed: list[str] = []

    def make(one: Dealer) -> Cells:
        with network.network(one) as proxy:
            _, lost = network.withdrawals(proxy)
            yield from one_of_each(one, lost, {"withdrawal"}, missed)

    return Task("one of each: withdrawal", make, missed=missed)


def tasks() -> list[Task]:
    """The whole set: one cell of each effect and fault, then everything, the longest first."""
    return [
        _each("a night's run", NEXT, set(EFFECTS) - _OTHERS),
        _each("stream opened", FIRST, {"stream opened"}),
        _each_withdrawal(),
        _each("enrollment", ENROLL, {"enrollment"}, "not enrolled"),
        _each("rotation", ROTATE, {"rotation"}, "rotating"),
        Task("writes, odd", lambda d: swept(d, NEXT, turning("f", ALL, by=2), step=2, start=1)),
        Task("writes, even", lambda d: swept(d, NEXT, turning("f", ALL, by=2), step=2, start=2)),
        Task("power cuts in a run", _cuts(NEXT, 30, 200)),
        Task("fsyncs", each(NEXT, "s", ("failed", "happened"))),
        Task("kills around fsyncs", each(NEXT, "s", ("killed before", "killed after"))),
        Task("power cuts in a first run", _cuts(FIRST, 10, 120)),
        Task("writes of a first run", _first_ops),
        Task("sockets, odd", lambda d: swept(d, NEXT, turning("n", FOUR, by=2), step=2, start=1)),
        Task("sockets, even", lambda d: swept(d, NEXT, turning("n", FOUR[2:] + FOUR[:2], by=2), step=2, start=2)),
        Task("network", _network),
        Task("withdrawals", _withdrawals),
        Task("marked steps", _marked),
        Task("writes of an enrollment", lambda d: swept(d, ENROLL, turning("f", ALL)), "not enrolled"),
        Task("sockets of an enrollment", lambda d: swept(d, ENROLL, turning("n", FOUR)), "not enrolled"),
        Task("network of an enrollment", _network_of_enrollment, "not enrolled"),
        Task("power cuts in an enrollment", _cuts(ENROLL, 10, 40), "not enrolled"),
        Task("marked step of an enrollment", _marked_enrollment, "not enrolled"),
        Task("writes of a rotation", lambda d: swept(d, ROTATE, turning("f", ALL)), "rotating"),
        Task("sockets of a rotation", lambda d: swept(d, ROTATE, turning("n", FOUR)), "rotating"),
        Task("power cuts in a rotation", _cuts(ROTATE, 10, 60), "rotating"),
        Task("pipes to the reader", each(NEXT, "p", FOUR)),
        Task("the DMS file, read by the reader", each(NEXT, "d", ("failed", "killed after"), role="r")),
        Task("the DMS file, asked by the agent", each(NEXT, "d", ("failed", "killed before"))),
    ]


def whole_storm(folder: Path, part: int, late: Callable[[], bool] = lambda: False, kills: int = 50) -> Storm:
    """A quarter of the 200 kills; each has a load and a seed of its own, so that they can rage side by side."""
    with dealer(folder, STORM) as one:
        return storm(one, kills, random.Random(SEED + part), cold=4, changes=3, late=late)


def small_storm(folder: Path, kills: int = 8) -> Storm:
    with dealer(folder, SMALL_STORM) as one:
        return storm(one, kills, random.Random(SEED), cold=kills, changes=2)


def done(task: Task, folder: Path) -> Cells:
    with ready(folder, task.kind) as one:
        yield from task.make(one)


@contextmanager
def ready(folder: Path, kind: str) -> Iterator[Dealer]:
    with dealer(folder, enrolled=kind != "not enrolled") as one:
        assert kind == "not enrolled" or ran(one) == []
        yield one


# Class, how many operations a run has of it, role; what happens most is drawn most.
_WHERE = (
    *[("f", 150, "a")] * 4, *[("s", 18, "a")] * 3, *[("n", 25, "a")] * 2, ("p", 9, "a"), ("d", 19, "r"),
)  # fmt: skip


def sample(one: Dealer, cells: int, chance: random.Random) -> Cells:
    """Cells drawn from a night's run; one that lies behind its end is drawn again."""
    made = 0
    while made < cells:
        class_, most, role = chance.choice(_WHERE)
        faults = ALL if class_ == "f" else FOUR
        cell = tried(one, NEXT, Plan(class_, chance.randint(1, most), chance.choice(faults), role), made)
        if cell:
            made += 1
            yield cell


@dataclass
class Found:
    cells: list[Cell]
    storms: list[Storm]
    stopped: list[str]  # tasks that the clock stopped before their end
    complete: list[str]  # tasks that were done whole
    missed: list[str]  # pairs of effect and fault that exist and were not met
    took_s: float


_AT_ONCE = 8  # cells of one dealer, before another's turn


def everything(say: Callable[[str], None], workers: int = 3, minutes: float | None = None) -> Found:
    """The whole set; `say` hears of each task as it ends. The storm is always whole. After `minutes` no cell is begun,
    and what is left out is told: on each dealer one of each effect and fault comes first, then tasks take turns."""
    began, found = time.monotonic(), Found([], [], [], [], [], 0)
    library()

    def late() -> bool:
        return minutes is not None and time.monotonic() - began > minutes * 60

    def turns(some: list[Task]) -> Iterator[None]:
        with _folder() as folder, ready(folder, some[0].kind) as one:
            waiting = [(task, task.make(one)) for task in some]
            while waiting and not late():
                task, source = waiting.pop(0)
                cell, over = _next(task, source)
                if cell:
                    found.cells.append(cell)
                if cell and cell.problems:
                    say(f"  {task.name}: {cell.effect}, {cell.fault}, {cell.at}: {cell.problems[:2]}")
                    waiting.append((task, source))
                    break  # what follows would stand on a house that is not whole
                if over:
                    say(f"  {task.name:<40} complete after {time.monotonic() - began:>5.0f} s")
                    found.complete.append(task.name)
                    found.missed += task.missed or []
                else:
                    waiting.insert(0 if task.missed is not None else len(waiting), (task, source))
                yield
            found.stopped += [task.name for task, _ in waiting]

    def rage(part: int) -> Iterator[None]:
        with _folder() as folder:
            found.storms.append(made := whole_storm(folder, part))
        say(f"  {f'kill storm {part + 1}':<40} {made.kills} kills after {time.monotonic() - began:>5.0f} s")
        yield

    enrolled, *others = ([o for o in tasks() if o.kind == kind] for kind in ("enrolled", "not enrolled", "rotating"))
    line = deque([*map(rage, QUARTERS), *map(turns, (enrolled[::2], enrolled[1::2], *others))])

    def work() -> None:
        while line:
            try:
                source = line.popleft()
            except IndexError:
                return
            if sum(1 for _ in islice(source, _AT_ONCE)) == _AT_ONCE:
                line.append(source)

    with ThreadPoolExecutor(workers) as pool:
        for one in [pool.submit(work) for _ in range(workers)]:
            one.result()
    found.took_s = time.monotonic() - began
    return found


def _next(task: Task, source: Cells) -> tuple[Cell | None, bool]:
    """The next cell of a task, and whether there is none. A task that breaks is a finding, and the others go on."""
    try:
        return next(source), False
    except StopIteration:
        return None, True
    except Exception as error:  # noqa: BLE001
        return Cell(task.name, "log", "failed", "?", "?", [f"the task broke: {error!r}"[:600]]), True


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fieldgate-crash-"))
    try:
        yield folder / "house"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
