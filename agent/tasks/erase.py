"""Erase a person: every stream that ever received anything is asked to delete it, what waits about them is destroyed,
and so are the source keys of what was sent. The hash that keeps them from coming back stays, and the evidence."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from agent.core import pages
from agent.core.facts import EVERY_PURPOSE, EVERYTHING, GROUP, Fact
from agent.keys.atrest import Sealed
from agent.state import choices, disclosures, evidence, outbox, requests, streams
from agent.state import pages as memory
from agent.state.choices import Said
from agent.state.store import Tx
from agent.tasks.claim import disclosed_keys, keys_aad
from agent.tasks.commitments import commit_choices
from agent.tasks.desk import Desk
from agent.tasks.outgoing import Told, discard, enqueue_control, opened_body
from agent.tasks.permission import last_approved
from agent.tasks.persons import subjects_of
from agent.tasks.todo import note_said


@dataclass(frozen=True, slots=True)
class Erased:
    request_id: str
    streams: int
    records: int


def erase(desk: Desk, number: str) -> Erased:
    """Ask for the deletion everywhere, in one commit. Asking again asks again: an OEM may have been restored since."""
    request_id = f"erase-{secrets.token_hex(6)}"
    with desk.state.transaction() as tx:  # COMMIT POINT erased: fact, retractions and destruction
        subjects = frozenset(subjects_of(desk, tx, number))
        fact = Fact("erased", EVERY_PURPOSE, EVERYTHING, GROUP, desk.now())
        note_said(tx, choices.append(tx, [Said(one, fact, "dealer") for one in sorted(subjects)], desk.now()))
        commit_choices(desk, tx)
        requests.open_request(tx, request_id, "erase", desk.now(), {}, subject=min(subjects))
        sent = list(disclosures.of_people(tx, subjects))
        wanted: defaultdict[tuple[str, str], set[bytes]] = defaultdict(set)
        for one in sent:
            wanted[one.stream_id, one.dataset].update(one.ids)
        discarded = _discard(desk, tx, subjects)
        for (stream_id, dataset), ids in sorted(wanted.items()):
            ask_deletion(desk, tx, request_id, stream_id, dataset, ids)
        _forget_pages(tx, subjects)
        for one in sent:
            _destroy_keys(desk, tx, one)
        done = Erased(request_id, len({stream for stream, _ in wanted}), sum(map(len, wanted.values())))
        evidence.append(
            tx, "person_erased", desk.clock(), desk.actor,
            request=request_id, streams=done.streams, records=done.records, discarded=discarded,
        )  # fmt: skip
    return done


def ask_deletion(desk: Desk, tx: Tx, request_id: str, stream_id: str, dataset: str, ids: Iterable[bytes]) -> None:
    """Queue retractions with `erase`, in front of all data, and keep track of their receipt."""
    stream = streams.get(tx, stream_id)
    asked, scope = set(ids), f"{stream_id}/{dataset}"
    told: Told = [("erase", one, None) for one in sorted(asked)]
    elsewhere = set(asked)
    for page_id, blob in memory.each(tx, scope):
        entries = pages.decode(blob)
        if pages.retracted(entries, asked):
            memory.update(tx, page_id, entries.encode())
            elsewhere.difference_update(entries.ids)
    if elsewhere:  # their rows are lost: should one come back, it comes behind its lift as well
        memory.keep_gone(tx, scope, memory.gone(tx, scope) | elsewhere)
    body_id = enqueue_control(desk, tx, last_approved(tx, stream.policy), stream, dataset, told)
    requests.ask(tx, request_id, stream_id, dataset, len(told), body_id)


def _discard(desk: Desk, tx: Tx, subjects: frozenset[bytes]) -> int:
    """What waits with them in it is destroyed; the others of these bodies are read again."""
    count = 0
    for body in outbox.bodies(tx):
        if body.kind == "data":
            content = opened_body(desk, body)
            if not subjects.isdisjoint((*pages.split(content.persons), *pages.split(content.ids))):
                discard(desk, tx, body, "somebody in it is erased")
                count += 1
    return count


def _forget_pages(tx: Tx, subjects: frozenset[bytes]) -> None:
    """Nothing about them may leave in any version made until now."""
    for stream in streams.streams(tx):
        for scope in memory.scopes(tx, f"{stream.stream_id}/"):
            if not scope.endswith("/gone"):
                for page_id, blob in memory.each(tx, scope):
                    entries = pages.decode(blob)
                    pages.stop_people(entries, subjects, whole=False)
                    if entries.encode() != blob:
                        memory.update(tx, page_id, entries.encode())


def _destroy_keys(desk: Desk, tx: Tx, left: disclosures.Left) -> None:
    told = outbox.disclosure(tx, left.batch_id)
    if told is None or told.keys_key is None or told.keys is None:
        return
    aad = keys_aad(left.batch_id, left.dataset)
    keys: list[bytes] = msgspec.msgpack.decode(desk.atrest.open(Sealed(told.keys_key, told.keys), aad))
    gone = set(left.ids)
    kept = [b"" if one in gone else key for one, key in zip(pages.split(told.ids), keys, strict=True)]
    sealed = desk.atrest.seal(disclosed_keys(kept), aad)
    outbox.keep_keys(tx, left.batch_id, left.dataset, sealed.wrapped_key, sealed.ciphertext)
