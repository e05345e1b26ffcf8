"""Which step of the path costs how much: one run in one process under cProfile, summed by named functions.

The profiler makes Python look dearer than C, so the shares are a guide for where to look, not a measure of speed.

    python -m tests.benchmarks.shares '{"home": ..., "rows": 50000}'
"""

from __future__ import annotations

import cProfile
import json
import logging
import pstats
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from agent import pipeline
from agent.core import records
from agent.core.ids import StreamKeys
from agent.core.jobs import Done, Failed, Frame, Job
from agent.core.query import compile_query, page
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import connect
from agent.service.collector import calm
from agent.service.reader import answer
from agent.tasks.access import probe_source
from agent.tasks.permission import policies_in_force
from tests.benchmarks import bare, house, worker
from tests.benchmarks.recipient import open_oem

SCREENED = 10  # pages

STEPS: dict[str, tuple[tuple[str, str], ...]] = {
    "reading the DMS (pyodbc and driver)": (("odbc.py", "rows"),),
    "screening every value": (("screen.py", "screen_values"),),
    "choices: the whole pass over their table": (("reader.py", "_choices"), ("hear.py", "_commit_choices")),
    "choices: judging the codes in each row": (("choices.py", "allowed_column"), ("records.py", "_withhold_refused")),
    "keyed hashes (ids, persons, nonces, pseudonyms)": (("ids.py", "hashes"),),
    "cells to wire values": (("values.py", "wire_values"), ("values.py", "column_texts")),
    "encoding fields and lines": (("records.py", "_bodies"), ("records.py", "_lines")),
    "the gate": (("gate.py", "check"),),
    "comparing with what is remembered": (("pages.py", "compare"),),
    "leaf hashes, Merkle root": (("merkle.py", "line_hashes"), ("merkle.py", "root")),
    "compressing, unpacking": (("packing.py", "packed"), ("packing.py", "unpacked")),
    "encrypting": (("atrest.py", "seal"), ("atrest.py", "open")),
    "the state file (SQLite)": (("store.py", "rows"), ("store.py", "write"), ("store.py", "write_all"),
                                ("store.py", "transaction")),
    "signing": (("signing.py", "sign"),),
}  # fmt: skip


class InProcess:
    """The reader child's work without the child."""

    def read(self, job: Job) -> Iterator[Frame]:
        for frame in answer(job):
            if isinstance(frame, Failed):
                raise RuntimeError(frame.what)  # noqa: TRY004
            if not isinstance(frame, Done):
                yield frame


def main(order: dict[str, Any]) -> dict[str, Any]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    prepared = Path(order["home"])
    return {"steps": _steps(prepared), "screen": _screen(prepared)}


def _screen(prepared: Path) -> dict[str, float]:
    """CPU of the screen beside CPU of the bare loop, page by page over the same rows: medians, microseconds a row."""
    desk = worker._open(prepared)
    policy = policies_in_force(desk).policies[0]
    rules, source = policy.datasets[0], desk.config.sources["dms"]
    desk.state.close()
    query = compile_query(rules, "01", DIALECTS[source.dialect], today=house.now().date())
    keys = StreamKeys(*(bytes(32) for _ in range(5)))
    recipe = records.Recipe(rules, query.layout, policy.purpose, policy.regime, keys, ZoneInfo(source.zone))
    calm()
    bare_s, screen_s = [], []
    with connect(source, "") as connection:
        raw, low = connection._raw, 0
        sql = bare.page_sql('"main"."CUSTOMER"', bare.READ[8], '"')
        for _ in range(SCREENED):
            began = time.process_time()
            taken = raw.cursor().execute(sql, (low,)).fetchall()
            bare_s.append((time.process_time() - began) / len(taken))
            rows = connection.rows(*page(query, (low,) if low else None, None, bare.PAGE))
            texts = records._Texts(list(zip(*rows, strict=True)))
            fields = [records._transformed(recipe, i, texts) for i in range(len(rules.fields))]
            began = time.process_time()
            records._screen(recipe, fields, [None] * len(rows))
            screen_s.append((time.process_time() - began) / len(rows))
            low = taken[-1][0]
    return {"bare_us": median(bare_s) * 1e6, "screen_us": median(screen_s) * 1e6}


def _steps(prepared: Path) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="fieldgate-bench-", dir=prepared.parent))
    try:
        shutil.copytree(prepared, folder / "home")
        desk = worker._open(folder / "home")
        oem = open_oem(folder / "home" / house.OEM_KEY, house.RECIPIENT)
        profile = cProfile.Profile()
        profile.enable()
        pipeline.extract_once(desk, InProcess(), probe_source)
        pipeline.deliver_once(desk, lambda _: oem)
        profile.disable()
        desk.state.close()
    finally:
        shutil.rmtree(folder)
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    whole = sum(own for _, _, own, _, _ in stats.values())
    shares = {}
    for step, functions in STEPS.items():
        spent = 0.0
        for (file, _, name), (_, _, _, all_of_it, _) in stats.items():
            if any(file.endswith("/" + f) and "/agent/" in file and name == n for f, n in functions):
                spent += all_of_it
        shares[step] = spent / whole
    return shares


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
