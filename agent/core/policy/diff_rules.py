"""More or less, rule by rule: one field, one selection of rows, one group of choices, against what it was.

Less only where it can be shown; an order that nobody can judge (masked against shortened) counts as more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from agent.core.choices import may_leave, state_of
from agent.core.ruleset import (
    CHANNELS_OF_CATEGORY,
    ChoiceColumn,
    ChoicesRules,
    Condition,
    DatasetRules,
    Exists,
    FieldRules,
    PersonRules,
    Purpose,
    Regime,
    Transform,
)

Way = Literal["more", "less"]
Said = tuple[Way, str]
_STRICTER = {"withhold_record": 0, "withhold": 1, "mask": 2}  # what leaves after a hit of the value screen
_BLANK = ""


def field_changes(old: FieldRules, new: FieldRules) -> Iterator[Said]:
    """A field that keeps its name."""
    if old.ref != new.ref:
        yield "more", f"would hold {new.ref}, not {old.ref}: other data under the same name"
    yield from _category(old, new)
    yield from _transform(old.transform, new.transform)
    yield from _type(old, new)
    gone, come = set(old.null_when) - set(new.null_when), set(new.null_when) - set(old.null_when)
    if gone:
        yield "more", f"{_list(gone)} would be sent as a value"
    if come:
        yield "less", f"{_list(come)} would be left empty"
    if old.on_hit != new.on_hit:
        way: Way = "more" if _STRICTER[new.on_hit] > _STRICTER[old.on_hit] else "less"
        yield way, f"what the value screen finds: {new.on_hit}, not {old.on_hit}"
    if old.person != new.person:
        way = "less" if new.person is None else "more"
        yield way, f"obeys the choices of {new.person or 'everybody'}, not of {old.person or 'everybody'}"


def _category(old: FieldRules, new: FieldRules) -> Iterator[Said]:
    if old.category == new.category:
        return
    before, after = (set(CHANNELS_OF_CATEGORY.get(f.category, ())) for f in (old, new))
    way: Way = "less" if after > before else "more"
    obeys = f", obeys {' and '.join(sorted(after)) or 'no channel'}"
    yield way, f"declared as {new.category}, not {old.category}{obeys}"


def _transform(old: Transform, new: Transform) -> Iterator[Said]:
    if old == new:
        return
    said = f"{_said(new)}, not {_said(old)}"
    less = new.name == "suppress" or old.name == "pass"
    if old.name == new.name == "keep_first":
        less = new.keep < old.keep
    if old.name == new.name == "pseudonymize":
        less = not new.recipient_scope
    yield ("less" if less else "more"), said


def _said(transform: Transform) -> str:
    if transform.name == "keep_first":
        return f"the first {transform.keep} characters"
    if transform.name == "pseudonymize":
        return "a pseudonym" + (" equal in all streams" if transform.recipient_scope else "")
    return {"pass": "as it is", "suppress": "left empty", "mask": "masked"}[transform.name]


def _type(old: FieldRules, new: FieldRules) -> Iterator[Said]:
    if old.type == new.type or (old.transform.name == "pseudonymize") != (new.transform.name == "pseudonymize"):
        return
    smaller = old.type.name == new.type.name and new.type.size <= old.type.size and new.type.scale <= old.type.scale
    same_split = old.type.split == new.type.split
    size = f" {new.type.size}" if new.type.size else ""
    was = f" {old.type.size}" if old.type.size else ""
    yield ("less" if smaller and same_split else "more"), f"type {new.type.name}{size}, not {old.type.name}{was}"


def selection_changes(old: DatasetRules, new: DatasetRules) -> Iterator[Said]:
    """Which rows are picked, and whose refusal counts."""
    if (old.source, old.table) != (new.source, new.table):
        yield "more", f"rows of {new.table}, not of {old.table}"
    if old.key != new.key:
        yield "more", f"records told apart by {', '.join(new.key)}"
    if old.store != new.store:
        yield "more", f"assigned to a store by {new.store}, not by {old.store}"
    if set(old.joins) != set(new.joins):
        yield "more", "other tables are joined"
    yield from _conditions(old.where, new.where)
    yield from _people(old.people, new.people)


def _conditions(old: tuple[Condition | Exists, ...], new: tuple[Condition | Exists, ...]) -> Iterator[Said]:
    gone = [c for c in old if c not in new]
    come = [c for c in new if c not in old]
    for one in gone:
        other = next((c for c in come if _about(c) == _about(one)), None)
        if other is None:
            yield "more", f"also rows that are not: {_condition(one)}"
        else:
            come.remove(other)
            narrower = _is_narrower(one, other)
            yield ("less" if narrower else "more"), f"rows where {_condition(other)}; now: {_condition(one)}"
    yield from (("less", f"only rows where {_condition(one)}") for one in come)


def _about(condition: Condition | Exists) -> object:
    """Two conditions on the same thing can be compared."""
    if isinstance(condition, Exists):
        return (condition.table, condition.on)
    return (condition.ref, {"is": "is_one_of"}.get(condition.test, condition.test))


def _is_narrower(old: Condition | Exists, new: Condition | Exists) -> bool:
    if isinstance(old, Exists) or isinstance(new, Exists):
        return isinstance(old, Exists) and isinstance(new, Exists) and set(new.conditions) > set(old.conditions)
    if new.test in ("is", "is_one_of"):
        return set(new.values) < set(old.values)
    if new.test == "within_months":
        return int(new.values[0]) < int(old.values[0])
    return new.test == "after" and str(new.values[0]) > str(old.values[0])


def _condition(condition: Condition | Exists) -> str:
    if isinstance(condition, Exists):
        tests = " and ".join(_condition(test) for test in condition.conditions)
        return f"{condition.table} has a matching row" + (f" with {tests}" if tests else "")
    values = " or ".join(str(value) for value in condition.values)
    return f"{condition.ref} {condition.test.removesuffix('_one_of').replace('_', ' ')} {values}".rstrip()


def _people(old: tuple[PersonRules, ...], new: tuple[PersonRules, ...]) -> Iterator[Said]:
    before, after = ({person.name: person for person in people} for people in (old, new))
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        if one is None:
            yield "less", f"the choices of the {name} count as well"
        elif other is None:
            yield "more", f"the choices of the {name} no longer count"
        elif one.key != other.key:
            yield "more", f"the {name} is found by {', '.join(map(str, other.key))}"
        elif (one.choices is None) != (other.choices is None):
            way: Way = "more" if other.choices is None else "less"
            yield way, f"the choices of the {name} {'no longer count' if way == 'more' else 'count'}"
        elif one.choices and other.choices and one.choices.name != other.choices.name:
            yield "more", f"the choices of the {name} are read as {other.choices.name}"


class Terms(NamedTuple):
    """What decides, beside the code itself, whether it lets something leave."""

    regime: Regime
    purpose: Purpose


def choices_changes(
    old: ChoicesRules, new: ChoicesRules, before_terms: Terms, terms: Terms
) -> Iterator[tuple[str, Way, str]]:
    """(channel, way, words). Codes are compared by what they let leave, each version under its own terms."""
    if before_terms.purpose == terms.purpose == "warranty_recall":
        return
    if (old.source, old.table, old.person) != (new.source, new.table, new.person):
        yield "", "more", f"what people said is read from {new.table}"
    before, after = ({column.channel: column for column in group.columns} for group in (old, new))
    for channel in sorted({*before, *after}):
        one, other = before.get(channel), after.get(channel)
        if one and other:
            yield from ((channel, way, says) for way, says in _codes(one, other, before_terms, terms))
            continue
        # A channel nothing is known of lets nothing of that channel leave; `everything` only ever stops.
        stops_less = (other is None) == (channel == "everything")
        says = "is asked now" if other else "is no longer asked"
        yield channel, ("more" if stops_less else "less"), says


def _codes(old: ChoiceColumn, new: ChoiceColumn, before_terms: Terms, terms: Terms) -> Iterator[Said]:
    if old.column != new.column:
        yield "more", f"read from {new.column}, not from {old.column}"
    listed = {*old.refused, *old.allowed, *new.refused, *new.allowed}
    leaves: list[str] = []
    stays: list[str] = []
    for code in (*sorted(listed), _BLANK):
        before = may_leave(old, state_of(old, code), *before_terms)
        after = may_leave(new, state_of(new, code), *terms)
        if before != after:
            (leaves if after else stays).append(code or "a blank or unlisted code")
    if leaves:
        yield "more", f"{_list(leaves)} lets it leave"
    if stays:
        yield "less", f"{_list(stays)} keeps it back"


def _list(codes: set[str] | list[str]) -> str:
    return ", ".join(sorted(codes))
