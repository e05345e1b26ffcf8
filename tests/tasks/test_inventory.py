"""What stands in a source, told by names alone, and what changed."""

from __future__ import annotations

import dataclasses
import datetime as dt

from agent.core.inventory import Inventory
from agent.dms.catalog import inventory_of
from agent.tasks.inventory import drift, standings

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
VIEW = 'SELECT c."CITY", c."SSN", c."UDF7" FROM dbo."CUSTOMER" c'


def _inventory(*columns: tuple[str, str, str]) -> Inventory:
    rows = [["dbo", table, "table", name, kind, "YES", "", "", ""] for table, name, kind in columns]
    rows += [["dbo", "V", "view", name, "text", "YES", "", "", VIEW] for name in ("CITY", "SHADE", "TINT")]
    return inventory_of(rows, "dms", "postgresql", NOW)


BASE = (
    ("CUSTOMER", "CITY", "text"),
    ("CUSTOMER", "EMAIL1", "text"),
    ("CUSTOMER", "SSN", "text"),
    ("CUSTOMER", "UDF7", "text"),
    ("FINANCE_DEALS", "CITY", "text"),
)


def test_every_column_stands_in_one_of_four_places() -> None:
    sent = frozenset({("dbo", "CUSTOMER", "EMAIL1"), ("dbo", "CUSTOMER", "SSN")})
    found = {f"{c.table}.{c.column}": c.standing for c in standings(_inventory(*BASE), sent)}
    assert found == {
        "CUSTOMER.CITY": "not asked for",
        "CUSTOMER.EMAIL1": "sent",
        "CUSTOMER.SSN": "never",  # whoever asks
        "CUSTOMER.UDF7": "needs a decision",
        "FINANCE_DEALS.CITY": "never",
        "V.CITY": "not asked for",
        "V.SHADE": "never",
        "V.TINT": "needs a decision",
    }


def test_a_view_that_cannot_be_traced_is_never() -> None:
    inventory = _inventory(*BASE)
    blind = tuple(dataclasses.replace(t, definition="") for t in inventory.tables)
    found = {c.column: c.standing for c in standings(dataclasses.replace(inventory, tables=blind)) if c.table == "V"}
    assert set(found.values()) == {"never"}


def test_drift_names_what_came_went_and_changed() -> None:
    before = _inventory(*BASE)
    after = _inventory(("CUSTOMER", "CITY", "integer"), ("CUSTOMER", "TOWN", "text"), *BASE[2:])
    assert drift(before, before) == drift(after, after)
    found = drift(before, after)
    assert found.came == ("dbo.CUSTOMER.TOWN",)
    assert found.went == ("dbo.CUSTOMER.EMAIL1",)
    assert found.changed == ("dbo.CUSTOMER.CITY",)


def test_a_redefined_view_has_changed() -> None:
    before = _inventory(*BASE)
    tables = tuple(
        dataclasses.replace(t, definition=t.definition and t.definition + " WHERE 1 = 1") for t in before.tables
    )
    assert drift(before, dataclasses.replace(before, tables=tables)).changed == ("dbo.V",)
