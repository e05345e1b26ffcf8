"""A policy's way from its author to the server, as files that travel: X.yaml, X.v5.approval.json, roll.json. Works on
an officer's own PC without agent.yaml, state or network. Nobody signs what would not count; no file is written half.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.core import approval
from agent.core.approval import Approval, ApprovedPolicy, Predecessor, Replaced
from agent.core.inventory import Inventory
from agent.core.policy.checks import Decisions, check_policy
from agent.core.policy.problems import errors_in
from agent.core.policy.reader import Draft, read_policy
from agent.core.quorum import Quorum, Stamp
from agent.core.roll import Roll, read_roll
from agent.core.text import shown
from agent.errors import PolicyError
from agent.keys import durable
from agent.keys.signing import Signer

_FILE_MAX = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pen:
    """Who signs, under which roll, when."""

    signer: Signer
    roll: Roll
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a policy has come."""

    policy: str
    version: int
    sha256: str
    roll_version: int
    expires_on: dt.date
    replaces_sha256: str | None
    submitted_by: str
    approved_by: tuple[str, ...]
    needed: int
    approval_path: Path
    inventory_sha256: str | None
    single_officer: bool

    @property
    def complete(self) -> bool:
        return len(self.approved_by) >= self.needed


@dataclass(frozen=True, slots=True)
class Import:
    """Everything the server keeps of an import, verified: the exact bytes, and what they amount to."""

    approved: ApprovedPolicy
    roll: Roll
    signatures: tuple[str, ...]
    approval_data: bytes


def read_draft(
    policy_path: Path, *, today: dt.date, decisions: Decisions = frozenset(), inventory: Inventory | None = None
) -> Draft:
    """The draft of a file without problems; PolicyError (exit 1) naming the first of them otherwise.

    `decisions`: the columns that `core.decision.reclassified` lets a policy grant. `inventory`: the names the database
    has, where they are at hand.
    """
    data = _bytes(policy_path, "policy")
    read = read_policy(data, policy_path.name)
    problems = errors_in(
        read if isinstance(read, tuple) else check_policy(read, today=today, decisions=decisions, inventory=inventory)
    )
    if isinstance(read, tuple) or problems:
        first = problems[0]
        raise PolicyError(
            "A010",
            f"{shown(policy_path.name)} has {len(problems)} problem{'s' * (len(problems) > 1)}, "
            f"the first in line {first.line}: {first.code} {shown(first.message)}",
            f"fieldgate policy check {shown(policy_path.name)}",
            exit_status=1,
        )
    return read


def approval_path(policy_path: Path, draft: Draft) -> Path:
    """Where a policy's approvals stand: beside it."""
    return policy_path.with_name(f"{draft.name}.v{draft.version}.approval.json")


def submit(
    draft: Draft,
    path: Path,
    pen: Pen,
    *,
    replaces: Replaced | None,
    until: dt.date | None,
    inventory: Inventory | None = None,
) -> Standing:
    """The author's signature in a new approval file at `path`, valid `until`, the contract's end or for a year; over
    the names of `inventory`, which the others then sign as well."""
    today = pen.now.date()
    _must_be_member(pen)
    if replaces and (replaces.name != draft.name or replaces.version >= draft.version):
        raise PolicyError(
            "A002",
            f"{shown(draft.name)} version {draft.version} cannot take the place of "
            f"{shown(replaces.name)} version {replaces.version}",
            "give the policy a higher version than the one in force",
            exit_status=1,
        )
    longest = min(draft.document.contract.expires_on, today + dt.timedelta(days=approval.DAYS_MAX))
    last = min(until or longest, longest)
    if last <= today:
        raise PolicyError("A015", f"an approval until {last} would have ended already", "choose a later day")
    claims = approval.approval_for(
        draft,
        pen.roll,
        replaces,
        Stamp("author", pen.now, last),
        inventory_sha256=inventory.digest() if inventory else None,
    )
    signature = pen.signer.sign(approval.APPROVAL_TYP, approval.payload_of(claims))
    _refuse_if_under_way(draft, path, pen)
    durable.write(path, approval.approval_file(draft, [signature]))
    return _standing(draft, [signature], path, pen.roll, today)


def approve(draft: Draft, path: Path, pen: Pen) -> Standing:
    """One more approver's signature in the approval file; refused where it would not count."""
    today = pen.now.date()
    _must_be_member(pen)
    signatures = _signatures(path)
    claims, before = _count(draft, signatures, pen.roll, today)
    if claims is None or before.author is None:
        raise approval.missing(draft, before)
    if claims.expires_on <= today:
        raise PolicyError("A015", f"what was submitted ended on {claims.expires_on}", "have it submitted again")
    mine = msgspec.structs.replace(
        claims, role="approver", approved_at=pen.now.astimezone(dt.UTC).replace(microsecond=0)
    )
    signatures = [*signatures, pen.signer.sign(approval.APPROVAL_TYP, approval.payload_of(mine))]
    _, after = _count(draft, signatures, pen.roll, today)
    if len(after.counted) == len(before.counted):
        raise PolicyError(
            "A012",
            f"this signature would not count: {after.not_counted[-1]}",
            "another officer of the roll must approve",
        )
    durable.write(path, approval.approval_file(draft, signatures))
    return _standing(draft, signatures, path, pen.roll, today)


