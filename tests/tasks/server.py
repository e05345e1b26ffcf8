"""A dealer's server without a DMS: agent.yaml, keys, state and a roll; policies arrive as files, as they do in life."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from agent import config
from agent.core.approval import ApprovedPolicy, Replaced, approval_file
from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.policy.reader import Draft
from agent.core.roll import Roll
from agent.core.ruleset import Ruleset
from agent.state import evidence
from agent.state.store import Tx
from agent.tasks import desk as desks
from agent.tasks import permission
from tests.officers import DANA, KIM, LEE, NOW, Person, draft, roll_of, signed

AGENT = """\
sources:
  dms: {kind: odbc, driver: SQLite3, dialect: sqlite, server: "", database: nowhere.db, user: "", password: "",
        zone: America/New_York, overlap_s: 5400}
stores: {"01": {dealer_code: EX1234}}
recipients:
  example-motors-na: {endpoint: "https://dealers.example-motors.example"}
  other-motors: {endpoint: "https://dealers.other-motors.example"}
keys: {store: file}
"""


@dataclass
class Server:
    folder: Path
    roll: Roll = field(default_factory=lambda: roll_of(DANA, LEE, KIM))
    at: dt.datetime = NOW

    def __post_init__(self) -> None:
        (self.folder / "policies").mkdir()
        (self.folder / "agent.yaml").write_text(AGENT, "utf-8")
        self.config = config.load(self.folder / "agent.yaml")
        desks.create_home(self.config)
        self.desk = desks.open_desk(self.config, clock=lambda: self.at, actor="test")
        self._keep_names()
        self.import_roll(self.roll.data)

    def _keep_names(self) -> None:
        """As if a DBA had sent the names of the database: nothing is ever connected to."""
        columns = [
            "CUST_NO",
            "STORE_NO",
            "FIRST_NAME",
            "LAST_NAME",
            "EMAIL1",
            "ZIP",
            "OPT_OUT",
            "BLOCK_EMAIL",
            "BLOCK_MAIL",
            "SSN",
        ]
        table = InventoryTable("dbo", "CUSTOMER", "table", tuple(InventoryColumn(name, "text") for name in columns))
        names = Inventory("dms", "sqlite", self.at, (table,))
        with self.desk.state.transaction() as tx:
            evidence.keep_inventory(tx, "dms", names.digest(), self.at.isoformat(), msgspec.json.encode(names))

    def import_roll(self, data: bytes) -> Roll:
        path = self.folder / "roll.json"
        path.write_bytes(data)
        self.roll = permission.import_roll(self.desk, path)
        return self.roll

    def files(self, of: Draft, signatures: Iterable[str], data: bytes | None = None) -> tuple[Path, Path]:
        """The two files that travelled; `data`: what somebody put in the policy's place."""
        policy, approval = self.folder / f"{of.name}.yaml", self.folder / f"{of.name}.v{of.version}.approval.json"
        policy.write_bytes(of.data if data is None else data)
        approval.write_bytes(approval_file(of, list(signatures)))
        return policy, approval

    def take(self, of: Draft, signatures: Iterable[str], data: bytes | None = None) -> ApprovedPolicy:
        return permission.import_policy(self.desk, *self.files(of, signatures, data))

    def approvals(
        self, of: Draft, *by: Person, author: Person = DANA, replaces: Replaced | None = None, **more: object
    ) -> list[str]:
        """The author's submission and approvals; two others approve where nobody is named."""
        people = by or (LEE, KIM)
        return [
            signed(of, author, self.roll, "author", replaces=replaces, **more),
            *(signed(of, one, self.roll, replaces=replaces, **more) for one in people),
        ]

    def put_in_force(self, version: int = 1, replaces: Replaced | None = None, name: str = "customer-crm") -> Draft:
        of = draft(version, name=name)
        self.take(of, self.approvals(of, replaces=replaces))
        return of

    def ruleset(self) -> Ruleset:
        return permission.policies_in_force(self.desk)

    def versions(self) -> dict[str, int]:
        return {policy.name: policy.version for policy in self.ruleset().policies}

    def tamper(self, sql: str, *params: object) -> None:
        """Somebody with the state file in hand and no officer's key."""
        with self.desk.state.transaction() as tx:
            tx.write(sql, params, expect=1)

    def reading(self) -> Tx:
        return self.desk.state.reading()  # type: ignore[return-value]
