"""`run`, `pause`, `resume`, `connections`: the agent at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import complain, error_json, say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk

if TYPE_CHECKING:
    from agent.errors import FieldgateError
    from agent.pipeline import Extraction
    from agent.tasks.deliver import Delivery

_Recipient = Annotated[str, typer.Option("--recipient", help="One recipient; all when left out.")]


def register(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("pause")(pause)
    app.command("resume")(resume)
    app.command("connections")(connections)


def run(
    config: Config = DEFAULT,
    once: Annotated[bool, typer.Option("--once", help="Read and send once, then end.")] = False,
    as_json: Json = False,
) -> None:
    """Read what is permitted and send it; on schedule, or --once."""
    from agent.service import daemon
    from agent.service.collector import calm
    from agent.service.lock import only_one
    from agent.service.log import configure

    calm()
    with desk(config) as opened, only_one(opened.config.state):
        with daemon.remembered(opened, "start"):
            configure(opened.config.logs)
        if not once:
            say("RUNNING   stop with Ctrl-C; see `fieldgate status`")
            daemon.serve(opened)
            return
        extraction, deliveries = daemon.run_once(opened)
    waiting = [d for d in deliveries if d.outcome in ("waiting", "stopped")]
    errors = list({error.what: error for error in (*extraction.refused, *_errors(deliveries))}.values())
    if as_json:
        say_json(_run_json(extraction, deliveries) | {"errors": [error_json(error) for error in errors]})
    else:
        _say_run(extraction, deliveries)
        for error in errors:
            complain(error)
    if extraction.refused:
        raise typer.Exit(extraction.refused[0].exit_status)
    raise typer.Exit(4 if any(d.outcome == "waiting" for d in waiting) else 1 if waiting else 0)


def _say_run(extraction: Extraction, deliveries: list[Delivery]) -> None:
    settled = [d for d in deliveries if d.outcome == "settled"]
    stuck = [d for d in deliveries if d.outcome in ("waiting", "stopped")]
    good = "SENT   everything that may leave" if settled else "UP TO DATE   nothing has changed since the last run"
    if extraction.refused:
        good = f"PARTLY   {len(extraction.refused)} datasets were refused; the others were read"
    say(good if not stuck else "STORED" if stuck[0].outcome == "waiting" else "STOPPED")
    say(f"  {'dataset':<18} {'store':<6} {'rows read':>10} {'may leave':>10} {'changed':>8}  withheld")
    for r in extraction.readings:
        kept = ", ".join(f"{count:,} {reason}" for reason, count in sorted(r.withheld.items())) or "-"
        say(f"  {r.dataset:<18} {r.store:<6} {r.rows:>10,} {r.sent:>10,} {r.changed:>8,}  {kept}")
    if settled:
        say(f"  {len(settled)} batches accepted, {sum(d.lines for d in settled):,} lines, each with a signed receipt")
    if stuck:
        say(f"  {len(stuck)} stream(s) wait. What was read is stored safely.")
    say("Next: fieldgate status" if stuck or extraction.refused else "Next: nothing to do.")


def _errors(deliveries: list[Delivery]) -> list[FieldgateError]:
    return [d.error for d in deliveries if d.error]


def _run_json(extraction: Extraction, deliveries: list[Delivery]) -> dict[str, object]:
    return {
        "readings": [
            {
                "dataset": r.dataset,
                "store": r.store,
                "rows": r.rows,
                "may_leave": r.sent,
                "changed": r.changed,
                "withheld": dict(r.withheld),
                "fields_withheld": dict(r.fields),
            }
            for r in extraction.readings
        ],
        "choices_changed": extraction.choices_changed,
        "deliveries": [
            {"outcome": d.outcome, "batch_id": d.batch_id, "kind": d.kind, "lines": d.lines, "said": d.said}
            for d in deliveries
        ],
    }


def pause(config: Config = DEFAULT, recipient: _Recipient = "*", as_json: Json = False) -> None:
    """Stop sending before the next byte. Anyone may; anyone may resume."""
    from agent.state import evidence, permission

    with desk(config) as opened:
        _must_exist(opened.config.recipients, recipient)
        with opened.state.transaction() as tx:
            permission.pause(tx, recipient, opened.now(), opened.actor)
            evidence.append(tx, "paused", opened.clock(), opened.actor, recipient=recipient)
    if as_json:
        say_json({"paused": recipient})
        return
    say(f"PAUSED   {'every recipient' if recipient == '*' else recipient}. Reading goes on; nothing is sent.")
    say("Next: fieldgate resume, when you are ready.")


def resume(config: Config = DEFAULT, recipient: _Recipient = "*", as_json: Json = False) -> None:
    """Go on sending."""
    from agent.state import evidence, permission

    with desk(config) as opened:
        _must_exist(opened.config.recipients, recipient)
        with opened.state.transaction() as tx:
            for name in list(permission.pauses(tx)) if recipient == "*" else [recipient]:
                permission.resume(tx, name)
            evidence.append(tx, "resumed", opened.clock(), opened.actor, recipient=recipient)
    if as_json:
        say_json({"resumed": recipient})
        return
    say(f"RESUMED   {'every recipient' if recipient == '*' else recipient}")


def _must_exist(known: object, recipient: str) -> None:
    from agent.core.text import shown

    if recipient != "*" and recipient not in known:  # type: ignore[operator]
        raise typer.BadParameter(f"agent.yaml has no recipient {shown(recipient)}")


def connections(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Every place this program may connect to. There are no others."""
    from agent import config as settings

    loaded = settings.load(config)
    places = [
        {"what": f"DMS source {name}", "where": s.database if s.dialect == "sqlite" else f"{s.server}:{s.port or '*'}"}
        for name, s in loaded.sources.items()
    ]
    for name, r in loaded.recipients.items():
        places.append({"what": f"recipient {name}", "where": r.endpoint or r.folder or ""})
        if r.proxy:
            places.append({"what": f"proxy for {name}", "where": r.proxy})
    if as_json:
        say_json({"connections": places, "listens": []})
        return
    for place in places:
        say(f"  {place['what']:<32} {place['where']}")
    say("It listens on no port, and sends no telemetry.")
