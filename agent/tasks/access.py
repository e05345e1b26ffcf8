"""Promise 4 at run time: before anything is read, the database is asked to refuse what no policy grants, and its
answers are kept as an access record. An account that can read more stops the run, unless officers signed an exception.
"""

from __future__ import annotations

import datetime as dt
from typing import Protocol

import msgspec

from agent.core.access import AccessRecord
from agent.core.decision import Decision, read_standing
from agent.core.inventory import Inventory
from agent.core.lineage import check_lineage
from agent.core.query import CompiledQuery, compile_choices, compile_query
from agent.core.roll import read_rolls
from agent.core.ruleset import Ruleset
from agent.core.source import SourceSettings
from agent.core.text import shown
from agent.dms.catalog import take_inventory
from agent.dms.catalog_sql import CATALOG
from agent.dms.dialects import DIALECTS
from agent.dms.odbc import connect
from agent.errors import ConfigError, PolicyError
from agent.state import evidence, permission
from agent.tasks.desk import Desk, instant
from agent.tasks.names import lacking, pinned_again, refuse_changes
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
    ) -> AccessRecord: ...


def probe_source(
    settings: SourceSettings, password: str, inventory: Inventory, queries: list[CompiledQuery], now: dt.datetime
) -> AccessRecord:
    """Ask through the agent's own account. PolicyError where the names are not those the policy was approved over."""
    with connect(settings, password) as connection:
        if settings.dialect in CATALOG:
            refuse_changes(queries, inventory, take_inventory(connection, settings, now))
        return probe(connection, settings, inventory, queries, now)


def queries_of(desk: Desk, ruleset: Ruleset, source: str) -> list[CompiledQuery]:
    """Every query the active policies can send to a source."""
    return compiled(ruleset, _settings(desk, source), desk.clock().date())


def compiled(ruleset: Ruleset, settings: SourceSettings, today: dt.date) -> list[CompiledQuery]:
    """The same, without a desk."""
    source, dialect = settings.name, DIALECTS[settings.dialect]
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


def confirm_access(desk: Desk, ruleset: Ruleset, prober: Prober) -> None:
    """Trace each query to its base columns, ask each source, keep the record; PolicyError where either says stop."""
    for source in sources_in_use(ruleset):
        settings = _settings(desk, source)
        password = desk.store.secret(settings.password_key).decode() if settings.password_key else ""
        queries = queries_of(desk, ruleset, source)
        inventory = _inventory(desk, settings, password)
        _refuse_lacking(desk, source, inventory)
        _refuse_lineage(queries, inventory)
        record = prober(settings, password, inventory, queries, desk.clock())
        # An engine without accounts has no account to name in the decision.
        account = "*" if record.status == "not_enforced" else record.account
        exception = None if record.status == "refused" else _exception(desk, source, account)
        _keep(desk, source, record, excepted=exception is not None)
        if record.status != "refused" and exception is None:
            raise too_wide(source, record)


def keep_inventory(desk: Desk, inventory: Inventory) -> None:
    """Remember the names of a source, dated and digested."""
    data = msgspec.json.encode(inventory)
    with desk.state.transaction() as tx:
        evidence.keep_inventory(tx, inventory.source, inventory.digest(), instant(inventory.taken_at), data)
        evidence.append(
            tx, "inventory_kept", desk.clock(), desk.actor,
            source=inventory.source, sha256=inventory.digest(), tables=len(inventory.tables),
            columns=sum(len(table.columns) for table in inventory.tables), taken_at=instant(inventory.taken_at),
        )  # fmt: skip


def kept_inventory(desk: Desk, source: str) -> Inventory | None:
    with desk.state.reading() as tx:
        data = evidence.inventory(tx, source)
    return msgspec.json.decode(data, type=Inventory) if data else None


def _inventory(desk: Desk, settings: SourceSettings, password: str) -> Inventory:
    """What the DBA sent, else what the account itself may see; looked at again after each import of a policy, because
    that is what the officers approved it over."""
    kept = kept_inventory(desk, settings.name)
    with desk.state.reading() as tx:
        approved_at = max((policy.imported_at for policy in permission.active_policies(tx)), default="")
    if kept is not None and (instant(kept.taken_at) >= approved_at or settings.dialect not in CATALOG):
        return kept
    with connect(settings, password) as connection:
        live = take_inventory(connection, settings, desk.clock())
    pinned = pinned_again(kept, live) if kept else live
    keep_inventory(desk, pinned)
    return pinned


def _refuse_lacking(desk: Desk, source: str, inventory: Inventory) -> None:
    with desk.state.reading() as tx:
        policies = permission.active_policies(tx)
    for one in lacking(policies, source, inventory):
        raise one.error()


def _settings(desk: Desk, source: str) -> SourceSettings:
    settings = desk.config.sources.get(source)
    if settings is None:
        raise ConfigError(
            "FG-C25",
            f"a policy reads from the source {shown(source)}, which agent.yaml does not have",
            "add it under sources: in agent.yaml, then: fieldgate doctor",
        )
    return settings


def _refuse_lineage(queries: list[CompiledQuery], inventory: Inventory) -> None:
    for query in queries:
        for problem in check_lineage(query, inventory):
            if problem.refuses:
                raise PolicyError(
                    "P025",
                    f"{shown(query.dataset or 'choices')}: {shown(problem.place)}: {shown(problem.reason)}. "
                    "Nothing was read",
                    "take it out of the policy and have a new version approved",
                    exit_status=1,
                )


def _keep(desk: Desk, source: str, record: AccessRecord, *, excepted: bool) -> None:
    status = "wide_exception" if record.status == "wide" and excepted else record.status
    with desk.state.transaction() as tx:
        evidence.keep_access_record(tx, source, status, record.digest(), desk.now(), record.to_bytes())
        evidence.append(
            tx, "access_probed", desk.clock(), desk.actor,
            source=source, status=status, asked=len(record.refused) + len(record.readable) + len(record.not_shown),
            refused=len(record.refused), not_shown=len(record.not_shown), sha256=record.digest(),
        )  # fmt: skip


def _exception(desk: Desk, source: str, account: str) -> Decision | None:
    """A signed, unexpired wide-account decision for this source and account."""
    with desk.state.reading() as tx:
        files = permission.decisions(tx, "wide-account")
        roll_data = permission.roll(tx)
        last_day = evidence.last_day(tx)
    rolls = read_rolls(roll_data) if roll_data else ()
    for data, _ in reversed(files):
        try:
            decision = read_standing(data, rolls, today=max(desk.clock().date(), last_day))
        except PolicyError:
            continue
        if decision.question["source"] == source and decision.question["account"] == account:
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
