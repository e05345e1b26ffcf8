"""Claim: ask once more what may leave at this moment, give it its `seq`, sign it. The commit in here is the point after
which the bytes never change."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from msgspec import UNSET

from agent import __version__
from agent.core import bodies, merkle, pages
from agent.core.ids import SIZE
from agent.core.manifest import AccessClaim, Claims, Coverage, Kind, PolicyClaim, RecipientMay, Window
from agent.core.packing import packed
from agent.core.ruleset import PolicyRules
from agent.core.schemas import type_text
from agent.core.seal import SealedBatch, seal_packed
from agent.errors import SealError
from agent.state import choices, evidence, outbox, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks.commitments import confirm
from agent.tasks.desk import Desk
from agent.tasks.holds import held_fields
from agent.tasks.outgoing import discard, forget, opened_body, pages_with
from agent.tasks.standing import refusing


def claim(
    desk: Desk, policy: PolicyRules, stream_id: str, *, control_only: bool = False
) -> tuple[outbox.Batch, SealedBatch] | None:
    """The next body that still has something to say becomes a batch. `control_only`: while data is refused, what people
    said still leaves, under the last approved policy's identity."""
    while True:
        with desk.state.reading() as tx:
            judged = not control_only and outbox.has_data(tx, stream_id)
        if judged:  # a quiet night does not read every refusal
            desk.spoken.catch_up(desk.state)
        with desk.state.transaction() as tx:  # COMMIT POINT announced: from here on the bytes never change
            confirm(desk, tx)
            stream = streams.get(tx, stream_id)
            body = outbox.next_body(tx, stream_id)
            if body is None or (control_only and body.kind == "data"):
                return None
            if body.kind == "data" and body.policy_sha256 != policy.sha256:
                discard(desk, tx, body, "another policy version is in force")
                continue
            content = opened_body(desk, body)
            leaving = content if body.kind == "control" else _still_allowed(desk, tx, policy, stream, body, content)
            if not leaving.count:
                discard(desk, tx, body, "nothing of it may leave any more")
                continue
            if leaving.count < body.lines:
                forget(tx, body, content, but=leaving)
            return _announce(desk, tx, policy, stream, body, leaving)


def _still_allowed(
    desk: Desk,
    tx: Tx,
    policy: PolicyRules,
    stream: streams.Stream,
    body: outbox.Body,
    content: bodies.PackedBody,
) -> bodies.PackedBody:
    """Only lines that are the newest truth about their record, and whose people have not refused since it was made."""
    keep = [True] * content.count if _page_of(tx, body, content) else _newest(tx, body, content)
    newer = choices.newer(tx, body.choices_n)
    spoke = newer.intersection(pages.split(content.ids)) if newer else set()  # records that have nobody
    perhaps = desk.spoken.among(tx, pages.split(content.persons), body.choices_n)
    found = refusing(tx, policy, stream, perhaps | spoke)
    barred = {who for who, (channels, n) in found.items() if "everything" in channels or n > body.choices_n}
    if barred:
        ids = pages.split(content.ids)
        rows = pages.split(content.persons, SIZE * content.people) if content.people else [b""] * len(ids)
        keep = [
            may and record_id not in barred and barred.isdisjoint(pages.split(row))
            for may, record_id, row in zip(keep, ids, rows, strict=True)
        ]
    return content.pick(keep)


def _page_of(tx: Tx, body: outbox.Body, content: bodies.PackedBody) -> bytes | None:
    """The page this body came from, where it still begins with exactly these lines."""
    page = memory.entries(tx, body.page_id)
    return page if page and pages.begins_with(page, content.ids, content.nonces) else None


def _newest(tx: Tx, body: outbox.Body, content: bodies.PackedBody) -> list[bool]:
    """Which lines are the newest truth about their record, wherever it is remembered by now."""
    ids, nonces = pages.split(content.ids), pages.split(content.nonces)
    remembered = [entries for _, entries in pages_with(tx, body, set(ids))]
    if len(remembered) == 1:
        return pages.still_current(remembered[0], ids, nonces)
    known = {i: n for entries in remembered for i, n in zip(entries.ids, entries.nonces, strict=True)}
    return [known.get(record_id) == nonce for record_id, nonce in zip(ids, nonces, strict=True)]


def _mark_held(tx: Tx, body: outbox.Body, content: bodies.PackedBody) -> None:
    page = _page_of(tx, body, content)
    if page:
        memory.update(tx, body.page_id, pages.held_in_front(page, content.count), reread=None)
        return
    ids = pages.split(content.ids)
    for page_id, entries in pages_with(tx, body, set(ids)):
        pages.mark_held(entries, ids)
        memory.update(tx, page_id, entries.encode(), reread=None)


