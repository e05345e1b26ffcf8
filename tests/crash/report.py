"""docs/reliability.md, made from what a whole run found: counts, and nothing that was not seen."""

from __future__ import annotations

import datetime as dt
import os
import platform
import tempfile
from collections import Counter
from pathlib import Path

from tests.crash.cells import EFFECTS, Cell, marks
from tests.crash.storm import Storm
from tests.crash.suite import Found
from tests.crash.sweep import Extent

_FAULTS = ("failed", "failed but happened", "killed before", "killed after", "disk full", "fsync error")


def write(found: Found) -> str:
    cells = found.cells
    parts = [
        _head(found),
        _failed(found),
        "## How far it went\n\n" + _how_far(found),
        "## Effects and faults\n\nHow many different operations of each effect met each fault. `-`: none was met."
        f" {_why_none(found)}\n\n" + _matrix([cell for cell in cells if cell.fault in _FAULTS]),
        "## The network\n\nA proxy between agent and receiver does this to one request or one connection.\n\n"
        + _grid([cell for cell in cells if cell.fault.startswith("network")], "network: "),
        "## Power cuts\n\nThe run is stopped dead, and what was not synced is thrown away, whole or in part (sectors of"
        " a write, names in a folder).\n\n" + _grid([c for c in cells if c.fault.startswith("power")], "power cut "),
        "## How the broken commands ended\n\n" + _endings(cells),
        "## Kills after each marked step\n\n" + _marked(cells),
        "## Kill storm\n\n" + _storm(found.storms),
        _TAIL,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _head(found: Found) -> str:
    cells, storms = found.cells, found.storms
    bad = [cell for cell in cells if cell.problems]
    said = " ".join(problem for cell in cells for problem in cell.problems).split()
    words = {word: said.count(word) for word in ("lost", "doubled", "forbidden")}
    kinds = len({cell.key for cell in cells})
    later = sum(cell.nights > 1 for cell in cells)
    raged = [problem for one in storms for problem in one.problems]
    verdict = "every one held" if not bad and not raged else f"{len(bad)} DID NOT HOLD"
    kills, before = sum(one.kills for one in storms), sum(one.before_the_last_receipt for one in storms)
    sittings = [took_s for took_s in found.sittings if took_s]
    extent = (
        f"every one of the {len(found.extents)} sets saw its end"
        if not found.stopped
        else f"{len(found.stopped)} of the {len(found.extents)} sets did NOT see their end; the table below says which"
    )
    return f"""# Reliability

Made by `python -m tests.crash --write` on {dt.datetime.now(dt.UTC).date()}; {platform.system()}, Python
{platform.python_version()}, SQLite {_sqlite()}, {os.cpu_count()} cores shared with other work, folders on
{_file_system()}; {sum(sittings) / 60:.0f} minutes in {_sittings(len(sittings))}, all with the same code
(`{found.digest}`). Do not edit: run it again.

A cell is one command of the agent with one fault at one operation of it. The cell counts when its fault was seen to
fire. Then `check_house` looks at a copy of what is left, the agent is started again, and what the receiver holds is
compared with a query and a transform that import nothing of the product.

- **{len(cells)} cells, {kinds} kinds of effect and fault: {verdict}.**
- {extent}
- records lost {words["lost"]}, doubled in effect {words["doubled"]}, forbidden and sent {words["forbidden"]}
- {len(cells) - later} cells were right after the next run; {later} needed one run more, because what is withdrawn
  on its way is judged anew by the next reading
- kill storm: {kills} kills, {before} of them before the last receipt"""


def _sittings(number: int) -> str:
    return "one sitting" if number == 1 else f"{number} sittings"


def _file_system() -> str:
    """What kind of file system the folders of a run stand on."""
    here = tempfile.gettempdir()
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    fits = [(len(where), kind) for where, kind in mounts if f"{here}/".startswith(f"{where.rstrip('/')}/")]
    return max(fits)[1]


def _how_far(found: Found) -> str:
    """One line per command and kind of operation: what was left alone first and showed how many there are, and how many
    of them met each fault."""
    rows = ["| command: operations | how many | each of them met |", "|---|--:|---|"]
    for row in dict.fromkeys(task.row for task in found.tasks):
        mine = {task.column: found.extents[task.name] for task in found.tasks if task.row == row}
        there = max((extent.operations for extent in mine.values() if extent), default=0)
        rows.append(f"| {row} | {there or '?'} | {_met(mine, there)} |")
    return (
        "A command is run once and left alone; the operations that it does then are the set. The same evening stands"
        " again before each cell, so they are the same ones each time. A set is whole when each operation that can meet"
        " the fault was hit by it, and when two numbers behind the last one were tried and were not there. A full disk"
        " is for operations that need room. *One in turn*: each operation met one of the faults, its neighbor the"
        " next.\n\n"
        + "\n".join(rows)
        + "\n\n*A night's run*: one visit has changed, so one batch is made, announced, pushed and settled. *A busy"
        " night's run*: another visit is gone and a person refuses, so it is three batches, of upsert, retract and"
        " suppress. Opening, reading, choices, access record, audit, checkpoints, delivery and closing are in both."
    )


_WORDS = {"happened": "failed but happened"}


def _met(columns: dict[str, Extent | None], there: int) -> str:
    """Whole ones first; a number stands where not every operation can meet the fault (a sync needs no room)."""
    said = []
    for column, extent in columns.items():
        if extent:
            hit = extent.wanted - len(extent.missed)
            name = _WORDS.get(column, column)
            said.append(name if hit == extent.wanted == there else f"{name} ({hit} of the {extent.wanted} that can)")
            said += [f"**not met: {', '.join(extent.missed)}**"] if extent.missed else []
    stopped = [_WORDS.get(column, column) for column, extent in columns.items() if extent is None]
    said += [f"**stopped before its end: {', '.join(stopped)}**"] if stopped else []
    return "; ".join(said)


def _why_none(found: Found) -> str:
    """Whether a dash means that there is nothing to meet."""
    if found.stopped:
        return "Some sets were stopped: a dash may be a pair that was not come to."
    return (
        "Every operation of a night's run, an enrollment and a rotation met every fault: a dash is a pair that does not"
        " exist, or that only a first run or a withdrawal has (a socket knows no full disk, a read no fsync)."
    )


def _failed(found: Found) -> str:
    """What did not hold stands in front of everything else."""
    bad = [f"- {c.scenario}, {c.effect}, {c.fault}, {c.at}: {c.problems[0]}" for c in found.cells if c.problems]
    bad += [f"- kill storm: {problem}" for one in found.storms for problem in one.problems[:1]]
    return "## What did not hold\n\n" + ("\n".join(bad) if bad else "Nothing.")


def _sqlite() -> str:
    import sqlite3

    return sqlite3.sqlite_version


def _matrix(cells: list[Cell]) -> str:
    count = Counter((cell.effect, cell.fault, cell.scenario, cell.at) for cell in cells)
    kinds = Counter((effect, fault) for effect, fault, _, _ in count)
    rows = ["| effect | " + " | ".join(_FAULTS) + " |", "|---|" + "--:|" * len(_FAULTS)]
    for effect in EFFECTS:
        if any(kinds[effect, fault] for fault in _FAULTS):
            rows.append(f"| {effect} | " + " | ".join(str(kinds[effect, fault] or "-") for fault in _FAULTS) + " |")
    return "\n".join(rows)


def _grid(cells: list[Cell], cut: str) -> str:
    faults = list(dict.fromkeys(cell.fault for cell in cells))
    effects = [effect for effect in EFFECTS if any(cell.effect == effect for cell in cells)]
    count = Counter((cell.effect, cell.fault) for cell in cells)
    rows = ["| | " + " | ".join(effects) + " |", "|---|" + "--:|" * len(effects)]
    for fault in faults:
        rows.append(
            f"| {fault.removeprefix(cut)} | "
            + " | ".join(str(count[effect, fault] or "-") for effect in effects)
            + " |"
        )
    return "\n".join(rows)


def _endings(cells: list[Cell]) -> str:
    count = Counter(cell.outcome for cell in cells)
    rows = ["| ended with | cells | |", "|---|--:|---|"]
    for outcome, number in count.most_common():
        rows.append(f"| {outcome} | {number} | {_MEANT.get(outcome.split()[-1], '')} |")
    return "\n".join(rows)


_MEANT = {
    "killed": "SIGKILL or a power cut",
    "0": "the fault was absorbed: a retry within the command, a log line, a closing of the file",
    "FG-T05": "the disk is full",
    "FG-T23": "how far the agent had come cannot be noted beside the keys",
    "FG-C41": "the log folder cannot be written",
    "FG-C21": "the store is enrolled already",
    "unreachable": "the database cannot be reached",
    "FG-T06": "the state file cannot be written",
    "FG-T07": "the state file cannot be used; nothing of the transaction is kept",
    "K012": "a key could not be written",
    "K015": "a key that was followed could not be removed",
    "FG-D40": "the OEM did not take the statement of a rotation",
    "receipt_signature": "an answer without a receipt that counts",
    "statement_refused": "the database refused a statement",
    "FG-S21": "the reader ended by itself",
    "FG-S24": "the reader could not be started",
    "FG-D01": "the OEM cannot be reached",
    "FG-D04": "the connection broke before an answer",
    "FG-D10": "the OEM did not tell where the stream stands",
    "FG-D11": "the enrollment was not accepted",
    "FG-D22": "the batch stands in quarantine until a person retries it",
    "FG-D23": "the OEM asked to come again",
}


def _marked(cells: list[Cell]) -> str:
    hit = Counter(cell.mark for cell in cells if cell.mark and cell.outcome == "killed" and "after" in cell.fault)
    rows = ["| step | where | kills after it |", "|---|---|--:|"]
    for place, mark in sorted(marks().items()):
        rows.append(f"| {mark} | `agent/{place.partition(':')[0]}` | {hit[mark] or '-'} |")
    return "\n".join(rows) + "\n\n`-`: no run of this set reaches the step."


def _storm(storms: list[Storm]) -> str:
    rows = ["| load | batches | kills | before the last receipt | problems |", "|---|--:|--:|--:|---|"]
    for number, one in enumerate((one for one in storms if one.kills), 1):
        said = "; ".join(one.problems[:2]) or "none"
        rows.append(f"| {number} | {one.batches} | {one.kills} | {one.before_the_last_receipt} | {said} |")
    modes = sum((one.modes for one in storms), Counter[str]())
    lives = ", ".join(f"{number} `{mode}`" for mode, number in sorted(modes.items()))
    return (
        "SIGKILL at seeded random moments of a real load; after each a look at the house and a restart.\n\n"
        + "\n".join(rows)
        + f"\n\nThe lives that were ended: {lives}."
    )


_TAIL = """## What this does not show

- One file system, one SQLite, one processor family. The power cuts are a model: a preload shim keeps a log of what the
  process did, and the folder is rebuilt from what it had synced. No machine was switched off.
- Faults are injected below the C library in a process that was forked from one which had imported the program; a
  quarter of the storm's lives began with their first import.
- The receiver's own crashes are in `tests/receiver/test_crash.py`. Windows was not tried.
- The night that meets every fault at every operation is a small one. A busy one, one that withdraws what was on its
  way, and a first run as far as it differs, met the faults in turn: every operation, but each only one of them.
- In how many pieces a pipe is read differs from night to night: an operation that only some nights have was waited for
  six times, and is told where it did not come.
- Of the commands that people give, enrollment and rotation are broken here; import, erase, restore, resync are not."""
