"""Preview on made-up rows: what a draft, or a policy in force, would make of them. It opens no database, no state and
no connection; the rows go through the same query, screen, transforms and gate as real ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from agent.core.gate import GateDecoder
from agent.core.ids import StreamKeys
from agent.core.policy.compile import datasets_of
from agent.core.query import Dialect, compile_query, page
from agent.core.records import Recipe, RowPage, make_records
from agent.core.ruleset import DatasetRules, PolicyRules, Purpose, Regime
from agent.core.synthetic import synthetic_rows
from agent.tasks.policy_life import read_draft
from agent.tasks.preview import DatasetPreview, field_preview

_ROWS = 40
_NOBODYS = StreamKeys(*(bytes(32) for _ in range(5)))  # ids of records that do not exist


def preview_draft(path: Path, dialect: Dialect, today: dt.date) -> Iterator[DatasetPreview]:
    """PolicyError where the draft has problems: what nobody could approve is not shown as if it were possible."""
    document = read_draft(path, today=today).document
    for rules in datasets_of(document):
        yield _dataset((document.policy, document.purpose, document.regime, document.stores[0]), rules, dialect, today)


def preview_policy(policy: PolicyRules, dialect: Dialect, today: dt.date) -> Iterator[DatasetPreview]:
    for rules in policy.datasets:
        yield _dataset((policy.name, policy.purpose, policy.regime, policy.stores[0]), rules, dialect, today)


def _dataset(
    of: tuple[str, Purpose, Regime, str], rules: DatasetRules, dialect: Dialect, today: dt.date
) -> DatasetPreview:
    name, purpose, regime, store = of
    query = compile_query(rules, store, dialect, today=today)
    recipe = Recipe(rules, query.layout, purpose, regime, _NOBODYS, ZoneInfo("UTC"))
    rows = synthetic_rows(rules, query, _ROWS)
    made = make_records(recipe, RowPage(tuple(str(ref) for ref in query.select), rows))
    GateDecoder(rules).check(made.lines, made.ids)
    records = [msgspec.json.decode(line)["fields"] for line in made.lines]
    return DatasetPreview(
        policy=name,
        dataset=rules.name,
        store=store,
        rows=made.rows,
        records=len(records),
        fields=tuple(
            field_preview(field.name, field.category, [one.get(field.name) for one in records], show_values=True)
            for field in rules.fields
        ),
        never=(),
        not_sent=(),
        sql=page(query, None, None, _ROWS)[0],
        synthetic=True,
    )
