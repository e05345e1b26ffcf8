"""Who else can read finance data: the engine's own catalog, on real servers, against what each account truly reads."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from typer.testing import CliRunner

from agent.cli.app import app
from agent.core.inventory import Inventory
from agent.demo.engine import Engine
from agent.dms.catalog import inventory_of
from agent.dms.catalog_sql import CATALOG
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import connect
from agent.dms.readers import Right, ask_readers, read_readers, readers_script
from agent.dms.readers_sql import COLUMNS, READERS_SQL
from agent.errors import ConfigError
from agent.tasks.readers import readers_page, who_reads
from tests.story.world import world

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
GRANTS = {
    "postgresql": """
        CREATE ROLE crm_{db} LOGIN; CREATE ROLE lender_{db} NOLOGIN; CREATE ROLE clerk_{db} LOGIN NOINHERIT;
        CREATE ROLE nobody_{db} LOGIN; GRANT USAGE ON SCHEMA dbo TO crm_{db}, lender_{db}, nobody_{db}, fieldgate_ro;
        GRANT SELECT ON dbo."CUSTOMER" TO crm_{db}; GRANT SELECT ("TERM") ON dbo."SALES_DEAL" TO lender_{db};
        GRANT lender_{db} TO clerk_{db}; GRANT SELECT ("CITY") ON dbo."CUSTOMER" TO fieldgate_ro""",
    "mariadb": """
        CREATE USER crm@localhost; CREATE ROLE lender; CREATE USER clerk@localhost; CREATE USER nobody@localhost;
        GRANT SELECT ON dbo.CUSTOMER TO crm@localhost; GRANT SELECT (TERM) ON dbo.SALES_DEAL TO lender;
        GRANT lender TO clerk@localhost; GRANT SELECT (CITY) ON dbo.CUSTOMER TO fieldgate_ro@'127.0.0.1'""",
}


@pytest.fixture(params=["postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(request.param)
    q = DIALECTS[made.kind].quote
    made.admin(f"CREATE TABLE {made.table('CUSTOMER')} ({q('CUST_NO')} int, {q('SSN')} varchar(11), {q('CITY')} int)")
    made.admin(f"CREATE TABLE {made.table('SALES_DEAL')} ({q('DEAL_NO')} int, {q('TERM')} int)")
    made.admin(GRANTS[made.kind].replace("{db}", made.settings.database))
    return made


def inventory(engine: Engine) -> Inventory:
    rows = [["" if cell is None else cell for cell in row] for row in engine.admin(CATALOG[engine.kind])]
    found = inventory_of(rows, "dms", engine.kind, NOW)
    return Inventory("dms", engine.kind, NOW, tuple(t for t in found.tables if t.schema == "dbo"))


def printed(engine: Engine) -> bytes:
    """What the DBA's client prints."""
    out = io.StringIO(newline="")
    rows = engine.admin(READERS_SQL[engine.kind])
    if engine.kind == "mariadb":
        return "\n".join("\t".join(map(str, row)) for row in [COLUMNS, *rows]).encode() + b"\n"
    csv.writer(out).writerows([COLUMNS, *rows])
    return out.getvalue().encode()


def test_every_account_that_can_read_a_finance_column_is_named_and_no_other(engine: Engine) -> None:
    found = who_reads(read_readers(printed(engine)), inventory(engine), "fieldgate_ro", NOW)
    said = {
        r.account.partition("@")[0].removesuffix(f"_{engine.settings.database}"): set(r.columns) for r in found.readers
    }
    assert said["crm"] == {"dbo.CUSTOMER.SSN"}
    assert said["clerk"] == {"dbo.SALES_DEAL.TERM"}, "a role it may take on counts"
    assert "nobody" not in said
    assert "fieldgate_ro" not in said
    assert found.own is None
    powers = [r for r in found.readers if r.kind == "superuser"]
    assert powers
    assert all(len(r.columns) == found.nonpublic for r in powers)
    text = readers_page(found, "as the DBA's client printed it")
    assert "22 Nov 2026" in text
    assert "can read <strong>0</strong>" in text


def test_on_postgresql_the_agents_own_account_sees_the_same_list_as_the_owner(postgresql: Engine) -> None:
    postgresql.admin('CREATE TABLE dbo."SALES_DEAL" ("DEAL_NO" int, "TERM" int)')
    with connect(postgresql.settings, postgresql.password) as connection:
        mine = ask_readers(connection)
    assert mine
    assert set(mine) == set(read_readers(printed(postgresql)))


@pytest.mark.parametrize("name", READERS_SQL)
def test_the_script_is_one_select_of_names_that_another_parser_reads(name: str) -> None:
    parsed = sqlglot.parse(READERS_SQL[name], read=DIALECTS[name].sqlglot)
    assert len(parsed) == 1
    assert isinstance(parsed[0], exp.Query)
    assert READERS_SQL[name] in readers_script(name)
    assert "fieldgate readers --from" in readers_script(name)


@pytest.mark.parametrize(
    "data",
    [b"", b"account,kind\n", b"account,kind,table_schema,table_name,column_name\nx,login,dbo,T\n", b"\xff\x00\xfe"],
)
def test_half_a_list_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError, match="readers_unreadable"):
        read_readers(data)


def test_a_pattern_of_schemas_covers_what_it_covers() -> None:
    from agent.core.inventory import InventoryColumn, InventoryTable

    tables = tuple(
        InventoryTable(schema, "SALES_DEAL", "table", (InventoryColumn("TERM", "int"),))
        for schema in ("dms_1", "dmsx1", "other")
    )
    names = Inventory("dms", "mariadb", NOW, tables)
    for pattern, wanted in (("dms%", {"dms_1", "dmsx1"}), ("dms\\_1", {"dms_1"}), ("dms_1", {"dms_1", "dmsx1"})):
        found = who_reads([Right("a@%", "login", pattern, "*", "*")], names, "me", NOW)
        assert {c.split(".")[0] for r in found.readers for c in r.columns} == wanted, pattern


def test_the_command_lists_them_writes_a_page_and_hands_out_the_signed_record(
    postgresql: Engine, tmp_path: Path
) -> None:
    with world(tmp_path, engine=postgresql, customers=5) as made:
        made.approve()
        made.enroll()
        made.extract()
        config = ["readers", "--config", str(made.folder / "agent.yaml")]
        page, record = tmp_path / "readers.html", tmp_path / "record.jws"
        said = CliRunner().invoke(app, [*config, "--html", str(page), "--record", str(record)])
        assert said.exit_code == 0, said.output
        assert "own account fieldgate_ro: 0 of them" in said.output
        assert max(map(len, said.output.splitlines())) <= 80
        assert "dms_owner" in page.read_text("utf-8")
        assert record.read_text().count(".") == 2
        told = json.loads(CliRunner().invoke(app, [*config, "--json"]).output)
        assert told["own_account"]["columns"] == 0
        assert told["nonpublic_columns"] > 30
        assert "fieldgate readers --from" in CliRunner().invoke(app, [*config, "--print-query"]).output
