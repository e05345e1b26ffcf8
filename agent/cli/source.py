"""Commands about a source's names: `discover`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.cli.source_draft import Written
    from agent.core.inventory import Inventory
    from agent.tasks.desk import Desk
    from agent.tasks.inventory import ColumnStanding, Drift

_DIALECT = typer.Option("--dialect", help="sqlserver, postgresql, mariadb or sqlite; else agent.yaml's.")
_STANDINGS = ("sent", "not asked for", "needs a decision", "never")
_DRIFT_MAX = 10


def register(app: typer.Typer) -> None:
    app.command("discover")(discover)


def discover(
    print_query: Annotated[bool, typer.Option("--print-query", help="Print the catalog query for the DBA.")] = False,
    from_file: Annotated[Path | None, typer.Option("--from", help="What the DBA's client printed.")] = None,
    dialect: Annotated[str | None, _DIALECT] = None,
    draft_policy: Annotated[bool, typer.Option("--draft-policy", help="Also write drafts, beside this.")] = False,
    wanted: Annotated[str | None, typer.Option("--for", help="For --draft-policy: a request, or a purpose.")] = None,
    source: Annotated[str, typer.Option("--source", help="Which source of agent.yaml.")] = "dms",
    config: Config = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Every column: sent, not asked for, needs a decision, never. Names only.

    Where agent.yaml is, the list is kept; without --from the agent's own account looks at the names. A draft grants
    nothing beyond the request or the purpose's template, and cannot be approved before somebody filled it in.
    """
    from agent.cli.source_draft import write_drafts
    from agent.dms import catalog
    from agent.dms.catalog_sql import FOR_THE_DBA

    here = config.is_file()
    if print_query == (from_file is not None) and (print_query or not here):
        raise typer.BadParameter("say either --print-query or --from FILE; without agent.yaml there is no other source")
    if dialect is not None and dialect not in FOR_THE_DBA:
        raise typer.BadParameter(f"one of {', '.join(FOR_THE_DBA)}", param_hint="--dialect")
    if (print_query and draft_policy) or (wanted and not draft_policy):
        raise typer.BadParameter("--draft-policy needs the names, and --for needs --draft-policy")
    if print_query:
        text = catalog.print_query(dialect or "postgresql")
        say_json({"dialect": dialect or "postgresql", "query": text}) if as_json else say(text.rstrip("\n"))
    elif here:
        with desk(config) as opened:
            inventory, sent, changes = _kept(opened, source, from_file)
        drafts = write_drafts(inventory, wanted) if draft_policy else []
        _say(inventory, sent, changes, drafts, as_json=as_json, kept=True)
    elif from_file is not None:
        inventory = _read(from_file, source, dialect or "postgresql")
        drafts = write_drafts(inventory, wanted) if draft_policy else []
        _say(inventory, drafts=drafts, as_json=as_json)


def _read(path: Path, source: str, dialect: str) -> Inventory:
    import datetime as dt

    from agent.core.text import shown
    from agent.dms import catalog
    from agent.errors import ConfigError

    try:
        data = path.read_bytes()
    except OSError:
        raise ConfigError(
            "inventory_unreadable",
            f"{shown(str(path))} cannot be read",
            "name the file the DBA sent: fieldgate discover --from FILE",
        ) from None
    return catalog.read_inventory(data, source, dialect, dt.datetime.now(dt.UTC))


def _kept(
    opened: Desk, source: str, path: Path | None
) -> tuple[Inventory, frozenset[tuple[str, str, str]], Drift | None]:
    """Keep the names; also what the policies in force send, and what changed since names were kept last."""
    from agent.errors import PolicyError
    from agent.tasks import pins
    from agent.tasks.inventory import drift, sent_columns
    from agent.tasks.permission import policies_in_force

    settings = pins.source_of(opened, source)
    before = pins.kept_inventory(opened, source)
    inventory = _read(path, source, settings.dialect) if path else pins.looked_at(opened, settings, before)
    pins.keep_inventory(opened, inventory)
    try:
        sent = sent_columns(policies_in_force(opened), source, inventory)
    except PolicyError:  # nothing is in force, so nothing is sent
        sent = frozenset()
    return inventory, sent, drift(before, inventory) if before else None


def _say(
    inventory: Inventory,
    sent: frozenset[tuple[str, str, str]] = frozenset(),
    changes: Drift | None = None,
    drafts: Sequence[Written] = (),
    *,
    as_json: bool,
    kept: bool = False,
) -> None:
    import dataclasses

    from agent.cli.source_draft import say_drafts
    from agent.tasks.inventory import standings

    found = standings(inventory, sent)
    if as_json:
        say_json(
            {
                "inventory": inventory.digest(),
                "kept": kept,
                "taken_at": inventory.taken_at,
                "columns": [dataclasses.asdict(column) for column in found],
                "drift": dataclasses.asdict(changes) if changes else None,
                "drafts": [dataclasses.asdict(draft) for draft in drafts],
            }
        )
        return
    told = "kept" if kept else "by name alone"
    say(f"{len(found)} columns in {len(inventory.tables)} tables, {told}   {inventory.digest()[:19]}")
    for name in _STANDINGS if kept else _STANDINGS[1:]:
        say(f"  {sum(column.standing == name for column in found):6,}  {name}")
    if inventory.routines:
        definers = sum(routine.security == "definer" for routine in inventory.routines)
        say(f"  {len(inventory.routines):6,}  routines, {definers:,} with their owner's rights")
    if changes:
        _say_drift(changes)
    _say_columns(found)
    say_drafts(drafts)


def _say_drift(changes: Drift) -> None:
    from agent.core.text import shown

    for title, names in (("new", changes.came), ("gone", changes.went), ("changed", changes.changed)):
        for name in names[:_DRIFT_MAX]:
            say(f"  {title:<8} {shown(name, 66)}")
        if len(names) > _DRIFT_MAX:
            say(f"  {title:<8} and {len(names) - _DRIFT_MAX:,} more")
    if not (changes.came or changes.went or changes.changed):
        say("  The names are the same as last time.")


def _say_columns(found: tuple[ColumnStanding, ...]) -> None:
    from agent.core.text import shown

    place = None
    for column in found:
        here = f"{column.schema}.{column.table}" if column.schema else column.table
        if here != place:
            place = here
            say(f"\n{shown(here, 78)}")
        say(f"  {shown(column.column, 30):<30}  {column.standing:<16}  {column.category}"[:80])
