"""Deliver: claim, announce, push, settle. The claim asks once more what may leave at this moment; its commit is the
point after which the bytes never change. Control goes before data, one batch is in flight per stream.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from typing import Literal, Protocol

from agent import __version__
from agent.core import bodies, merkle, pages
from agent.core.answers import Answer, WireError, meaning
from agent.core.heads import RequestClaims, StreamHead, head_path, read_reply
from agent.core.jws import JWK, KeyFinder
from agent.core.manifest import (
    AccessClaim,
    Claims,
    Coverage,
    PolicyClaim,
    RecipientMay,
    Window,
)
from agent.core.receipt import read_receipt
from agent.core.ruleset import PolicyRules, Ruleset
from agent.core.schemas import type_text
from agent.core.seal import SealedBatch, open_batch, seal
from agent.errors import DeliveryError, SealError
from agent.keys.atrest import Sealed
from agent.state import evidence, outbox, permission, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks.desk import Desk, instant
from agent.tasks.extract import discard, opened_body, pages_with

_WAIT_MIN_S, _WAIT_MAX_S = 5, 15 * 60
_RETRY_AFTER_MAX_S = 24 * 3600


class Reply(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def problem(self) -> str: ...
    @property
    def retry_after(self) -> str | None: ...


class Recipient(Protocol):
    """The OEM's side of a stream. `push` raises DeliveryError when no answer came: it may or may not have arrived."""

    def push(self, batch: SealedBatch) -> Reply: ...
    def head(self, stream_id: str, now_s: int, jti: str) -> Reply: ...


