"""`batch`: what was sent, from state alone. No value of a record is ever shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk

if TYPE_CHECKING:
    from agent.state.outbox import Batch
    from agent.tasks.desk import Desk

_BatchId = Annotated[str, typer.Argument(help="The batch id, or its first characters.")]
batch_app = typer.Typer(no_args_is_help=True, help="Batches: what was sent, and what the OEM said.")


def register(app: typer.Typer) -> None:
    app.add_typer(batch_app, name="batch")


@batch_app.command("list")
def list_batches(
    config: Config = DEFAULT,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, newest first.")] = 20,
    as_json: Json = False,
) -> None:
    """The newest batches and where they stand."""
    from agent.state import outbox

    with desk(config) as opened, opened.state.reading() as tx:
        found = outbox.batches(tx, limit)
    if as_json:
        say_json({"batches": [_facts(batch) for batch in found]})
        return
    say(f"  {'batch':<12} {'stream':<9} {'seq':>5} {'kind':<8} {'dataset':<16} {'lines':>6}  state")
    for b in found:
        problem = f" ({b.problem})" if b.problem else ""
        state = b.state if b.state != "settled" or b.receipt else "sent, not confirmed"
        say(
            f"  {b.batch_id[:12]} {b.stream_id[:8]:<9} {b.seq:>5} {b.kind:<8} {b.dataset:<16} {b.lines:>6}"
            f"  {state}{problem}"[:80]
        )
    say(f"{len(found)} shown." if found else "Nothing has been sent yet.")


@batch_app.command("show")
def show(batch_id: _BatchId, config: Config = DEFAULT, as_json: Json = False) -> None:
    """One batch: its manifest and its receipt."""
    import msgspec

    from agent.core.jws import unb64url

    with desk(config) as opened:
        batch = _find(opened, batch_id)
    manifest = msgspec.json.decode(unb64url(batch.manifest.split(".")[1]))
    receipt = msgspec.json.decode(unb64url(batch.receipt.split(".")[1])) if batch.receipt else None
    if as_json:
        say_json({**_facts(batch), "manifest": manifest, "receipt": receipt})
        return
    say(f"{batch.state.upper()}   batch {batch.batch_id}")
    for name in ("kind", "store", "purpose", "counts", "policy", "access", "window", "content_sha256", "audit_head"):
        say(f"  {name:<15} {msgspec.json.encode(manifest.get(name)).decode()}")
    if receipt:
        say(f"  receipt         {receipt['receipt_id']} at {receipt['received_at']}")
    else:
        say("  receipt         none yet")


@batch_app.command("verify")
def verify(
    batch_id: Annotated[str, typer.Argument(help="A batch id; every batch when left out.")] = "",
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Check signature, leaf hashes, receipt and the chain of manifests. Exit 1 when anything differs."""
    from agent.state import outbox
    from agent.tasks.proof import verify_batches

    with desk(config) as opened:
        with opened.state.reading() as tx:
            wanted = [_find(opened, batch_id)] if batch_id else outbox.batches(tx)
        verdicts = verify_batches(opened, wanted)
    bad = {name: problem for name, problem in verdicts.items() if problem}
    if as_json:
        say_json({"checked": len(verdicts), "problems": bad})
    else:
        say(f"{'INTACT' if not bad else 'NOT INTACT'}   {len(verdicts)} batches: signature, lines, receipt, order")
        for name, problem in bad.items():
            say(f"  {name[:12]}  {problem}")
    raise typer.Exit(1 if bad else 0)


@batch_app.command("prove")
def prove(
    batch_id: _BatchId,
    record: Annotated[
        Path | None, typer.Option("--record", help="One line as the OEM holds it; - reads standard input.")
    ] = None,
    number: Annotated[int, typer.Option("--number", min=0, help="Or the number of the line, from 1.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Write the proof to a file.")] = None,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Prove that one record stood in a batch: its Merkle path up to the signed root. Holds no value."""
    import json
    import sys
    from dataclasses import asdict

    from agent.keys import durable
    from agent.tasks.proof import prove_line, prove_number

    if (record is None) == (number == 0):
        raise typer.BadParameter("give either --record or --number")
    with desk(config) as opened:
        batch = _find(opened, batch_id)
        if record is None:
            found = prove_number(opened, batch, number)
        else:
            found = prove_line(opened, batch, sys.stdin.buffer.read() if str(record) == "-" else record.read_bytes())
    if out is not None:
        durable.write(out, json.dumps(asdict(found), indent=1, sort_keys=True).encode() + b"\n")
    if as_json:
        say_json(asdict(found))
        return
    say(f"PROVEN   line {found.index + 1} of {found.size} in batch {batch.batch_id}")
    say(f"  leaf    {found.leaf}")
    say(f"  root    {found.merkle_root}, signed in the manifest")
    say(f"  path    {len(found.path)} hashes{f', in {out}' if out else ''}")
    say("  the OEM gave a receipt for it" if found.receipt else "  no receipt yet")


@batch_app.command("retry")
def retry(batch_id: _BatchId, config: Config = DEFAULT, as_json: Json = False) -> None:
    """Send a stopped batch again, the same bytes, after its cause has been mended."""
    from agent.state import outbox

    with desk(config) as opened:
        batch = _find(opened, batch_id)
        with opened.state.transaction() as tx:
            outbox.retry(tx, batch.batch_id, opened.now())
    if as_json:
        say_json({"retry": batch.batch_id})
        return
    say(f"READY   batch {batch.batch_id[:12]} goes out again with the next delivery")
    say("Next: fieldgate run --once")


def _find(opened: Desk, batch_id: str) -> Batch:
    from agent.state import outbox

    with opened.state.reading() as tx:
        found = [b for b in outbox.batches(tx) if b.batch_id.startswith(batch_id)] if batch_id else []
    if len(found) != 1:
        raise typer.BadParameter("no batch has this id" if not found else "more than one batch id begins like this")
    return found[0]


def _facts(batch: Batch) -> dict[str, object]:
    names = (
        "batch_id stream_id epoch seq kind dataset lines state attempts problem announced_at settled_at"
        " manifest_sha256 content_sha256"
    )
    return {name: getattr(batch, name) for name in names.split()}
