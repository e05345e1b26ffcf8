"""A small dealer to be broken: a DMS file, an agent's folder, a receiver in a process of its own, and what must be true
after anything that happened to them."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent import config
from agent.demo import servers
from agent.demo.dms import tables
from agent.receiver import serve
from agent.receiver.enroll import enroll_token
from agent.tasks.check import check_house
from agent.tasks.desk import open_desk
from tests.crash import independent
from tests.crash.independent import CANARY
from tests.crash.shim import Op, Place, Plan, read_log, read_stacks
from tests.crash.zygote import Zygote
from tests.receiver.test_crash import Process
from tests.story.house import now
from tests.story.world import OEM, World

POLICY = """\
policy: customer-crm
title: Customer contact data for an example program
version: 1
recipient: example-motors-na
recipient_may: {{keep_for_months: 24, pass_on_to: []}}
purpose: marketing
regime: opt_out
jurisdiction: [US-GA]
owner: compliance@dealer.example
contract: {{id: EX-CRM-2026, expires_on: {ends}}}
review_on: {ends}
stores: ["01"]
choices:
  customer_choices:
    source: dms
    table: main.CUSTOMER
    person: [CUST_NO]
    everything: {{column: OPT_OUT, refused: ["Y"], not_refused: ["N"], unknown: withhold}}
    email: {{column: BLOCK_EMAIL, refused: ["Y"], not_refused: ["N"], unknown: send}}
    mail: {{column: BLOCK_MAIL, refused: ["Y"], not_refused: ["N"], unknown: withhold}}
datasets:
  customers:
    about: one record per customer
    send:
      customer_id: {{column: CUST_NO, category: customer_id}}
      given_name: {{column: FIRST_NAME, category: name, type: text 60}}
      email: {{column: EMAIL1, category: email, type: text 120}}
      postal_code: {{column: ZIP, category: postal_code, type: text 10, transform: {{keep_first: 3}}}}
    people: {{customer: {{key: [CUST_NO], choices: customer_choices}}}}
    from: {{source: dms, table: main.CUSTOMER, key: [CUST_NO], store: {{column: STORE_NO}}, changes: {{by: snapshot}}}}
  service_visits:
    about: one record per visit to the workshop
    send:
      repair_order_id: {{column: RO_NO, category: record_id}}
      customer_id: {{column: CUST_NO, category: customer_id}}
      odometer: {{column: ODOMETER_IN, category: odometer, type: integer}}
      repair_order_opened_date: {{column: OPEN_DT, category: date, type: date}}
    people: {{customer: {{key: [CUST_NO], choices: customer_choices}}}}
    from:
      source: dms
      table: main.REPAIR_ORDER
      key: [RO_NO]
      store: {{column: STORE_NO}}
      changes: {{by: snapshot}}
