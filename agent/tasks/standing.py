"""Who may not be sent now: what the DMS said last, and what people said elsewhere, worked out together.

Asked when a record is made, again when it is committed, and again when a batch is claimed or sent a second time.
"""

from __future__ import annotations

from collections.abc import Iterable

from agent.core.facts import Place, Standing, standing, stopped
from agent.core.jobs import Heeded
from agent.core.pages import split
from agent.core.records import RecordPage
from agent.core.ruleset import PolicyRules
from agent.state import choices, streams
from agent.state import pages as memory
from agent.state.store import Tx


def place_of(policy: PolicyRules, stream: streams.Stream) -> Place:
    return Place(policy.purpose, stream.store, stream.recipient)


def heeded(tx: Tx, policy: PolicyRules, stream: streams.Stream) -> list[Heeded]:
    """Everybody whose facts change what leaves on this stream, for the reader child."""
    place = place_of(policy, stream)
    found = []
    for subject, facts in choices.everybody(tx):
        now = standing(facts, place)
        stops = stopped(now, policy.purpose)
        if stops or now.given:
            found.append(Heeded(subject, stops, now.given))
    return found


def said_since(tx: Tx, n: int, page: RecordPage) -> bool:
    """Whether somebody of this page said something after `n`: then the page was made under an older truth."""
    newer = choices.newer(tx, n)
    return bool(newer) and not newer.isdisjoint(
        (*split(page.ids), *split(page.persons), *split(page.withheld_ids), *split(page.withheld_persons))
    )


def stopped_by_facts(
    tx: Tx, policy: PolicyRules, stream: streams.Stream, subjects: Iterable[bytes]
) -> dict[bytes, tuple[frozenset[str], int]]:
    """Subject -> (what may not leave, the newest fact that let less leave); those only of whom there is such a fact."""
    place = place_of(policy, stream)
    found = {}
    for subject, facts in choices.facts_of(tx, subjects).items():
        now: Standing = standing(facts, place)
        if now.n:
            found[subject] = (stopped(now, policy.purpose), now.n)
    return found


def refusing(
    tx: Tx, policy: PolicyRules, stream: streams.Stream, subjects: Iterable[bytes]
) -> dict[bytes, tuple[frozenset[str], int]]:
    """The same, with what the DMS says."""
    asked = list(subjects)
    found = memory.refusing(tx, policy.name, asked)
    for subject, (channels, n) in stopped_by_facts(tx, policy, stream, asked).items():
        before, then = found.get(subject, (frozenset[str](), 0))
        found[subject] = (before | channels, max(n, then))
    return found
