"""`policy submit` and `policy approve`: an officer's signature over exact bytes, after she saw what they let leave."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json

if TYPE_CHECKING:
    from agent.core.inventory import Inventory
    from agent.core.policy.reader import Draft
    from agent.core.roll import Roll
    from agent.tasks.policy_life import Standing

_Policy = Annotated[Path, typer.Argument(metavar="FILE", help="The policy.", dir_okay=False)]
_Key = Annotated[Path, typer.Option("--key", help="Your .key file.", dir_okay=False)]
_Roll = Annotated[Path | None, typer.Option("--roll", help="The officer roll; else roll.json beside FILE or KEY.")]
_Approval = Annotated[Path | None, typer.Option("--approval", help="Else NAME.vN.approval.json beside FILE.")]
_Decisions = Annotated[
    list[Path] | None, typer.Option("--decision", help="A signed reclassification the policy needs; may be repeated.")
]
_Inventory = Annotated[
    Path | None,
    typer.Option("--inventory", exists=True, dir_okay=False, help="The names the database has, from the DBA."),
]
_PassphraseFile = Annotated[Path | None, typer.Option("--passphrase-file", help="First line is the passphrase.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


def register(policy_app: typer.Typer) -> None:
    policy_app.command("submit")(submit)
    policy_app.command("approve")(approve)


def submit(
    file: _Policy,
    key: _Key,
    roll_file: _Roll = None,
    replaces: Annotated[
        Path | None, typer.Option("--replaces", help="The version in force, where there is one.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="YYYY-MM-DD; else the contract's end, at most a year.")
    ] = None,
    approval_file: _Approval = None,
    decisions: _Decisions = None,
    inventory: _Inventory = None,
    passphrase_file: _PassphraseFile = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Sign a policy as its author; the others approve it then."""
    from agent.cli import officer_desk
    from agent.cli.policy import inventory_of
    from agent.tasks import policy_life

    roll, names = officer_desk.roll(roll_file, file, key), inventory_of(inventory)
    draft = policy_life.read_draft(file, today=_today(), decisions=reclassified(decisions, roll), inventory=names)
    old = policy_life.load_replaced(replaces) if replaces else None
    if not as_json:
        _say_draft(draft)
    officer_desk.must_agree("Submit this for approval, in your name?", yes=yes)
    pen = officer_desk.pen(key, roll, passphrase_file)
    path = approval_file or policy_life.approval_path(file, draft)
    done = policy_life.submit(draft, path, pen, replaces=old, until=_day(until), inventory=names)
    _say_standing(done, file, as_json)


def approve(
    file: _Policy,
    key: _Key,
    roll_file: _Roll = None,
    approval_file: _Approval = None,
    decisions: _Decisions = None,
    inventory: _Inventory = None,
    passphrase_file: _PassphraseFile = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Approve a policy that somebody else submitted."""
    from agent.cli import officer_desk
    from agent.cli.policy import inventory_of
    from agent.tasks import policy_life

    roll, names = officer_desk.roll(roll_file, file, key), inventory_of(inventory)
    draft = policy_life.read_draft(file, today=_today(), decisions=reclassified(decisions, roll), inventory=names)
    path = approval_file or policy_life.approval_path(file, draft)
    before = policy_life.standing(draft, path, roll, today=_today())
    _must_be_hers(before, names)
    if not as_json:
        _say_draft(draft)
        _say_binding(before)
    officer_desk.must_agree("Approve this, in your name?", yes=yes)
    _say_standing(policy_life.approve(draft, path, officer_desk.pen(key, roll, passphrase_file)), file, as_json)


def _must_be_hers(standing: Standing, names: Inventory | None) -> None:
    """An approver who brings a list of names brings the one the author signed over."""
    from agent.errors import PolicyError

    if names is not None and names.digest() != standing.inventory_sha256:
        signed = f"over the one with digest {standing.inventory_sha256}" if standing.inventory_sha256 else "over none"
        raise PolicyError(
            "A027",
            f"your list of names has digest {names.digest()}, and this was submitted {signed}",
            "agree with the author on one list; she submits again: fieldgate policy submit FILE --inventory NAMES",
            exit_status=1,
        )


def _say_draft(draft: Draft) -> None:
    from agent.core.policy.plain import plain_words

    for line in plain_words(draft.document):
        say(line)
    say("digest")
    say(f"  {draft.sha256}")


def _say_binding(standing: Standing) -> None:
    from agent.core.text import shown

    say(f"submitted by {shown(standing.submitted_by)}, to end on {standing.expires_on}")
    if standing.replaces_sha256:
        say("takes the place of the version with digest")
        say(f"  {standing.replaces_sha256}")
    else:
        say("takes no other version's place: it is the first of its name")
    if standing.inventory_sha256:
        say("signed over the names of the database with digest")
        say(f"  {standing.inventory_sha256}")
    else:
        say("signed over no list of the database's names: they are taken as they are at")
        say("import")


def _say_standing(standing: Standing, file: Path, as_json: bool) -> None:
    from agent.core.text import shown

    if as_json:
        say_json(
            {
                "policy": standing.policy,
                "version": standing.version,
                "sha256": standing.sha256,
                "roll_version": standing.roll_version,
                "expires_on": standing.expires_on,
                "replaces_sha256": standing.replaces_sha256,
                "submitted_by": standing.submitted_by,
                "approved_by": list(standing.approved_by),
                "approvals": len(standing.approved_by),
                "approvals_needed": standing.needed,
                "complete": standing.complete,
                "approval_file": standing.approval_path,
                "inventory_sha256": standing.inventory_sha256,
                "single_officer": standing.single_officer,
            }
        )
        return
    say(f"SIGNED   {len(standing.approved_by)} of {standing.needed} approvals, in {shown(str(standing.approval_path))}")
    say(f"  {standing.sha256}")
    if standing.approved_by:
        alone = " alone" if standing.single_officer else ""
        names = ", ".join(shown(name) for name in standing.approved_by)
        say(f"  approved by {names}{alone}; ends {standing.expires_on}")
    if standing.complete:
        say("Next: send policy and approval file to dealership IT, who run on the server")
        say(f"  fieldgate policy import {shown(str(file))}")
        if standing.inventory_sha256:
            say("  with  --inventory NAMES  unless they keep the same list")
    else:
        say("Next: another officer")
        say(f"  fieldgate policy approve {shown(str(file))} --key KEY")


def reclassified(files: list[Path] | None, roll: Roll) -> frozenset[tuple[str, str]]:
    from agent.core import decision
    from agent.tasks.decision_life import load_standing

    return decision.reclassified((load_standing(file, roll, today=_today()) for file in files or []), _today())


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter("write the day as YYYY-MM-DD", param_hint="--until") from None


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
