"""Deliver: one step on a stream. What is in flight goes first, the same bytes until a receipt settles them; then
control, then data. Every answer of the OEM is judged by the one table in core.answers.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace
from typing import Literal

from agent.core.answers import PROBLEMS, Answer, WireError, meaning
from agent.core.packing import unpacked
from agent.core.receipt import read_receipt
from agent.core.ruleset import PolicyRules, Ruleset
from agent.core.seal import SealedBatch, open_batch
from agent.core.text import shown
from agent.errors import DeliveryError, FieldgateError, Retry, SealError
from agent.keys.atrest import Sealed
from agent.state import evidence, honoring, outbox, permission, streams
from agent.tasks.claim import batch_aad, claim
from agent.tasks.commitments import confirm
from agent.tasks.desk import Desk, instant, own_keys
from agent.tasks.folder import Folder
from agent.tasks.heads import MENDED, SAID, Situation, confirm_head
from agent.tasks.permission import last_approved
from agent.tasks.receipt_keys import oem_keys
from agent.tasks.recipient import NOT_THE_OEM, Recipient, Reply, is_signed, said
from agent.tasks.withdraw import forbidden_since, withdraw

_WAIT_MIN_S, _WAIT_MAX_S = 5, 15 * 60
_RETRY_AFTER_MAX_S = 24 * 3600

Outcome = Literal["settled", "withdrawn", "waiting", "stopped", "idle"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one step on a stream came to. `said`: the OEM's problem or ours, in our words."""

    outcome: Outcome
    batch_id: str = ""
    kind: str = ""
    dataset: str = ""
    lines: int = 0
    said: str = ""
    error: FieldgateError | None = None  # what a person should know of a step that did not get through


def deliver_next(desk: Desk, ruleset: Ruleset, stream_id: str, recipient: Recipient | Folder) -> Delivery:
    """One step on a stream: compare heads if that is still to be done, then send what is in flight or comes next."""
    with desk.state.reading() as tx:
        confirm(desk, tx)
        stream = streams.get(tx, stream_id)
    policy = ruleset.policy(stream.policy)
    barred = _barred(desk, policy, stream)
    with desk.state.reading() as tx:
        must_tell = outbox.must_tell(tx, stream_id)
    if barred and (barred.outcome == "waiting" or not must_tell):
        return barred
    if policy is None or barred:  # no more data; what people said leaves under the last approved policy's name
        with desk.state.reading() as tx:
            policy = last_approved(tx, stream.policy)
    try:
        step = _step(desk, policy, stream, recipient, ended=barred is not None)
    except DeliveryError as error:
        step = Delivery("waiting", said=error.what, error=error)
    _note(desk, stream_id, step)
    return step


def _barred(desk: Desk, policy: PolicyRules | None, stream: streams.Stream) -> Delivery | None:
    """Why not one more byte may go to this recipient: asked before each step, and again right before the push."""
    with desk.state.reading() as tx:
        if permission.paused(tx, stream.recipient):
            return Delivery("waiting", said="paused")
        if policy is None:
            return Delivery("stopped", said="no approved policy is in force")
        if not permission.in_force(tx, policy.name, policy.sha256):
            return Delivery("stopped", said="the policy was ended or replaced meanwhile")
    return None


def _note(desk: Desk, stream_id: str, step: Delivery) -> None:
    """Let `status` say what stands in the way; a stream in good order costs no write."""
    said = step.said if step.outcome in ("waiting", "stopped") else ""
    with desk.state.reading() as tx:
        known = streams.trouble_of(tx, stream_id)
    if said != known:
        with desk.state.transaction() as tx:  # COMMIT POINT trouble noted
            streams.note_trouble(tx, stream_id, said, desk.now())


