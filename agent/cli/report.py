"""`report`: pages from the ledger, for whoever asks: a customer's lawyer, a regulator, the owner."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk, now

if TYPE_CHECKING:
    from agent.tasks.reports import Report

report_app = typer.Typer(help="Pages from the ledger: recipients, processing, batches, kpi.")
_Html = Annotated[Path | None, typer.Option("--html", help="Write one page that prints.")]


def register(app: typer.Typer) -> None:
    app.add_typer(report_app, name="report")
    report_app.command("recipients")(recipients)
    report_app.command("processing")(processing)
    report_app.command("batches")(batches)
    report_app.command("kpi")(kpi)


def recipients(
    first: Annotated[str, typer.Option("--from", help="YYYY-MM-DD; six months before --to when left out.")] = "",
    last: Annotated[str, typer.Option("--to", help="YYYY-MM-DD; today when left out.")] = "",
    place: Annotated[list[str] | None, typer.Option("--jurisdiction", help="US-GA, US-FL, US-CA or EU.")] = None,
    html: _Html = None,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Everyone who was given consumer data, with the specific fields, over any six months."""
    from agent.tasks.reports import recipients as task

    end = _day(last) if last else now().date()
    begin = _day(first) if first else end - dt.timedelta(days=182)
    with desk(config) as opened:
        report = task(opened, begin, end, place or [])
    _out(report, html, as_json=as_json)


def processing(html: _Html = None, config: Config = DEFAULT, as_json: Json = False) -> None:
    """Record of processing: every policy in force, its fields, purpose, recipient, term and approvers."""
    from agent.tasks.reports import processing as task

    with desk(config) as opened:
        report = task(opened)
    _out(report, html, as_json=as_json)


def batches(
    batch: Annotated[list[str], typer.Argument(help="Batch ids, as `fieldgate batch list` shows them.")],
    html: _Html = None,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """How far a set of batches reaches: distinct people, records, fields, recipients."""
    from agent.tasks.reports import blast_radius

    with desk(config) as opened:
        report = blast_radius(opened, batch)
    _out(report, html, as_json=as_json)


def kpi(
    month: Annotated[str, typer.Option("--month", help="YYYY-MM; this month when left out.")] = "",
    html: _Html = None,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """The monthly page for business, IT and legal, each number beside its target from agent.yaml."""
    from agent.tasks.report_kpi import kpi as task

    chosen = month or f"{now():%Y-%m}"
    _day(f"{chosen}-01")
    with desk(config) as opened:
        report = task(opened, chosen)
    _out(report, html, as_json=as_json)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a day is YYYY-MM-DD, a month YYYY-MM") from None


def _out(report: Report, html: Path | None, *, as_json: bool) -> None:
    from dataclasses import asdict

    from agent.keys import durable
    from agent.tasks.reports import as_html, lines

    if html is not None:
        durable.write(html, as_html(report).encode(), mode=0o600)
    if as_json:
        say_json(asdict(report))
        return
    for line in lines(report):
        say(line)
    say(f"Next: print {html}" if html else "Next: --html FILE writes it as one page that prints.")
