"""What somebody told the car maker reaches the dealer's own tools: a list for the clerk, gone when she has done it, and
older each day when she has not. DMS and receiver are two databases; the reader is a process of its own."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.health import health
from agent.receiver.portal import opt_out
from agent.service.supervisor import ReaderChild
from agent.tasks import say
from agent.tasks.todo import Item, as_csv, todo
from tests.story.test_choices_of_two_houses import later
from tests.story.world import OEM, World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=16) as made:
        made.approve()
        made.enroll()
        made.run()
        yield made


def listed(made: World) -> list[Item]:
    with ReaderChild() as reader:
        return todo(made.desk, reader)


def status(made: World) -> dict[str, str | int]:
    with made.desk.state.reading() as tx:
        return health(tx, made.desk.config, made.clock()).facts


def customers(made: World) -> dict[str, str]:
    """Given name at the OEM -> record id, for customers whom nobody stopped."""
    return {
        str(fields["given_name"]): record_id
        for (_, dataset, record_id), fields in sorted(made.usable().items())
        if dataset == "customers"
    }


def clerk(made: World, items: bytes) -> None:
    """What the dealer's clerk does with the CSV: she blocks each one in the DMS."""
    column = {"everything": ("OPT_OUT", "Y"), "email": ("BLOCK_EMAIL", "Y"), "mail": ("BLOCK_MAIL", "Y")}
    for row in csv.DictReader(io.StringIO(items.decode())):
        name, code = column[row["channel"]]
        sql = f"""UPDATE {made.table("CUSTOMER")} SET "{name}" = '{code}' WHERE "CUST_NO" = {row["customer_number"]}"""
        made.sql(sql.replace('"', "`") if made.engine.kind == "mariadb" else sql)


def test_the_list_goes_to_zero_when_the_clerk_has_done_it_and_ages_when_not(dealership: World) -> None:
    one, two, *_ = customers(dealership).values()
    opt_out(dealership.oems[OEM].house, one)
    opt_out(dealership.oems[OEM].house, two, ("email",))
    later(dealership, minutes=15)
    dealership.pull()
    dealership.run()
    items = listed(dealership)
    assert sorted(item.channel for item in items) == ["email", "everything"]
    assert all(item.number.isdigit() for item in items)
    facts = status(dealership)
    assert (facts["dms_open"], facts["oem_open"]) == (2, 0)
    assert facts["oem_honored"] >= 1

    later(dealership, days=5)
    dealership.run()
    assert [item.days for item in listed(dealership)] == [5, 5]
    assert status(dealership)["dms_oldest"] == "5 days"

    clerk(dealership, as_csv(items))
    dealership.run()
    assert listed(dealership) == []
    facts = status(dealership)
    assert (facts["dms_open"], facts["dms_honored"], facts["dms_p50"]) == (0, 2, "5 days")

    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"OPT_OUT\" = 'N'")
    dealership.run()
    assert [item.channel for item in listed(dealership)] == ["everything"], "undone in the DMS: it is on the list again"
    [entry] = [e for e in dealership.audit() if e["event"] == "todo_listed"][:1]
    assert entry["facts"] == {"items": 2, "people": 2, "unknown": 0}


def number_of(made: World, given_name: str) -> str:
    [[number]] = made.sql(
        f"""SELECT "CUST_NO" FROM {made.table("CUSTOMER")} WHERE "FIRST_NAME" = '{given_name}' ORDER BY 1 LIMIT 1"""
    )
    return str(number)


def test_what_is_written_down_at_the_dealers_counts_and_no_number_is_kept(dealership: World) -> None:
    dealership.sql(f"""UPDATE {dealership.table("CUSTOMER")} SET "FIRST_NAME" = 'Pat' || "CUST_NO" """)
    dealership.run()
    names = list(customers(dealership))
    first, second = (number_of(dealership, name) for name in names[:2])
    later(dealership, days=1)
    row, problems = say.checked(
        (first, "refused", "*", "everything", "group", "2026-11-22", "call 12", ""), dealership.clock()
    )
    assert (row is None, problems) == (False, [])
    done = say.record(dealership.desk, first, row.fact, proof="call 12", notice="")
    assert done.taken.told >= 1
    assert done.strangers == 0
    assert say.record(dealership.desk, first, row.fact, proof="call 12", notice="").taken.facts == 0, (
        "said twice is once"
    )
    assert say.record(dealership.desk, "999999999", row.fact, proof="", notice="").strangers == 1

    head = "customer_number,what,purpose,channel,scope,happened_at,proof,notice_version\n"
    good = f"{second},withdrawn,*,everything,group,2026-11-22,,\n"
    bad = "1,perhaps,*,email,group,2026-11-22,,\n"
    half = say.import_list(dealership.desk, (head + good + bad).encode(), strict=True)
    assert (half.rows, len(half.problems), half.recorded) == (1, 1, None)
    dealership.run()
    assert names[0] not in customers(dealership)
    assert names[1] in customers(dealership), "strict: all or nothing"
    taken = say.import_list(dealership.desk, (head + good + bad).encode(), strict=False)
    assert taken.recorded
    assert taken.recorded.taken.facts == 1
    dealership.run()
    assert not {*names[:2]} & set(customers(dealership))
    dealership.desk.state.close()
    kept = dealership.config.state_file.read_bytes()
    wal = dealership.config.state_file.with_name(dealership.config.state_file.name + "-wal")
    kept += wal.read_bytes() if wal.exists() else b""
    assert b"999999999" not in kept, "the number itself is nowhere"
    dealership.open()
    assert [i.channel for i in listed(dealership)] == ["everything"] * 3
    assert sum(not i.number for i in listed(dealership)) == 1, "the stranger has no number in the DMS"


def test_a_formula_in_a_number_is_text_in_the_list() -> None:
    item = Item("=1+1", "email", dt.datetime(2026, 11, 1, tzinfo=dt.UTC).isoformat(), "dealer", 3)
    assert b"'=1+1,*,email,2026-11-01,3,dealer" in as_csv([item])
