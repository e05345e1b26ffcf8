"""`policy submit` and `policy approve`: an officer's signature over exact bytes, after she saw what they let leave."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import officer_desk
from agent.cli.grouped import grouped
from agent.cli.out import say, say_json

if TYPE_CHECKING:
    from agent.core.inventory import Inventory
    from agent.core.policy.reader import Draft
    from agent.core.roll import Roll
    from agent.tasks.policy_life import Standing

_Policy = Annotated[Path, typer.Argument(metavar="FILE", help="The policy.", dir_okay=False)]


@dataclass(frozen=True, kw_only=True)
class _Beside:
    """What lies beside a policy when it is signed."""

    approval_file: Annotated[
        Path | None, typer.Option("--approval", help="Else NAME.vN.approval.json beside FILE.")
    ] = None
    decisions: Annotated[
        list[Path] | None,
        typer.Option("--decision", help="A signed reclassification the policy needs; may be repeated."),
    ] = None
    inventory: Annotated[
        Path | None,
        typer.Option("--inventory", exists=True, dir_okay=False, help="The names the database has, from the DBA."),
    ] = None


def register(policy_app: typer.Typer) -> None:
    policy_app.command("submit")(submit)
    policy_app.command("approve")(approve)


@grouped
def submit(
    file: _Policy,
    hand: officer_desk.Hand,
    beside: _Beside,
    replaces: Annotated[
        Path | None, typer.Option("--replaces", help="The version in force, where there is one.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="YYYY-MM-DD; else the contract's end, at most a year.")
    ] = None,
) -> None:
    """Sign a policy as its author; the others approve it then."""
    from agent.tasks import policy_life

    roll, draft, names, path = _read(file, hand, beside)
    old = policy_life.load_replaced(replaces) if replaces else None
    if not hand.as_json:
        _say_draft(draft)
    officer_desk.must_agree("Submit this for approval, in your name?", yes=hand.yes)
    done = policy_life.submit(draft, path, hand.pen(roll), replaces=old, until=_day(until), inventory=names)
    _say_standing(done, file, hand.as_json)


@grouped
def approve(file: _Policy, hand: officer_desk.Hand, beside: _Beside) -> None:
    """Approve a policy that somebody else submitted."""
    from agent.tasks import policy_life

    roll, draft, names, path = _read(file, hand, beside)
    before = policy_life.standing(draft, path, roll, today=_today())
    _must_be_hers(before, names)
    if not hand.as_json:
        _say_draft(draft)
        _say_binding(before)
    officer_desk.must_agree("Approve this, in your name?", yes=hand.yes)
    _say_standing(policy_life.approve(draft, path, hand.pen(roll)), file, hand.as_json)


def _read(file: Path, hand: officer_desk.Hand, beside: _Beside) -> tuple[Roll, Draft, Inventory | None, Path]:
    from agent.cli.policy_files import inventory_of
    from agent.tasks import policy_life

    roll, names = hand.roll(file), inventory_of(beside.inventory)
    allowed = reclassified(beside.decisions, roll)
    draft = policy_life.read_draft(file, today=_today(), decisions=allowed, inventory=names)
    return roll, draft, names, beside.approval_file or policy_life.approval_path(file, draft)


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
