"""Taking in what people said: the facts, the records they hold back, and what the OEMs must be told, in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.core import pages
from agent.core.ruleset import PolicyRules
from agent.state import choices, links, streams
from agent.state import pages as memory
from agent.state.choices import Said
from agent.state.store import Tx
from agent.tasks.commitments import commit_choices
from agent.tasks.desk import Desk
from agent.tasks.permission import last_approved
from agent.tasks.standing import stopped_by_facts
from agent.tasks.tell import Heard, tell
from agent.tasks.todo import note_said

_NOTHING: tuple[frozenset[str], int] = (frozenset(), 0)


@dataclass(frozen=True, slots=True)
class Taken:
    """`facts` that were new, the `people` they are about, and how many records some OEM is told about."""

    facts: int
    people: int
    told: int


def take(desk: Desk, tx: Tx, said: Sequence[Said]) -> Taken:
    """Append facts and act on them, on every stream: also of policies that have ended."""
    subjects = {one.subject for one in said}
    subjects |= {other for others in links.of(tx, subjects).values() for other in others}
    places = [(last_approved(tx, stream.policy), stream) for stream in streams.streams(tx)]
    before = [stopped_by_facts(tx, policy, stream, subjects) for policy, stream in places]
    added = choices.append(tx, said, desk.now())
    commit_choices(desk, tx)
    told = 0
    heard = Heard(said[0].source if said else "", desk.now(), {one.subject: one.fact.happened_at for one in added})
    for (policy, stream), then in zip(places, before, strict=True) if added else ():
        now = stopped_by_facts(tx, policy, stream, subjects)
        moved = {who: (then.get(who, _NOTHING)[0], now.get(who, _NOTHING)[0]) for who in subjects}
        changed = {who: (old, new) for who, (old, new) in moved.items() if old != new}
        told += tell(desk, tx, policy, stream, changed, heard)
        _read_again(tx, policy, stream, frozenset(subjects))
    note_said(tx, added)
    return Taken(len(added), len({one.subject for one in added}), told)


def _read_again(tx: Tx, policy: PolicyRules, stream: streams.Stream, subjects: frozenset[bytes]) -> None:
    """No row of theirs has changed, and yet what may leave of it may have: a yes that began or ran out."""
    for dataset in policy.datasets:
        for page_id, blob in memory.each(tx, f"{stream.stream_id}/{dataset.name}"):
            if pages.concerns(pages.decode(blob), subjects):
                memory.mark(tx, page_id)
