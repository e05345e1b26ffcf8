"""Years later: who allowed which field for what, from when to when. From the bytes and signatures that were kept,
counted again under the roll and on the day of their import. A version whose approvals do not count says so; it names
nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from agent.core.approval import ApprovedPolicy, approval_file
from agent.core.policy.reader import Draft, read_policy
from agent.core.roll import Roll, read_rolls
from agent.errors import FieldgateError
from agent.state import permission
from agent.state.permission import StoredPolicy
from agent.state.store import Tx
from agent.tasks.permission import approved_policy


@dataclass(frozen=True, slots=True)
class Sent:
    """One field that a version let leave."""

    dataset: str
    field: str
    column: str
    category: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version that was put in force. `until` empty: it still is."""

    stored: StoredPolicy
    draft: Draft | None
    until: str
    ended_why: str
    approved: ApprovedPolicy | None
    problem: str  # why its approvals do not count; empty where they do

    def sends(self, field: str | None) -> tuple[Sent, ...]:
        """Its fields, or those of one outside name."""
        datasets = self.draft.document.datasets if self.draft else {}
        every = (
            Sent(dataset, name, sent.column, sent.category)
            for dataset, one in datasets.items()
            for name, sent in one.send.items()
        )
        return tuple(one for one in every if field in (None, one.field))

    def files(self) -> dict[str, bytes]:
        """What was signed and the signatures, under the names they travelled by."""
        name = f"{self.stored.name}.v{self.stored.version}"
        found = {f"{name}.yaml": self.stored.data}
        if self.draft:
            found[f"{name}.approval.json"] = approval_file(self.draft, self.stored.signatures)
        return found


def history(tx: Tx, name: str | None, field: str | None) -> tuple[Version, ...]:
    """Every version ever imported, oldest first; of one policy, and only where it sent one field, if asked so."""
    data = permission.roll(tx)
    rolls = read_rolls(data) if data else ()
    ends = permission.ends(tx)
    found = (_version(stored, rolls, ends) for stored in permission.every_policy(tx) if name in (None, stored.name))
    return tuple(one for one in found if field is None or one.sends(field))


def _version(stored: StoredPolicy, rolls: Sequence[Roll], ends: dict[tuple[str, int], tuple[str, str]]) -> Version:
    until, why = ends.get((stored.name, stored.version), ("", ""))
    read = read_policy(stored.data, f"{stored.name}.yaml")
    draft = None if isinstance(read, tuple) else read
    try:
        approved = approved_policy(stored, tuple(rolls), dt.datetime.fromisoformat(stored.imported_at).date())
    except FieldgateError as error:
        return Version(stored, draft, until, why, None, error.what)
    return Version(stored, draft, until, why, approved, "")
