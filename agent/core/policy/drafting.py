"""A first draft of a policy for a recipient's request: nothing beyond what was asked, and nothing doubtful.

A column is proposed only where exactly one plain column of the inventory means the field; every other field stands in a
comment with the reason. What only people know (codes, keys, dates) stays FILL_IN, so the draft cannot be approved.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.core.classify import classify
from agent.core.floor import is_finance_table
from agent.core.inventory import Inventory, InventoryTable
from agent.core.names import read_name
from agent.core.policy.document import CATEGORIES, PERSON_CATEGORIES
from agent.core.policy.request import Request, RequestedField
from agent.core.ruleset import CHANNELS_OF_CATEGORY, PSEUDONYM_CATEGORIES, FieldType, Purpose
from agent.core.text import shown

_ALIKE = {
    "firstname": {"given", "name"}, "lastname": {"family", "name"}, "number": {"id"}, "deal": {"sale"},
    "open": {"opened"}, "close": {"completed"}, "closed": {"completed"}, "complete": {"completed"},
}  # fmt: skip
_HOMES = {"vin": "vehicle", "vehicle": "vehicle", "odometer": "vehicle"} | dict.fromkeys(PERSON_CATEGORIES, "customer")
_ENOUGH = 0.5
_FILL_IN = "FILL_IN"
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")
_DATASET = re.compile(r"[a-z][a-z0-9_]{0,62}")
_YAML_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
_SAID_NO = 'refused: ["Y"], not_refused: ["N"]'
_SAID_YES = 'given: ["Y"], refused: ["N"]'  # calls and texts need a recorded yes


@dataclass(frozen=True, slots=True)
class Proposal:
    """One asked field: where it would come from, or why nothing is proposed."""

    field: RequestedField
    category: str
    table: str = ""  # schema.table as a policy writes it
    column: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    table: InventoryTable
    column: str
    score: float
    sure: bool  # every word of the column is one of the field, its meaning or the table


def propose(request: Request, inventory: Inventory | None) -> tuple[Proposal, ...]:
    """For each field of the request, in its order."""
    purpose = purpose_of(request)
    made = [_proposal(field, purpose, inventory) for field in request.fields]
    taken = Counter((one.table, one.column) for one in made if one.column != _FILL_IN)
    return tuple(_shared(one) if one.column and taken[one.table, one.column] > 1 else one for one in made)


def purpose_of(request: Request) -> Purpose:
    """The purpose most of the fields are asked for; a policy has one."""
    asked = [field.purpose for field in request.fields]
    return max(asked, key=asked.count)


def draft_for(request: Request, inventory: Inventory | None) -> bytes | None:
    """The text of a draft; None where not a single field can be proposed."""
    proposals = propose(request, inventory)
    if all(one.doubt for one in proposals):
        return None
    return ("\n".join(_lines(request, inventory, proposals)) + "\n").encode()


def _shared(one: Proposal) -> Proposal:
    """One column cannot be two different fields."""
    doubt = f"{shown(one.column)} is nearest to another field as well"
    return Proposal(one.field, one.category, doubt=doubt)


def _proposal(field: RequestedField, purpose: Purpose, inventory: Inventory | None) -> Proposal:
    verdict = classify(field.name)
    category = _category(field.name, verdict.category)
    if verdict.verdict == "forbidden":
        return Proposal(field, category, doubt=f"never: {verdict.reason}")
    if category == "money":
        return Proposal(field, category, doubt="needs a decision: an amount of money")
    if verdict.verdict == "suspected" or category == "free_text":
        return Proposal(field, category, doubt=f"needs a decision: {verdict.reason}")
    if field.purpose != purpose:
        return Proposal(field, category, doubt=f"asked for another purpose: {field.purpose.replace('_', ' ')}")
    if category not in CATEGORIES:
        return Proposal(field, category, doubt="its name does not say what it is")
    if inventory is None:
        return Proposal(field, category, _home(field.name, category), _FILL_IN)
    return _found(field, category, inventory)


def _found(field: RequestedField, category: str, inventory: Inventory) -> Proposal:
    near = sorted(_candidates(field, category, inventory), key=lambda c: -c.score)
    best = [one for one in near if one.score == near[0].score]
    if len(best) > 1:
        home = _HOMES.get(category, "")
        best = [one for one in best if home in read_name(one.table.name).words] or best
        says = {one: _score(_words(one.table.name), _words(field.name), frozenset()) for one in best}
        best = [one for one in best if says[one] == max(says.values())]  # SALES_DEAL says sale more than TRADE_IN does
    if not best:
        return Proposal(field, category, doubt="no column of the inventory is called like it")
    if len(best) > 1 or not best[0].sure:
        names = ", ".join(f"{shown(one.table.name)}.{shown(one.column)}" for one in best[:4])
        return Proposal(field, category, doubt=f"which of {names}?")
    return Proposal(field, category, _table(best[0].table), best[0].column)


def _candidates(field: RequestedField, category: str, inventory: Inventory) -> Iterator[_Candidate]:
    wanted, meant = _words(field.name), _words(field.meaning)
    for table in inventory.tables:
        if is_finance_table(table.name) or is_finance_table(table.schema) or not _sayable(_table(table)):
            continue
        named = _words(table.name)
        for column in table.columns:
            neighbors = tuple(other.name for other in table.columns if other is not column)
            words = _words(column.name)
            score = _score(wanted, words, named)
            if score < _ENOUGH or not _sayable(column.name) or "." in column.name:
                continue
            judged = classify(
                column.name, table=table.name, type=column.type, neighbors=neighbors, comment=column.comment
            )
            if judged.verdict == "plain" and _category(column.name, judged.category) == category:
                sure = words <= wanted | meant | named
                yield _Candidate(table, column.name, score + _score(meant, words, named) / 100, sure)


def _words(name: str) -> frozenset[str]:
    words = read_name(name).words
    if words == ("year",):
        return frozenset(("model", "year"))
    return frozenset(part for word in words for part in _ALIKE.get(word, {word}))


def _score(wanted: frozenset[str], words: frozenset[str], table: frozenset[str]) -> float:
    """How much of the field's name the column says, its table helping; 1 is all, and nothing else."""
    if not wanted & words:
        return 0.0
    return len(wanted & (words | table)) / len(wanted | words)


