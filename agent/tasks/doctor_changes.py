"""Doctor on the order in which rows can be had: what is read by change, what is compared whole every time, and why."""

from __future__ import annotations

from collections.abc import Iterator

from agent.core.changes import served
from agent.core.ruleset import Exists, Ruleset, Table
from agent.core.text import shown
from agent.dms.odbc import Connection
from agent.dms.order import change_order, indexes
from agent.errors import FieldgateError
from agent.tasks.findings import Finding, failed


def page_order(connection: Connection, ruleset: Ruleset) -> Iterator[Finding]:
    """Each dataset and block of choices of this source, once. A missing index costs the DMS time and fails nothing."""
    source = connection.settings.name
    for name, table, key, changes, store in sorted(set(_reads(ruleset, source)), key=str):
        if not served(indexes(connection, table), key, store):
            what = f"{name}: no index of {shown(str(table))} begins with {shown(', '.join(key))}: each page sorts anew"
            yield Finding("Database", "ok", f"{what} (ask the DBA for one)")
        if changes is None:
            continue
        try:
            order = change_order(connection, table, changes, store)
        except FieldgateError as error:
            yield failed("Database", error)
            continue
        how = f"read by snapshot: {order.why}" if order.why else f"changes found by {shown(changes)}"
        yield Finding("Database", "ok", f"{name}: {how}{'' if order.why else _unseen(ruleset, name)}")


def _unseen(ruleset: Ruleset, name: str) -> str:
    """A row's own stamp does not move when another table changes."""
    datasets = [found for policy in ruleset.policies if (found := policy.dataset(name))]
    others = {join.table for one in datasets for join in one.joins}
    others |= {line.table for one in datasets for line in one.where if isinstance(line, Exists)}
    listed = ", ".join(shown(str(table)) for table in sorted(others, key=str))
    return f"; a change in {listed} alone is found by the next complete comparison" if others else ""


def _reads(ruleset: Ruleset, source: str) -> Iterator[tuple[str, Table, tuple[str, ...], str | None, str]]:
    """(name, table, key, change column, store column)"""
    for policy in ruleset.policies:
        for dataset in policy.datasets:
            if dataset.source == source:
                yield dataset.name, dataset.table, dataset.key, dataset.changes, dataset.store
            for choices in (person.choices for person in dataset.people):
                if choices and choices.source == source:
                    yield choices.name, choices.table, choices.person, choices.changes, ""
