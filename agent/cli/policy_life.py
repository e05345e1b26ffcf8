"""On the server: `policy list` (what is in force, until when, what ends soon) and `policy revoke` (end one at once)."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk

if TYPE_CHECKING:
    from agent.tasks.policy_watch import Notice


def register(policy_app: typer.Typer) -> None:
    policy_app.command("list")(list_policies)
    policy_app.command("revoke")(revoke)


def list_policies(config: Config = DEFAULT, as_json: Json = False) -> None:
    """On the server: the policies in force, whom they serve and until when; 60, 30 and 7 days ahead of an end."""
    from agent.errors import PolicyError
    from agent.state import permission
    from agent.tasks.permission import load_ruleset
    from agent.tasks.policy_watch import notices

    refused = None
    with desk(config) as opened, opened.state.reading() as tx:
        today = opened.clock().date()
        told = notices(tx, today)
        ended = permission.ended_policies(tx)
        try:
            policies = load_ruleset(tx, opened.config, today).policies
        except PolicyError as error:
            policies, refused = (), error
    if as_json:
        say_json(
            {
                "policies": [
                    {"policy": p.name, "version": p.version, "sha256": p.sha256, "ends_on": p.ends_on} for p in policies
                ],
                "ended": [{"policy": n, "version": v, "ended_at": at, "why": why} for n, v, at, why in ended],
                "notices": [{"policy": n.policy, "about": n.about, "says": n.says} for n in told],
                "refused": refused.what if refused else None,
            }
        )
    else:
        for p in policies:
            days = (p.ends_on - today).days
            say(f"IN FORCE   {p.name} v{p.version}, until {p.ends_on} ({days} days)")
            say(f"  {p.purpose.replace('_', ' ')}, to {p.recipient}")
            say(f"  {p.sha256}")
        for name, version, at, why in ended:
            _wrap(f"ENDED      {name} v{version}, on {at[:10]}: ", why)
        _say_notices(told)
    if refused is not None and (told or ended) and not as_json:
        raise typer.Exit(refused.exit_status)
    if refused is not None:
        raise refused


def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy's name, as `policy list` says it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit record.")] = "no reason given",
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """On the server: end a policy at once. Anyone here may; only officers can put one in force again."""
    from agent.core.text import shown
    from agent.tasks.policy_watch import revoke as end

    with desk(config) as opened:
        ended = end(opened, name, shown(reason))
    if as_json:
        say_json({"policy": ended.name, "version": ended.version, "sha256": ended.sha256, "ended": True})
        return
    say(f"ENDED   {ended.name} v{ended.version}: nothing more is read or sent under it")
    say(f"  {ended.sha256}")
    say("Next: the compliance officer; a new start needs a higher version with approvals")
    say(f"  fieldgate policy submit {ended.name}.yaml --key KEY")


def _say_notices(told: tuple[Notice, ...]) -> None:
    for notice in told:
        word = "NOW" if notice.level <= 7 else "SOON" if notice.level <= 30 else "NOTE"
        _wrap(f"{word:<5}", notice.says)
        _wrap("     do: ", notice.advice)


def _wrap(head: str, text: str) -> None:
    for number, line in enumerate(textwrap.wrap(text, max(80 - len(head), 30)) or [""]):
        say((head if number == 0 else " " * min(len(head), 11)) + line)
