"""The test of tests: two dealerships equal but for nonpublic columns cannot be told apart by anything that leaves.

Same keys, same clock. Compared: every byte, every batch boundary, count, manifest, log line and audit entry. Random by
design and so left out: batch and receipt ids, signatures, and what is a digest of them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
import structlog

from agent import config
from agent.core.seal import SealedBatch
from agent.demo import servers
from agent.demo.dms import SCHEMA, tables
from agent.demo.engine import Engine
from agent.pipeline import deliver_once
from agent.receiver import serve
from agent.service.log import configure
from agent.tasks import enroll
from agent.tasks.permission import policies_in_force
from agent.tasks.recipient import Reply
from tests.story.world import OEM, Clock, World

RANDOM = {
    "batch_id",
    "prev",
    "audit_head",
    "replaces",
    "manifest_sha256",
    "receipt_id",
    "sha256",
    "access",
    "kid",
    "batch",
}


class Recorder:
    """Passes everything on and keeps what was sent."""

    def __init__(self, real: object) -> None:
        self.real = real
        self.sent: list[tuple[bytes, dict[str, object]]] = []

    def push(self, batch: SealedBatch) -> Reply:
        said = msgspec.to_builtins(batch.manifest)
        self.sent.append((batch.content, {k: v for k, v in said.items() if k not in RANDOM}))
        return self.real.push(batch)  # type: ignore[attr-defined]

    def head(self, stream_id: str, now_s: int, jti: str) -> Reply:
        return self.real.head(stream_id, now_s, jti)  # type: ignore[attr-defined]

    def keys(self) -> Reply:
        return self.real.keys()  # type: ignore[attr-defined]


def run(made: World) -> tuple[list[tuple[bytes, dict]], list[dict], list[tuple]]:
    """One night: (what was sent, log lines, audit entries), without what is random by design."""
    log = made.folder / "logs" / "fieldgate.log"
    log.parent.mkdir(exist_ok=True)
    configure(log.parent)
    start, entries = (log.stat().st_size if log.exists() else 0), len(made.audit())
    made.extract()
    real = enroll.connect(made.desk, OEM)
    recorder = Recorder(real)
    deliver_once(made.desk, lambda _: recorder)
    real.close()
    structlog.reset_defaults()
    lines = [json.loads(line) for line in log.read_bytes()[start:].decode().splitlines()]
    words = [{k: v for k, v in line.items() if k not in RANDOM | {"timestamp"}} for line in lines]
    audit = [
        (e["event"], e["at"], {k: v for k, v in e["facts"].items() if k not in RANDOM}) for e in made.audit()[entries:]
    ]
    return recorder.sent, words, audit


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=[pytest.mark.mariadb, pytest.mark.long]),
    ]
)
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    if request.param == "sqlite":
        yield servers.start("sqlite", tmp_path / "dms0"), servers.start("sqlite", tmp_path / "dms1")
        return
    server: Engine = request.getfixturevalue(f"{request.param}_server")
    if request.param == "postgresql":
        yield server.fresh(), server.fresh()
        return
    one, other = server.fresh(), servers.start("mariadb", tmp_path / "dms1")  # a server has one database, `dbo`
    try:
        other.password = one.password  # the twins have one set of keys, and this is one of them
        yield one, other.fresh()
    finally:
        other.stop()


@pytest.fixture
def twins(engines: tuple[Engine, Engine], tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two agents with one set of keys, over two databases that differ in nonpublic columns only."""
    with ExitStack() as undo:
        for nonpublic, engine in enumerate(engines):
            engine.load(tables(7, 60, nonpublic))
        clock = Clock()
        oem = serve.start_in_thread(tmp_path / "0" / OEM, name=OEM, clock=clock)
        one = World(tmp_path / "0" / "agent", engines[0], {OEM: oem}, clock)
        one.install()
        one.approve()
        one.enroll()
        enroll.open_streams(one.desk, policies_in_force(one.desk))
        one.desk.state.close()
        oem.stop()
        shutil.copytree(tmp_path / "0", tmp_path / "1")
        made = []
        for number, engine in enumerate(engines):
            home = tmp_path / str(number)
            clock = Clock()
            running = serve.start_in_thread(home / OEM, name=OEM, clock=clock)
            undo.callback(running.stop)
            twin = World(home / "agent", engine, {OEM: running}, clock)
            twin.write_config()
            twin.config = config.load(twin.folder / "agent.yaml")
            twin.open()
            twin.roll = one.roll
            twin.grant()
            undo.callback(twin.desk.state.close)
            made.append(twin)
        yield made[0], made[1]


def ask(made: World, sql: str) -> list[tuple[object, ...]]:
    """As the owner, in the engine's own quotes."""
    return made.sql(sql.replace('"', "`") if made.engine.settings.dialect == "mariadb" else sql)


def nonpublic_cells(made: World) -> str:
    """A digest of everything nonpublic, to be sure that the twins do differ."""
    found = []
    for table in SCHEMA.values():
        names = ", ".join(f'"{c.name}"' for c in table.columns if c.label == "NPI")
        if names:
            found += ask(made, f"SELECT {names} FROM {made.table(table.name)} ORDER BY 1, 2")
    return str(found)


def both(twins: tuple[World, World], sql: str, table: str) -> None:
    for made in twins:
        ask(made, sql.format(made.table(table)))


def test_two_dealerships_that_differ_in_nonpublic_columns_cannot_be_told_apart(twins: tuple[World, World]) -> None:
    assert nonpublic_cells(twins[0]) != nonpublic_cells(twins[1])
    first, second = run(twins[0]), run(twins[1])
    assert len(first[0]) > 3
    assert first == second

    # a working day: somebody opts out, somebody moves, deals are unwound, a row is lost
    both(twins, 'UPDATE {} SET "OPT_OUT" = \'Y\' WHERE "CUST_NO" = 104417', "CUSTOMER")
    both(twins, 'UPDATE {} SET "ZIP" = \'30301\' WHERE "CUST_NO" < 100020', "CUSTOMER")
    both(twins, 'UPDATE {} SET "DEAL_STATUS" = \'U\' WHERE "DEAL_NO" % 5 = 0', "SALES_DEAL")
    both(twins, 'DELETE FROM {} WHERE "RO_NO" % 9 = 0', "REPAIR_ORDER")
    first, second = run(twins[0]), run(twins[1])
    assert {entry[0] for entry in first[2]} >= {"prepared", "announced"}
    assert first == second
    assert {m["kind"] for _, m in first[0]} == {"control", "data"}


def test_changing_only_nonpublic_columns_sends_nothing_and_says_nothing(twins: tuple[World, World]) -> None:
    one, _ = twins
    run(one)
    quiet = run(one)
    assert quiet[0] == []
    for table in SCHEMA.values():
        for column in table.columns:
            if column.label == "NPI" and column.name not in table.key:
                ask(one, f'UPDATE {one.table(table.name)} SET "{column.name}" = NULL')
    changed = run(one)
    assert changed == quiet
    ask(one, f"DELETE FROM {one.table('FIN_CONTRACT')}")
    ask(one, f"DELETE FROM {one.table('CREDIT_APP')}")
    assert run(one) == quiet


def test_the_comparison_would_see_a_difference(twins: tuple[World, World]) -> None:
    """The innocent half: one public cell more, and everything above fails."""
    ask(twins[1], f'UPDATE {twins[1].table("VEHICLE")} SET "ODOMETER" = 1 WHERE "MAKE" = \'EXAMPLE\'')
    assert run(twins[0])[0] != run(twins[1])[0]