def _step(
    desk: Desk, policy: PolicyRules, stream: streams.Stream, recipient: Recipient | Folder, *, ended: bool
) -> Delivery:
    if stream.head_checked_at is None:
        found = confirm_head(desk, stream, recipient)
        if found != "same":
            return Delivery("stopped", said=SAID[found], error=_differs(stream, found))
    with desk.state.reading() as tx:
        flying = outbox.in_flight(tx, stream.stream_id)
    if flying is None:
        claimed = claim(desk, policy, stream.stream_id, control_only=ended)
        return _push(desk, policy, stream, *claimed, recipient) if claimed else Delivery("idle")
    about = (flying.batch_id, flying.kind, flying.dataset, flying.lines)
    if flying.state == "quarantined":
        return Delivery("stopped", *about, said=flying.problem, error=_refused(stream, flying.problem))
    why = forbidden_since(desk, policy, stream, flying, ended=ended)
    if why:
        withdraw(desk, policy, stream, flying, why, recipient)
        return Delivery("withdrawn", *about, said=why)
    if flying.next_try_at > desk.now():
        return Delivery("waiting", *about, said=flying.problem, error=_waits(stream, flying))
    return _push(desk, policy, stream, flying, _reopened(desk, flying), recipient)


def _reopened(desk: Desk, batch: outbox.Batch) -> SealedBatch:
    """The bytes that were announced, checked against their own manifest before they go out again."""
    if batch.body_key is None or batch.content is None:
        raise SealError(
            "FG-K10", f"batch {batch.batch_id} has lost its content", "call the OEM: its receipts say what arrived"
        )
    wire = desk.atrest.open(Sealed(batch.body_key, batch.content), batch_aad(batch.batch_id))
    own = own_keys(desk)
    try:
        return replace(open_batch(batch.manifest, unpacked(wire), own.get).sealed, wire=wire)
    except WireError:
        raise SealError(
            "FG-K11",
            f"batch {batch.batch_id} is not what was announced: its bytes in the state file have changed",
            "stop the agent, put the last backup in its place, then: fieldgate resync",
        ) from None


def _push(
    desk: Desk,
    policy: PolicyRules,
    stream: streams.Stream,
    batch: outbox.Batch,
    sealed: SealedBatch,
    recipient: Recipient | Folder,
) -> Delivery:
    about = (batch.batch_id, batch.kind, batch.dataset, batch.lines)
    barred = _barred(desk, policy, stream)
    if barred and (batch.kind == "data" or barred.outcome == "waiting"):
        return barred
    if isinstance(recipient, Folder):
        return _laid_down(desk, stream, batch, sealed, recipient)
    try:
        reply = recipient.push(sealed)
    except DeliveryError as error:
        _later(desk, batch, error.code, None)
        return Delivery("waiting", *about, said=error.what, error=error)
    answer = meaning(reply.status, reply.problem)
    if answer.action == "settle":
        receipt = reply.body.decode("ascii", "replace")
        try:
            receipt_id = read_receipt(receipt, sealed, oem_keys(desk, stream.recipient, recipient)).receipt_id
        except SealError as error:  # a 2xx without a receipt that names this manifest is no delivery
            _later(desk, batch, error.code, None)
            return Delivery("waiting", *about, said=error.what, error=_no_receipt(stream, error, reply))
        _settle(desk, batch, receipt_id, receipt)
        return Delivery("settled", *about)
    if answer.action == "retry":
        _later(desk, batch, said(reply), reply.retry_after)
        return Delivery("waiting", *about, said=said(reply), error=_not_now(stream, said(reply), answer))
    _stop(desk, batch, said(reply), answer)
    return Delivery("stopped", *about, said=said(reply), error=_refused(stream, said(reply)))


def _laid_down(
    desk: Desk, stream: streams.Stream, batch: outbox.Batch, sealed: SealedBatch, folder: Folder
) -> Delivery:
    """In a folder nobody answers: once its files are durable the batch counts as sent, not confirmed. Nobody says
    `fork` either, so what another machine laid down under our name is looked for, and never written over."""
    about = (batch.batch_id, batch.kind, batch.dataset, batch.lines)
    if folder.another_lies_there(sealed):
        _stop(desk, batch, "fork", meaning(PROBLEMS["fork"].status, "fork"))
        return Delivery("stopped", *about, said="fork", error=_refused(stream, "fork"))
    try:
        folder.put(sealed)
    except DeliveryError as error:
        _later(desk, batch, error.code, None)
        return Delivery("waiting", *about, said=error.what, error=error)
    _settle(desk, batch, "", None, by="folder")
    return Delivery("settled", *about)


