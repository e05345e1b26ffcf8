"""What the engines' types become on the wire, through their own drivers: exact, or withheld with a reason."""

from __future__ import annotations

import datetime as dt
import json
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from agent.core import ids
from agent.core.query import compile_query, page
from agent.core.records import Recipe, RowPage, make_records
from agent.core.ruleset import FieldRules, FieldType, Ref, Table, Transform
from agent.demo import servers
from agent.demo.engine import Engine
from agent.dms.catalog import names_of
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import connect
from tests.rules import customers

TODAY = dt.date(2026, 11, 22)
NULL = None


class Case(NamedTuple):
    """A column of a type, a literal in it, the field's type: what leaves, or `-reason`."""

    column: str
    literal: str
    kind: FieldType
    leaves: object
    null_when: tuple[str, ...] = ()


TEXT, NUMBER, DAY, AT, YES = (
    FieldType("text", 10), FieldType("decimal", 10, 2), FieldType("date"), FieldType("timestamp"), FieldType("boolean"),
)  # fmt: skip
LIST = FieldType("list of text", 5, split="|")

EVERYWHERE = [
    Case("char(12)", "'abc'", TEXT, "abc"),
    Case("char(12)", "''", TEXT, NULL),
    Case("varchar(200)", "'0123456789'", TEXT, "0123456789"),
    Case("varchar(200)", "'0123456789x'", TEXT, "-too_long"),
    Case("varchar(200)", f"'abc{' ' * 90}'", TEXT, "abc"),
    Case("varchar(200)", f"'abc{' ' * 90}x'", TEXT, "-too_long"),
    Case("text", "'é€𝄞'", TEXT, "é€𝄞"),
    Case("varchar(20)", "'none'", TEXT, NULL, ("none",)),
    Case("varchar(20)", "'ab|cd| |'", LIST, ["ab", "cd"]),
    Case("varchar(20)", "'ab|toolong'", LIST, "-too_long"),
    Case("integer", "-7", FieldType("integer"), -7),
    Case("bigint", "9007199254740992", FieldType("integer"), "-not_the_type"),
    Case("integer", "30301", TEXT, "30301"),
    Case("varchar(10)", "'00010101'", DAY, NULL, ("00010101",)),
    Case("varchar(10)", "'2026-02-30'", DAY, "-not_the_type"),
    Case("varchar(10)", "'20261122'", DAY, "2026-11-22"),
    Case("date", "'2026-11-22'", DAY, "2026-11-22"),
    Case("varchar(20)", "'true'", YES, True),
    Case("varchar(20)", "'perhaps'", YES, "-not_the_type"),
    Case("date", "NULL", DAY, NULL),
]
EXACT = [
    Case("decimal(12,4)", "12.5000", NUMBER, "12.50"),
    Case("decimal(12,4)", "12.5001", NUMBER, "-not_the_type"),
    Case("decimal(20,2)", "99999999.99", NUMBER, "99999999.99"),
    Case("decimal(20,2)", "100000000.00", NUMBER, "-not_the_type"),
    Case("decimal(12,2)", "0.10", NUMBER, "0.10"),
]


def times(kind: str) -> list[Case]:
    """The DMS is in New York, and says its own time."""
    return [
        Case(kind, "'2026-07-01 12:00:00'", AT, "2026-07-01T16:00:00Z"),
        Case(kind, "'2026-11-01 01:30:00'", AT, "2026-11-01T01:30:00-04:00"),  # that hour comes twice
        Case(kind, "'2026-03-08 02:30:00'", AT, "-not_the_type"),  # that hour never comes
        Case(kind, "'2026-11-01 00:59:59'", AT, "2026-11-01T04:59:59Z"),
        Case(kind, "'2026-11-22 00:00:00'", DAY, "2026-11-22"),
        Case(kind, "'2026-11-22 00:00:01'", DAY, "-not_the_type"),
    ]