def _category(name: str, seen: str) -> str:
    """A name that ends in a number of somebody is that person's key, not her name."""
    words = _words(name)
    if "id" in words and seen in ("name", "customer_id"):
        return "customer_id"
    return seen


def _home(name: str, category: str) -> str:
    """Without an inventory fields are grouped by what they are about; a buyer is a person of an event."""
    if category == "customer_id" and "customer" not in _words(name):
        return "events"
    return {"vehicle": "vehicles", "customer": "customers"}.get(_HOMES.get(category, ""), "events")


def _table(table: InventoryTable) -> str:
    return f"{table.schema}.{table.name}" if table.schema else table.name


def _sayable(name: str) -> bool:
    """Whether the strict reader would take it, and a person can see it as it is."""
    return name.strip() == name and 0 < len(name) <= 128 and shown(name) == name and name.count(".") < 2


def _quoted(name: str) -> str:
    if _SIMPLE.fullmatch(name) and name.lower() not in _YAML_WORDS:
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _lines(request: Request, inventory: Inventory | None, proposals: Sequence[Proposal]) -> Iterator[str]:
    purpose = purpose_of(request)
    sent = [one for one in proposals if not one.doubt]
    tables = list(dict.fromkeys(one.table for one in sent))
    names = _dataset_names(tables)
    people = {table: _person_key(one for one in sent if one.table == table) for table in tables}
    yield "# yaml-language-server: $schema=schema/field-policy.schema.json"
    yield "#"
    whose = request.cited_as if request.name else f"the purpose {purpose}"
    yield f"# A draft for {whose}: {len(sent)} of {len(proposals)} fields asked for are proposed."
    yield "# It grants nothing else. Look at each line; write your own words where it says FILL_IN."
    yield "# The dates are long past on purpose: nobody can approve it before you have written yours."
    yield ""
    yield f"policy: {_policy_name(request)}"
    yield "title: FILL_IN in one sentence what it is for"
    yield "version: 1"
    yield ""
    yield "# 1. WHO, WHY, UNTIL WHEN"
    yield f"recipient: {request.recipient}"
    yield "recipient_may: {keep_for_months: 12, pass_on_to: []}"
    yield f"purpose: {purpose}"
    yield "regime: opt_out                   # or opt_in: leaves only on a recorded yes"
    yield "jurisdiction: [US]                # your state, for example US-GA"
    yield "owner: fill-in@dealer.example"
    yield "contract: {id: FILL_IN, expires_on: 2000-01-01}"
    yield "review_on: 2000-01-01"
    if request.name:
        yield f"answers: {request.cited_as}"
    yield 'stores: ["01"]                    # the store numbers whose rows may leave'
    yield ""
    asks = purpose != "warranty_recall"
    if asks:
        yield from _choices(sent)
    yield "# 3. WHAT IS SENT"
    yield "datasets:"
    for table in tables:
        mine = [one for one in sent if one.table == table]
        yield from _dataset(names[table], table if inventory else "", mine, people[table], asks=asks)
    yield from _doubts([one for one in proposals if one.doubt])


