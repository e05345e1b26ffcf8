"""`preflight` and `support-bundle`: before there is an agent, and when somebody far away must help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, now


def register(app: typer.Typer) -> None:
    app.command("preflight")(preflight)
    app.command("support-bundle")(support_bundle)


def preflight(
    folder: Annotated[Path, typer.Option("--folder", help="Where state will stand.")] = Path(),
    driver: Annotated[str, typer.Option("--driver", help="The ODBC driver of the DMS, as the system names it.")] = "",
    as_json: Json = False,
) -> None:
    """Can this machine run fieldgate? Touches nothing."""
    from dataclasses import asdict

    from agent.cli.doctor import say_findings
    from agent.tasks.preflight import look

    findings = list(look(folder, driver))
    failed = sum(one.verdict == "FAIL" for one in findings)
    if as_json:
        say_json({"findings": [asdict(one) for one in findings], "problems": failed})
    else:
        say("fieldgate preflight")
        say_findings(findings, failed)
    raise typer.Exit(1 if failed else 0)


def support_bundle(
    config: Config = DEFAULT,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; must not be there yet.")] = None,
    as_json: Json = False,
) -> None:
    """Write a zip for whoever helps: no data, no servers, no accounts."""
    from agent.core.text import shown
    from agent.service.support import write_bundle

    target = out or Path(f"fieldgate-support-{now():%Y%m%d-%H%M%S}.zip")
    parts = write_bundle(config, target, now)
    if as_json:
        say_json({"file": str(target), "parts": [{"name": n, "what": what, "bytes": size} for n, what, size in parts]})
        return
    say(f"WRITTEN   {shown(str(target))}")
    for name, what, size in parts:
        say(f"  {name:<14} {size:>9,}  {what}")
    say("Next: look into it, then send it to whoever helps.")
