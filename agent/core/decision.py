"""A decision: officers' signed answer to a single question, with a reason and a last day. Signed like a policy: the
roll's threshold, the author apart. It never reaches what is forbidden: no decision reclassifies a floor column, and a
wide account is excused for at most 90 days.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

from agent.core import floor
from agent.core.policy.document import CATEGORIES
from agent.core.quorum import SIGNATURES_MAX, Judge, Quorum, Role, Stamp, count
from agent.core.roll import Roll
from agent.core.text import shown
from agent.errors import PolicyError

DECISION_TYP = "fieldgate-decision+jws"
Kind = Literal["reclassify", "wide-account", "release", "reset", "revoke-key", "offboard"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# What each kind asks about, by name; nothing more and nothing less.
QUESTIONS: dict[Kind, tuple[str, ...]] = {
    "reclassify": ("source", "table", "column", "category"),
    "wide-account": ("source", "account"),
    "release": ("recipient", "hold"),
    "reset": ("stream_id", "epoch"),
    "revoke-key": ("kid", "last_good"),  # last_good: STREAM=EPOCH/SEQ, joined by commas
    "offboard": ("instance", "way"),  # way: retract or hand-over
}
DAYS_MAX: dict[Kind, int] = dict.fromkeys(KINDS, 90) | {"reclassify": 366}
_REASON_MIN = 10
_TEXT_MAX = 500
_FILE_MAX = 256 * 1024
_CLOCK_SLACK = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision with all its signatures. `sha256` names question, reason, expiry and roll; `data` is the file."""

    kind: Kind
    question: Mapping[str, str]
    reason: str
    expires_on: dt.date
    decided_by: tuple[str, ...]
    submitted_by: str
    decided_at: dt.datetime
    sha256: str
    signatures_sha256: str
    roll_sha256: str
    roll_version: int
    single_officer: bool
    data: bytes

    def in_force(self, today: dt.date) -> bool:
        return today < self.expires_on


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is decided; the same bytes for all who sign."""

    spec: int = 1
    kind: Kind
    question: dict[str, str]
    reason: str
    expires_on: dt.date
    roll_sha256: str
    roll_version: int


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The payload of one signature."""

    decision: Question
    role: Role
    decided_at: dt.datetime


class DecisionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What travels. Only what the signatures carry counts; `decision` must be the same."""

    fieldgate: str
    decision: Question
    signatures: list[str]


def ask(kind: Kind, question: Mapping[str, str], reason: str, *, expires_on: dt.date, roll: Roll) -> Question:
    """A well-formed question, or PolicyError (exit 1) saying what no signature could make right."""
    asked = Question(
        kind=kind,
        question=dict(question),
        reason=" ".join(reason.split()),
        expires_on=expires_on,
        roll_sha256=roll.sha256,
        roll_version=roll.version,
    )
    problem = _problem(asked)
    if problem:
        raise _refuse("D001", problem)
    return asked


def payload_of(question: Question, role: Role, at: dt.datetime) -> bytes:
    """What one officer signs: keys sorted, compact, UTF-8."""
    signature = Signature(decision=question, role=role, decided_at=at.astimezone(dt.UTC).replace(microsecond=0))
    return msgspec.json.encode(signature, order="sorted")


def decision_file(question: Question, signatures: Sequence[str]) -> bytes:
    file = DecisionFile("decision", question, list(signatures))
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def read_decision_file(data: bytes) -> DecisionFile:
    """A file whose question is well-formed; PolicyError (exit 1) otherwise. It proves nothing yet."""
    try:
        if len(data) > _FILE_MAX:
            raise ValueError("too large")
        file = msgspec.json.decode(data, type=DecisionFile)
        if file.fieldgate != "decision" or file.decision.spec != 1 or len(file.signatures) > SIGNATURES_MAX:
            raise ValueError("another kind of file")
    except (msgspec.DecodeError, ValueError):
        raise _refuse("D002", "this is not a decision that can be read") from None
    problem = _problem(file.decision)
    if problem:
        raise _refuse("D001", problem)
    return file


def question_sha256(question: Question) -> str:
    return "sha256:" + hashlib.sha256(msgspec.json.encode(question, order="sorted")).hexdigest()


def count_signatures(file: DecisionFile, roll: Roll, *, today: dt.date) -> Quorum:
    """How many signatures there are, without a verdict: for screens."""
    return count(file.signatures, DECISION_TYP, roll, _judge(file.decision, roll, today))


def read_decision(data: bytes, roll: Roll, *, today: dt.date) -> Decision:
    """The decision of a file. PolicyError: exit 3 where signatures are missing or it has ended, exit 1 for a question
    that nobody may answer with yes. `roll` as in `approval.approve`."""
    file = read_decision_file(data)
    quorum = count_signatures(file, roll, today=today)
    sha256 = question_sha256(file.decision)
    if not quorum.complete or quorum.author is None or quorum.last_at is None:
        raise _missing(file.decision, quorum)
    if file.decision.expires_on <= today:
        raise PolicyError(
            "D004",
            f"the decision {file.decision.kind} ended on {file.decision.expires_on}",
            f"decide again: fieldgate decide {file.decision.kind}",
        )
    return Decision(
        kind=file.decision.kind,
        question=dict(file.decision.question),
        reason=file.decision.reason,
        expires_on=file.decision.expires_on,
        decided_by=tuple(o.name for o in quorum.counted),
        submitted_by=quorum.author.name,
        decided_at=quorum.last_at,
        sha256=sha256,
        signatures_sha256=quorum.sha256,
        roll_sha256=roll.sha256,
        roll_version=roll.version,
        single_officer=roll.single_officer,
        data=data,
    )


def read_standing(data: bytes, rolls: Sequence[Roll], *, today: dt.date) -> Decision:
    """A decision that was made earlier, under the roll of the history it names: it stands when an officer leaves."""
    named = read_decision_file(data).decision.roll_sha256
    return read_decision(data, next((r for r in rolls if r.sha256 == named), rolls[-1]), today=today)


def reclassified(decisions: Iterable[Decision], today: dt.date) -> frozenset[tuple[str, str]]:
    """(table as the policy writes it, column) of the columns that may be granted today."""
    return frozenset(
        (d.question["table"], d.question["column"]) for d in decisions if d.kind == "reclassify" and d.in_force(today)
    )


def _judge(question: Question, roll: Roll, today: dt.date) -> Judge:
    def judge(payload: bytes) -> Stamp | str:
        try:
            signature = msgspec.json.decode(payload, type=Signature)
        except msgspec.DecodeError:
            return "not a decision that can be read"
        if signature.decided_at.tzinfo is None or payload_of(question, signature.role, signature.decided_at) != payload:
            return "decided something else"
        if (question.roll_version, question.roll_sha256) != (roll.version, roll.sha256):
            return "decided under another officer roll"
        if signature.decided_at.date() > today + _CLOCK_SLACK:
            return f"decided on {signature.decided_at.date()}, which is still to come by this machine's clock"
        if question.expires_on > signature.decided_at.date() + dt.timedelta(days=DAYS_MAX[question.kind]):
            return f"{question.kind} may be decided for at most {DAYS_MAX[question.kind]} days"
        return Stamp(signature.role, signature.decided_at, question.expires_on)

    return judge


def _problem(asked: Question) -> str:
    """What no signature could make right; empty for a question officers may answer."""
    wanted = QUESTIONS[asked.kind]
    if set(asked.question) != set(wanted):
        return f"{asked.kind} asks for {', '.join(wanted)}"
    if any(not 0 < len(value) <= _TEXT_MAX for value in (*asked.question.values(), asked.reason)):
        return f"every answer needs 1 to {_TEXT_MAX} characters"
    if len(asked.reason) < _REASON_MIN:
        return "a decision needs a reason that a stranger understands"
    if asked.kind != "reclassify":
        return ""
    if asked.question["category"] not in CATEGORIES:
        return f"a policy knows no category of this name; it knows {', '.join(CATEGORIES)}"
    return _forbidden(asked.question)


def _forbidden(question: Mapping[str, str]) -> str:
    """Promise 2: what is forbidden stays forbidden, whoever signs."""
    table, column = question["table"].rpartition(".")[2], question["column"]
    # A DMS name may hold a point: the whole name and its last part are both held against the floor.
    found = (floor.exact(name, table) for name in (column, column.rpartition(".")[2]))
    if floor.is_finance_table(table) or any(v is not None and v.verdict == "forbidden" for v in found):
        return f"{shown(table)}.{shown(column)} is nonpublic financial information; no decision can allow it"
    return ""


def _missing(question: Question, quorum: Quorum) -> PolicyError:
    what = (
        f"{len(quorum.counted)} of {quorum.needed} signatures for the decision {question.kind}; "
        f"digest wanted: {question_sha256(question)}"
    )
    if quorum.not_counted:
        what += "; not counted: " + "; ".join(quorum.not_counted)
    return PolicyError("D003", what, "fieldgate decide sign FILE --key KEY, on an officer's own PC")


def _refuse(code: str, what: str) -> PolicyError:
    return PolicyError(code, what, "see `fieldgate decide --help` for what each question needs", exit_status=1)
