"""`grants`: exactly what the compiled queries of the policies in force touch, as statements for the DBA."""

from __future__ import annotations

from typing import Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk


def register(app: typer.Typer) -> None:
    app.command("grants")(grants)


def grants(
    config: Config = DEFAULT,
    source: Annotated[str, typer.Option("--source", help="Which source of agent.yaml.")] = "dms",
    account: Annotated[
        str, typer.Option("--account", help="The database account, if not `user:`; for MariaDB user@host.")
    ] = "",
    letter: Annotated[bool, typer.Option("--letter", help="A page for a DMS vendor's help desk.")] = False,
    dealer: Annotated[str, typer.Option("--dealer", help="The dealership's name, for the letter.")] = "our dealership",
    as_json: Json = False,
) -> None:
    """Print the grants the DBA runs: these columns and no others."""
    from agent.core import grants as rights
    from agent.core.text import shown
    from agent.dms.dialects import dialect_of
    from agent.tasks.access import queries_of
    from agent.tasks.permission import policies_in_force
    from agent.tasks.pins import kept_inventory

    with desk(config) as opened:
        settings = opened.config.sources.get(source)
        if settings is None:
            raise typer.BadParameter(f"agent.yaml has no source {shown(source)}")
        queries = queries_of(opened, policies_in_force(opened), source)
        inventory = kept_inventory(opened, source)
    dialect = dialect_of(settings)
    if letter:
        say(rights.letter(queries, dialect, account or settings.user, dealer, inventory))
        return
    who = account or settings.user
    statements = rights.grants(queries, dialect, who)
    names = rights.names_shown(queries, dialect, who, inventory)
    if as_json:
        say_json({"source": source, "account": who, "statements": list(statements), "names": list(names)})
        return
    for statement in statements:
        say(f"{statement};")
    if names:
        say("\n-- So that it is shown the other names, and can be seen to be refused them")
        say("-- (reads no value):")
    for statement in names:
        say(f"{statement};")
    if statements:
        say("\n" + "\n".join(f"-- {line}" for line in rights.REFUSED_NIGHTLY))
    if not statements:
        say(f"-- {settings.dialect} has no accounts: there is nothing to grant, and nothing it")
        say("-- could refuse.")
