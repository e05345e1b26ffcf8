"""The privilege matrix: what makes an account wide, what does not, and what a refusal is worth. On real servers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest

from agent.core.access import AccessRecord
from agent.core.grants import grants, names_shown
from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.query import CompiledQuery, compile_query
from agent.demo.engine import Engine
from agent.dms.catalog import inventory_of, take_inventory
from agent.dms.catalog_sql import CATALOG
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import Connection, connect
from agent.tasks.probe import probe
from tests.rules import customers, field

NOW = dt.datetime(2026, 11, 22, 2, tzinfo=dt.UTC)
SECRET = {"SSN", "MONTHLY_INCOME"}


def _account(engine: Engine) -> str:
    return "fieldgate_ro" if engine.kind == "postgresql" else "fieldgate_ro@127.0.0.1"


def _sql_account(engine: Engine) -> str:
    return "fieldgate_ro" if engine.kind == "postgresql" else "fieldgate_ro@'127.0.0.1'"


def _query(engine: Engine) -> CompiledQuery:
    rule = customers(people=(), fields=(field("email", "EMAIL1"),))
    return compile_query(rule, "01", DIALECTS[engine.kind], today=NOW.date())


def _build(engine: Engine) -> None:
    q = DIALECTS[engine.kind].quote
    engine.admin(
        f"CREATE TABLE {engine.table('CUSTOMER')} ({q('CUST_NO')} int, {q('STORE_NO')} char(2), "
        f"{q('EMAIL1')} varchar(120), {q('SSN')} varchar(11), {q('MONTHLY_INCOME')} int)"
    )
    engine.admin(f"CREATE TABLE {engine.table('SALES_DEAL')} ({q('DEAL_NO')} int, {q('TERM')} int)")
    engine.admin(f"INSERT INTO {engine.table('CUSTOMER')} VALUES (1, '01', 'pat@mail.example', '078-05-1120', 7)")
    for statement in grants([_query(engine)], DIALECTS[engine.kind], _account(engine)):
        engine.admin(statement)


def _inventory(engine: Engine) -> Inventory:
    """As the DBA takes it."""
    rows = [["" if cell is None else cell for cell in row] for row in engine.admin(CATALOG[engine.kind])]
    whole = inventory_of(rows, "dms", engine.kind, NOW)
    return dataclasses.replace(whole, tables=tuple(t for t in whole.tables if t.schema == engine.schema))


def _probe(engine: Engine, inventory: Inventory | None = None) -> AccessRecord:
    with connect(engine.settings, engine.password) as connection:
        return probe(connection, engine.settings, inventory or _inventory(engine), [_query(engine)], NOW)


@pytest.fixture(params=["postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(request.param)
    _build(made)
    return made


def test_exact_grants_are_refused_everything_else(engine: Engine) -> None:
    record = _probe(engine)
    assert (record.status, record.reasons, record.readable, record.not_shown) == ("refused", (), (), ())
    assert {str(a) for a in record.granted} == {"dbo.CUSTOMER.CUST_NO", "dbo.CUSTOMER.EMAIL1", "dbo.CUSTOMER.STORE_NO"}
    expected = {"dbo.CUSTOMER.SSN", "dbo.CUSTOMER.MONTHLY_INCOME", "dbo.SALES_DEAL.DEAL_NO", "dbo.SALES_DEAL.TERM"}
    assert {str(a) for a in record.refused} == expected
    codes = {"42501"} if engine.kind == "postgresql" else {"42000/1142", "42000/1143"}
    assert {a.code for a in record.refused} == codes
    assert record.account.startswith("fieldgate_ro")


def test_one_column_too_many_is_wide_and_is_never_asked_for(engine: Engine) -> None:
    q = DIALECTS[engine.kind].quote
    engine.admin(f"GRANT SELECT ({q('SSN')}) ON {engine.table('CUSTOMER')} TO {_sql_account(engine)}")
    record = _probe(engine)
    assert record.status == "wide"
    assert [str(a) for a in record.readable] == ["dbo.CUSTOMER.SSN"]
    asked = [s.statement for s in engine.statement_log() if s.role == "fieldgate_ro"]
    assert [s for s in asked if "MONTHLY_INCOME" in s]
    assert not [s for s in asked if "SSN" in s]


def test_the_names_of_other_columns_are_shown_on_request_and_are_still_refused(mariadb: Engine) -> None:
    """GRANT REFERENCES: without it an account with exact grants is shown its own names only."""
    _build(mariadb)
    with connect(mariadb.settings, mariadb.password) as connection:
        blind = take_inventory(connection, mariadb.settings, NOW)
        assert {c.name for t in blind.tables for c in t.columns}.isdisjoint(SECRET)
        for statement in names_shown([_query(mariadb)], DIALECTS["mariadb"], _account(mariadb), _inventory(mariadb)):
            mariadb.admin(statement)
        shown = take_inventory(connection, mariadb.settings, NOW)
        record = probe(connection, mariadb.settings, shown, [_query(mariadb)], NOW)
    assert SECRET | {"DEAL_NO", "TERM"} <= {c.name for t in shown.tables for c in t.columns}
    assert record.status == "refused"
    assert {a.column for a in record.refused} == SECRET | {"DEAL_NO", "TERM"}


def _asked(engine: Engine) -> int:
    return len([s for s in engine.statement_log() if s.role == "fieldgate_ro" and "WHERE 1 = 0" in s.statement])


def test_between_two_whole_probes_one_column_of_each_table_is_asked_for_every_day(engine: Engine) -> None:
    inventory = _inventory(engine)
    with connect(engine.settings, engine.password) as connection:
        whole = probe(connection, engine.settings, inventory, [_query(engine)], NOW)
        assert (len(whole.refused), whole.not_asked, whole.rests_on) == (4, 0, "")
        seen, before = set(), _asked(engine)
        for day in (1, 2):
            sample = probe(
                connection, engine.settings, inventory, [_query(engine)], NOW + dt.timedelta(days=day), whole
            )
            assert (sample.status, sample.rests_on, sample.not_asked) == ("refused", whole.digest(), 2)
            assert {a.table for a in sample.refused} == {"CUSTOMER", "SALES_DEAL"}
            seen |= {a.column for a in sample.refused}
    assert seen == {"SSN", "MONTHLY_INCOME", "DEAL_NO", "TERM"}
    if engine.kind == "postgresql":  # MariaDB's log says prepare and execute
        assert _asked(engine) - before == 2 * (2 + 2)  # two questions and a control on either side


def test_a_change_of_names_grants_or_account_asks_for_every_column_again(engine: Engine) -> None:
    inventory = _inventory(engine)
    q = DIALECTS[engine.kind].quote
    with connect(engine.settings, engine.password) as connection:
        whole = probe(connection, engine.settings, inventory, [_query(engine)], NOW)
        changed = (
            dataclasses.replace(whole, account="somebody else"),
            dataclasses.replace(whole, inventory_sha256="sha256:00"),
            dataclasses.replace(whole, granted=whole.granted[1:]),
            dataclasses.replace(whole, status="wide"),
        )
        for earlier in changed:
            record = probe(connection, engine.settings, inventory, [_query(engine)], NOW, earlier)
            assert (len(record.refused), record.rests_on) == (4, "")
        engine.admin(f"GRANT SELECT ({q('SSN')}) ON {engine.table('CUSTOMER')} TO {_sql_account(engine)}")
    record = _probe_after(engine, inventory, whole)
    assert (record.status, record.rests_on, len(record.refused)) == ("wide", "", 3)


def _probe_after(engine: Engine, inventory: Inventory, earlier: AccessRecord) -> AccessRecord:
    with connect(engine.settings, engine.password) as connection:
        return probe(connection, engine.settings, inventory, [_query(engine)], NOW, earlier)


def test_every_question_on_a_forbidden_column_stands_beside_its_denial(postgresql: Engine) -> None:
    _build(postgresql)
    _probe(postgresql)
    asked = [s for s in postgresql.statement_log() if s.role == "fieldgate_ro" and "SSN" in s.statement]
    assert [s.error_code for s in asked] == ["42501"]


def test_a_column_that_came_after_the_inventory_and_may_be_read_is_found(engine: Engine) -> None:
    before = _inventory(engine)
    q = DIALECTS[engine.kind].quote
    engine.admin(f"ALTER TABLE {engine.table('CUSTOMER')} ADD {q('DL_NO')} varchar(20)")
    engine.admin(f"GRANT SELECT ({q('DL_NO')}) ON {engine.table('CUSTOMER')} TO {_sql_account(engine)}")
    assert [str(a) for a in _probe(engine, before).readable] == ["dbo.CUSTOMER.DL_NO"]


POSTGRESQL_WIDE: dict[str, tuple[str, str]] = {
    "owner": ('ALTER TABLE dbo."SALES_DEAL" OWNER TO fieldgate_ro', "owner_of"),
    "owner of the schema": ("ALTER SCHEMA dbo OWNER TO fieldgate_ro", "owner_of"),
    "member, not inherited": (
        'CREATE ROLE f_{db}; GRANT SELECT ON dbo."SALES_DEAL" TO f_{db}; GRANT f_{db} TO fieldgate_ro',
        "member_of",
    ),
    "server files": ("GRANT pg_read_server_files TO fieldgate_ro", "member_of"),
    "grant option": ('GRANT SELECT ("EMAIL1") ON dbo."CUSTOMER" TO fieldgate_ro WITH GRANT OPTION', "may_grant"),
    "definer function": (
        (
            "CREATE FUNCTION dbo.peek() RETURNS text LANGUAGE sql SECURITY DEFINER "
            'AS $$ SELECT max("SSN") FROM dbo."CUSTOMER" $$'
        ),
        "definer_routine",
    ),
    "file function": ("GRANT EXECUTE ON FUNCTION pg_read_file(text) TO fieldgate_ro", "server_files"),
    "foreign server": (
        (
            "CREATE FOREIGN DATA WRAPPER w_{db}; CREATE SERVER s_{db} FOREIGN DATA WRAPPER w_{db}; "
            "GRANT USAGE ON FOREIGN SERVER s_{db} TO fieldgate_ro"
        ),
        "database_link",
    ),
    "replication": ("ALTER ROLE fieldgate_ro REPLICATION", "role_attribute"),
    "superuser": ("ALTER ROLE fieldgate_ro SUPERUSER", "role_attribute"),
}
_BACK = (
    "ALTER ROLE fieldgate_ro NOSUPERUSER NOREPLICATION; REVOKE pg_read_server_files FROM fieldgate_ro; "
    "REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM fieldgate_ro"
)


def take_back(engine: Engine, sql: str) -> None:
    """What one case gave to a whole server, which the next one shares."""
    if engine.kind == "mariadb":
        engine.admin("DROP ROLE IF EXISTS finance")
        engine.admin(f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {_sql_account(engine)}")
        return
    engine.admin(_BACK)
    if "ROLE f_" in sql:
        engine.admin(f"REVOKE f_{engine.settings.database} FROM fieldgate_ro")


@pytest.mark.parametrize("kind", POSTGRESQL_WIDE)
def test_what_makes_a_postgresql_account_wide(postgresql: Engine, kind: str) -> None:
    sql, reason = POSTGRESQL_WIDE[kind]
    _build(postgresql)
    database = postgresql.settings.database
    try:
        postgresql.admin(sql.replace("{db}", database))
        record = _probe(postgresql)
    finally:
        take_back(postgresql, sql)
    assert record.status == "wide"
    assert reason in {r.split(":")[0] for r in record.reasons}


MARIADB_WIDE: dict[str, tuple[str, str]] = {
    "role": ("CREATE ROLE finance; GRANT SELECT ON dbo.SALES_DEAL TO finance; GRANT finance TO {me}", "member_of"),
    "global": ("GRANT FILE ON *.* TO {me}", "global_privilege"),
    "superuser": ("GRANT ALL ON *.* TO {me}", "global_privilege"),
    "schema": ("GRANT SELECT ON dbo.* TO {me}", "schema_privilege"),
    "grant option": ("GRANT SELECT (EMAIL1) ON dbo.CUSTOMER TO {me} WITH GRANT OPTION", "may_grant"),
    "definer function": (
        (
            "CREATE FUNCTION dbo.peek() RETURNS varchar(11) SQL SECURITY DEFINER "
            "RETURN (SELECT max(SSN) FROM dbo.CUSTOMER); GRANT EXECUTE ON FUNCTION dbo.peek TO {me}"
        ),
        "definer_routine",
    ),
}


@pytest.mark.parametrize("kind", MARIADB_WIDE)
def test_what_makes_a_mariadb_account_wide(mariadb: Engine, kind: str) -> None:
    sql, reason = MARIADB_WIDE[kind]
    _build(mariadb)
    try:
        mariadb.admin(sql.replace("{me}", _sql_account(mariadb)))
        record = _probe(mariadb)
    finally:
        take_back(mariadb, sql)
    assert record.status == "wide"
    assert reason in {r.split(":")[0] for r in record.reasons}


def test_a_view_over_the_same_table_is_readable_and_so_wide(engine: Engine) -> None:
    q = DIALECTS[engine.kind].quote
    engine.admin(
        f"CREATE VIEW {engine.table('V')} AS SELECT {q('SSN')} AS {q('SHADE')} FROM {engine.table('CUSTOMER')}"
    )
    innocent = _probe(engine)
    assert innocent.status == "refused"
    engine.admin(f"GRANT SELECT ON {engine.table('V')} TO {_sql_account(engine)}")
    record = _probe(engine)
    assert record.status == "wide"
    assert [str(a) for a in record.readable] == ["dbo.V.SHADE"]


def test_a_grant_to_everybody_is_found(engine: Engine) -> None:
    engine.admin(f"GRANT SELECT ON {engine.table('SALES_DEAL')} TO PUBLIC")
    try:
        record = _probe(engine)
    finally:
        engine.admin(f"REVOKE SELECT ON {engine.table('SALES_DEAL')} FROM PUBLIC")
    assert record.status == "wide"
    assert {a.column for a in record.readable} == {"DEAL_NO", "TERM"}


def test_a_function_with_the_callers_rights_does_not_widen(postgresql: Engine) -> None:
    _build(postgresql)
    postgresql.admin(
        'CREATE FUNCTION dbo.calm() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM dbo."CUSTOMER" $$'
    )
    assert _probe(postgresql).status == "refused"


def test_a_column_that_does_not_exist_is_not_shown_where_the_engine_tells_it_apart(postgresql: Engine) -> None:
    _build(postgresql)
    inventory = _inventory(postgresql)
    ghost = InventoryTable("dbo", "GHOST", "table", (InventoryColumn("SSN", "text"),))
    record = _probe(postgresql, dataclasses.replace(inventory, tables=(*inventory.tables, ghost)))
    assert record.status == "wide"
    assert [(str(a), a.code) for a in record.not_shown] == [("dbo.GHOST.SSN", "42P01/1")]


def test_a_name_that_cannot_be_asked_for_is_not_shown(postgresql: Engine) -> None:
    _build(postgresql)
    postgresql.admin('CREATE TABLE dbo."ODD" ("a\u202eb" int)')
    assert [a.code for a in _probe(postgresql).not_shown] == ["unspeakable name"]


class _Losing(Connection):
    """A connection that breaks after so many questions."""

    def __init__(self, inner: Connection, good: int, broke: Callable[[], object]) -> None:
        super().__init__(inner._raw, inner.settings, inner._odbc)
        self.good, self.broke = good, broke

    def ask(self, sql: str):  # type: ignore[no-untyped-def]
        self.good -= 1
        if self.good == 0:
            self.broke()
        return super().ask(sql)


def end_session(engine: Engine) -> object:
    """As the owner, from outside."""
    if engine.kind == "mariadb":
        return engine.admin("KILL USER fieldgate_ro@'127.0.0.1'")
    return engine.admin(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE usename = 'fieldgate_ro' AND datname = '{engine.settings.database}'"
    )


@pytest.mark.parametrize("good", [1, 2, 4])
def test_a_connection_lost_in_the_middle_shows_nothing(engine: Engine, good: int) -> None:
    inventory = _inventory(engine)

    with connect(engine.settings, engine.password) as connection:
        losing = _Losing(connection, good, lambda: end_session(engine))
        record = probe(losing, engine.settings, inventory, [_query(engine)], NOW)
    assert record.status == "wide"
    assert record.refused == ()
    assert {a.code for a in record.not_shown} == {"no control"}
    assert [r.split(":")[0] for r in record.reasons] == ["control"]


def test_a_session_that_cannot_read_what_it_was_granted_proves_nothing(postgresql: Engine) -> None:
    _build(postgresql)
    inventory = _inventory(postgresql)
    postgresql.admin("REVOKE USAGE ON SCHEMA dbo FROM fieldgate_ro")
    record = _probe(postgresql, inventory)
    assert record.status == "wide"
    assert record.refused == ()


def test_without_any_policy_nothing_is_shown(postgresql: Engine) -> None:
    _build(postgresql)
    with connect(postgresql.settings, postgresql.password) as connection:
        record = probe(connection, postgresql.settings, _inventory(postgresql), [], NOW)
    assert record.status == "wide"
    assert record.refused == ()


def test_sqlite_refuses_nobody_and_the_record_says_so(sqlite: Engine) -> None:
    sqlite.admin('CREATE TABLE "CUSTOMER" ("CUST_NO" int, "STORE_NO" text, "EMAIL1" text, "SSN" text)')
    inventory = inventory_of([[c or "" for c in row] for row in sqlite.admin(CATALOG["sqlite"])], "dms", "sqlite", NOW)
    rule = customers("main", people=(), fields=(field("email", "EMAIL1"),))
    query = compile_query(rule, "01", DIALECTS["sqlite"], today=NOW.date())
    with connect(sqlite.settings, "") as connection:
        record = probe(connection, sqlite.settings, inventory, [query], NOW)
    assert record.status == "not_enforced"
    assert record.refused == ()
    assert [str(a) for a in record.not_shown] == ["main.CUSTOMER.SSN"]
