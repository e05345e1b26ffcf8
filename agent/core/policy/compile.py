"""Approved policies to the `Ruleset`, the only form of permission that run time accepts; the only maker of one.

It believes nobody: the bytes are read again, their digest compared, and every check repeated. A forbidden field, an
ended contract or approval, or two policies of one name refuse the whole ruleset with PolicyError.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from agent.core.choice_table import stops_channel
from agent.core.contacts import CONTACT_CATEGORIES
from agent.core.floor import FLOOR_SHA256
from agent.core.policy.checks import Decisions, Facts, check_file
from agent.core.policy.document import (
    Choices,
    Comparison,
    Dataset,
    Exists,
    From,
    PolicyDocument,
    SentField,
    split_ref,
    split_table,
)
from agent.core.policy.problems import Problem, errors_in
from agent.core.policy.reader import Draft, digest
from agent.core.ruleset import (
    ChoiceColumn,
    ChoicesRules,
    Condition,
    DatasetRules,
    FieldRules,
    FieldType,
    Join,
    PersonRules,
    PolicyRules,
    Ref,
    Ruleset,
    Table,
    Transform,
)
from agent.core.ruleset import Exists as ExistsRule
from agent.core.text import shown
from agent.errors import PolicyError

if TYPE_CHECKING:
    from agent.core.approval import ApprovedPolicy

_PSEUDONYM = FieldType("text", size=32)
# An overdue review is said aloud and stops approval; what is approved stays so until it expires.
_NOT_AT_RUN_TIME = ("P042",)


def ends_on(approved: ApprovedPolicy) -> dt.date:
    """The day on which sending stops by itself: the contract's end or the approvals', whichever is earlier."""
    return min(approved.draft.document.contract.expires_on, approved.expires_on)


def compile_ruleset(
    approved: Iterable[ApprovedPolicy],
    *,
    today: dt.date,
    decisions: Decisions = frozenset(),
    local_floor: frozenset[str] = frozenset(),
) -> Ruleset:
    """PolicyError for the first policy that may not stand, and nothing is permitted then."""
    facts = Facts(today, None, local_floor, decisions)
    policies = tuple(sorted((compile_policy(one, facts) for one in approved), key=lambda p: p.name))
    for one, other in itertools.pairwise(policies):
        if one.name == other.name:
            raise PolicyError(
                "P052",
                f"two approved policies are called {shown(one.name)}",
                "end one of the two: fieldgate policy revoke",
            )
    return Ruleset(policies)


def nothing_permitted() -> Ruleset:
    """The ruleset of a moment in which no policy permits anything."""
    return Ruleset(())


def compile_policy(approved: ApprovedPolicy, facts: Facts) -> PolicyRules:
    """One approved policy. Reads its bytes again: what was checked, what was signed and what runs are one thing."""
    draft = _read_again(approved.draft, facts)
    document = draft.document
    end = min(document.contract.expires_on, approved.expires_on)
    if end <= facts.today:
        raise PolicyError(
            "P040",
            f"policy {draft.name} version {draft.version} ended on {end}",
            "have it approved again, with a contract that is in force",
        )
    return PolicyRules(
        name=draft.name,
        title=document.title,
        version=draft.version,
        sha256=draft.sha256,
        recipient=document.recipient,
        purpose=document.purpose,
        regime=document.regime,
        stores=tuple(document.stores),
        keep_for_months=document.recipient_may.keep_for_months,
        pass_on_to=tuple(document.recipient_may.pass_on_to),
        ends_on=end,
        approvals_sha256=approved.approvals_sha256,
        roll_sha256=approved.roll_sha256,
        roll_version=approved.roll_version,
        floor_sha256=FLOOR_SHA256,
        single_officer=approved.single_officer,
        datasets=datasets_of(document),
    )


def _read_again(draft: Draft, facts: Facts) -> Draft:
    if digest(draft.data) != draft.sha256:
        raise PolicyError(
            "A001",
            f"the bytes of policy {shown(draft.name)} are not the ones that were approved",
            f"restore the approved file; digest wanted: {draft.sha256}",
        )
    checked = check_file(draft.data, draft.file, facts)
    errors = [p for p in errors_in(checked.problems) if p.code not in _NOT_AT_RUN_TIME]
    if errors or checked.draft is None:
        raise _refusal(draft, errors)
    return checked.draft


def _refusal(draft: Draft, errors: list[Problem]) -> PolicyError:
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return PolicyError(
        first.code,
        f"policy {shown(draft.name)} version {draft.version}, line {first.line}: {shown(first.message)}{more}",
        shown(first.help),
        exit_status=3 if first.code == "P040" else 1,
    )


def datasets_of(document: PolicyDocument) -> tuple[DatasetRules, ...]:
    """What a document asks for, in the form run time knows. It grants nothing: only a `Ruleset` does."""
    choices = {
        name: _choices(name, group, _contacts(document, name, group)) for name, group in document.choices.items()
    }
    return tuple(_dataset(name, dataset, choices) for name, dataset in document.datasets.items())


def _contacts(document: PolicyDocument, name: str, group: Choices) -> tuple[FieldRules, ...]:
    """The e-mail and phone fields that are read of a person's own row anyway, one of each column."""
    found: dict[str, FieldRules] = {}
    for dataset in document.datasets.values() if stops_channel(document.purpose) else ():
        source = dataset.from_
        aliases = frozenset(join.as_ for join in source.joins)
        whose = {one for one, p in dataset.people.items() if p.choices == name and list(p.key) == list(group.person)}
        if (source.source, source.table) != (group.source, group.table) or not whose:
            continue
        for field_name, sent in dataset.send.items():
            field = _field(field_name, sent, aliases)
            theirs = field.person in whose or (field.person is None and whose == set(dataset.people))
            if field.category in CONTACT_CATEGORIES and not field.ref.of and theirs:
                found.setdefault(field.ref.column, field)
    return tuple(found[column] for column in sorted(found))


