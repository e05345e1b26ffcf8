"""A decision's way, as a file that travels like an approval: one officer asks and signs, the others add theirs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from agent.core import decision
from agent.core.decision import Decision, DecisionFile, Question
from agent.core.quorum import Quorum, Role
from agent.core.roll import Roll, read_rolls
from agent.core.text import shown
from agent.errors import PolicyError
from agent.keys import durable
from agent.tasks.policy_life import Pen

_FILE_MAX = 1024 * 1024


def propose(asked: Question, path: Path, pen: Pen) -> Quorum:
    """A new file with the author's signature; refuses to overwrite one."""
    file = DecisionFile("decision", asked, [_signed(asked, "author", pen)])
    quorum = decision.count_signatures(file, pen.roll, today=pen.now.date())
    if quorum.author is None:
        raise _useless(quorum)
    try:
        durable.write_new(path, decision.decision_file(asked, file.signatures))
    except FileExistsError:
        raise PolicyError(
            "D005", f"{path.name} exists already", "choose another name with --out", exit_status=1
        ) from None
    return quorum


def sign(path: Path, asked: Question, pen: Pen) -> Quorum:
    """One signature more on `asked`, the question the officer was shown; refused where it would not count."""
    file = load(path)
    if file.decision != asked:
        raise PolicyError("D008", f"{path.name} was changed meanwhile", "look at it again", exit_status=1)
    before = decision.count_signatures(file, pen.roll, today=pen.now.date())
    signatures = [*file.signatures, _signed(file.decision, "approver", pen)]
    more = DecisionFile("decision", file.decision, signatures)
    after = decision.count_signatures(more, pen.roll, today=pen.now.date())
    if len(after.counted) == len(before.counted):
        raise _useless(after)
    durable.write(path, decision.decision_file(file.decision, signatures))
    return after


def load_standing(path: Path, roll: Roll, *, today: dt.date) -> Decision:
    """A complete decision, made under this roll or one before it in its file."""
    return decision.read_standing(_bytes(path), read_rolls(roll.data), today=today)


def load(path: Path) -> DecisionFile:
    return decision.read_decision_file(_bytes(path))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(_FILE_MAX)
    except OSError:
        raise PolicyError(
            "D006", f"{shown(str(path))} cannot be read", "look at its name and folder", exit_status=1
        ) from None


def _signed(asked: Question, role: Role, pen: Pen) -> str:
    if pen.roll.officer(pen.signer.kid) is None:
        raise PolicyError(
            "A013",
            f"this key is not in the officer roll, version {pen.roll.version}",
            "use the key of an officer in the roll, or have her added: fieldgate officers add",
        )
    return pen.signer.sign(decision.DECISION_TYP, decision.payload_of(asked, role, pen.now))


def _useless(quorum: Quorum) -> PolicyError:
    why = quorum.not_counted[-1] if quorum.not_counted else "there are enough signatures"
    return PolicyError("D007", f"this signature would not count: {why}", "another officer of the roll must sign")
