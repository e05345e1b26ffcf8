"""Exported files at run time: taken when all of them are there and every header is exactly what the policies need,
dropped when what they held has been accepted. A refused header leaves the file where it is, unread, and stops nothing
but this source. The access record of such a source says `file_header`: the guard is the export's own list of columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from agent.core.access import AccessRecord, ColumnAnswer
from agent.core.grants import columns_needed
from agent.core.inventory import Inventory
from agent.core.query import CompiledQuery
from agent.core.ruleset import ChoicesRules, DatasetRules, PolicyRules, Ruleset
from agent.core.source import ExportTable, SourceSettings
from agent.core.text import shown
from agent.dms import exports
from agent.errors import ConfigError, FieldgateError, Retry, SourceError
from agent.state import evidence, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks.desk import Desk

Rules = TypeVar("Rules", DatasetRules, ChoicesRules)
WAITS = "FG-S48"  # nothing is wrong: the next export has not come yet


def files_sources(desk: Desk) -> list[SourceSettings]:
    return [settings for settings in desk.config.sources.values() if settings.dialect == "files"]


def take_exports(
    desk: Desk, settings: SourceSettings, inventory: Inventory, queries: list[CompiledQuery]
) -> AccessRecord:
    """Claim the next set where one is complete; the record of what may stand in the one at hand. SourceError where a
    header names another column, or where nothing is at hand."""
    specs = _declared(settings, queries)
    exports.give_back(settings)
    found = exports.complete_files(settings, set(specs))
    if set(found) == set(specs):
        for table, spec in specs.items():
            exports.look_at_header(spec, found[table][0])
        _claim(desk, settings, found)
    elif not exports.taken_set(settings):
        raise _waiting(settings, sorted(set(specs) - set(found)))
    return AccessRecord(
        source=settings.name,
        dialect="files",
        account="",
        asked_at=desk.clock(),
        inventory_sha256=inventory.digest(),
        status="file_header",
        reasons=(f"set: {exports.taken_set(settings)}",),
        granted=tuple(sorted(ColumnAnswer("", table, name) for table, spec in specs.items() for name in spec.columns)),
        refused=(),
        readable=(),
        not_shown=(),
    )


def _declared(settings: SourceSettings, queries: list[CompiledQuery]) -> dict[str, ExportTable]:
    """The tables in use. ConfigError where agent.yaml declares other columns than the policies in force need."""
    known = {one.table: one for one in settings.exports}
    specs = {}
    for table, columns in columns_needed(queries).items():
        spec = known.get(table.name)
        if spec is None or set(spec.columns) != set(columns):
            raise ConfigError(
                "FG-C29",
                f"source {shown(settings.name)} declares other columns for {shown(table.name)} than the policies need",
                f"write in agent.yaml, and have exported, exactly: {', '.join(map(shown, columns))}; "
                "then: fieldgate run --once",
            )
        specs[spec.table] = spec
    return specs


def _claim(desk: Desk, settings: SourceSettings, found: exports.Found) -> None:
    name = desk.clock().strftime("%Y%m%dT%H%M%S%fZ")
    with desk.state.transaction() as tx:  # COMMIT POINT exports taken: audited before anything in them is read
        evidence.append(
            tx, "export_taken", desk.clock(), desk.actor,
            source=settings.name, set=name, tables=sorted(found), files=sum(map(len, found.values())),
        )  # fmt: skip
        memory.note_export(tx, settings.name, name, desk.now())
    exports.take(settings, found, name)


def _waiting(settings: SourceSettings, lacking: list[str]) -> SourceError:
    return SourceError(
        WAITS,
        f"source {shown(settings.name)} waits for the next export of {', '.join(map(shown, lacking))}",
        "nothing, where the next export is still to come; else see what lies in the folder: fieldgate doctor",
        retry=Retry.LATER,
        who="the DMS's export",
    )


def note_source_refused(desk: Desk, source: str, error: FieldgateError) -> None:
    """Put on record that the exports of a source were refused, unread."""
    with desk.state.transaction() as tx:  # COMMIT POINT source refused
        evidence.append(tx, "source_refused", desk.clock(), desk.actor, source=source, code=error.code, why=error.what)


def by_snapshot(desk: Desk, rules: Rules) -> Rules:
    """A file is read whole, whatever the policy says about changes: that is what the DMS has."""
    return replace(rules, changes=None) if desk.config.sources[rules.source].dialect == "files" else rules


def drop_accepted(desk: Desk, ruleset: Ruleset) -> None:
    """Delete the sets that were read to their end and of which nothing waits or is in flight any more."""
    for settings in files_sources(desk):
        name = exports.taken_set(settings)
        with desk.state.reading() as tx:
            taken = memory.export_taken(tx, settings.name)
            done = bool(name) and taken is not None and taken[0] == name and _done(tx, ruleset, settings.name, taken[1])
        if done:
            with desk.state.transaction() as tx:  # COMMIT POINT exports dropped
                evidence.append(tx, "export_dropped", desk.clock(), desk.actor, source=settings.name, set=name)
            exports.drop(settings, name)


def _done(tx: Tx, ruleset: Ruleset, source: str, taken_at: str) -> bool:
    scopes = list(_scopes(tx, ruleset, source))
    for stream_id, dataset in scopes:
        run = memory.run(tx, f"{stream_id}/{dataset}")
        if run is None or not run.completed_at or run.completed_at <= taken_at:
            return False
        waits = "select 1 from bodies where stream_id = ? and dataset = ?"
        flies = "select 1 from batches where stream_id = ? and dataset = ? and state in ('announced', 'quarantined')"
        if tx.row(f"{waits} union all {flies}", (stream_id, dataset) * 2):
            return False
    return bool(scopes)


def _scopes(tx: Tx, ruleset: Ruleset, source: str) -> Iterator[tuple[str, str]]:
    for stream in streams.streams(tx):
        policy = ruleset.policy(stream.policy)
        for dataset in policy.datasets if policy else ():
            if source in sources_of_dataset(policy, dataset.name):
                yield stream.stream_id, dataset.name


def sources_of_dataset(policy: PolicyRules | None, name: str) -> set[str]:
    dataset = policy.dataset(name) if policy else None
    if dataset is None:
        return set()
    return {dataset.source} | {person.choices.source for person in dataset.people if person.choices}
