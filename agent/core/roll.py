"""The officer roll: who may approve, itself approved. The genesis is signed by ALL of its members, at least two unless
it says `single_officer`; each later roll is signed by the threshold of the roll before it, names its digest, and has
the next version. A roll file carries the whole history; one that is older than the roll in force, or tells another
history, is refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from agent.core import jws
from agent.core.officer import Officer, make_officer, same_person
from agent.core.text import shown
from agent.errors import PolicyError

__all__ = [
    "ROLL_TYP",
    "Officer",
    "Roll",
    "WaitingRoll",
    "add_signature",
    "genesis",
    "read_roll",
    "read_rolls",
    "read_waiting",
    "successor",
]

ROLL_TYP = "fieldgate-roll+jws"
_FILE_MAX = 1024 * 1024
_MEMBERS_MAX = 50
_MEND = "make the roll with `fieldgate officers add|change` and have it signed with `fieldgate officers sign`"


@dataclass(frozen=True, slots=True)
class Roll:
    """A complete roll: enough people signed it. `sha256` is over the exact bytes they signed, `data` is the file."""

    version: int
    officers: tuple[Officer, ...]
    threshold: int
    single_officer: bool
    sha256: str
    data: bytes
    prev_sha256: str | None
    made_at: dt.datetime

    def officer(self, kid: str) -> Officer | None:
        return next((o for o in self.officers if o.kid == kid), None)

    def find_key(self, kid: str) -> jws.JWK | None:
        officer = self.officer(kid)
        return officer.jwk if officer else None


@dataclass(frozen=True, slots=True)
class WaitingRoll:
    """The last statement of a file, signed by too few people yet. `payload` is what each of them signs."""

    version: int
    officers: tuple[Officer, ...]
    threshold: int
    sha256: str
    payload: bytes
    signed: tuple[str, ...]
    may_sign: tuple[Officer, ...]
    needed: int
    data: bytes


class _Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    kid: str
    jwk: dict[str, str]


class _Claims(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    spec: int
    kind: str
    version: int
    prev: str | None
    officers: list[_Member]
    threshold: int
    single_officer: bool
    made_at: dt.datetime


class _Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    roll: _Claims
    signatures: list[str]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fieldgate: str
    statements: list[_Statement]


def read_roll(data: bytes, previous: Roll | None) -> Roll:
    """The newest roll of a file, which must continue `previous` (None: nothing is in force yet, the file's own genesis
    counts; whoever calls pins it). PolicyError: exit 3 where signatures are missing, exit 1 for anything else."""
    rolls = read_rolls(data)
    newest = rolls[-1]
    if previous is None:
        return newest
    if newest.version < previous.version:
        raise _refuse("R003", f"roll version {newest.version} is older than version {previous.version} in force here")
    if rolls[previous.version - 1].sha256 != previous.sha256:
        raise _refuse("R004", f"this roll does not continue the roll in force here ({previous.sha256})")
    return newest


def read_rolls(data: bytes) -> tuple[Roll, ...]:
    """Every roll of a complete file, genesis first; an older approval is checked against the roll it names."""
    rolls, waiting = _walk(data)
    if waiting is not None:
        raise PolicyError("R002", _missing(waiting), "have it signed: fieldgate officers sign --roll FILE --key KEY")
    return rolls


def read_waiting(data: bytes) -> tuple[tuple[Roll, ...], WaitingRoll | None]:
    """The complete rolls of a file, and the statement at its end that still waits for signatures."""
    return _walk(data)


def genesis(officers: Sequence[Officer], threshold: int, *, single_officer: bool, made_at: dt.datetime) -> bytes:
    """An unsigned file with the first roll."""
    return _file([_Statement(_claims(1, None, officers, threshold, single_officer, made_at), [])])


def successor(
    data: bytes, officers: Sequence[Officer], threshold: int, *, single_officer: bool, made_at: dt.datetime
) -> bytes:
    """The file of `data` with one unsigned statement more, which takes the place of the newest roll when signed."""
    newest = read_rolls(data)[-1]
    _refuse_shrinking(newest, single_officer)
    claims = _claims(newest.version + 1, newest.sha256, officers, threshold, single_officer, made_at)
    return _file([*_decode(data).statements, _Statement(claims, [])])


def add_signature(data: bytes, signature: str) -> bytes:
    """The file with one signature more on the statement that waits; refused where it would not count."""
    file = _decode(data)
    _, waiting = _walk(data)
    if waiting is None:
        raise _refuse("R005", "this roll already has all the signatures it needs")
    signer = _signer(signature, waiting.payload, waiting.may_sign)
    if isinstance(signer, str):
        raise _refuse("R006", f"this signature does not count: {signer}")
    if signer.name in waiting.signed:
        raise _refuse("R007", f"{shown(signer.name)} has signed this roll already; one person counts once")
    last = file.statements[-1]
    return _file([*file.statements[:-1], _Statement(last.roll, [*last.signatures, signature])])


def _walk(data: bytes) -> tuple[tuple[Roll, ...], WaitingRoll | None]:
    """Statement by statement, each under the one before it; only the last may still be waiting."""
    file = _decode(data)
    rolls: list[Roll] = []
    for i, statement in enumerate(file.statements):
        before = rolls[-1] if rolls else None
        read = _read(statement, before, data)
        if isinstance(read, Roll):
            rolls.append(read)
        elif i == len(file.statements) - 1:
            return tuple(rolls), read
        else:
            raise PolicyError("R002", _missing(read), _MEND)
    return tuple(rolls), None


def _read(statement: _Statement, before: Roll | None, data: bytes) -> Roll | WaitingRoll:
    claims, payload = statement.roll, _payload(statement.roll)
    sha256 = _sha256(payload)
    version = before.version + 1 if before else 1
    if claims.version != version or claims.prev != (before.sha256 if before else None):
        raise _refuse("R004", f"roll version {claims.version} does not follow the roll before it in the file")
    officers = _officers(claims)
    _refuse_shrinking(before, claims.single_officer)
    may_sign, needed = (before.officers, before.threshold) if before else (officers, len(officers))
    signers = [_signer(s, payload, may_sign) for s in statement.signatures]
    signed = tuple(dict.fromkeys(s.name for s in signers if isinstance(s, Officer)))
    if len(signed) < needed:
        return WaitingRoll(version, officers, claims.threshold, sha256, payload, signed, may_sign, needed, data)
    return Roll(version, officers, claims.threshold, claims.single_officer, sha256, data, claims.prev, claims.made_at)


def _signer(signature: str, payload: bytes, may_sign: Iterable[Officer]) -> Officer | str:
    """Who signed exactly these bytes, or why the signature does not count."""
    by_kid = {o.kid: o for o in may_sign}
    try:
        kid, signed = jws.verify(signature, ROLL_TYP, lambda kid: by_kid[kid].jwk if kid in by_kid else None)
    except jws.BadJwsError as bad:
        return str(bad)
    return by_kid[kid] if signed == payload else "it is over another roll"


def _officers(claims: _Claims) -> tuple[Officer, ...]:
    """The members, after the rules that no signature can lift."""
    try:
        officers = tuple(make_officer(m.name, m.jwk) for m in claims.officers)
    except ValueError as bad:
        raise _refuse("R001", f"roll version {claims.version}: {bad}") from None
    if [o.kid for o in officers] != [m.kid for m in claims.officers]:
        raise _refuse("R001", f"roll version {claims.version}: a key id does not belong to its key")
    problem = _problem(officers, claims.threshold, claims.single_officer)
    if problem:
        raise _refuse("R001", f"roll version {claims.version}: {problem}")
    return officers


def _problem(officers: Sequence[Officer], threshold: int, single_officer: bool) -> str:
    n = len(officers)
    if len({o.kid for o in officers}) < n or len({same_person(o.name) for o in officers}) < n:
        return "one person stands in it twice"
    if n > _MEMBERS_MAX:
        return f"more than {_MEMBERS_MAX} officers"
    if single_officer != (n == 1):
        return "one officer alone needs `single_officer`" if n < 2 else "`single_officer` is for one officer alone"
    if threshold < min(n, 2):
        return "the threshold must be at least 2" if n > 1 else "the threshold must be 1"
    # With three or more the author of a policy does not count among its approvers.
    most = n - 1 if n > 2 else n
    return f"a threshold of {threshold} could never be reached; the most is {most}" if threshold > most else ""


def _refuse_shrinking(before: Roll | None, single_officer: bool) -> None:
    """Only a genesis may say that one person approves alone: two of three could otherwise vote the third voice away."""
    if before is not None and single_officer and not before.single_officer:
        raise _refuse("R001", f"roll version {before.version + 1}: one officer alone cannot follow a roll of several")


def _claims(
    version: int,
    prev: str | None,
    officers: Sequence[Officer],
    threshold: int,
    single_officer: bool,
    made_at: dt.datetime,
) -> _Claims:
    claims = _Claims(
        spec=1,
        kind="officer-roll",
        version=version,
        prev=prev,
        officers=[_Member(o.name, o.kid, dict(o.jwk)) for o in officers],
        threshold=threshold,
        single_officer=single_officer,
        made_at=made_at.replace(microsecond=0),
    )
    _officers(claims)
    return claims


def _decode(data: bytes) -> _File:
    try:
        if len(data) > _FILE_MAX:
            raise ValueError("too large")
        file = msgspec.json.decode(data, type=_File)
        if file.fieldgate != "officer-roll" or not file.statements:
            raise ValueError("another kind of file")
        if any(s.roll.spec != 1 or s.roll.kind != "officer-roll" or not s.roll.made_at.tzinfo for s in file.statements):
            raise ValueError("another spec")
    except (msgspec.DecodeError, ValueError):
        raise _refuse("R008", "this is not an officer roll that can be read") from None
    return file


def _file(statements: list[_Statement]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(_File("officer-roll", statements)), indent=2) + b"\n"


def _payload(claims: _Claims) -> bytes:
    """The one spelling of a roll that is signed: keys sorted, compact, UTF-8."""
    return msgspec.json.encode(claims, order="sorted")


def _sha256(payload: bytes) -> str:
    return "sha256:" + hashlib.sha256(payload).hexdigest()


def _missing(waiting: WaitingRoll) -> str:
    waits_for = ", ".join(shown(o.name) for o in waiting.may_sign if o.name not in waiting.signed)
    return (
        f"roll version {waiting.version} has {len(waiting.signed)} of {waiting.needed} signatures "
        f"over {waiting.sha256}; may still sign: {waits_for}"
    )


def _refuse(code: str, what: str) -> PolicyError:
    return PolicyError(code, what, _MEND, exit_status=1)
