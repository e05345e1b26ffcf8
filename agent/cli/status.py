"""`status`: one sentence naming the failing leg and who must act; what waits safely; Next."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, now

if TYPE_CHECKING:
    from agent.health import Health

_EXIT = {"WORKING": 0, "PAUSED": 0, "WAITING": 4, "SETUP": 3, "STOPPED": 1}


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def status(
    config: Config = DEFAULT,
    brief: Annotated[bool, typer.Option("--brief", help="One line, for monitoring tools.")] = False,
    as_json: Json = False,
) -> None:
    """Is it working, and if not, whose turn is it. Works without the daemon and without the network."""
    from dataclasses import asdict

    from agent import config as settings
    from agent.health import health
    from agent.state.store import open_state

    loaded = settings.load(config)
    state = open_state(loaded.state_file)
    try:
        state.check_writable()
        with state.reading() as tx:
            found = health(tx, loaded, now())
    finally:
        state.close()
    if as_json:
        say_json(asdict(found))
    elif brief:
        say(f"{found.verdict} {found.sentence} Next: {found.next}")
    else:
        _say(found)
    raise typer.Exit(_EXIT[found.verdict])


def _say(found: Health) -> None:
    head = f"{found.verdict:<9} {found.sentence}"
    stamp = f"{now():%a %d %b %Y %H:%M} UTC"
    lines = textwrap.wrap(head, 78, subsequent_indent=" " * 10)
    for line in lines:
        say(f"{line:<56}{stamp:>23}" if len(lines) == 1 and len(line) < 56 else line)
    _say_legs(found)
    facts = found.facts
    if facts["complete_as_of"]:
        as_of = str(facts["complete_as_of"])[:16].replace("T", " ")
        changes = str(facts["changes_read_at"])[:16].replace("T", " ")
        since = f"; changes until {changes}" if changes > as_of else ""
        say(f"  Complete   as of {as_of} UTC, {facts['rows_read']:,} rows read{since}")
    if "nonpublic_columns" in facts:
        say(
            f"  Never sent {facts['nonpublic_columns']:,} nonpublic columns exist in these tables;"
            f" {facts['nonpublic_selected']:,} were selected"
        )
    say(f"  Accepted   {facts['batches_accepted']:,} batches, {facts['lines_accepted']:,} lines")
    for line in _opt_outs(facts):
        say(f"  Opt-outs   {line}")
    if facts["waiting_items"]:
        size = int(facts["waiting_bytes"]) / 1024 / 1024
        say(f"  Waiting    {facts['waiting_items']:,} stored safely ({size:.1f} MB). Your data is not lost.")
    say(f"  Audit      {facts['audit_entries']:,} entries")
    for notice in found.notices:
        for line in textwrap.wrap(notice, 78, initial_indent="  Policy     ", subsequent_indent=" " * 13):
            say(line)
    for line in textwrap.wrap(f"Next: {found.next}", 78, subsequent_indent="  "):
        say(line)


def _say_legs(found: Health) -> None:
    """Five legs over their states; a state too long for its place is told in full below."""
    width = 13
    short = [leg.says if len(leg.says) < width else ("ok" if leg.ok else "FAIL") for leg in found.legs]
    say("  " + "  >  ".join(leg.name.ljust(width - 3) for leg in found.legs).rstrip())
    say("  " + "".join(text.ljust(width + 2) for text in short).rstrip())
    for leg, text in zip(found.legs, short, strict=True):
        if text != leg.says:
            for line in textwrap.wrap(f"{leg.name}: {leg.says}", 76, subsequent_indent="    "):
                say(f"  {line}")


def _opt_outs(facts: dict[str, str | int]) -> list[str]:
    """Honored at the OEM, and still mailable in the dealer's own house."""
    said = []
    if "oem_honored" in facts:
        half = f", half of them within {facts['oem_p50']}" if "oem_p50" in facts else ""
        waits = f"; {facts['oem_open']} not told yet, {facts['oem_oldest']} old" if facts["oem_open"] else ""
        said.append(f"{facts['oem_honored']:,} told to the OEM{half}{waits}")
    if "dms_honored" in facts:
        line = f"{facts['dms_honored']:,} done in the DMS"
        if facts["dms_open"]:
            line += f"; {facts['dms_open']:,} still mailable, {facts['dms_oldest']} old: fieldgate choices todo"
        said.append(line)
    return said
