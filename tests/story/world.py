"""A whole dealership for one story: DMS, officers, agent, OEMs over HTTPS. Everything is the real thing, only small."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from agent import config
from agent.core import decision, roll
from agent.core.audit import verify_chain
from agent.core.grants import grants
from agent.core.jws import kid_of
from agent.demo import servers
from agent.demo.dms import Dealership, tables
from agent.demo.engine import Engine
from agent.dms.catalog import inventory_of
from agent.dms.catalog_sql import CATALOG
from agent.dms.dialects import DIALECTS
from agent.pipeline import Extraction, deliver_once, extract_once, pull_once
from agent.receiver import holdings, serve
from agent.receiver.enroll import make_token
from agent.service.supervisor import ReaderChild
from agent.state import evidence, outbox, streams
from agent.tasks import decision_life, enroll, permission, policy_life
from agent.tasks import desk as desks
from agent.tasks.access import probe_source, queries_of
from agent.tasks.deliver import Delivery
from agent.tasks.pins import keep_inventory
from agent.tasks.pull import Pulled
from tests.officers import DANA, KIM, LEE, Person, sign_roll, unsigned_genesis
from tests.ports import own_port

SHIPPED = Path(__file__).parents[2] / "field_policies" / "customer-crm.yaml"
OEM = "example-motors-na"
STORES = {"01": "EX1234", "04": "EX1250"}


@dataclass
class Clock:
    """The clock of the agent. It moves when told, and a little by itself, so that no two instants are equal."""

    at: dt.datetime = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
    step: dt.timedelta = dt.timedelta(0)

    def __call__(self) -> dt.datetime:
        self.at += self.step
        return self.at


@dataclass
class World:
    folder: Path
    engine: Engine
    oems: dict[str, serve.Running]
    clock: Clock
    officers: tuple[Person, ...] = (DANA, LEE, KIM)
    limits: str = "{page_rows: 40}"
    extra_env: dict[str, str] = field(default_factory=dict)
    reader: ReaderChild | None = None  # one for all readings, which is quicker; None: a new one for each
    excused: bool = True  # officers have excused SQLite, which has no accounts
    later: dt.timedelta = dt.timedelta(0)  # how long after the days of the shipped policy it is set up

    # Setting up ---------------------------------------------------------------------------------------------------

    def install(self) -> None:
        """agent.yaml, keys, state, roll, and what lets a run go on: grants, or officers who excuse SQLite."""
        self.later = max(self.clock() - Clock.at, dt.timedelta(0))
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "policies").mkdir()
        self.write_config()
        self.config = config.load(self.folder / "agent.yaml")
        desks.create_home(self.config)
        self.open()
        if self.engine.settings.user:
            self.desk.store.create("dms", self.engine.password.encode())
        data = sign_roll(unsigned_genesis(*self.officers), *self.officers)
        (self.folder / "roll.json").write_bytes(data)
        self.roll = permission.import_roll(self.desk, self.folder / "roll.json")
        if self.engine.kind == "mariadb":
            self.keep_names()
        if self.engine.kind == "sqlite" and self.excused:
            self.excuse_sqlite()

    def keep_names(self) -> None:
        """What the DBA sends: `fieldgate discover --print-query`, run as the owner."""
        dialect = self.engine.settings.dialect
        rows = [["" if cell is None else cell for cell in row] for row in self.engine.admin(CATALOG[dialect])]
        keep_inventory(self.desk, inventory_of(rows, "dms", dialect, self.clock()))

    def write_config(self) -> None:
        s = self.engine.settings
        password = "key:dms" if s.user else ""
        lines = [
            "sources:",
            f'  dms: {{kind: odbc, driver: "{s.driver}", dialect: {s.dialect}, server: "{s.server}", port: {s.port},',
            f'        database: "{s.database}", user: "{s.user}", password: "{password}", zone: America/New_York,',
            "        overlap_s: 5400}",
            "stores: {" + ", ".join(f'"{k}": {{dealer_code: {v}}}' for k, v in STORES.items()) + "}",
            "recipients:",
            *(f"  {name}: {{endpoint: '{one.url}', ca: '{one.ca_file}'}}" for name, one in self.oems.items()),
            "keys: {store: file}",
            f"limits: {self.limits}",
        ]
        (self.folder / "agent.yaml").write_text("\n".join(lines) + "\n", "utf-8")

    def open(self) -> None:
        self.desk = desks.open_desk(self.config, clock=self.clock, actor="story")

    def restart(self) -> None:
        """As after a reboot: state is opened anew, and heads must be compared."""
        self.desk.state.close()
        self.open()
        with self.desk.state.transaction() as tx:
            streams.forget_head_checks(tx)

    def pen(self, person: Person) -> policy_life.Pen:
        return policy_life.Pen(person.signer, self.roll, self.clock())

    def excuse_sqlite(self) -> None:
        asked = decision.ask(
            "wide-account", {"source": "dms", "account": "*"}, "SQLite has no accounts: a test",
            expires_on=self.clock().date() + dt.timedelta(days=80), roll=self.roll,
        )  # fmt: skip
        path = self.folder / "wide.decision.json"
        decision_life.propose(asked, path, self.pen(self.officers[0]))
        for person in self.officers[1:]:
            decision_life.sign(path, asked, self.pen(person))
        permission.import_decision(self.desk, path)

    def policy_text(self, **changes: str) -> str:
        """The shipped customer-crm, for this engine; `changes` replace one text each (as TEXT=NEW pairs). Its contract
        ends as long after the world was set up as it does after the world's usual day, whatever day is today."""
        text = SHIPPED.read_text("utf-8")
        if self.engine.schema != "dbo":
            text = text.replace("dbo.", f"{self.engine.schema}.")
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        for day in ("2027-06-30", "2027-03-31") if self.later else ():
            text = text.replace(day, str(dt.date.fromisoformat(day) + self.later))
        return text

    def write_policy(self, text: str, name: str = "customer-crm") -> Path:
        path = self.folder / "policies" / f"{name}.yaml"
        path.write_text(text, "utf-8")
        return path

    def approve(self, text: str | None = None, name: str = "customer-crm") -> None:
        """Write it, submit it, approve it, import it, and let the DBA grant what it needs."""
        path = self.write_policy(self.policy_text() if text is None else text, name)
        draft = policy_life.read_draft(path, today=self.clock().date())
        approvals = policy_life.approval_path(path, draft)
        with self.desk.state.reading() as tx:
            from agent.state import permission as kept

            before = kept.policy_version(tx, draft.name)
        replaces = policy_life.Predecessor(before.name, before.version, before.sha256) if before else None
        policy_life.submit(draft, approvals, self.pen(self.officers[0]), replaces=replaces, until=None)
        for person in self.officers[1:]:
            policy_life.approve(draft, approvals, self.pen(person))
        permission.import_policy(self.desk, path, approvals)
        self.grant()

    def grant(self) -> None:
        settings = self.engine.settings
        if settings.user:
            ruleset = permission.policies_in_force(self.desk)
            queries = queries_of(self.desk, ruleset, "dms")
            account = f"{settings.user}@127.0.0.1" if self.engine.kind == "mariadb" else settings.user
            for statement in grants(queries, DIALECTS[settings.dialect], account):
                self.engine.admin(statement)

    def enroll(self, name: str = OEM, stores: tuple[str, ...] = ("01", "04")) -> None:
        for store in stores:
            enroll.enroll(self.desk, name, store, make_token(self.oems[name].house, STORES[store]))

    # Running ------------------------------------------------------------------------------------------------------

    def extract(self, *, reconcile: bool = True) -> Extraction:
        """All rows, because these stories alter rows without their change column; `reconcile=False` as on schedule."""
        with ReaderChild() if self.reader is None else nullcontext(self.reader) as reader:
            return extract_once(self.desk, reader, probe_source, reconcile=reconcile)

    def deliver(self) -> list[Delivery]:
        opened = {name: enroll.connect(self.desk, name) for name in self.oems}
        try:
            return deliver_once(self.desk, opened.__getitem__)
        finally:
            for one in opened.values():
                one.close()

    def pull(self) -> list[Pulled]:
        """Who said stop at the OEMs' portals."""
        opened = {name: enroll.connect(self.desk, name) for name in self.oems}
        try:
            return pull_once(self.desk, opened.__getitem__)
        finally:
            for one in opened.values():
                one.close()

    def run(self, *, reconcile: bool = True) -> list[Delivery]:
        self.extract(reconcile=reconcile)
        return self.deliver()

    # Looking ------------------------------------------------------------------------------------------------------

    def sql(self, text: str) -> list[tuple[str | None, ...]]:
        """As the DMS's owner. Names in double quotes on every engine but MariaDB."""
        return self.engine.admin(text)

    def table(self, name: str) -> str:
        return self.engine.table(name)

    def streams(self) -> dict[tuple[str, str], str]:
        """(recipient, store) -> stream id, of the policy customer-crm."""
        with self.desk.state.reading() as tx:
            return {(s.recipient, s.store): s.stream_id for s in streams.streams(tx)}

    def held(self, oem: str = OEM) -> dict[tuple[str, str, str], dict[str, object]]:
        """Everything an OEM holds: (store, dataset, id) -> fields."""
        return {key: one.fields for key, one in self.landed(oem).items()}

    def landed(self, oem: str = OEM) -> dict[tuple[str, str, str], holdings.Landed]:
        house = self.oems[oem].house
        return {
            (one.store, one.dataset, one.id): one
            for dataset in ("customers", "vehicles", "vehicle_sales", "service_visits")
            for one in holdings.records(house, dataset)
        }

    def usable(self, oem: str = OEM) -> dict[tuple[str, str, str], dict[str, object]]:
        """What the OEM may use: held, and not suppressed as a whole."""
        return {key: one.fields for key, one in self.landed(oem).items() if "all" not in one.suppressed}

    def lines(self, oem: str = OEM) -> list[tuple[str, int, str, str, str]]:
        """(store, seq, op, dataset, id) of every line the OEM ever took, in order."""
        with self.oems[oem].house.store.reading() as db:
            rows = db.execute(
                "SELECT s.store, o.seq, o.op, o.dataset, o.id FROM operations o JOIN streams s USING (stream_id)"
                " ORDER BY o.op_no"
            ).fetchall()
        return [tuple(row) for row in rows]

    def waiting(self) -> int:
        with self.desk.state.reading() as tx:
            return outbox.waiting(tx).items

    def audit(self) -> list[dict[str, object]]:
        with self.desk.state.reading() as tx:
            return [msgspec.json.decode(data) for data, _ in evidence.entries(tx)]

    def check_house(self) -> None:
        """What must be true at every moment: chain intact, sequence gapless, nothing announced without its entry."""
        with self.desk.state.reading() as tx:
            assert verify_chain(evidence.entries(tx)).problem == ""
            announced = {e["facts"]["batch_id"] for e in self.audit_of(tx) if e["event"] in ("announced", "voided")}
            for stream in streams.streams(tx):
                rows = tx.rows(
                    "select seq, batch_id, state from batches where stream_id = ? and epoch = ? and seq > ?"
                    " and state != 'voided' order by seq",
                    (stream.stream_id, stream.epoch, stream.taken_over),
                )
                assert [row[0] for row in rows] == list(range(stream.taken_over + 1, stream.next_seq))
                assert {row[1] for row in rows} <= announced
                assert all(row[2] == "settled" for row in rows[:-1])

    @staticmethod
    def audit_of(tx: object) -> list[dict]:
        return [msgspec.json.decode(data) for data, _ in evidence.entries(tx)]  # type: ignore[arg-type]


@contextmanager
def world(
    folder: Path,
    *,
    engine: Engine | None = None,
    customers: int = 60,
    oems: tuple[str, ...] = (OEM,),
    dealership: Dealership | None = None,
    limits: str = "{page_rows: 40}",
    excused: bool = True,
    at: dt.datetime | None = None,
) -> Iterator[World]:
    """A world with a loaded DMS, OEMs that listen and an agent that may do nothing yet. `at`: another day than usual,
    because the DMS server's own clock says which rows have changed; so from the beginning, for permissions end."""
    with ExitStack() as undo:
        dms = engine or servers.start("sqlite", folder / "dms")
        dms.load(dealership or tables(7, customers))
        running, clock = {}, Clock(at or Clock.at)
        for name in oems:
            running[name] = serve.start_in_thread(folder / name, name=name, port=own_port(), clock=clock)
            undo.callback(running[name].stop)
        made = World(folder / "agent", dms, running, clock, limits=limits, excused=excused)
        made.reader = undo.enter_context(ReaderChild())
        made.install()
        undo.callback(lambda: made.desk.state.close())  # noqa: PLW0108  (a restart opens another)
        yield made


__all__ = ["OEM", "STORES", "Clock", "World", "kid_of", "roll", "world"]
