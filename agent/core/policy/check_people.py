"""Whose data it is and whose refusal counts; what a purpose and a day allow; names that refer to each other."""

from __future__ import annotations

import datetime as dt

from agent.core.policy.desk import Desk, listed
from agent.core.policy.document import (
    GDPR_PLACES,
    PERSON_CATEGORIES,
    Comparison,
    Dataset,
    SentField,
    split_ref,
)
from agent.core.policy.schema_errors import nearest
from agent.core.policy.strict_yaml import Path
from agent.core.ruleset import CHANNELS_OF_CATEGORY, PSEUDONYM_CATEGORIES

_SOON = dt.timedelta(days=60)
# CCPA 1798.145(g): what survives an opt-out for warranty and recall.
_RECALL_CATEGORIES = frozenset(
    ("vin", "vehicle", "odometer", "customer_id", "record_id", "name", *CHANNELS_OF_CATEGORY)
)
_RECALL_VEHICLE_NAMES = frozenset(("make", "model", "model_year", "year", "vehicle_make", "vehicle_model"))
_MUST_HAVE_PEOPLE = ("marketing", "service_reminders")


def check_people(desk: Desk) -> None:
    for name, dataset in desk.document.datasets.items():
        at: Path = ("datasets", name)
        _references(desk, dataset, at)
        _people(desk, dataset, at)
        for field_name, field in dataset.send.items():
            here = (*at, "send", field_name)
            _field(desk, dataset, field, here)
            _channels(desk, dataset, field, here)
            if desk.document.purpose == "warranty_recall":
                _recall(desk, field_name, field, here)
    _regime(desk)
    _declined(desk)
    _answers(desk)
    _twice(desk)


def check_days(desk: Desk) -> None:
    """The day of a contract and of a review; the law of a place."""
    document, today = desk.document, desk.facts.today
    ends = document.contract.expires_on
    path: Path = ("contract", "expires_on")
    if ends <= today:
        desk.say("P040", f"the contract ended on {ends}: nothing is sent", path, "write the new contract's id and end")
    elif ends - today <= _SOON:
        message = f"the contract ends in {(ends - today).days} days, on {ends}; sending stops that day"
        desk.say("P041", message, path, "renew it in time, then write the new date", severity="warning")
    if document.review_on < today:
        message = f"the review of {document.review_on} is overdue"
        desk.say("P042", message, ("review_on",), "look at the policy again, then write the next date")
    elif document.review_on > ends:
        message = "the review comes after the contract has ended"
        desk.say("P042", message, ("review_on",), "review it while it is in force", severity="warning")
    places = sorted({place[:2] for place in document.jurisdiction} & GDPR_PLACES)
    if places and document.lawful_basis is None:
        help_ = "add `lawful_basis:` with one of consent, contract, legitimate_interests ..."
        desk.say("P049", f"lawful_basis is required in {listed(places)}", ("jurisdiction",), help_, at="key")


def _references(desk: Desk, dataset: Dataset, at: Path) -> None:
    aliases = [join.as_ for join in dataset.from_.joins]
    for i, alias in enumerate(aliases):
        if alias in aliases[:i]:
            path = (*at, "from", "joins", i, "as")
            desk.say("P019", f"two joins are called `{alias}`", path, "give each join its own name")
    columns: list[tuple[Path, str]] = [((*at, "send", n, "column"), f.column) for n, f in dataset.send.items()]
    columns += [((*at, "people", n, "key", i), c) for n, p in dataset.people.items() for i, c in enumerate(p.key)]
    columns += [
        ((*at, "from", "only_where", i, "column"), c.column)
        for i, c in enumerate(dataset.from_.only_where)
        if isinstance(c, Comparison)
    ]
    for path, column in columns:
        _reference(desk, path, column, tuple(aliases))


def _reference(desk: Desk, path: Path, column: str, aliases: tuple[str, ...]) -> None:
    if "." not in column or split_ref(column, frozenset(aliases)).of:
        return
    alias = column.partition(".")[0]
    near = nearest(alias, aliases)
    help_ = f"did you mean `{near}`?" if near else f"declare it under `joins:` with `as: {alias}`"
    desk.say("P019", f"no join of this dataset is called `{alias}`", path, help_)


def _people(desk: Desk, dataset: Dataset, at: Path) -> None:
    purpose = desk.document.purpose
    about_people = any(field.category in PERSON_CATEGORIES for field in dataset.send.values())
    nobody = not dataset.people and not desk.is_cut((*at, "people"))
    if nobody and (about_people or purpose in _MUST_HAVE_PEOPLE):
        help_ = "add `people:` with the key of each person and their `choices:`"
        desk.say("P045", f"dataset `{at[-1]}` does not say whose data it is", at, help_, at="key")
    for name, person in dataset.people.items():
        path = (*at, "people", name)
        if person.choices is None:
            if purpose != "warranty_recall":
                help_ = "add `choices:` with the name of a group under `choices:`"
                desk.say("P044", f"`{name}` has no choices: nobody could say stop", path, help_, at="key")
            continue
        _choices_of(desk, dataset, person.choices, len(person.key), path)


