"""`incident`: a field that should not have left is held, counted, asked back, and tracked."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import many, say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk, now

if TYPE_CHECKING:
    from agent.tasks.incident import Incident

incident_app = typer.Typer(help="A field that should not have left: hold it, count, ask it back.")
_Html = Annotated[Path | None, typer.Option("--html", help="Write the sheet for counsel.")]
_Id = Annotated[str, typer.Argument(help="As `fieldgate incident list` shows it.")]


def register(app: typer.Typer) -> None:
    app.add_typer(incident_app, name="incident")
    incident_app.command("open")(open_)
    incident_app.command("list")(list_)
    incident_app.command("show")(show)
    incident_app.command("close")(close)


def open_(
    field: Annotated[str, typer.Option("--field", help="DATASET.FIELD, as it left.")],
    since: Annotated[str, typer.Option("--since", help="The first day on which it may have left, YYYY-MM-DD.")],
    html: _Html = None,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Hold a field everywhere, count the people, and ask the OEMs to delete every record that carried it."""
    from agent.tasks.incident import open_incident

    try:
        day = dt.date.fromisoformat(since)
    except ValueError:
        raise typer.BadParameter("--since is a day, YYYY-MM-DD") from None
    with desk(config) as opened:
        found = open_incident(opened, field, day)
    _show(found, html, as_json=as_json)


def list_(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Every incident: how many people, the days left, what the OEMs have acknowledged."""
    from dataclasses import asdict

    from agent.tasks.incident import incidents

    with desk(config) as opened:
        found = incidents(opened)
    if as_json:
        say_json({"incidents": [asdict(one) for one in found]})
        return
    if not found:
        say("NONE   no incident was ever opened")
        return
    for one in found:
        _say(one)
    if all(one.closed_at for one in found):
        say("Next: nothing to do.")
    else:
        say("Next: fieldgate incident show ID --html FILE prints what is known by now.")


def show(incident: _Id, html: _Html = None, config: Config = DEFAULT, as_json: Json = False) -> None:
    """One incident as it stands now, with the OEM's receipts; `--html` writes the sheet for counsel anew."""
    from agent.tasks.incident import find

    with desk(config) as opened:
        found = find(opened, incident)
    _show(found, html, as_json=as_json)


def close(
    incident: _Id,
    why: Annotated[str, typer.Option("--why", help="Who decided it, and on what.")],
    html: _Html = None,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Close one. The hold on the field stays until officers release it."""
    from agent.tasks.incident import close_incident

    with desk(config) as opened:
        found = close_incident(opened, incident, why)
    _show(found, html, as_json=as_json)


def _show(found: Incident, html: Path | None, *, as_json: bool) -> None:
    from dataclasses import asdict

    from agent.keys import durable
    from agent.tasks.incident import counsel_page

    if html is not None:
        durable.write(html, counsel_page(found, now().date().isoformat()).encode(), mode=0o600)
    if as_json:
        say_json(asdict(found))
        return
    _say(found)
    if html:
        say(f"Next: hand {html} to counsel.")
    elif found.closed_at:
        say("Next: officers release the field when it may leave again: fieldgate status")
    else:
        say(f"Next: fieldgate incident show {found.incident_id} --html FILE, for counsel.")


def _say(one: Incident) -> None:
    from agent.core.text import shown
    from agent.tasks.incident import REPORT_PEOPLE

    days = (dt.date.fromisoformat(one.clock_ends_on) - now().date()).days
    state = f"CLOSED {one.closed_at[:10]}" if one.closed_at else "OPEN"
    say(f"{state}   {one.incident_id}   {shown(one.field)} since {one.since}")
    rule = "at or above" if one.people >= REPORT_PEOPLE else "below"
    say(f"  people     {one.people:,} distinct, {rule} the {REPORT_PEOPLE} of the reporting rule")
    left = f"{days} days left" if days >= 0 else f"{-days} days ago"
    say(f"  30 days    end on {one.clock_ends_on}{'' if one.closed_at else f': {left}'}   (not confirmed by counsel)")
    say("  held       on every stream when it was opened; only officers release it")
    oems = ", ".join(shown(name) for name in one.recipients) or "nobody"
    say(f"  asked back {one.accepted:,} of {many(one.records, 'record')} acknowledged by {oems}")
