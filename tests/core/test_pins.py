"""What names meant at import: every object a query reaches is pinned, and what differs is said in one safe line."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import msgspec
import pytest

from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.pinning import pin
from agent.core.pins import CHANGED, Pins, differences, pins_digest, refuse_changed
from agent.core.query import CompiledQuery, compile_query
from agent.dms.dialects import DIALECTS
from agent.errors import PolicyError
from tests.rules import customers

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
NAMES = ("CUST_NO", "STORE_NO", "EMAIL1", "FIRST_NAME", "OPT_OUT", "BLOCK_EMAIL")
BASE = InventoryTable("dbo", "PERSON", "table", tuple(InventoryColumn(name, "text") for name in (*NAMES, "SSN")))
VIEW = InventoryTable(
    "dbo",
    "CUSTOMER",
    "view",
    tuple(InventoryColumn(name, "text") for name in NAMES),
    "SELECT " + ", ".join(f'p."{name}"' for name in NAMES) + ' FROM dbo."PERSON" p',
)
THERE = (VIEW, BASE)


def query() -> CompiledQuery:
    return compile_query(customers(), "01", DIALECTS["postgresql"], today=NOW.date())


def pins(*tables: InventoryTable) -> Pins:
    return pin([query()], Inventory("dms", "postgresql", NOW, tables or THERE))


def without(table: InventoryTable, column: str) -> InventoryTable:
    return replace(table, columns=tuple(c for c in table.columns if c.name != column))


def retyped(table: InventoryTable, column: str, **changed: str) -> InventoryTable:
    return replace(
        table, columns=tuple(replace(c, **changed) if c.name == column else c for c in table.columns)  # type: ignore[arg-type]
    )  # fmt: skip


def test_the_view_and_what_is_behind_it_are_pinned_and_nothing_else() -> None:
    found = {str(one): {column.name for column in one.columns} for one in pins()}
    assert found == {"dbo.CUSTOMER": set(NAMES), "dbo.PERSON": set(NAMES)}
    assert differences(pins(), THERE, "postgresql") == ()


def test_a_pin_holds_no_text_of_a_view() -> None:
    assert b"SELECT" not in msgspec.json.encode(pins())


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ((VIEW,), "dbo.PERSON is not there any more"),
        ((without(VIEW, "EMAIL1"), BASE), "column EMAIL1 of dbo.CUSTOMER is not there any more"),
        ((retyped(VIEW, "EMAIL1", type="integer"), BASE), "was text and is integer now"),
        ((VIEW, retyped(BASE, "EMAIL1", type="bytea")), "was text and is bytea now"),
        ((VIEW, retyped(BASE, "EMAIL1", generated='upper("SSN")')), "computed in another way now"),
        ((replace(VIEW, definition=VIEW.definition.replace('p."EMAIL1"', 'p."SSN"')), BASE), "is another one now"),
        ((replace(VIEW, definition=""), BASE), "not shown to this account"),
        ((replace(VIEW, kind="table", definition=""), BASE), "was a view and is a table now"),
    ],
)
def test_each_change_is_said(now: tuple[InventoryTable, ...], said: str) -> None:
    [text] = differences(pins(), now, "postgresql")
    assert said in text
    with pytest.raises(PolicyError, match=CHANGED) as refusal:
        refuse_changed("customers", [text])
    assert refusal.value.what.startswith("customers: ")


@pytest.mark.parametrize(
    "now",
    [
        (VIEW, without(BASE, "SSN")),
        (VIEW, retyped(BASE, "SSN", type="integer")),
        (VIEW, BASE, replace(BASE, name="OTHER")),
    ],
)
def test_what_the_policy_does_not_touch_may_change(now: tuple[InventoryTable, ...]) -> None:
    assert differences(pins(), now, "postgresql") == ()


def test_a_view_text_with_other_line_ends_is_the_same() -> None:
    windows = replace(VIEW, definition=VIEW.definition.replace(" FROM", "\r\n FROM") + "\r\n")
    linux = replace(VIEW, definition=VIEW.definition.replace(" FROM", "\n FROM"))
    assert differences(pins(windows, BASE), (linux, BASE), "postgresql") == ()


def test_where_the_engine_hides_names_only_what_the_query_names_must_be_seen() -> None:
    assert differences(pins(), (VIEW,), "mariadb") == ()
    assert differences(pins(), (without(VIEW, "EMAIL1"),), "mariadb") != ()
    assert differences(pins(), (replace(VIEW, definition=""),), "mariadb") != (), "a text nobody shows proves nothing"


def test_the_digest_names_exactly_these_pins() -> None:
    assert pins_digest({"a": pins()}) == pins_digest({"a": pins()})
    assert pins_digest({"a": pins()}) != pins_digest({"a": pins(VIEW, retyped(BASE, "EMAIL1", type="x"))})
    read = msgspec.json.decode(msgspec.json.encode({"a": pins()}), type=dict[str, Pins])
    assert pins_digest(read) == pins_digest({"a": pins()})


def test_a_hostile_name_is_said_safely() -> None:
    [text] = differences(pins(), (retyped(VIEW, "EMAIL1", type="\x1b[2J\u202e"), BASE), "postgresql")
    assert "\x1b" not in text
    assert "\u202e" not in text
