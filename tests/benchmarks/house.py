"""A whole agent in a folder, ready to run: real keys, a roll, an approved policy, an enrollment, an access record."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent import config
from agent.core import decision, roll
from agent.core.grants import grants
from agent.core.officer import make_officer
from agent.dms.catalog import inventory_of
from agent.dms.catalog_sql import CATALOG
from agent.dms.dialects import DIALECTS
from agent.keys.signing import Signer
from agent.state import streams
from agent.tasks import access, decision_life, permission, pins, policy_life
from agent.tasks import desk as desks

if TYPE_CHECKING:  # the demo is no part of a supervisor whose memory is measured
    from agent.demo.engine import Engine

RECIPIENT, DEALER, POLICY = "example-motors-na", "EX1234", "bench"
OEM_KEY = "oem.pem"

_AGENT = """\
sources:
  dms: {{kind: odbc, driver: "{s.driver}", dialect: {s.dialect}, server: "{s.server}", port: {s.port},
        database: "{s.database}", user: "{s.user}", password: "{password}", zone: America/New_York, overlap_s: 5400}}
stores: {{"01": {{dealer_code: EX1234}}}}
recipients: {{example-motors-na: {{endpoint: "https://127.0.0.1:9"}}}}
keys: {{store: file}}
"""

_POLICY = """\
policy: bench
title: What is measured
version: 1
recipient: example-motors-na
recipient_may: {{keep_for_months: 24, pass_on_to: []}}
purpose: marketing
regime: opt_out
jurisdiction: [US-GA]
owner: compliance@dealer.example
contract: {{id: EX-BENCH, expires_on: {ends}}}
review_on: {ends}
stores: ["01"]
choices:
  customer_choices:
    source: dms
    table: {schema}.CUSTOMER
    person: [CUST_NO]
    changes: {{column: LAST_CHANGED}}
    everything: {{column: OPT_OUT, refused: ["Y"], not_refused: ["N"], unknown: send}}
    email: {{column: BLOCK_EMAIL, refused: ["Y"], not_refused: ["N"], unknown: send}}
{choices}
datasets:
  customers:
    about: one record per customer
    send:
{fields}
    people: {{customer: {{key: [CUST_NO], choices: customer_choices}}}}
    from:
      source: dms
      table: {schema}.CUSTOMER
      key: [CUST_NO]
      store: {{column: STORE_NO}}
      changes: {{column: LAST_CHANGED}}
"""

_FIELDS = {
    8: """\
      customer_id: {column: CUST_NO, category: customer_id}
      given_name: {column: FIRST_NAME, category: name, type: text 40}
      family_name: {column: LAST_NAME, category: name, type: text 60}
      email: {column: EMAIL1, category: email, type: text 120}
      language: {column: LANGUAGE, category: language, type: text 3}
      customer_since: {column: CREATED_ON, category: date, type: date}
""",
    20: """\
      phone: {column: CELL_PHONE, category: phone, type: text 20}
      address_line: {column: ADDRESS1, category: address, type: text 60}
      city: {column: CITY, category: city, type: text 40}
      state: {column: STATE, category: region, type: text 3}
      postal_code: {column: ZIP, category: postal_code, type: text 10, transform: {keep_first: 3}}
      status: {column: STATUS, category: status, type: text 20}
      model: {column: MODEL, category: vehicle, type: text 30}
      model_year: {column: MODEL_YEAR, category: vehicle, type: integer}
      odometer: {column: ODOMETER, category: odometer, type: integer}
""",
}
_MORE_CHOICES = """\
    mail: {column: BLOCK_MAIL, refused: ["Y"], not_refused: ["N"], unknown: send}
    phone: {column: CALL_OK, given: ["Y"], refused: ["N"], unknown: withhold}
    sms: {column: SMS_OK, given: ["Y"], refused: ["N"], unknown: withhold}
