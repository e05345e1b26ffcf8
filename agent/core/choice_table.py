"""The one table of choices: what a person's standing means for each purpose. Code, docs and tests are made from it.

A standing is the most restrictive thing in force for a person under one purpose. Whoever is in none of these states is
free: everything granted leaves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from agent.core.ruleset import Purpose

PersonState = Literal["channel_refused", "opted_out", "restricted", "erased"]
Leaves = Literal["all", "without_channel", "statutory", "nothing"]
Told = Literal["nothing", "suppress_channel", "suppress_all", "retract_erase"]
STATES: tuple[PersonState, ...] = get_args(PersonState)
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`leaves` of a record, what the OEM is `told` of what it holds, and what our own ledger `keeps`."""

    leaves: Leaves
    told: Told
    keeps: str


_FACT = "the fact (hash, purpose, channel, time, source, proof) and every disclosure"
_RECALL = "the fact, for the other purposes, and every disclosure"
_HASH = "the suppression hash and the evidence; source keys of what was sent are destroyed"

_STOPPING: dict[PersonState, Outcome] = {
    "channel_refused": Outcome("without_channel", "suppress_channel", _FACT),
    "opted_out": Outcome("nothing", "suppress_all", _FACT),
    "restricted": Outcome("nothing", "suppress_all", _FACT),
    "erased": Outcome("nothing", "retract_erase", _HASH),
}
# CCPA 1798.145(g): warranty and recall sharing survives an opt-out with VIN, make, model, year, odometer, owner name
# and contact. A policy for that purpose can grant no other category (rule P043), so "statutory" is all it sends.
_SURVIVING: dict[PersonState, Outcome] = {
    "channel_refused": Outcome("all", "nothing", _RECALL),
    "opted_out": Outcome("statutory", "nothing", _RECALL),
    "restricted": _STOPPING["restricted"],
    "erased": _STOPPING["erased"],
}
TABLE: dict[tuple[PersonState, Purpose], Outcome] = {
    (state, purpose): (_SURVIVING if purpose == "warranty_recall" else _STOPPING)[state]
    for state in STATES
    for purpose in PURPOSES
}


def stops_record(state: PersonState, purpose: Purpose) -> bool:
    return TABLE[state, purpose].leaves == "nothing"


def stops_channel(purpose: Purpose) -> bool:
    return TABLE["channel_refused", purpose].leaves == "without_channel"


def as_markdown() -> Iterable[str]:
    """The table for people, as docs/choices.md shows it."""
    yield "| a person has | under | leaves | the OEM is told | our ledger keeps |"
    yield "|---|---|---|---|---|"
    for (state, purpose), outcome in TABLE.items():
        cells = (state, purpose, outcome.leaves, outcome.told)
        yield "| " + " | ".join(f"`{cell}`" for cell in cells) + f" | {outcome.keeps} |"
