"""`run`, `pause`, `resume`, `connections`: the agent at work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.out import complain, say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk

_PLACES = ("sqlite", "files")  # a file and a folder, not a server
_Recipient = Annotated[str, typer.Option("--recipient", help="One recipient; all when left out.")]


def register(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("pause")(pause)
    app.command("resume")(resume)
    app.command("connections")(connections)


def run(
    config: Config = DEFAULT,
    once: Annotated[bool, typer.Option("--once", help="Read and send once, then end.")] = False,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Once, comparing every row: finds what changes alone cannot show.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read what is permitted and send it; on schedule, or --once.

    Where the service is running, --once asks it for a run, and waits for it.
    """
    from agent import config as settings
    from agent.service import daemon
    from agent.service.collector import calm
    from agent.service.control import ask
    from agent.service.lock import only_one
    from agent.service.log import configure
    from agent.service.report import error_from, run_report

    loaded = settings.load(config)
    report = ask(loaded.state, "reconcile" if reconcile else "run") if once or reconcile else None
    if report is None:
        calm()
        with desk(config) as opened, only_one(opened.config.state):
            with daemon.remembered(opened, "start"):
                configure(opened.config.logs)
            if not (once or reconcile):
                from agent.service.schedule import Daemon

                say("RUNNING   stop with Ctrl-C; see `fieldgate status`")
                Daemon(opened, lambda: settings.load(config)).serve()
                return
            report = run_report(*daemon.run_once(opened, reconcile=reconcile))
    if as_json:
        say_json(report)
    else:
        _say_run(report)
        for error in report["errors"]:
            complain(error_from(error))
    raise typer.Exit(report["exit"])


def _say_run(report: dict[str, Any]) -> None:
    settled = [d for d in report["deliveries"] if d["outcome"] == "settled"]
    stuck = [d for d in report["deliveries"] if d["outcome"] in ("waiting", "stopped")]
    good = "SENT   everything that may leave" if settled else "UP TO DATE   nothing has changed since the last run"
    if report["refused"]:
        good = f"PARTLY   {report['refused']} refused alone; everything else was read"
    say(good if not stuck else "STORED" if stuck[0]["outcome"] == "waiting" else "STOPPED")
    say(f"  {'dataset':<18} {'store':<6} {'rows read':>10} {'may leave':>10} {'changed':>8}  withheld")
    for r in report["readings"]:
        kept = ", ".join(f"{count:,} {reason}" for reason, count in sorted(r["withheld"].items())) or "-"
        say(f"  {r['dataset']:<18} {r['store']:<6} {r['rows']:>10,} {r['may_leave']:>10,} {r['changed']:>8,}  {kept}")
    if settled:
        lines = sum(d["lines"] for d in settled)
        say(f"  {len(settled)} batches accepted, {lines:,} lines, each with a signed receipt")
    if stuck:
        say(f"  {len(stuck)} stream(s) wait. What was read is stored safely.")
    say("Next: fieldgate status" if stuck or report["refused"] else "Next: nothing to do.")


def pause(config: Config = DEFAULT, recipient: _Recipient = "*", as_json: Json = False) -> None:
    """Stop sending before the next byte. Anyone may; anyone may resume."""
    _by_service_or_here(config, "pause", recipient)
    if as_json:
        say_json({"paused": recipient})
        return
    say(f"PAUSED   {'every recipient' if recipient == '*' else recipient}. Reading goes on; nothing is sent.")
    say("Next: fieldgate resume, when you are ready.")


def resume(config: Config = DEFAULT, recipient: _Recipient = "*", as_json: Json = False) -> None:
    """Go on sending."""
    _by_service_or_here(config, "resume", recipient)
    if as_json:
        say_json({"resumed": recipient})
        return
    say(f"RESUMED   {'every recipient' if recipient == '*' else recipient}")


def _by_service_or_here(config: Path, what: str, recipient: str) -> None:
    """A running service does it and knows from the system who asked; without one it is done here."""
    from agent import config as settings
    from agent.service.control import ask
    from agent.tasks import pausing

    if ask(settings.load(config).state, what, patience_s=10.0, recipient=recipient) is None:
        with desk(config) as opened:
            (pausing.pause if what == "pause" else pausing.resume)(opened, recipient)


def connections(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Every place this program may connect to. There are no others."""
    from agent import config as settings

    loaded = settings.load(config)
    places = [
        {
            "what": f"DMS source {name}",
            "where": s.database if s.dialect in _PLACES else f"{s.server}:{s.port or '*'}",
        }
        for name, s in loaded.sources.items()
    ]
    for name, r in loaded.recipients.items():
        places.append({"what": f"recipient {name}", "where": r.endpoint or r.folder or ""})
        if r.proxy:
            places.append({"what": f"proxy for {name}", "where": r.proxy})
    pins = {name: list(r.pin) for name, r in loaded.recipients.items() if r.pin}
    port = loaded.metrics.port
    listens = [f"127.0.0.1:{port}"] if port else []
    if as_json:
        say_json({"connections": places, "listens": listens, "pins": pins})
        return
    for place in places:
        say(f"  {place['what']:<32} {place['where']}")
    for name, keys in pins.items():
        say(f"  {name} is believed under this key only{' (one of two)' if len(keys) > 1 else ''}:")
        for key in keys:
            say(f"    {key}")
    said = f"It listens on {listens[0]} only (metrics, for this machine)" if listens else "It listens on no port"
    say(f"{said}, and sends no telemetry.")
