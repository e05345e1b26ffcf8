"""The server's half of what officers and the OEM send: `officers import`, `policy import`, `decide import`,
`keys enroll`. They read files that travelled, verify them, and write state; on an officer's PC they are not needed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.out import say, say_json, tell
from agent.cli.server import DEFAULT, Config, Json, desk

_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


def register(officers: typer.Typer, policy: typer.Typer, decide: typer.Typer, keys: typer.Typer) -> None:
    officers.command("import")(import_roll)
    policy.command("import")(import_policy)
    decide.command("import")(import_decision)
    keys.command("enroll")(enroll)


def import_roll(roll: _File, config: Config = DEFAULT, as_json: Json = False) -> None:
    """On the server: take over the officer roll. The first one is pinned; a later one must continue it."""
    from agent.core.text import shown
    from agent.tasks import permission

    with desk(config) as opened:
        took = permission.import_roll(opened, roll)
    if as_json:
        say_json({"version": took.version, "sha256": took.sha256, "officers": [o.name for o in took.officers]})
        return
    say(f"IN FORCE   officer roll version {took.version}, {took.threshold} must approve")
    say(f"  {', '.join(shown(o.name) for o in took.officers)}")
    if took.single_officer:
        say("  one officer alone: nobody else looks; every report and manifest says so")
    say(f"  {took.sha256}")
    tell("Next: read this digest to the officers on the phone, then: fieldgate policy import FILE")


def import_policy(
    policy: _File,
    approval: Annotated[Path | None, typer.Option("--approval", help="Else X.vN.approval.json beside it.")] = None,
    inventory: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The names the officers had, if not kept here.")
    ] = None,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """On the server: put an approved policy in force. Exit 3 while approvals are missing."""
    from agent.cli.policy_files import inventory_of
    from agent.core.text import shown
    from agent.tasks import permission

    names = inventory_of(inventory)
    with desk(config) as opened:
        took = permission.import_policy(opened, policy, approval, names)
    if as_json:
        say_json(
            {
                "policy": took.draft.name,
                "version": took.draft.version,
                "sha256": took.draft.sha256,
                "approved_by": list(took.approved_by),
                "expires_on": took.expires_on,
                "inventory_sha256": took.inventory_sha256,
                "single_officer": took.single_officer,
            }
        )
        return
    say(f"IN FORCE   {took.draft.name} v{took.draft.version}, until {took.expires_on}")
    alone = " alone" if took.single_officer else ""
    say(f"  approved by {', '.join(shown(name) for name in took.approved_by)}{alone}")
    say(f"  {took.draft.sha256}")
    if took.inventory_sha256:
        say("  its names mean what they meant in the list the officers had:")
        say(f"  {took.inventory_sha256}")
    say("Next: dealer IT: fieldgate grants, for the DBA; then fieldgate run --once")


def import_decision(decision: _File, config: Config = DEFAULT, as_json: Json = False) -> None:
    """On the server: take over a signed decision. Exit 3 while signatures are missing."""
    from agent.tasks.permission import import_decision as take

    with desk(config) as opened:
        took = take(opened, decision)
    if as_json:
        say_json({"kind": took.kind, "sha256": took.sha256, "expires_on": took.expires_on})
        return
    say(f"IN FORCE   decision {took.kind}, until {took.expires_on}")
    say(f"  {took.sha256}")


def enroll(
    recipient: Annotated[str, typer.Option("--recipient", help="As agent.yaml names it.")],
    store: Annotated[str, typer.Option("--store", help="The store whose dealer code the token is for.")],
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Register this agent's key with the OEM. The one-time token is read from a prompt or standard input."""
    from agent.core.text import shown
    from agent.tasks.enroll import enroll as take

    prompted = sys.stdin.isatty()
    token = str(typer.prompt("Enrollment token", hide_input=True)) if prompted else sys.stdin.readline()
    with desk(config) as opened:
        took = take(opened, recipient, store, token.strip())
    if as_json:
        say_json({"recipient": took.recipient, "dealer_codes": sorted(took.dealer_codes), "kids": sorted(took.jwks)})
        return
    say(f"ENROLLED   with {shown(recipient)} for store {shown(store)}")
    say(f"  its receipt key, pinned from now on: {', '.join(sorted(took.jwks))}")
    say("Next: fieldgate status")
