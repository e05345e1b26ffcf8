"""Promise 4 at run time: before anything is read, the database is asked to refuse what no policy grants, and its
answers are kept as an access record. An account that can read more stops the run, unless officers signed an exception.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Protocol

from agent.core.access import RECORD_TYP, AccessRecord, ColumnAnswer, read_access_record
from agent.core.decision import Decision, read_standing
from agent.core.inventory import Inventory
from agent.core.query import CompiledQuery, compile_choices, compile_query
from agent.core.roll import read_rolls
from agent.core.ruleset import Ruleset
from agent.core.source import SourceSettings
from agent.core.text import shown
from agent.dms.catalog import take_inventory
from agent.dms.catalog_sql import CATALOG
from agent.dms.dialects import dialect_of
from agent.dms.exports import declared_inventory
from agent.dms.odbc import connect
from agent.errors import ConfigError, FieldgateError, PolicyError, SourceError
from agent.state import evidence, permission
from agent.state.store import Tx
from agent.tasks.desk import Desk
from agent.tasks.exports import take_exports
from agent.tasks.names import names_today
from agent.tasks.pins import names_for, recheck, refuse_blind, source_of
from agent.tasks.probe import probe


class Prober(Protocol):
    """Whoever asks the database; `probe_source` does."""

    def __call__(
        self,
        settings: SourceSettings,
        password: str,
        inventory: Inventory,
        queries: list[CompiledQuery],
        now: dt.datetime,
        earlier: AccessRecord | None = None,
    ) -> AccessRecord: ...


_WEEK = dt.timedelta(days=7)


def probe_source(
    settings: SourceSettings,
    password: str,
    inventory: Inventory,
    queries: list[CompiledQuery],
    now: dt.datetime,
    earlier: AccessRecord | None = None,
) -> AccessRecord:
    """Ask through the agent's own account, for the names that were kept and those that it sees today."""
    with connect(settings, password) as connection:
        today = inventory
        if settings.dialect in CATALOG:
            today = names_today(inventory, take_inventory(connection, settings, now))
        return probe(connection, settings, today, queries, now, earlier, inventory)


def queries_of(desk: Desk, ruleset: Ruleset, source: str) -> list[CompiledQuery]:
    """Every query the active policies can send to a source."""
    return compiled(ruleset, source_of(desk, source), desk.clock().date())


def compiled(ruleset: Ruleset, settings: SourceSettings, today: dt.date) -> list[CompiledQuery]:
    """The same, without a desk."""
    source, dialect = settings.name, dialect_of(settings)
    queries = {}
    for policy in ruleset.policies:
        for dataset in policy.datasets:
            if dataset.source == source:
                for store in policy.stores:
                    queries[policy.name, dataset.name, store] = compile_query(dataset, store, dialect, today=today)
            for person in dataset.people:
                if person.choices and person.choices.source == source:
                    queries[policy.name, "", person.choices.name] = compile_choices(person.choices, dialect)
    return [queries[name] for name in sorted(queries)]


def sources_in_use(ruleset: Ruleset) -> list[str]:
    names = {dataset.source for policy in ruleset.policies for dataset in policy.datasets}
    names |= {
        person.choices.source
        for policy in ruleset.policies
        for dataset in policy.datasets
        for person in dataset.people
        if person.choices
    }
    return sorted(names)


def confirm_access(desk: Desk, ruleset: Ruleset, prober: Prober) -> dict[str, FieldgateError]:
    """Trace each query to its base columns, ask each source, keep the record; PolicyError where either says stop.
    Given back: the sources of exported files that have none to read now, and why; they stop nothing else."""
    absent: dict[str, FieldgateError] = {}
    for source in sources_in_use(ruleset):
        settings = source_of(desk, source)
        if settings.dialect == "files":
            try:
                _take(desk, ruleset, settings)
            except (SourceError, ConfigError) as error:
                absent[source] = error
            continue
        password = desk.store.secret(settings.password_key).decode() if settings.password_key else ""
        queries = queries_of(desk, ruleset, source)
        inventory = names_for(desk, [source])[source]
        refuse_blind(settings, inventory, queries)
        recheck(desk, ruleset, source, inventory)
        found = prober(settings, password, inventory, queries, desk.clock(), _to_rest_on(desk, source))
        record = replace(found, read_blind=read_blind(ruleset, source, found))
        with desk.state.reading() as tx:
            exception = standing_exception(tx, record, desk.clock().date())
        _keep(desk, source, record, excepted=exception is not None)
        if record.status != "refused" and exception is None:
            raise too_wide(source, record)
    return absent


