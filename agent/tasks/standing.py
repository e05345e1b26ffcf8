"""Who may not be sent now: what the DMS said last, and what people said elsewhere, worked out together.

Asked when a record is made, again when it is committed, and again when a batch is claimed or sent a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from agent.core.facts import Place, Standing, passed_on, standing, stopped
from agent.core.jobs import Heeded
from agent.core.pages import split
from agent.core.record_page import RecordPage
from agent.core.ruleset import PolicyRules
from agent.state import choices, links, streams
from agent.state.store import Tx

Linked = Mapping[bytes, Mapping[bytes, int]]
Stopped = tuple[frozenset[str], int]  # what may not leave, and the newest thing that was said of it


def place_of(policy: PolicyRules, stream: streams.Stream) -> Place:
    return Place(policy.purpose, stream.store, stream.recipient)


def heeded(tx: Tx, policy: PolicyRules, stream: streams.Stream) -> list[Heeded]:
    """Everybody whose facts, or those of somebody they are linked with, change what leaves on this stream."""
    place = place_of(policy, stream)
    beside = links.beside_stops(tx, policy.name)
    found = []
    for subject, facts in choices.everybody(tx):
        now = standing(facts, place)
        stops = stopped(now, policy.purpose)
        if subject not in beside and (stops or now.given):
            found.append(Heeded(subject, stops, now.given))
    linked = links.of(tx, beside, policy.name)
    by_facts = _standings(tx, place, beside, linked)
    by_links = _refused_in_dms(tx, policy, linked)
    for subject in sorted(beside):
        now, _ = by_facts.get(subject, (standing((), place), 0))
        stops = stopped(now, policy.purpose) | by_links.get(subject, (frozenset[str](), 0))[0]
        if stops or now.given:
            found.append(Heeded(subject, stops, now.given))
    return found


def said_since(tx: Tx, n: int, page: RecordPage) -> bool:
    """Whether somebody of this page, or linked with one of them, said something after `n`: then the page was made under
    an older truth."""
    newer = choices.newer(tx, n)
    newer |= {other for others in links.of(tx, newer).values() for other in others} if newer else set()
    return bool(newer) and not newer.isdisjoint(
        (*split(page.ids), *split(page.persons), *split(page.withheld_ids), *split(page.withheld_persons))
    )


def stopped_by_facts(
    tx: Tx, policy: PolicyRules, stream: streams.Stream, subjects: Iterable[bytes]
) -> dict[bytes, Stopped]:
    """Subject -> (what may not leave, the newest fact that let less leave); those only of whom there is such a fact, or
    of somebody they are linked with."""
    asked = list(subjects)
    return _stopped_by_facts(tx, policy, stream, asked, links.of(tx, asked, policy.name))


def _stopped_by_facts(
    tx: Tx, policy: PolicyRules, stream: streams.Stream, asked: Collection[bytes], linked: Linked
) -> dict[bytes, Stopped]:
    standings = _standings(tx, place_of(policy, stream), asked, linked)
    return {subject: (stopped(now, policy.purpose), n) for subject, (now, n) in standings.items() if n}


def stopped_by_links(
    tx: Tx, policy: PolicyRules, stream: streams.Stream, people: Iterable[bytes]
) -> dict[bytes, frozenset[str]]:
    """What may not leave about these people because of what they said elsewhere than in the DMS, and because of what
    somebody said with whom they are linked."""
    asked = set(people)
    linked = links.of(tx, asked, policy.name)
    found = {who: channels for who, (channels, _) in _stopped_by_facts(tx, policy, stream, asked, linked).items()}
    for who, (channels, _) in _refused_in_dms(tx, policy, linked).items():
        found[who] = found.get(who, frozenset()) | channels
    return {who: channels for who, channels in found.items() if channels}


def stopped_only_by_links(
    tx: Tx, policy: PolicyRules, stream: streams.Stream, person: bytes
) -> tuple[frozenset[str], frozenset[bytes]]:
    """What may not leave about one person because of those they are linked with, and who these are; what their own
    facts stop as well is not among it."""
    linked = links.of(tx, [person], policy.name).get(person, {})
    facts, coded = choices.facts_of(tx, linked), choices.refused_by_code(tx, policy.name, linked)
    others = frozenset(one for one in linked if one in coded or passed_on(facts.get(one, [])))
    own, _ = _standings(tx, place_of(policy, stream), [person], {}).get(person, (None, 0))
    theirs = stopped_by_links(tx, policy, stream, [person]).get(person, frozenset())
    return theirs - (stopped(own, policy.purpose) if own else frozenset()), others


def refusing(tx: Tx, policy: PolicyRules, stream: streams.Stream, subjects: Iterable[bytes]) -> dict[bytes, Stopped]:
    """The same, with what the DMS says."""
    asked = list(subjects)
    found = choices.refusing(tx, policy.name, asked)
    linked = links.of(tx, asked, policy.name)
    for more in (_stopped_by_facts(tx, policy, stream, asked, linked), _refused_in_dms(tx, policy, linked)):
        for subject, (channels, n) in more.items():
            before, then = found.get(subject, (frozenset[str](), 0))
            found[subject] = (before | channels, max(n, then))
    return found


def _standings(tx: Tx, place: Place, asked: Collection[bytes], linked: Linked) -> dict[bytes, tuple[Standing, int]]:
    """Each subject's standing with what counts for it of those it is linked with, and the newest thing behind it."""
    facts = choices.facts_of(tx, {*asked}.union(*linked.values()) if linked else asked)
    found = {}
    for subject in asked if facts else ():
        own, n = facts.get(subject, []), 0
        for other, since in linked.get(subject, {}).items():
            theirs = passed_on(facts.get(other, []))
            own = own + theirs
            n = max(n, since) if theirs else n
        if own:
            now = standing(own, place)
            found[subject] = (now, max(now.n, n) if now.n else 0)
    return found


def _refused_in_dms(tx: Tx, policy: PolicyRules, linked: Linked) -> dict[bytes, Stopped]:
    """What the DMS refuses of those with whom these people are linked."""
    said = choices.refused_by_code(tx, policy.name, {other for others in linked.values() for other in others})
    found: dict[bytes, Stopped] = {}
    for who, others in linked.items():
        for other, since in others.items() if said else ():
            channels, n = said.get(other, (frozenset[str](), 0))
            if channels:
                before, then = found.get(who, (frozenset[str](), 0))
                found[who] = (before | channels, max(n, since, then))
    return found