# What a person reads. The OEM's own text is never repeated: a status, or a name of the table in core.answers.


def _differs(stream: streams.Stream, found: Situation) -> DeliveryError:
    what = f"store {shown(stream.store)}: {SAID[found]}"
    return DeliveryError(
        "FG-D21",
        what,
        f"nothing is sent until this is mended: {MENDED[found]}",
        retry=Retry.STOP,
        exit_status=1,
        who="dealer IT",
    )


def _refused(stream: streams.Stream, problem: str) -> DeliveryError:
    known = PROBLEMS.get(problem)
    title = f"{problem} ({known.title[0].lower()}{known.title[1:]})" if known else problem
    advice = (
        known.advice if known else "call the OEM: this answer means nothing in wire spec 1; see: fieldgate batch list"
    )
    return DeliveryError(
        "FG-D22", f"{shown(stream.recipient)} refused a batch: {title}", advice, retry=Retry.STOP, exit_status=1
    )


def _not_now(stream: streams.Stream, problem: str, answer: Answer) -> DeliveryError:
    return DeliveryError("FG-D23", f"{shown(stream.recipient)} does not take batches now: {problem}", answer.advice)


def _no_receipt(stream: streams.Stream, error: SealError, reply: Reply) -> DeliveryError:
    what = f"{shown(stream.recipient)} answered without a receipt that counts: {error.what}"
    if is_signed(reply):
        return DeliveryError(error.code, what, error.advice)
    return DeliveryError(error.code, what, NOT_THE_OEM, who="dealer IT")


def _waits(stream: streams.Stream, batch: outbox.Batch) -> DeliveryError:
    return DeliveryError(
        "FG-D24",
        f"{shown(stream.recipient)} did not take a batch ({batch.problem}); next try at {batch.next_try_at[11:16]} UTC",
        "nothing to do: it is tried again by itself",
    )


def _settle(desk: Desk, batch: outbox.Batch, receipt_id: str, receipt: str | None, by: str = "receipt") -> None:
    with desk.state.transaction() as tx:  # COMMIT POINT settled: the OEM has it
        outbox.settle(tx, batch.batch_id, receipt, desk.now())
        if batch.kind == "control":
            honoring.told(tx, stream_id=batch.stream_id, body_id=batch.body_id, at=desk.now())
        evidence.append(
            tx, "settled", desk.clock(), desk.actor,
            stream_id=batch.stream_id, epoch=batch.epoch, seq=batch.seq, batch_id=batch.batch_id,
            receipt_id=receipt_id, by=by, destroyed=batch.destroyed,
        )  # fmt: skip


def _later(desk: Desk, batch: outbox.Batch, problem: str, retry_after: str | None) -> None:
    """Full jitter, doubling; the OEM's Retry-After is obeyed as a lower bound."""
    ceiling = min(_WAIT_MAX_S, _WAIT_MIN_S * 2 ** min(batch.attempts, 16))
    wait_s = random.SystemRandom().uniform(0, ceiling)
    if retry_after and retry_after.isascii() and retry_after.isdigit():
        wait_s = max(wait_s, min(int(retry_after), _RETRY_AFTER_MAX_S))
        problem += outbox.ASKED_TO_WAIT
    at = instant(desk.clock() + dt.timedelta(seconds=wait_s))
    with desk.state.transaction() as tx:  # COMMIT POINT later
        outbox.try_later(tx, batch.batch_id, at, problem)


def _stop(desk: Desk, batch: outbox.Batch, problem: str, answer: Answer) -> None:
    with desk.state.transaction() as tx:  # COMMIT POINT stopped
        outbox.quarantine(tx, batch.batch_id, problem)
        if answer.ask_head:
            streams.head_checked(tx, batch.stream_id, None)
        evidence.append(
            tx, "quarantined", desk.clock(), desk.actor,
            stream_id=batch.stream_id, epoch=batch.epoch, seq=batch.seq, batch_id=batch.batch_id, problem=problem,
        )  # fmt: skip
