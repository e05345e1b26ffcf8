"""What is tried: the tasks of the whole set, each with a dealer of its own, and the sample of the default run."""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.crash import network
from tests.crash.cells import (
    ARRIVED,
    BUSY,
    ENROLL,
    FIRST,
    LOST,
    NEXT,
    NIGHT,
    ROTATE,
    Cell,
    Scenario,
    after_each_mark,
    tried,
)
from tests.crash.dealer import Dealer, Size, dealer
from tests.crash.evenings import ready
from tests.crash.kept import Kept, code_digest
from tests.crash.power import NOTHING, SOME
from tests.crash.shim import Plan, library
from tests.crash.storm import Storm, storm
from tests.crash.sweep import ALL, FOUR, Extent, Sweep, swept

SEED = 20261122
STORM = Size(60, 2000, 10)
QUARTERS = range(4)
KILLS, KILLS_IN_TIME = 200, 150  # in all; before the last receipt of their load
SMALL_STORM = Size(20, 300, 10)

Cells = Iterator[Cell]


@dataclass(frozen=True)
class Task:
    """`make` yields the cells that are not done yet, on a dealer that stands where `kind` says; `row` and `column`:
    where the report tells how far it came."""

    row: str
    column: str
    make: Callable[[Dealer, Extent, Collection[str]], Cells]
    kind: str = "enrolled"  # has run once; or never run, not enrolled, rotated once, arrived, lost

    @property
    def name(self) -> str:
        return f"{self.row}: {self.column}"


_FOLDER = "writes, names and fsyncs in its folder"


def _sweep(what: str, sweep: Sweep, kind: str = "enrolled") -> Task:
    return Task(
        f"{sweep.scenario.name}: {what}", sweep.said, lambda one, extent, done: swept(one, sweep, extent, done), kind
    )


def _each(
    what: str, scenario: Scenario, class_: str, faults: Collection[str], kind: str = "enrolled", role: str = "a"
) -> list[Task]:
    """Every operation with every one of these faults."""
    return [_sweep(what, Sweep(scenario, class_, (fault,), role), kind) for fault in faults]


def _cuts(scenario: Scenario, kind: str = "enrolled") -> list[Task]:
    after = [Sweep(scenario, "s", ("killed after",), cuts=(survives,)) for survives in (NOTHING, SOME)]
    return [_sweep("fsyncs", sweep, kind) for sweep in after]


def _cuts_anywhere(scenario: Scenario, kind: str = "enrolled") -> Task:
    return _sweep(_FOLDER, Sweep(scenario, "f", ("killed before",), cuts=(NOTHING, SOME)), kind)


def _requests(scenario: Scenario, kind: str = "enrolled") -> Task:
    make: Callable[[Dealer, Extent, Collection[str]], Cells] = lambda one, extent, done: network.each_request(  # noqa: E731
        one, scenario, extent, done
    )
    return Task(f"{scenario.name}: requests and connections", "15 faults of a network", make, kind)


def _marked(one: Dealer, extent: Extent, done: Collection[str]) -> Cells:
    """The steps that no night has which goes well."""
    with network.network(one) as proxy:
        for scenario, wanted in (
            (network.met_by(proxy, "refused for now"), {"later", "trouble noted"}),
            (network.met_by(proxy, "refused for good"), {"stopped"}),
            (network.renamed_column(), {"dataset refused"}),
        ):
            extent.operations += len(wanted)
            extent.wanted += len(wanted)
            yield from after_each_mark(one, scenario, wanted - set(done))


def tasks() -> list[Task]:
    """The whole set, what matters most first."""
    until_it_stands = "its first 60 operations in its folder, until the stream stands"
    return [
        *_each(_FOLDER, NIGHT, "f", ALL),
        *_cuts(NIGHT),
        *_each(_FOLDER, ENROLL, "f", ALL, "not enrolled"),
        *_each(_FOLDER, ROTATE, "f", ALL, "rotated once"),
        _requests(NIGHT),
        _requests(ENROLL, "not enrolled"),
        Task("nights that go wrong: marked steps", "killed after", _marked),
        *_cuts(FIRST, "never run"),
        _sweep(until_it_stands, Sweep(FIRST, "f", ALL, most=60), "never run"),
        *_cuts(ENROLL, "not enrolled"),
        *_cuts(ROTATE, "rotated once"),
        *_each("sockets", NIGHT, "n", FOUR),
        *_each("sockets", ENROLL, "n", FOUR, "not enrolled"),
        *_each("sockets", ROTATE, "n", FOUR, "rotated once"),
        *_each("pipes to the reader", NIGHT, "p", FOUR),
        *_each("reader's pipes", NIGHT, "p", FOUR, role="r"),
        *_each("reader's DMS file", NIGHT, "d", FOUR, role="r"),
        *_each("DMS file, asked by the agent", NIGHT, "d", FOUR),
        *_each("fsyncs", ARRIVED, "s", FOUR, "arrived"),
        *_each("fsyncs", LOST, "s", FOUR, "lost"),
        _sweep(_FOLDER, Sweep(BUSY, "f", ALL)),
        _cuts_anywhere(NIGHT),
        _cuts_anywhere(ENROLL, "not enrolled"),
        _cuts_anywhere(ROTATE, "rotated once"),
        _requests(ROTATE, "rotated once"),
        _sweep(_FOLDER, Sweep(ARRIVED, "f", ALL), "arrived"),
        _sweep(_FOLDER, Sweep(LOST, "f", ALL), "lost"),
    ]


