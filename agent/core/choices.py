"""What a person's choice means for a row. Three-valued: refused, allowed, unknown; the policy decides the unknown.

`everything` refused by any person of a row withholds the record. A channel refused withholds that person's fields of
the channel, or the fields of all where the field names no person. A null key is nobody. What a refusal stops under a
purpose says the one table (core/choice_table.py); what people said elsewhere than in the DMS are facts (core/facts.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from agent.core.choice_table import stops_channel, stops_record
from agent.core.ruleset import (
    CHANNELS_OF_CATEGORY,
    ChoiceColumn,
    ChoicesRules,
    FieldRules,
    PersonRules,
    Purpose,
    Regime,
)
from agent.core.values import cell_text

State = Literal["refused", "given", "not_refused", "unknown"]
EVERYTHING = "everything"
LETTER: dict[State, str] = {"refused": "r", "given": "g", "not_refused": "n", "unknown": "u"}


def state_of(column: ChoiceColumn, cell: object) -> State:
    """What one cell says. Codes compare exactly, after trimming the padding of CHAR columns."""
    code = cell_text(cell)
    if code is None:
        return "unknown"
    if code in column.refused:
        return "refused"
    if code in column.allowed:
        return "given" if column.recorded_yes else "not_refused"
    return "unknown"


def may_leave(column: ChoiceColumn, state: State, regime: Regime, purpose: Purpose) -> bool:
    """Whether data under this choice leaves. opt_in: only on a recorded yes. opt_out: unless refused or undecided."""
    stops = stops_record("opted_out", purpose) if column.channel == EVERYTHING else stops_channel(purpose)
    if not stops:
        return True
    if state == "refused":
        return False
    if regime == "opt_in":
        return state == "given"
    return state != "unknown" or column.unknown == "send"


def allowed_column(column: ChoiceColumn, cells: Sequence[object], regime: Regime, purpose: Purpose) -> list[bool]:
    """`may_leave` for a whole column of codes; each distinct cell is judged once."""
    verdicts: dict[object, bool] = {}
    judge: Callable[[object], bool] = lambda cell: may_leave(column, state_of(column, cell), regime, purpose)  # noqa: E731
    for cell in set(cells):
        verdicts[cell] = judge(cell)
    return [verdicts[cell] for cell in cells]


def channels_obeyed(field: FieldRules, rules: ChoicesRules | None, purpose: Purpose) -> tuple[int, ...] | None:
    """Positions in `rules.columns` that this field obeys; () for no channel; None when its channels have no column."""
    channels = CHANNELS_OF_CATEGORY.get(field.category, ())
    if not channels or not stops_channel(purpose):
        return ()
    positions = tuple(i for i, column in enumerate(rules.columns if rules else ()) if column.channel in channels)
    return positions or None


def people_of(field: FieldRules, people: Sequence[PersonRules]) -> tuple[int, ...]:
    """Positions of the persons whose channel choices this field obeys: the one it names, or all."""
    return tuple(i for i, person in enumerate(people) if field.person in (None, person.name))


def states_text(rules: ChoicesRules, cells: Sequence[object]) -> str:
    """One letter per choice column: what the state file remembers of a person's choices, and compares."""
    return "".join(LETTER[state_of(column, cell)] for column, cell in zip(rules.columns, cells, strict=True))


def states_texts(rules: ChoicesRules, columns: Sequence[Sequence[object]]) -> list[str]:
    """`states_text` for a page; each distinct combination of codes is read once. `columns`: as in `rules.columns`."""
    said = list(zip(*columns, strict=True))
    known = {cells: states_text(rules, cells) for cells in set(said)}
    return [known[cells] for cells in said]


def channels_coded(rules: ChoicesRules, states: str) -> frozenset[str]:
    """The channels (and `everything`) of which a code says no."""
    return frozenset(
        column.channel for column, letter in zip(rules.columns, states, strict=False) if letter == LETTER["refused"]
    )


def refused_channels(rules: ChoicesRules, states: str, regime: Regime, purpose: Purpose) -> frozenset[str]:
    """The channels (and `everything`) under which nothing may leave, from `states_text`."""
    names: dict[str, State] = {letter: state for state, letter in LETTER.items()}
    return frozenset(
        column.channel
        for column, letter in zip(rules.columns, states, strict=True)
        if not may_leave(column, names[letter], regime, purpose)
    )
