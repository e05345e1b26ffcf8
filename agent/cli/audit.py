"""`audit`: is the record of what happened intact, and a copy of it to take away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk

if TYPE_CHECKING:
    from agent.core.audit_export import ExportVerdict

audit_app = typer.Typer(no_args_is_help=True, help="The audit record: verify it, take it away.")


def register(app: typer.Typer) -> None:
    app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
def verify(
    config: Config = DEFAULT,
    file: Annotated[
        Path | None, typer.Option("--file", help="An export; needs no agent.yaml, state or keys.", exists=True)
    ] = None,
    receipts: Annotated[
        Path | None,
        typer.Option("--receipts", help="Receipts from the OEM, one a line, to hold it against.", exists=True),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every entry, checkpoint and receipt. Exit 1 with the first fault when one does not fit."""
    from agent.core.audit_export import verify_export
    from agent.tasks.auditing import export as made

    if file is not None:
        data = file.read_bytes()
    else:
        with desk(config) as opened:
            data = made(opened)
    given = receipts.read_text("ascii", "replace").split() if receipts else []
    verdict = verify_export(data, given)
    if as_json:
        _as_json(verdict)
    else:
        _say(verdict, alone=file is not None)
    raise typer.Exit(1 if verdict.problem else 0)


def _as_json(verdict: ExportVerdict) -> None:
    from dataclasses import asdict

    say_json(asdict(verdict) | {"younger": verdict.younger})


def _say(verdict: ExportVerdict, *, alone: bool) -> None:
    if verdict.problem:
        say(f"NOT INTACT   {verdict.problem}")
        say(f"  Up to there {verdict.entries} entries follow each other.")
        say("Next: keep a copy of the file, and call whoever looks after security.")
        return
    say(f"INTACT   {verdict.entries} entries")
    say(f"  head     {verdict.head}")
    say(f"  anchored up to entry {verdict.anchored} by the OEM's receipts; {verdict.younger} are younger")
    say(f"  checkpoints signed by  {verdict.checkpoint_kid}")
    for kid in verdict.receipt_kids:
        say(f"  receipts signed by     {kid}")
    if alone:
        say("  The keys stood in the file: compare their ids with the dealer's and the OEM's.")


@audit_app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", help="The file to write: one entry a line.")],
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Write the audit record to a file that `audit verify --file` can check anywhere."""
    from agent.keys import durable
    from agent.tasks.auditing import export as made

    with desk(config) as opened:
        data = made(opened)
    entries = data.count(b'"kind":"entry"')
    durable.write(out, data)
    if as_json:
        say_json({"entries": entries, "file": str(out)})
        return
    say(f"WRITTEN   {entries} entries to {out}")
    say(f"Next: fieldgate audit verify --file {out}")
