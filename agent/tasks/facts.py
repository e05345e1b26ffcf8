"""Taking in what people said: the facts, the records they hold back, and what the OEMs must be told, in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.core.ruleset import PolicyRules
from agent.state import choices, streams
from agent.state.choices import Said
from agent.state.store import Tx
from agent.tasks.desk import Desk
from agent.tasks.permission import last_approved
from agent.tasks.standing import stopped_by_facts
from agent.tasks.tell import tell

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
    places = [(last_approved(tx, stream.policy), stream) for stream in streams.streams(tx)]
    before = [stopped_by_facts(tx, policy, stream, subjects) for policy, stream in places]
    added = choices.append(tx, said, desk.now())
    told = 0
    for (policy, stream), then in zip(places, before, strict=True) if added else ():
        told += _act(desk, tx, policy, stream, subjects, then)
    return Taken(len(added), len({one.subject for one in added}), told)


def _act(
    desk: Desk,
    tx: Tx,
    policy: PolicyRules,
    stream: streams.Stream,
    subjects: set[bytes],
    before: dict[bytes, tuple[frozenset[str], int]],
) -> int:
    now = stopped_by_facts(tx, policy, stream, subjects)
    moved = {who: (before.get(who, _NOTHING)[0], now.get(who, _NOTHING)[0]) for who in subjects}
    return tell(desk, tx, policy, stream, {who: (old, new) for who, (old, new) in moved.items() if old != new})