def _take(desk: Desk, ruleset: Ruleset, settings: SourceSettings) -> None:
    """Exported files: nobody can be asked to refuse; what stands in their headers is all that can be read."""
    inventory = declared_inventory(settings, desk.clock())
    recheck(desk, ruleset, settings.name, inventory)
    record = take_exports(desk, settings, inventory, queries_of(desk, ruleset, settings.name))
    _keep(desk, settings.name, replace(record, read_blind=read_blind(ruleset, settings.name, record)), excepted=False)


def _to_rest_on(desk: Desk, source: str) -> AccessRecord | None:
    """The record that asked for every column, if this process made it, less than a week ago."""
    with desk.state.reading() as tx:
        kept = evidence.access_record(tx, source)
        found = read_access_record(kept[3]) if kept else None
        if found and found.rests_on:
            data = evidence.access_record_named(tx, found.rests_on)
            found = read_access_record(data) if data else None
    fresh = found is not None and desk.opened_at < found.asked_at and desk.clock() - found.asked_at < _WEEK
    return found if fresh else None


def read_blind(ruleset: Ruleset, source: str, record: AccessRecord) -> tuple[ColumnAnswer, ...]:
    """Granted columns that officers call free text: the screen looks into them, and nobody knows what it misses."""
    named = set()
    for policy in ruleset.policies:
        for dataset in policy.datasets:
            tables = {"": dataset.table.name} | {join.alias: join.table.name for join in dataset.joins}
            for field in dataset.fields if dataset.source == source else ():
                if field.category == "free_text":
                    named.add((tables[field.ref.of], field.ref.column))
    return tuple(answer for answer in record.granted if (answer.table, answer.column) in named)


def _keep(desk: Desk, source: str, record: AccessRecord, *, excepted: bool) -> None:
    status = "wide_exception" if record.status == "wide" and excepted else record.status
    signed = desk.signer.sign(RECORD_TYP, record.to_bytes())
    with desk.state.transaction() as tx:  # COMMIT POINT access record
        evidence.keep_access_record(tx, source, status, record.digest(), desk.now(), record.to_bytes(), signed)
        evidence.append(
            tx, "access_probed", desk.clock(), desk.actor,
            source=source, status=status, asked=len(record.refused) + len(record.readable) + len(record.not_shown),
            refused=len(record.refused), not_shown=len(record.not_shown), sha256=record.digest(),
        )  # fmt: skip


def standing_exception(tx: Tx, record: AccessRecord, clock_day: dt.date) -> Decision | None:
    """A signed, unexpired wide-account decision for this source and account, where one is needed."""
    if record.status == "refused":
        return None
    # An engine without accounts has no account to name in the decision.
    wanted = (record.source, "*" if record.status == "not_enforced" else record.account)
    roll_data = permission.roll(tx)
    rolls = read_rolls(roll_data) if roll_data else ()
    for data, _ in reversed(permission.decisions(tx, "wide-account")):
        try:
            decision = read_standing(data, rolls, today=max(clock_day, evidence.last_day(tx)))
        except PolicyError:
            continue
        if (decision.question["source"], decision.question["account"]) == wanted:
            return decision
    return None


def too_wide(source: str, record: AccessRecord) -> PolicyError:
    """Nothing is read through an account that the database does not refuse."""
    if record.status == "not_enforced":
        what = f"the engine of source {source} has no accounts, so it cannot refuse anybody"
    else:
        why = "; ".join([*record.reasons, *(f"readable: {column}" for column in record.readable[:3])])
        why = why or f"{len(record.not_shown)} columns were not shown to be refused"
        what = f"the database account of source {source} can read more than the policies grant: {shown(why)}"
    return PolicyError(
        "FG-A10",
        f"{what}. Nothing was read",
        "have the DBA run what `fieldgate grants` prints, or have officers sign `fieldgate decide wide-account`",
    )
