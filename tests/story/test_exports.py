"""A dealer who can only export: the whole story out of a folder. An export with one column more stays where it is,
unread; what was accepted is deleted; nothing else of the agent notices the difference."""

from __future__ import annotations

import csv
import datetime as dt
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core.policy.document import columns_named
from agent.core.policy.reader import inspect_policy
from agent.demo import servers
from agent.demo.dms import tables
from agent.receiver import serve
from agent.state import evidence
from agent.tasks.exports import drop_accepted
from agent.tasks.permission import policies_in_force
from tests.story.world import OEM, SHIPPED, Clock, World, world

CANARY = "219-09-9999"
CUSTOMERS = 20


class Exporting(World):
    """A world whose agent sees files only."""

    def policy_text(self, **changes: str) -> str:
        text = SHIPPED.read_text("utf-8").replace("dbo.", "")
        for old, new in changes.items():
            text = text.replace(old, new)
        return text

    @property
    def columns(self) -> dict[str, list[str]]:
        """By table what the policy's file names, found without any query."""
        document = inspect_policy(self.policy_text().encode(), "customer-crm.yaml").document
        assert document
        named: dict[str, set[str]] = {}
        for one in columns_named(document):
            named.setdefault(one.table, set()).add(one.column)
        return {table: sorted(columns) for table, columns in named.items()}

    def write_config(self) -> None:
        self.inbox.mkdir(exist_ok=True)
        declared = "\n".join(
            f'      {table}: {{file: "{table.lower()}*.csv", format: csv, columns: [{", ".join(columns)}]}}'
            for table, columns in self.columns.items()
        )
        one = self.oems[OEM]
        (self.folder / "agent.yaml").write_text(
            f"sources:\n  dms:\n    kind: files\n    folder: inbox\n    zone: America/New_York\n    unchanged_s: 0\n"
            f"    tables:\n{declared}\n"
            'stores: {"01": {dealer_code: EX1234}, "04": {dealer_code: EX1250}}\n'
            f"recipients:\n  {OEM}: {{endpoint: '{one.url}', ca: '{one.ca_file}'}}\n"
            "keys: {store: file}\nlimits: {page_rows: 40}\n",
            "utf-8",
        )

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def export(self, name: str = "1", more: str = "", only: str = "") -> None:
        """What the DMS's own export would write. `more`: a column that nobody granted, at the end of each row."""
        for table, columns in self.columns.items():
            if only and table != only:
                continue
            listed = ", ".join(f'"{column}"' for column in columns)
            rows = self.sql(f"SELECT {listed} FROM {self.table(table)}")
            with (self.inbox / f"{table.lower()}-{name}.csv").open("w", encoding="utf-8", newline="") as file:
                out = csv.writer(file)
                out.writerow([*columns, *([more] if more else [])])
                out.writerows([*(cell or "" for cell in row), *([CANARY] if more else [])] for row in rows)


@pytest.fixture
def dealer(tmp_path: Path) -> Iterator[Exporting]:
    dms = servers.start("sqlite", tmp_path / "dms")
    dms.load(tables(7, CUSTOMERS))
    clock = Clock(step=dt.timedelta(milliseconds=1))
    oem = serve.start_in_thread(tmp_path / OEM, name=OEM, clock=clock)
    made = Exporting(tmp_path / "agent", dms, {OEM: oem}, clock)
    made.install()
    made.approve()
    made.enroll(stores=("01",))
    try:
        yield made
    finally:
        made.desk.state.close()
        oem.stop()


def files(dealer: Exporting) -> list[str]:
    return sorted(str(p.relative_to(dealer.inbox)) for p in dealer.inbox.rglob("*") if p.is_file())


def test_what_arrives_out_of_files_is_what_arrives_out_of_the_database(dealer: Exporting, tmp_path: Path) -> None:
    dealer.export()
    dealer.run()
    with world(tmp_path / "other", customers=CUSTOMERS) as database:
        database.approve()
        database.enroll(stores=("01",))
        database.run()
        wanted = database.held()

    def told(held: dict) -> list[tuple]:  # ids and pseudonyms differ by key
        return sorted(
            (store, dataset, sorted((k, str(v)) for k, v in fields.items() if not k.endswith("_id")))
            for (store, dataset, _), fields in held.items()
        )

    assert len(dealer.held()) > 10
    assert told(dealer.held()) == told(wanted)
    with dealer.desk.state.reading() as tx:
        kept = evidence.access_record(tx, "dms")
    assert kept and kept[0] == "file_header"
    with dealer.oems[OEM].house.store.reading() as db:
        manifests = db.execute("SELECT count(*) FROM batches").fetchone()
    assert manifests[0] > 0
    assert files(dealer) == [], "accepted, so deleted"
    dealer.check_house()
    before = dealer.lines()
    assert dealer.run() == []
    assert dealer.lines() == before, "no export is no deletion"
    dealer.sql('DELETE FROM "CUSTOMER" WHERE "CUST_NO" IN (SELECT "CUST_NO" FROM "CUSTOMER" LIMIT 10)')
    dealer.export("2")
    dealer.run()
    assert {line[2] for line in dealer.lines()[len(before) :]} & {"retract", "suppress", "upsert"}


