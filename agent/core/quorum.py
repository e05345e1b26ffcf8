"""Who signed, and how many of them count. One rule for approvals and decisions: the threshold of the roll, different
people, and the author not among them unless the roll has no more than two members. One person twice counts once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.core import jws
from agent.core.officer import Officer
from agent.core.roll import Roll
from agent.core.text import shown

Role = Literal["author", "approver"]
SIGNATURES_MAX = 100


@dataclass(frozen=True, slots=True)
class Stamp:
    """What one signature says about itself, after its binding was found right."""

    role: Role
    at: dt.datetime
    expires_on: dt.date


Judge = Callable[[bytes], Stamp | str]  # payload -> its stamp, or why it is about something else


@dataclass(frozen=True, slots=True)
class Quorum:
    """`counted` are the people who approved; `used` the signatures that stand behind them and the author's."""

    author: Officer | None
    counted: tuple[Officer, ...]
    needed: int
    expires_on: dt.date | None
    last_at: dt.datetime | None
    used: tuple[str, ...]
    not_counted: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return self.author is not None and len(self.counted) >= self.needed

    @property
    def sha256(self) -> str:
        """Over the used signatures, sorted, each ended by LF."""
        text = "".join(s + "\n" for s in sorted(self.used))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Signed:
    officer: Officer
    stamp: Stamp
    signature: str


def count(signatures: Sequence[str], typ: str, roll: Roll, judge: Judge) -> Quorum:
    """The quorum as it stands; never raises for a bad signature, says why it does not count instead."""
    signed, reasons = _verified(signatures[:SIGNATURES_MAX], typ, roll, judge)
    first = next((s for s in signed if s.stamp.role == "author"), None)
    if first is None:
        return Quorum(None, (), roll.threshold, None, None, (), (*reasons, *(f"{_who(s)}: no author" for s in signed)))
    counted = {first.officer.kid: first} if len(roll.officers) <= 2 else {}
    authors = {s.officer.kid for s in signed if s.stamp.role == "author"}
    for s in signed:
        why = _why_not(s, first, authors, counted)
        if why:
            reasons.append(f"{_who(s)}: {why}")
        elif s is not first:
            counted[s.officer.kid] = s
    used = {s.signature: s for s in (first, *counted.values())}
    return Quorum(
        first.officer,
        tuple(s.officer for s in counted.values()),
        roll.threshold,
        first.stamp.expires_on,
        max(s.stamp.at for s in used.values()),
        tuple(used),
        tuple(reasons),
    )


def _why_not(s: _Signed, first: _Signed, authors: set[str], counted: dict[str, _Signed]) -> str:
    """Empty where the signature counts, or is the author's own submission."""
    if s is first:
        return ""
    if s.officer.kid in authors:
        return "the author does not count among the approvers"
    if s.stamp.expires_on != first.stamp.expires_on:
        return "signed for another expiry than the author"
    return "one person counts once" if s.officer.kid in counted else ""


def _verified(signatures: Sequence[str], typ: str, roll: Roll, judge: Judge) -> tuple[list[_Signed], list[str]]:
    signed: list[_Signed] = []
    reasons: list[str] = []
    for signature in signatures:
        try:
            kid, payload = jws.verify(signature, typ, roll.find_key)
        except jws.BadJwsError as bad:
            reasons.append(f"a signature that cannot be used with roll version {roll.version}: {bad}")
            continue
        officer = roll.officer(kid)
        stamp = judge(payload)
        if officer is None or isinstance(stamp, str):
            reasons.append(f"{shown(officer.name) if officer else 'unknown'}: {stamp}")
        else:
            signed.append(_Signed(officer, stamp, signature))
    return signed, reasons


def _who(signed: _Signed) -> str:
    return shown(signed.officer.name)
