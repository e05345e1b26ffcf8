"""`enforcement: view` on real servers: the account reads the DBA's views alone, and a view that shows more, less or
something else than the granted columns of its table is not believed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from agent import config
from agent.core.access import AccessRecord
from agent.core.grants import grants, names_shown
from agent.core.inventory import Inventory
from agent.core.pins import CHANGED
from agent.core.query import CompiledQuery, compile_query
from agent.demo.engine import Engine
from agent.dms.catalog import inventory_of, take_inventory
from agent.dms.catalog_sql import CATALOG
from agent.dms.dialects import dialect_of
from agent.dms.odbc import connect
from agent.errors import ConfigError, PolicyError
from agent.pipeline import Extraction, extract_once
from agent.service.supervisor import ReaderChild
from agent.tasks.access import probe_source, queries_of
from agent.tasks.names import names_today
from agent.tasks.permission import policies_in_force
from agent.tasks.probe import probe
from tests.rules import customers, field
from tests.story.expected import Expected, differences
from tests.story.world import OEM, World, world
from tests.tasks.test_probe import NOW

GRANTED = {"CUST_NO", "EMAIL1", "STORE_NO"}


def through_views(engine: Engine) -> Engine:
    engine.settings = dataclasses.replace(engine.settings, view_schema="fieldgate")
    return engine


def owner(engine: Engine, inventory: Inventory | None, queries: list[CompiledQuery]) -> None:
    """What the DBA runs."""
    account = "fieldgate_ro" if engine.kind == "postgresql" else "fieldgate_ro@127.0.0.1"
    dialect = dialect_of(engine.settings)
    for statement in (*grants(queries, dialect, account), *names_shown(queries, dialect, account, inventory)):
        engine.admin(statement)


def names(engine: Engine) -> Inventory:
    rows = [["" if cell is None else cell for cell in row] for row in engine.admin(CATALOG[engine.kind])]
    whole = inventory_of(rows, "dms", engine.kind, NOW)
    return dataclasses.replace(whole, tables=tuple(t for t in whole.tables if t.schema == engine.schema))


def query(engine: Engine) -> CompiledQuery:
    rule = customers(people=(), fields=(field("email", "EMAIL1"),))
    return compile_query(rule, "01", dialect_of(engine.settings), today=NOW.date())


@pytest.fixture(params=["postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = through_views(request.getfixturevalue(request.param))
    if made.kind == "mariadb":
        made.admin("DROP DATABASE IF EXISTS fieldgate")
    q = dialect_of(made.settings).quote
    made.admin(
        f"CREATE TABLE {made.table('CUSTOMER')} ({q('CUST_NO')} int, {q('STORE_NO')} char(2), "
        f"{q('EMAIL1')} varchar(120), {q('SSN')} varchar(11))"
    )
    made.admin(f"INSERT INTO {made.table('CUSTOMER')} VALUES (1, '01', 'pat@mail.example', '078-05-1120')")
    owner(made, names(made), [query(made)])
    return made


def ask(engine: Engine) -> AccessRecord:
    before = names(engine)
    with connect(engine.settings, engine.password) as connection:
        today = names_today(before, take_inventory(connection, engine.settings, NOW))
        return probe(connection, engine.settings, today, [query(engine)], NOW)


def test_the_views_show_the_granted_columns_and_the_tables_refuse_every_one(engine: Engine) -> None:
    record = ask(engine)
    assert (record.status, record.reasons, record.readable, record.not_shown) == ("refused", (), (), ())
    assert [(str(one), {c.name for c in one.columns}) for one in record.views] == [("fieldgate.dbo_CUSTOMER", GRANTED)]
    assert {(a.schema, a.column) for a in record.refused} == {("dbo", name) for name in (*GRANTED, "SSN")}
    with connect(engine.settings, engine.password) as connection:
        one = query(engine)
        assert "dbo_CUSTOMER" in one.base_sql
        assert connection.rows(one.base_sql, one.base_params)[0][-1] == "pat@mail.example"


def view_of(engine: Engine, select: str) -> None:
    view, q = "fieldgate.dbo_CUSTOMER", dialect_of(engine.settings).quote
    if engine.kind == "postgresql":
        view = 'fieldgate."dbo_CUSTOMER"'
    columns = {name: q(name) for name in ("CUST_NO", "STORE_NO", "EMAIL1", "SSN")}
    engine.admin(f"DROP VIEW {view}; CREATE VIEW {view} AS " + select.format(t=engine.table("CUSTOMER"), **columns))
    account = "fieldgate_ro" if engine.kind == "postgresql" else "fieldgate_ro@'127.0.0.1'"
    engine.admin(f"GRANT SELECT ON {view} TO {account}")


LIES = {
    "one column more": "SELECT {CUST_NO}, {STORE_NO}, {EMAIL1}, {SSN} FROM {t}",
    "another column under its name": "SELECT {CUST_NO}, {STORE_NO}, {SSN} AS {EMAIL1} FROM {t}",
    "a column made of two": "SELECT {CUST_NO}, {STORE_NO}, CONCAT({EMAIL1}, {SSN}) AS {EMAIL1} FROM {t}",
    "rows picked by another column": "SELECT {CUST_NO}, {STORE_NO}, {EMAIL1} FROM {t} WHERE {SSN} > '5'",
    "a column less": "SELECT {CUST_NO}, {EMAIL1} FROM {t}",
    "rows of another table": (
        "SELECT {CUST_NO}, {STORE_NO}, {EMAIL1} FROM {t} WHERE EXISTS (SELECT 1 FROM {t} x WHERE x.{SSN} > '5')"
    ),
}


def test_a_view_that_is_not_what_it_must_be_makes_the_account_wide(engine: Engine) -> None:
    view_of(engine, "SELECT {CUST_NO}, {STORE_NO}, {EMAIL1} FROM {t}")
    assert ask(engine).status == "refused", "the DBA may write it himself, as long as it says the same"
    for lie, text in LIES.items():
        view_of(engine, text)
        record = ask(engine)
        assert (record.status, record.views) == ("wide", ()), lie
        assert [reason.split(":")[0] for reason in record.reasons] == ["view"], lie
        assert bool(record.readable) == (lie == "one column more"), lie


def test_a_grant_on_the_table_itself_is_wide_even_of_a_granted_column(engine: Engine) -> None:
    account = "fieldgate_ro" if engine.kind == "postgresql" else "fieldgate_ro@'127.0.0.1'"
    usage = f"GRANT USAGE ON SCHEMA dbo TO {account};" if engine.kind == "postgresql" else ""
    q = dialect_of(engine.settings).quote
    engine.admin(f"{usage} GRANT SELECT ({q('EMAIL1')}) ON {engine.table('CUSTOMER')} TO {account}")
    record = ask(engine)
    assert record.status == "wide"
    assert [str(one) for one in record.readable] == ["dbo.CUSTOMER.EMAIL1"]


class Behind(World):
    """A world whose agent reads views."""

    def write_config(self) -> None:
        super().write_config()
        path = self.folder / "agent.yaml"
        path.write_text(path.read_text().replace("overlap_s: 5400}", "overlap_s: 5400, enforcement: view}"))

    def grant(self) -> None:
        through_views(self.engine)
        owner(self.engine, names(self.engine), queries_of(self.desk, policies_in_force(self.desk), "dms"))


def wrong(made: World) -> list[object]:
    def ask(sql: str) -> list[tuple[str | None, ...]]:
        return made.sql(sql.replace('"', "`") if made.engine.kind == "mariadb" else sql)

    streams = {store: stream for (recipient, store), stream in made.streams().items() if recipient == OEM}
    return differences(made.held(), Expected(ask, made.table, made.desk.store.secret, streams).all())


@pytest.mark.parametrize("kind", ["mariadb", pytest.param("postgresql", marks=[pytest.mark.long])])
def test_through_views_the_whole_way_and_one_that_is_swapped_after_it_was_asked(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    engine: Engine = request.getfixturevalue(kind)
    if kind == "mariadb":
        engine.admin("DROP DATABASE IF EXISTS fieldgate")
    with world(tmp_path, engine=engine, customers=5) as plain:
        made = Behind(plain.folder.with_name("behind"), engine, plain.oems, plain.clock)
        made.install()
        try:
            made.approve()
            made.enroll()
            made.run()
            assert made.held()
            assert wrong(made) == []
            done = swapped_meanwhile(made)
            assert {error.code for error in done.refused} == {CHANGED}
            assert {one.dataset for one in done.readings} == {"customers", "vehicles", "vehicle_sales"}
        finally:
            made.desk.state.close()


def swapped_meanwhile(made: World) -> Extraction:
    """Somebody puts another view in the place of one that was just found sound."""
    q = dialect_of(made.engine.settings).quote
    place = f"{q('fieldgate')}.{q('dbo_REPAIR_ORDER')}"
    to = "SELECT ON {} TO fieldgate_ro"
    to = to if made.engine.kind == "postgresql" else "SELECT, SHOW VIEW ON {} TO fieldgate_ro@'127.0.0.1'"

    def then_swap(*asked: Any, **more: Any) -> AccessRecord:
        record = probe_source(*asked, **more)
        [sound] = [one for one in record.views if one.name == "dbo_REPAIR_ORDER"]
        others = ", ".join(q(c.name) for c in sound.columns if c.name != "ODOMETER_IN")
        lie = f"SELECT {others}, {q('ODOMETER_IN')} + 1 AS {q('ODOMETER_IN')} FROM {made.table('REPAIR_ORDER')}"
        made.sql(f"DROP VIEW {place}; CREATE VIEW {place} AS {lie}; GRANT {to.format(place)}")
        return record

    with ReaderChild() as reader:
        return extract_once(made.desk, reader, then_swap, reconcile=True)


def test_agent_yaml_takes_it_for_engines_with_accounts_only(tmp_path: Path) -> None:
    text = (
        "sources: {{dms: {{kind: odbc, driver: X, dialect: {0}, server: s, database: D, user: u, password: 'key:dms',"
        " zone: America/New_York, overlap_s: 5400, enforcement: view}}}}\n"
        "stores: {{'01': {{dealer_code: EX1234}}}}\n"
        "recipients: {{example-motors-na: {{endpoint: 'https://dealers.example-motors.example'}}}}\n"
        "keys: {{store: file}}\n"
    )
    path = tmp_path / "agent.yaml"
    path.write_text(text.format("mariadb"))
    assert config.load(path).sources["dms"].view_schema == "fieldgate"
    path.write_text(text.format("sqlite"))
    with pytest.raises(ConfigError, match="enforcement: view"):
        config.load(path)


def test_a_bare_name_is_refused_because_no_view_can_stand_for_it(postgresql: Engine) -> None:
    rule = customers("", people=(), fields=(field("email", "EMAIL1"),))
    with pytest.raises(PolicyError, match="schema_missing"):
        compile_query(rule, "01", dialect_of(through_views(postgresql).settings), today=NOW.date())
