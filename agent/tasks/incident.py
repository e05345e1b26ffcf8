"""Taking back: a field that should not have left. It is held everywhere, the people are counted, every record that
carried it is asked to be deleted, and the OEM's receipts are tracked. One sheet tells counsel what is known.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import defaultdict
from dataclasses import dataclass

from agent.core import receipt
from agent.core.text import shown
from agent.errors import ConfigError
from agent.state import disclosures, evidence, outbox, requests, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks import holds
from agent.tasks.desk import Desk
from agent.tasks.erase import ask_deletion
from agent.tasks.outgoing import discard
from agent.tasks.printed import printed, safe, table

REPORT_PEOPLE = 500  # FTC Safeguards Rule, 16 CFR 314.4: as facts were gathered, and not confirmed by counsel
REPORT_DAYS = 30
_TYPED = "whoever typed it"


@dataclass(frozen=True, slots=True)
class Incident:
    """`people` are distinct. `clock_ends_on`: thirty days after it was found. `accepted`: records acknowledged."""

    incident_id: str
    field: str
    since: str
    opened_at: str
    closed_at: str | None
    people: int
    records: int
    clock_ends_on: str
    recipients: tuple[str, ...]
    accepted: int
    asks: tuple[requests.Ask, ...]


def open_incident(desk: Desk, field: str, since: dt.date) -> Incident:
    """Hold the field, count the people, ask for the deletion of every record that carried it. One commit."""
    dataset, _, name = field.partition(".")
    incident_id = f"incident-{secrets.token_hex(4)}"
    with desk.state.transaction() as tx:  # COMMIT POINT incident: hold, count, retractions
        carried = list(disclosures.carrying(tx, dataset, name, since.isoformat()))
        _must_be_known(tx, dataset, name, any_left=bool(carried))
        wanted: defaultdict[str, set[bytes]] = defaultdict(set)
        people: set[bytes] = set()
        for stream_id, ids, who in carried:
            wanted[stream_id].update(ids)
            people.update(who)
        why = f"{incident_id}: it should not have left"
        held = _hold(desk, tx, dataset, name, why)
        ends = (desk.clock().date() + dt.timedelta(days=REPORT_DAYS)).isoformat()
        records = sum(map(len, wanted.values()))
        facts = {"field": field, "since": since.isoformat(), "people": len(people), "records": records, "ends": ends}
        requests.open_request(tx, incident_id, "incident", desk.now(), facts)
        for stream_id, asked in sorted(wanted.items()):
            ask_deletion(desk, tx, incident_id, stream_id, dataset, asked)
        evidence.append(
            tx, "incident_opened", desk.clock(), desk.actor,
            incident=incident_id, field=field, since=since.isoformat(), people=len(people), records=records,
            recipients=sorted({streams.get(tx, stream_id).recipient for stream_id in wanted}), hold=held,
        )  # fmt: skip
    return find(desk, incident_id)


def _must_be_known(tx: Tx, dataset: str, name: str, *, any_left: bool) -> None:
    if any_left or disclosures.ever_carried(tx, dataset, name):
        return
    raise ConfigError(
        "FG-C91",
        f"no field {shown(dataset)}.{shown(name)} has ever left",
        "name it as DATASET.FIELD; `fieldgate policy show` has the names, `fieldgate report recipients` what left",
        who=_TYPED,
    )


def _hold(desk: Desk, tx: Tx, dataset: str, name: str, why: str) -> int:
    """On every stream that reads the dataset, whatever waits with the field in it is dropped and read again without."""
    count = 0
    for stream in streams.streams(tx):
        if memory.run(tx, f"{stream.stream_id}/{dataset}") is None:
            continue
        if name not in holds.held_fields(tx, stream.stream_id, dataset):
            holds.place(desk, tx, stream, dataset, {name: why})
            count += 1
        for body_id in outbox.waiting_data(tx, stream.stream_id, dataset):
            body = outbox.body(tx, body_id)
            if body:
                discard(desk, tx, body, "a field in it is held for an incident")
    return count


def incidents(desk: Desk) -> list[Incident]:
    with desk.state.reading() as tx:
        return [_incident(tx, one) for one in requests.requests(tx, "incident")]


def find(desk: Desk, incident_id: str) -> Incident:
    found = next((one for one in incidents(desk) if one.incident_id == incident_id), None)
    if found is None:
        raise ConfigError(
            "FG-C92", f"there is no incident {shown(incident_id)}", "see the names: fieldgate incident list",
            who=_TYPED,
        )  # fmt: skip
    return found


def close_incident(desk: Desk, incident_id: str, why: str) -> Incident:
    """Counsel is satisfied. The hold on the field stays until officers release it."""
    found = find(desk, incident_id)
    if found.closed_at is None:
        with desk.state.transaction() as tx:
            requests.close(tx, incident_id, desk.now())
            evidence.append(tx, "incident_closed", desk.clock(), desk.actor, incident=incident_id, why=why[:200])
    return find(desk, incident_id)


def _incident(tx: Tx, one: requests.Request) -> Incident:
    asks = tuple(requests.asks(tx, one.request_id))
    return Incident(
        incident_id=one.request_id,
        field=one.facts["field"],
        since=one.facts["since"],
        opened_at=one.opened_at,
        closed_at=one.closed_at,
        people=one.facts["people"],
        records=one.facts["records"],
        clock_ends_on=one.facts["ends"],
        recipients=tuple(sorted({ask.recipient for ask in asks})),
        accepted=sum(ask.records for ask in asks if ask.accepted_at),
        asks=asks,
    )


def counsel_page(found: Incident, asked_on: str) -> str:
    """One sheet: what is known, what was done, what was acknowledged."""
    over = found.people >= REPORT_PEOPLE
    verdict = (
        f"{found.people:,} people: at or above the {REPORT_PEOPLE} of the reporting rule."
        if over
        else f"{found.people:,} people: below the {REPORT_PEOPLE} of the reporting rule."
    )
    rows = [
        (
            a.recipient,
            a.store,
            a.dataset,
            f"{a.records:,}",
            (a.accepted_at or "not yet")[:16],
            a.batch_id or "",
            receipt.id_of(a.receipt),
        )
        for a in found.asks
    ]
    clock = f"The {REPORT_DAYS}-day clock, counted from {found.opened_at[:10]}, ends on {found.clock_ends_on}."
    left = f"left in {found.records:,} records since {found.since}."
    done = (
        "The field is held on every stream until officers release it. Every record that carried it is asked to be"
        " deleted; the OEM answers each batch with a signed receipt."
    )
    rule = (
        "FTC Safeguards Rule, 16 CFR 314.4: a breach that concerns"
        f" {REPORT_PEOPLE} consumers is reported within {REPORT_DAYS} days; unauthorized access is presumed to be"
        " acquisition unless reliable evidence shows otherwise."
    )
    heads = ("recipient", "store", "dataset", "records", "acknowledged", "batch", "signed receipt")
    parts = [
        f"<h1>Incident {safe(found.incident_id)}</h1><p><b>{safe(verdict)}</b> {safe(clock)}</p>",
        f"<p>Field <code>{safe(found.field)}</code> {safe(left)}</p><h2>What was done</h2><p>{safe(done)}</p>",
        table(heads, rows, "Nothing had left."),
        f"<p>{found.accepted:,} of {found.records:,} acknowledged. Printed on {safe(asked_on)}.</p>",
        f"<h2>The rule behind the numbers</h2><p>{safe(rule)} <b>Not confirmed by counsel.</b></p>",
    ]
    return printed(f"Incident {found.incident_id}", parts)
