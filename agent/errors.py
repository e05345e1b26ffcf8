"""Exceptions say who must act. What happens to data is a value (`Withheld`, `Refused`), never an exception.

Every error carries a literal code, one sentence of what is wrong (`what`), one of what to do (`advice`), a retry class
and an exit status. No message may contain a row value or a foreign driver's text: callers pass names and codes only.
"""

from __future__ import annotations

from enum import Enum


class Retry(Enum):
    """What the daemon does after the error."""

    LATER = "later"  # the cause can pass by itself: network, a busy database
    STOP = "stop"  # a person must act first
    RESTART = "restart"  # our own memory is in doubt: stop, and start only after a check


class FieldgateError(Exception):
    """Base of all our errors; never raised itself."""

    who = "dealer IT"
    retry = Retry.STOP
    exit_status = 1

    def __init__(
        self,
        code: str,
        what: str,
        advice: str,
        *,
        retry: Retry | None = None,
        exit_status: int | None = None,
        who: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {what}")
        self.code = code
        self.what = what
        self.advice = advice
        if retry is not None:
            self.retry = retry
        if exit_status is not None:
            self.exit_status = exit_status
        if who is not None:
            self.who = who


class PolicyError(FieldgateError):
    """The compliance officer must act. Exit 3 where an approval or decision is missing."""

    who = "compliance officer"
    exit_status = 3


class ConfigError(FieldgateError):
    """Whoever installed the agent must act."""

    who = "whoever installed fieldgate"


class SourceError(FieldgateError):
    """Dealer IT must act: the DMS database. Carries SQLSTATE and column at most, never the driver's text."""

    who = "dealer IT"
    exit_status = 4


class DeliveryError(FieldgateError):
    """The network or the OEM."""

    who = "the OEM"
    retry = Retry.LATER
    exit_status = 4


class SealError(FieldgateError):
    """Security: a signature, digest or key is not what it must be."""

    who = "dealer IT and the compliance officer"


class StateError(FieldgateError):
    """Our own memory cannot be trusted or written: everything stops."""

    who = "dealer IT"
    retry = Retry.RESTART
