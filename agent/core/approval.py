"""An approval: an officer's signature over the exact bytes of a policy, for one recipient, in place of one version,
under one floor and one roll, until a day. Held against anything else it does not count, so an edited file, an older
approval and a replay for another recipient all read as "0 of 2 approvals". A version never takes a higher one's place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from agent.core import jws
from agent.core.floor import FLOOR_SHA256
from agent.core.quorum import SIGNATURES_MAX, Judge, Quorum, Role, Stamp, count
from agent.core.roll import Roll
from agent.core.text import shown
from agent.errors import PolicyError

if TYPE_CHECKING:  # the reader need not be loaded to count signatures
    from agent.core.policy.reader import Draft

APPROVAL_TYP = "fieldgate-approval+jws"
DAYS_MAX = 366  # officers look at every policy once a year
_FILE_MAX = 256 * 1024
# An officer's PC may be in another zone and run a little ahead of the server.
_CLOCK_SLACK = dt.timedelta(days=1)


class Replaced(Protocol):
    """The policy in force that a new version takes the place of. A `Draft` is one, and so is `Predecessor`."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def sha256(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Predecessor:
    """What is left to know of a replaced policy whose text is not at hand."""

    name: str
    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ApprovedPolicy:
    """A draft with all its approvals. Only `approve` makes one. `approved_by` are the people who counted."""

    draft: Draft
    approved_by: tuple[str, ...]
    expires_on: dt.date
    approvals_sha256: str
    roll_sha256: str
    roll_version: int
    floor_sha256: str
    single_officer: bool
    replaces_sha256: str | None
    submitted_by: str
    approved_at: dt.datetime
    inventory_sha256: str | None = None  # the names they signed over, where they had a list


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The payload of one signature."""

    spec: int = 1
    policy: str
    policy_sha256: str
    version: int
    recipient: str
    replaces_sha256: str | None
    floor_sha256: str
    roll_sha256: str
    roll_version: int
    expires_on: dt.date
    role: Role
    approved_at: dt.datetime
    # The names (never values) of the database that the officers had before them; absent where they had none.
    inventory_sha256: str | msgspec.UnsetType = msgspec.UNSET


class ApprovalFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """X.v5.approval.json. The first three lines are for people; only the signatures count."""

    fieldgate: str
    policy: str
    version: int
    policy_sha256: str
    signatures: list[str]


def approval_for(
    draft: Draft, roll: Roll, replaces: Replaced | None, stamp: Stamp, *, inventory_sha256: str | None = None
) -> Approval:
    """What an officer signs."""
    return Approval(
        policy=draft.name,
        policy_sha256=draft.sha256,
        version=draft.version,
        recipient=draft.document.recipient,
        replaces_sha256=replaces.sha256 if replaces else None,
        floor_sha256=FLOOR_SHA256,
        roll_sha256=roll.sha256,
        roll_version=roll.version,
        expires_on=stamp.expires_on,
        role=stamp.role,
        approved_at=stamp.at.astimezone(dt.UTC).replace(microsecond=0),
        inventory_sha256=inventory_sha256 or msgspec.UNSET,
    )


def payload_of(approval: Approval) -> bytes:
    """The one spelling that is signed: keys sorted, compact, UTF-8."""
    return msgspec.json.encode(approval, order="sorted")


def read_approval(payload: bytes) -> Approval | None:
    """None for anything that is not the one spelling of an approval (two texts must never mean the same)."""
    try:
        approval = msgspec.json.decode(payload, type=Approval)
    except msgspec.DecodeError:
        return None
    sound = approval.spec == 1 and approval.approved_at.tzinfo is not None and payload_of(approval) == payload
    return approval if sound else None


def count_approvals(
    draft: Draft, signatures: Sequence[str], roll: Roll, *, today: dt.date, replaces: Replaced | None
) -> Quorum:
    """How many approvals there are, without a verdict: for screens."""
    inventory_sha256 = inventory_of(submission(draft, signatures, roll))
    return count(signatures, APPROVAL_TYP, roll, _judge(draft, roll, replaces, today, inventory_sha256))


def approve(
    draft: Draft, signatures: Sequence[str], roll: Roll, *, today: dt.date, replaces: Replaced | None
) -> ApprovedPolicy:
    """The only door from `Draft` to `ApprovedPolicy`. PolicyError, exit 3, names what is missing and the digest wanted.

    `roll` is the roll in force for a new approval; for one that was accepted earlier, the roll it names (past approvals
    stand when an officer leaves). `replaces` is what was in force when it was, or is to be, imported.
    """
    if replaces and (draft.name != replaces.name or draft.version <= replaces.version):
        raise PolicyError(
            "A002",
            f"{shown(draft.name)} version {draft.version} cannot take the place of "
            f"{shown(replaces.name)} version {replaces.version}, which is in force",
            f"give the policy version {replaces.version + 1} or higher and have it approved",
        )
    quorum = count_approvals(draft, signatures, roll, today=today, replaces=replaces)
    if not quorum.complete or quorum.author is None or quorum.expires_on is None or quorum.last_at is None:
        raise missing(draft, quorum)
    if quorum.expires_on <= today:
        raise PolicyError(
            "A003",
            f"the approvals of {shown(draft.name)} version {draft.version} ended on {quorum.expires_on}",
            f"have it submitted and approved again: fieldgate policy submit; digest wanted: {draft.sha256}",
        )
    return ApprovedPolicy(
        draft=draft,
        approved_by=tuple(o.name for o in quorum.counted),
        expires_on=quorum.expires_on,
        approvals_sha256=quorum.sha256,
        roll_sha256=roll.sha256,
        roll_version=roll.version,
        floor_sha256=FLOOR_SHA256,
        single_officer=roll.single_officer,
        replaces_sha256=replaces.sha256 if replaces else None,
        submitted_by=quorum.author.name,
        approved_at=quorum.last_at,
        inventory_sha256=inventory_of(submission(draft, signatures, roll)),
    )


def inventory_of(approval: Approval | None) -> str | None:
    """Digest of the names it was signed over."""
    return (approval.inventory_sha256 or None) if approval else None


def submission(draft: Draft, signatures: Sequence[str], roll: Roll) -> Approval | None:
    """What the author signed for exactly these bytes under this roll; an approver signs the same in her own role."""
    for signature in signatures:
        try:
            _, payload = jws.verify(signature, APPROVAL_TYP, roll.find_key)
        except jws.BadJwsError:
            continue
        claims = read_approval(payload)
        if claims and claims.role == "author" and claims.policy_sha256 == draft.sha256:
            return claims
    return None


def approval_file(draft: Draft, signatures: Sequence[str]) -> bytes:
    """The file that travels."""
    file = ApprovalFile("approval", draft.name, draft.version, draft.sha256, list(signatures))
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def read_approval_file(data: bytes) -> ApprovalFile:
    """PolicyError (exit 1) for a file that is none. What it says about itself proves nothing yet."""
    try:
        if len(data) > _FILE_MAX:
            raise ValueError("too large")
        file = msgspec.json.decode(data, type=ApprovalFile)
        if file.fieldgate != "approval" or len(file.signatures) > SIGNATURES_MAX:
            raise ValueError("another kind of file")
    except (msgspec.DecodeError, ValueError):
        raise PolicyError(
            "A004", "this is not an approval file", "`fieldgate policy submit` makes one", exit_status=1
        ) from None
    return file


def _judge(draft: Draft, roll: Roll, replaces: Replaced | None, today: dt.date, inventory_sha256: str | None) -> Judge:
    def judge(payload: bytes) -> Stamp | str:
        approval = read_approval(payload)
        if approval is None:
            return "not an approval that can be read"
        stamp = Stamp(approval.role, approval.approved_at, approval.expires_on)
        wanted = approval_for(draft, roll, replaces, stamp, inventory_sha256=inventory_sha256)
        return _difference(approval, wanted) or _untimely(stamp, today) or stamp

    return judge


# In the order in which a person can do most with the answer.
_MEANINGS = {
    "policy": "approved another policy",
    "version": "approved another version",
    "policy_sha256": "approved other bytes; the file was changed since",
    "recipient": "approved it for another recipient",
    "roll_version": "approved under another version of the officer roll",
    "roll_sha256": "approved under another officer roll",
    "floor_sha256": "approved under another floor list; this program has a different one",
    "inventory_sha256": "approved it over another list of the database's names than its author",
    "replaces_sha256": "approved it in place of another policy than the one in force",
}


def _difference(approval: Approval, wanted: Approval) -> str:
    for claim, meaning in _MEANINGS.items():
        if getattr(approval, claim) != getattr(wanted, claim):
            return meaning
    return ""


def _untimely(stamp: Stamp, today: dt.date) -> str:
    if stamp.at.date() > today + _CLOCK_SLACK:
        return f"approved on {stamp.at.date()}, which is still to come by this machine's clock"
    if stamp.expires_on > stamp.at.date() + dt.timedelta(days=DAYS_MAX):
        return f"approved for more than {DAYS_MAX} days"
    return ""


def missing(draft: Draft, quorum: Quorum) -> PolicyError:
    """What is missing, and the digest it wants: the same words on an officer's PC and on the server."""
    what = (
        f"{len(quorum.counted)} of {quorum.needed} approvals for {shown(draft.name)} version {draft.version}; "
        f"digest wanted: {draft.sha256}"
    )
    if quorum.author is None:
        what += "; nobody has submitted these bytes"
    if quorum.not_counted:
        what += "; not counted: " + "; ".join(quorum.not_counted)
    step = "approve" if quorum.author else "submit"
    return PolicyError("A001", what, f"fieldgate policy {step} FILE --key KEY, on an officer's own PC")