def _announce(
    desk: Desk,
    tx: Tx,
    policy: PolicyRules,
    stream: streams.Stream,
    body: outbox.Body,
    content: bodies.PackedBody,
) -> tuple[outbox.Batch, SealedBatch]:
    batch_id = new_id()
    kind: Kind = "control" if body.kind == "control" else "data"
    window = Window(from_at=body.window_from, to_at=body.window_to)
    said = claims(desk, tx, policy, stream, body.dataset, batch_id, kind=kind, window=window)
    sealed = seal_packed(content.wire, content.description(), said, desk.signer.sign)
    batch = replace(batch_of(desk, tx, sealed, policy, body.dataset, content.leaves), body_id=body.body_id)
    held = held_fields(tx, stream.stream_id, body.dataset)
    outbox.announce(tx, batch, body.body_id, _disclosure(desk, policy, body, content, batch_id, held))
    if body.kind == "data":
        _mark_held(tx, body, content)
    streams.advance(tx, stream, sealed.manifest_sha256)
    evidence.append(
        tx, "announced", desk.clock(), desk.actor,
        stream_id=stream.stream_id, epoch=stream.epoch, seq=batch.seq, batch_id=batch_id, kind=body.kind,
        lines=batch.lines, removed=body.lines - batch.lines, manifest_sha256=batch.manifest_sha256,
        content_sha256=batch.content_sha256,
    )  # fmt: skip
    return batch, sealed


def batch_of(
    desk: Desk, tx: Tx, sealed: SealedBatch, policy: PolicyRules, dataset: str, leaves: bytes = b""
) -> outbox.Batch:
    """A sealed batch as the outbox keeps it until its receipt: announced, due now, its content encrypted."""
    m = sealed.manifest
    stored = desk.atrest.seal(sealed.wire or packed(sealed.content), batch_aad(m.batch_id))
    now = desk.now()
    return outbox.Batch(
        batch_id=m.batch_id,
        stream_id=m.stream_id,
        epoch=m.epoch,
        seq=m.seq,
        kind=m.kind,
        dataset=dataset,
        lines=len(leaves) // merkle.SIZE,
        manifest=sealed.jws,
        manifest_sha256=sealed.manifest_sha256,
        content_sha256=m.content_sha256,
        audit_head=m.audit_head,
        leaves=leaves,
        body_key=stored.wrapped_key,
        content=stored.ciphertext,
        state="announced",
        attempts=0,
        next_try_at=now,
        problem="",
        choices_n=memory.choices_n(tx),
        policy_sha256=policy.sha256,
        announced_at=now,
    )


def keys_aad(batch_id: str, dataset: str) -> bytes:
    return f"keys|{batch_id}|{dataset}".encode()


def disclosed_keys(keys: Sequence[bytes]) -> bytes:
    """The source keys of what was sent, line by line, each a msgpack array; an empty one has been destroyed."""
    return msgspec.msgpack.encode(list(keys))


def _disclosure(
    desk: Desk,
    policy: PolicyRules,
    body: outbox.Body,
    content: bodies.PackedBody,
    batch_id: str,
    held: frozenset[str],
) -> outbox.Disclosure | None:
    """What left, for everybody who asks later. A held field is not in any body that still waits."""
    rules = policy.dataset(body.dataset)
    if body.kind != "data" or rules is None:
        return None
    keys = desk.atrest.seal(disclosed_keys(content.keys), keys_aad(batch_id, body.dataset))
    return outbox.Disclosure(
        batch_id=batch_id,
        dataset=body.dataset,
        fields=" ".join(field.name for field in rules.fields if field.name not in held),
        purpose=policy.purpose,
        policy=policy.name,
        policy_version=policy.version,
        records=content.count,
        ids=content.ids,
        people=content.people,
        persons=content.persons,
        keys_key=keys.wrapped_key,
        keys=keys.ciphertext,
    )


def claims(
    desk: Desk,
    tx: Tx,
    policy: PolicyRules,
    stream: streams.Stream,
    dataset: str,
    batch_id: str,
    *,
    kind: Kind,
    window: Window | None,
    replaces: str | None = None,
) -> Claims:
    """Everything a manifest says that is not computed from the body."""
    rules = policy.dataset(dataset)
    run = memory.run(tx, f"{stream.stream_id}/{dataset}")
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
        kind=kind,
        prev=stream.prev or None,
        coverage={dataset: Coverage(eligible=run.rows, sent=run.sent, withheld=run.withheld)} if run else None,
        policy=PolicyClaim(name=policy.name, version=policy.version, sha256=policy.sha256),
        approvals_sha256=policy.approvals_sha256,
        roll_sha256=policy.roll_sha256,
        roll_version=policy.roll_version,
        floor_sha256=policy.floor_sha256,
        access=AccessClaim(status=access[0], sha256=access[1]),  # type: ignore[arg-type]  # decode() checks it
        schemas={rules.name: {field.name: type_text(field) for field in rules.fields}}
        if rules and kind == "data"
        else {},
        purpose=policy.purpose,
        single_officer=policy.single_officer,
        recipient_may=RecipientMay(keep_for_months=policy.keep_for_months, pass_on_to=list(policy.pass_on_to)),
        opt_outs_through=int(stream.opt_outs_through or 0),
        window=window,
        audit_head=evidence.head(tx)[1],
        agent_version=__version__,
        iat=int(desk.clock().timestamp()),
        replaces=replaces if replaces else UNSET,
    )


def new_id() -> str:
    """128 random bits, hex."""
    return f"{random.SystemRandom().getrandbits(128):032x}"


def batch_aad(batch_id: str) -> bytes:
    return f"batch|{batch_id}".encode()
