"""Two versions of a policy in plain terms: MORE data would leave, LESS, no effect, or BLOCKED.

Whatever cannot be shown to let less leave counts as more. It opens nothing: both policies come in as they were read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from agent.core.policy.compile import datasets_of
from agent.core.policy.diff_rules import Terms, choices_changes, field_changes, selection_changes
from agent.core.policy.document import PolicyDocument, split_ref
from agent.core.policy.problems import Problem, errors_in
from agent.core.policy.reader import Draft
from agent.core.policy.strict_yaml import Tree, read_tree
from agent.core.ruleset import ChoicesRules, DatasetRules, FieldRules

Direction = Literal["more", "less"]
Place = tuple[str, str]  # dataset and field, or table and column
_NEVER = ("P020", "P021")


class Change(NamedTuple):
    """One thing that would be different. `dataset` and `field` are empty where it is not about one."""

    direction: Direction
    what: str
    says: str
    dataset: str = ""
    field: str = ""


class Blocked(NamedTuple):
    what: str
    says: str
    line: int
    code: str
    never: bool


@dataclass(frozen=True, slots=True)
class PolicyDiff:
    changes: tuple[Change, ...]
    blocked: tuple[Blocked, ...]
    no_effect: tuple[str, ...]  # "1 comment", "2 descriptions"

    def of(self, direction: Direction) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.direction == direction)


def diff(old: Draft, new: Draft, problems: Iterable[Problem]) -> PolicyDiff:
    """`problems`: what the checks say of the new one; its errors block it."""
    blocked = blocked_by(new.data, new.file, tuple(problems), new.document)
    stopped = {one.what for one in blocked}
    changes = (*_terms(old.document, new.document), *_datasets(old.document, new.document), *_groups(old, new))
    kept = tuple(dict.fromkeys(change for change in changes if change.what not in stopped))
    return PolicyDiff(kept, blocked, tuple(_no_effect(old, new)))


def blocked_by(
    data: bytes, file: str, problems: tuple[Problem, ...], document: PolicyDocument | None = None
) -> tuple[Blocked, ...]:
    """The errors of a draft, each called by its field where it stands on the line of one."""
    fields = _lines_of(read_tree(data, file), document) if document else {}
    return tuple(
        Blocked(fields.get(p.line, p.message), p.message if p.line in fields else "", p.line, p.code, p.code in _NEVER)
        for p in errors_in(problems)
    )


def columns_sent(document: PolicyDocument) -> dict[Place, Place]:
    """(dataset, field) -> (table, column) of everything a policy sends."""
    found = {}
    for name, dataset in document.datasets.items():
        tables = {join.as_: join.table for join in dataset.from_.joins}
        for field_name, field in dataset.send.items():
            ref = split_ref(field.column, frozenset(tables))
            found[name, field_name] = (tables.get(ref.of, dataset.from_.table), ref.column)
    return found


def _lines_of(tree: Tree, document: PolicyDocument) -> dict[int, str]:
    """Line -> the field that stands on it."""
    found = {}
    for name, dataset in document.datasets.items():
        for field in dataset.send:
            at = ("datasets", name, "send", field)
            found[tree.key(at).line] = found[tree.value((*at, "column")).line] = f"{name}.{field}"
    return found


def _terms(old: PolicyDocument, new: PolicyDocument) -> Iterator[Change]:
    """To whom, what for, how long."""
    if old.recipient != new.recipient:
        yield Change("more", "recipient", f"everything would go to {new.recipient}, not to {old.recipient}")
    if old.purpose != new.purpose:
        yield Change("more", "purpose", f"everything would be for {new.purpose}, not for {old.purpose}")
    if old.regime != new.regime:
        less = new.regime == "opt_in"
        says = "only what a person agreed to would leave" if less else "what nobody refused would leave"
        yield Change("less" if less else "more", "regime", says)
    yield from _listed("stores", old.stores, new.stores, "rows of this store")
    yield from _listed("pass_on_to", old.recipient_may.pass_on_to, new.recipient_may.pass_on_to, "they may pass it on")
    months = (old.recipient_may.keep_for_months, new.recipient_may.keep_for_months)
    ends = (old.contract.expires_on, new.contract.expires_on)
    if months[0] != months[1]:
        says = f"they may keep it for {months[1]} months, not {months[0]}"
        yield Change("more" if months[1] > months[0] else "less", "keep_for_months", says)
    if ends[0] != ends[1]:
        says = f"sending would end on {ends[1]}, not on {ends[0]}"
        yield Change("more" if ends[1] > ends[0] else "less", "contract.expires_on", says)


def _listed(what: str, old: Iterable[str], new: Iterable[str], says: str) -> Iterator[Change]:
    before, after = set(old), set(new)
    yield from (Change("more", f"{what}: {name}", says) for name in sorted(after - before))
    yield from (Change("less", f"{what}: {name}", f"no longer {says}") for name in sorted(before - after))


def _datasets(old: PolicyDocument, new: PolicyDocument) -> Iterator[Change]:
    before = {d.name: d for d in datasets_of(old)}
    after = {d.name: d for d in datasets_of(new)}
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name), after.get(name)
        if one and other:
            for direction, says in selection_changes(one, other):
                yield Change(direction, name, says, name)
        yield from _fields(name, one, other, new.purpose)


def _fields(dataset: str, old: DatasetRules | None, new: DatasetRules | None, purpose: str) -> Iterator[Change]:
    before: dict[str, FieldRules] = {f.name: f for f in old.fields} if old else {}
    after: dict[str, FieldRules] = {f.name: f for f in new.fields} if new else {}
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        what = f"{dataset}.{name}"
        if other and not one:
            says = f"{_category(other)}, for: {purpose.replace('_', ' ')}"
            yield Change("more", what, says, dataset, name)
        elif one and not other:
            yield Change("less", what, "", dataset, name)
        elif one and other:
            yield from (Change(way, what, says, dataset, name) for way, says in field_changes(one, other))


def _category(field: FieldRules) -> str:
    return field.category.replace("_", " ") + ("" if field.category.endswith("id") else " data")


def _groups(old: Draft, new: Draft) -> Iterator[Change]:
    """How choices are read, said once for all datasets that obey them."""
    before, after = _choices_of(old.document), _choices_of(new.document)
    terms = [Terms(draft.document.regime, draft.document.purpose) for draft in (old, new)]
    for name in sorted(before.keys() & after.keys()):
        for channel, direction, says in choices_changes(before[name], after[name], *terms):
            yield Change(direction, f"{name}.{channel}" if channel else name, says)


def _choices_of(document: PolicyDocument) -> Mapping[str, ChoicesRules]:
    return {p.choices.name: p.choices for d in datasets_of(document) for p in d.people if p.choices}


def _no_effect(old: Draft, new: Draft) -> Iterator[str]:
    one, other = old.document, new.document
    told = _descriptions(one), _descriptions(other)
    counts = (
        ("comment", _differing(_comments(old.data), _comments(new.data))),
        ("description", sum(told[0].get(key) != told[1].get(key) for key in {*told[0], *told[1]})),
    )
    yield from (f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts if n)
    for key in ("owner", "review_on", "jurisdiction", "lawful_basis", "answers"):
        if getattr(one, key) != getattr(other, key):
            yield key
    if one.contract.id != other.contract.id:
        yield "contract.id"
    for name in one.datasets.keys() & other.datasets.keys():
        if one.datasets[name].from_.changes != other.datasets[name].from_.changes:
            yield f"how changes of {name} are found"


def _descriptions(document: PolicyDocument) -> dict[str, str]:
    """Sentences for people, by the place where they stand."""
    found = {"title": document.title, **{f"declined.{name}": why for name, why in document.declined.items()}}
    for name, dataset in document.datasets.items():
        found[name] = dataset.about
        found |= {f"{name}.{field}": one.why for field, one in dataset.send.items() if one.why}
    return found


# Quoted text first, so that a # inside it is no comment.
_COMMENT = re.compile(r"""'[^'\n]*'|"(?:[^"\\\n]|\\.)*"|(?:^|(?<=\s))#(.*)$""", re.MULTILINE)


def _comments(data: bytes) -> Counter[str]:
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    return Counter(found[1].strip() for found in _COMMENT.finditer(text) if found[1] is not None)


def _differing(old: Counter[str], new: Counter[str]) -> int:
    return max((old - new).total(), (new - old).total())
