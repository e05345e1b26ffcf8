"""Ways to make a harmless name mean something nonpublic, each beside its innocent half: the same thing, meant well.

Some are refused when the policy is written, the others when it is imported and its names are traced in the real
database; none reaches a reading. A view altered between check and read stands in test_pinned_names.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
import structlog
import typer
from sqlglot import exp
from typer.testing import CliRunner

from agent.cli import source as discover
from agent.core.classify import classify
from agent.core.grants import grants
from agent.core.policy.drafting import draft_for
from agent.core.policy.reader import Draft, read_policy
from agent.core.policy.request import Request, read_request
from agent.core.query import compile_query
from agent.core.ruleset import Table
from agent.core.screen import screen_text
from agent.core.text import shown
from agent.demo.engine import Engine
from agent.dms.catalog import inventory_of
from agent.dms.catalog_sql import COLUMNS
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import connect
from agent.dms.privileges import readable_columns
from agent.errors import FieldgateError, PolicyError
from agent.service.log import configure
from agent.tasks.policy_page import policy_page
from tests.rules import customers, field
from tests.story.world import OEM, World, world

POLICY = """\
policy: {policy}
title: One small dataset for an example program
version: 1
recipient: {oem}
recipient_may: {{keep_for_months: 24, pass_on_to: []}}
purpose: marketing
regime: opt_out
jurisdiction: [US-GA]
owner: compliance@dealer.example
contract: {{id: EX-1, expires_on: 2027-06-30}}
review_on: 2027-03-31
stores: ["01"]
choices:
  said:
    source: dms
    table: {schema}.CUSTOMER
    person: [CUST_NO]
    everything: {{column: OPT_OUT, refused: ["Y"], not_refused: ["N"], unknown: withhold}}
datasets:
  {dataset}:
    about: a small list of customers or cars
    send:
      {send}
    people: {{somebody: {{key: [{person}], choices: said}}}}
    from:
      source: dms
      table: {table}
      key: [{key}]
      store: {{column: STORE_NO}}
      changes: {changes}
      {more}
