"""The outbox has a budget, and the disk an end: extraction stops before either is reached, and says so at 70 %."""

from __future__ import annotations

import shutil

from agent.config import AgentConfig
from agent.errors import Retry, StateError
from agent.state import outbox
from agent.state.store import Tx

WARN_AT = 0.7
_MB = 1024 * 1024
_SPARE = 64 * _MB  # what delivery, audit and a checkpoint of the state file may still need


def used(tx: Tx, config: AgentConfig) -> float:
    """The share of the budget that waits, 1.0 when it is used up."""
    return outbox.waiting(tx).size / (config.limits.outbox_mb * _MB)


def refuse_full(tx: Tx, config: AgentConfig) -> None:
    """StateError before a page is stored that would not fit. What waits is safe; reading goes on by itself later."""
    if used(tx, config) >= 1:
        raise StateError(
            "FG-T21",
            f"the outbox holds the {config.limits.outbox_mb} MB that agent.yaml allows, so reading has stopped",
            "find out why nothing leaves: fieldgate status; reading goes on by itself when there is room",
            retry=Retry.LATER,
        )
    free = shutil.disk_usage(config.state).free
    if free < _SPARE:
        raise StateError(
            "FG-T22",
            f"the disk of the state folder has {free // _MB} MB left, so reading has stopped before it is full",
            "free space on the disk of folders.state; reading goes on by itself",
            retry=Retry.LATER,
        )
