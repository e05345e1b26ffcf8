"""`backup`: keys and state in one file that only officers can open, and its opening on an officer's PC."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk


def register(app: typer.Typer) -> None:
    app.command("backup")(backup)


def backup(
    config: Config = DEFAULT,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write, on the server.")] = None,
    source: Annotated[Path | None, typer.Option("--open", help="On an officer's PC: the backup to open.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="With --open: your .key file.", dir_okay=False)] = None,
    to: Annotated[Path | None, typer.Option("--to", help="With --open: the new folder.")] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="First line is the passphrase.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Keys, state and policies in one file that only officers can open."""
    from agent.core.text import shown
    from agent.tasks import backup as task

    if source is not None:
        if key is None or to is None:
            raise typer.BadParameter("--open needs --key and --to")
        from agent.cli.officer_desk import passphrase
        from agent.keys.officer_key import open_private

        header = task.open_backup(source, open_private(key, passphrase(passphrase_file)), to)
        if as_json:
            say_json({"folder": str(to), "made_at": header.made_at})
            return
        say(f"OPENED   the backup of {header.made_at} into {to}")
        say("  It is marked as a restored copy: nothing leaves it until resync.")
        say("Next: dealership IT puts the folder in place, then: fieldgate resync")
        return
    if out is None:
        raise typer.BadParameter("name the file to write with --out")
    with desk(config) as opened:
        header = task.make(opened, out)
    if as_json:
        say_json({"file": str(out), "sealed_to": header.names})
        return
    say(f"WRITTEN   {out}")
    say("  opens with the key of any of these, and of nobody else:")
    for name in header.names:
        say(f"    {shown(name, 70)}")
    say("Next: keep it on another machine. To open it:")
    say("  fieldgate backup --open FILE --key KEY --to DIR")
