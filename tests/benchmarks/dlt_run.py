"""Runs in dlt's own environment and knows nothing of ours: one table, some columns, to a folder or an HTTP sink.

python dlt_run.py '{"url": ..., "schema": ..., "table": ..., "columns": [], "backend": ..., "http": ..., "folder": ...}'
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import dlt
import requests
from dlt.sources.sql_database import sql_table

PAGE = 5_000


def main(order: dict[str, Any]) -> None:
    session = requests.Session()

    @dlt.destination(batch_size=PAGE, loader_file_format="typed-jsonl", name="sink", naming_convention="direct")
    def sink(items: Any, table: Any) -> None:
        records = items.to_pylist() if hasattr(items, "to_pylist") else items  # its pyarrow backend hands over tables
        session.post(order["http"], data=json.dumps(records, default=str).encode(), timeout=60).raise_for_status()

    destination = sink if order["http"] else dlt.destinations.filesystem(bucket_url=f"file://{order['folder']}/out")
    pipeline = dlt.pipeline("bench", destination=destination, dataset_name="bench", pipelines_dir=order["folder"])
    table = sql_table(
        credentials=order["url"],
        schema=order["schema"],
        table=order["table"],
        included_columns=order["columns"],
        backend=order["backend"],
        chunk_size=PAGE,
        reflection_level="full",
    )
    started = time.perf_counter()
    pipeline.run(table, **({} if order["http"] else {"loader_file_format": "jsonl"}))
    print(json.dumps({"s": time.perf_counter() - started}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
