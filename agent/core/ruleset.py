"""The ruleset: approved, unexpired policies, compiled. The only form of permission that run time accepts.

Plain frozen values, so that they can be handed to the reader child as bytes (msgspec). `core.policy.compile` is the
one place that makes a `Ruleset`, and refuses whatever the floor or the approvals forbid before one exists.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import msgspec

Channel = Literal["mail", "email", "phone", "sms"]
Purpose = Literal["warranty_recall", "service_reminders", "marketing", "market_reporting"]
Regime = Literal["opt_in", "opt_out"]
Unknown = Literal["send", "withhold"]
TypeName = Literal["text", "integer", "decimal", "date", "timestamp", "boolean", "list of text"]
TransformName = Literal["pass", "suppress", "mask", "keep_first", "pseudonymize"]

CHANNELS: tuple[Channel, ...] = ("mail", "email", "phone", "sms")
# Which channels a field of this category obeys by itself (design.md section 6).
CHANNELS_OF_CATEGORY: dict[str, tuple[Channel, ...]] = {
    "email": ("email",),
    "phone": ("phone", "sms"),
    "address": ("mail",),
    "city": ("mail",),
    "region": ("mail",),
    "postal_code": ("mail",),
}
PSEUDONYM_CATEGORIES = ("customer_id", "record_id")


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view, as the policy names it. `schema` is empty where the engine has none."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A column inside a dataset's query. `of` is a join's `as` name; empty means the dataset's main table."""

    of: str
    column: str

    def __str__(self) -> str:
        return f"{self.of}.{self.column}" if self.of else self.column


@dataclass(frozen=True, slots=True)
class Join:
    """LEFT JOIN by equality on (column of the joined table, column of the main table)."""

    table: Table
    alias: str
    on: tuple[tuple[str, Ref], ...]


class Condition(msgspec.Struct, frozen=True, tag="condition"):
    """One `only_where` line. `is`, `is_not`, `is_one_of`, `after`, `within_months`, `not_empty`: over `ref`."""

    ref: Ref
    test: Literal["is", "is_not", "is_one_of", "after", "within_months", "not_empty"]
    values: tuple[str | int, ...] = ()


class Exists(msgspec.Struct, frozen=True, tag="exists"):
    """`exists: TABLE, where_equal: {its column: our column}, and: [...]`; it adds no column to the select list."""

    table: Table
    on: tuple[tuple[str, Ref], ...]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceColumn:
    """How one DMS column says yes or no. A code in no list, a blank and an unreadable byte are unknown."""

    channel: Literal["everything", "mail", "email", "phone", "sms"]
    column: str
    refused: tuple[str, ...]
    allowed: tuple[str, ...]  # the YAML's `given` or `not_refused`
    recorded_yes: bool  # True: `allowed` came from `given`, a recorded yes; False: only the absence of a no
    unknown: Unknown


@dataclass(frozen=True, slots=True)
class ChoicesRules:
    """Where persons' choices stand in the DMS. `contacts`: the e-mail and phone fields that a dataset of the same
    policy sends from the same row: who shares one is held to it when the other says stop (core/contacts.py)."""

    name: str
    source: str
    table: Table
    person: tuple[str, ...]
    columns: tuple[ChoiceColumn, ...]
    changes: str | None = None
    contacts: tuple[FieldRules, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonRules:
    """One consumer of a row (a deal has two). `key` null in a row means nobody."""

    name: str
    key: tuple[Ref, ...]
    choices: ChoicesRules | None


@dataclass(frozen=True, slots=True)
class FieldType:
    name: TypeName
    size: int = 0  # text and list of text: characters; decimal: digits in all
    scale: int = 0  # decimal: digits after the point
    split: str = ""  # list of text: the separator in the cell


@dataclass(frozen=True, slots=True)
class Transform:
    name: TransformName = "pass"
    keep: int = 0  # keep_first: characters
    recipient_scope: bool = False  # pseudonymize: equal across this recipient's streams


@dataclass(frozen=True, slots=True)
class FieldRules:
    """One granted output field."""

    name: str
    ref: Ref
    category: str
    type: FieldType
    transform: Transform
    person: str | None = None
    null_when: tuple[str, ...] = ()
    on_hit: Literal["withhold", "mask", "withhold_record"] = "withhold"


@dataclass(frozen=True, slots=True)
class DatasetRules:
    name: str
    about: str
    source: str
    table: Table
    key: tuple[str, ...]
    store: str  # column of the main table that assigns a row to a store
    changes: str | None  # column of the main table; None: by snapshot
    joins: tuple[Join, ...]
    where: tuple[Condition | Exists, ...]
    people: tuple[PersonRules, ...]
    fields: tuple[FieldRules, ...]  # sorted by name: the order on the wire


@dataclass(frozen=True, slots=True)
class PolicyRules:
    """One approved policy, compiled. `ends_on`: the earlier of contract end and approval expiry; sending stops then."""

    name: str
    title: str
    version: int
    sha256: str
    recipient: str
    purpose: Purpose
    regime: Regime
    stores: tuple[str, ...]
    keep_for_months: int
    pass_on_to: tuple[str, ...]
    ends_on: dt.date
    approvals_sha256: str
    roll_sha256: str
    roll_version: int
    floor_sha256: str
    single_officer: bool
    datasets: tuple[DatasetRules, ...]

    def dataset(self, name: str) -> DatasetRules | None:
        return next((d for d in self.datasets if d.name == name), None)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Everything that is permitted now. Empty means nothing may be read."""

    policies: tuple[PolicyRules, ...]

    def policy(self, name: str) -> PolicyRules | None:
        return next((p for p in self.policies if p.name == name), None)
