"""Run the examples of a policy: made-up rows through the query and the very `make_records` that run at night.

The query runs on an empty in-memory SQLite that holds the example's rows and nothing else, so that filters, joins and
stores are decided by the SQL that would be sent, not by a second opinion. Keys are fixed; nothing is stored or sent.
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache

import msgspec

from agent.core import ids
from agent.core.policy.compile import datasets_of
from agent.core.policy.examples import PSEUDONYM, PSEUDONYM_OF, Example, Row, Wanted
from agent.core.policy.mutate import mutants, without_condition
from agent.core.policy.reader import Draft
from agent.core.query import CompiledQuery, compile_query, page
from agent.core.record_page import RecordPage
from agent.core.records import Recipe, RowPage, make_records
from agent.core.ruleset import DatasetRules, Exists, Purpose, Regime, Table
from agent.core.text import shown
from agent.dms.dialects import DIALECTS
from agent.errors import FieldgateError
from agent.tasks import example_hints

_KEYS = ids.StreamKeys(*(bytes([n]) * 32 for n in range(1, 6)))
_HEX = re.compile(r"[0-9a-f]{32}")
_ROWS = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """What a policy says beside its datasets."""

    stores: tuple[str, ...]
    purpose: Purpose
    regime: Regime
    today: dt.date


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row. `withheld` empty: it left."""

    withheld: str
    fields: Mapping[str, object]
    missing: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`difference` empty: as expected. `decided_by`: the lines of the policy that decided otherwise."""

    example: Example
    difference: str
    decided_by: str = ""

    @property
    def passed(self) -> bool:
        return not self.difference


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of what there is: what no example shows."""

    fields: int
    fields_unseen: tuple[str, ...]
    filters: int
    filters_unseen: tuple[str, ...]
    codes: int
    codes_unseen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mutation:
    """`survivors`: changes that no example noticed."""

    made: int
    survivors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exam:
    """A policy and its examples, ready to be run."""

    draft: Draft
    datasets: Mapping[str, DatasetRules]
    examples: tuple[Example, ...]
    trial: Trial


def exam(draft: Draft, examples: Iterable[Example], today: dt.date) -> Exam:
    document = draft.document
    trial = Trial(tuple(document.stores), document.purpose, document.regime, today)
    datasets = {dataset.name: dataset for dataset in datasets_of(document)}
    return Exam(draft, datasets, tuple(examples), trial)


def run_examples(paper: Exam) -> tuple[Verdict, ...]:
    found = (_verdict(paper, one, paper.datasets[one.dataset]) for one in paper.examples)
    return tuple(_explained(paper, verdict) for verdict in found)


def mutation(paper: Exam) -> Mutation:
    """Change one thing at a time; an example must notice each. Only meaningful when all examples pass."""
    made, survivors = 0, []
    for mutant in mutants(tuple(paper.datasets.values()), paper.trial.purpose, paper.trial.regime):
        made += 1
        changed = {dataset.name: dataset for dataset in mutant.datasets}
        asked = (one for one in paper.examples if one.dataset in changed)
        if all(_verdict(paper, one, changed[one.dataset]).passed for one in asked):
            survivors.append(mutant.what)
    return Mutation(made, tuple(survivors))


def coverage(paper: Exam) -> Coverage:
    fields = {f"{d.name}.{f.name}" for d in paper.datasets.values() for f in d.fields}
    seen = {f"{e.dataset}.{name}" for e in paper.examples for name, value in e.record.items() if value is not None}
    filters = {_filter(d, i): (d, i) for d in paper.datasets.values() for i in range(len(d.where))}
    idle = [name for name, (dataset, i) in filters.items() if not _keeps_out(paper, dataset, i)]
    codes = _codes(paper.datasets.values())
    said = {code for example in paper.examples for code in _said(paper.datasets[example.dataset], example)}
    return Coverage(
        fields=len(fields),
        fields_unseen=tuple(sorted(fields - seen)),
        filters=len(filters),
        filters_unseen=tuple(idle),
        codes=len(codes),
        codes_unseen=tuple(sorted(codes - said)),
    )


def _filter(dataset: DatasetRules, at: int) -> str:
    condition = dataset.where[at]
    said = f"exists {condition.table}" if isinstance(condition, Exists) else f"{condition.ref} {condition.test}"
    return f"{dataset.name}: {said}"


def _keeps_out(paper: Exam, dataset: DatasetRules, at: int) -> bool:
    """Some example stays because of this condition alone."""
    open_door = without_condition(dataset, at)
    stay = (e for e in paper.examples if e.dataset == dataset.name and e.withheld == "filter")
    return any(outcome(open_door, e, paper.trial).withheld != "filter" for e in stay)


def _codes(datasets: Iterable[DatasetRules]) -> set[str]:
    groups = {p.choices for dataset in datasets for p in dataset.people if p.choices}
    return {
        f"{group.name}.{column.channel}: {code}"
        for group in groups
        for column in group.columns
        for code in (*column.refused, *column.allowed, "unknown")
    }


def _said(dataset: DatasetRules, example: Example) -> Iterable[str]:
    for person in dataset.people:
        group = person.choices
        if group is None:
            continue
        rows = [example.row] if group.table == dataset.table else []
        rows += example.beside.get(str(group.table), ())
        for row in rows:
            for column in group.columns:
                code = (row.get(column.column) or "").rstrip(" ")
                known = code in (*column.refused, *column.allowed)
                yield f"{group.name}.{column.channel}: {code if known else 'unknown'}"


def _verdict(paper: Exam, example: Example, rules: DatasetRules) -> Verdict:
    try:
        became = outcome(rules, example, paper.trial)
    except FieldgateError as error:
        return Verdict(example, f"it cannot be read: {error.what}")
    return Verdict(example, _difference(example, became, paper.datasets[example.dataset]))


