"""Pause and resume: anyone may do either; both act before the next byte and are audited."""

from __future__ import annotations

from agent.core.text import shown
from agent.errors import ConfigError
from agent.state import evidence, permission
from agent.tasks.desk import Desk

EVERY = "*"


def pause(desk: Desk, recipient: str) -> None:
    """Stop sending to one recipient, or to EVERY one."""
    _must_exist(desk, recipient)
    with desk.state.transaction() as tx:
        permission.pause(tx, recipient, desk.now(), desk.actor)
        evidence.append(tx, "paused", desk.clock(), desk.actor, recipient=recipient)


def resume(desk: Desk, recipient: str) -> None:
    """Go on sending to one recipient, or to EVERY one that is paused."""
    _must_exist(desk, recipient)
    with desk.state.transaction() as tx:
        for name in list(permission.pauses(tx)) if recipient == EVERY else [recipient]:
            permission.resume(tx, name)
        evidence.append(tx, "resumed", desk.clock(), desk.actor, recipient=recipient)


def _must_exist(desk: Desk, recipient: str) -> None:
    if recipient != EVERY and recipient not in desk.config.recipients:
        raise ConfigError(
            "FG-C47",
            f"agent.yaml has no recipient {shown(recipient)}",
            "name one of these, or none for all: " + ", ".join(map(shown, desk.config.recipients)),
            exit_status=2,
        )