def _dataset(name: str, table: str, sent: Sequence[Proposal], key: str, *, asks: bool) -> Iterator[str]:
    yield f"  {name}:"
    yield "    about: FILL_IN in plain words what one record is"
    yield "    send:"
    for one in sent:
        kind = "" if one.category in PSEUDONYM_CATEGORIES else f", type: {_type(one.field.type)}"
        column = _quoted(one.column)
        yield f"      {one.field.name}: {{column: {column}, category: {one.category}{kind}}}"
    yield "    people:"
    choices = ", choices: customer_choices" if asks else ""
    yield f"      customer: {{key: [{_quoted(key)}]{choices}}}"
    yield "    from:                         # IT fills this in"
    yield "      source: dms"
    yield f"      table: {_quoted(table) if table else 'FILL_IN'}"
    yield "      key: [FILL_IN]"
    yield "      store: {column: FILL_IN}"
    yield "      changes: {by: snapshot}"


def _choices(sent: Sequence[Proposal]) -> Iterator[str]:
    """`everything`, and the channels the fields obey; the codes are the database's own, so nothing is guessed."""
    channels = {channel for one in sent for channel in CHANNELS_OF_CATEGORY.get(one.category, ())}
    yield "# 2. WHEN A CUSTOMER SAID STOP"
    yield "# The codes are your database's own: ask whoever keeps it what each one means, and what a blank means."
    yield "choices:"
    yield "  customer_choices:"
    yield "    source: dms"
    yield "    table: FILL_IN"
    yield "    person: [FILL_IN]"
    yield "    changes: {by: snapshot}"
    yield f"    everything: {{column: FILL_IN, {_SAID_NO}, unknown: withhold}}"
    for channel in ("email", "mail", "phone", "sms"):
        if channel in channels:
            said = _SAID_YES if channel in ("phone", "sms") else _SAID_NO
            yield f"    {channel}: {{column: FILL_IN, {said}, unknown: withhold}}"
    yield ""


def _doubts(doubtful: Sequence[Proposal]) -> Iterator[str]:
    never = [one for one in doubtful if one.doubt.startswith("never")]
    others = [one for one in doubtful if one not in never]
    if others:
        yield ""
        yield "# NOT PROPOSED: send it under a dataset above, or give the reason here under `declined:`"
        for one in others:
            yield f"#   {one.field.name}: {shown(one.field.meaning, 60)}; {shown(one.doubt, 160)}"
    if never:
        yield ""
        yield "# NEVER: no policy can send these; the answer to the request says so by itself"
        yield from (f"#   {one.field.name}: {shown(one.doubt, 160)}" for one in never)


def _dataset_names(tables: Sequence[str]) -> dict[str, str]:
    """A plain name for each; one that promises something nonpublic is not used."""
    found: dict[str, str] = {}
    for number, table in enumerate(tables, 1):
        name = re.sub(r"[^a-z0-9]+", "_", table.rpartition(".")[2].lower()).strip("_")
        plain = _DATASET.fullmatch(name) and classify(name).verdict == "plain" and not is_finance_table(name)
        found[table] = name if plain and name not in found.values() else f"records_{number}"
    return found


def _person_key(sent: Iterator[Proposal]) -> str:
    keys = [one.column for one in sent if one.category == "customer_id"]
    return keys[0] if len(keys) == 1 else _FILL_IN


def _policy_name(request: Request) -> str:
    """After the request; after the purpose where there is only a template."""
    return (request.name or purpose_of(request)).replace(".", "-").replace("_", "-")


def _type(kind: FieldType) -> str:
    if kind.name == "decimal":
        return f"decimal {kind.size}.{kind.scale}"
    if kind.name == "list of text":
        return f'{kind.name} {kind.size}, split: ";"'
    return f"{kind.name} {kind.size}" if kind.size else kind.name