CASES = {
    "sqlite": [
        *EVERYWHERE,
        *times("varchar(30)"),
        Case("text", "CAST(X'6162FF' AS TEXT)", TEXT, "ab"),  # SQLite's driver drops what is not UTF-8, unseen
        Case("blob", "X'616263'", TEXT, "-unreadable"),
    ],
    "postgresql": [
        *EVERYWHERE, *EXACT, *times("timestamp(0)"),
        Case("boolean", "true", YES, True),
        Case("boolean", "false", YES, False),
        Case("bytea", "'abc'", TEXT, "-unreadable"),
        Case("date", "'infinity'", DAY, "-not_the_type"),
        Case("date", "'0044-03-15 BC'", DAY, "-not_the_type"),
        Case("timestamp", "'-infinity'", AT, "-not_the_type"),
        Case("timestamp with time zone", "'2026-07-01 12:00:00+02'", AT, "2026-07-01T10:00:00Z"),
        Case("numeric", "'NaN'", NUMBER, "-not_the_type"),
        Case("double precision", "'Infinity'", NUMBER, "-not_the_type"),
        Case("varchar", "'0123456789x'", TEXT, "-too_long"),
    ],
    "mariadb": [
        *EVERYWHERE, *EXACT, *times("datetime"),
        Case("boolean", "1", YES, True),
        Case("boolean", "0", YES, False),
        Case("blob", "'abc'", TEXT, "-unreadable"),
        Case("varchar(20) CHARACTER SET latin1", "'é'", TEXT, "é"),
        Case("double", "0.1", NUMBER, "0.10"),
    ],
}  # fmt: skip


@pytest.fixture(params=list(CASES), scope="module")
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    if request.param == "sqlite":
        return servers.start("sqlite", tmp_path_factory.mktemp("types"))
    made: Engine = request.getfixturevalue(f"{request.param}_server").fresh()
    return made


def leaving(engine: Engine, cases: list[Case]) -> list[object]:
    """A table of one row, a column for each case, read as a dataset is."""
    quote = DIALECTS[engine.kind].quote
    columns = ", ".join(f"{quote(f'C{n}')} {one.column}" for n, one in enumerate(cases))
    suffix = " CHARACTER SET utf8mb4" if engine.kind == "mariadb" else ""
    engine.admin(f"CREATE TABLE {engine.table('T')} ({quote('K')} int, {quote('STORE_NO')} char(2), {columns}){suffix}")
    engine.admin(f"INSERT INTO {engine.table('T')} VALUES (1, '01', {', '.join(one.literal for one in cases)})")
    if engine.kind == "postgresql":
        engine.admin(
            "GRANT USAGE ON SCHEMA dbo TO fieldgate_ro; GRANT SELECT ON ALL TABLES IN SCHEMA dbo TO fieldgate_ro"
        )
    elif engine.kind == "mariadb":
        engine.admin("GRANT SELECT ON dbo.* TO fieldgate_ro@'127.0.0.1'")
    fields = tuple(
        FieldRules(f"f{n:02d}", Ref("", f"C{n}"), "vehicle", one.kind, Transform(), null_when=one.null_when)
        for n, one in enumerate(cases)
    )
    rules = customers(table=Table(engine.schema, "T"), key=("K",), people=(), fields=fields)
    with connect(engine.settings, engine.password) as connection:
        (seen,) = names_of(connection, [(engine.schema, "T")])
        types = {(str(rules.table), column.name): column.type for column in seen.columns}
        query = compile_query(rules, "01", connection.dialect, today=TODAY, types=types)
        rows = connection.rows(*page(query, None, None, 10))
    keys = ids.StreamKeys(*(bytes([n]) * 32 for n in range(5)))
    recipe = Recipe(rules, query.layout, "marketing", "opt_out", keys, ZoneInfo("America/New_York"))
    made = make_records(recipe, RowPage(("x",) * len(rows[0]), rows))
    assert max(len(str(cell)) for cell in rows[0]) <= 40, "a cell came larger than anybody has a use for"
    sent = json.loads(made.lines[0])["fields"]
    reasons = dict(count.split(":") for count in made.field_counts)
    return [sent[f.name] if f.name in sent else f"-{reasons[f.name]}" for f in fields]


def test_every_type_leaves_exactly_or_stays_with_a_reason(engine: Engine) -> None:
    cases = CASES[engine.kind]
    found = leaving(engine, cases)
    both = zip(cases, found, strict=True)
    assert [(one, got) for one, got in both if (type(got), got) != (type(one.leaves), one.leaves)] == []