def whole_storm(folder: Path, part: int) -> Storm:
    """A quarter of the 200 kills; each has a load and a seed of its own, so that they can rage side by side."""
    with dealer(folder, STORM) as one:
        return storm(one, KILLS // len(QUARTERS), random.Random(SEED + part), cold=4, changes=3)


def small_storm(folder: Path, kills: int = 8) -> Storm:
    with dealer(folder, SMALL_STORM) as one:
        return storm(one, kills, random.Random(SEED), cold=kills, changes=2)


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
    extents: dict[str, Extent | None]  # of every task; None: it did not see its end
    sittings: list[float]  # seconds
    digest: str
    tasks: list[Task] = field(default_factory=tasks)

    @property
    def stopped(self) -> list[str]:
        return [name for name, extent in self.extents.items() if extent is None]

    @property
    def problems(self) -> list[str]:
        """Empty: every set saw its end and met all it was to meet, 200 kills fell, all but 50 of them within a load,
        and everything held."""
        said = [problem for one in (*self.cells, *self.storms) for problem in one.problems]
        said += [f"{name}: not seen to its end" for name in self.stopped]
        said += [f"{name}: not met: {', '.join(e.missed)}" for name, e in self.extents.items() if e and e.missed]
        kills = sum(one.kills for one in self.storms)
        before = sum(one.before_the_last_receipt for one in self.storms)
        return said + ([f"{kills} kills, {before} in time"] if kills < KILLS or before < KILLS_IN_TIME else [])


_MOST_BAD = 10  # cells of one task that do not hold: then it is a finding, and goes no further


def everything(say: Callable[[str], None], workers: int, minutes: float | None, folder: Path) -> Found:
    """The whole set. What was found stands in a file under `folder`; with the same code the next sitting goes on there.
    After `minutes` no cell is begun, and what is left out is told."""
    library()
    digest, began = code_digest(), time.monotonic()
    kept = Kept(folder / f"{digest}.jsonl")

    def late() -> bool:
        return minutes is not None and time.monotonic() - began > minutes * 60

    def work(task: Task) -> None:
        if task.name in kept.whole or late():
            return
        extent, bad = Extent(), 0
        with houses.lent(task.kind) as one:
            for cell in _told(task, task.make(one, extent, kept.done(task.name))):
                kept.add("cell", task.name, cell)
                bad += bool(cell.problems)
                if cell.problems:
                    say(f"  {task.name}: {cell.effect}, {cell.fault}, {cell.at}: {cell.problems[:2]}")
                if late() or bad >= _MOST_BAD or cell.spec == _BROKE:
                    return
        kept.add("whole", task.name, extent)
        say(f"  {time.monotonic() - began:>5.0f} s  {extent.wanted:>4} cells  {task.name}")

    def rage(part: int) -> None:
        if part in kept.storms or late():
            return
        with _folder() as house:
            made = whole_storm(house, part)
        kept.add("storm", str(part), made)
        say(f"  {time.monotonic() - began:>5.0f} s  {made.kills:>4} kills  kill storm {part + 1}")

    all_of_them = tasks()
    line: deque[Callable[[], None]] = deque(partial(work, task) for task in all_of_them)
    for part in QUARTERS:
        line.insert(8 + part, partial(rage, part))

    def works() -> None:
        while line:
            try:
                one = line.popleft()
            except IndexError:
                return
            one()

    with ExitStack() as stack:
        houses = _Houses(stack)
        with ThreadPoolExecutor(workers) as pool:
            for future in [pool.submit(works) for _ in range(workers)]:
                future.result()
    cells = [cell for task in all_of_them for cell in kept.cells.get(task.name, ())]
    extents = {task.name: kept.whole.get(task.name) for task in all_of_them}
    storms = [kept.storms[part] for part in sorted(kept.storms)]
    return Found(cells, storms, extents, kept.sittings, digest, all_of_them)


_BROKE = "the task broke"


def _told(task: Task, cells: Cells) -> Cells:
    """A task that breaks is a finding, and the others go on."""
    try:
        yield from cells
    except Exception as error:  # noqa: BLE001
        yield Cell(task.name, "log", "failed", "?", "?", [f"{_BROKE}: {error!r}"[:600]], spec=_BROKE)


class _Houses:
    """Dealers that were made ready and are free: one is made where none is, and none is lent to two."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack, self._lock = stack, threading.Lock()
        self._free: dict[str, list[Dealer]] = {}

    @contextmanager
    def lent(self, kind: str) -> Iterator[Dealer]:
        with self._lock:
            free = self._free.setdefault(kind, [])
            one = free.pop() if free else None
        if one is None:
            made = ExitStack()
            one = made.enter_context(ready(made.enter_context(_folder()), kind))
            with self._lock:
                self._stack.push(made)
        one.back()
        yield one
        with self._lock:
            self._free[kind].append(one)


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fieldgate-crash-"))
    try:
        yield folder / "house"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