"""
NAMES = ("Pat", "Alex", "Robin", "Kim", "Dana", "Lee", "Sam", "Jo")


@dataclass(frozen=True)
class Size:
    """How much the DMS holds, and how much of it makes a page (a page is a body is a batch)."""

    customers: int = 12
    visits: int = 12
    page_rows: int = 20


def fill(file: Path, size: Size) -> None:
    """Rows of our own in the demo's tables: nothing in them depends on what a screen thinks of a name, or of an
    odometer that shows 1099, which is a tax form too."""
    with closing(sqlite3.connect(file)) as db, db:
        for table in ("CUSTOMER", "REPAIR_ORDER"):
            db.execute(f"DELETE FROM {table}")
        db.executemany(
            "INSERT INTO CUSTOMER (CUST_NO, STORE_NO, FIRST_NAME, LAST_NAME, EMAIL1, ZIP, OPT_OUT, BLOCK_EMAIL,"
            " BLOCK_MAIL, SSN, DL_NO, EMPLOYER) VALUES (?, '01', ?, 'Example', ?, ?, ?, ?, ?, ?, ?, ?)",
            [(1000 + i, NAMES[i % 8], f"c{i}@mail.example", f"{30000 + i % 900}", "NNNNY"[i % 5] if i % 11 else None,
              "Y" if i % 6 == 1 else "N", "NY"[i % 3 == 1], CANARY, CANARY, CANARY) for i in range(size.customers)],
        )  # fmt: skip
        db.executemany(
            "INSERT INTO REPAIR_ORDER (RO_NO, STORE_NO, CUST_NO, VIN, OPEN_DT, ODOMETER_IN, COMMENTS, PAY_METHOD)"
            " VALUES (?, '01', ?, 'X', ?, ?, ?, ?)",
            [(50000 + i, 1000 + i % size.customers, f"2026-{1 + i % 12:02}-{1 + i % 28:02}", 20000 + i, CANARY, CANARY)
             for i in range(size.visits)],
        )  # fmt: skip


def build(folder: Path, size: Size, *, enrolled: bool = True) -> None:
    """dms, oem and agent under folder: approved, enrolled unless that is what will be tried, never run."""
    folder.mkdir(parents=True, exist_ok=True)
    dms = servers.start("sqlite", folder / "dms") if (folder / "dms").mkdir() is None else None
    assert dms is not None
    dms.load(tables(7, 5))
    fill(folder / "dms" / "dms.sqlite", size)
    oem = serve.start_in_thread(folder / "oem", name=OEM)
    world = World(folder / "agent", dms, {OEM: oem}, now, limits=f"{{page_rows: {size.page_rows}}}")  # type: ignore[arg-type]
    try:
        world.install()
        world.approve(POLICY.format(ends=now().date() + dt.timedelta(days=200)))
        if enrolled:
            world.enroll(stores=("01",))
    finally:
        world.desk.state.close()
        oem.stop()


@dataclass
class Life:
    """One command and what became of it."""

    status: int
    out: str
    ops: list[Op]
    places: list[Place]

    @property
    def fired(self) -> Op | None:
        return next((op for op in self.ops if op.fired), None)

    @property
    def place(self) -> Place | None:
        return next((place for place in self.places if place.fired), None)


@dataclass
class Dealer:
    folder: Path
    oem: Process
    zygote: Zygote
    evening: Path  # what `back` returns to: the agent's folder, the DMS and the OEM's file, as they stood at `keep`
    lives: int = 0
    mark: int = 0  # the OEM's newest operation when people last changed their mind
    barred: list[int] = field(default_factory=list)
    last_token: str = ""
    other_receiver: Path | None = None  # a copy to look at instead

    @property
    def agent(self) -> Path:
        return self.folder / "agent"

    @property
    def yaml(self) -> Path:
        return self.agent / "agent.yaml"

    @property
    def dms(self) -> Path:
        return self.folder / "dms" / "dms.sqlite"

    @property
    def receiver(self) -> Path:
        return self.other_receiver or self.folder / "oem" / "receiver.sqlite"

    @property
    def state(self) -> Path:
        return self.agent / "state" / "fieldgate.db"

    def ask_at(self, url: str) -> None:
        """Point agent.yaml at the receiver, or at who stands before it."""
        self.yaml.write_text(re.sub(r"endpoint: '[^']*'", f"endpoint: '{url}'", self.yaml.read_text("utf-8")), "utf-8")

    def keep(self) -> None:
        """What stands now is the evening that `back` returns to."""
        shutil.rmtree(self.evening, ignore_errors=True)
        self.evening.mkdir()
        shutil.copytree(self.agent, self.evening / "agent")
        shutil.copy2(self.dms, self.evening)
        _copied(self.receiver, self.evening / "receiver.sqlite")

    def back(self) -> None:
        """The same evening again, on all three sides: what a command does on it is the same list of operations."""
        shutil.rmtree(self.agent)
        shutil.copytree(self.evening / "agent", self.agent)
        shutil.copy2(self.evening / self.dms.name, self.dms)
        _copied(self.evening / "receiver.sqlite", self.receiver)  # one transaction, under a receiver that goes on
        self._said()

    # Running ----------------------------------------------------------------------------------------------------------

    def command(self, *argv: str, plan: Plan | None = None, stdin: str = "") -> Life:
        """One command in a fork; what the shim saw comes with it."""
        self.lives += 1
        log, stacks, out = (self.folder / f"life.{kind}" for kind in ("ops", "stacks", "out"))
        for old in (log, stacks):
            old.unlink(missing_ok=True)
        text = (plan or Plan()).text(self.agent, self.dms, log, stacks, self.zygote.readers)
        status = self.zygote.run([*argv, "--config", str(self.yaml)], text, out=out, stacks=stacks, stdin=stdin)
        return Life(status, out.read_text("utf-8", "replace"), read_log(log), read_stacks(stacks))

    def run(self, plan: Plan | None = None) -> Life:
        return self.command("run", "--once", plan=plan)

    def enroll(self, token: str, plan: Plan | None = None) -> Life:
        return self.command("keys", "enroll", "--recipient", OEM, "--store", "01", plan=plan, stdin=f"{token}\n")

    def token(self) -> str:
        return enroll_token(self.folder / "oem", "EX1234")

    # The DMS changes --------------------------------------------------------------------------------------------------

    def change(self, turn: int) -> None:
        """Work for one run: a record changes, one person refuses everything, the one before takes it back, a channel
        flips, and now and then a row goes."""
        people = [number for (number,) in independent.rows(self.dms, "SELECT CUST_NO FROM CUSTOMER ORDER BY 1")]
        stays, stops = people[turn % len(people)], people[(turn + 1) % len(people)]
        with closing(sqlite3.connect(self.dms)) as db, db:
            db.execute("UPDATE REPAIR_ORDER SET ODOMETER_IN = ODOMETER_IN + 7 WHERE RO_NO % 5 = ?", (turn % 5,))
            db.execute("UPDATE CUSTOMER SET OPT_OUT = 'N' WHERE CUST_NO = ?", (stays,))
            db.execute("UPDATE CUSTOMER SET OPT_OUT = 'Y' WHERE CUST_NO = ?", (stops,))
            db.execute("UPDATE CUSTOMER SET BLOCK_EMAIL = CASE BLOCK_EMAIL WHEN 'Y' THEN 'N' ELSE 'Y' END"
                       " WHERE CUST_NO = ?", (people[(turn + 3) % len(people)],))  # fmt: skip
            if turn % 4 == 3:
                db.execute("DELETE FROM REPAIR_ORDER WHERE RO_NO = (SELECT min(RO_NO) FROM REPAIR_ORDER)")
                db.execute("INSERT INTO REPAIR_ORDER (RO_NO, STORE_NO, CUST_NO, VIN, OPEN_DT, ODOMETER_IN) SELECT"
                           " max(RO_NO) + 1, '01', ?, 'X', '2026-05-05', 5 FROM REPAIR_ORDER", (stays,))  # fmt: skip
        self._said()

    def night(self, *, busy: bool = False) -> None:
        """One visit changes; `busy`: and another one goes, and a person refuses, which is every kind of line."""
        with closing(sqlite3.connect(self.dms)) as db, db:
            db.execute("UPDATE REPAIR_ORDER SET ODOMETER_IN = ODOMETER_IN + 7 WHERE RO_NO = 50002")
            if busy:
                db.execute("UPDATE CUSTOMER SET OPT_OUT = 'Y' WHERE CUST_NO = 1001")
                db.execute("DELETE FROM REPAIR_ORDER WHERE RO_NO = 50003")
        self._said()

    def nudge(self, turn: int) -> None:
        """As little work as a run can have: every other time a person changes their mind, in between visits change."""
        people = [number for (number,) in independent.rows(self.dms, "SELECT CUST_NO FROM CUSTOMER ORDER BY 1")]
        who = people[turn // 4 % len(people)]
        with closing(sqlite3.connect(self.dms)) as db, db:
            if turn % 2:
                db.execute("UPDATE REPAIR_ORDER SET ODOMETER_IN = ODOMETER_IN + 7 WHERE RO_NO % 5 = ?", (turn % 5,))
            else:
                db.execute("UPDATE CUSTOMER SET OPT_OUT = ? WHERE CUST_NO = ?", ("YN"[turn // 2 % 2], who))
        self._said()

    def _said(self) -> None:
        """Who refuses from now on, and how far the OEM's log had come by then."""
        refused = independent.rows(self.dms, "SELECT CUST_NO FROM CUSTOMER WHERE OPT_OUT = 'Y'")
        self.mark, self.barred = independent.last_operation(self.receiver), [number for (number,) in refused]

    # What must be true ------------------------------------------------------------------------------------------------

    def faults(self) -> list[str]:
        """check_house() on a copy, so that looking mends nothing: the restarted agent finds what the fault left."""
        if not self.state.exists():
            return []
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="look-") as name:
            copy = Path(name) / "agent"
            shutil.copytree(self.agent, copy, ignore=shutil.ignore_patterns("*-shm", "*.sock"))
            desk = open_desk(config.load(copy / "agent.yaml"), clock=now, actor="check")
            try:
                with desk.state.reading() as tx:
                    return list(check_house(tx, desk.atrest))
            finally:
                desk.state.close()

    def streams(self) -> list[str]:
        return [str(stream) for (stream,) in self.asked_state("SELECT stream_id FROM streams")]

    def asked_state(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """One question to a copy of the state file, with its journal."""
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="look-") as name:
            for path in self.state.parent.glob("fieldgate.db*"):
                if not path.name.endswith("-shm"):
                    shutil.copy2(path, name)
            with closing(sqlite3.connect(Path(name) / "fieldgate.db")) as db:
                return db.execute(sql, values).fetchall()

    def wrong(self) -> list[str]:
        """What the OEM holds against what an independent query says, and everything that may never have been sent."""
        found = []
        streams = self.streams()
        if len(streams) != 1:
            return [f"{len(streams)} streams"]
        for stream in streams:
            keys = self.agent / "keys"
            found += independent.improper(self.receiver, stream)
            found += independent.differences(self.dms, keys, self.receiver, stream)
            found += self.forbidden(stream)
        return found

    def forbidden(self, stream: str) -> list[str]:
        keys = self.agent / "keys"
        if not self.barred or not (keys / f"k-stream+{stream}+id.key").exists():
            return []
        barred = independent.refusing(self.dms, keys, stream, self.barred)
        return independent.forbidden_since(self.receiver, stream, self.mark, barred)


def _copied(file: Path, onto: Path) -> None:
    with closing(sqlite3.connect(file, timeout=20)) as source, closing(sqlite3.connect(onto, timeout=20)) as target:
        source.backup(target)


@contextmanager
def dealer(folder: Path, size: Size | None = None, *, enrolled: bool = True) -> Iterator[Dealer]:
    build(folder, size or Size(), enrolled=enrolled)
    with ExitStack() as ends:
        oem = Process(folder / "oem")
        ends.callback(oem.stop)
        zygote = Zygote()
        ends.callback(zygote.close)
        made = Dealer(folder, oem, zygote, folder / "evening")
        made.ask_at(oem.url)
        made.keep()
        yield made


def told(life: Life) -> str:
    """How a command ended, as a word for the table."""
    if life.status == -9:
        return "killed"
    codes = re.findall(r"\n  (\S+)   who must act", life.out)
    return f"exit {life.status}" + (f" {codes[0]}" if codes else "")


__all__ = ["Dealer", "Life", "Size", "dealer", "told"]
