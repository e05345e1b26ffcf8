"""Names at import: resolved against the kept inventory to one object each, traced, and pinned. From then on a dataset
is read only while its names mean what they meant. Without an inventory nothing is imported: names that nobody has
listed resolve to nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec

from agent.core.access import read_access_record
from agent.core.inventory import Inventory
from agent.core.lineage import check_lineage
from agent.core.pinning import pin
from agent.core.pins import Pins, differences, pins_digest, refuse_changed
from agent.core.query import CompiledQuery, compile_choices, compile_query, read_from
from agent.core.ruleset import PolicyRules, Ruleset, Table
from agent.core.source import SourceSettings
from agent.core.text import shown
from agent.dms.catalog import take_inventory
from agent.dms.dialects import DIALECTS, dialect_of
from agent.dms.exports import declared_inventory
from agent.dms.odbc import connect
from agent.errors import ConfigError, PolicyError, SealError, SourceError
from agent.state import evidence
from agent.state import pins as kept
from agent.state.permission import StoredPolicy
from agent.state.store import Tx
from agent.tasks.desk import Desk, instant
from agent.tasks.names import lacking, names_today

PinsOf = Mapping[str, Pins]  # dataset name, or "choices:NAME"


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


def own_inventory(desk: Desk, settings: SourceSettings) -> Inventory:
    """What the agent's account may see itself; of exports what agent.yaml declares. SourceError where that is nothing:
    then the DBA must look."""
    if settings.dialect == "files":
        return declared_inventory(settings, desk.clock())
    password = desk.store.secret(settings.password_key).decode() if settings.password_key else ""
    try:
        with connect(settings, password) as connection:
            return take_inventory(connection, settings, desk.clock())
    except (ConfigError, SourceError) as error:
        if error.code not in ("inventory_unreadable", "permission_denied"):  # no name at all, or not even let in
            raise
    raise _blind(settings)


def looked_at(desk: Desk, settings: SourceSettings, known: Inventory | None) -> Inventory:
    """The names as the account sees them today; where the engine hides names from it, those that were kept stay."""
    live = own_inventory(desk, settings)
    return names_today(known, live) if known else live


def refuse_blind(settings: SourceSettings, inventory: Inventory, queries: Iterable[CompiledQuery]) -> None:
    """SourceError where every name of the inventory is one that the policies read: the database could not be asked to
    refuse anything, so nothing would be shown. An account with exact grants sees no more than that on MariaDB."""
    if DIALECTS[settings.dialect].enforcement != "column":
        return
    read = {(table.name, column) for query in queries for table, column in query.touches}
    every = {(table.name, column.name) for table in inventory.tables for column in table.columns}
    if every <= read:
        raise _blind(settings)


def _blind(settings: SourceSettings) -> SourceError:
    return SourceError(
        "FG-S30",
        f"the account of source {shown(settings.name)} is shown no name but those it may read, so the database cannot "
        "be asked to refuse the others. Nothing was read",
        f"have the DBA run what `fieldgate discover --print-query --dialect {settings.dialect}` prints, "
        "then: fieldgate discover --from FILE",
        exit_status=1,
    )


def names_for(desk: Desk, sources: Iterable[str]) -> dict[str, Inventory]:
    """The kept inventory of each source; where there is none, the account's own view of the names is taken and kept."""
    found = {}
    for source in sources:
        settings = desk.config.sources.get(source)
        if settings is None:
            continue
        inventory = kept_inventory(desk, source)
        if inventory is None:
            inventory = own_inventory(desk, settings)
            keep_inventory(desk, inventory)
        found[source] = inventory
    return found


def names_at_import(desk: Desk, sources: Iterable[str]) -> dict[str, Inventory]:
    """The kept names with what the account sees today laid over them, so that what the DBA has brought since counts;
    what was kept where the database does not answer."""
    found = names_for(desk, sources)
    for source, known in found.items():
        try:
            found[source] = looked_at(desk, desk.config.sources[source], known)
        except (SourceError, ConfigError):
            continue
        if found[source].digest() != known.digest():
            keep_inventory(desk, found[source])
    return found


def approved_names(
    desk: Desk, sources: Sequence[str], wanted: str | None, brought: Inventory | None
) -> dict[str, Inventory]:
    """The inventory whose digest the approvals name, by source; empty where they name none. What IT brought along is
    kept, if it is that one. PolicyError where it is not at hand: names resolve against it and nothing else."""
    if wanted is None:
        return {}
    for source in sources:
        settings, known = source_of(desk, source), kept_inventory(desk, source)
        if known is not None and known.digest() == wanted:
            return {source: known}
        if brought is not None and brought.digest() == wanted and source == sources[0]:
            mine = replace(brought, source=source, dialect=settings.dialect)
            keep_inventory(desk, mine)
            return {source: mine}
    raise PolicyError(
        "A028",
        f"the officers signed over a list of names that is not the one kept here; digest wanted: {wanted}",
        "get the list they had, then: fieldgate policy import FILE --inventory NAMES",
        exit_status=1,
        who="dealer IT",
    )


