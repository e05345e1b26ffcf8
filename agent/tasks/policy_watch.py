"""How a policy ends: anyone in IT may end one at once; time ends one by itself and says so ahead; an officer who left
ends none, but her policies ask for a new approval. Only officers can put one in force again, with a higher version.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from agent.core.officer import same_person
from agent.core.policy.compile import ends_on
from agent.core.roll import Roll, read_rolls
from agent.core.text import shown
from agent.errors import FieldgateError, PolicyError
from agent.state import evidence, permission
from agent.state.store import Tx
from agent.tasks.auditing import mark
from agent.tasks.desk import Desk
from agent.tasks.permission import approved_policy

AHEAD = (60, 30, 7)  # days before a policy ends on which it says so
_SECOND = "have a second officer join: fieldgate officers add"
_NEXT = "have its next version approved: fieldgate policy submit"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know of a policy, long before it stops anything. `level`: of AHEAD; 0: it has ended."""

    policy: str
    version: int
    about: Literal["ends", "ended", "officer_left", "single_officer"]
    level: int
    says: str
    advice: str


def revoke(desk: Desk, name: str, reason: str) -> permission.StoredPolicy:
    """End a policy now: nothing more leaves under it, whatever waits or is on its way."""
    with desk.state.transaction() as tx:
        active = next((p for p in permission.active_policies(tx) if p.name == name), None)
        if active is None:
            raise PolicyError(
                "A023",
                f"no policy called {shown(name)} is in force here",
                "see the names: fieldgate policy list",
                exit_status=1,
            )
        permission.end_policy(tx, name, desk.now(), f"revoked: {reason}")
        evidence.append(
            tx, "policy_ended", desk.clock(), desk.actor,
            policy=name, version=active.version, sha256=active.sha256, reason=f"revoked: {reason}",
        )  # fmt: skip
    mark(desk)
    return active


def notices(tx: Tx, clock_day: dt.date) -> tuple[Notice, ...]:
    """What to say of the policies here, most urgent first. What does not hold at all is told elsewhere."""
    today = max(clock_day, evidence.last_day(tx))
    rolls = _rolls(tx)
    if not rolls:
        return ()
    found: list[Notice] = []
    for stored in permission.active_policies(tx):
        try:
            approved = approved_policy(stored, rolls, today)
        except FieldgateError as error:
            if error.code == "A003":
                found.append(_ended(stored, error.what))
            continue
        found += _ending(stored, ends_on(approved), today)
        members = {same_person(officer.name) for officer in rolls[-1].officers}
        gone = [who for who in approved.approved_by if same_person(who) not in members]
        if gone:
            found.append(_left(stored, gone))
        if approved.single_officer:
            found.append(_alone(stored, approved.approved_by))
    return tuple(sorted(found, key=lambda notice: (notice.level, notice.policy)))


def _rolls(tx: Tx) -> tuple[Roll, ...]:
    data = permission.roll(tx)
    try:
        return read_rolls(data) if data else ()
    except PolicyError:
        return ()


def _ended(stored: permission.StoredPolicy, says: str) -> Notice:
    return Notice(stored.name, stored.version, "ended", 0, says, _NEXT)


def _ending(stored: permission.StoredPolicy, end: dt.date, today: dt.date) -> list[Notice]:
    days = (end - today).days
    level = min((ahead for ahead in AHEAD if days <= ahead), default=None)
    if level is None:
        return []
    if days <= 0:
        return [_ended(stored, f"policy {stored.name} version {stored.version} ended on {end}")]
    when = "tomorrow" if days == 1 else f"in {days} days"
    says = f"policy {stored.name} version {stored.version} ends {when}, on {end}; sending stops by itself then"
    return [Notice(stored.name, stored.version, "ends", level, says, _NEXT)]


def _left(stored: permission.StoredPolicy, gone: list[str]) -> Notice:
    who = ", ".join(shown(name) for name in gone)
    says = (
        f"{who} approved policy {stored.name} version {stored.version} and is no longer in the officer roll;"
        " it stays in force, and should be approved again"
    )
    return Notice(stored.name, stored.version, "officer_left", AHEAD[0], says, _NEXT)


def _alone(stored: permission.StoredPolicy, who: tuple[str, ...]) -> Notice:
    names = ", ".join(shown(name) for name in who)
    says = (
        f"policy {stored.name} version {stored.version} was approved by one officer alone ({names}): nobody else looked"
    )
    return Notice(stored.name, stored.version, "single_officer", AHEAD[0], says, _SECOND)
