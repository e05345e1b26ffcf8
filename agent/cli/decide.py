"""`decide`: officers' signed answer to a single question. One asks and signs, the others add theirs to the file."""

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
    from agent.core.decision import Kind, Question
    from agent.core.quorum import Quorum

_Source = Annotated[str, typer.Option("--source", help="The source of agent.yaml.")]

decide_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Decide a single question, signed.")


@dataclass(frozen=True, kw_only=True)
class _Asked(officer_desk.Hand):
    """What is the same for each question: why, until when, and who signs."""

    reason: Annotated[str, typer.Option("--reason", help="Why, so that a stranger understands it in a year.")]
    until: Annotated[str, typer.Option("--until", help="The day it ends, YYYY-MM-DD.")]
    out: Annotated[Path | None, typer.Option("--out", help="The file to write.")] = None


def register(app: typer.Typer) -> None:
    app.add_typer(decide_app, name="decide")


@decide_app.command("reclassify")
@grouped
def reclassify(
    table: Annotated[str, typer.Option("--table", help="As the policy names it: dbo.CUSTOMER.")],
    column: Annotated[str, typer.Option("--column")],
    category: Annotated[str, typer.Option("--category", help="What it really holds: email, status, free_text ...")],
    asked: _Asked,
    source: _Source = "dms",
) -> None:
    """A suspected column may be granted. Never one that is forbidden."""
    question = {"source": source, "table": table, "column": column, "category": category}
    _propose("reclassify", question, asked)


@decide_app.command("wide-account")
@grouped
def wide_account(
    account: Annotated[str, typer.Option("--account", help="The database account that can read too much.")],
    asked: _Asked,
    source: _Source = "dms",
) -> None:
    """Run although the account can read more, for at most 90 days; every manifest says so."""
    question = {"source": source, "account": account}
    _propose("wide-account", question, asked)


@decide_app.command("release")
@grouped
def release(
    recipient: Annotated[str, typer.Option("--recipient")],
    hold: Annotated[str, typer.Option("--hold", help="The hold, as `fieldgate status` names it.")],
    asked: _Asked,
) -> None:
    """Release a hold."""
    question = {"recipient": recipient, "hold": hold}
    _propose("release", question, asked)


@decide_app.command("reset")
@grouped
def reset(
    stream_id: Annotated[str, typer.Option("--stream", help="The stream, as `fieldgate status` names it.")],
    epoch: Annotated[int, typer.Option("--epoch", help="The new epoch.", min=2)],
    asked: _Asked,
) -> None:
    """Begin a stream's numbers again, in a new epoch."""
    question = {"stream_id": stream_id, "epoch": str(epoch)}
    _propose("reset", question, asked)


@decide_app.command("revoke-key")
@grouped
def revoke_key(
    kid: Annotated[str, typer.Option("--kid", help="The signing key, as `fieldgate batch show` names it.")],
    last_good: Annotated[str, typer.Option("--last-good", help="STREAM=EPOCH/SEQ of each stream, comma between.")],
    asked: _Asked,
) -> None:
    """Revoke a signing key: nothing it signed after the last good batch counts."""
    question = {"kid": kid, "last_good": last_good}
    _propose("revoke-key", question, asked)


@decide_app.command("offboard")
@grouped
def offboard(
    instance: Annotated[str, typer.Option("--instance", help="The agent, as `fieldgate offboard` names it.")],
    asked: _Asked,
    retract: Annotated[bool, typer.Option("--retract", help="Every OEM is asked to delete all it was sent.")] = False,
    hand_over: Annotated[bool, typer.Option("--hand-over", help="The OEMs keep what their contract says.")] = False,
) -> None:
    """Leave for good: all policies end, and the keys are destroyed."""
    if retract == hand_over:
        raise typer.BadParameter("say either --retract or --hand-over; the contract says which")
    _propose("offboard", {"instance": instance, "way": "retract" if retract else "hand-over"}, asked)


@decide_app.command("sign")
@grouped
def sign(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The decision.", dir_okay=False)],
    hand: officer_desk.Hand,
) -> None:
    """Add your signature to a decision somebody else asked for."""
    from agent.tasks import decision_life

    roll = hand.roll(file)
    asked = decision_life.load(file).decision
    if not hand.as_json:
        _say_question(asked)
    officer_desk.must_agree("Decide this, in your name?", yes=hand.yes)
    _say_signed(asked, decision_life.sign(file, asked, hand.pen(roll)), file, hand.as_json)


def _propose(kind: Kind, question: dict[str, str], given: _Asked) -> None:
    from agent.core.decision import ask, question_sha256
    from agent.tasks import decision_life

    roll = given.roll()
    asked = ask(kind, question, given.reason, expires_on=_day(given.until), roll=roll)
    if not given.as_json:
        _say_question(asked)
    officer_desk.must_agree("Decide this, in your name?", yes=given.yes)
    path = given.out or Path(f"{kind}.{question_sha256(asked)[7:15]}.decision.json")
    quorum = decision_life.propose(asked, path, given.pen(roll))
    _say_signed(asked, quorum, path, given.as_json)


def _say_question(asked: Question) -> None:
    from agent.core.text import shown

    say(f"TO DECIDE   {asked.kind}, until {asked.expires_on}")
    for name, value in asked.question.items():
        say(f"  {name:<10} {shown(value)}")
    say(f"  {'because':<10} {shown(asked.reason, 500)}")


def _say_signed(asked: Question, quorum: Quorum, path: Path, as_json: bool) -> None:
    from agent.core.decision import question_sha256
    from agent.core.text import shown

    digest = question_sha256(asked)
    if as_json:
        say_json(
            {
                "kind": asked.kind,
                "question": asked.question,
                "expires_on": asked.expires_on,
                "sha256": digest,
                "decided_by": [o.name for o in quorum.counted],
                "signatures": len(quorum.counted),
                "signatures_needed": quorum.needed,
                "complete": quorum.complete,
                "file": path,
            }
        )
        return
    say(f"SIGNED   {len(quorum.counted)} of {quorum.needed} signatures, in {shown(str(path))}")
    say(f"  {digest}")
    if quorum.complete:
        say("Next: send it to dealership IT, who run on the server")
        say(f"  fieldgate decide import {shown(str(path))}")
    else:
        say("Next: another officer")
        say(f"  fieldgate decide sign {shown(str(path))} --key KEY")


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write the day as YYYY-MM-DD", param_hint="--until") from None
