"""Commands about a source's names: `discover`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.out import say, say_json

_DIALECT = typer.Option("--dialect", help="sqlserver, postgresql, mariadb or sqlite.")


def register(app: typer.Typer) -> None:
    app.command("discover")(discover)


def discover(
    print_query: Annotated[bool, typer.Option("--print-query", help="Print the catalog query for the DBA.")] = False,
    from_file: Annotated[Path | None, typer.Option("--from", help="What the DBA's client printed.")] = None,
    dialect: Annotated[str, _DIALECT] = "postgresql",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """List every column of the DMS as sent, not asked for, needs a decision, or never. Names only."""
    from agent.dms import catalog
    from agent.dms.catalog_sql import FOR_THE_DBA

    if print_query == (from_file is not None):
        raise typer.BadParameter("say either --print-query or --from FILE")
    if dialect not in FOR_THE_DBA:
        raise typer.BadParameter(f"one of {', '.join(FOR_THE_DBA)}", param_hint="--dialect")
    if from_file is not None:
        _list(from_file, dialect, as_json=as_json)
        return
    text = catalog.print_query(dialect)
    say_json({"dialect": dialect, "query": text}) if as_json else say(text.rstrip("\n"))


def _list(path: Path, dialect: str, *, as_json: bool) -> None:
    import dataclasses
    import datetime as dt

    from agent.core.text import shown
    from agent.dms import catalog
    from agent.errors import ConfigError
    from agent.tasks.inventory import standings

    try:
        data = path.read_bytes()
    except OSError:
        raise ConfigError(
            "inventory_unreadable",
            f"{shown(str(path))} cannot be read",
            "name the file the DBA sent: fieldgate discover --from FILE",
        ) from None
    inventory = catalog.read_inventory(data, "dms", dialect, dt.datetime.now(dt.UTC))
    found = standings(inventory)
    if as_json:
        say_json({"inventory": inventory.digest(), "columns": [dataclasses.asdict(column) for column in found]})
        return
    totals = {name: sum(c.standing == name for c in found) for name in ("not asked for", "needs a decision", "never")}
    say(f"{len(found)} columns in {len(inventory.tables)} tables, by name alone   {inventory.digest()[:19]}")
    for name, count in totals.items():
        say(f"  {count:6,}  {name}")
    place = None
    for column in found:
        here = f"{column.schema}.{column.table}" if column.schema else column.table
        if here != place:
            place = here
            say(f"\n{shown(here, 78)}")
        say(f"  {shown(column.column, 30):<30}  {column.standing:<16}  {column.category}"[:80])
