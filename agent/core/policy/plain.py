"""A policy in plain words, for people who sign it: what leaves, about whom, when it stays, and what was declined."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from agent.core.policy.document import Choices, Comparison, Dataset, Exists, PolicyDocument, SentField
from agent.core.policy.request import Answer
from agent.core.ruleset import CHANNELS_OF_CATEGORY
from agent.core.text import shown

_WIDTH = 80
_REGIMES = {
    "opt_in": "only what a person agreed to leaves",
    "opt_out": "everything listed leaves unless the person refused",
}
_CHANNEL_WORDS = {"everything": "everything", "mail": "mail", "email": "e-mail", "phone": "calls", "sms": "texts"}


def plain_words(document: PolicyDocument, answer: Answer | None = None) -> tuple[str, ...]:
    """Lines of at most 80 columns; whatever the file says is escaped."""
    return tuple(_lines(document, answer))


def _lines(document: PolicyDocument, answer: Answer | None) -> Iterator[str]:
    may = document.recipient_may
    yield f"{document.policy}   version {document.version}"
    yield from _wrap("", document.title)
    yield ""
    yield from _wrap("To         ", f"{document.recipient}, for {document.purpose.replace('_', ' ')}")
    yield from _wrap("Until      ", f"{document.contract.expires_on} (contract {document.contract.id})")
    yield from _wrap("Review     ", f"{document.review_on}, ask {document.owner}")
    others = ", ".join(may.pass_on_to) or "nobody"
    yield from _wrap("They may   ", f"keep it for {may.keep_for_months} months and pass it on to {others}")
    yield from _wrap("Rule       ", f"{_REGIMES[document.regime]}; law of {', '.join(document.jurisdiction)}")
    yield from _wrap("Stores     ", ", ".join(document.stores))
    for name, dataset in document.datasets.items():
        yield from _dataset(name, dataset)
    for name, group in document.choices.items():
        yield from _choices(name, group)
    if document.declined:
        yield ""
        yield "DECLINED   asked for, not sent"
        for name, reason in document.declined.items():
            yield from _wrap(f"  {name:<24} ", reason)
    never = answer.of("never") if answer else ()
    if never:
        yield ""
        yield "NEVER      asked for, and no policy can allow it"
        yield from (line for one in never for line in _wrap(f"  {one.field.name:<24} ", one.field.meaning))


def _dataset(name: str, dataset: Dataset) -> Iterator[str]:
    yield ""
    yield from _wrap(f"SENT       {name}: ", dataset.about)
    asked = any(person.choices for person in dataset.people.values())
    for field_name, field in dataset.send.items():
        yield from _wrap(f"  {field_name:<27} {shown(field.column):<16} ", field_words(field, asked=asked))
    for head, words in selection_words(dataset):
        yield from _wrap(f"  {head:<8} ", words)


def selection_words(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Which rows, and about whom: (from, only or about; a sentence)."""
    source = dataset.from_
    yield "from", _from(source.table, [shown(j.table) for j in source.joins])
    for condition in source.only_where:
        yield "only", _condition(condition)
    for person_name, person in dataset.people.items():
        if person.choices is None:
            said = "whatever they said: no choice is asked for this purpose"
        else:
            said = f"unless they said stop ({person.choices}, below)"
        yield "about", f"the {person_name} ({', '.join(person.key)}), {said}"


def _choices(name: str, group: Choices) -> Iterator[str]:
    yield ""
    yield from _wrap("STOP       ", f"{name}: what people said, from {group.table}")
    for channel, choice in group.columns():
        codes = " or ".join(choice.refused)
        yes = "a yes" if choice.given else "no objection"
        others = " or ".join(choice.given or choice.not_refused or ())
        unknown = "leaves" if choice.unknown == "send" else "stays"
        said = f"{choice.column}: {codes} is a no, {others} is {yes}; unknown {unknown}"
        yield from _wrap(f"  {_CHANNEL_WORDS[channel]:<24} ", said)


def _from(table: str, joined: list[str]) -> str:
    return f"{table}, with {', '.join(joined)}" if joined else table


def field_words(field: SentField, *, asked: bool) -> str:
    words = [field.category.replace("_", " ")]
    if field.is_pseudonym:
        words.append("leaves as a pseudonym" + (", equal in all streams" if field.scope == "recipient" else ""))
    elif field.transform is not None and field.transform.name == "keep_first":
        words.append(f"first {field.transform.keep} characters only")
    elif field.transform is not None and field.transform.name != "pass":
        words.append({"mask": "masked", "suppress": "left empty"}[field.transform.name])
    channels = CHANNELS_OF_CATEGORY.get(field.category, ())
    if channels and asked:
        words.append("obeys " + " and ".join(_CHANNEL_WORDS[c] for c in channels))
    if field.person:
        words.append(f"of the {field.person}")
    if field.why:
        words.append(f"why: {field.why}")
    return "; ".join(words)


def _condition(condition: Comparison | Exists) -> str:
    if isinstance(condition, Exists):
        tests = " and ".join(_comparison(test) for test in condition.and_)
        return f"where {condition.exists} has a matching row" + (f" with {tests}" if tests else "")
    return f"where {_comparison(condition)}"


def _comparison(condition: Comparison) -> str:
    (test, value), *_ = condition.tests()
    if test == "not_empty":
        return f"{condition.column} is not empty"
    if test == "within_months":
        return f"{condition.column} is in the last {value} months"
    said = " or ".join(value) if isinstance(value, tuple) else str(value)
    return f"{condition.column} {test.replace('_one_of', '').replace('_', ' ')} {said}"


def _wrap(head: str, text: str) -> list[str]:
    room = max(_WIDTH - len(head), 24)
    lines = textwrap.wrap(shown(text, 2000), room) or [""]
    return [f"{head}{lines[0]}".rstrip(), *(" " * len(head) + line for line in lines[1:])]
