"""`choices`, `person`, `incident` and `report` as somebody types them: verdict first, 80 columns, what to do next, and
no number of a customer but where it was asked for."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.story.house import Ended, cli
from tests.story.world import World, world

HEAD = "customer_number,what,purpose,channel,scope,happened_at,proof,notice_version\n"


@pytest.fixture(scope="module")
def dealership(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all: each test asks about a customer of its own."""
    ago = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
    with world(tmp_path_factory.mktemp("house"), customers=16, at=ago) as made:
        made.sql(f'UPDATE {made.table("CUSTOMER")} SET "OPT_OUT" = \'N\', "FIRST_NAME" = \'N\' || "CUST_NO"')
        made.approve()
        made.enroll()
        made.run()
        yield made


@pytest.fixture(scope="module")
def numbers(dealership: World) -> Iterator[str]:
    """Customers whom the OEM may use, one after the other."""
    mine = [str(f["given_name"])[1:] for (_, d, _), f in sorted(dealership.usable().items()) if d == "customers"]
    return iter(mine)


def typed(made: World, *argv: str, stdin: str = "", status: int = 0) -> Ended:
    ended = cli(*argv, "--config", str(made.config.path), stdin=stdin)
    assert ended.status == status, ended.out + ended.err
    lines = [] if "--json" in argv else ended.out.splitlines()
    assert [line for line in lines if len(line) > 80 and "/pytest-" not in line] == []
    return ended


def test_what_one_customer_said_goes_from_the_prompt_to_the_clerks_list(
    dealership: World, numbers: Iterator[str], tmp_path: Path
) -> None:
    number = next(numbers)
    assert typed(dealership, "choices", "todo").out.startswith("DONE   nobody who said stop is mailable in the DMS\n")
    recorded = typed(
        dealership, "choices", "record", "--purpose", "marketing", "--channel", "email", stdin=f"{number}\n"
    )
    assert recorded.out.startswith("RECORDED   refused, email\n")
    assert "Next: fieldgate choices todo" in recorded.out
    assert number not in recorded.out + recorded.err
    listed = typed(dealership, "choices", "todo").out.splitlines()
    assert listed[0] == "TO DO   1 still mailable in the DMS, the oldest 0 days old"
    assert listed[1].split() == ["customer", "purpose", "channel", "said", "on", "days", "said", "to"]
    assert listed[2].split()[:3] == [number, "marketing", "email"]
    assert listed[-1] == "Next: block these in the DMS and the mailing tool; the next run sees it."

    one, folder = tmp_path / "todo.csv", tmp_path / "todo"
    typed(dealership, "choices", "todo", "--csv", str(one), "--folder", str(folder))
    [row] = csv.DictReader(one.read_text("utf-8").splitlines())
    assert (row["customer_number"], row["purpose"], row["channel"]) == (number, "marketing", "email")
    names = ("email.csv", "everything.csv", "mail.csv", "phone.csv", "sms.csv")
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert [len((folder / name).read_text("utf-8").splitlines()) for name in names] == [2, 1, 1, 1, 1]
    assert {path.stat().st_mode & 0o077 for path in (one, *folder.iterdir())} == {0}, "the files name people"
    [item] = json.loads(typed(dealership, "choices", "todo", "--json").out)["items"]
    assert (item["number"], item["purpose"], item["days"]) == (number, "marketing", 0)
    assert typed(dealership, "choices", "pull").out.startswith("UP TO DATE   0 new at the OEM")


def test_a_bad_row_is_named_by_its_line_and_strict_takes_nothing(
    dealership: World, numbers: Iterator[str], tmp_path: Path
) -> None:
    number, day = next(numbers), f"{dt.datetime.now(dt.UTC) - dt.timedelta(days=1):%Y-%m-%d}"
    file = tmp_path / "list.csv"
    good = f"{number},withdrawn,*,phone,group,{day},letter 7,v1\n"
    bad = f"104,perhaps,*,phone,group,{day},,\n,refused,*,phone,group,{day},,\n105,refused,*,fax,group,2999-01-01,,\n"
    file.write_text(HEAD + good + bad, "utf-8")
    strict = typed(dealership, "choices", "import", str(file), "--strict", status=1)
    assert strict.out.startswith("NOT TAKEN   0 new of 1 good row, 3 bad rows\n")
    partly = typed(dealership, "choices", "import", str(file), status=1)
    assert partly.out.startswith("PARTLY   1 new of 1 good row, 3 bad rows\n")
    for said in (strict.out, partly.out):
        assert [line.split(":")[0] for line in said.splitlines() if "line" in line[:8]] == [
            f"  line {n}" for n in (3, 4, 5, 5)
        ]
        assert "perhaps" not in said, "what is in a bad row is not shown"
        assert said.splitlines()[-1] == "Next: correct these lines and import the file again."
    file.write_text(HEAD + good, "utf-8")
    assert typed(dealership, "choices", "import", str(file), "--strict").out.startswith("TAKEN   ")
    file.write_text(HEAD, "utf-8")
    assert "has no row" in typed(dealership, "choices", "import", str(file), status=1).out
    file.write_text("customer,what\n1,refused\n", "utf-8")
    assert typed(dealership, "choices", "import", str(file), status=1).out.startswith("NOT TAKEN")


