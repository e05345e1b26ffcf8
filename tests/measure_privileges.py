"""The privilege matrix on private servers, written to docs/privileges.md by `python -m tests.measure_privileges`: what
an account was given, and what the probe said of it. tests/tasks/test_probe.py holds the program to the same cases."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path

from agent.core.access import AccessRecord
from agent.demo import servers
from agent.demo.engine import Engine
from agent.dms.dialects import DIALECTS
from tests.tasks import test_probe as matrix

PAGE = Path(__file__).parents[1] / "docs" / "privileges.md"
HEAD = """\
# What makes an account wide

Written by `python -m tests.measure_privileges` on {day}; do not edit. Private servers, two tables, an account with
exactly the grants that `fieldgate grants` prints for one policy, and then something more. *refused*: each
column that no policy grants was refused by the server in a session that could still read what it may. Anything else is
*wide*, with the reason as the access record says it, and stops the run. MariaDB has no owners of tables.

| the account has also | PostgreSQL | MariaDB |
|---|---|---|
"""
Case = Callable[[Engine], AccessRecord]


def _given(*statements: str) -> Case:
    def case(engine: Engine) -> AccessRecord:
        q = DIALECTS[engine.kind].quote
        for statement in statements:
            words = {"me": matrix._sql_account(engine), "ssn": q("SSN"), "db": engine.settings.database}
            words |= {
                "customer": engine.table("CUSTOMER"),
                "deal": engine.table("SALES_DEAL"),
                "view": engine.table("V"),
            }
            engine.admin(statement.format(**words))
        return matrix._probe(engine)

    return case


def _lost(engine: Engine) -> AccessRecord:
    with matrix.connect(engine.settings, engine.password) as connection:
        losing = matrix._Losing(connection, 2, lambda: matrix.end_session(engine))
        return matrix.probe(losing, engine.settings, matrix._inventory(engine), [matrix._query(engine)], matrix.NOW)


BOTH: dict[str, Case] = {
    "nothing: exact grants": _given(),
    "one column too many": _given("GRANT SELECT ({ssn}) ON {customer} TO {me}"),
    "a view of the same table": _given(
        "CREATE VIEW {view} AS SELECT {ssn} AS shade FROM {customer}", "GRANT SELECT ON {view} TO {me}"
    ),
    "what PUBLIC was granted": _given("GRANT SELECT ON {deal} TO PUBLIC"),
    "its connection cut in the middle of the questions": _lost,
}


def _cases(kind: str) -> dict[str, Case]:
    wide = matrix.POSTGRESQL_WIDE if kind == "postgresql" else matrix.MARIADB_WIDE
    named = {"role": "member, not inherited", "server files": "role that reads server files", "global": "FILE"}
    more = {named.get(name, name): sql for name, (sql, _) in wide.items()}
    return BOTH | {name: _as_it_stands(sql) for name, sql in more.items()}


def _as_it_stands(sql: str) -> Case:
    def case(engine: Engine) -> AccessRecord:
        me, database = matrix._sql_account(engine), engine.settings.database
        try:
            engine.admin(sql.replace("{db}", database).replace("{me}", me))
            return matrix._probe(engine)
        finally:
            matrix.take_back(engine, sql)

    return case


def _told(record: AccessRecord) -> str:
    if record.status == "refused":
        return f"refused: {len(record.refused)} of {len(record.refused)}"
    reasons = [reason.split(":")[0] for reason in record.reasons]
    reasons += [f"readable: {column}" for column in record.readable[:2]]
    reasons += [f"{len(record.not_shown)} not shown"] if record.not_shown else []
    return f"**wide**: {', '.join(reasons)}"


def main() -> None:
    said: dict[str, dict[str, str]] = {}
    for kind in ("postgresql", "mariadb"):
        with tempfile.TemporaryDirectory() as folder, servers.running(kind, Path(folder)) as server:  # type: ignore[arg-type]
            for name, case in _cases(kind).items():
                engine = server.fresh()
                matrix._build(engine)
                said.setdefault(name, {})[kind] = _told(case(engine))
                if "PUBLIC" in name:
                    engine.admin(f"REVOKE SELECT ON {engine.table('SALES_DEAL')} FROM PUBLIC")
    rows = [f"| {name} | {of.get('postgresql', '-')} | {of.get('mariadb', '-')} |\n" for name, of in said.items()]
    PAGE.write_text(HEAD.format(day=dt.datetime.now(dt.UTC).date()) + "".join(rows), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
