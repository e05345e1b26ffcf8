"""`offboard`: leave for good. Asks twice, and refuses while an OEM still owes a receipt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk

if TYPE_CHECKING:
    from agent.tasks.offboard import Left


def register(app: typer.Typer) -> None:
    app.command("offboard")(offboard)


def offboard(
    out: Annotated[Path, typer.Option("--out", file_okay=False, help="Where certificate and audit record go.")],
    config: Config = DEFAULT,
    retract: Annotated[bool, typer.Option("--retract", help="Ask every OEM to delete all it was sent.")] = False,
    hand_over: Annotated[
        bool, typer.Option("--hand-over", help="Leave the OEMs what their contract lets them keep.")
    ] = False,
    without_receipts: Annotated[
        bool, typer.Option("--without-receipts", help="Go on although an OEM has not answered.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Leave for good: ask for deletion, certify, destroy the keys."""
    from contextlib import suppress

    from agent.errors import FieldgateError
    from agent.service.daemon import run_deliver
    from agent.service.lock import only_one
    from agent.tasks import offboard as task

    if retract == hand_over:
        raise typer.BadParameter("say either --retract or --hand-over; the contract says which")
    if not yes:
        say("This ends every policy and destroys the keys: this agent never sends again,")
        say("and nobody can tell from its state file who opted out.")
        typer.confirm("Go on?", abort=True)
    with desk(config) as opened, only_one(opened.config.state):
        task.begin(opened, "retract" if retract else "hand-over")
        with suppress(FieldgateError):  # no policy is in force any more; who does not answer is in the standing
            run_deliver(opened)
        left = task.standing(opened)
        if not as_json:
            _say(left, retract=retract)
        certificate = task.finish(opened, out, without_receipts=without_receipts)
    if as_json:
        say_json({"certificate": str(certificate), "streams": [_json(one) for one in left]})
        return
    say("GONE   the keys are destroyed; this agent never sends again")
    say(f"  {certificate}")
    say(f"  {certificate.with_name('audit-record.jsonl')}")
    say("Next: give both files to the compliance officer; then, as root:")
    say("  fieldgate service uninstall --purge")


def _say(left: list[Left], *, retract: bool) -> None:
    from agent.core.text import shown

    for one in left:
        asked = f"{one.acknowledged:,} of {one.asked:,} deletions acknowledged" if retract else "keeps what it holds"
        waits = f", {one.waiting} without a receipt" if one.waiting else ""
        say(f"  store {shown(one.store, 12):<4} {shown(one.recipient, 30):<20} {asked}{waits}")


def _json(one: Left) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(one)
