"""The landing in PostgreSQL is the landing beside the ledger, however it is cut off; its log cannot be rewritten."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from agent.core.lines import control_line, scope_of
from agent.demo.servers import Engine
from agent.errors import ConfigError
from agent.receiver import postgresql as landing
from agent.receiver.serve import Running
from tests.receiver.fake_dealer import Dealer, hexed, upsert

CHANNELS = ("email", "mail", "phone", "sms")


@pytest.fixture
def to(postgresql: Engine) -> str:
    """An account with a schema of its own."""
    s = postgresql.settings
    postgresql.admin(f'CREATE SCHEMA crm AUTHORIZATION "{s.user}"')
    return (
        f"host={s.server} port={s.port} dbname={s.database} user={s.user} password={postgresql.password}"
        " options='-c search_path=crm'"
    )


@contextmanager
def rows(to: str) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    with psycopg.connect(to, autocommit=True) as connection:
        yield lambda sql: connection.execute(sql).fetchall()  # type: ignore[arg-type]


def story(dealer: Dealer, drawn: random.Random, batches: int) -> None:
    for _ in range(batches):
        if drawn.random() < 0.5:
            numbers = [drawn.randrange(12) for _ in range(8)]
            dealer.post(b"".join(upsert(n, model_year=2000 + drawn.randrange(3)) for n in numbers))
            continue
        lines = b""
        for _ in range(4):
            op = drawn.choice(["suppress", "lift", "retract", "erase"])
            scope = scope_of("marketing", "2026-11-22", tuple(drawn.sample(CHANNELS, drawn.randrange(3))))
            lines += control_line(
                "customers", hexed("id", drawn.randrange(12)), hexed(), "retract" if op == "erase" else op,
                scope if op == "suppress" or (op == "lift" and drawn.random() < 0.5) else None, erase=op == "erase",
            )  # fmt: skip
        dealer.post(lines, "control")


def same(receiver: Running, to: str) -> None:
    """Row for row, but for the numbers of suppressions and what the portal stopped."""
    suppressions = "SELECT stream_id, dataset, id, purpose, channel, since_on, origin FROM suppressions"
    records = "SELECT stream_id, dataset, id, nonce, fields, epoch, seq FROM records"
    operations = "SELECT op_no, stream_id, epoch, seq, line_no, dataset, id, op, leaf, line FROM operations"
    with receiver.house.store.reading() as db, rows(to) as landed:
        for sql in (suppressions, operations):
            assert sorted(landed(sql), key=repr) == sorted(map(tuple, db.execute(sql)), key=repr), sql
        here = [(*r[:4], json.loads(r[4]), *r[5:]) for r in map(tuple, db.execute(records))]
        assert sorted(landed(records), key=repr) == sorted(here, key=repr)


def test_it_is_the_landing_beside_the_ledger_step_by_step_and_all_at_once(
    new_dealer: Callable[..., Dealer], receiver: Running, to: str, postgresql: Engine
) -> None:
    drawn, dealers = random.Random(8), [new_dealer(), new_dealer()]
    for _ in range(3):
        for dealer in dealers:
            story(dealer, drawn, 4)
        landing.follow(receiver.house, to)
        same(receiver, to)
    with rows(to) as landed:
        assert landed("SELECT count(*) FROM operations WHERE line IS NULL")[0][0] > 0, "something was erased"
        assert landed("SELECT count(*) FROM suppressions WHERE origin = 'dealer'")[0][0] > 0
    postgresql.admin("TRUNCATE crm.landed, crm.records, crm.suppressions, crm.operations RESTART IDENTITY")
    landing.follow(receiver.house, to)  # behind every erasure
    same(receiver, to)
    assert landing.follow(receiver.house, to).operations == 0


def test_cut_off_in_the_middle_of_a_step_it_goes_on_where_it_was(
    dealer: Dealer, receiver: Running, to: str, postgresql: Engine
) -> None:
    landing.follow(receiver.house, to)
    dealer.post(b"".join(map(upsert, range(5))))
    postgresql.admin("ALTER TABLE crm.records ADD CONSTRAINT no CHECK (nonce = '') NOT VALID")
    with pytest.raises(ConfigError) as refused:
        landing.follow(receiver.house, to)
    assert refused.value.code == "RC030"
    assert "23514" in refused.value.what
    assert "mail.example" not in str(refused.value)
    with rows(to) as landed:
        assert landed("SELECT count(*) FROM operations o WHERE o.op_no > (SELECT op_no FROM landed)") == [(0,)]
    postgresql.admin("ALTER TABLE crm.records DROP CONSTRAINT no")
    assert landing.follow(receiver.house, to).operations == 5
    same(receiver, to)


def test_its_log_of_operations_cannot_be_rewritten(dealer: Dealer, receiver: Running, to: str) -> None:
    dealer.post(upsert(1) + upsert(2))
    landing.follow(receiver.house, to)
    with rows(to) as landed:
        for sql in ("DELETE FROM operations", "UPDATE operations SET line = 'x'", "UPDATE operations SET id = 'x'"):
            with pytest.raises(psycopg.errors.RaiseException):
                landed(sql + " RETURNING 1")
    same(receiver, to)
