"""What waits to leave: bodies put into the outbox, opened, and taken out again. Control bodies and data bodies are made
here only, each with its audit entry *prepared* in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from agent.core import bodies, pages
from agent.core.audit import digest
from agent.core.lines import Scope
from agent.core.ruleset import PolicyRules
from agent.state import evidence, outbox, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks.desk import Desk

Told = list[tuple[str, bytes, Scope | None]]


class BodyPlace(Protocol):
    """Where a body's records are remembered: a Body, or what is kept of it in a batch."""

    @property
    def stream_id(self) -> str: ...
    @property
    def dataset(self) -> str: ...
    @property
    def page_id(self) -> int: ...


def body_aad(body_stream: str, kind: str, dataset: str, prepared_at: str) -> bytes:
    return f"body|{body_stream}|{kind}|{dataset}|{prepared_at}".encode()


def discard(desk: Desk, tx: Tx, body: outbox.Body, reason: str) -> None:
    """Drop a waiting body and forget that its records were enqueued, so that the next reading judges them anew."""
    if body.kind == "data":
        forget(tx, body, opened_body(desk, body))
    outbox.drop_body(tx, body.body_id)
    evidence.append(
        tx, "discarded", desk.clock(), desk.actor,
        stream_id=body.stream_id, body_id=body.body_id, reason=reason, lines=body.lines,
        destroyed=len(body.body),
    )  # fmt: skip


def forget(tx: Tx, body: outbox.Body, content: bodies.PackedBody, *, but: bodies.PackedBody | None = None) -> None:
    """These lines will not leave (`but` those that do): their records count as never enqueued."""
    waiting = dict(zip(pages.split(content.ids), pages.split(content.nonces), strict=True))
    for leaving in pages.split(but.ids) if but else ():
        waiting.pop(leaving, None)
    for page_id, entries in pages_with(tx, body, set(waiting)):
        for i, record_id in enumerate(entries.ids):
            if waiting.get(record_id) == entries.nonces[i]:
                entries.nonces[i] = bytes(16)
        memory.update(tx, page_id, entries.encode())


def pages_with(tx: Tx, body: BodyPlace, ids: set[bytes]) -> Iterator[tuple[int, pages.Entries]]:
    """The remembered pages that hold these records: usually the one the body came from."""
    left = set(ids)
    first = memory.entries(tx, body.page_id)
    candidates: Iterable[tuple[int, bytes]] = [(body.page_id, first)] if first else []
    for source in (candidates, memory.each(tx, f"{body.stream_id}/{body.dataset}")):
        for page_id, blob in source:
            if not left:
                return
            entries = pages.decode(blob)
            found = left.intersection(entries.ids)
            if found:
                left -= found
                yield page_id, entries


def opened_body(desk: Desk, body: outbox.Body) -> bodies.PackedBody:
    """What waits, decrypted; its lines are still packed."""
    from agent.keys.atrest import Sealed

    aad = body_aad(body.stream_id, body.kind, body.dataset, body.prepared_at)
    return bodies.decode_packed(desk.atrest.open(Sealed(body.body_key, body.body), aad))


def enqueue_control(desk: Desk, tx: Tx, policy: PolicyRules, stream: streams.Stream, dataset: str, told: Told) -> int:
    """Queue what the OEM must be told, in this order; the id of the last body, 0 for nothing."""
    last = 0
    if told:
        key = desk.store.secret(f"stream:{stream.stream_id}:nonce")
        for content in bodies.control_bodies(key, dataset, told):
            last = enqueue(desk, tx, policy, stream, "control", dataset, content, 0)
    return last


def enqueue(
    desk: Desk,
    tx: Tx,
    policy: PolicyRules,
    stream: streams.Stream,
    kind: str,
    dataset: str,
    content: bodies.BodyContent,
    page_id: int,
) -> int:
    now = desk.now()
    packed = bodies.pack(content)
    sealed = desk.atrest.seal(bodies.encode(packed), body_aad(stream.stream_id, kind, dataset, now))
    run = memory.run(tx, f"{stream.stream_id}/{dataset}")
    body_id = outbox.enqueue(
        tx,
        outbox.Body(
            stream_id=stream.stream_id,
            kind=kind,
            dataset=dataset,
            policy_sha256=policy.sha256,
            page_id=page_id,
            lines=len(content.lines),
            size=sum(map(len, content.lines)),
            window_from=run.started_at if run else now,
            window_to=now,
            choices_n=memory.choices_n(tx),
            body_key=sealed.wrapped_key,
            body=sealed.ciphertext,
            prepared_at=now,
        ),
    )
    evidence.append(
        tx, "prepared", desk.clock(), desk.actor,
        stream_id=stream.stream_id, dataset=dataset, body_id=body_id, kind=kind, lines=len(content.lines),
        content_sha256=packed.described.content_sha256 if packed.described else digest(b"".join(content.lines)),
    )  # fmt: skip
    return body_id
