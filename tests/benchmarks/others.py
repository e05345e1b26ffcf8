"""What a user would pick instead, on the same table and columns: dlt, and a Singer tap with a target.

Each stands in an environment of its own under .cache/bench, made at its first use with pip. None of them screens, signs
or stores safely. What cannot be installed or does not deliver every row is said, with the reason, and has no rate.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from agent.demo.engine import Engine
from tests.benchmarks.bare import READ
from tests.benchmarks.table import TABLE

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".cache" / "bench"
NEEDS = {
    "dlt": ("dlt", "sqlalchemy", "pyarrow", "psycopg2-binary", "requests"),
    "tap": ("meltanolabs-tap-postgres",),
    "target": ("target-jsonl", "setuptools<81"),
}
READER, PASSWORD = "bench_reader", "bench-only"
LIMIT_S = 300
WAYS = (
    ("dlt, sqlalchemy, HTTP", "sqlalchemy", True), ("dlt, pyarrow, HTTP", "pyarrow", True),
    ("dlt, sqlalchemy, JSONL", "sqlalchemy", False), ("dlt, pyarrow, JSONL", "pyarrow", False),
)  # fmt: skip


class NotMeasuredError(Exception):
    """Why there is no figure."""


def measured(engine: Engine, folder: Path, rows: int, turns: int) -> list[dict[str, Any]]:
    """One entry per tool: rates of its turns and its peak memory, or why there is none. The engine is PostgreSQL."""
    engine.admin(
        f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'; GRANT CONNECT ON DATABASE \"{engine.settings.database}\""
        f" TO {READER}; GRANT USAGE ON SCHEMA dbo TO {READER}; GRANT SELECT ON {engine.table(TABLE.name)} TO {READER}"
    )
    found = []
    for name, backend, http in WAYS:
        found.append(_tried(name, turns, lambda n, b=backend, h=http: _dlt(engine, folder / f"dlt{n}", rows, b, h)))
    found.append(_tried("Singer: tap-postgres, target-jsonl", turns, lambda n: _singer(engine, folder / f"s{n}", rows)))
    return found


def _tried(name: str, turns: int, once: Any) -> dict[str, Any]:
    print(f"{time.strftime('%H:%M:%S')}  {name}", file=sys.stderr, flush=True)
    taken: list[tuple[float, float]] = []
    try:
        taken = [once(f"{abs(hash(name))}-{n}") for n in range(turns)]
    except NotMeasuredError as why:
        return {"what": name, "why": str(why)}
    return {"what": name, "rates": [rate for rate, _ in taken], "peak_mb": max(peak for _, peak in taken)}


def environment(name: str) -> Path:
    """The folder with an environment's programs, made now if it is not there."""
    home = ENVIRONMENTS / name
    made = home / "made"
    wanted = "\n".join(NEEDS[name])
    if not made.exists() or made.read_text() != wanted:
        print(f"{time.strftime('%H:%M:%S')}  making the environment {name}", file=sys.stderr, flush=True)
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(home)],
            [str(home / "bin" / "pip"), "install", "--quiet", *NEEDS[name]],
        ):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["no word"])[-1]
                raise NotMeasuredError(f"pip could not install {NEEDS[name][0]}: {last[:200]}")
        made.write_text(wanted)
    return home / "bin"


def _dlt(engine: Engine, folder: Path, rows: int, backend: str, http: bool) -> tuple[float, float]:
    python = environment("dlt") / "python"
    folder.mkdir(parents=True)
    with _sink() as (address, taken):
        s = engine.settings
        order = {
            "url": f"postgresql+psycopg2://{READER}:{PASSWORD}@127.0.0.1:{s.port}/{s.database}",
            "schema": engine.schema, "table": TABLE.name, "columns": list(READ[8]), "backend": backend,
            "http": address if http else "", "folder": str(folder),
        }  # fmt: skip
        quiet = os.environ | {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "HOME": str(folder)}
        said, _, peak = _run([str(python), str(HERE / "dlt_run.py"), json.dumps(order)], quiet)
        arrived = taken[0] if http else sum(map(_lines, (folder / "out").rglob("*customer*/*.jsonl*")))
    if arrived != rows:
        raise NotMeasuredError(f"{arrived:,} of {rows:,} rows arrived")
    return rows / json.loads(said.splitlines()[-1])["s"], peak


def _lines(file: Path) -> int:
    data = file.read_bytes()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).count(b"\n")


def _singer(engine: Engine, folder: Path, rows: int) -> tuple[float, float]:
    tap, target = environment("tap") / "tap-postgres", environment("target") / "target-jsonl"
    folder.mkdir(parents=True)
    s = engine.settings
    (folder / "tap.json").write_text(
        json.dumps(
            {
                "host": "127.0.0.1", "port": s.port, "user": READER, "password": PASSWORD, "database": s.database,
                "filter_schemas": [engine.schema], "max_record_count": 10**9,
            }
        )
    )  # fmt: skip
    (folder / "target.json").write_text(json.dumps({"destination_path": str(folder)}))
    quiet = os.environ | {"HOME": str(folder)}
    said, _, _ = _run([str(tap), "--config", str(folder / "tap.json"), "--discover"], quiet)
    catalog = json.loads(said)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            place = entry["breadcrumb"]
            chosen = stream.get("table_name") == TABLE.name
            entry["metadata"]["selected"] = chosen and (not place or place[-1] in READ[8])
    (folder / "catalog.json").write_text(json.dumps(catalog))
    read = [str(tap), "--config", str(folder / "tap.json"), "--catalog", str(folder / "catalog.json")]
    pipe = '"$1" --config "$2" --catalog "$3" | "$4" --config "$5" > "$6"'
    began = time.perf_counter()
    shell = ["bash", "-o", "pipefail", "-c", pipe, "-", read[0], read[2], read[4], str(target)]
    _, _, peak = _run([*shell, str(folder / "target.json"), str(folder / "state")], quiet)
    took = time.perf_counter() - began
    arrived = sum(map(_lines, folder.glob("*.jsonl")))
    if arrived != rows:
        raise NotMeasuredError(f"{arrived:,} of {rows:,} rows arrived")
    return rows / took, peak


def _run(command: list[str], env: dict[str, str]) -> tuple[str, str, float]:
    """What it said, and the highest resident size (MB) of the largest process of it."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True,
        start_new_session=True,
    )  # fmt: skip
    overdue = threading.Timer(LIMIT_S, os.killpg, (process.pid, 9))
    overdue.start()
    errors: list[str] = []
    drain = threading.Thread(target=lambda: errors.append(process.stderr.read()))  # type: ignore[union-attr]
    drain.start()
    said = process.stdout.read()  # type: ignore[union-attr]
    drain.join()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    overdue.cancel()
    if process.returncode:
        last = (errors[0].strip().splitlines() or ["no word"])[-1]
        raise NotMeasuredError(f"{Path(command[0]).name} ended with {process.returncode}: {last[:200]}")
    return said, errors[0], used.ru_maxrss / 1024


@contextmanager
def _sink() -> Iterator[tuple[str, list[int]]]:
    """An HTTP server that takes everything, counts the records, and throws them away."""
    taken = [0]

    class Sink(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            taken[0] += len(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing to say."""

    server = HTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", taken
    finally:
        server.shutdown()
        server.server_close()
