"""What an OEM's answer means. One table; the receiver, the agent, the docs and the tests are made from it.

A type that is not in the table means stop: an agent never guesses that it may go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Action = Literal["settle", "retry", "stop", "quarantine"]
TYPE_PREFIX = "urn:fieldgate:problem:"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem type. `status`: the HTTP status a receiver answers with. `ask_head`: compare stream heads next."""

    status: int
    action: Action
    title: str
    advice: str
    ask_head: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do now. `problem` is the type's bare name, empty where the answer named none we know."""

    action: Action
    problem: str
    advice: str
    ask_head: bool = False


_RESYNC = "Nothing more is sent until both sides agree where the stream stands: fieldgate resync"

PROBLEMS: Mapping[str, Problem] = {
    "gap": Problem(409, "stop", "An earlier batch of this stream has not arrived", _RESYNC, ask_head=True),
    "seq_settled": Problem(409, "stop", "Another batch holds this seq", _RESYNC, ask_head=True),
    "fork": Problem(
        409,
        "stop",
        "Two histories exist under this stream's name",
        "Find out which machine is the real one (a cloned or restored server?), then on that one: fieldgate resync",
        ask_head=True,
    ),
    "in_progress": Problem(
        409, "retry", "A batch of this stream is being taken in", "Nothing to do; it is tried again"
    ),
    "unsupported": Problem(
        400,
        "stop",
        "The receiver does not know this form",
        "Ask the OEM which wire spec it takes, then upgrade one side",
    ),
    "unknown_key": Problem(
        401,
        "stop",
        "The signing key is not enrolled",
        "Ask the OEM for an enrollment token, then run: fieldgate keys enroll",
    ),
    "revoked_key": Problem(403, "stop", "The signing key was revoked", "Call the OEM: it has to enroll a new key"),
    "bad_signature": Problem(401, "stop", "A signature does not verify", "Run: fieldgate keys list, then call the OEM"),
    "bad_token": Problem(
        403, "stop", "The enrollment token is not valid (any more)", "Ask the OEM for a new enrollment token"
    ),
    "digest_mismatch": Problem(
        422,
        "retry",
        "The bytes are not those that were described",
        "Nothing to do; the batch is sent again. If it repeats, a device on the way changes traffic",
    ),
    "schema_mismatch": Problem(
        422,
        "quarantine",
        "A line does not fit the batch's own description",
        "Run: fieldgate batch show, then batch retry",
    ),
    "policy_rollback": Problem(
        409, "stop", "An older policy or officer roll than before", f"A restored server? {_RESYNC}", ask_head=True
    ),
    "wrong_stream": Problem(
        403,
        "stop",
        "This stream is not this dealer's, or not for this receiver",
        "Check dealer_code and recipient names",
    ),
    "too_large": Problem(413, "quarantine", "Larger than wire spec 1 allows", "Run: fieldgate batch show"),
    "unavailable": Problem(503, "retry", "The receiver cannot take anything now", "Nothing to do; it is tried again"),
}

# Statuses without a problem type we know come from something between us and the receiver as often as from itself.
_RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


class WireError(ValueError):
    """Something on the wire is refused. `problem`: a name in PROBLEMS; the text names claim or line, never a value."""

    def __init__(self, problem: str, what: str, **extra: int | str | None) -> None:
        super().__init__(what)
        self.problem = problem
        self.what = what
        self.extra = extra


def problem_name(problem_type: str | None) -> str:
    """The bare name of a problem type, empty when it is none of ours."""
    name = (problem_type or "").removeprefix(TYPE_PREFIX)
    return name if name in PROBLEMS else ""


def meaning(status: int, problem_type: str | None = None) -> Answer:
    """What a status and the problem+json `type` mean. `settle` still needs a receipt that verifies."""
    if status in (200, 201):
        return Answer("settle", "", "Settled when the receipt verifies")
    name = problem_name(problem_type)
    if name:
        known = PROBLEMS[name]
        return Answer(known.action, name, known.advice, known.ask_head)
    if problem_type in (None, "", "about:blank") and status in _RETRY_STATUSES:
        return Answer("retry", "", "Nothing to do; it is tried again")
    return Answer(
        "stop", "", f"The other side answered HTTP {status}, which means nothing in wire spec 1: call the OEM"
    )
