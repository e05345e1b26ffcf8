"""What the agent's account asked the private servers, by the servers' own logs, and what of it may not be: a statement
that names a nonpublic column of the make-believe DMS and is not a question over no row with its refusal beside it.

conftest.py keeps one `Watch` for a whole test run and ends it with `strangers`; a test that asks as the agent's account
on purpose carries the mark `asks_for_nonpublic`, with why. docs/statements.md is written from what `keep` leaves.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from agent.demo.engine import Engine, LoggedStatement
from agent.demo.scene_permission import columns_named, nonpublic_columns
from agent.demo.servers_postgresql import PostgresqlEngine, read_log

_PROBE = re.compile(r"\bWHERE 1 = 0\s*\Z")
_HIDDEN = nonpublic_columns()


@dataclass(frozen=True)
class Audit:
    """`naming`: statements of the agent's account that name a nonpublic column; `refused`: of these, refused probes."""

    statements: int
    naming: int
    refused: int
    strangers: tuple[str, ...]  # that name one and are no refused probe


@lru_cache(maxsize=100_000)
def _names_one(statement: str) -> bool:
    return bool(columns_named(statement, _HIDDEN))


def judged(log: Iterable[LoggedStatement], account: str) -> Audit:
    own = [s for s in log if s.role == account]
    naming = [s for s in own if _names_one(s.statement)]
    strangers = tuple(s.statement for s in naming if not (s.error_code and _PROBE.search(s.statement)))
    return Audit(len(own), len(naming), len(naming) - len(strangers), strangers)


def audit(engine: Engine) -> Audit:
    return judged(engine.statement_log(), engine.settings.user)


@dataclass
class Watch:
    """A whole test run. PostgreSQL's log is read once, at its end; MariaDB's before it is emptied for the next test."""

    whose: dict[str, str] = field(default_factory=dict)  # database of PostgreSQL -> test
    excused: dict[str, str] = field(default_factory=dict)  # test -> why it asks
    found: dict[str, dict[str, Audit]] = field(default_factory=dict)  # engine -> test -> what it asked

    def begin(self, engine: Engine, test: str, excused: str) -> None:
        self.whose[engine.settings.database] = test
        if excused:
            self.excused[test] = excused

    def look(self, engine: Engine, test: str) -> None:
        """At the end of a test on MariaDB."""
        self.found.setdefault(engine.kind, {})[test] = audit(engine)

    def end(self, server: Engine) -> None:
        """Before a server is stopped."""
        if not isinstance(server, PostgresqlEngine):
            return
        server.statement_log()  # waits for the log to be written
        by_database: dict[str, list[list[str]]] = {}
        with (server.log_folder / "statements.csv").open(encoding="utf-8", errors="replace", newline="") as file:
            for row in csv.reader(file):
                by_database.setdefault(row[2] if len(row) > 2 else "", []).append(row)
        for database, rows in by_database.items():
            asked = judged(read_log(rows), server.settings.user)
            if asked.statements:
                test = self.whose.get(database, f"database {database}")
                self.found.setdefault(server.kind, {})[test] = asked

    def strangers(self) -> list[str]:
        """What nobody excused, as "test: statement"."""
        return [
            f"{test}: {statement}"
            for tests in self.found.values()
            for test, asked in tests.items()
            if test not in self.excused
            for statement in asked.strangers
        ]

    def keep(self, file: Path) -> None:
        told = {kind: {test: asdict(one) for test, one in tests.items()} for kind, tests in self.found.items()}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"found": told, "excused": self.excused}), "utf-8")


def table(folder: Path) -> list[str]:
    """Markdown of everything the workers of one run kept."""
    found: dict[str, dict[str, dict]] = {}  # type: ignore[type-arg]
    excused: dict[str, str] = {}
    for file in sorted(folder.glob("*.json")):
        kept = json.loads(file.read_text("utf-8"))
        excused |= kept["excused"]
        for kind, tests in kept["found"].items():
            found.setdefault(kind, {}).update(tests)
    lines = [
        (
            "| engine | tests | statements by the agent's account | naming a nonpublic column | of these refused"
            " questions | planted by a test | anything else |"
        ),
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for kind, name in (("postgresql", "PostgreSQL"), ("mariadb", "MariaDB")):
        tests = found.get(kind, {})
        told = [sum(one[what] for one in tests.values()) for what in ("statements", "naming", "refused")]
        planted = sum(len(one["strangers"]) for test, one in tests.items() if test in excused)
        others = sum(len(one["strangers"]) for one in tests.values()) - planted
        lines.append(f"| {name} | {len(tests)} | " + " | ".join(f"{n:,}" for n in (*told, planted, others)) + " |")
    asked = {test for tests in found.values() for test, one in tests.items() if one["strangers"]}
    told = {f"- `{test.split('[')[0]}`: {why}" for test, why in excused.items() if test in asked}
    return [*lines, "", "Tests that ask on purpose:", "", *sorted(told)]