def refuse_other_names(
    desk: Desk, policy: PolicyRules, approved: Mapping[str, Inventory], names: Mapping[str, Inventory]
) -> None:
    """PolicyError where something the policy reaches means something else today than in the names officers signed
    over."""
    for name, (source, query) in _queries(desk, policy).items():
        if source in approved:
            found = differences(pin([query], approved[source]), names[source].tables, names[source].dialect)
            if found:
                raise PolicyError(
                    "A026",
                    f"{shown(name)}: {found[0]}: not what the officers had before them when they approved",
                    "have them sign over the names of today: fieldgate policy submit FILE --inventory NAMES",
                )


def keep_pins(desk: Desk, tx: Tx, policy: PolicyRules, stored: StoredPolicy, names: Mapping[str, Inventory]) -> None:
    """Resolve and trace every name of the policy, and pin what they mean, in the transaction of the import."""
    queries = _queries(desk, policy)
    for source, inventory in sorted(names.items()):
        for one in lacking([stored], source, inventory):
            raise one.error()
        mine = [query for of, query in queries.values() if of == source]
        refuse_blind(desk.config.sources[source], inventory, mine)
        for query in mine:
            refuse_lineage(query, inventory)
    pins = {name: pin([query], names[source]) for name, (source, query) in queries.items()}
    sha256 = pins_digest(pins)
    kept.keep(tx, policy.name, policy.version, sha256, msgspec.json.encode(pins, order="sorted"))
    evidence.append(
        tx, "names_pinned", desk.clock(), desk.actor,
        policy=policy.name, version=policy.version, sha256=sha256,
        inventories=[f"{source} {inventory.digest()}" for source, inventory in sorted(names.items())],
    )  # fmt: skip


def pins_of(desk: Desk, policy: PolicyRules) -> PinsOf:
    """What was pinned when this version was imported. SealError where the state file says something else."""
    with desk.state.reading() as tx:
        found = kept.pinned(tx, policy.name, policy.version)
        audited = kept.audited(tx, policy.name, policy.version)
    pins = msgspec.json.decode(found[1], type=dict[str, Pins]) if found else {}
    if not found or pins_digest(pins) != audited:
        raise SealError(
            "FG-K31",
            f"the names pinned at the import of policy {shown(policy.name)} are not the ones in the audit record",
            "stop the agent, tell the compliance officer, put the last backup in its place, then: fieldgate resync",
        )
    return pins


def pins_to_hold(desk: Desk, policy: PolicyRules, name: str, source: str) -> Pins:
    """What must still mean the same when this dataset (or `choices:NAME`) is read: what was pinned at import, and the
    views in front of it as the last access record found them. PolicyError where one of them was not found sound."""
    pins = pins_of(desk, policy)[name]
    dialect = dialect_of(source_of(desk, source))
    if dialect.enforcement != "view":
        return pins
    with desk.state.reading() as tx:
        kept = evidence.access_record(tx, source)
    views = {(one.schema, one.name): one for one in read_access_record(kept[3]).views} if kept else {}
    wanted = [read_from(dialect, Table(one.schema, one.name)) for one in pins if one.touched]
    refuse_changed(
        name.removeprefix("choices:"),
        [f"the view {shown(str(one))} was not found sound" for one in wanted if (one.schema, one.name) not in views],
    )
    return (*pins, *(views[one.schema, one.name] for one in wanted))


def recheck(desk: Desk, ruleset: Ruleset, source: str, inventory: Inventory) -> None:
    """Trace every query anew: the floor may know more than at import. What has changed since is refused when it is
    read, and that alone."""
    dialect = source_of(desk, source).dialect
    for policy in ruleset.policies:
        pins = pins_of(desk, policy)
        for name, (of, query) in _queries(desk, policy).items():
            if of == source and not differences(pins[name], inventory.tables, dialect):
                refuse_lineage(query, inventory)


def refuse_lineage(query: CompiledQuery, inventory: Inventory) -> None:
    """PolicyError where anything a query reaches is nonpublic, or cannot be traced."""
    for problem in check_lineage(query, inventory):
        if problem.refuses:
            raise PolicyError(
                "P025",
                f"{shown(query.dataset or 'choices')}: {shown(problem.place)}: {shown(problem.reason)}. "
                "Nothing was read",
                "take it out of the policy and have a new version approved",
                exit_status=1,
            )


def choices_name(name: str) -> str:
    return f"choices:{name}"


def _queries(desk: Desk, policy: PolicyRules) -> dict[str, tuple[str, CompiledQuery]]:
    """Name -> (source, query) of every dataset and choices block. Which store and day it is changes no name."""
    day = dt.date(2000, 1, 1)
    found = {}
    for dataset in policy.datasets:
        dialect = dialect_of(source_of(desk, dataset.source))
        found[dataset.name] = (dataset.source, compile_query(dataset, policy.stores[0], dialect, today=day))
        for person in dataset.people:
            if person.choices:
                dialect = dialect_of(source_of(desk, person.choices.source))
                name = choices_name(person.choices.name)
                found[name] = (person.choices.source, compile_choices(person.choices, dialect))
    return found


def source_of(desk: Desk, source: str) -> SourceSettings:
    settings = desk.config.sources.get(source)
    if settings is None:
        raise ConfigError(
            "FG-C25",
            f"a policy reads from the source {shown(source)}, which agent.yaml does not have",
            "add it under sources: in agent.yaml, then: fieldgate doctor",
        )
    return settings
