"""A small good policy, and ways to change it. Made-up names only."""

from __future__ import annotations

import datetime as dt

from agent.core.approval import ApprovedPolicy
from agent.core.policy.reader import Draft, read_policy

TODAY = dt.date(2026, 11, 22)
SMALL = b"""\
policy: small
title: A small policy
version: 3
recipient: example-motors-na
recipient_may: {keep_for_months: 12, pass_on_to: [Example Mailing House]}
purpose: marketing
regime: opt_out
jurisdiction: [US-GA]
owner: compliance@dealer.example
contract: {id: EX-1, expires_on: 2027-06-30}
review_on: 2027-03-31
stores: ["01", "04"]
choices:
  said:
    source: dms
    table: dbo.CUSTOMER
    person: [CUST_NO]
    changes: {column: LAST_CHANGED}
    everything: {column: OPT_OUT, refused: ["Y"], not_refused: ["N"], unknown: send}
    phone: {column: CALL_OK, given: ["Y"], refused: ["N"], unknown: withhold}
datasets:
  vehicle_sales:
    about: who took delivery of which vehicle and when
    send:
      vin: {column: VIN, category: vin, type: text 17}
      model_year: {column: VEHICLE.YEAR, category: vehicle, type: integer}
      buyer_id: {column: BUYER_NO, category: customer_id, person: buyer}
      delivery_date: {column: DELIVERY_DT, category: date, type: date, null_when: [0]}
      postal_code: {column: BUYER.ZIP, category: postal_code, type: text 10, transform: {keep_first: 3}}
    people:
      buyer: {key: [BUYER_NO], choices: said}
    from:
      source: dms
      table: dbo.SALES_DEAL
      key: [DEAL_NO]
      store: {column: STORE_NO}
      changes: {by: snapshot}
      joins:
        - {table: dbo.VEHICLE, as: VEHICLE, where_equal: {VIN: VIN}}
        - {table: dbo.CUSTOMER, as: BUYER, where_equal: {CUST_NO: BUYER_NO}}
      only_where:
        - {column: VEHICLE.MAKE, is: EXAMPLE}
        - {column: DEAL_DT, within_months: 24}
        - {exists: dbo.REPAIR_ORDER, where_equal: {VIN: VIN}, and: [{column: OPEN_DT, after: 2024-01-01}]}
declined:
  price_paid: between the store and the customer
"""


def changed(old: str, new: str, data: bytes = SMALL) -> bytes:
    """The policy with one text replaced; the text must be there."""
    assert data.count(old.encode()) >= 1, old
    return data.replace(old.encode(), new.encode(), 1)


def draft(data: bytes = SMALL, file: str = "small.yaml") -> Draft:
    read = read_policy(data, file)
    assert isinstance(read, Draft), read
    return read


def approved(read: Draft, until: dt.date = dt.date(2027, 5, 1)) -> ApprovedPolicy:
    """As if two officers had signed; how that comes about is tested with approval."""
    return ApprovedPolicy(
        draft=read,
        approved_by=("Pat Example", "Sam Example"),
        expires_on=until,
        approvals_sha256="sha256:" + "a" * 64,
        roll_sha256="sha256:" + "b" * 64,
        roll_version=1,
        floor_sha256="sha256:" + "c" * 64,
        single_officer=False,
        replaces_sha256=None,
        submitted_by="Pat Example",
        approved_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
    )
