"""Promise 4 at run time: before anything is read, the database is asked to refuse what no policy grants, and its
answers are kept as an access record. An account that can read more stops the run, unless officers signed an exception.
"""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from agent.core.access import AccessRecord
from agent.core.decision import Decision, read_decision
from agent.core.inventory import Inventory
from agent.core.query import CompiledQuery, compile_choices, compile_query
from agent.core.roll import read_rolls
from agent.core.ruleset import Ruleset
from agent.core.source import SourceSettings
from agent.dms.dialects import DIALECTS
from agent.errors import PolicyError
from agent.state import evidence, permission
from agent.tasks.desk import Desk
from agent.tasks.inventory import read_kept


class Prober(Protocol):
    """Whoever asks the database; `tasks.probe.probe_source` does."""

    def __call__(
        self,
        settings: SourceSettings,
        password: str,
        inventory: Inventory | None,
        queries: list[CompiledQuery],
        now: dt.datetime,
    ) -> AccessRecord: ...


def queries_of(desk: Desk, ruleset: Ruleset, source: str) -> list[CompiledQuery]:
    """Every query the active policies can send to a source."""
    dialect = DIALECTS[desk.config.sources[source].dialect]
    today = desk.clock().date()
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
    """Ask each source, keep the record, and stop (PolicyError, exit 3) where the account can read too much."""
    for source in sources_in_use(ruleset):
        settings = desk.config.sources[source]
        password = desk.store.secret(settings.password_key).decode() if settings.password_key else ""
        with desk.state.reading() as tx:
            inventory = read_kept(tx, source)
        record = prober(settings, password, inventory, queries_of(desk, ruleset, source), desk.clock())
        exception = None if record.status == "refused" else _exception(desk, source, record.account)
        status = "wide_exception" if record.status == "wide" and exception else record.status
        with desk.state.transaction() as tx:
            asked_at = desk.now()
            evidence.keep_access_record(tx, source, status, record.digest(), asked_at, record.to_bytes())
            evidence.append(
                tx, "access_probed", desk.clock(), desk.actor,
                source=source, status=status, asked=record.asked, refused=record.refused,
                not_shown=record.not_shown, sha256=record.digest(),
            )  # fmt: skip
        if record.status != "refused" and exception is None:
            raise _stopped(source, record)


def _exception(desk: Desk, source: str, account: str) -> Decision | None:
    """A signed, unexpired wide-account decision for this source and account."""
    with desk.state.reading() as tx:
        files = permission.decisions(tx, "wide-account")
        roll_data = permission.roll(tx)
    rolls = read_rolls(roll_data) if roll_data else ()
    for data, version in reversed(files):
        try:
            decision = read_decision(data, rolls[version - 1], today=desk.clock().date())
        except (PolicyError, IndexError):
            continue
        if decision.question["source"] == source and decision.question["account"] in (account, "*"):
            return decision
    return None


def _stopped(source: str, record: AccessRecord) -> PolicyError:
    if record.status == "not_enforced":
        what = f"the engine of source {source} has no accounts, so it cannot refuse anybody"
    else:
        what = f"the database account of source {source} can read more than the policies grant: {record.reason()}"
    return PolicyError(
        "FG-A10",
        f"{what}. Nothing was read",
        "have the DBA run what `fieldgate grants` prints, or have officers sign `fieldgate decide wide-account`",
    )
