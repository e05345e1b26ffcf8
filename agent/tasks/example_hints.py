"""Which line of the policy decided what an example did not expect: a code that is a no, `unknown: withhold` on e-mail,
a condition. Quotes the policy and codes of the example, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from agent.core.policy.document import Choice, Choices, Dataset, PolicyDocument
from agent.core.policy.examples import Example, Row
from agent.core.policy.reader import Draft
from agent.core.policy.strict_yaml import Path, read_tree
from agent.core.ruleset import CHANNELS, CHANNELS_OF_CATEGORY
from agent.core.text import shown


class Decided(NamedTuple):
    """One line that decided. `stops`: it kept something back."""

    path: Path
    said: str
    stops: bool


def of_field(draft: Draft, example: Example, field: str) -> str:
    """What kept the field back while its record left."""
    dataset = draft.document.datasets[example.dataset]
    sent = dataset.send[field]
    channels = CHANNELS_OF_CATEGORY.get(sent.category, ())
    people = (sent.person,) if sent.person else tuple(dataset.people)
    return _told(draft, (one for one in _choices(draft.document, dataset, example, channels, people) if one.stops))


def of_record(draft: Draft, example: Example) -> str:
    """What kept the whole record back."""
    dataset = draft.document.datasets[example.dataset]
    asked = _choices(draft.document, dataset, example, ("everything",), tuple(dataset.people))
    return _told(draft, (one for one in asked if one.stops))


def of_leaving(draft: Draft, example: Example) -> str:
    """What let it leave although a code stands in no list."""
    dataset = draft.document.datasets[example.dataset]
    asked = _choices(draft.document, dataset, example, ("everything", *CHANNELS), tuple(dataset.people))
    return _told(draft, (one for one in asked if not one.stops and one.path[-1] == "unknown"))


def of_filter(draft: Draft, example: Example, conditions: Sequence[int]) -> str:
    """Conditions, by their number, that alone keep it out."""
    at: Path = ("datasets", example.dataset, "from", "only_where")
    return _told(draft, (Decided((*at, i), f"condition {i + 1} of `only_where`", stops=True) for i in conditions))


def _choices(
    document: PolicyDocument, dataset: Dataset, example: Example, channels: Sequence[str], people: Sequence[str]
) -> Iterator[Decided]:
    for who in people:
        name = dataset.people[who].choices
        group = document.choices.get(name) if name else None
        if name is None or group is None:
            continue
        for row in _rows(dataset, group, example):
            for channel, choice in group.columns():
                if channel in channels:
                    yield _decided(("choices", name, channel), choice, row)


def _rows(dataset: Dataset, group: Choices, example: Example) -> list[Row]:
    """The rows in which the example says what people chose; none said is a row of blanks."""
    own = [example.row] if group.table == dataset.from_.table else []
    return [*own, *example.beside.get(group.table, ())] or [{}]


def _decided(path: Path, choice: Choice, row: Row) -> Decided:
    code, channel = (row.get(choice.column) or "").rstrip(" "), str(path[-1])
    if code in choice.refused:
        return Decided((*path, "refused"), f"`{shown(code, 40)}` is a no on {channel}", stops=True)
    if code in (choice.given or choice.not_refused or ()):
        return Decided((*path, "given" if choice.given else "not_refused"), f"a yes on {channel}", stops=False)
    return Decided((*path, "unknown"), f"`unknown: {choice.unknown}` on {channel}", stops=choice.unknown == "withhold")


def _told(draft: Draft, found: Iterable[Decided]) -> str:
    """`unknown: withhold` on email, line 34; empty where nothing in particular decided it."""
    tree = read_tree(draft.data, draft.file)
    return "; ".join(dict.fromkeys(f"{one.said}, line {tree.value(one.path).line}" for one in found))
