"""The same e-mail address or phone number under two numbers of the DMS: who says stop under one is held to under the
other. For opt-outs only, and only over columns that a policy in force reads anyway.

Worked out where reading choices ends, before any dataset is read; by keyed hashes, which are all that is kept. An
address that more than five people share is no person's own: it links nobody, and it is raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from agent.core import pages
from agent.core.contacts import SHARED_BY_MOST, Page, kind, perhaps_twice, shared, standing_twice
from agent.state import evidence, links, permission, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks.commitments import commit_choices
from agent.tasks.desk import Desk
from agent.tasks.permission import last_approved
from agent.tasks.standing import stopped_by_links
from agent.tasks.tell import Heard, tell

_FEW = 20_000  # contacts that moved in one reading (2 MB); more, and all are looked at anew

Stops = Mapping[bytes, frozenset[str]]


@dataclass(slots=True)
class MovedContacts:
    """Whose links must be looked at when the reading ends: these contacts, or all of them."""

    few: set[bytes] | None = field(default_factory=set)

    def all(self, tx: Tx) -> None:
        links.begin(tx)
        self.few = None

    def add(self, tx: Tx, moved: set[bytes]) -> None:
        """In the commit that remembers the contacts: whoever is killed before the reading ends looks at all anew."""
        if moved:
            links.begin(tx)
        if self.few is not None:
            self.few |= moved
            if len(self.few) > _FEW:
                self.few = None


def relink(desk: Desk, tx: Tx, moved: MovedContacts) -> None:
    """Whom the contacts that moved link now, and what that means for them at the OEMs."""
    links.finish(tx)
    if moved.few is not None and not moved.few:
        return
    wanted = moved.few
    if wanted is None:
        wanted = _perhaps_shared(tx) | links.every_contact(tx)
    found = shared(_pages(tx), wanted)
    faults = {contact for contact, people in found.items() if len(people) > SHARED_BY_MOST}
    new = links.keep_faults(tx, moved.few, faults, desk.now())
    if new:
        evidence.append(
            tx, "contacts_shared_by_many", desk.clock(), desk.actor,
            addresses=sum(kind(one) == "email" for one in faults), numbers=sum(kind(one) == "phone" for one in faults),
        )  # fmt: skip
    before = links.people_of(tx, wanted)
    now = {contact: people for contact, people in found.items() if contact not in faults}
    if before == now:
        return
    concerned = {one for people in (*before.values(), *now.values()) for one in people}
    stops = stops_by_links(tx, concerned)
    if links.keep(tx, before, now, desk.now()):
        commit_choices(desk, tx)
        tell_linked(desk, tx, concerned, stops, Heard("link", desk.now(), {}))


def stops_by_links(tx: Tx, people: set[bytes]) -> dict[str, Stops]:
    """Stream -> whom it may not send what about, because of somebody they are linked with."""
    return {
        stream.stream_id: stopped_by_links(tx, last_approved(tx, stream.policy), stream, people)
        for stream in streams.streams(tx)
    }


def tell_linked(desk: Desk, tx: Tx, people: set[bytes], before: Mapping[str, Stops], heard: Heard) -> int:
    """Hold back, and tell the OEMs, what has changed since `before`. How many records they are told about."""
    told = 0
    for stream in streams.streams(tx):
        policy = last_approved(tx, stream.policy)
        old, new = before[stream.stream_id], stopped_by_links(tx, policy, stream, people)
        moved = {who: (old.get(who, frozenset()), new.get(who, frozenset())) for who in {*old, *new}}
        changed = {who: (was, is_now) for who, (was, is_now) in moved.items() if was != is_now}
        told += tell(desk, tx, policy, stream, changed, heard) if changed else 0
    return told


def _perhaps_shared(tx: Tx) -> set[bytes]:
    """Policies that read the same contacts of the same people find the same ones: one of them is enough."""
    alike: dict[object, str] = {}
    for policy in sorted({one.name for one in permission.active_policies(tx)}):
        for dataset in last_approved(tx, policy).datasets:
            for rules in (person.choices for person in dataset.people):
                if rules and rules.contacts:
                    columns = tuple(field.ref.column for field in rules.contacts)
                    alike.setdefault((rules.source, rules.table, columns), f"choices/{policy}/{rules.name}")
    scopes = sorted(alike.values())
    total = sum(pages.contacts_in(blob) for scope in scopes for _, blob in memory.each(tx, scope))
    twice = perhaps_twice if len(scopes) == 1 else standing_twice
    return twice(lambda: _pages(tx, scopes), total)


def _pages(tx: Tx, scopes: Iterable[str] | None = None) -> Iterator[Page]:
    """People and their contacts, as they were read last under the policies in force."""
    active = {policy.name for policy in permission.active_policies(tx)}
    for scope in memory.scopes(tx, "choices/") if scopes is None else scopes:
        for _, blob in memory.each(tx, scope) if scope.split("/")[1] in active else ():
            yield pages.contacts_of(blob)
