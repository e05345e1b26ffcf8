"""Policies side by side: both would be signed, so two that contradict each other are found before either is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent.core.policy.document import Choice
from agent.core.policy.problems import Problem, in_order
from agent.core.policy.reader import Draft
from agent.core.policy.strict_yaml import Path, read_tree


class _Read(NamedTuple):
    """How one policy reads one choice column."""

    path: Path
    column: tuple[str, str, str]  # source, table, column
    choice: Choice


def check_together(drafts: Sequence[Draft]) -> tuple[Problem, ...]:
    """P052 in the later file of each contradicting pair."""
    found: list[Problem] = []
    for i, draft in enumerate(drafts):
        tree = read_tree(draft.data, draft.file)
        for other in drafts[:i]:
            for path, message, help_ in _contradictions(draft, other):
                place = tree.key(path)
                found.append(Problem("P052", message, draft.file, place.line, place.column, place.length, help_))
    return in_order(found)


def _contradictions(draft: Draft, other: Draft) -> Iterator[tuple[Path, str, str]]:
    if draft.name == other.name:
        yield ("policy",), f"`{draft.name}` is also the name of {other.file}", "give each policy its own name"
        return
    for read in _choices(draft):
        for theirs in _choices(other):
            code = _opposite(read, theirs)
            if code:
                message = f"`{code}` in {read.column[2]} means the opposite in policy `{other.name}`"
                yield read.path, message, "find out what the code means; correct one of the two"
    if draft.document.recipient == other.document.recipient:
        yield from _declined_and_sent(draft, other)


def _opposite(ours: _Read, theirs: _Read) -> str | None:
    if ours.column != theirs.column:
        return None
    ours_yes, theirs_yes = (set(r.choice.given or r.choice.not_refused or ()) for r in (ours, theirs))
    both = (set(ours.choice.refused) & theirs_yes) | (set(theirs.choice.refused) & ours_yes)
    return min(both, default=None)


def _choices(draft: Draft) -> Iterator[_Read]:
    for name, group in draft.document.choices.items():
        for channel, choice in group.columns():
            yield _Read(("choices", name, channel), (group.source, group.table, choice.column), choice)


def _declined_and_sent(draft: Draft, other: Draft) -> Iterator[tuple[Path, str, str]]:
    help_ = "the same recipient gets it all the same; decline it in both or in neither"
    sent = {name for dataset in other.document.datasets.values() for name in dataset.send}
    for name in draft.document.declined:
        if name in sent:
            yield ("declined", name), f"`{name}` is declined here and sent by policy `{other.name}`", help_
    for dataset_name, dataset in draft.document.datasets.items():
        for name in dataset.send:
            if name in other.document.declined:
                path: Path = ("datasets", dataset_name, "send", name)
                yield path, f"`{name}` is sent here and declined by policy `{other.name}`", help_
