"""`readers`: who else can read the dealer's finance data today."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk, now

if TYPE_CHECKING:
    from agent.tasks.desk import Desk
    from agent.tasks.readers import Readers

_SHOWN = 30


def register(app: typer.Typer) -> None:
    app.command("readers")(readers)


def readers(
    config: Config = DEFAULT,
    source: Annotated[str, typer.Option("--source", help="Which source of agent.yaml.")] = "dms",
    print_query: Annotated[bool, typer.Option("--print-query", help="Print the statement for the DBA.")] = False,
    from_file: Annotated[Path | None, typer.Option("--from", help="What the DBA's client printed.")] = None,
    page: Annotated[Path | None, typer.Option("--html", help="Write a page to print.")] = None,
    record: Annotated[
        Path | None, typer.Option("--record", help="Write what the agent's own account was refused, signed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Who else can read the finance data today."""
    from agent.dms.readers import readers_script
    from agent.dms.readers_sql import OWN_EYES
    from agent.tasks.pins import source_of
    from agent.tasks.readers import readers_page

    with desk(config) as opened:
        dialect = source_of(opened, source).dialect
        if record:
            _write_record(opened, source, record)
        if print_query or (from_file is None and dialect not in OWN_EYES):
            script = readers_script(dialect)
            say_json({"dialect": dialect, "query": script}) if as_json else say(script.rstrip("\n"))
            return
        found = _found(opened, source, from_file)
    looked = "as the DBA's client printed it" if from_file else "as the agent's own account sees it"
    if page:
        page.write_text(readers_page(found, looked), "utf-8")
    if as_json:
        _say_json(found)
        return
    _say(found, looked)
    say(
        f"Next: print {page.name} and show it to the principal."
        if page
        else "Next: fieldgate readers --html readers.html"
    )


def _found(opened: Desk, source: str, path: Path | None) -> Readers:
    from agent.core.text import shown
    from agent.dms.odbc import connect
    from agent.dms.readers import ask_readers, read_readers
    from agent.errors import ConfigError
    from agent.tasks.pins import names_for, source_of
    from agent.tasks.readers import who_reads
    from agent.tasks.reading import password

    settings = source_of(opened, source)
    inventory = names_for(opened, [source])[source]
    if path is None:
        with connect(settings, password(opened, source)) as connection:
            rights = ask_readers(connection)
    else:
        try:
            rights = read_readers(path.read_bytes())
        except OSError:
            raise ConfigError(
                "readers_unreadable",
                f"{shown(str(path))} cannot be read",
                "name the file the DBA sent: fieldgate readers --from FILE",
            ) from None
    return who_reads(rights, inventory, settings.user, now())


def _write_record(opened: Desk, source: str, path: Path) -> None:
    from agent.errors import ConfigError
    from agent.keys import durable
    from agent.state import evidence

    with opened.state.reading() as tx:
        signed = evidence.signed_access_record(tx, source)
    if not signed:
        raise ConfigError("FG-C26", "the database was not asked to refuse anything yet", "fieldgate run --once")
    durable.write(path, signed.encode() + b"\n")


def _say(found: Readers, looked: str) -> None:
    from agent.core.text import shown

    say(f"{len(found.readers)} ACCOUNTS can read finance data   {found.asked_at:%d %b %Y %H:%M} UTC")
    say(f"  {found.nonpublic:,} nonpublic columns in source {shown(found.source, 30)}")
    say(f"  {looked}")
    own = found.own
    say(f"  fieldgate's own account {shown(found.own_account, 30)}: {len(own.columns) if own else 0} of them")
    say(f"\n  {'account':<40} {'kind':<10} {'columns':>8}")
    for reader in found.readers[:_SHOWN]:
        say(f"  {shown(reader.account, 40):<40} {reader.kind:<10} {len(reader.columns):>8,}")
    if len(found.readers) > _SHOWN:
        say(f"  and {len(found.readers) - _SHOWN} more (--json or --html lists all)")


def _say_json(found: Readers) -> None:
    own = found.own
    say_json(
        {
            "source": found.source,
            "asked_at": found.asked_at,
            "nonpublic_columns": found.nonpublic,
            "own_account": {"name": found.own_account, "columns": len(own.columns) if own else 0},
            "readers": [{"account": r.account, "kind": r.kind, "columns": list(r.columns)} for r in found.readers],
        }
    )
