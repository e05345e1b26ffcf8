"""The policy file, declared once: validation, JSON Schema and the reference page all come from these models.

Unknown keys are refused at every level, and nothing has a default that would let more leave. What needs two places of
the file to judge (references, nonpublic names, dates) is not here but in checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from agent.core.policy.words import (
    Address,
    Code,
    Column,
    Date,
    JoinName,
    Jurisdiction,
    Name,
    PersonName,
    PolicyName,
    RequestRef,
    Sentence,
    Store,
    TableName,
    TransformWord,
    TrueWord,
    TypeWord,
    whole,
    wrong,
)
from agent.core.ruleset import PSEUDONYM_CATEGORIES, Purpose, Ref, Regime, Table, Unknown

Category = Literal[
    "customer_id", "record_id", "name", "email", "phone", "address", "city", "region", "postal_code", "language",
    "vin", "vehicle", "odometer", "date", "store", "employee", "service", "part", "appointment", "status", "money",
    "free_text",
]  # fmt: skip
CATEGORIES: tuple[str, ...] = get_args(Category)
# A row that carries one of these is about a person, whatever else it is about.
PERSON_CATEGORIES = frozenset(
    ("customer_id", "name", "email", "phone", "address", "city", "region", "postal_code", "language")
)
ChoiceKey = Literal["everything", "mail", "email", "phone", "sms"]
CHOICE_KEYS: tuple[ChoiceKey, ...] = get_args(ChoiceKey)
COMPARISONS = ("is", "is_not", "is_one_of", "after", "within_months", "not_empty")
# The EU, the rest of the EEA, and the United Kingdom.
GDPR_PLACES = frozenset((
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "EU", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "UK",
))  # fmt: skip


class Keys(BaseModel):
    """A group of keys. Frozen; a key that is not declared is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class RecipientMay(Keys):
    """What the recipient may do with the data; it travels in every manifest."""

    keep_for_months: Annotated[int, whole(1, 120)] = Field(
        description="Months after which the recipient must have deleted it."
    )
    pass_on_to: tuple[Sentence, ...] = Field(
        description="Who else may receive it, by name. An empty list means nobody.", max_length=20
    )


class Contract(Keys):
    """The contract under which data leaves."""

    id: Sentence = Field(description="The contract's name or number.")
    expires_on: Date = Field(description="Sending stops on this day, by itself.")


class Changes(Keys):
    """How changed rows are found."""

    column: Column | None = Field(None, description="A column of the table that the DMS sets whenever a row changes.")
    by: Literal["snapshot"] | None = Field(
        None, description="`snapshot`: the table has no such column, every run compares all rows."
    )

    @model_validator(mode="after")
    def _one(self) -> Changes:
        if (self.column is None) == (self.by is None):
            raise wrong("P018", "exactly one of `column` and `by` belongs here", "write {column: X} or {by: snapshot}")
        return self


class Choice(Keys):
    """How one column of the DMS says yes or no. A blank and a code in no list are unknown."""

    column: Column = Field(description="The column that holds the code.")
    refused: tuple[Code, ...] = Field(description="Codes that mean no.", min_length=1, max_length=40)
    given: tuple[Code, ...] | None = Field(
        None, description="Codes that mean a recorded yes.", min_length=1, max_length=40
    )
    not_refused: tuple[Code, ...] | None = Field(
        None, description="Codes that mean no objection, which is less than a yes.", min_length=1, max_length=40
    )
    unknown: Unknown = Field(description="What a blank or unlisted code means: `send` or `withhold`.")

    @model_validator(mode="after")
    def _one_meaning(self) -> Choice:
        if (self.given is None) == (self.not_refused is None):
            help_ = "`given` for codes that record a yes, `not_refused` for codes that only lack a no"
            raise wrong("P018", "exactly one of `given` and `not_refused` belongs here", help_)
        both = sorted(set(self.refused) & set(self.given or self.not_refused or ()))
        if both:
            raise wrong("P047", f"`{both[0]}` is listed as a yes and as a no", "a code has one meaning; remove one")
        return self


