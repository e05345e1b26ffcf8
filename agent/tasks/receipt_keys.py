"""The OEM's receipt keys: pinned at enrollment, and followed only where the pinned key itself has stated its follower.

An answer under a key we do not know makes us ask for the statements, once; without one that verifies the answer counts
for nothing, as before.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from agent.core.jws import JWK, KeyFinder, kid_of
from agent.core.statements import followed_keys
from agent.errors import DeliveryError
from agent.state import evidence, streams
from agent.tasks.desk import Desk
from agent.tasks.recipient import Reply


class KeysShown(Protocol):
    """The OEM's public keys and the statements about them. DeliveryError when no answer came."""

    def keys(self) -> Reply: ...


class _Shown(msgspec.Struct):
    rollovers: list[str] = []


def kids_shown(reply: Reply) -> set[str]:
    """The ids of the receipt keys of an answer; empty where it shows none."""
    try:
        return {kid_of(jwk) for jwk in msgspec.json.decode(reply.body)["keys"]} if reply.status == 200 else set()
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
        return set()


def is_another(desk: Desk, recipient: str, oem: KeysShown) -> bool:
    """Whether what answers there shows receipt keys, and none of those that are pinned."""
    try:
        shown = kids_shown(oem.keys())
    except DeliveryError:
        return False
    return bool(shown) and shown.isdisjoint(pinned(desk, recipient))


def pinned(desk: Desk, recipient: str) -> dict[str, JWK]:
    """What is known without asking anybody, by kid."""
    with desk.state.reading() as tx:
        enrolled = streams.enrollment(tx, recipient)
    return dict(enrolled.jwks) if enrolled else {}


def oem_keys(desk: Desk, recipient: str, oem: KeysShown) -> KeyFinder:
    """Finds a key that was pinned at enrollment, or that a pinned one has handed over to."""
    known = pinned(desk, recipient)

    def find(kid: str) -> JWK | None:
        if kid not in known and known:
            known.update(_follow(desk, recipient, known, oem))
        return known.get(kid)

    return find


def _follow(desk: Desk, recipient: str, known: dict[str, JWK], oem: KeysShown) -> dict[str, JWK]:
    try:
        reply = oem.keys()
        shown = msgspec.json.decode(reply.body, type=_Shown) if reply.status == 200 else _Shown()
    except (DeliveryError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    found = followed_keys(shown.rollovers, recipient, known)
    if found:
        with desk.state.transaction() as tx:  # COMMIT POINT receipt key followed
            streams.follow_keys(tx, recipient, {kid: dict(jwk) for kid, jwk in {**known, **found}.items()})
            for kid in found:
                evidence.append(
                    tx, "receipt_key_followed", desk.clock(), desk.actor,
                    recipient=recipient, kid=kid, old_kids=sorted(known),
                )  # fmt: skip
    return found