def standing(draft: Draft, path: Path, roll: Roll, *, today: dt.date) -> Standing:
    """How many approvals the file at `path` holds for the policy as it is now."""
    return _standing(draft, _signatures(path), path, roll, today)


def load_for_import(
    policy_path: Path,
    approvals: Path | None,
    roll_data: bytes,
    *,
    roll_in_force: Roll | None,
    replaces: Replaced | None,
    today: dt.date,
    decisions: Decisions = frozenset(),
) -> Import:
    """The server's side: policy, approvals and roll, read and verified. PolicyError, exit 3, where approvals miss.

    `roll_data` is the roll file to go by (the one in force, or a newer one that continues it); `replaces` the policy
    of this name in force, or the highest version that ever was.
    """
    roll = read_roll(roll_data, roll_in_force)
    draft = read_draft(policy_path, today=today, decisions=decisions)
    path = approvals or approval_path(policy_path, draft)
    data = _bytes(path, "approval") if path.exists() else None
    signatures = tuple(approval.read_approval_file(data).signatures) if data is not None else ()
    approved = approval.approve(draft, signatures, roll, today=today, replaces=replaces)
    return Import(approved, roll, signatures, data or b"")


def load_replaced(policy_path: Path) -> Predecessor:
    """The policy in force, from its file, for `submit --replaces`. It may have problems by now; it is only named."""
    read = read_policy(_bytes(policy_path, "policy"), policy_path.name)
    if isinstance(read, tuple):
        raise PolicyError(
            "A014",
            f"{shown(policy_path.name)} cannot be read as a policy",
            "give the file that is in force",
            exit_status=1,
        )
    return Predecessor(read.name, read.version, read.sha256)


def _standing(draft: Draft, signatures: list[str], path: Path, roll: Roll, today: dt.date) -> Standing:
    claims, quorum = _count(draft, signatures, roll, today)
    if claims is None or quorum.author is None:
        raise approval.missing(draft, quorum)
    return Standing(
        policy=draft.name,
        version=draft.version,
        sha256=draft.sha256,
        roll_version=roll.version,
        expires_on=claims.expires_on,
        replaces_sha256=claims.replaces_sha256,
        submitted_by=quorum.author.name,
        approved_by=tuple(officer.name for officer in quorum.counted),
        needed=quorum.needed,
        approval_path=path,
        inventory_sha256=approval.inventory_of(claims),
        single_officer=roll.single_officer,
    )


def _count(draft: Draft, signatures: list[str], roll: Roll, today: dt.date) -> tuple[Approval | None, Quorum]:
    """The author's claims and the count. On an officer's PC the author's word is all there is about what is replaced;
    the server compares it with what is in force there."""
    claims = approval.submission(draft, signatures, roll)
    replaces = None
    if claims and claims.replaces_sha256:
        replaces = Predecessor(draft.name, draft.version - 1, claims.replaces_sha256)
    return claims, approval.count_approvals(draft, signatures, roll, today=today, replaces=replaces)


def _must_be_member(pen: Pen) -> None:
    if pen.roll.officer(pen.signer.kid) is None:
        raise PolicyError(
            "A013",
            f"this key is not in the officer roll, version {pen.roll.version}",
            "use the key of an officer in the roll, or have her added: fieldgate officers add",
        )


def _refuse_if_under_way(draft: Draft, path: Path, pen: Pen) -> None:
    """A submission of these bytes that others have signed already is not thrown away by a second one."""
    _, quorum = _count(draft, _signatures(path), pen.roll, pen.now.date())
    if any(officer.kid != pen.signer.kid for officer in (quorum.author, *quorum.counted) if officer):
        raise PolicyError(
            "A011",
            f"{path.name} already holds signatures over these bytes",
            "approve it instead: fieldgate policy approve; or remove the file to begin again",
            exit_status=1,
        )


def _signatures(path: Path) -> list[str]:
    return list(approval.read_approval_file(_bytes(path, "approval")).signatures) if path.exists() else []


def _bytes(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_MAX + 1)
    except OSError:
        raise _unreadable(path, what, "cannot be read") from None
    if len(data) > _FILE_MAX:
        raise _unreadable(path, what, "is far too large")
    return data


def _unreadable(path: Path, what: str, why: str) -> PolicyError:
    return PolicyError(
        "A016", f"the {what} file {shown(str(path))} {why}", "look at its name and folder", exit_status=1
    )