class Choices(Keys):
    """Where the DMS keeps what people said, per channel."""

    source: Name = Field(description="The source of agent.yaml in which the table stands.")
    table: TableName = Field(description="The table, written schema.table.")
    person: tuple[Column, ...] = Field(description="Key columns that identify a person.", min_length=1, max_length=4)
    changes: Changes | None = Field(None, description="How a changed choice is found.")
    everything: Choice | None = Field(None, description="A no to everything; it withholds the whole record.")
    email: Choice | None = Field(None, description="The choice that e-mail addresses obey.")
    mail: Choice | None = Field(None, description="The choice that address, city, region and postal code obey.")
    phone: Choice | None = Field(None, description="The choice on calls that phone numbers obey.")
    sms: Choice | None = Field(None, description="The choice on text messages that phone numbers obey as well.")

    @model_validator(mode="after")
    def _some(self) -> Choices:
        if not self.columns():
            help_ = "declare everything:, email:, mail:, phone: or sms: with its column"
            raise wrong("P010", "no choice column is declared", help_)
        return self

    def columns(self) -> tuple[tuple[ChoiceKey, Choice], ...]:
        """(channel, choice) of the declared ones, in a fixed order."""
        found = ((key, getattr(self, key)) for key in CHOICE_KEYS)
        return tuple((key, choice) for key, choice in found if choice is not None)


class SentField(Keys):
    """One field that is sent: the key is its name outside, `column` its name in the DMS."""

    column: Column = Field(description="The column; VEHICLE.YEAR is a column of the join named VEHICLE.")
    category: Category = Field(
        description="What kind of data it is. Channel categories obey their choice by themselves."
    )
    type: TypeWord | None = Field(
        None, description="What leaves: text 60, integer, decimal 10.2, date, timestamp, boolean, list of text 40."
    )
    transform: TransformWord | None = Field(
        None, description="What happens to it first: pass, suppress, mask, {keep_first: 3} or pseudonymize."
    )
    person: PersonName | None = Field(None, description="Whose it is, where the row has several people.")
    null_when: tuple[Code, ...] = Field((), description="Values that mean nothing is there.", max_length=40)
    split: Code | None = Field(None, description="The separator inside the cell, for `list of text`.")
    scope: Literal["stream", "recipient"] = Field(
        "stream", description="Where a pseudonym is equal: `stream`, or `recipient` to join this recipient's streams."
    )
    screen: Literal["withhold", "mask", "withhold_record"] | None = Field(
        None, description="What happens when the value screen finds something nonpublic. Required for free text."
    )
    why: Sentence | None = Field(None, description="The reason, shown to both approvers, where one is required.")

    @model_validator(mode="after")
    def _fits(self) -> SentField:
        _check_type(self)
        _check_transform(self)
        return self

    @property
    def is_pseudonym(self) -> bool:
        """customer_id and record_id leave as pseudonyms unless the policy says `pass` (and why)."""
        if self.transform is not None:
            return self.transform.name == "pseudonymize"
        return self.category in PSEUDONYM_CATEGORIES


def _check_type(field: SentField) -> None:
    if field.type is None and not field.is_pseudonym:
        raise wrong("P010", "`type` is missing", "write for example `type: text 60`; see --explain P016")
    split_type = field.type is not None and field.type.name == "list of text"
    if split_type != (field.split is not None):
        raise wrong("P018", "`split` and `type: list of text` belong together", "write both, or neither")


def _check_transform(field: SentField) -> None:
    if field.scope == "recipient" and not field.is_pseudonym:
        raise wrong("P018", "`scope` belongs to pseudonyms", "remove it, or write `transform: pseudonymize`")
    name = field.transform.name if field.transform else ""
    if name in ("mask", "keep_first") and field.type is not None and field.type.name != "text":
        raise wrong("P017", f"{name} works on text only", "write `type: text N`, or another transform")
    if field.transform and field.type and name == "keep_first" and field.transform.keep > field.type.size:
        raise wrong("P017", f"keep_first: {field.transform.keep} is longer than the field", "keep fewer characters")


class Person(Keys):
    """One person of a row, whose choices are honored."""

    key: tuple[Column, ...] = Field(
        description="Columns of this dataset that hold the person's key. A null key is nobody.",
        min_length=1,
        max_length=4,
    )
    choices: Name | None = Field(None, description="The group of `choices:` in which this person's choices stand.")


class StoreColumn(Keys):
    """How a row is assigned to a store."""

    column: Column = Field(description="The column of the main table that holds the store.")


class Join(Keys):
    """Another table, joined by equality; a row without a partner stays."""

    table: TableName = Field(description="The joined table, written schema.table.")
    as_: JoinName = Field(alias="as", description="The name its columns are called by: VEHICLE in VEHICLE.YEAR.")
    where_equal: dict[Column, Column] = Field(
        description="Column of the joined table: column of the main table.", min_length=1, max_length=4
    )


