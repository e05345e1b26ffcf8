"""On the server: `policy list` (what is in force, until when, what ends soon), `policy revoke` (end one at once) and
`policy history` (who allowed what, years later)."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.out import say, say_json, tell
from agent.cli.server import DEFAULT, Config, Json, desk

if TYPE_CHECKING:
    from agent.tasks.policy_history import Version
    from agent.tasks.policy_watch import Notice


def register(policy_app: typer.Typer) -> None:
    policy_app.command("list")(list_policies)
    policy_app.command("revoke")(revoke)
    policy_app.command("history")(history)


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


def history(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One policy; else all.")] = None,
    field: Annotated[str | None, typer.Option("--field", help="Only versions that sent this field.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", file_okay=False, help="Write policies, approvals and roll there.")
    ] = None,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """On the server: who allowed which field for what, from when to when; counted again from the signatures."""
    from agent.keys import durable
    from agent.state import permission
    from agent.tasks.policy_history import history as told

    with desk(config) as opened, opened.state.reading() as tx:
        found = told(tx, name, field)
        roll = permission.roll(tx) or b""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for file, data in {"roll.json": roll, **{k: v for one in found for k, v in one.files().items()}}.items():
            durable.write(out / file, data)
    if as_json:
        say_json({"versions": [_version_json(one, field) for one in found]})
    else:
        for one in found:
            _say_version(one, field)
        if not found:
            say("No version of such a policy was ever in force here." if field is None else "It was never sent.")
        if out is not None:
            tell(f"WRITTEN   {len(found)} versions, in {out}; check one with: fieldgate policy show FILE")
    raise typer.Exit(0 if all(not one.problem for one in found) else 1)


def _say_version(one: Version, field: str | None) -> None:
    from agent.core.text import shown

    stored = one.stored
    until = f"to {one.until[:10]} ({shown(one.ended_why, 40)})" if one.until else "and still"
    _wrap("", f"{shown(stored.name)} v{stored.version}   in force from {stored.imported_at[:10]} {until}")
    if one.draft:
        document = one.draft.document
        _wrap("  for      ", f"{document.purpose.replace('_', ' ')}, to {document.recipient}")
    if one.approved:
        names = ", ".join(shown(who) for who in one.approved.approved_by)
        alone = " alone" if one.approved.single_officer else ""
        _wrap(
            "  allowed  ",
            f"by {names}{alone}; submitted by {shown(one.approved.submitted_by)}; roll v{stored.roll_version}",
        )
    else:
        _wrap("  NOT SHOWN ", one.problem)
    sends = one.sends(field)
    if field is None:
        say(f"  sends    {len(sends)} fields")
    for sent in sends if field else ():
        _wrap(
            "  sends    ", f"{sent.dataset}.{sent.field}, {sent.category.replace('_', ' ')}, from {shown(sent.column)}"
        )
    say(f"  {stored.sha256}")


def _version_json(one: Version, field: str | None) -> dict[str, Any]:
    approved, document = one.approved, one.draft.document if one.draft else None
    return {
        "policy": one.stored.name,
        "version": one.stored.version,
        "sha256": one.stored.sha256,
        "since": one.stored.imported_at,
        "until": one.until,
        "ended_why": one.ended_why,
        "recipient": document.recipient if document else None,
        "purpose": document.purpose if document else None,
        "approved_by": list(approved.approved_by) if approved else [],
        "submitted_by": approved.submitted_by if approved else None,
        "single_officer": approved.single_officer if approved else None,
        "roll_version": one.stored.roll_version,
        "problem": one.problem,
        "sends": [
            {"dataset": s.dataset, "field": s.field, "column": s.column, "category": s.category}
            for s in one.sends(field)
        ],
    }


def _say_notices(told: tuple[Notice, ...]) -> None:
    for notice in told:
        word = "NOW" if notice.level <= 7 else "SOON" if notice.level <= 30 else "NOTE"
        _wrap(f"{word:<5}", notice.says)
        _wrap("     do: ", notice.advice)


def _wrap(head: str, text: str) -> None:
    for number, line in enumerate(textwrap.wrap(text, max(80 - len(head), 30)) or [""]):
        say((head if number == 0 else " " * min(len(head), 11)) + line)
