"""What our own state can say to somebody who compares two versions of a policy: what is in force, which columns were
ever sent, how much left. It opens no source and no key.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from agent.core.policy.desk import Decisions
from agent.core.policy.diff import Place, columns_sent
from agent.core.policy.reader import Draft, read_policy
from agent.core.roll import read_rolls
from agent.state import disclosures, permission
from agent.state.store import Tx
from agent.tasks.permission import reclassifications

DAYS = 90


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """`sent`: (table, column) -> the policies and versions that ever sent it. `left`: dataset -> records in 90 days."""

    in_force: Draft | None
    since: str
    approvals_needed: int
    sent: Mapping[Place, tuple[tuple[str, int], ...]]
    left: Mapping[str, int]
    decisions: Decisions


def policy_facts(tx: Tx, name: str, now: dt.datetime) -> PolicyFacts:
    """For the policy of this name."""
    sent: defaultdict[Place, list[tuple[str, int]]] = defaultdict(list)
    for stored in permission.every_policy(tx):
        draft = _draft(stored)
        for place in sorted(set(columns_sent(draft.document).values())) if draft else ():
            sent[place].append((stored.name, stored.version))
    active = next((p for p in permission.active_policies(tx) if p.name == name), None)
    data = permission.roll(tx)
    rolls = read_rolls(data) if data else ()
    since = (now - dt.timedelta(days=DAYS)).astimezone(dt.UTC).isoformat(timespec="milliseconds")
    return PolicyFacts(
        in_force=_draft(active) if active else None,
        since=active.imported_at if active else "",
        approvals_needed=rolls[-1].threshold if rolls else 0,
        sent={place: tuple(versions) for place, versions in sent.items()},
        left=disclosures.records_left(tx, name, since.replace("+00:00", "Z")),
        decisions=reclassifications(tx, rolls, now.date()) if rolls else frozenset(),
    )


def _draft(stored: permission.StoredPolicy) -> Draft | None:
    """None where the stored bytes are not a policy any more: then nothing is said about them."""
    read = read_policy(stored.data, f"{stored.name}.yaml")
    return read if isinstance(read, Draft) and read.sha256 == stored.sha256 else None
