"""What people said, and what was held, erased and approved, stands in rows that a thief could delete or edit. Each is
committed to in the audit chain, and compared with it at start and when something is claimed or sent again.

Reading every row for each batch would cost more than the batch: within one process all is compared anew only when
another connection has written. Who rewrites the chain as well is found by `position.json` and by the OEM's receipts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.core.decision import question_sha256, read_decision_file
from agent.core.jws import kid_of
from agent.core.text import shown
from agent.errors import PolicyError, SealError
from agent.state import choices, evidence, outbox, permission, requests, stops, streams
from agent.state.store import Tx
from agent.tasks.desk import Desk

CODE = "FG-K32"
_NOTHING: dict[str, Any] = {"through": 0, "sha256": "", "stops": 0, "stops_sha256": stops.NONE}


def commit_choices(desk: Desk, tx: Tx) -> None:
    """After rows of choices, facts or stops were written, in the transaction that wrote them."""
    known = evidence.last(tx, "choices_noted") or _NOTHING
    through = choices.newest(tx)
    rows, sha256 = choices.digest(tx, known["through"], through, known["sha256"])
    held, stops_sha256 = stops.digest(tx)
    if rows or stops_sha256 != known["stops_sha256"]:
        evidence.append(
            tx, "choices_noted", desk.clock(), desk.actor,
            through=through, rows=rows, sha256=sha256 if rows else known["sha256"],
            stops=held, stops_sha256=stops_sha256,
        )  # fmt: skip


def confirm(desk: Desk, tx: Tx, *, again: bool = False) -> None:
    """SealError where a row is not what the chain says. `again`: also where nobody else is known to have written."""
    version = tx.others_wrote()
    if again or desk.state.confirmed != version:
        for what in differences(tx):
            raise SealError(
                CODE,
                f"{what}: somebody has changed the state file",
                "stop the agent, tell the compliance officer, put the last backup in its place, then: fieldgate resync",
            )
        desk.state.confirmed = version


def differences(tx: Tx) -> Iterator[str]:
    """Every row that the chain speaks of and that is another one, or gone, or was never spoken of."""
    try:
        yield from _differences(tx)
    except (TypeError, ValueError, KeyError):
        yield "a row has another form than the one it was written in"


def _differences(tx: Tx) -> Iterator[str]:
    verdict = evidence.verify(tx)
    if verdict.problem:
        yield f"the audit record is not intact: {verdict.problem}"
        return  # what it says about the rows is worth nothing then
    yield from _choices(tx)
    yield from _permission(tx)
    yield from _pinned(tx)
    yield from _erasures(tx)
    yield from _untold(tx)


def _choices(tx: Tx) -> Iterator[str]:
    known = _NOTHING
    for noted in evidence.said(tx, "choices_noted"):
        rows, sha256 = choices.digest(tx, known["through"], noted["through"], known["sha256"])
        if rows != noted["rows"] or (rows and sha256 != noted["sha256"]):
            yield f"what people said, rows {known['through'] + 1} to {noted['through']}, is not what was noted"
            return
        known = noted
    if choices.newest(tx) != known["through"]:
        yield f"somebody is said to have said something (row {choices.newest(tx)}), and nobody noted it"
    if stops.digest(tx) != (known["stops"], known["stops_sha256"]):
        yield "the records that are kept back since a resync are not the ones that were noted"


def _permission(tx: Tx) -> Iterator[str]:
    """Policies, roll and pins are compared where they are loaded; a decision, a pause or a hold here."""
    imported = {facts["sha256"] for facts in evidence.said(tx, "decision_imported")}
    kept = permission.every_decision(tx)
    if imported != {sha256 for sha256, _ in kept} or not all(map(_is_itself, kept)):
        yield "the officers' decisions are not the ones that were imported"
    paused: set[str] = set()
    for event, facts in evidence.story(tx, "paused", "resumed"):
        if event == "paused":
            paused.add(facts["recipient"])
        else:
            paused = set() if facts["recipient"] == permission.EVERYONE else paused - {facts["recipient"]}
    if paused != set(permission.pauses(tx)):
        yield f"what is paused is not what was paused ({', '.join(map(shown, sorted(paused))) or 'nothing'})"


def _pinned(tx: Tx) -> Iterator[str]:
    """The OEMs' receipt keys are those of the first enrollment, and those they have handed over to."""
    pinned: dict[str, set[str]] = {}
    for event, facts in evidence.story(tx, "enrolled", "receipt_key_followed"):
        kids = facts["receipt_kids"] if event == "enrolled" else [facts["kid"]]
        pinned.setdefault(facts["recipient"], set()).update(kids)
    for recipient, kids in pinned.items():
        enrolled = streams.enrollment(tx, recipient)
        if enrolled is None or {kid_of(jwk) for jwk in enrolled.jwks.values()} != kids:
            yield f"the receipt keys of {shown(recipient)} are not the ones that were pinned"


def _is_itself(row: tuple[str, bytes]) -> bool:
    """Its file still asks the question that was imported; who signed it is counted when it is relied on."""
    try:
        return question_sha256(read_decision_file(row[1]).decision) == row[0]
    except PolicyError:
        return False


def _erasures(tx: Tx) -> Iterator[str]:
    kept = {one.request_id for one in requests.requests(tx, "erase")}
    for facts in evidence.said(tx, "person_erased"):
        if facts["request"] not in kept:
            yield f"the deletion {facts['request']} was asked for, and nobody keeps track of it"


def _untold(tx: Tx) -> Iterator[str]:
    """What the OEM must hear of stops, lifts and deletions waits, or was sent, or was discarded in writing."""
    told: set[int] = set()
    for event, facts in evidence.story(tx, "prepared", "discarded"):
        if event == "discarded":
            told.discard(facts["body_id"])
        elif facts["kind"] == "control":
            told.add(facts["body_id"])
    lost = told - outbox.ever_queued(tx)
    if lost:
        yield f"{len(lost)} messages about what people said neither wait nor were sent"
