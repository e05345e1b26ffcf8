"""What the agent's account asked a real server, by the server's own log and counters, written to docs/statements.md by
`python -m tests.measure_statements`; tests/story/test_statements.py holds a small run to the same rules.

The counters of PostgreSQL know rows and blocks, those of MariaDB rows and bytes; neither knows what the other does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from agent.demo import servers
from agent.demo.engine import Engine
from agent.tasks.access import queries_of
from agent.tasks.permission import policies_in_force
from tests.statement_watch import Audit, audit, table
from tests.story.world import World, world

PAGE = Path(__file__).parent.parent / "docs" / "statements.md"
_COUNTERS = {
    "postgresql": {
        "rows read": "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables",
        "bytes read": "SELECT 8192 * sum(heap_blks_read + heap_blks_hit) FROM pg_statio_user_tables",
    },
    "mariadb": {
        "rows read": "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'ROWS_READ'",
        "bytes sent": "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'BYTES_SENT'",
    },
}


def live_through(made: World) -> None:
    """First load, a second run, an opt-out, a restart: three whole probes or samples among them."""
    made.run()
    made.run()
    engine = made.engine
    column, key = ("`OPT_OUT`", "`CUST_NO`") if engine.kind == "mariadb" else ('"OPT_OUT"', '"CUST_NO"')
    table = engine.table("CUSTOMER")
    [(first,)] = made.sql(f"SELECT min({key}) FROM {table}")
    made.sql(f"UPDATE {table} SET {column} = 'Y' WHERE {key} = {first}")
    made.run()
    made.restart()
    made.run()


def counted(engine: Engine) -> dict[str, int]:
    if engine.kind == "postgresql":
        time.sleep(1.5)  # its sessions report their counts when they have been idle for a second
    return {name: int(float(engine.admin(sql)[0][0] or 0)) for name, sql in _COUNTERS[engine.kind].items()}


def spent(engine: Engine, work) -> dict[str, int]:  # type: ignore[no-untyped-def]
    before = counted(engine)
    work()
    after = counted(engine)
    return {name: after[name] - before[name] for name in before}


def everything(made: World) -> None:
    """What an export of the same tables would read."""
    tables = {t.name for q in queries_of(made.desk, policies_in_force(made.desk), "dms") for t in q.tables}
    for name in sorted(tables):
        made.sql(f"SELECT * FROM {made.table(name)}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.measure_statements", description=__doc__)
    parser.add_argument("--tests", type=Path, help="what `pytest --statements FOLDER` kept of a whole test run")
    kept = parser.parse_args().tests
    if kept and not any(kept.glob("*.json")):
        parser.error(
            f"{kept} holds no test run, and nothing found in none would look like a finding: tests/run.sh first"
        )
    lines = [HEAD]
    for kind in ("postgresql", "mariadb"):
        with (
            tempfile.TemporaryDirectory() as folder,
            servers.running(kind, Path(folder) / "dms") as engine,  # type: ignore[arg-type]
            world(Path(folder) / "world", engine=engine, customers=500, limits="{page_rows: 5000}") as made,
        ):
            made.approve()
            made.enroll()
            agent = spent(engine, made.extract)
            second = spent(engine, made.extract)
            whole = spent(engine, lambda made=made: everything(made))  # type: ignore[misc]
            live_through(made)
            lines += _told(kind, audit(engine), agent, second, whole)
    if kept:
        lines += [OVER_ALL, *table(kept)]
    PAGE.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")


def _told(kind: str, found: Audit, agent: Counter | dict, second: dict, whole: dict) -> list[str]:  # type: ignore[type-arg]
    name = {"postgresql": "PostgreSQL", "mariadb": "MariaDB"}[kind]
    said = [
        f"\n## {name}\n",
        f"{found.statements:,} statements by the agent's account stand in the server's log. {found.naming:,} name a",
        f"nonpublic column; {found.refused:,} of these are questions over no row (`WHERE 1 = 0`) with the server's",
        f"refusal beside them, {len(found.strangers)} are anything else.\n",
        "| by the server's own counters | first run | next run | `SELECT *` of the same tables |",
        "|---|---:|---:|---:|",
    ]
    return said + [f"| {what} | {agent[what]:,} | {second[what]:,} | {whole[what]:,} |" for what in agent]


HEAD = """\
# What the agent's account asked the server

Written by `python -m tests.measure_statements`; do not edit. A make-believe dealership of 500 customers, two stores,
the shipped policy customer-crm, private servers; first load, further runs, an opt-out, a restart. `SELECT *` is run by
the owner, once for each table that the policy reads, as a vendor's export would. The agent reads a table once for each
store, with joins and choices, so the server may look at more rows than there are; what it hands over is less."""

OVER_ALL = """
## Over all tests

By the servers' own logs of the test run that was handed to the command: as many tests with a server as the table says.
In every run a statement that nobody excused by name fails it (tests/statement_watch.py).
"""


if __name__ == "__main__":
    main()
