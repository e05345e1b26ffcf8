"""The dealer's signed answer to a request: each field sent, declined with a reason, or never with the rule; and the
form of the records, which both sides check against. It is Schedule A of the contract, and evidence for the incentive.

An answer leaves no field unanswered and speaks for the exact bytes of request and policies.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from agent.core import jws
from agent.core.floor import FLOOR_SHA256
from agent.core.officer import Officer
from agent.core.policy.compile import datasets_of
from agent.core.policy.origin import UNSIGNED, Origin
from agent.core.policy.reader import Draft
from agent.core.policy.request import Answered, Request, Standing, answer_to
from agent.core.policy.schemas import record_schema
from agent.core.roll import Roll
from agent.core.text import shown
from agent.errors import PolicyError

ANSWER_TYP = "fieldgate-answer+jws"
NEVER_RULE = "P020"  # nonpublic: no policy can allow it
_FILE_MAX = 1024 * 1024


class AnsweredBy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A policy that answers, and the terms it sends under."""

    policy: str
    version: int
    sha256: str
    purpose: str
    regime: str
    contract: str
    ends_on: dt.date
    keep_for_months: int
    pass_on_to: list[str]


class AnswerField(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of Schedule A. `reason`: why it is declined, or never; `datasets`: where it is sent."""

    name: str
    meaning: str
    need: str
    purpose: str
    standing: Standing
    reason: str
    rule: str
    datasets: list[str]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is signed. `records`: policy -> dataset -> JSON Schema of its records.

    `required`: as `counts`, of those fields. `request_signed_by`: the pinned key of the recipient; empty where nothing
    shows that it wrote the request. `roll_sha256`: the roll of the officer who signs; empty while nobody does.
    """

    spec: int = 1
    request: str
    recipient: str
    request_sha256: str
    request_signed_by: str
    roll_sha256: str
    single_officer: bool
    policies: list[AnsweredBy]
    floor_sha256: str
    answered_at: dt.datetime
    counts: dict[str, int]
    required: dict[str, int]
    fields: list[AnswerField]
    records: dict[str, dict[str, dict[str, Any]]]


class _Signer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    kid: str
    jwk: dict[str, str]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fieldgate: str
    answer: Answer
    signed_by: _Signer
    signature: str


def make_answer(
    request: Request, drafts: Sequence[Draft], at: dt.datetime, *, origin: Origin = UNSIGNED, roll: Roll | None = None
) -> Answer:
    """PolicyError (exit 1): a field has no answer, a policy replies to something else, or sends what nobody asked."""
    _refuse_strangers(request, drafts)
    found = answer_to(request, [draft.document for draft in drafts])
    unanswered = found.of("unanswered")
    if unanswered or found.invented:
        names = [one.field.name for one in unanswered] or list(found.invented)
        what = "has no answer" if unanswered else "was not asked for"
        more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
        raise PolicyError(
            "A030",
            f"`{shown(names[0])}`{more} {what} in {shown(request.cited_as)}",
            "fieldgate policy check names each of them, with its line",
            exit_status=1,
        )
    fields = [_line(one, drafts) for one in found.fields]
    return Answer(
        request=request.name,
        recipient=request.recipient,
        request_sha256=request.sha256,
        request_signed_by=origin.kid if origin.standing == "signed" else "",
        roll_sha256=roll.sha256 if roll else "",
        single_officer=roll is not None and roll.single_officer,
        policies=[_by(draft) for draft in drafts],
        floor_sha256=FLOOR_SHA256,
        answered_at=at.astimezone(dt.UTC).replace(microsecond=0),
        counts=_counts(fields),
        required=_counts([field for field in fields if field.need == "required"]),
        fields=fields,
        records={d.name: {s.name: record_schema(s) for s in datasets_of(d.document)} for d in drafts},
    )


def _counts(fields: Sequence[AnswerField]) -> dict[str, int]:
    standings = ("sent", "declined", "never")
    return {"asked": len(fields), **{one: sum(field.standing == one for field in fields) for one in standings}}


def _by(draft: Draft) -> AnsweredBy:
    document = draft.document
    return AnsweredBy(
        policy=draft.name,
        version=draft.version,
        sha256=draft.sha256,
        purpose=document.purpose,
        regime=document.regime,
        contract=document.contract.id,
        ends_on=document.contract.expires_on,
        keep_for_months=document.recipient_may.keep_for_months,
        pass_on_to=list(document.recipient_may.pass_on_to),
    )


def _refuse_strangers(request: Request, drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        if draft.document.answers != request.cited_as or draft.document.recipient != request.recipient:
            raise PolicyError(
                "A031",
                f"policy {draft.name} does not answer {shown(request.cited_as)}",
                f"write `answers: {shown(request.cited_as)}` in it, or leave it out",
                exit_status=1,
            )
    if len({draft.name for draft in drafts}) != len(drafts):
        raise PolicyError("A031", "one policy is named twice", "name each policy once", exit_status=1)


def _line(one: Answered, drafts: Sequence[Draft]) -> AnswerField:
    field = one.field
    sent = one.standing == "sent"
    datasets = [f"{d.name}/{name}" for d in drafts for name, s in d.document.datasets.items() if field.name in s.send]
    return AnswerField(
        name=field.name,
        meaning=field.meaning,
        need=field.need,
        purpose=field.purpose,
        standing=one.standing,
        reason="" if sent else one.reason,
        rule=NEVER_RULE if one.standing == "never" else "",
        datasets=datasets if sent else [],
    )


def payload_of(answer: Answer) -> bytes:
    """The one spelling that is signed: keys sorted, compact, UTF-8."""
    return msgspec.json.encode(answer, order="sorted")


def answer_file(answer: Answer, signer: Officer, signature: str) -> bytes:
    """The file that goes to the recipient: readable, and signed over exactly what it says."""
    file = _File("answer", answer, _Signer(signer.name, signer.kid, dict(signer.jwk)), signature)
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def read_answer(data: bytes, keys: Mapping[str, jws.JWK]) -> tuple[Answer, str]:
    """The answer of a file signed by one of `keys` (kid -> JWK), and its signer's name; the readable part is what was
    signed."""
    try:
        if len(data) > _FILE_MAX:
            raise ValueError("too large")
        file = msgspec.json.decode(data, type=_File)
        kid, payload = jws.verify(file.signature, ANSWER_TYP, keys.get)
        if kid != file.signed_by.kid or file.fieldgate != "answer" or payload != payload_of(file.answer):
            raise ValueError("it says something else than what was signed")
    except (msgspec.DecodeError, ValueError):
        raise PolicyError(
            "A032",
            "this is not an answer, or not the one that an officer of this dealer signed",
            "ask the dealer for the file that `fieldgate request answer` wrote",
            exit_status=1,
        ) from None
    return file.answer, file.signed_by.name
