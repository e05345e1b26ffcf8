"""`status`: one sentence naming the failing leg and who must act; what waits safely; Next."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import many, say, say_json, wrapped
from agent.cli.server import DEFAULT, Config, Json, now

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from agent.health import Health

_EXIT = {"WORKING": 0, "PAUSED": 0, "WAITING": 4, "SETUP": 3, "STOPPED": 1}


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def status(
    config: Config = DEFAULT,
    brief: Annotated[bool, typer.Option("--brief", help="One line, for monitoring tools.")] = False,
    kpi: Annotated[bool, typer.Option("--kpi", help="The numbers of this month beside their targets.")] = False,
    as_json: Json = False,
) -> None:
    """Is it working, and if not, whose turn is it. Works without the daemon and without the network."""
    from dataclasses import asdict

    from agent import config as settings
    from agent.health import health
    from agent.state.store import open_state

    if kpi:
        from agent.cli import report

        report.kpi(config=config, as_json=as_json)
        return
    loaded, at = settings.load(config), now()
    state = open_state(loaded.state_file)
    try:
        state.check_writable()
        with state.reading() as tx:
            found = health(tx, loaded, at)
    finally:
        state.close()
    if as_json:
        say_json(asdict(found))
    elif brief:
        say(f"{found.verdict} {found.sentence}{'' if found.sentence.endswith('.') else '.'} Next: {found.next}")
    else:
        lines = list(screen(found, at))
        if sys.platform == "win32":  # where an administrator there would have to look for them
            turn = next(number for number, line in enumerate(lines) if line.startswith("Next:"))
            lines[turn:turn] = _folders({"Settings": loaded.path.parent, "State": loaded.state, "Logs": loaded.logs})
        for line in lines:
            say(line)
    raise typer.Exit(_EXIT[found.verdict])


def _folders(folders: Mapping[str, Path]) -> list[str]:
    from agent.core.text import shown

    return [f"  {name:<10} {shown(str(folder), 200)}" for name, folder in folders.items()]


def screen(found: Health, at: dt.datetime) -> Iterator[str]:
    """What a person sees, on the clock of the dealer's wall."""
    from zoneinfo import ZoneInfo

    facts, zone = found.facts, ZoneInfo(str(found.facts["zone"]))
    there = at.astimezone(zone)
    stamp = f"{there:%a} {there.day} {there:%b %Y %H:%M} {there:%z}"
    stamp = f"{stamp[:-2]}:{stamp[-2:]}"
    lines = wrapped(f"{found.verdict:<9} {found.sentence}", 78, then=" " * 10)
    short = len(lines) == 1 and len(lines[0]) + len(stamp) < 79
    yield from [f"{lines[0]}{stamp:>{80 - len(lines[0])}}"] if short else lines
    yield from _legs(found)

    def wall(name: str) -> str:
        from agent.tasks.day import on_the_wall

        return on_the_wall(str(facts[name]), zone, at)

    runs = facts["today_runs"]
    if runs:
        told = f"{many(runs, 'run'):<8} {facts['today_rows']:,} rows read   {facts['today_sent']:,} sent"
        yield f"  Today      {told}" + (
            f"   complete as of {wall('complete_as_of')}" if facts["complete_as_of"] else ""
        )
    elif facts["complete_as_of"]:
        yield f"  Complete   as of {wall('complete_as_of')}, {facts['rows_read']:,} rows read"
    if str(facts["changes_read_at"]) > str(facts["complete_as_of"]):
        yield f"  Changes    read until {wall('changes_read_at')}"
    if "nonpublic_columns" in facts:
        yield (
            f"  Never sent {facts['nonpublic_columns']:,} nonpublic columns exist in these tables;"
            f" {facts['nonpublic_selected']:,} were selected"
        )
    yield f"  Accepted   {facts['batches_accepted']:,} batches, {facts['lines_accepted']:,} lines, since the beginning"
    for line in _opt_outs(facts):
        yield from wrapped(line, 78, "  Opt-outs   ", " " * 13)
    after = f"   next {wall('next_run_at')}" if "next_run_at" in facts else ""
    if "last_run_at" in facts:
        took = f"{int(facts['last_run_ms']) / 1000:.1f} s   {many(facts['last_run_datasets'], 'dataset')}"
        yield f"  Last run   {wall('last_run_at')}   {took}{after}"
    elif after:
        yield f"  Next run   {after.removeprefix('   next ')}"
    yield from _waiting(facts, wall("next_try_at") if "next_try_at" in facts else "")
    yield f"  Audit      {facts['audit_entries']:,} entries"
    for notice in found.notices:
        yield from wrapped(notice, 78, "  Look at    ", " " * 13)
    yield from wrapped(f"Next: {found.next}", 78)


def _waiting(facts: dict[str, str | int], next_try: str) -> Iterator[str]:
    """What waits, that it is safe, and for how long that can go on."""
    if not facts["waiting_items"]:
        return
    size = int(facts["waiting_bytes"]) / 1024 / 1024
    room = int(facts.get("room_days", 0))
    long = f", room for {'years' if room > 900 else f'about {room} days'}" if room else ""
    many = "1 batch is" if facts["waiting_items"] == 1 else f"{facts['waiting_items']:,} batches are"
    yield f"  {many} stored safely ({size:.1f} MB{long})"
    yield f"  {f'Next try {next_try}. ' if next_try else ''}Your data is not lost."


def _legs(found: Health) -> Iterator[str]:
    """Five legs over their states; a state too long for its place is told in full below."""
    widths = [15, 15, 15, 15, 18]
    short = [
        leg.says if len(leg.says) < width - 1 else ("ok" if leg.ok else "FAIL")
        for leg, width in zip(found.legs, widths, strict=True)
    ]
    yield "  " + "  >  ".join(leg.name.ljust(10) for leg in found.legs).rstrip()
    yield "  " + "".join(text.ljust(width) for text, width in zip(short, widths, strict=True)).rstrip()
    for leg, text in zip(found.legs, short, strict=True):
        if text != leg.says and leg.says.rstrip(".") not in found.sentence:
            yield from wrapped(f"{leg.name}: {leg.says}", 78, "  ", "      ")


def _opt_outs(facts: dict[str, str | int]) -> list[str]:
    """Honored at the OEM, and still mailable in the dealer's own house."""
    said = []
    for house, done in (("oem", "told to the OEM"), ("dms", "done in the DMS")):
        if facts.get(f"{house}_honored"):
            line = f"{facts[f'{house}_honored']:,} {done}"
            if f"{house}_p50" in facts:
                half, most, longest = (facts[f"{house}_{name}"] for name in ("p50", "p95", "max"))
                line += f": half within {half}, 95 % within {most}, all within {longest}"
            said.append(line)
    if facts.get("oem_open"):
        said.append(f"{facts['oem_open']:,} not told to the OEM yet, the oldest {facts['oem_oldest']} old")
    if facts.get("dms_open"):
        still = f"{facts['dms_open']:,} still mailable in the DMS"
        said.append(f"{still}, {facts['dms_oldest']} old: fieldgate choices todo")
    return said
