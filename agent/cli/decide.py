"""`decide`: officers' signed answer to a single question. One asks and signs, the others add theirs to the file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json

if TYPE_CHECKING:
    from agent.core.decision import Kind, Question
    from agent.core.quorum import Quorum

_Reason = Annotated[str, typer.Option("--reason", help="Why, so that a stranger understands it in a year.")]
_Until = Annotated[str, typer.Option("--until", help="The day it ends, YYYY-MM-DD.")]
_Key = Annotated[Path, typer.Option("--key", help="Your .key file.", dir_okay=False)]
_Roll = Annotated[Path | None, typer.Option("--roll", help="The officer roll; else roll.json beside KEY.")]
_Out = Annotated[Path | None, typer.Option("--out", help="The file to write.")]
_PassphraseFile = Annotated[Path | None, typer.Option("--passphrase-file", help="First line is the passphrase.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
_Source = Annotated[str, typer.Option("--source", help="The source of agent.yaml.")]

decide_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Decide a single question, signed.")


def register(app: typer.Typer) -> None:
    app.add_typer(decide_app, name="decide")


@decide_app.command("reclassify")
def reclassify(
    table: Annotated[str, typer.Option("--table", help="As the policy names it: dbo.CUSTOMER.")],
    column: Annotated[str, typer.Option("--column")],
    category: Annotated[str, typer.Option("--category", help="What it really holds: email, status, free_text ...")],
    reason: _Reason,
    until: _Until,
    key: _Key,
    source: _Source = "dms",
    roll_file: _Roll = None,
    out: _Out = None,
    passphrase_file: _PassphraseFile = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """A suspected column may be granted. Never one that is forbidden."""
    question = {"source": source, "table": table, "column": column, "category": category}
    _propose("reclassify", question, (reason, until), _Desk(key, roll_file, out, passphrase_file, yes, as_json))


@decide_app.command("wide-account")
def wide_account(
    account: Annotated[str, typer.Option("--account", help="The database account that can read too much.")],
    reason: _Reason,
    until: _Until,
    key: _Key,
    source: _Source = "dms",
    roll_file: _Roll = None,
    out: _Out = None,
    passphrase_file: _PassphraseFile = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Run although the account can read more, for at most 90 days; every manifest says so."""
    question = {"source": source, "account": account}
    _propose("wide-account", question, (reason, until), _Desk(key, roll_file, out, passphrase_file, yes, as_json))


@decide_app.command("release")
def release(
    recipient: Annotated[str, typer.Option("--recipient")],
    hold: Annotated[str, typer.Option("--hold", help="The hold, as `fieldgate status` names it.")],
    reason: _Reason,
    until: _Until,
    key: _Key,
    roll_file: _Roll = None,
    out: _Out = None,
    passphrase_file: _PassphraseFile = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Release a hold."""
    question = {"recipient": recipient, "hold": hold}
    _propose("release", question, (reason, until), _Desk(key, roll_file, out, passphrase_file, yes, as_json))


@decide_app.command("reset")
def reset(
    stream_id: Annotated[str, typer.Option("--stream", help="The stream, as `fieldgate status` names it.")],
    epoch: Annotated[int, typer.Option("--epoch", help="The new epoch.", min=2)],
    reason: _Reason,
    until: _Until,
    key: _Key,
    roll_file: _Roll = None,
    out: _Out = None,
    passphrase_file: _PassphraseFile = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Begin a stream's numbers again, in a new epoch."""
    question = {"stream_id": stream_id, "epoch": str(epoch)}
    _propose("reset", question, (reason, until), _Desk(key, roll_file, out, passphrase_file, yes, as_json))


@decide_app.command("revoke-key")
def revoke_key(
    kid: Annotated[str, typer.Option("--kid", help="The signing key, as `fieldgate batch show` names it.")],
    last_good: Annotated[str, typer.Option("--last-good", help="STREAM=EPOCH/SEQ of each stream, comma between.")],
    reason: _Reason,
    until: _Until,
    key: _Key,
    roll_file: _Roll = None,
    out: _Out = None,
    passphrase_file: _PassphraseFile = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Revoke a signing key: nothing it signed after the last good batch counts."""
    question = {"kid": kid, "last_good": last_good}
    _propose("revoke-key", question, (reason, until), _Desk(key, roll_file, out, passphrase_file, yes, as_json))


@decide_app.command("sign")
def sign(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The decision.", dir_okay=False)],
    key: _Key,
    roll_file: _Roll = None,
    passphrase_file: _PassphraseFile = None,
    yes: _Yes = False,
    as_json: _Json = False,
) -> None:
    """Add your signature to a decision somebody else asked for."""
    from agent.cli import officer_desk
    from agent.tasks import decision_life

    roll = officer_desk.roll(roll_file, file, key)
    asked = decision_life.load(file).decision
    if not as_json:
        _say_question(asked)
    officer_desk.must_agree("Decide this, in your name?", yes=yes)
    pen = officer_desk.pen(key, roll, passphrase_file)
    _say_signed(asked, decision_life.sign(file, asked, pen), file, as_json)


@dataclass(frozen=True)
class _Desk:
    """How the officer signs, which is the same for all four questions."""

    key: Path
    roll_file: Path | None
    out: Path | None
    passphrase_file: Path | None
    yes: bool
    as_json: bool


def _propose(kind: Kind, question: dict[str, str], why: tuple[str, str], desk: _Desk) -> None:
    from agent.cli import officer_desk
    from agent.core.decision import ask, question_sha256
    from agent.tasks import decision_life

    reason, until = why
    roll = officer_desk.roll(desk.roll_file, desk.key)
    asked = ask(kind, question, reason, expires_on=_day(until), roll=roll)
    if not desk.as_json:
        _say_question(asked)
    officer_desk.must_agree("Decide this, in your name?", yes=desk.yes)
    path = desk.out or Path(f"{kind}.{question_sha256(asked)[7:15]}.decision.json")
    quorum = decision_life.propose(asked, path, officer_desk.pen(desk.key, roll, desk.passphrase_file))
    _say_signed(asked, quorum, path, desk.as_json)


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
