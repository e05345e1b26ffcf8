"""Scenes 3 and 4: one nightly run, counted by everybody who was there; and one customer, seen from both sides."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator

from agent.core import ids
from agent.core.jws import unb64url
from agent.core.manifest import decode
from agent.demo import night, places
from agent.demo.clerk import Clerk
from agent.demo.dms import SHOWCASE
from agent.demo.facts import Both, DatasetCount, Run, Side, Stayed
from agent.demo.scene_permission import access_record
from agent.demo.stage import RECIPIENT, STORES, Stage
from agent.pipeline import Extraction
from agent.receiver import holdings
from agent.receiver.enroll import make_token
from agent.state import outbox, streams
from agent.tasks.desk import stream_keys
from agent.tasks.enroll import enroll

_PAT_COLUMNS = ("FIRST_NAME", "EMAIL1", "ZIP", "CELL_PHONE")
_PAT_DEAL = ("CASH_DOWN", "TERM", "AMT_FINANCED")
_PAT_FIELDS = {"FIRST_NAME": "given_name", "EMAIL1": "email", "ZIP": "postal_code", "CELL_PHONE": "phone"}
_NO_CALLS = "no written OK for calls or texts"


def enroll_stores(stage: Stage) -> None:
    """Both stores become known to the car maker, each by a one-time token."""
    for store, code in STORES.items():
        enroll(stage.desk, RECIPIENT, store, make_token(stage.receiver.house, code))


# Scene 3


def nightly_run(stage: Stage, clerk: Clerk) -> Run:
    """Extract, search the outbox while its bodies wait, deliver; then hold every figure against a second one."""
    eligible = _eligible(clerk)
    began = time.monotonic()
    extraction = night.extract(stage, _bar(stage, "read", sum(eligible.values())))
    read_s = time.monotonic() - began
    places.look_into_outbox(stage)
    lines = sum(r.changed + r.told for r in extraction.readings)
    began = time.monotonic()
    deliveries = night.deliver(stage, _bar(stage, "sent", lines))
    sent_s = time.monotonic() - began
    rows, sent, withheld, fields = _sums(extraction)
    landed = _landed(stage)
    datasets = tuple(_dataset(name, clerk, eligible, landed, withheld) for name in eligible)
    with stage.desk.state.reading() as tx:
        batches = [batch for batch in outbox.batches(tx) if batch.state == "settled"]
    facts = stage.facts
    for name, count in eligible.items():
        facts.same(f"{name}: rows", "the agent read", rows[name], "SQL of the owner", count)
        facts.same(f"{name}: records", "the agent sent", sent[name], "the car maker holds", landed[name])
        facts.same(f"{name}: opted out", "the agent kept", withheld[name]["choice"], "SQL", _refused(clerk)[name])
    theirs = holdings.batches(stage.receiver.house)
    facts.same("batches", "the agent's state", len(batches), "the receiver", len(theirs))
    facts.same("receipts", "the agent's state", sum(bool(b.receipt) for b in batches), "the receiver", len(theirs))
    facts.same(
        "every attempt was settled", "expected", "settled", "deliveries", _one_word(d.outcome for d in deliveries)
    )
    facts.same(
        "access as the manifests say", "access record", access_record(stage).status,
        "the receiver", _one_word(decode(unb64url(b.manifest.split(".")[1])).access.status for b in theirs),
    )  # fmt: skip
    customers = list(holdings.records(stage.receiver.house, "customers"))
    without = sum("email" not in one.fields for one in customers)
    facts.same("customers without e-mail", "the car maker", without, "the agent", fields["email:choice"])
    facts.same(
        "customers with e-mail", "the car maker", len(customers) - without, "SQL", len(clerk.emails_that_may_leave())
    )
    screened = fields["family_name:screen"]
    missing = sum("family_name" not in one.fields for one in customers)
    facts.same("last names the screen kept", "the agent", screened, "the car maker misses", missing)
    typed = clerk.typed_into_last_names()
    nameless = sum(_is_nameless(stage, number) for number in typed)
    facts.same("SSNs typed into last names", "SQL of the owner", len(typed), "names the car maker misses", nameless)
    return Run(
        rows=rows.total(),
        columns=len(access_record(stage).granted),
        read_s=round(read_s, 1),
        batches=len(batches),
        receipts=sum(bool(b.receipt) for b in batches),
        records=sum(landed.values()),
        sent_s=round(sent_s, 1),
        datasets=datasets,
        without_email=without,
        screened=screened,
        typed=len(typed),
    )


def _bar(stage: Stage, label: str, total: int) -> night.Watch:
    done = 0

    def watch(more: int) -> None:
        nonlocal done
        done += more
        stage.teller.progress(label, done, total)

    return watch


def _sums(extraction: Extraction) -> tuple[Counter[str], Counter[str], dict[str, Counter[str]], Counter[str]]:
    """Rows, records and withholdings by dataset, and withheld fields, over both stores."""
    rows: Counter[str] = Counter()
    sent: Counter[str] = Counter()
    withheld: dict[str, Counter[str]] = {}
    fields: Counter[str] = Counter()
    for reading in extraction.readings:
        rows[reading.dataset] += reading.rows
        sent[reading.dataset] += reading.sent
        withheld.setdefault(reading.dataset, Counter()).update(reading.withheld)
        if reading.dataset == "customers":
            fields.update(reading.fields)
    return rows, sent, withheld, fields


def _landed(stage: Stage) -> Counter[str]:
    """Records the car maker may use now."""
    found: Counter[str] = Counter()
    for count in holdings.counts(stage.receiver.house):
        found[count.dataset] += count.records
    return found


def _eligible(clerk: Clerk) -> dict[str, int]:
    """Rows that the policy's selection holds, counted by the owner."""
    final = f"t.{clerk.name('DEAL_STATUS')} = 'F'"
    return {
        "customers": clerk.customers_with_example(),
        "vehicles": clerk.count("VEHICLE", f"t.{clerk.name('MAKE')} = 'EXAMPLE'"),
        "vehicle_sales": clerk.count("SALES_DEAL", f"{clerk.of_example('t')} AND {final}"),
        "service_visits": clerk.count("REPAIR_ORDER", clerk.of_example("t")),
    }