def _choices_of(desk: Desk, dataset: Dataset, name: str, keys: int, path: Path) -> None:
    choices = desk.document.choices.get(name)
    if choices is None:
        if not desk.is_cut(("choices", name)):
            known = tuple(desk.document.choices)
            near = nearest(name, known)
            help_ = f"did you mean `{near}`?" if near else f"declared: {listed(known) or 'none'}"
            desk.say("P019", f"no choices called `{name}` are declared", (*path, "choices"), help_)
        return
    if desk.is_cut(("choices", name)):
        return
    if len(choices.person) != keys:
        message = f"the key has {keys} columns, the person of `{name}` has {len(choices.person)}"
        desk.say("P018", message, (*path, "key"), "name the same key columns in the same order in both places")
    if choices.source != dataset.from_.source:
        message = f"the choices `{name}` stand in another source than the rows"
        desk.say("P018", message, (*path, "choices"), "both must be read from one source, in one statement")


def _field(desk: Desk, dataset: Dataset, field: SentField, here: Path) -> None:
    is_known = field.person is None or field.person in dataset.people
    if not is_known and not desk.is_cut((*here[:2], "people", str(field.person))):
        help_ = f"declared under `people:`: {listed(dataset.people) or 'none'}"
        desk.say("P019", f"no person called `{field.person}` is declared", (*here, "person"), help_)
    as_it_is = field.category in PSEUDONYM_CATEGORIES and not field.is_pseudonym
    if as_it_is and field.why is None:
        message = f"`{here[-1]}` would leave as it is in the database"
        desk.say("P048", message, (*here, "transform"), "add `why:`, or remove `transform:` to send a pseudonym")
    if field.category == "free_text":
        lacking = [key for key in ("screen", "why") if getattr(field, key) is None]
        if lacking:
            help_ = f"add {listed(f'`{key}:`' for key in lacking)}; see --explain P026"
            desk.say("P026", f"free text without {listed(lacking)}", (*here, "category"), help_)


def _channels(desk: Desk, dataset: Dataset, field: SentField, here: Path) -> None:
    """A channel field obeys its channel's choice, so the DMS column that holds it must be named."""
    needed = CHANNELS_OF_CATEGORY.get(field.category, ())
    names = [field.person] if field.person in dataset.people else list(dataset.people)
    for person in names:
        group = dataset.people[str(person)].choices
        choices = desk.document.choices.get(group or "")
        if choices is None or desk.is_cut(("choices", str(group))):
            continue
        declared = {channel for channel, _ in choices.columns()}
        lacking = [channel for channel in needed if channel not in declared and "everything" not in declared]
        if lacking:
            help_ = f"declare `{lacking[0]}:` under the choices `{group}`, or do not send the field"
            message = f"nothing says whether `{person}` may be reached by {listed(lacking)}"
            desk.say("P046", message, (*here, "category"), help_)


def _recall(desk: Desk, name: str, field: SentField, here: Path) -> None:
    wide = field.category not in _RECALL_CATEGORIES
    if field.category == "vehicle":
        wide = name not in _RECALL_VEHICLE_NAMES
    if wide:
        help_ = "a recall may carry VIN, make, model, model_year, odometer, owner name and contact; nothing else"
        desk.say("P043", f"`{name}` is more than a recall needs", here, help_, at="key")


def _regime(desk: Desk) -> None:
    if desk.document.regime != "opt_in":
        return
    for group, choices in desk.document.choices.items():
        for channel, choice in choices.columns():
            path: Path = ("choices", group, channel)
            if choice.given is None:
                message = f"`{channel}` records no yes, and the regime is opt_in"
                desk.say("P047", message, path, "name the codes of a recorded yes in `given:`", at="key")
            if choice.unknown == "send":
                message = f"`unknown: send` on {channel} sends without a yes, and the regime is opt_in"
                desk.say("P047", message, (*path, "unknown"), "write `unknown: withhold`")


def _declined(desk: Desk) -> None:
    for name in desk.document.declined:
        senders = [d for d, dataset in desk.document.datasets.items() if name in dataset.send]
        if senders:
            message = f"`{name}` is declined here and sent by `{senders[0]}`"
            desk.say("P050", message, ("declined", name), "remove one of the two", at="key")


def _answers(desk: Desk) -> None:
    cited, recipient = desk.document.answers, desk.document.recipient
    if cited is not None and not desk.is_cut(("recipient",)) and cited.partition("/")[0] != recipient:
        message = f"the request is not one of `{recipient}`"
        desk.say("P051", message, ("answers",), "name a request of the recipient, or correct the recipient")


def _twice(desk: Desk) -> None:
    """One entry, one meaning: a store listed twice would be two streams of the same rows."""
    lists: list[tuple[Path, tuple[str, ...]]] = [(("stores",), desk.document.stores)]
    for name, group in desk.document.choices.items():
        lists.append((("choices", name, "person"), group.person))
    for name, dataset in desk.document.datasets.items():
        lists.append((("datasets", name, "from", "key"), dataset.from_.key))
        lists += [(("datasets", name, "people", who, "key"), person.key) for who, person in dataset.people.items()]
    for path, entries in lists:
        for i, entry in enumerate(entries):
            if entry in entries[:i]:
                desk.say("P003", f"`{entry}` is listed twice", (*path, i), "remove one of the two")
