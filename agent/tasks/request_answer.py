"""Sign the answer to a request, on an officer's own PC, and read one back: no agent.yaml, no state, no network."""

from __future__ import annotations

from pathlib import Path

from agent.core.policy.answer import ANSWER_TYP, Answer, answer_file, payload_of
from agent.core.policy.schedule import schedule_a
from agent.core.text import shown
from agent.errors import PolicyError
from agent.keys import durable
from agent.tasks.policy_life import Pen


def sign_answer(answer: Answer, path: Path, pen: Pen) -> str:
    """Write the signed file, and Schedule A beside it; the signer's name. Only an officer of the roll speaks for the
    dealer."""
    officer = pen.roll.officer(pen.signer.kid)
    if officer is None:
        raise PolicyError(
            "A013",
            f"this key is not in the officer roll, version {pen.roll.version}",
            "use the key of an officer in the roll, or have her added: fieldgate officers add",
        )
    data = answer_file(answer, officer, pen.signer.sign(ANSWER_TYP, payload_of(answer)))
    try:
        durable.write_new(path, data)
        durable.write(schedule_path(path), schedule_a(answer, officer.name).encode())
    except FileExistsError:
        raise PolicyError(
            "A033", f"{shown(str(path))} exists already", "choose another name with --out", exit_status=1
        ) from None
    return officer.name


def schedule_path(path: Path) -> Path:
    """Schedule A stands beside the signed answer: X.answer.json, X.schedule-a.txt."""
    return path.with_name(f"{path.name.removesuffix('.json').removesuffix('.answer')}.schedule-a.txt")