Outcome = Literal["settled", "waiting", "stopped", "idle"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one attempt on a stream came to. `said`: the OEM's problem or ours, in our words."""

    outcome: Outcome
    batch_id: str = ""
    kind: str = ""
    dataset: str = ""
    lines: int = 0
    said: str = ""


def deliver_next(desk: Desk, ruleset: Ruleset, stream_id: str, recipient: Recipient) -> Delivery:
    """One step on a stream: compare heads if that is still to be done, then send what is in flight or comes next."""
    with desk.state.reading() as tx:
        stream = streams.get(tx, stream_id)
        if permission.paused(tx, stream.recipient):
            return Delivery("waiting", said="paused")
    policy = ruleset.policy(stream.policy)
    if policy is None:
        return Delivery("stopped", said="no approved policy is in force")
    if stream.head_checked_at is None:
        said = confirm_head(desk, stream, recipient)
        if said:
            return Delivery("stopped", said=said)
    batch, sealed = _in_flight(desk, stream) or _claim(desk, policy, stream_id) or (None, None)
    if batch is None or sealed is None:
        return Delivery("idle")
    if batch.state == "quarantined" or batch.next_try_at > desk.now():
        return Delivery("stopped" if batch.state == "quarantined" else "waiting", batch.batch_id, said=batch.problem)
    return _push(desk, stream, batch, sealed, recipient)


def confirm_head(desk: Desk, stream: streams.Stream, recipient: Recipient) -> str:
    """Compare our head with the OEM's once after start; until then state counts as restored. Empty, or why it stops."""
    now_s, jti = int(desk.clock().timestamp()), f"{random.SystemRandom().getrandbits(128):032x}"
    request = RequestClaims(
        aud=stream.recipient, stream_id=stream.stream_id, path=head_path(stream.stream_id), iat=now_s, jti=jti
    )
    reply = recipient.head(stream.stream_id, now_s, jti)
    if reply.status != 200:
        answer = meaning(reply.status, reply.problem)
        raise DeliveryError(
            "FG-D10", f"{stream.recipient} did not tell where the stream stands ({_said(answer, reply)})", answer.advice
        )
    head = read_reply(StreamHead, reply.body.decode("ascii", "replace"), request, oem_keys(desk, stream.recipient))
    with desk.state.transaction() as tx:
        verdict = _compared(tx, streams.get(tx, stream.stream_id), head)
        if verdict == "same":
            streams.head_checked(tx, stream.stream_id, desk.now())
        evidence.append(
            tx, "head_compared", desk.clock(), desk.actor,
            stream_id=stream.stream_id, epoch=head.epoch, seq=head.seq, verdict=verdict,
        )  # fmt: skip
    return "" if verdict == "same" else f"{verdict}: run `fieldgate resync`"


def _compared(tx: Tx, stream: streams.Stream, head: StreamHead) -> str:
    flying = outbox.in_flight(tx, stream.stream_id)
    arrived = stream.next_seq - 1
    if flying and head.seq == flying.seq - 1:
        row = tx.row(
            "select manifest_sha256 from batches where stream_id = ? and epoch = ? and seq = ?",
            (stream.stream_id, stream.epoch, head.seq),
        )
        expected, arrived = (str(row[0]) if row else None), head.seq
    else:
        expected = stream.prev or None
    if (head.epoch, head.seq) not in ((stream.epoch, arrived), (0, 0)) or (head.seq == 0 and arrived != 0):
        ahead = (head.epoch, head.seq) > (stream.epoch, arrived)
        return "the OEM is ahead of this state file" if ahead else "the OEM is behind this state file"
    return "same" if head.manifest_sha256 == expected else "the OEM holds another history of this stream"


def _in_flight(desk: Desk, stream: streams.Stream) -> tuple[outbox.Batch, SealedBatch] | None:
    """The batch that waits for its receipt, opened and checked against its own manifest before it goes out again."""
    with desk.state.reading() as tx:
        batch = outbox.in_flight(tx, stream.stream_id)
    if batch is None:
        return None
    if batch.body_key is None or batch.content is None:
        raise SealError("FG-K10", f"batch {batch.batch_id} has lost its content", "run `fieldgate resync`")
    content = desk.atrest.open(Sealed(batch.body_key, batch.content), _batch_aad(batch.batch_id))
    own = {desk.signer.kid: desk.signer.jwk}
    try:
        return batch, open_batch(batch.manifest, content, own.get).sealed
    except WireError:
        raise SealError(
            "FG-K11",
            f"batch {batch.batch_id} is not what was announced: its bytes in the state file have changed",
            "stop the agent, put the last backup in its place, and run `fieldgate resync`",
        ) from None


# Claim ---------------------------------------------------------------------------------------------------------------


def _claim(desk: Desk, policy: PolicyRules, stream_id: str) -> tuple[outbox.Batch, SealedBatch] | None:
    """The next body that still has something to say becomes a batch."""
    while True:
        with desk.state.transaction() as tx:
            stream = streams.get(tx, stream_id)
            body = outbox.next_body(tx, stream_id)
            if body is None:
                return None
            if body.kind == "data" and body.policy_sha256 != policy.sha256:
                discard(desk, tx, body, "another policy version is in force")
                continue
            content = opened_body(desk, body)
            leaving = content if body.kind == "control" else _still_allowed(tx, policy, body, content)
            if not leaving.lines:
                discard(desk, tx, body, "nothing of it may leave any more")
                continue
            return _announce(desk, tx, policy, stream, body, leaving, body.lines - len(leaving.lines))  # COMMIT POINT


def _still_allowed(tx: Tx, policy: PolicyRules, body: outbox.Body, content: bodies.BodyContent) -> bodies.BodyContent:
    """Only lines that are the newest truth about their record, and whose people have not refused since it was made."""
    ids, nonces = pages.split(content.ids), pages.split(content.nonces)
    known: dict[bytes, bytes] = {}
    for _, entries in pages_with(tx, body, set(ids)):
        known.update(zip(entries.ids, entries.nonces, strict=True))
    people = [pages.split(joined) for joined in content.persons_by_line()]
    refusing = memory.refusing(tx, policy.name, {one for row in people for one in row})
    barred = {who for who, (channels, n) in refusing.items() if "everything" in channels or n > body.choices_n}
    return content.pick(
        [
            known.get(record_id) == nonce and barred.isdisjoint(row)
            for record_id, nonce, row in zip(ids, nonces, people, strict=True)
        ]
    )


def _announce(
    desk: Desk,
    tx: Tx,
    policy: PolicyRules,
    stream: streams.Stream,
    body: outbox.Body,
    content: bodies.BodyContent,
    removed: int,
) -> tuple[outbox.Batch, SealedBatch]:
    batch_id = f"{random.SystemRandom().getrandbits(128):032x}"
    joined = b"".join(content.lines)
    leaves = merkle.leaf_hashes(joined)
    sealed = seal(joined, _claims(desk, tx, policy, stream, body, batch_id), desk.signer.sign, leaves)
    stored = desk.atrest.seal(joined, _batch_aad(batch_id))
    now = desk.now()
    batch = outbox.Batch(
        batch_id=batch_id,
        stream_id=stream.stream_id,
        epoch=stream.epoch,
        seq=stream.next_seq,
        kind=body.kind,
        dataset=body.dataset,
        lines=len(content.lines),
        manifest=sealed.jws,
        manifest_sha256=sealed.manifest_sha256,
        content_sha256=sealed.manifest.content_sha256,
        audit_head=sealed.manifest.audit_head,
        leaves=b"".join(leaves),
        body_key=stored.wrapped_key,
        content=stored.ciphertext,
        state="announced",
        attempts=0,
        next_try_at=now,
        problem="",
        announced_at=now,
    )
    outbox.announce(tx, batch, body.body_id, _disclosure(desk, policy, body, content, batch_id))
    if body.kind == "data":
        for page_id, entries in pages_with(tx, body, set(pages.split(content.ids))):
            pages.mark_held(entries, pages.split(content.ids))
            memory.update(tx, page_id, entries.encode())
    streams.advance(tx, stream, sealed.manifest_sha256)
    evidence.append(
        tx, "announced", desk.clock(), desk.actor,
        stream_id=stream.stream_id, epoch=stream.epoch, seq=batch.seq, batch_id=batch_id, kind=body.kind,
        lines=batch.lines, removed=removed, manifest_sha256=batch.manifest_sha256,
        content_sha256=batch.content_sha256,
    )  # fmt: skip
    return batch, sealed


def _disclosure(
    desk: Desk, policy: PolicyRules, body: outbox.Body, content: bodies.BodyContent, batch_id: str
) -> outbox.Disclosure | None:
    rules = policy.dataset(body.dataset)
    if body.kind != "data" or rules is None:
        return None
    keys = desk.atrest.seal(b"".join(content.keys), f"keys|{batch_id}|{body.dataset}".encode())
    return outbox.Disclosure(
        batch_id=batch_id,
        dataset=body.dataset,
        fields=" ".join(field.name for field in rules.fields),
        purpose=policy.purpose,
        policy=policy.name,
        policy_version=policy.version,
        records=len(content.lines),
        ids=content.ids,
        people=content.people,
        persons=content.persons,
        keys_key=keys.wrapped_key,
        keys=keys.ciphertext,
    )


def _claims(
    desk: Desk, tx: Tx, policy: PolicyRules, stream: streams.Stream, body: outbox.Body, batch_id: str
) -> Claims:
    rules = policy.dataset(body.dataset)
    run = memory.run(tx, f"{stream.stream_id}/{body.dataset}")
    dealer_code = desk.config.stores.get(stream.store)
    access = evidence.access_record(tx, rules.source if rules else next(iter(desk.config.sources)))
    if access is None or dealer_code is None:
        raise SealError(
            "FG-K12",
            "no access record is kept for this stream, or agent.yaml lost its store",
            "run `fieldgate run --once` again",
        )
    return Claims(
        iss=dealer_code,
        aud=stream.recipient,
        dealer_code=dealer_code,
        store=stream.store,
        stream_id=stream.stream_id,
        instance_id=desk.instance_id,
        epoch=stream.epoch,
        seq=stream.next_seq,
        batch_id=batch_id,
        kind="control" if body.kind == "control" else "data",
        prev=stream.prev or None,
        coverage={body.dataset: Coverage(eligible=run.rows, sent=run.sent, withheld=run.withheld)} if run else None,
        policy=PolicyClaim(name=policy.name, version=policy.version, sha256=policy.sha256),
        approvals_sha256=policy.approvals_sha256,
        roll_sha256=policy.roll_sha256,
        roll_version=policy.roll_version,
        floor_sha256=policy.floor_sha256,
        access=AccessClaim(status=access[0], sha256=access[1]),  # type: ignore[arg-type]  # decode() checks it
        schemas={rules.name: {field.name: type_text(field) for field in rules.fields}}
        if rules and body.kind == "data"
        else {},
        purpose=policy.purpose,
        single_officer=policy.single_officer,
        recipient_may=RecipientMay(keep_for_months=policy.keep_for_months, pass_on_to=list(policy.pass_on_to)),
        opt_outs_through=int(stream.opt_outs_through or 0),
        window=Window(from_at=body.window_from, to_at=body.window_to),
        audit_head=evidence.head(tx)[1],
        agent_version=__version__,
        iat=int(desk.clock().timestamp()),
    )


def _batch_aad(batch_id: str) -> bytes:
    return f"batch|{batch_id}".encode()


# Push and settle -----------------------------------------------------------------------------------------------------


def oem_keys(desk: Desk, recipient: str) -> KeyFinder:
    """The receipt keys pinned at enrollment."""
    with desk.state.reading() as tx:
        enrolled = streams.enrollment(tx, recipient)
    known: dict[str, JWK] = dict(enrolled.jwks) if enrolled else {}
    return known.get


def _push(
    desk: Desk, stream: streams.Stream, batch: outbox.Batch, sealed: SealedBatch, recipient: Recipient
) -> Delivery:
    about = (batch.batch_id, batch.kind, batch.dataset, batch.lines)
    try:
        reply = recipient.push(sealed)
    except DeliveryError as error:
        _later(desk, batch, error.code, None)
        return Delivery("waiting", *about, said=error.what)
    answer = meaning(reply.status, reply.problem)
    if answer.action == "settle":
        try:
            receipt = read_receipt(reply.body.decode("ascii", "replace"), sealed, oem_keys(desk, stream.recipient))
        except SealError as error:
            _later(desk, batch, error.code, None)
            return Delivery("waiting", *about, said=error.what)
        _settle(desk, batch, receipt.receipt_id, reply.body.decode("ascii"))
        return Delivery("settled", *about)
    said = _said(answer, reply)
    if answer.action == "retry":
        _later(desk, batch, said, reply.retry_after)
        return Delivery("waiting", *about, said=said)
    _stop(desk, batch, said, answer)
    return Delivery("stopped", *about, said=said)


def _said(answer: Answer, reply: Reply) -> str:
    return answer.problem or f"HTTP {reply.status}"


def _settle(desk: Desk, batch: outbox.Batch, receipt_id: str, receipt: str) -> None:
    with desk.state.transaction() as tx:  # COMMIT POINT: the OEM has it
        outbox.settle(tx, batch.batch_id, receipt, desk.now())
        evidence.append(
            tx, "settled", desk.clock(), desk.actor,
            stream_id=batch.stream_id, epoch=batch.epoch, seq=batch.seq, batch_id=batch.batch_id,
            receipt_id=receipt_id, by="receipt",
        )  # fmt: skip


def _later(desk: Desk, batch: outbox.Batch, problem: str, retry_after: str | None) -> None:
    """Full jitter, doubling; the OEM's Retry-After is obeyed as a lower bound."""
    ceiling = min(_WAIT_MAX_S, _WAIT_MIN_S * 2 ** min(batch.attempts, 16))
    wait_s = random.SystemRandom().uniform(0, ceiling)
    if retry_after and retry_after.isdigit():
        wait_s = max(wait_s, min(int(retry_after), _RETRY_AFTER_MAX_S))
    at = instant(desk.clock() + dt.timedelta(seconds=wait_s))
    with desk.state.transaction() as tx:
        outbox.try_later(tx, batch.batch_id, at, problem)


def _stop(desk: Desk, batch: outbox.Batch, problem: str, answer: Answer) -> None:
    with desk.state.transaction() as tx:
        outbox.quarantine(tx, batch.batch_id, problem)
        if answer.ask_head:
            streams.head_checked(tx, batch.stream_id, None)
        evidence.append(
            tx, "quarantined", desk.clock(), desk.actor,
            stream_id=batch.stream_id, epoch=batch.epoch, seq=batch.seq, batch_id=batch.batch_id, problem=problem,
        )  # fmt: skip
