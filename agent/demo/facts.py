"""What the demo measured, scene by scene: plain values, so that the screen and `--json` tell the same story.

No fact is written here that was not measured in this run; a `Check` is one figure from two places that know nothing of
each other, and the demo fails where they differ.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """`what`, as counted by two places. Values are counts, names and verdicts, never row values."""

    what: str
    one: str
    one_says: Hashable
    other: str
    other_says: Hashable

    @property
    def holds(self) -> bool:
        return self.one_says == self.other_says


@dataclass(frozen=True, slots=True)
class House:
    """Where it plays."""

    dms: str
    enforces: bool
    customers: int
    rows: int
    tables: int
    columns: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Scene 1. Meanings in plain words, as the car maker wrote them."""

    asked: int
    sent: tuple[str, ...]
    declined: tuple[str, ...]
    never: tuple[str, ...]
    unanswered: tuple[str, ...]
    policy: str
    version: int
    approvals: int
    officers_needed: int
    ends_on: str


@dataclass(frozen=True, slots=True)
class Refusal:
    meaning: str
    column: str
    code: str


@dataclass(frozen=True, slots=True)
class Access:
    """Scene 2. `nonpublic_*`: columns labelled NPI in the make-believe DMS; the others nobody granted either."""

    status: str
    engine: str
    shown: tuple[Refusal, ...]
    nonpublic: int
    nonpublic_refused: int
    others: int
    others_refused: int
    readable: int
    columns: int
    named: int
    named_nonpublic: int
    decision_until: str = ""


@dataclass(frozen=True, slots=True)
class Stayed:
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class DatasetCount:
    dataset: str
    title: str
    in_dms: int
    eligible: int
    leave: int
    stayed: tuple[Stayed, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Scene 3."""

    rows: int
    columns: int
    read_s: float
    batches: int
    receipts: int
    records: int
    sent_s: float
    datasets: tuple[DatasetCount, ...]
    without_email: int
    screened: int
    typed: int


@dataclass(frozen=True, slots=True)
class Side:
    """One line of scene 4. `received` is None where the car maker has nothing, and `why` says why."""

    column: str
    there: str
    field: str
    received: str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Both:
    """Scene 4."""

    customer: int
    name: str
    sides: tuple[Side, ...]
    never_read: int


@dataclass(frozen=True, slots=True)
class OptOut:
    """Scene 5. Clock times of this machine."""

    customer: int
    set_at: str
    held_at: str
    told_at: str
    records: int
    suppressed: int
    first_ops: tuple[str, ...]
    after: int
    seconds: float
    reloads: int
    came_back: int


@dataclass(frozen=True, slots=True)
class Click:
    """Scene 5, at the car maker's portal: a click on its page, and what the dealer made of it. Clock times."""

    clicked_at: str
    heard_at: str
    told_at: str
    held: int  # records of this customer the car maker is told to stop using
    to_do: int  # still mailable in the DMS
    seconds: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of scene 6. `innocent`: whether the same thing without the trick had just been accepted."""

    what: str
    outcome: str
    code: str
    why: str
    line: int
    innocent: bool
    nothing_read: bool = True


@dataclass(frozen=True, slots=True)
class Cheats:
    """Scene 6."""

    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """Found where it must not be: kinds and places, never a value."""

    place: str
    what: str
    form: str
    times: int


@dataclass(frozen=True, slots=True)
class Searched:
    """Scene 7. `shown`: planted values that scene 4 itself put on the screen, found there and expected there."""

    planted: int
    forms: int
    forms_seen: int
    megabytes: float
    seconds: float
    places: tuple[str, ...]
    found: int
    leaks: tuple[Leak, ...]
    shown: int
    markers: int
    markers_expected: int
    statements: int
    named: int
    probes_denied: int
    named_without_denial: int


@dataclass(frozen=True, slots=True)
class Closing:
    records: int
    audit_entries: int
    audit_intact: bool
    seconds: float


@dataclass
class Facts:
    """Everything, as it fills up."""

    house: House | None = None
    asked: Asked | None = None
    access: Access | None = None
    run: Run | None = None
    both: Both | None = None
    opt_out: OptOut | None = None
    click: Click | None = None
    cheats: Cheats | None = None
    searched: Searched | None = None
    closing: Closing | None = None
    checks: list[Check] = field(default_factory=list)
    stopped: str = ""  # at which scene and why, where the story did not come to its end

    def same(self, what: str, one: str, one_says: Hashable, other: str, other_says: Hashable) -> None:
        """Note one figure as two places tell it."""
        self.checks.append(Check(what, one, one_says, other, other_says))

    @property
    def differing(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.holds)

    @property
    def passed(self) -> bool:
        """Every scene was played, every figure agrees, nothing was found."""
        whole = (
            not self.stopped and self.searched is not None and self.closing is not None and self.closing.audit_intact
        )
        return whole and not self.differing and self.searched is not None and self.searched.found == 0


def as_json(facts: Facts) -> dict[str, Any]:
    """The one document of `--json`."""
    from dataclasses import asdict

    document = asdict(facts)
    document["checks"] = [{**asdict(check), "same": check.holds} for check in facts.checks]
    document["verdict"] = "PASS" if facts.passed else "FAIL"
    return document