def _explained(paper: Exam, verdict: Verdict) -> Verdict:
    """The same, and which lines of the policy decided what was not expected."""
    if verdict.passed:
        return verdict
    try:
        became = outcome(paper.datasets[verdict.example.dataset], verdict.example, paper.trial)
    except FieldgateError:
        return verdict
    return replace(verdict, decided_by=_decided_by(paper, verdict, became))


def _decided_by(paper: Exam, verdict: Verdict, became: Outcome) -> str:
    example, rules = verdict.example, paper.datasets[verdict.example.dataset]
    if became.withheld == "filter":
        doors = (without_condition(rules, i) for i in range(len(rules.where)))
        alone = [i for i, door in enumerate(doors) if outcome(door, example, paper.trial).withheld != "filter"]
        return example_hints.of_filter(paper.draft, example, alone)
    if became.withheld == "choice":
        return example_hints.of_record(paper.draft, example)
    name = verdict.difference.partition(":")[0]
    if became.missing.get(name) == "choice":
        return example_hints.of_field(paper.draft, example, name)
    wanted_stop = example.withheld == "choice" or example.without.get(name) == "choice"
    return example_hints.of_leaving(paper.draft, example) if wanted_stop else ""


def outcome(rules: DatasetRules, example: Example, trial: Trial) -> Outcome:
    """What becomes of the example's row, in whichever of the policy's stores it stands."""
    for store in trial.stores:
        query = compile_query(rules, store, DIALECTS["sqlite"], today=trial.today)
        rows = _select(query, rules, example)
        if rows:
            recipe = Recipe(rules, query.layout, trial.purpose, trial.regime, _KEYS, dt.UTC)
            names = tuple(str(ref) for ref in query.select)
            return _outcome(make_records(recipe, RowPage(names, rows)))
    return Outcome("filter", {}, {})


def _outcome(made: RecordPage) -> Outcome:
    if not made.lines:
        return Outcome(made.withheld_reasons[0] if made.withheld_reasons else "key_not_readable", {}, {})
    missing = dict(said.split(":", 1) for said in made.field_counts)
    return Outcome("", msgspec.json.decode(made.lines[0])["fields"], missing)


def _select(query: CompiledQuery, rules: DatasetRules, example: Example) -> list[tuple[object, ...]]:
    """The rows the query finds among the example's own."""
    rows: dict[Table, Sequence[Row]] = {table: example.beside.get(str(table), ()) for table in query.tables}
    rows[rules.table] = (example.row, *rows[rules.table])
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for schema in {table.schema for table in rows} - {"", "main", "temp"}:
            db.execute(f"ATTACH ':memory:' AS {_quote(schema)}")
        for table, those in rows.items():
            _load(db, table, {column for of, column in query.touches if of == table}, those)
        sql, params = page(query, None, None, _ROWS)
        return db.execute(sql, params).fetchall()


def _load(db: sqlite3.Connection, table: Table, touched: set[str], rows: Sequence[Row]) -> None:
    columns = sorted(touched | {column for row in rows for column in row})
    name = ".".join(_quote(part) for part in (table.schema, table.name) if part)
    db.execute(f"CREATE TABLE {name} ({', '.join(map(_quote, columns))})")
    marks = ", ".join("?" * len(columns))
    db.executemany(
        f"INSERT INTO {name} VALUES ({marks})",  # noqa: S608  quoted names, `?` for values
        [tuple(row.get(column) for column in columns) for row in rows],
    )


def _quote(name: str) -> str:
    return DIALECTS["sqlite"].quote(name)


def _difference(example: Example, became: Outcome, approved: DatasetRules) -> str:
    """What a person reads; the values are her own example's."""
    if example.withheld:
        if became.withheld == example.withheld:
            return ""
        return f"expected withheld ({example.withheld}), {_left_or_stayed(became)}"
    if became.withheld:
        return f"expected a record, it stays ({became.withheld})"
    for field in approved.fields:
        name = field.name
        if name in example.without:
            if became.missing.get(name) != example.without[name]:
                return f"{name}: expected none ({example.without[name]}), {_found(became, name)}"
        elif name not in example.record:
            return f"{name}: the example does not say what becomes of it, {_found(became, name)}"
        elif name not in became.fields or not _same(example.record[name], became.fields[name], field.category):
            return f"{name}: expected {_shown(example.record[name])}, {_found(became, name)}"
    return ""


def _left_or_stayed(became: Outcome) -> str:
    return f"it stays for another reason ({became.withheld})" if became.withheld else "it leaves"


def _found(became: Outcome, name: str) -> str:
    if name in became.fields:
        return f"found {_shown(became.fields[name])}"
    return f"found none ({became.missing.get(name, 'not sent')})"


def _shown(value: object) -> str:
    return "null" if value is None else shown(str(value), 60)


def _same(wanted: Wanted, found: object, category: str) -> bool:
    if isinstance(wanted, str) and wanted.startswith(PSEUDONYM_OF):
        return found in _pseudonyms(category, wanted.removeprefix(PSEUDONYM_OF))
    if wanted == PSEUDONYM:
        return isinstance(found, str) and _HEX.fullmatch(found) is not None
    if isinstance(found, bool):
        return wanted == str(found).lower()
    if isinstance(found, list):
        return isinstance(wanted, tuple) and list(wanted) == found
    return wanted == (None if found is None else str(found))


@lru_cache(maxsize=1024)
def _pseudonyms(category: str, text: str) -> tuple[str | None, ...]:
    """Under the stream's key, and under the recipient's."""
    both = (_KEYS.pseudonym, _KEYS.recipient_pseudonym)
    return tuple(made for key in both for made in ids.pseudonyms(key, category, [text]))