class Comparison(Keys):
    """One condition on one column: exactly one of the comparisons."""

    column: Column = Field(description="The column compared.")
    is_: Code | None = Field(None, alias="is", description="The column holds exactly this.")
    is_not: Code | None = Field(None, description="The column holds something else; an empty one does not count.")
    is_one_of: tuple[Code, ...] | None = Field(
        None, description="The column holds one of these.", min_length=1, max_length=200
    )
    after: Date | None = Field(None, description="The column holds a date after this day.")
    within_months: Annotated[int, whole(1, 240)] | None = Field(
        None, description="The column holds a date of the last N months."
    )
    not_empty: TrueWord | None = Field(None, description="`true`: the column holds something.")

    @model_validator(mode="after")
    def _one(self) -> Comparison:
        if len(self.tests()) != 1:
            raise wrong("P018", "a condition makes exactly one comparison", f"choose one of {', '.join(COMPARISONS)}")
        return self

    def tests(self) -> tuple[tuple[str, Any], ...]:
        found = ((name, getattr(self, "is_" if name == "is" else name)) for name in COMPARISONS)
        return tuple((name, value) for name, value in found if value is not None)


class Exists(Keys):
    """There is a row in another table."""

    exists: TableName = Field(description="The other table, written schema.table.")
    where_equal: dict[Column, Column] = Field(
        description="Column of the other table: column of the main table.", min_length=1, max_length=4
    )
    and_: tuple[Comparison, ...] = Field(
        (), alias="and", description="Conditions on columns of the other table.", max_length=20
    )


def _which(value: Any) -> str:
    exists = "exists" in value if isinstance(value, dict) else isinstance(value, Exists)
    return "<exists>" if exists else "<comparison>"


Condition = Annotated[
    Annotated[Comparison, Tag("<comparison>")] | Annotated[Exists, Tag("<exists>")], Discriminator(_which)
]


class From(Keys):
    """Where the rows come from. IT fills this in; it is approved too."""

    source: Name = Field(description="The source of agent.yaml.")
    table: TableName = Field(description="The main table, written schema.table.")
    key: tuple[Column, ...] = Field(description="Columns that identify a row.", min_length=1, max_length=6)
    store: StoreColumn = Field(description="How a row is assigned to a store.")
    changes: Changes = Field(description="How changed rows are found.")
    joins: tuple[Join, ...] = Field((), description="Other tables whose columns are sent.", max_length=8)
    only_where: tuple[Condition, ...] = Field(
        (), description="Conditions, all of which a row must meet. Never SQL.", max_length=30
    )


class Dataset(Keys):
    """One selection of one table of the DMS."""

    about: Sentence = Field(description="What one record is, in plain words.")
    send: dict[Name, SentField] = Field(description="The fields that are sent.", min_length=1, max_length=300)
    people: dict[PersonName, Person] = Field(
        default_factory=dict, description="The people a row is about (a deal has two).", max_length=4
    )
    from_: From = Field(alias="from", description="Where the rows come from.")


class PolicyDocument(Keys):
    """A field policy: who gets which fields, why, until when, and whose refusal is honored."""

    policy: PolicyName = Field(description="The policy's name; the file is called after it.")
    title: Sentence = Field(description="What it is for, in one sentence.")
    version: Annotated[int, whole(1, 1_000_000)] = Field(description="1 and upward; each approved change has its own.")
    recipient: PolicyName = Field(description="Who receives the data, as enrolled on this agent.")
    recipient_may: RecipientMay = Field(description="What the recipient may do with it.")
    purpose: Purpose = Field(description="The one purpose it may be used for.")
    regime: Regime = Field(description="opt_in: leaves only on a recorded yes. opt_out: leaves unless refused.")
    jurisdiction: tuple[Jurisdiction, ...] = Field(description="Whose law applies.", min_length=1, max_length=60)
    lawful_basis: (
        Literal["consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"]
        | None
    ) = Field(None, description="GDPR article 6; required in the EU and the UK.")
    owner: Address = Field(description="Whom to ask about this policy.")
    contract: Contract = Field(description="The contract under which data leaves.")
    review_on: Date = Field(description="The day on which the dealer looks at it again.")
    answers: RequestRef | None = Field(None, description="The recipient's request that this policy answers.")
    stores: tuple[Store, ...] = Field(description="The stores whose rows may leave.", min_length=1, max_length=200)
    choices: dict[Name, Choices] = Field(
        default_factory=dict, description="Where the DMS keeps what people said.", max_length=10
    )
    datasets: dict[Name, Dataset] = Field(description="What is sent.", min_length=1, max_length=40)
    declined: dict[Name, Sentence] = Field(
        default_factory=dict, description="Fields that were asked for and are not sent: the reason.", max_length=500
    )


