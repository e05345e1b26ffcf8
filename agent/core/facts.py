"""Facts: what a person said elsewhere than in the DMS, and what it means now. Pure: facts in, standing out.

The most restrictive wins, by the time of the event and not of its arrival. A no is in force until a newer yes that
covers all of it; of two events at one instant the no counts. A yes is in force until a no, a withdrawal or its expiry
at that instant or later. The DMS's own codes are no facts: they are read anew, and no fact overrides a no there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from agent.core.choice_table import PURPOSES, PersonState, stops_channel, stops_record
from agent.core.ruleset import CHANNELS, Purpose

What = Literal["given", "renewed", "refused", "withdrawn", "expired", "restricted", "released", "erased"]
WHATS: tuple[What, ...] = get_args(What)
EVERYTHING = "everything"
EVERY_PURPOSE = "*"
GROUP = "group"
_SCOPE = re.compile(r"group|(store|brand):[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)

_YES = frozenset({"given", "renewed"})
_NO = frozenset({"refused", "withdrawn"})
_ENDS_YES = frozenset({"refused", "withdrawn", "expired", "erased", "restricted"})
_LIFTED_BY: dict[str, frozenset[str]] = {
    "refused": _YES,
    "withdrawn": _YES,
    "restricted": frozenset({"released"}),
    "erased": _YES,  # a person who was erased and comes back says so anew, for everything
}


class Fact(NamedTuple):
    """`purpose`: one, or `*`. `channel`: one, or `everything`. `scope`: group, store:S or brand:RECIPIENT. `n`: the
    order in which we learned of it. Instants compare as texts (UTC, one form)."""

    what: What
    purpose: str
    channel: str
    scope: str
    happened_at: str
    n: int = 0

    def __repr__(self) -> str:
        return f"Fact({self.what} {self.purpose} {self.channel} {self.scope})"


class Place(NamedTuple):
    """Where a question is asked: the stream's purpose, store and recipient."""

    purpose: Purpose
    store: str
    recipient: str


class Standing(NamedTuple):
    """What is in force for one person at one place. `refused`: channels, and `everything` for the purpose as a whole.
    `given`: the same, where a recorded yes is in force. `n`: the newest fact that let less leave."""

    refused: frozenset[str]
    given: frozenset[str]
    restricted: bool
    erased: bool
    n: int

    @property
    def states(self) -> tuple[PersonState, ...]:
        """The rows of the table that apply, mildest first."""
        found: list[PersonState] = []
        if self.refused - {EVERYTHING}:
            found.append("channel_refused")
        if EVERYTHING in self.refused:
            found.append("opted_out")
        if self.restricted:
            found.append("restricted")
        if self.erased:
            found.append("erased")
        return tuple(found)


def is_scope(text: str) -> bool:
    return _SCOPE.fullmatch(text) is not None


def standing(facts: Iterable[Fact], place: Place) -> Standing:
    """What is in force for one person here."""
    here = [fact for fact in facts if _covers_place(fact, place)]
    in_force = [fact for fact in here if fact.what in _LIFTED_BY and not _lifted(fact, here)]
    refused = frozenset(fact.channel for fact in in_force if fact.what in _NO)
    given = frozenset(
        channel
        for fact in here
        if fact.what in _YES
        for channel in ((EVERYTHING, *CHANNELS) if fact.channel == EVERYTHING else (fact.channel,))
        if not _ended(fact, channel, here)
    )
    return Standing(
        refused,
        given - refused if EVERYTHING not in refused else frozenset(),
        any(fact.what == "restricted" for fact in in_force),
        any(fact.what == "erased" for fact in in_force),
        max((fact.n for fact in here if fact.what in _ENDS_YES), default=0),
    )


def passed_on(facts: list[Fact]) -> list[Fact]:
    """What counts for whoever shares an address with this person: the stops that no yes of their own has lifted."""
    return [fact for fact in facts if fact.what in _NO and not _lifted(fact, facts)]


def stopped(found: Standing, purpose: Purpose) -> frozenset[str]:
    """What of a person's records may not leave under this purpose, by the table: channels; `everything` for all."""
    names: set[str] = set()
    for state in found.states:
        if state == "channel_refused":
            names |= found.refused - {EVERYTHING} if stops_channel(purpose) else set()
        elif stops_record(state, purpose):
            names.add(EVERYTHING)
    return frozenset(names)


def _covers_place(fact: Fact, place: Place) -> bool:
    scopes = (GROUP, f"store:{place.store}", f"brand:{place.recipient}")
    return fact.purpose in (EVERY_PURPOSE, place.purpose) and fact.scope in scopes


def _lifted(no: Fact, facts: list[Fact]) -> bool:
    """Whether a newer yes covers all of it: the same purpose, channel and scope, or a wider one."""
    return any(
        fact.what in _LIFTED_BY[no.what] and fact.happened_at > no.happened_at and _wider(fact, no) for fact in facts
    )


def _ended(yes: Fact, channel: str, facts: list[Fact]) -> bool:
    """At one place every fact is about the yes's purpose; a no on one channel ends a yes to everything there only."""
    return any(
        fact.what in _ENDS_YES and fact.happened_at >= yes.happened_at and fact.channel in (EVERYTHING, channel)
        for fact in facts
    )


def _wider(one: Fact, other: Fact) -> bool:
    return (
        one.purpose in (EVERY_PURPOSE, other.purpose)
        and one.channel in (EVERYTHING, other.channel)
        and one.scope in (GROUP, other.scope)
    )


__all__ = ["EVERYTHING", "EVERY_PURPOSE", "GROUP", "PURPOSES", "WHATS", "Fact", "Place", "Standing", "What",
           "is_scope", "passed_on", "standing", "stopped"]  # fmt: skip
