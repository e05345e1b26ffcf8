"""Officers for tests: real keys, real signatures, a policy that has no problems. Nothing here is faked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from agent.core.approval import APPROVAL_TYP, Replaced, approval_for, payload_of
from agent.core.officer import Officer, make_officer
from agent.core.policy.reader import Draft, read_policy
from agent.core.quorum import Role, Stamp
from agent.core.roll import ROLL_TYP, Roll, add_signature, genesis, read_roll, read_waiting, successor
from agent.keys.signing import Signer

TODAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 22, 9, 14, 31, tzinfo=dt.UTC)
UNTIL = dt.date(2027, 6, 30)


@dataclass(frozen=True)
class Person:
    officer: Officer
    signer: Signer

    @property
    def name(self) -> str:
        return self.officer.name


def person(name: str) -> Person:
    signer = Signer(ec.generate_private_key(ec.SECP256R1()))
    return Person(make_officer(name, signer.jwk), signer)


DANA, LEE, KIM, ALEX = (person(f"{name} Example") for name in ("Dana", "Lee", "Kim", "Alex"))


def sign_roll(data: bytes, *people: Person) -> bytes:
    for one in people:
        _, waiting = read_waiting(data)
        assert waiting is not None
        data = add_signature(data, one.signer.sign(ROLL_TYP, waiting.payload))
    return data


def unsigned_genesis(*people: Person, threshold: int | None = None) -> bytes:
    n = len(people)
    return genesis([p.officer for p in people], threshold or min(2, n), single_officer=n == 1, made_at=NOW)


def roll_of(*people: Person, threshold: int | None = None) -> Roll:
    return read_roll(sign_roll(unsigned_genesis(*people, threshold=threshold), *people), None)


def next_roll(before: Roll, *people: Person, signed_by: tuple[Person, ...], threshold: int | None = None) -> Roll:
    n = len(people)
    data = successor(
        before.data, [p.officer for p in people], threshold or min(2, n), single_officer=n == 1, made_at=NOW
    )
    return read_roll(sign_roll(data, *signed_by), before)


def policy_bytes(version: int = 1, recipient: str = "example-motors-na", name: str = "customer-crm") -> bytes:
    return POLICY.format(version=version, recipient=recipient, name=name).encode()


def draft(version: int = 1, recipient: str = "example-motors-na", name: str = "customer-crm") -> Draft:
    read = read_policy(policy_bytes(version, recipient, name), f"{name}.yaml")
    assert isinstance(read, Draft), read
    return read


def signed(
    of: Draft, by: Person, roll: Roll, role: Role = "approver", *, replaces: Replaced | None = None, **changed: object
) -> str:
    """One signature; `changed` overrides at=, expires_on= and inventory_sha256=."""
    at = changed.get("at", NOW)
    expires_on = changed.get("expires_on", UNTIL)
    names = changed.get("inventory_sha256")
    assert isinstance(at, dt.datetime)
    assert isinstance(expires_on, dt.date)
    assert names is None or isinstance(names, str)
    claims = approval_for(of, roll, replaces, Stamp(role, at, expires_on), inventory_sha256=names)
    return by.signer.sign(APPROVAL_TYP, payload_of(claims))


POLICY = """\
policy: {name}
title: Customer contact data for an example program
version: {version}
recipient: {recipient}
recipient_may: {{keep_for_months: 24, pass_on_to: []}}
purpose: marketing
regime: opt_out
jurisdiction: [US-GA]
owner: compliance@dealer.example
contract: {{id: EX-CRM-2026, expires_on: 2027-06-30}}
review_on: 2027-03-31
stores: ["01"]
choices:
  customer_choices:
    source: dms
    table: dbo.CUSTOMER
    person: [CUST_NO]
    everything: {{column: OPT_OUT, refused: ["Y"], not_refused: ["N"], unknown: withhold}}
    email: {{column: BLOCK_EMAIL, refused: ["Y"], not_refused: ["N"], unknown: send}}
    mail: {{column: BLOCK_MAIL, refused: ["Y"], not_refused: ["N"], unknown: withhold}}
datasets:
  customers:
    about: one record per customer who owns a vehicle of this make
    send:
      customer_id: {{column: CUST_NO, category: customer_id}}
      given_name: {{column: FIRST_NAME, category: name, type: text 60}}
      email: {{column: EMAIL1, category: email, type: text 120}}
      postal_code: {{column: ZIP, category: postal_code, type: text 10, transform: {{keep_first: 3}}}}
    people: {{customer: {{key: [CUST_NO], choices: customer_choices}}}}
    from:
      source: dms
      table: dbo.CUSTOMER
      key: [CUST_NO]
      store: {{column: STORE_NO}}
      changes: {{by: snapshot}}
declined:
  work_phone: not needed for this purpose
"""