def _dataset(name: str, dataset: Dataset, choices: dict[str, ChoicesRules]) -> DatasetRules:
    source = dataset.from_
    aliases = frozenset(join.as_ for join in source.joins)
    people = tuple(
        PersonRules(
            name=person_name,
            key=tuple(split_ref(column, aliases) for column in person.key),
            choices=choices[person.choices] if person.choices else None,
        )
        for person_name, person in dataset.people.items()
    )
    fields = (_field(field_name, field, aliases) for field_name, field in dataset.send.items())
    return DatasetRules(
        name=name,
        about=dataset.about,
        source=source.source,
        table=_table(source.table),
        key=tuple(source.key),
        store=source.store.column,
        changes=source.changes.column,
        joins=tuple(Join(_table(j.table), j.as_, _pairs(j.where_equal)) for j in source.joins),
        where=_where(source, aliases),
        people=people,
        fields=tuple(sorted(fields, key=lambda f: f.name)),
    )


def _table(text: str) -> Table:
    table = split_table(text)
    if table is None:  # checks have refused it before
        raise PolicyError("P032", f"{shown(text)} is not a table name", "write schema.table", exit_status=1)
    return table


def _pairs(where_equal: dict[str, str]) -> tuple[tuple[str, Ref], ...]:
    return tuple((theirs, Ref("", ours)) for theirs, ours in where_equal.items())


def _where(source: From, aliases: frozenset[str]) -> tuple[Condition | ExistsRule, ...]:
    found: list[Condition | ExistsRule] = []
    for condition in source.only_where:
        if isinstance(condition, Exists):
            tests = tuple(_condition(test, Ref("", test.column)) for test in condition.and_)
            found.append(ExistsRule(_table(condition.exists), _pairs(condition.where_equal), tests))
        else:
            found.append(_condition(condition, split_ref(condition.column, aliases)))
    return tuple(found)


def _condition(condition: Comparison, ref: Ref) -> Condition:
    (test, value), *_ = condition.tests()
    if test == "not_empty":
        return Condition(ref, "not_empty")
    if test == "is_one_of":
        return Condition(ref, "is_one_of", tuple(value))
    if test == "within_months":
        return Condition(ref, "within_months", (value,))
    if test == "after":
        return Condition(ref, "after", (value.isoformat(),))
    return Condition(ref, "is" if test == "is" else "is_not", (value,))


def _field(name: str, field: SentField, aliases: frozenset[str]) -> FieldRules:
    transform = field.transform or Transform("pass")
    kind = field.type or _PSEUDONYM
    if field.is_pseudonym:
        transform = Transform("pseudonymize", recipient_scope=field.scope == "recipient")
        kind = _PSEUDONYM
    elif field.split is not None:
        kind = FieldType(kind.name, size=kind.size, split=field.split)
    return FieldRules(
        name=name,
        ref=split_ref(field.column, aliases),
        category=field.category,
        type=kind,
        transform=transform,
        person=field.person,
        null_when=tuple(field.null_when),
        on_hit=field.screen or "withhold",
    )


def _choices(name: str, group: Choices, contacts: tuple[FieldRules, ...]) -> ChoicesRules:
    columns = tuple(
        ChoiceColumn(
            channel=channel,
            column=choice.column,
            refused=tuple(choice.refused),
            allowed=tuple(choice.given or choice.not_refused or ()),
            recorded_yes=choice.given is not None,
            unknown=choice.unknown,
        )
        for channel, choice in group.columns()
    )
    return ChoicesRules(
        name=name,
        source=group.source,
        table=_table(group.table),
        person=tuple(group.person),
        columns=columns,
        changes=group.changes.column if group.changes else None,
        contacts=contacts,
    )
