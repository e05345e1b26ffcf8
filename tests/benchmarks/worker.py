"""One measuring process: the bare loop and the whole path, turn by turn, on one prepared folder. Prints one JSON line.

python -m tests.benchmarks.worker '{"home": ..., "columns": 8, "rows": 100000, "turns": 3, "cores": [0]}'
"""

from __future__ import annotations

import json
import logging
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks import shipped  # isort: skip  # before whatever would import what is not shipped

import structlog

from agent import config, pipeline
from agent.core.jobs import ChangesFrame, Clock, DatasetJob, Frame, HandedKeys, Job, PageFrame, Unserved
from agent.dms.odbc import connect
from agent.health import health
from agent.service.collector import calm
from agent.service.supervisor import ReaderChild
from agent.state.store import State, open_state
from agent.tasks.access import probe_source
from agent.tasks.desk import Desk, open_desk
from agent.tasks.permission import policies_in_force
from tests.benchmarks import bare, house, mechanics
from tests.benchmarks.bare import PAGE, READ
from tests.benchmarks.recipient import Oem, open_oem


@dataclass
class Watched:
    """The reader child, with what it was asked counted: pages are statements to the DMS."""

    child: ReaderChild
    pages: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def read(self, job: Job) -> Iterator[Frame]:
        what = "dataset" if isinstance(job, DatasetJob) else "choices"
        for frame in self.child.read(job):
            if not isinstance(frame, Clock | Unserved):
                count = frame.page.rows if isinstance(frame, PageFrame | ChangesFrame) else len(frame.states)  # type: ignore[union-attr]
                self.pages[what] = self.pages.get(what, 0) + 1
                self.rows[what] = self.rows.get(what, 0) + count
            yield frame


assert "rich" in shipped.LEFT_OUT
TICK = os.sysconf("SC_CLK_TCK")


def main(order: dict[str, Any]) -> dict[str, Any]:
    os.sched_setaffinity(0, set(order["cores"]))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    calm()  # as the daemon does
    prepared = Path(order["home"])
    if order.get("in_place"):
        return {"turns": [_path(prepared, order)]}
    turns = []
    for _ in range(order["turns"]):
        turn: dict[str, Any] = {}
        if order.get("bare", True):
            turn["bare"] = _bare(prepared, order)
        folder = Path(tempfile.mkdtemp(prefix="fieldgate-bench-", dir=prepared.parent))
        try:
            if order.get("mechanics"):
                turn["mechanics"] = _bare(prepared, order, folder / "mechanics.db")
            shutil.copytree(prepared, folder / "home")
            turn |= _path(folder / "home", order)
        finally:
            shutil.rmtree(folder)
        turns.append(turn)
    return {"turns": turns}


def _bare(home: Path, order: dict[str, Any], state: Path | None = None) -> dict[str, float]:
    """The bare loop; with a file to keep pages in, the bare mechanics."""
    desk = _open(home)
    source = desk.config.sources["dms"]
    password = desk.store.secret("dms").decode() if source.user else ""
    desk.state.close()
    quote = "`" if source.dialect == "mariadb" else '"'
    table = f"{quote}{order['schema']}{quote}.{quote}CUSTOMER{quote}"
    with connect(source, password) as connection:
        raw = connection._raw  # the loop is pyodbc's own, without anything of ours
        before = _cpu(0)
        started = time.perf_counter()
        if state:
            rows = mechanics.run(raw, table, quote, state)
        else:
            rows = bare.read_all(raw, table, READ[order["columns"]], quote)
        return {"s": time.perf_counter() - started, "cpu_s": _cpu(0) - before, "rows": rows}


def _path(home: Path, order: dict[str, Any]) -> dict[str, Any]:
    """First load, quiet run, complete comparison; `order["runs"]` may name fewer."""
    runs = order.get("runs", ("first", "quiet", "again"))
    desk = _open(home)
    oem = open_oem(home / house.OEM_KEY, house.RECIPIENT)
    turn: dict[str, Any] = {}
    try:
        with ReaderChild() as reader:
            _warm(desk, reader)
            for run in runs:
                turn[run] = _cycle(desk, reader, oem, reconcile=run == "again")
                turn[f"state_bytes_{run}"] = _size(desk.state)
            turn["status_s"] = _status(home)
            child = reader._process.pid if reader._process else 0
            turn["peak_mb"] = {"supervisor": _peak_mb(os.getpid()), "child": _peak_mb(child)}
        turn["wire_bytes"] = oem.wire_bytes
    finally:
        desk.state.close()
    return turn


def _status(home: Path) -> float:
    """Seconds until `status` has opened the state file and computed health."""
    loaded = config.load(home / "agent.yaml")
    began = time.perf_counter()
    state = open_state(loaded.state_file)
    try:
        with state.reading() as tx:
            health(tx, loaded, house.now())
    finally:
        state.close()
    return time.perf_counter() - began


def _cycle(desk: Desk, reader: ReaderChild, oem: Oem, *, reconcile: bool = False) -> dict[str, Any]:
    """One run of the story; seconds on the wall, CPU seconds of both processes, and what became of the rows."""
    child = reader._process.pid if reader._process else 0
    watched = Watched(reader)
    cpu, child_cpu, started = _cpu(0), _cpu(child), time.perf_counter()
    extraction = pipeline.extract_once(desk, watched, probe_source, reconcile=reconcile)
    extracted = time.perf_counter()
    deliveries = pipeline.deliver_once(desk, lambda _: oem)
    ended = time.perf_counter()
    return {
        "s": ended - started,
        "extract_s": extracted - started,
        "deliver_s": ended - extracted,
        "cpu_s": _cpu(0) - cpu + _cpu(child) - child_cpu,
        "child_cpu_s": _cpu(child) - child_cpu,
        "rows": sum(r.rows for r in extraction.readings),
        "pages": watched.pages,
        "pages_rows": watched.rows,
        "sent": sum(r.sent for r in extraction.readings),
        "delivered": sum(d.lines for d in deliveries if d.outcome == "settled"),
        "batches": sum(d.outcome == "settled" for d in deliveries),
    }


def _warm(desk: Desk, reader: ReaderChild) -> None:
    """Start the child on a page behind the last row, so that what is measured is reading and not importing."""
    policy = policies_in_force(desk).policies[0]
    source = desk.config.sources["dms"]
    job = DatasetJob(
        source=source,
        password=desk.store.secret("dms").decode() if source.user else "",
        rules=policy.datasets[0],
        store="01",
        purpose=policy.purpose,
        regime=policy.regime,
        keys=HandedKeys(*(bytes(32) for _ in HandedKeys.__struct_fields__)),
        ranges=[((2_000_000_000,), None)],
        page_rows=PAGE,
        today=house.now().date(),
    )
    assert sum(frame.page.rows for frame in reader.read(job) if isinstance(frame, PageFrame)) == 0


def _open(home: Path) -> Desk:
    return open_desk(config.load(home / "agent.yaml"), clock=house.now, actor="benchmark")


def _cpu(pid: int) -> float:
    """CPU seconds of this process (0) or of another that still runs, its threads included."""
    if not pid:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _size(state: State) -> int:
    with state.reading() as tx:
        pages, size = tx.rows("select page_count, page_size from pragma_page_count(), pragma_page_size()")[0]
    return int(pages) * int(size)


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