def test_one_column_more_is_refused_on_its_header_unread_and_stays_where_it_is(dealer: Exporting) -> None:
    dealer.export(more="SSN", only="CUSTOMER")
    for table in dealer.columns:
        if table != "CUSTOMER":
            dealer.export(only=table)
    path = dealer.inbox / "customer-1.csv"
    header = path.read_bytes().index(b"\n") + 1
    lay_there = files(dealer)
    done = dealer.extract()
    assert [error.code for error in done.refused] == ["FG-S40"]
    assert "SSN" in done.refused[0].what
    assert "exactly these columns" in done.refused[0].advice
    assert done.readings == []
    assert files(dealer) == lay_there
    assert dealer.held() == {}
    everything = b"".join(
        p.read_bytes() for p in dealer.folder.rglob("*") if p.is_file() and dealer.inbox not in p.parents
    )
    assert CANARY.encode() not in everything
    assert header < path.stat().st_size
    dealer.export("2", only="CUSTOMER")  # the export is corrected: the newer file counts
    os.utime(path, (1, 1))
    dealer.run()
    assert dealer.held()
    assert files(dealer) == []


def test_not_one_byte_behind_a_refused_header_is_read(tmp_path: Path) -> None:
    """The kernel's own count of what the process read of that file."""
    path = tmp_path / "customer.csv"
    path.write_bytes(b"CUST_NO,SSN\n" + b"1,219-09-9999\n" * 1000)
    program = (
        "import sys; from pathlib import Path; from agent.core.source import ExportTable; from agent.errors import *\n"
        "from agent.dms.exports import look_at_header\n"
        "def chars(): return int(open('/proc/self/io').read().split()[1])\n"
        "spec = ExportTable('CUSTOMER', 'customer.csv', 'csv', tuple(sys.argv[2].split(',')))\n"
        "look = lambda: look_at_header(spec, Path(sys.argv[1]))\n"
        "before = chars(); own = chars() - before\n"
        "try: before = chars(); look()\n"
        "except SourceError as error: print(error.code)\n"
        "print(chars() - before - own)"
    )
    for columns, said in (("CUST_NO", ["FG-S40"]), ("CUST_NO,SSN", [])):
        out = subprocess.run(
            [os.sys.executable, "-c", program, str(path), columns],
            capture_output=True,
            text=True,
            check=True,  # type: ignore[attr-defined]
        ).stdout.split()
        assert out[:-1] == said
        assert int(out[-1]) <= len("CUST_NO,SSN\n"), out


def test_a_file_that_is_broken_behind_its_header_stops_its_source_alone_and_the_next_one_stays_until_its_receipts(
    dealer: Exporting,
) -> None:
    dealer.export()
    with (dealer.inbox / "customer-1.csv").open("a", encoding="utf-8") as file:
        file.write("1,2\n")
    done = dealer.extract()
    assert {error.code for error in done.refused} == {"FG-S42"}
    assert done.readings == []
    dealer.export("2")
    dealer.extract()
    assert len(files(dealer)) == len(dealer.columns)
    drop_accepted(dealer.desk, policies_in_force(dealer.desk))
    assert len(files(dealer)) == len(dealer.columns), "read, but nothing of it has been accepted"
    dealer.deliver()
    assert dealer.held()
    assert files(dealer) == []
    assert [e["event"] for e in dealer.audit() if str(e["event"]).startswith("export_")][-2:] == [
        "export_taken",
        "export_dropped",
    ]


def test_a_taking_that_was_cut_off_is_undone_and_done_again(dealer: Exporting) -> None:
    dealer.export()
    part = dealer.inbox / "taken" / "20260101T000000000000Z.part"
    part.mkdir(parents=True)
    (dealer.inbox / "customer-1.csv").rename(part / "CUSTOMER.export")
    dealer.extract()  # puts it back; a file that was just moved has only now arrived
    dealer.run()
    assert dealer.held()


@pytest.mark.long
def test_an_incomplete_file_is_not_taken(dealer: Exporting) -> None:
    text = (dealer.folder / "agent.yaml").read_text().replace("unchanged_s: 0", "marker: .done")
    (dealer.folder / "agent.yaml").write_text(text)
    from agent import config

    dealer.config = config.load(dealer.folder / "agent.yaml")
    dealer.restart()
    dealer.export()
    assert dealer.extract().readings == []
    for path in list(dealer.inbox.glob("*.csv")):
        path.with_name(path.name + ".done").touch()
    dealer.run()
    assert dealer.held()
    assert files(dealer) == []


def test_other_columns_declared_than_the_policy_needs_are_refused_with_the_list(dealer: Exporting) -> None:
    text = (dealer.folder / "agent.yaml").read_text().replace("columns: [", "columns: [FIRST_SEEN, ", 1)
    (dealer.folder / "agent.yaml").write_text(text)
    from agent import config

    dealer.config = config.load(dealer.folder / "agent.yaml")
    dealer.restart()
    dealer.export()
    done = dealer.extract()
    assert [error.code for error in done.refused] == ["FG-C29"]
    assert files(dealer) == sorted(f"{table.lower()}-1.csv" for table in dealer.columns)