"""
CUSTOMER_VIEW = 'SELECT c."CUST_NO", c."STORE_NO", c."CITY", {what} AS "CLUB_LEVEL" FROM {customer} c {rest}'
LEVEL = "club_level: {column: CLUB_LEVEL, category: status, type: text 20}"
TODAY = dt.date(2026, 11, 22)
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    engine = None if request.param == "sqlite" else request.getfixturevalue("postgresql_server").fresh()
    with world(tmp_path_factory.mktemp("names"), engine=engine, customers=12) as made:
        yield made


def imported(made: World, **changed: str) -> str:
    """Write, sign and import a policy of its own name; the code it is refused with, empty when it is in force."""
    name = f"list-{next(_numbers)}"
    facts = {
        "policy": name, "oem": OEM, "schema": made.engine.schema, "dataset": "clients", "person": "CUST_NO",
        "send": "city: {column: CITY, category: city, type: text 40}", "table": f"{made.engine.schema}.CUSTOMER",
        "key": "CUST_NO", "changes": "{by: snapshot}", "more": "only_where: []",
    }  # fmt: skip
    try:
        made.approve(POLICY.format(**{**facts, **changed}), name)
    except PolicyError as error:
        assert error.code in ("A010", "P025", "P030", "P031", "schema_missing"), error
        return f"{error.code} {error.what}"
    finally:
        (made.folder / "policies" / f"{name}.yaml").unlink()
    return ""


def view(made: World, what: str, rest: str = "") -> str:
    """A view of customers whose harmless CLUB_LEVEL is `what`; as the policy names it."""
    name = f"CLUB_{next(_numbers)}"
    customer = made.table("CUSTOMER")
    made.sql(f"CREATE VIEW {made.table(name)} AS {CUSTOMER_VIEW.format(what=what, customer=customer, rest=rest)}")
    made.keep_names()
    return f"{made.engine.schema}.{name}"


@pytest.mark.parametrize(
    ("nonpublic", "innocent"),
    [
        ('c."CREDIT_SCORE"', 'c."LANGUAGE"'),
        ("CASE WHEN c.\"CREDIT_SCORE\" > 700 THEN 'A' ELSE 'B' END", "CASE WHEN c.\"STATE\" = 'GA' THEN 1 ELSE 2 END"),
        ('COALESCE(c."SSN", c."CITY")', 'COALESCE(c."CITY", c."COUNTY")'),
        ('substr(c."SSN", 1, 3)', 'substr(c."ZIP", 1, 3)'),
    ],
)
def test_an_alias_in_a_view(store: World, nonpublic: str, innocent: str) -> None:
    assert imported(store, table=view(store, nonpublic), send=LEVEL).startswith("P025")
    assert imported(store, table=view(store, innocent), send=LEVEL) == ""


def test_what_a_view_reads_counts_even_where_its_column_is_not_asked_for(store: World) -> None:
    filtered = view(store, "1", 'WHERE c."CREDIT_SCORE" > 700')
    assert imported(store, table=filtered).startswith("P025")
    assert imported(store, table=view(store, "1", "WHERE c.\"STATE\" = 'GA'")) == ""
    unasked = view(store, 'c."CREDIT_SCORE"')
    assert imported(store, table=unasked) == "", "a column of the view that the policy does not read tells nothing"


def test_a_finance_table_joined_in_a_view(store: World) -> None:
    for table, column, refused in (("FIN_CONTRACT", "CUST_NO", True), ("VEHICLE", "OWNER_NO", False)):
        joined = view(store, "1", f'JOIN {store.table(table)} f ON f."{column}" = c."CUST_NO"')
        assert imported(store, table=joined).startswith("P025") is refused, table


def test_a_finance_table_joined_in_the_policy(store: World) -> None:
    join = "joins: [{{table: {}.{}, as: OTHER, where_equal: {{{}: CUST_NO}}}}]"
    assert imported(store, more=join.format(store.engine.schema, "FIN_CONTRACT", "CUST_NO"))
    assert imported(store, more=join.format(store.engine.schema, "VEHICLE", "OWNER_NO")) == ""


def test_a_filter_on_the_lease_type(store: World) -> None:
    deals = {"table": f"{store.engine.schema}.SALES_DEAL", "key": "DEAL_NO", "person": "BUYER_NO",
             "send": "vin: {column: VIN, category: vin, type: text 17}"}  # fmt: skip
    for column in ("DEAL_TYPE", "SALE_TYPE"):
        assert "P02" in imported(store, **deals, more=f"only_where: [{{column: {column}, is: L}}]")
    assert imported(store, **deals, more="only_where: [{column: DEAL_STATUS, is: F}]") == ""


def test_a_list_in_the_order_of_maturity(store: World) -> None:
    deals = {"table": f"{store.engine.schema}.SALES_DEAL", "person": "BUYER_NO",
             "send": "vin: {column: VIN, category: vin, type: text 17}"}  # fmt: skip
    assert "P02" in imported(store, **deals, key="LEASE_END_DT")
    assert "P02" in imported(store, **deals, key="DEAL_NO", changes="{column: LEASE_END_DT}")
    assert imported(store, **deals, key="DEAL_NO", changes="{column: LAST_CHANGED}") == ""
    ordered = 'JOIN {} d ON d."BUYER_NO" = c."CUST_NO" ORDER BY d."{}" LIMIT 5'
    sales = store.table("SALES_DEAL")
    assert imported(store, table=view(store, "1", ordered.format(sales, "LEASE_END_DT"))).startswith("P025")
    assert imported(store, table=view(store, "1", ordered.format(sales, "DELIVERY_DT"))) == ""


@pytest.mark.parametrize("telling", ["lease_customers", "loans_ending", "customers_with_credit"])
def test_a_dataset_whose_name_tells(store: World, telling: str) -> None:
    assert "P02" in imported(store, dataset=telling)
    assert imported(store, dataset="service_customers") == ""


def test_a_filter_that_picks_one_person(store: World) -> None:
    assert "P029" in imported(store, more='only_where: [{column: CUST_NO, is: "104417"}]')
    assert "P028" in imported(store, more="only_where: [{column: EMAIL1, is: pat@mail.example}]")
    assert imported(store, more="only_where: [{column: STATE, is: GA}]") == ""


def test_a_generated_column(store: World) -> None:
    kind = "STORED" if store.engine.kind == "postgresql" else "VIRTUAL"
    customer = store.table("CUSTOMER")
    for name, made_of in (("CLUB_A", '"CREDIT_SCORE" / 100'), ("CLUB_B", '"CUST_NO" / 100')):
        store.sql(f'ALTER TABLE {customer} ADD COLUMN "{name}" int GENERATED ALWAYS AS ({made_of}) {kind}')
    store.keep_names()
    sent = "club: {{column: CLUB_{}, category: status, type: text 20}}"
    assert imported(store, send=sent.format("A")).startswith("P025")
    assert imported(store, send=sent.format("B")) == ""


def test_a_look_alike_letter_in_a_column_name(store: World) -> None:
    cyrillic = "\u0421ITY"  # ES, as CITY begins in Cyrillic
    store.sql(f'ALTER TABLE {store.table("VEHICLE")} ADD COLUMN "{cyrillic}" text')
    store.keep_names()
    cars = {"table": f"{store.engine.schema}.VEHICLE", "key": "VIN", "person": "OWNER_NO"}
    sent = "city: {{column: {}, category: city, type: text 40}}"
    assert imported(store, **cars, send=sent.format(cyrillic)), "nobody can know what it is"
    assert imported(store, **cars, send=sent.format("CITY")).startswith("P031"), "the plain name is another column"
    assert imported(store, send=sent.format("CITY")) == ""


def test_a_view_in_the_default_schema_that_is_called_like_a_table(postgresql: Engine, tmp_path: Path) -> None:
    """A bare name would mean whoever comes first in a search path. There are no bare names: in SQL every name has its
    schema, and a policy without one is refused."""
    with world(tmp_path, engine=postgresql, customers=12) as made:
        made.sql('CREATE VIEW public."CUSTOMER" AS SELECT *, "SSN" AS "EMAIL9" FROM dbo."CUSTOMER"')
        made.sql('GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT SELECT ON public."CUSTOMER" TO PUBLIC')
        assert imported(made, table="CUSTOMER")
        assert imported(made) == ""
        query = compile_query(customers(), "01", DIALECTS["postgresql"], today=made.clock().date())
        assert '"dbo"."CUSTOMER"' in query.base_sql
        made.enroll(stores=("01",))
        with pytest.raises(PolicyError, match="FG-A10"):  # and the view, which the account may read, stops the run
            made.extract()


def test_npi_split_over_two_fields_is_stopped_by_names_alone() -> None:
    """Each value is looked at alone; docs/security-properties.md says so. Names are the net here, not values."""
    for half in ("SSN_FIRST5", "SSN_LAST4", "CARD_NO_A", "CARD_NO_B", "DOB_MONTH", "DOB_YEAR"):
        assert classify(half, table="CUSTOMER").verdict != "plain", half
    for half in ("ADDRESS1", "ADDRESS2"):
        assert classify(half, table="CUSTOMER").verdict == "plain", half
    assert screen_text("SSN 219-09-9999").npi
    assert not screen_text("219-09").npi
    assert not screen_text("9999").npi


# Hostile identifiers -------------------------------------------------------------------------------------------------

HOSTILE = (
    'x"; GRANT ALL ON y TO z; --',
    "a\nb",
    "a\x1b[2J\x1b]0;t\x07b",
    "a\u202etxt.exe",
    "<script>alert(1)</script>",
)


def safe(text: str) -> bool:
    return not any(ch in text for ch in ("\x1b", "\x07", "\u202e", "\r")) and "a\nb" not in text


def rows(name: str) -> list[list[str]]:
    return [["dbo", "CUSTOMER", "table", column, "text", "YES", "", "", ""] for column in ("CUST_NO", "EMAIL1", name)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_on_a_terminal(name: str, tmp_path: Path) -> None:
    app = typer.Typer()
    discover.register(app)
    app.command("other")(lambda: None)
    path = tmp_path / "inventory.json"
    path.write_text(json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows(name)]))
    said = CliRunner().invoke(app, ["discover", "--config", "none", "--from", str(path)])
    assert said.exit_code == 0, said.exception
    assert safe(said.stdout)
    assert len(said.stdout.splitlines()) == 4 + 2 + 3, "one line a column"
    assert "EMAIL1" in said.stdout


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_in_the_log(name: str, tmp_path: Path) -> None:
    configure(tmp_path)
    error = PolicyError("P031", f"column {shown(name)} is not there", "look")
    structlog.get_logger().warning("dataset_refused", dataset=name, said=error.what)
    structlog.get_logger().warning("dataset_refused", dataset="CITY")
    structlog.reset_defaults()
    line, innocent = (tmp_path / "fieldgate.log").read_text("utf-8").splitlines()
    assert json.loads(line)["event"] == "dataset_refused"
    assert json.loads(innocent)["dataset"] == "CITY"
    assert safe(line)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_in_grants(name: str) -> None:
    rule = customers(fields=(field("email", "EMAIL1"), field("other", name)))
    dialect = DIALECTS["postgresql"]
    try:
        query = compile_query(rule, "01", dialect, today=TODAY)
    except PolicyError as refused:
        assert safe(refused.what)
        return
    statements = grants([query], dialect, "fieldgate_ro")
    assert '"EMAIL1"' in "\n".join(statements)
    assert safe("\n".join(statements))
    for statement in statements:
        [parsed] = sqlglot.parse(statement, read="postgres")
        assert isinstance(parsed, exp.Grant), statement


def test_a_hostile_name_is_granted_as_the_column_it_is(postgresql: Engine) -> None:
    name = HOSTILE[0]
    dialect = DIALECTS["postgresql"]
    postgresql.admin("CREATE SCHEMA IF NOT EXISTS dbo")
    columns = ", ".join(
        f"{dialect.quote(c)} text" for c in ("CUST_NO", "STORE_NO", "EMAIL1", "OPT_OUT", "BLOCK_EMAIL", "SSN", name)
    )
    postgresql.admin(f'CREATE TABLE dbo."CUSTOMER" ({columns})')
    rule = customers(fields=(field("email", "EMAIL1"), field("other", name)))
    query = compile_query(rule, "01", dialect, today=TODAY)
    for statement in grants([query], dialect, postgresql.settings.user):
        postgresql.admin(statement)
    with connect(postgresql.settings, postgresql.password) as connection:
        readable = {column for _, table, column in readable_columns(connection) if table == "CUSTOMER"}
    assert readable == {"CUST_NO", "STORE_NO", "EMAIL1", "OPT_OUT", "BLOCK_EMAIL", name}


def request() -> Request:
    shipped = Path(__file__).parents[2] / "field_policies" / "requests" / "example-motors-na.crm-2026.2.request.yaml"
    read = read_request(shipped.read_bytes(), shipped.name)
    assert isinstance(read, Request), read
    return read


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_in_a_draft(name: str, store: World) -> None:
    inventory = inventory_of(rows(f"EMAIL {name}"), "dms", "postgresql", store.clock())
    data = draft_for(request(), inventory)
    assert data is not None
    assert safe(data.decode())
    assert "EMAIL1" in data.decode()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_on_a_page(name: str, store: World) -> None:
    read = read_policy(store.policy_text().encode(), "customer-crm.yaml")
    assert isinstance(read, Draft)
    inventory = inventory_of(
        [[store.engine.schema, *row[1:]] for row in rows(name)], "dms", "postgresql", store.clock()
    )
    page = policy_page(read, None, inventory)
    assert safe(page)
    assert "<script" not in page
    assert "EMAIL1" in page


def test_every_error_about_a_hostile_table_is_one_safe_line() -> None:
    for name in HOSTILE:
        try:
            compile_query(customers(table=Table("dbo", name)), "01", DIALECTS["postgresql"], today=TODAY)
        except FieldgateError as error:
            assert safe(str(error) + error.what + error.advice)
