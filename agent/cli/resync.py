"""`resync`: bring this agent and the OEM to one history again, after a restore, a clone or a restored OEM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import complain, error_json, say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk

if TYPE_CHECKING:
    from agent.errors import FieldgateError
    from agent.tasks.resync import Resynced

_WAS = {
    "same": "agreed already",
    "restored": "the state file was an older copy",
    "cloned": "another machine had sent under this name",
    "oem_restored": "the OEM had been restored from its backup",
}


def register(app: typer.Typer) -> None:
    app.command("resync")(resync)


def resync(
    config: Config = DEFAULT,
    recipient: Annotated[str, typer.Option("--recipient", help="One recipient; all when left out.")] = "",
    this_machine: Annotated[
        bool, typer.Option("--this-machine", help="After a clone: this machine goes on, the other one is stopped.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Go on after a restore or a clone; ask the OEM for all stops again."""
    from dataclasses import asdict

    from agent.service.lock import only_one
    from agent.tasks.resync import resync_all

    with desk(config) as opened, only_one(opened.config.state):
        done, failed = resync_all(opened, recipient, this_machine=this_machine)
    if as_json:
        say_json({"streams": [asdict(one) for one in done], "errors": [error_json(error) for error in failed]})
    else:
        _say(done, failed)
    if failed:
        raise typer.Exit(failed[0].exit_status)


def _say(done: list[Resynced], failed: list[FieldgateError]) -> None:
    if not failed:
        say("IN STEP   with the OEM on every stream" if done else "NOTHING TO DO   no stream is open yet")
    else:
        say("NOT IN STEP   nothing leaves on the streams named below")
    for one in done:
        say(f"  store {one.store}  {one.recipient}  {one.epoch}/{one.seq}   {_WAS[one.situation]}")
        if one.situation != "same":
            say(f"    {one.suppressed:,} stops taken over or told again, {one.retracted:,} records retracted")
            say(f"    {one.discarded:,} waiting bodies discarded; everything is read again by the next run")
    for error in failed:
        complain(error)
    if not failed:
        say("Next: fieldgate run --once" if done else "Next: nothing to do.")