def _refused(clerk: Clerk) -> dict[str, int]:
    """Of those, rows with a person who said stop."""
    final = f"t.{clerk.name('DEAL_STATUS')} = 'F'"
    either = f"({clerk.refused('t', 'BUYER_NO')} OR {clerk.refused('t', 'COBUYER_NO')})"
    make = f"t.{clerk.name('MAKE')} = 'EXAMPLE'"
    return {
        "customers": clerk.customers_with_example(f"t.{clerk.name('OPT_OUT')} = 'Y'"),
        "vehicles": clerk.count("VEHICLE", f"{make} AND {clerk.refused('t', 'OWNER_NO')}"),
        "vehicle_sales": clerk.count("SALES_DEAL", f"{clerk.of_example('t')} AND {final} AND {either}"),
        "service_visits": clerk.count("REPAIR_ORDER", f"{clerk.of_example('t')} AND {clerk.refused('t', 'CUST_NO')}"),
    }


_TITLES = {
    "customers": ("customers", "CUSTOMER", "no Example vehicle", "opted out"),
    "vehicles": ("vehicles", "VEHICLE", "other makes", "owner opted out"),
    "vehicle_sales": ("sales", "SALES_DEAL", "other or not final", "a buyer opted out"),
    "service_visits": ("service visits", "REPAIR_ORDER", "other makes", "owner opted out"),
}


def _dataset(
    name: str, clerk: Clerk, eligible: dict[str, int], landed: Counter[str], withheld: dict[str, Counter[str]]
) -> DatasetCount:
    title, table, not_selected, refused = _TITLES[name]
    whole = clerk.count(table)
    kept = withheld.get(name, Counter())
    stayed = [Stayed(whole - eligible[name], not_selected), Stayed(kept["choice"], refused)]
    stayed += [Stayed(count, reason.replace("_", " ")) for reason, count in sorted(kept.items()) if reason != "choice"]
    return DatasetCount(name, title, whole, eligible[name], landed[name], tuple(stayed))


def _is_nameless(stage: Stage, number: int) -> bool:
    landed = landed_customer(stage, number)
    return landed is not None and "family_name" not in landed.fields


def _one_word(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words)))


# Scene 4


def both_sides(stage: Stage) -> Both:
    """Pat's row as the data generator wrote it, beside the record the car maker holds."""
    there = dict(_generated(stage, "CUSTOMER", "CUST_NO", _PAT_COLUMNS))
    deal = dict(_generated(stage, "SALES_DEAL", "BUYER_NO", _PAT_DEAL))
    landed = landed_customer(stage, SHOWCASE)
    here = dict(landed.fields) if landed else {}
    sides = []
    for column, value in there.items():
        field = _PAT_FIELDS[column]
        received = here.get(field)
        why = "" if received is not None else _NO_CALLS if field == "phone" else "?"
        sides.append(Side(column, value, field, None if received is None else str(received), why))
    granted = {(answer.table, answer.column) for answer in access_record(stage).granted}
    never = [(column, value) for column, value in deal.items() if ("SALES_DEAL", column) not in granted]
    sides += [Side(column, value, "", None, "never read") for column, value in never]
    facts = stage.facts
    facts.same("Pat's first name", "the generator", there["FIRST_NAME"], "the car maker", here.get("given_name"))
    facts.same("Pat's e-mail", "the generator", there["EMAIL1"], "the car maker", here.get("email"))
    facts.same("Pat's ZIP area", "the generator", there["ZIP"][:3], "the car maker", here.get("postal_code"))
    facts.same("Pat's phone, no written yes", "expected", None, "the car maker", here.get("phone"))
    return Both(SHOWCASE, "Pat Example", tuple(sides), len(never))


def _generated(stage: Stage, table: str, key: str, columns: Iterable[str]) -> Iterator[tuple[str, str]]:
    names = next(t for t in stage.dealership.tables() if t.name == table).names
    place = names.index(key)
    row = next(row for row in stage.dealership.rows(table) if row[place] == SHOWCASE)
    for column in columns:
        yield column, str(row[names.index(column)]).strip()


def landed_customer(stage: Stage, number: int) -> holdings.Landed | None:
    """What the car maker holds of a customer. Found by record id: it does not know the customer number."""
    with stage.desk.state.reading() as tx:
        opened = streams.streams(tx)
    for stream in opened:
        key = stream_keys(stage.desk, stream.stream_id, stream.recipient).id
        (record_id,) = ids.record_ids(key, "customers", [(str(number),)])
        landed = holdings.record(stage.receiver.house, stream.stream_id, "customers", record_id.hex())
        if landed is not None:
            return landed
    return None
