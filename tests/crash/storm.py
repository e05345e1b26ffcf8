"""The kill storm: one real load, read and sent by an agent that is killed with SIGKILL again and again at random times.

A life ends when so many commits of its own have been seen on the disk and a few random milliseconds have passed; both
are drawn from a seed, so that a slow and a fast machine are hit in the same phases. Every other life is the daemon,
which sends first; the rest are `run --once`, which reads first.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash import independent
from tests.crash.dealer import Dealer, told

_MAIN = "from agent.cli import main; main()"
MOST_COMMITS, _MOST_MS, _IDLE_S, _LIFE_S = 24, 25, 1.5, 30.0


@dataclass
class Storm:
    kills: int = 0
    ended_before: int = 0  # lives that were over before their kill
    batches_at: list[int] = field(default_factory=list)  # what the OEM had taken at each kill
    batches: int = 0  # in the end
    modes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def before_the_last_receipt(self) -> int:
        return sum(taken < self.batches for taken in self.batches_at)


def taken(dealer: Dealer) -> int:
    return int(independent.rows(dealer.receiver, "SELECT count(*) FROM batches")[0][0])


def storm(
    dealer: Dealer,
    kills: int,
    chance: random.Random,
    *,
    cold: int = 1,
    changes: int = 0,
    late: Callable[[], bool] = lambda: False,
) -> Storm:
    """`cold`: every so-manieth life is a process of its own from its first import on; the others are forks of one that
    has imported. `changes`: how often people change their minds meanwhile. `late`: no more kills."""
    made = Storm()
    turns = set(chance.sample(range(kills), changes)) if changes else set()
    while made.kills < kills and not made.problems and not late():
        if made.kills in turns:
            turns.discard(made.kills)
            dealer.change(made.kills)
        once = chance.random() < 0.5
        _life(dealer, made, once, chance, cold=made.kills % cold == 0)
        made.problems += [f"after kill {made.kills}: {what}" for what in dealer.faults()]
    for _ in range(2):  # the first ends the reading that was killed last; the second reads all from the beginning
        again = dealer.run()
        if again.status:
            made.problems.append(f"the last run ended with {told(again)}: {again.out[-300:]}")
    made.batches = taken(dealer)
    made.problems += [f"in the end: {what}" for what in (*dealer.faults(), *dealer.wrong())]
    return made


def _life(dealer: Dealer, made: Storm, once: bool, chance: random.Random, *, cold: bool) -> None:
    argv = ["run", *(["--once"] if once else []), "--config", str(dealer.yaml)]
    out = dealer.folder / "life.out"
    commits, pause_s = chance.randrange(MOST_COMMITS), chance.uniform(0, _MOST_MS) / 1000
    process = None
    if cold:
        with out.open("wb") as said:
            process = subprocess.Popen([sys.executable, "-c", _MAIN, *argv], stdout=said, stderr=said)
        pid = process.pid
    else:
        pid = dealer.zygote.start(argv, out=out)
    alive = _worked(dealer, pid, commits)
    if alive:
        time.sleep(pause_s)
        before = taken(dealer)
        os.kill(pid, signal.SIGKILL)
    status = process.wait() if process else dealer.zygote.wait()
    if alive and status == -signal.SIGKILL:
        made.kills += 1
        made.batches_at.append(before)
        made.modes[("run --once" if once else "run") + (", from its first import" if cold else "")] += 1
        return
    made.ended_before += 1
    if status or made.ended_before > 20:
        made.problems.append(f"the agent ended by itself with {status}: {out.read_text('utf-8', 'replace')[-400:]}")


def _worked(dealer: Dealer, pid: int, commits: int) -> bool:
    """Wait until the agent has written so many times to its journal; False when it has ended before."""
    journal = dealer.state.with_name(dealer.state.name + "-wal")
    until, seen, last = time.monotonic() + _LIFE_S, 0, _touched(journal)
    while seen <= commits:
        time.sleep(0.001)
        now = _touched(journal)
        if now != last:
            last, seen, until = now, seen + 1, time.monotonic() + _IDLE_S
        if _over(pid):
            return False
        if time.monotonic() > until:
            return True  # it waits for its schedule: a kill is a kill
    return True


def _touched(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _over(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