def test_a_customer_asks_stops_and_is_deleted(dealership: World, numbers: Iterator[str], tmp_path: Path) -> None:
    number, page = next(numbers), tmp_path / "answer.html"
    shown = typed(dealership, "person", "show", "--html", str(page), stdin=f"{number}\n")
    assert shown.out.startswith("SENT   ")
    assert "for marketing under customer-crm v4, approved by" in shown.out
    assert number not in shown.out
    assert number not in page.read_text("utf-8")
    stranger = typed(dealership, "person", "show", stdin="999999\n")
    assert stranger.out.startswith("NOTHING   about this customer left\n")
    assert typed(dealership, "person", "restrict", stdin=f"{number}\n").out.startswith("RESTRICTED   ")
    assert typed(dealership, "person", "restrict", "--release", stdin=f"{number}\n").out.startswith("RELEASED   ")
    erased = typed(dealership, "person", "erase", "--yes", stdin=f"{number}\n")
    assert erased.out.startswith("ERASED   ")
    again = typed(dealership, "person", "show", stdin=f"{number}\n").out
    assert "not acknowledged" in again
    as_json = json.loads(typed(dealership, "person", "show", "--json", stdin=f"{number}\n").out)
    assert {one["accepted_at"] for one in as_json["deletions"]} == {""}
    refused = cli("person", "show", "--config", str(dealership.config.path), number)
    assert refused.status == 2, "a number is never an argument"


def test_an_incident_and_the_pages_for_lawyers(dealership: World, tmp_path: Path) -> None:
    since = f"{dealership.clock.at:%Y-%m-%d}"  # when it was sent: for five minutes of each night that is not today
    recipients = typed(dealership, "report", "recipients", "--jurisdiction", "US-GA", "--jurisdiction", "EU").out
    assert recipients.count("not confirmed by counsel") == 2
    assert "marketing" in typed(dealership, "report", "processing").out
    with dealership.desk.state.reading() as tx:
        [[batch]] = tx.rows("select batch_id from disclosures where dataset = 'customers' limit 1")
    assert "distinct people" in typed(dealership, "report", "batches", batch).out
    page = tmp_path / "kpi.html"
    month = typed(dealership, "report", "kpi", "--html", str(page)).out
    for column in ("Business", "IT", "Legal"):
        assert column in month
        assert column in page.read_text("utf-8")
    assert "days to honor in the DMS" in month
    wrong = typed(dealership, "report", "recipients", "--jurisdiction", "US-XX", status=1)
    assert "US-XX" in wrong.err

    assert typed(dealership, "incident", "list").out == "NONE   no incident was ever opened\n"
    opened = typed(dealership, "incident", "open", "--field", "customers.language", "--since", since).out
    assert opened.startswith("OPEN   ")
    assert "distinct, below the 500 of the reporting rule" in opened
    assert "30 days left   (not confirmed by counsel)" in opened
    assert "fieldgate incident show" in typed(dealership, "status").out, "the clock does not run unseen"
    listed = typed(dealership, "incident", "list").out
    assert "not confirmed by counsel" in listed
    sheet = tmp_path / "counsel.html"
    shown = typed(dealership, "incident", "show", listed.split()[1], "--html", str(sheet)).out
    assert shown.splitlines()[-1] == f"Next: hand {sheet} to counsel."
    assert "not yet" in sheet.read_text("utf-8")
    closed = typed(
        dealership, "incident", "close", listed.split()[1], "--why", "counsel, a test", "--html", str(sheet)
    ).out
    assert closed.startswith("CLOSED ")
    assert "Not confirmed by counsel" in sheet.read_text("utf-8")
    nothing = typed(dealership, "incident", "open", "--field", "customers.apr", "--since", since, status=1)
    assert nothing.errors[0].code == "FG-C91"
