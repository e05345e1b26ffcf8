"""What doctor says: one line a finding, and the patient as far as it could be opened. A leg that breaks in an
unforeseen way costs its own line and no other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from agent.config import AgentConfig
from agent.core.ruleset import Ruleset
from agent.errors import FieldgateError
from agent.keys.store import KeyStore
from agent.state import evidence, failures
from agent.state.store import State

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `FAIL` always has `do`; `-` is what could not be looked at, because of another FAIL."""

    leg: str
    verdict: Literal["ok", "FAIL", "-"]
    says: str
    do: str = ""
    code: str = ""
    who: str = ""
    exit_status: int = 0


@dataclass(slots=True)
class Patient:
    """What could be opened so far."""

    path: Path
    clock: Callable[[], dt.datetime]
    config: AgentConfig | None = None
    state: State | None = None
    store: KeyStore | None = None
    ruleset: Ruleset | None = None
    said: set[str] = field(default_factory=set)  # what FAIL lines have said

    def today(self) -> dt.date:
        return self.clock().date()

    def gone(self) -> bool:
        """Whether the agent was offboarded: then nothing of it is to be mended."""
        if self.state is None:
            return False
        with self.state.reading() as tx:
            return bool(evidence.leaving(tx)[1])


def guarded(leg: str, look: Callable[[Patient], Iterator[Finding]], patient: Patient) -> Iterator[Finding]:
    try:
        yield from look(patient)
    except FieldgateError as error:
        yield failed(leg, error)
    except Exception as error:  # noqa: BLE001  whatever is broken, the other legs are still worth a look
        what = f"could not be looked at: unforeseen {type(error).__name__}"
        yield Finding(leg, "FAIL", what, "report this line as a defect", "FG-X01", "dealer IT", 1)


def failed(leg: str, error: FieldgateError | failures.Failure) -> Finding:
    status = error.exit_status if isinstance(error, FieldgateError) else _status_of(error)
    return Finding(leg, "FAIL", error.what, error.advice, error.code, error.who, status)


def _status_of(kept: failures.Failure) -> int:
    return 4 if kept.kind in ("SourceError", "DeliveryError") and kept.retry == "later" else 1


def unknown(leg: str, why: str) -> Finding:
    return Finding(leg, "-", why)
