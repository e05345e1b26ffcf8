"""Change columns of every kind that an engine has: what lies in the window, and what an index is worth."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest

from agent.core.changes import Since
from agent.core.jobs import ChangesFrame, Clock, DatasetJob, Failed, HandedKeys, Unserved
from agent.core.ruleset import Condition, FieldRules, FieldType, Ref, Table, Transform
from agent.demo import servers
from agent.demo.engine import Engine
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import connect
from agent.dms.order import change_order, indexes
from agent.service import reader
from tests.rules import customers

ZONE = ZoneInfo("America/New_York")
KINDS = {
    "sqlite": ["varchar(30)", "date"],
    "postgresql": ["timestamp", "timestamp(0)", "timestamptz", "date"],
    "mariadb": ["datetime", "datetime(6)", "date"],
}
CASES = [(engine, kind) for engine, kinds in KINDS.items() for kind in kinds]


@pytest.fixture(params=CASES, ids="-".join)
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, str]:
    """A table T with an index on (C, K), in which the agent may read; seven rows stamped just now, others before."""
    name, kind = request.param
    if name == "sqlite":
        engine = servers.start("sqlite", tmp_path_factory.mktemp("order"))
    else:
        engine = request.getfixturevalue(name)
    q = DIALECTS[name].quote
    t, (k, s, v, c) = engine.table("T"), map(q, ("K", "STORE_NO", "V", "C"))
    engine.admin(f"CREATE TABLE {t} ({k} int PRIMARY KEY, {s} char(2), {v} varchar(20), {c} {kind})")
    engine.admin(f"CREATE INDEX c_k ON {bare(engine)} ({c}, {k})")
    rows = [f"({n}, '01', 'now', {said(kind, 60)})" for n in range(7)]
    rows += [f"({n}, '01', 'then', {said(kind, 20 * 86_400)})" for n in range(10, 15)]
    rows += ["(20, '01', 'never', NULL)", f"(21, '04', 'elsewhere', {said(kind, 60)})"]
    engine.admin(f"INSERT INTO {t} VALUES {', '.join(rows)}")
    if name == "postgresql":
        engine.admin("GRANT USAGE ON SCHEMA dbo TO fieldgate_ro")
        engine.admin("GRANT SELECT ON ALL TABLES IN SCHEMA dbo TO fieldgate_ro")
    elif name == "mariadb":
        engine.admin("GRANT SELECT ON dbo.* TO fieldgate_ro@'127.0.0.1'")
    return engine, kind


def bare(engine: Engine) -> str:
    """SQLite wants no schema before the table of an index."""
    return '"T"' if engine.kind == "sqlite" else engine.table("T")


def said(kind: str, ago_s: int) -> str:
    at = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=ago_s)
    if kind == "timestamptz":
        return f"'{at.isoformat()}'"
    local = at.astimezone(ZONE)
    return f"'{local:%Y-%m-%d}'" if kind == "date" else f"'{local:%Y-%m-%d %H:%M:%S}'"


def job(engine: Engine, rows: int, **changed: object) -> DatasetJob:
    settings = dataclasses.replace(engine.settings, zone="America/New_York", overlap_s=90_000)
    value = FieldRules("v", Ref("", "V"), "vehicle", FieldType("text", 20), Transform())
    where = changed.get("where", ())
    t = Table(engine.schema, "T")
    rules = customers(table=t, key=("K",), changes="C", people=(), fields=(value,), where=where)
    keys = HandedKeys(*(bytes([n]) * 32 for n in range(5)))
    through = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)).replace(tzinfo=None).isoformat()
    since = changed.get("since", Since(through))
    today = dt.date(2026, 11, 22)
    return DatasetJob(
        settings, engine.password, rules, "01", "marketing", "opt_out", keys, [], rows, today,
        since=since,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("rows", [3, 100])
def test_what_was_stamped_within_the_window_is_read_once_and_nothing_else(table: tuple[Engine, str], rows: int) -> None:
    engine, _ = table
    clock, *frames, _ = reader.answer(job(engine, rows))
    assert isinstance(clock, Clock)
    assert abs(dt.datetime.fromisoformat(clock.at + "+00:00") - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)
    lines = [json.loads(line) for frame in frames if isinstance(frame, ChangesFrame) for line in frame.page.lines]
    assert [line["fields"]["v"] for line in lines] == ["now"] * 7
    assert len({line["id"] for line in lines}) == 7


def test_from_a_cursor_only_what_lies_behind_it_is_read(table: tuple[Engine, str]) -> None:
    engine, _ = table
    clock, first, *_ = reader.answer(job(engine, 3))
    assert isinstance(first, ChangesFrame)
    assert isinstance(clock, Clock)
    since = Since(clock.at, first.cursor, clock.at)
    behind = [frame for frame in reader.answer(job(engine, 100, since=since)) if isinstance(frame, ChangesFrame)]
    assert sum(frame.page.rows for frame in behind) == 4


def test_rows_that_left_the_filter_are_told_by_id_alone(table: tuple[Engine, str]) -> None:
    engine, _ = table
    q = DIALECTS[engine.kind].quote
    everything = [f for f in reader.answer(job(engine, 100)) if isinstance(f, ChangesFrame)]
    engine.admin(f"UPDATE {engine.table('T')} SET {q('V')} = 'gone' WHERE {q('K')} < 3")
    where = (Condition(Ref("", "V"), "is", ("now",)),)
    frames = [f for f in reader.answer(job(engine, 2, where=where)) if isinstance(f, ChangesFrame)]
    left, kept = b"".join(f.left for f in frames), b"".join(f.page.ids for f in frames)
    assert (len(left), len(kept)) == (3 * 16, 4 * 16)
    assert left + kept == everything[0].page.ids
    assert b"gone" not in b"".join(line for f in frames for line in f.page.lines)


def test_without_the_index_or_with_one_in_another_order_changes_are_not_served(table: tuple[Engine, str]) -> None:
    engine, _ = table
    t, quote = Table(engine.schema, "T"), DIALECTS[engine.kind].quote
    settings = dataclasses.replace(engine.settings, zone="America/New_York", overlap_s=90_000)
    with connect(settings, engine.password) as connection:
        assert ("C", "K") in indexes(connection, t)
        assert change_order(connection, t, "C").why == ""
    schema = '"dbo".' if engine.kind == "postgresql" else ""
    engine.admin(f"DROP INDEX {schema}c_k" + (f" ON {engine.table('T')}" if engine.kind == "mariadb" else ""))
    engine.admin(f"CREATE INDEX k_c ON {bare(engine)} ({quote('K')}, {quote('C')})")
    *_, told, _ = reader.answer(job(engine, 100))
    assert isinstance(told, Unserved)
    assert "no index" in told.why


def test_an_overlap_shorter_than_the_column_needs_is_refused(table: tuple[Engine, str]) -> None:
    engine, kind = table
    least = {"date": 90_000, "timestamptz": 1}.get(kind, 5_400)
    asked = job(engine, 100)
    for overlap_s, ends in ((least, "Done"), (least - 1, "Failed")):
        changed = dataclasses.replace(asked.source, overlap_s=overlap_s)
        *_, last = reader.answer(dataclass_of(asked, changed))
        assert type(last).__name__ == ends
    assert isinstance(last, Failed)
    assert last.code == "overlap_short"
    assert f"{least:,}" in last.what


def dataclass_of(asked: DatasetJob, source: object) -> DatasetJob:
    import msgspec

    return msgspec.structs.replace(asked, source=source)
