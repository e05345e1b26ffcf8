"""The life of our own signing and checkpoint keys: rotate without a gap, revoke by the officers' decision, and keep the
OEM's copy of the officer roll new. Person and id keys are never touched here: they have no second life.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from agent.core import statements
from agent.core.answers import meaning
from agent.core.decision import Decision, DecisionFile, read_standing
from agent.core.roll import read_rolls
from agent.core.text import shown
from agent.errors import ConfigError, DeliveryError, PolicyError, Retry
from agent.keys.signing import Signer, create_signer, load_signer
from agent.state import evidence, outbox, permission, streams
from agent.state.store import Tx
from agent.tasks.auditing import first_key, mark
from agent.tasks.desk import Desk, key_in_use, own_key, put_in_use
from agent.tasks.enroll import connect


@dataclass(frozen=True, slots=True)
class Rotated:
    kid: str
    old_kid: str
    told: tuple[str, ...]


def rotate(desk: Desk) -> Rotated:
    """A new signing key and a new checkpoint key. Each OEM is told first, by the old key; then the new signs. Killed
    in between, the next call goes on with the same new key."""
    _refuse_in_flight(desk)
    mark(desk)
    new, checkpoint = _next(desk, "signing"), _next(desk, "checkpoint")
    told = []
    for recipient in _enrolled(desk):
        body = statements.make_rollover(
            recipient, (desk.signer.kid, desk.signer.sign), (dict(new.jwk), new.sign), int(desk.clock().timestamp())
        )
        _post(desk, recipient, body)
        told.append(recipient)
    with desk.state.transaction() as tx:  # COMMIT POINT key rotated: from here on the new ones sign
        first_key(desk, tx)
        for use, before, now in (("signing", desk.signer, new), ("checkpoint", desk.checkpoint, checkpoint)):
            own_key(tx, before.kid, before.jwk)
            own_key(tx, now.kid, now.jwk)
            put_in_use(tx, use)
            evidence.append(
                tx, "key_rotated", desk.clock(), desk.actor,
                use=use, kid=now.kid, old_kid=before.kid, jwk=json.dumps(dict(now.jwk), sort_keys=True),
            )  # fmt: skip
    retire_followed(desk)
    return Rotated(new.kid, desk.signer.kid, tuple(told))


def finish_rotation(desk: Desk) -> Desk:
    """The desk with the keys that are to sign now. A rotation that was cut short behind the OEM's yes is ended here:
    the old key may say nothing there any more, so nothing would leave until somebody gave the command again."""
    with desk.state.reading() as tx:
        _, new = key_in_use(tx, "signing")
    if new not in desk.store.names() or _is_revoked(desk):
        return desk
    rotate(desk)
    with desk.state.reading() as tx:
        signing, checkpoint = key_in_use(tx, "signing")[0], key_in_use(tx, "checkpoint")[0]
    return replace(desk, signer=load_signer(desk.store, signing), checkpoint=load_signer(desk.store, checkpoint))


def _is_revoked(desk: Desk) -> bool:
    """Whether the officers have ended the key in use: it hands over to nobody, and `revoke` made the follower."""
    try:
        with desk.state.reading() as tx:
            return _decided(desk, tx).question["kid"] == desk.signer.kid
    except PolicyError:
        return False


def revoke(desk: Desk) -> tuple[Decision, bool]:
    """Tell every OEM what the officers decided, and stop using the key if it is ours; whether it was in use."""
    with desk.state.reading() as tx:
        decision = _decided(desk, tx)
    kid = decision.question["kid"]
    signatures = _signatures(decision)
    for recipient in _enrolled(desk):
        _post(desk, recipient, statements.make_revocation(kid, signatures))
    in_use = kid == desk.signer.kid
    if in_use:
        _next(desk, "signing")
    with desk.state.transaction() as tx:  # COMMIT POINT key revoked: nothing is signed with it any more
        if in_use:
            own_key(tx, kid, desk.signer.jwk)
            put_in_use(tx, "signing")
            streams.unenroll(tx)  # the OEM gives a new token, on the phone
        evidence.append(
            tx, "key_revoked", desk.clock(), desk.actor,
            kid=kid, last_good=decision.question["last_good"], decision_sha256=decision.sha256,
        )  # fmt: skip
    retire_followed(desk)
    return decision, in_use


def retire_followed(desk: Desk) -> None:
    """Remove every signing and checkpoint key that another has followed: the one of just now, and any that a kill or a
    power cut left behind. What they signed is checked with their public halves, which stay."""
    with desk.state.reading() as tx:
        newest = {use: _number(key_in_use(tx, use)[0]) for use in ("signing", "checkpoint")}
    for name in desk.store.names():
        use = name.partition(":")[0]
        if use in newest and _number(name) < newest[use]:
            desk.store.retire(name)


def _number(name: str) -> int:
    return int(name.partition(":")[2] or 1)


def tell_roll(desk: Desk, recipient: str) -> bool:
    """Let an OEM know the newest officer roll, so that it believes the right people; whether there was anything new."""
    name = f"roll_told:{recipient}"
    with desk.state.reading() as tx:
        data = permission.roll(tx)
        row = tx.row("select value from meta where name = ?", (name,))
        enrolled = streams.enrollment(tx, recipient)
    if data is None or enrolled is None:
        return False
    newest = read_rolls(data)[-1].sha256
    if row and row[0] == newest:
        return False
    _post(desk, recipient, statements.make_roll(desk.signer.kid, data))
    with desk.state.transaction() as tx:  # COMMIT POINT roll told
        tx.write("insert or replace into meta (name, value) values (?, ?)", (name, newest))
    return True


def _next(desk: Desk, use: str) -> Signer:
    """The key that comes after the one in use; made once, and found again after a kill."""
    with desk.state.reading() as tx:
        _, name = key_in_use(tx, use)
    return load_signer(desk.store, name) if name in desk.store.names() else create_signer(desk.store, name)


def _enrolled(desk: Desk) -> list[str]:
    with desk.state.reading() as tx:
        return [name for name in desk.config.recipients if (e := streams.enrollment(tx, name)) and e.dealer_codes]


def _refuse_in_flight(desk: Desk) -> None:
    with desk.state.reading() as tx:
        if any(outbox.in_flight(tx, one.stream_id) for one in streams.streams(tx)):
            raise ConfigError(
                "FG-K41",
                "a batch signed with the old key is on its way, and must arrive under it",
                "fieldgate run --once, and when nothing waits any more: fieldgate keys rotate",
            )


def _post(desk: Desk, recipient: str, body: bytes) -> None:
    oem = connect(desk, recipient)
    try:
        reply = oem.state(body)
    finally:
        oem.close()
    if reply.status != 200:
        answer = meaning(reply.status, reply.problem)
        raise DeliveryError(
            "FG-D40",
            f"{shown(recipient)} did not take the statement about our keys: {answer.problem or f'HTTP {reply.status}'}",
            answer.advice,
            retry=Retry.LATER if answer.action == "retry" else Retry.STOP,
        )


def _decided(desk: Desk, tx: Tx) -> Decision:
    """The newest decision to revoke a key of ours that is not on record as done."""
    done = {facts["decision_sha256"] for facts in evidence.said(tx, "key_revoked")}
    rolls = read_rolls(permission.roll(tx) or b"")
    for data, _ in reversed(permission.decisions(tx, "revoke-key")):
        found = read_standing(data, rolls, today=desk.clock().date())
        if found.sha256 not in done:
            return found
    raise PolicyError(
        "FG-K42",
        "officers have not decided to revoke a key",
        "officers: fieldgate decide revoke-key --kid KID --last-good STREAM=EPOCH/SEQ; then here:"
        " fieldgate decide import FILE",
    )


def _signatures(decision: Decision) -> list[str]:
    import msgspec

    return msgspec.json.decode(decision.data, type=DecisionFile).signatures
