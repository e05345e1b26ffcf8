"""The make-believe officers of the demo: keys, roll, approvals and decisions, through the code real officers use."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from agent.core import roll as rolls
from agent.core.approval import ApprovedPolicy
from agent.core.decision import Decision, ask
from agent.core.roll import Roll
from agent.demo.stage import SOURCE, Stage, now
from agent.keys import durable
from agent.keys.officer_key import create_officer_key, key_path, open_officer_key
from agent.keys.signing import Signer
from agent.tasks import decision_life, permission, policy_life
from agent.tasks.policy_life import Pen

OFFICERS = {"dana": "Dana Example", "lee": "Lee Example", "kim": "Kim Example"}
PASSPHRASE = "make-believe officer"  # noqa: S105 (of keys that approve nothing but this demo; told in its folder)
_NOTE = f"""The make-believe officers of this demo. The passphrase of each key: {PASSPHRASE}
A real officer keeps her key on her own PC and tells nobody.
"""


@dataclass(frozen=True)
class Officers:
    """Dana writes, Lee and Kim approve."""

    author: Signer
    approvers: tuple[Signer, ...]
    roll: Roll

    def author_pen(self) -> Pen:
        return Pen(self.author, self.roll, now())

    def approver_pens(self) -> list[Pen]:
        return [Pen(signer, self.roll, now()) for signer in self.approvers]


def appoint(stage: Stage) -> Officers:
    """Three keys, a roll that all three signed with a threshold of two, imported on the server."""
    folder = stage.folder / "officers"
    folder.mkdir(mode=0o700)
    (folder / "README.txt").write_text(_NOTE, "ascii")
    with ThreadPoolExecutor() as pool:  # a passphrase costs a third of a second to try, on purpose
        officers = list(pool.map(lambda one: create_officer_key(folder / one[0], one[1], PASSPHRASE), OFFICERS.items()))
        signers = list(pool.map(lambda short: open_officer_key(key_path(folder / short), PASSPHRASE), OFFICERS))
    data = rolls.genesis(officers, 2, single_officer=False, made_at=now())
    _, waiting = rolls.read_waiting(data)
    if waiting is None:
        raise AssertionError("a first roll waits for its signatures")
    for signer in signers:
        data = rolls.add_signature(data, signer.sign(rolls.ROLL_TYP, waiting.payload))
    path = stage.folder / "roll.json"
    durable.write(path, data)
    roll = permission.import_roll(stage.desk, path)
    return Officers(signers[0], tuple(signers[1:]), roll)


def approve_policy(stage: Stage, officers: Officers, path: Path) -> ApprovedPolicy:
    """Submit, approve twice, import: what `policy submit|approve|import` do."""
    draft = policy_life.read_draft(path, today=now().date())
    approvals = policy_life.approval_path(path, draft)
    policy_life.submit(draft, approvals, officers.author_pen(), replaces=None, until=None)
    for pen in officers.approver_pens():
        policy_life.approve(draft, approvals, pen)
    return permission.import_policy(stage.desk, path, approvals)


def excuse_wide_account(stage: Stage, officers: Officers) -> Decision:
    """The signed decision that lets a run go on where the database refuses nobody. For one day."""
    asked = ask(
        "wide-account",
        {"source": SOURCE, "account": "*"},
        "make-believe data in a SQLite file, which has no accounts",
        expires_on=now().date() + dt.timedelta(days=1),
        roll=officers.roll,
    )
    path = stage.folder / "wide-account.decision.json"
    decision_life.propose(asked, path, officers.author_pen())
    for pen in officers.approver_pens():
        decision_life.sign(path, asked, pen)
    return permission.import_decision(stage.desk, path)
