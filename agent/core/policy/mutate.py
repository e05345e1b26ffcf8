"""Small lies about a policy, one at a time: another column, category, transform, filter or choice code. Examples that
let one of them pass do not say what the policy means.

A change that cannot be seen in any record (a category under a purpose that asks no choice) is not made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec

from agent.core.ruleset import (
    CHANNELS_OF_CATEGORY,
    ChoiceColumn,
    ChoicesRules,
    Condition,
    DatasetRules,
    Exists,
    FieldRules,
    FieldType,
    PersonRules,
    Purpose,
    Ref,
    Regime,
    Transform,
    Unknown,
)

_NO_SUCH = "~"  # no example names such a column, so it holds NULL everywhere
_OTHER_CODE = "~"


@dataclass(frozen=True, slots=True)
class Mutant:
    """`datasets` stand in for the ones of the same names; examples of others need not be asked."""

    what: str
    datasets: tuple[DatasetRules, ...]


def mutants(datasets: Sequence[DatasetRules], purpose: Purpose, regime: Regime) -> Iterator[Mutant]:
    """Every single change, in the order of the policy."""
    asks = purpose != "warranty_recall"
    for dataset in datasets:
        for i, field in enumerate(dataset.fields):
            for what, changed in _field(dataset, field, asks=asks):
                fields = (*dataset.fields[:i], changed, *dataset.fields[i + 1 :])
                yield Mutant(f"{dataset.name}.{field.name}: {what}", (replace(dataset, fields=fields),))
        yield from _selection(dataset)
        if asks:
            yield from _people(dataset)
    if asks:
        yield from _choices(datasets, regime)


def without_condition(dataset: DatasetRules, at: int) -> DatasetRules:
    return replace(dataset, where=(*dataset.where[:at], *dataset.where[at + 1 :]))


def _field(dataset: DatasetRules, field: FieldRules, *, asks: bool) -> Iterator[tuple[str, FieldRules]]:
    other = _other_column(dataset, field.ref)
    yield f"reads {other} instead of {field.ref}", replace(field, ref=other)
    category = _other_category(field, asks=asks and any(person.choices for person in dataset.people))
    if category:
        yield f"is {category} instead of {field.category}", replace(field, category=category)
    transform, kind = _other_transform(field)
    yield f"{_said(transform)} instead of {_said(field.transform)}", replace(field, transform=transform, type=kind)
    for code in field.null_when:
        rest = tuple(c for c in field.null_when if c != code)
        yield f"{code} no longer means that nothing is there", replace(field, null_when=rest)


def _other_column(dataset: DatasetRules, ref: Ref) -> Ref:
    """Another column that is sent from the same table: what a slip of the hand would send."""
    sent = [field.ref for field in dataset.fields if field.ref.of == ref.of]
    at = sent.index(ref)
    others = [one for one in (*sent[at:], *sent[:at]) if one != ref]
    return others[0] if others else Ref(ref.of, _NO_SUCH + ref.column)


def _other_category(field: FieldRules, *, asks: bool) -> str:
    if field.transform.name == "pseudonymize":
        return "record_id" if field.category == "customer_id" else "customer_id"
    if not asks:
        return ""
    return "vehicle" if field.category in CHANNELS_OF_CATEGORY else "email"


def _other_transform(field: FieldRules) -> tuple[Transform, FieldType]:
    name = field.transform.name
    if name == "pseudonymize":
        return Transform("pass"), FieldType("text", size=4000)
    if name == "keep_first":
        return Transform("keep_first", keep=field.transform.keep + 1), field.type
    return Transform("suppress" if name == "pass" else "pass"), field.type


def _said(transform: Transform) -> str:
    return f"keep_first: {transform.keep}" if transform.name == "keep_first" else transform.name


def _selection(dataset: DatasetRules) -> Iterator[Mutant]:
    for i, condition in enumerate(dataset.where):
        said = condition.ref if isinstance(condition, Condition) else f"exists {condition.table}"
        yield Mutant(f"{dataset.name}: the condition on {said} is gone", (without_condition(dataset, i),))
        for what, changed in _condition(condition):
            where = (*dataset.where[:i], changed, *dataset.where[i + 1 :])
            yield Mutant(f"{dataset.name}: {what}", (replace(dataset, where=where),))
    for i, join in enumerate(dataset.joins):
        on = tuple((_NO_SUCH + theirs, ours) for theirs, ours in join.on)
        joins = (*dataset.joins[:i], replace(join, on=on), *dataset.joins[i + 1 :])
        yield Mutant(f"{dataset.name}: {join.alias} is joined by another column", (replace(dataset, joins=joins),))


def _condition(condition: Condition | Exists) -> Iterator[tuple[str, Condition | Exists]]:
    if isinstance(condition, Exists):
        on = tuple((_NO_SUCH + theirs, ours) for theirs, ours in condition.on)
        yield f"exists {condition.table} is tied by another column", msgspec.structs.replace(condition, on=on)
        for i, test in enumerate(condition.conditions):
            rest = (*condition.conditions[:i], *condition.conditions[i + 1 :])
            yield (
                f"exists {condition.table} without its condition on {test.ref}",
                msgspec.structs.replace(condition, conditions=rest),
            )
            for what, changed in _values(test):
                tests = (*condition.conditions[:i], changed, *condition.conditions[i + 1 :])
                yield f"exists {condition.table}: {what}", msgspec.structs.replace(condition, conditions=tests)
        return
    yield from _values(condition)


def _values(condition: Condition) -> Iterator[tuple[str, Condition]]:
    if condition.test in ("is", "is_not", "is_one_of"):
        for i, value in enumerate(condition.values):
            values = (*condition.values[:i], f"{value}{_OTHER_CODE}", *condition.values[i + 1 :])
            yield f"{condition.ref} no longer knows {value}", msgspec.structs.replace(condition, values=values)
    elif condition.test == "within_months":
        half = max(int(condition.values[0]) // 2, 1)
        yield f"{condition.ref} within {half} months", msgspec.structs.replace(condition, values=(half,))
    elif condition.test == "after":
        year = str(int(str(condition.values[0])[:4]) + 1)
        later = f"{year}{str(condition.values[0])[4:]}".replace("-02-29", "-02-28")
        yield f"{condition.ref} after {later}", msgspec.structs.replace(condition, values=(later,))


def _people(dataset: DatasetRules) -> Iterator[Mutant]:
    for i, person in enumerate(dataset.people):
        if person.choices:
            nobody = replace(person, key=tuple(Ref(ref.of, _NO_SUCH + ref.column) for ref in person.key))
            people = (*dataset.people[:i], nobody, *dataset.people[i + 1 :])
            what = f"{dataset.name}: the {person.name} is found by another column"
            yield Mutant(what, (replace(dataset, people=people),))


def _choices(datasets: Sequence[DatasetRules], regime: Regime) -> Iterator[Mutant]:
    groups = {p.choices.name: p.choices for dataset in datasets for p in dataset.people if p.choices}
    for group in groups.values():
        for i, column in enumerate(group.columns):
            if not _is_obeyed(datasets, group, column):
                continue
            for what, changed in _choice(column, regime):
                columns = (*group.columns[:i], changed, *group.columns[i + 1 :])
                touched = tuple(_with_group(one, replace(group, columns=columns)) for one in datasets)
                said = tuple(one for one, before in zip(touched, datasets, strict=True) if one != before)
                yield Mutant(f"{group.name}.{column.channel}: {what}", said)


def _is_obeyed(datasets: Sequence[DatasetRules], group: ChoicesRules, column: ChoiceColumn) -> bool:
    """Whether any record could show what this choice says."""
    return column.channel == "everything" or any(
        column.channel in CHANNELS_OF_CATEGORY.get(field.category, ())
        and any(p.choices == group and field.person in (None, p.name) for p in dataset.people)
        for dataset in datasets
        for field in dataset.fields
    )


def _choice(column: ChoiceColumn, regime: Regime) -> Iterator[tuple[str, ChoiceColumn]]:
    yield f"reads another column than {column.column}", replace(column, column=_NO_SUCH + column.column)
    for code in column.refused:
        refused = tuple(c for c in column.refused if c != code)
        yield f"{code} is no refusal", replace(column, refused=refused, allowed=(*column.allowed, code))
    for code in column.allowed:
        allowed = tuple(c for c in column.allowed if c != code)
        yield f"{code} is a refusal", replace(column, allowed=allowed, refused=(*column.refused, code))
    if regime == "opt_out":
        other: Unknown = "send" if column.unknown == "withhold" else "withhold"
        yield f"unknown: {other} instead of {column.unknown}", replace(column, unknown=other)


def _with_group(dataset: DatasetRules, group: ChoicesRules) -> DatasetRules:
    people: tuple[PersonRules, ...] = tuple(
        replace(p, choices=group) if p.choices and p.choices.name == group.name else p for p in dataset.people
    )
    return replace(dataset, people=people)
