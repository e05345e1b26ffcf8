"""Holds on single fields: placed when a field's values drift, lifted only by officers' signed `decide release`.

What is held is read from the audit record, not from a flag somebody could clear: an entry `field_held` counts until an
entry `hold_released` names it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from agent.core.decision import Decision
from agent.core.drift import OF_A_PAGE, OF_A_READING, Rates, left
from agent.core.record_page import RecordPage
from agent.core.ruleset import DatasetRules, FieldRules
from agent.core.text import shown
from agent.errors import PolicyError
from agent.state import evidence, pages, rates, streams
from agent.state.store import Tx
from agent.tasks.desk import Desk

_PREFIX = "drift-"


@dataclass(frozen=True, slots=True)
class Hold:
    name: str
    recipient: str
    stream_id: str
    dataset: str
    field: str
    why: str


def holds(tx: Tx) -> tuple[Hold, ...]:
    """Every hold that nobody has released, oldest first."""
    released = {facts["hold"] for facts in evidence.said(tx, "hold_released")}
    return tuple(
        Hold(f["hold"], f["recipient"], f["stream_id"], f["dataset"], f["field"], f["why"])
        for f in evidence.said(tx, "field_held")
        if f["hold"] not in released
    )


def held_fields(tx: Tx, stream_id: str, dataset: str) -> frozenset[str]:
    return frozenset(one.field for one in holds(tx) if (one.stream_id, one.dataset) == (stream_id, dataset))


def place(desk: Desk, tx: Tx, stream: streams.Stream, dataset: str, found: dict[str, str]) -> None:
    """Hold these fields of one stream's dataset. `found`: field -> why."""
    for field, why in sorted(found.items()):
        name = f"{_PREFIX}{stream.stream_id[:8]}-{evidence.head(tx)[0] + 1}"
        evidence.append(
            tx, "field_held", desk.clock(), desk.actor,
            hold=name, recipient=stream.recipient, stream_id=stream.stream_id, dataset=dataset, field=field, why=why,
        )  # fmt: skip


def release(desk: Desk, tx: Tx, decision: Decision) -> None:
    """Officers have looked: the field is sent again, and what it is like now becomes its baseline."""
    name, recipient = decision.question["hold"], decision.question["recipient"]
    one = next((one for one in holds(tx) if (one.name, one.recipient) == (name, recipient)), None)
    if one is None:
        raise PolicyError(
            "D010",
            f"there is no hold {shown(name)} of recipient {shown(recipient)} here",
            "name the hold as `fieldgate status` names it",
            exit_status=1,
        )
    rates.forget(tx, f"{one.stream_id}/{one.dataset}", one.field)
    pages.from_the_beginning(tx, f"{one.stream_id}/{one.dataset}")
    evidence.append(
        tx, "hold_released", desk.clock(), desk.actor,
        hold=name, recipient=recipient, decision_sha256=decision.sha256,
    )  # fmt: skip


def of_page(rules: DatasetRules, page: RecordPage) -> dict[str, Rates]:
    """What was counted of each field on one page."""
    return {field.name: Rates(page.rows, *counted) for field, counted in zip(rules.fields, page.rates, strict=False)}


def drifted(
    tx: Tx, scope: str, rules: DatasetRules, seen: dict[str, Rates], held: frozenset[str], *, whole: bool
) -> dict[str, str]:
    """Field -> why, of the fields that have left their baseline. After a whole reading new fields get theirs."""
    known = rates.baselines(tx, scope)
    found = {}
    for field in rules.fields:
        counted, meaning = seen.get(field.name, Rates()), _meaning(field)
        if field.name in held or not counted.rows:
            continue
        if field.name in known and known[field.name][0] == meaning:
            why = left(known[field.name][1], counted, OF_A_READING if whole else OF_A_PAGE)
            if why:
                found[field.name] = why
        elif whole:
            rates.begin(tx, scope, field.name, meaning, counted)
    return found


def _meaning(field: FieldRules) -> str:
    return hashlib.sha256(msgspec.json.encode(field)).hexdigest()[:32]