class Named(NamedTuple):
    """One column a policy names: where it stands in the file, what for, and in which table it is."""

    path: tuple[str | int, ...]
    role: Literal["send", "key", "store", "changes", "person", "join", "filter", "choice"]
    table: str
    column: str


def split_ref(text: str, aliases: frozenset[str]) -> Ref:
    """`VEHICLE.YEAR` where VEHICLE is a join, else a column of the main table (DMS names may hold points)."""
    of, point, column = text.partition(".")
    return Ref(of, column) if point and column and of in aliases else Ref("", text)


def split_table(text: str) -> Table | None:
    """None where it cannot be one table of the source: empty parts, or more than one point."""
    parts = text.split(".")
    if len(parts) > 2 or not all(part.strip() for part in parts):
        return None
    return Table("", parts[0]) if len(parts) == 1 else Table(parts[0], parts[1])


def columns_named(document: PolicyDocument) -> Iterator[Named]:
    """Every column the policy names, in any role, with the table it stands in. Nothing else may ever be read."""
    for name, choices in document.choices.items():
        at: tuple[str | int, ...] = ("choices", name)
        yield from (Named((*at, "person", i), "person", choices.table, c) for i, c in enumerate(choices.person))
        if choices.changes and choices.changes.column:
            yield Named((*at, "changes", "column"), "changes", choices.table, choices.changes.column)
        for channel, choice in choices.columns():
            yield Named((*at, channel, "column"), "choice", choices.table, choice.column)
    for name, dataset in document.datasets.items():
        yield from _of_dataset(("datasets", name), dataset)


def _of_dataset(at: tuple[str | int, ...], dataset: Dataset) -> Iterator[Named]:
    source = dataset.from_
    for name, sent in dataset.send.items():
        yield _named((*at, "send", name, "column"), "send", dataset, sent.column)
    for name, person in dataset.people.items():
        for i, column in enumerate(person.key):
            yield _named((*at, "people", name, "key", i), "person", dataset, column)
    at = (*at, "from")
    yield from (Named((*at, "key", i), "key", source.table, column) for i, column in enumerate(source.key))
    yield Named((*at, "store", "column"), "store", source.table, source.store.column)
    if source.changes.column:
        yield Named((*at, "changes", "column"), "changes", source.table, source.changes.column)
    for i, join in enumerate(source.joins):
        yield from _equal((*at, "joins", i, "where_equal"), join.table, source.table, join.where_equal)
    for i, condition in enumerate(source.only_where):
        here = (*at, "only_where", i)
        if isinstance(condition, Comparison):
            yield _named((*here, "column"), "filter", dataset, condition.column)
        else:
            yield from _equal((*here, "where_equal"), condition.exists, source.table, condition.where_equal)
            for j, test in enumerate(condition.and_):
                yield Named((*here, "and", j, "column"), "filter", condition.exists, test.column)


def _equal(at: tuple[str | int, ...], theirs: str, ours: str, pairs: dict[str, str]) -> Iterator[Named]:
    for their, our in pairs.items():
        yield Named((*at, their), "join", theirs, their)
        yield Named((*at, their), "join", ours, our)


def _named(
    path: tuple[str | int, ...],
    role: Literal["send", "person", "filter"],
    dataset: Dataset,
    column: str,
) -> Named:
    ref = split_ref(column, frozenset(join.as_ for join in dataset.from_.joins))
    tables = {join.as_: join.table for join in dataset.from_.joins}
    return Named(path, role, tables.get(ref.of, dataset.from_.table), ref.column)


def tables_named(document: PolicyDocument) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(where it stands, table) of every table the policy names."""
    for name, choices in document.choices.items():
        yield ("choices", name, "table"), choices.table
    for name, dataset in document.datasets.items():
        at = ("datasets", name, "from")
        yield (*at, "table"), dataset.from_.table
        for i, join in enumerate(dataset.from_.joins):
            yield (*at, "joins", i, "table"), join.table
        for i, condition in enumerate(dataset.from_.only_where):
            if isinstance(condition, Exists):
                yield (*at, "only_where", i, "exists"), condition.exists
