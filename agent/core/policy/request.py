"""The car maker's request, strictly read, and the dealer's answer to it, field by field: sent, declined, or never.

A field nobody answered and a field nobody asked for are both visible; silence is not an answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, ValidationError

from agent.core.classify import classify
from agent.core.policy.document import Keys, PolicyDocument
from agent.core.policy.problems import Problem, in_order
from agent.core.policy.reader import Draft, digest
from agent.core.policy.schema_errors import findings, is_misspelled, nearest, report
from agent.core.policy.strict_yaml import Path, read_tree
from agent.core.policy.words import Date, Name, PolicyName, RequestName, Sentence, TypeWord
from agent.core.ruleset import FieldType, Purpose

Need = Literal["required", "wanted"]
Standing = Literal["sent", "declined", "never", "unanswered"]


class AskedField(Keys):
    """One field the recipient asks for; the key is its name outside."""

    meaning: Sentence = Field(description="What it is, in plain words.")
    type: TypeWord = Field(description="In what form it is wanted.")
    need: Need = Field(description="required or wanted.")
    purpose: Purpose = Field(description="What for.")


class RequestDocument(Keys):
    """A recipient's list of the fields it asks for."""

    request: RequestName = Field(description="The request's name, as policies cite it.")
    recipient: PolicyName = Field(description="Who asks.")
    title: Sentence = Field(description="What for, in one sentence.")
    asked_on: Date = Field(description="When it was asked.")
    fields: dict[Name, AskedField] = Field(description="The fields asked for.", min_length=1, max_length=500)


@dataclass(frozen=True, slots=True)
class RequestedField:
    name: str
    meaning: str
    type: FieldType
    need: Need
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Request:
    """A request as read. `sha256` is over the exact bytes."""

    name: str
    recipient: str
    title: str
    asked_on: dt.date
    fields: tuple[RequestedField, ...]
    sha256: str

    @property
    def cited_as(self) -> str:
        """How a policy's `answers:` names it."""
        return f"{self.recipient}/{self.name}"


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to one field. `reason`: who sends it, the dealer's own reason, or the rule that forbids it."""

    field: RequestedField
    standing: Standing
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    fields: tuple[Answered, ...]
    invented: tuple[str, ...]  # sent or declined, but never asked for

    def of(self, standing: Standing) -> tuple[Answered, ...]:
        return tuple(one for one in self.fields if one.standing == standing)


def read_request(data: bytes, file: str) -> Request | tuple[Problem, ...]:
    """The request, or all problems of its form."""
    tree = read_tree(data, file)
    if tree.root is None or tree.problems:
        return in_order(tree.problems)
    try:
        document = RequestDocument.model_validate(tree.root)
    except ValidationError as error:
        found = findings(error)
        for one in found:
            if not is_misspelled(one, found):
                report(one, tree, RequestDocument)
        return in_order(tree.problems)
    fields = tuple(RequestedField(n, f.meaning, f.type, f.need, f.purpose) for n, f in document.fields.items())
    return Request(document.request, document.recipient, document.title, document.asked_on, fields, digest(data))


def answer_to(request: Request, policies: Iterable[PolicyDocument]) -> Answer:
    """What these policies say to a request. Never outranks declined: a dealer cannot decline what the law forbids."""
    documents = tuple(policies)
    senders: dict[str, list[str]] = {}
    declined: dict[str, str] = {}
    for document in documents:
        declined |= document.declined
        for dataset_name, dataset in document.datasets.items():
            for name in dataset.send:
                senders.setdefault(name, []).append(dataset_name)
    asked = {field.name for field in request.fields}
    fields = tuple(_answered(field, senders, declined) for field in request.fields)
    return Answer(fields, tuple(sorted((set(senders) | set(declined)) - asked)))


def _answered(field: RequestedField, senders: dict[str, list[str]], declined: dict[str, str]) -> Answered:
    verdict = classify(field.name)
    if verdict.verdict == "forbidden":
        return Answered(field, "never", verdict.reason)
    if field.name in senders:
        return Answered(field, "sent", ", ".join(senders[field.name]))
    if field.name in declined:
        return Answered(field, "declined", declined[field.name])
    return Answered(field, "unanswered", "")


def check_answer(draft: Draft, request: Request) -> tuple[Problem, ...]:
    """P051 for each field of the request without an answer, and each answer to something nobody asked."""
    tree = read_tree(draft.data, draft.file)
    answer = answer_to(request, [draft.document])
    found: list[Problem] = []

    def say(message: str, path: Path, help_: str) -> None:
        place = tree.key(path)
        found.append(Problem("P051", message, draft.file, place.line, place.column, place.length, help_))

    if draft.document.answers != request.cited_as:
        say(f"this policy does not answer {request.cited_as}", ("answers",), f"write `answers: {request.cited_as}`")
        return in_order(found)
    if draft.document.recipient != request.recipient:
        say("the request is another recipient's", ("recipient",), f"write `recipient: {request.recipient}`")
    for one in answer.of("unanswered"):
        help_ = f"send `{one.field.name}`, or give the reason under `declined:`"
        say(f"`{one.field.name}` was asked for and has no answer", ("answers",), help_)
    asked = tuple(field.name for field in request.fields)
    for path, name in _answers_in(draft.document):
        if name in answer.invented:
            near = nearest(name, asked)
            help_ = f"did you mean `{near}`?" if near else "remove it: a policy grants nothing beyond the request"
            say(f"nobody asked for `{name}`", path, help_)
    return in_order(found)


def unchecked_answer(draft: Draft) -> tuple[Problem, ...]:
    """To note, where the request that a policy answers is not at hand: nobody has looked whether it answers it all."""
    cited = draft.document.answers
    if cited is None:
        return ()
    place = read_tree(draft.data, draft.file).value(("answers",))
    help_ = f"put it beside the policy: requests/{cited.replace('/', '.')}.request.yaml"
    message = f"{cited} is not at hand, so its fields were not compared"
    return (Problem("P051", message, draft.file, place.line, place.column, place.length, help_, severity="warning"),)


def _answers_in(document: PolicyDocument) -> Iterable[tuple[Path, str]]:
    for dataset_name, dataset in document.datasets.items():
        yield from ((("datasets", dataset_name, "send", name), name) for name in dataset.send)
    yield from ((("declined", name), name) for name in document.declined)
