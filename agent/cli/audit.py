"""`audit`: is the record of what happened intact, and a copy of it to take away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk

audit_app = typer.Typer(no_args_is_help=True, help="The audit record: verify it, take it away.")


def register(app: typer.Typer) -> None:
    app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
def verify(
    config: Config = DEFAULT,
    file: Annotated[Path | None, typer.Option("--file", help="An export; needs no agent.yaml, state or keys.")] = None,
    as_json: Json = False,
) -> None:
    """Check every entry against the one before it. Exit 1 and the first fault's number when one does not fit."""
    from agent.core.audit import verify_chain
    from agent.state import evidence

    if file is not None:
        verdict = verify_chain(_exported(file))
        anchored = None
    else:
        with desk(config) as opened, opened.state.reading() as tx:
            verdict = evidence.verify(tx)
            anchored = evidence.last_anchored(tx)
    if as_json:
        say_json({"entries": verdict.entries, "head": verdict.head, "problem": verdict.problem, "anchored": anchored})
    elif verdict.problem:
        say(f"NOT INTACT   {verdict.problem}")
        say(f"  The {verdict.entries} entries before it are intact.")
        say("Next: keep a copy of the state file, and call whoever looks after security.")
    else:
        say(f"INTACT   {verdict.entries} entries")
        say(f"  head     {verdict.head}")
        if anchored is not None:
            say(f"  anchored up to entry {anchored} by the OEM's receipts; {verdict.entries - anchored} are younger")
    raise typer.Exit(1 if verdict.problem else 0)


@audit_app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", help="The file to write: one entry a line.")],
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Write the audit record to a file that `audit verify --file` can check anywhere."""
    from agent.keys import durable
    from agent.state import evidence

    with desk(config) as opened, opened.state.reading() as tx:
        lines = [data + b"\t" + sha256.encode() + b"\n" for data, sha256 in evidence.entries(tx)]
    durable.write(out, b"".join(lines))
    if as_json:
        say_json({"entries": len(lines), "file": str(out)})
        return
    say(f"WRITTEN   {len(lines)} entries to {out}")
    say(f"Next: fieldgate audit verify --file {out}")


def _exported(file: Path) -> list[tuple[bytes, str]]:
    pairs = []
    for line in file.read_bytes().splitlines():
        data, _, sha256 = line.rpartition(b"\t")
        pairs.append((data, sha256.decode("ascii", "replace")))
    return pairs