"""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def build(home: Path, engine: Engine, columns: int) -> None:
    """Everything that people do once, done: afterwards `pipeline` can run in this folder."""
    home.mkdir(parents=True)
    s = engine.settings
    (home / "agent.yaml").write_text(_AGENT.format(s=s, password="key:dms" if s.user else ""))
    cfg = config.load(home / "agent.yaml")
    desks.create_home(cfg)
    desk = desks.open_desk(cfg, clock=now, actor="benchmark")
    try:
        if s.user:
            desk.store.create("dms", engine.password.encode())
        signers = [Signer(ec.generate_private_key(ec.SECP256R1())) for _ in range(3)]
        officers = _roll(desk, home, signers)
        if s.dialect == "mariadb":  # an account with exact grants is shown no other name, so the DBA sends them
            rows = [["" if cell is None else cell for cell in row] for row in engine.admin(CATALOG[s.dialect])]
            pins.keep_inventory(desk, inventory_of(rows, "dms", s.dialect, now()))
        _policy(desk, home, engine, columns, signers, officers)
        _enroll(desk, home)
        _access(desk, home, engine, signers, officers)
    finally:
        desk.state.close()


def _roll(desk: desks.Desk, home: Path, signers: list[Signer]) -> roll.Roll:
    names = ("Dana Example", "Lee Example", "Kim Example")
    officers = [make_officer(name, dict(key.jwk)) for name, key in zip(names, signers, strict=True)]
    data = roll.genesis(officers, 2, single_officer=False, made_at=now())
    _, waiting = roll.read_waiting(data)
    assert waiting is not None
    for key in signers:
        data = roll.add_signature(data, key.sign(roll.ROLL_TYP, waiting.payload))
    (home / "roll.json").write_bytes(data)
    return permission.import_roll(desk, home / "roll.json")


def _policy(
    desk: desks.Desk, home: Path, engine: Engine, columns: int, signers: list[Signer], officers: roll.Roll
) -> None:
    ends = now().date() + dt.timedelta(days=200)
    wide = columns == 20
    text = _POLICY.format(
        ends=ends,
        schema=engine.schema,
        choices=_MORE_CHOICES if wide else "",
        fields=_FIELDS[8] + (_FIELDS[20] if wide else ""),
    )
    folder = home / "policies"
    folder.mkdir(exist_ok=True)
    file = folder / f"{POLICY}.yaml"
    file.write_text(text)
    draft = policy_life.read_draft(file, today=now().date())
    approvals = policy_life.approval_path(file, draft)
    policy_life.submit(draft, approvals, _pen(signers[0], officers), replaces=None, until=None)
    for key in signers[1:]:
        policy_life.approve(draft, approvals, _pen(key, officers))
    permission.import_policy(desk, file, approvals)


def _pen(key: Signer, officers: roll.Roll) -> policy_life.Pen:
    return policy_life.Pen(key, officers, now())


def _enroll(desk: desks.Desk, home: Path) -> None:
    """The recipient stands in the measuring process; its receipt key is pinned as an enrollment would pin it."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (home / OEM_KEY).write_bytes(pem)
    signer = Signer(key)
    desks.create_recipient_key(desk, RECIPIENT)
    with desk.state.transaction() as tx:
        streams.enroll(tx, RECIPIENT, DEALER, {signer.kid: dict(signer.jwk)}, desk.now())


def _access(desk: desks.Desk, home: Path, engine: Engine, signers: list[Signer], officers: roll.Roll) -> None:
    s = engine.settings
    if s.dialect != "sqlite":
        queries = access.queries_of(desk, permission.policies_in_force(desk), "dms")
        account = s.user + ("@127.0.0.1" if s.dialect == "mariadb" else "")
        for statement in grants(queries, DIALECTS[s.dialect], account):
            engine.admin(statement)
        return
    facts: dict[str, str] = {"source": "dms", "account": "*"}
    question = decision.ask(
        "wide-account", facts, "SQLite has no accounts", expires_on=now().date() + dt.timedelta(days=30), roll=officers
    )
    file = home / f"wide-{secrets.token_hex(4)}.decision.json"
    decision_life.propose(question, file, _pen(signers[0], officers))
    for key in signers[1:]:
        decision_life.sign(file, question, _pen(key, officers))
    permission.import_decision(desk, file)
