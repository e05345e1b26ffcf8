"""`officers`: keys and the officer roll, on an officer's own PC; no agent.yaml, no state, no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json, tell

if TYPE_CHECKING:
    import datetime as dt

    from agent.core.roll import Officer, Roll, WaitingRoll

_Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]
_Roll = Annotated[Path, typer.Option("--roll", help="The roll file.", dir_okay=False)]
_Key = Annotated[Path, typer.Option("--key", help="Your .key file.", dir_okay=False)]
_PassphraseFile = Annotated[Path | None, typer.Option("--passphrase-file", help="First line is the passphrase.")]
_Members = Annotated[list[Path], typer.Option("--member", help="An officer's .officer.json; once for each.")]
_Threshold = Annotated[int | None, typer.Option("--threshold", help="How many must approve.", min=1)]

officers_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Who may approve: keys and the roll.")


def register(app: typer.Typer) -> None:
    app.add_typer(officers_app, name="officers")


@officers_app.command("key")
def make_key(
    name: Annotated[str, typer.Option("--name", help="Your name as it stands on paper.")],
    out: Annotated[Path, typer.Option("--out", help="Writes OUT.key and OUT.officer.json.")],
    passphrase_file: _PassphraseFile = None,
    as_json: _Json = False,
) -> None:
    """Make your key. The .key file stays with you; the .officer.json goes to whoever makes the roll."""
    from agent.cli import officer_desk
    from agent.core.text import shown
    from agent.keys.officer_key import create_officer_key, key_path, public_path

    officer = create_officer_key(out, name, officer_desk.passphrase(passphrase_file, new=True))
    if as_json:
        say_json({"name": officer.name, "kid": officer.kid, "key": key_path(out), "public": public_path(out)})
        return
    say(f"MADE   a key for {shown(officer.name)}")
    say(f"  {key_path(out)}   yours alone; keep it off the server")
    say(f"  {public_path(out)}   send this one to whoever makes the roll")
    say(f"  fingerprint {officer.kid}")
    tell("Next: read the fingerprint to the others on the phone, so they know the key is yours.")


@officers_app.command("list")
def list_officers(roll_file: _Roll, as_json: _Json = False) -> None:
    """Who may approve. Exit 3 while the newest roll waits for signatures."""
    from agent.cli import officer_desk
    from agent.core.roll import read_waiting

    rolls, waiting = read_waiting(officer_desk.read(roll_file))
    if as_json:
        say_json({"roll": _roll_json(rolls[-1]) if rolls else None, "waiting": _waiting_json(waiting)})
    else:
        if rolls:
            _say_roll("IN FORCE", rolls[-1])
        _say_waiting(waiting, roll_file)
    if waiting is not None:
        raise typer.Exit(3)


@officers_app.command("add")
def add_officers(
    members: _Members,
    genesis: Annotated[bool, typer.Option("--genesis", help="The first roll of this dealer.")] = False,
    roll_file: Annotated[Path | None, typer.Option("--roll", help="The roll to add to.")] = None,
    threshold: _Threshold = None,
    single_officer: Annotated[
        bool, typer.Option("--single-officer", help="One person alone; every report and manifest will say so.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write.")] = None,
    as_json: _Json = False,
) -> None:
    """Make the first roll (--genesis), or a new one with more officers. It counts when it is signed."""
    from agent.cli import officer_desk
    from agent.core.officer import read_officer
    from agent.core.roll import genesis as first_roll
    from agent.core.roll import read_roll

    new = [read_officer(officer_desk.read(path)) for path in members]
    if genesis == (roll_file is not None):
        raise typer.BadParameter("give --genesis for the first roll, or --roll for a later one")
    if roll_file is None:
        target = out or Path("roll.json")
        data = first_roll(new, threshold or min(2, len(new)), single_officer=single_officer, made_at=_now())
        _write_new(target, data)
        _told(target, as_json)
        return
    before = read_roll(officer_desk.read(roll_file), None)
    _succeed(before, [*before.officers, *new], threshold, out or _next_name(roll_file, before), as_json)


@officers_app.command("change")
def change_officers(
    roll_file: _Roll,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="A name in the roll; may be repeated.")] = None,
    threshold: _Threshold = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write.")] = None,
    as_json: _Json = False,
) -> None:
    """Make a new roll without somebody, or with another threshold. Past approvals stand; new ones need the new roll."""
    from agent.cli import officer_desk
    from agent.core.officer import same_person
    from agent.core.roll import read_roll

    before = read_roll(officer_desk.read(roll_file), None)
    leaving = {same_person(name) for name in remove or []}
    unknown = leaving - {same_person(o.name) for o in before.officers}
    if unknown:
        raise typer.BadParameter("this name is not in the roll; see `fieldgate officers list`", param_hint="--remove")
    stay = [o for o in before.officers if same_person(o.name) not in leaving]
    _succeed(before, stay, threshold, out or _next_name(roll_file, before), as_json)


@officers_app.command("sign")
def sign_roll(
    roll_file: _Roll,
    key: _Key,
    passphrase_file: _PassphraseFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    as_json: _Json = False,
) -> None:
    """Sign the roll that waits in the file. The first is signed by all, a later one by the threshold before it."""
    from agent.cli import officer_desk
    from agent.core.roll import ROLL_TYP, add_signature, read_waiting
    from agent.errors import PolicyError
    from agent.keys import durable

    data = officer_desk.read(roll_file)
    _, waiting = read_waiting(data)
    if waiting is None:
        raise PolicyError(
            "R005", "this roll already has all the signatures it needs", "see `fieldgate officers list`", exit_status=1
        )
    if not as_json:
        _say_waiting(waiting, roll_file)
    officer_desk.must_agree("May these people approve, from now on?", yes=yes)
    signature = officer_desk.signer(key, passphrase_file).sign(ROLL_TYP, waiting.payload)
    signed = add_signature(data, signature)
    durable.write(roll_file, signed)
    _told(roll_file, as_json)


def _succeed(before: Roll, officers: list[Officer], threshold: int | None, out: Path, as_json: bool) -> None:
    from agent.core.roll import successor

    # A smaller roll takes the threshold along as far as it can still be reached.
    most = len(officers) - 1 if len(officers) > 2 else max(len(officers), 1)
    wanted = threshold or max(min(before.threshold, most), min(2, len(officers)))
    data = successor(before.data, officers, wanted, single_officer=len(officers) == 1, made_at=_now())
    _write_new(out, data)
    _told(out, as_json)


def _told(path: Path, as_json: bool) -> None:
    """What stands in the file now, and whose turn it is."""
    from agent.core.roll import read_waiting

    rolls, waiting = read_waiting(path.read_bytes())
    if as_json:
        roll = _roll_json(rolls[-1]) if rolls else None
        say_json({"file": path, "roll": roll, "waiting": _waiting_json(waiting)})
    elif waiting is None:
        _say_roll("COMPLETE", rolls[-1])
        tell("Next: keep it as your roll.json, and send a copy to dealership IT, who run on the server")
        say(f"  fieldgate officers import {path}")
    else:
        _say_waiting(waiting, path)


def _say_roll(word: str, roll: Roll) -> None:
    say(f"{word}   officer roll version {roll.version}, {_rule(roll)}")
    _say_people(roll.officers)
    say(f"  {roll.sha256}")


def _say_waiting(waiting: WaitingRoll | None, path: Path) -> None:
    if waiting is None:
        return
    from agent.core.text import shown

    done = f"{len(waiting.signed)} of {waiting.needed} signatures"
    say(f"WAITING   officer roll version {waiting.version}, {_rule(waiting)}: {done}")
    _say_people(waiting.officers)
    say(f"  {waiting.sha256}")
    left = ", ".join(shown(o.name) for o in waiting.may_sign if o.name not in waiting.signed)
    say(f"Next: {left}")
    say(f"  fieldgate officers sign --roll {path} --key KEY")


def _say_people(officers: tuple[Officer, ...]) -> None:
    from agent.core.text import shown

    for officer in officers:
        say(f"  {shown(officer.name):<30} {officer.kid}")


def _rule(roll: Roll | WaitingRoll) -> str:
    if len(roll.officers) == 1:
        return "ONE officer approves alone"
    return f"{roll.threshold} of {len(roll.officers)} must approve"


def _roll_json(roll: Roll) -> dict[str, object]:
    return {
        "version": roll.version,
        "officers": [{"name": o.name, "kid": o.kid} for o in roll.officers],
        "threshold": roll.threshold,
        "single_officer": roll.single_officer,
        "sha256": roll.sha256,
    }


def _waiting_json(waiting: WaitingRoll | None) -> dict[str, object] | None:
    if waiting is None:
        return None
    return {
        "version": waiting.version,
        "officers": [{"name": o.name, "kid": o.kid} for o in waiting.officers],
        "threshold": waiting.threshold,
        "sha256": waiting.sha256,
        "signed": list(waiting.signed),
        "needed": waiting.needed,
        "may_sign": [o.name for o in waiting.may_sign if o.name not in waiting.signed],
    }


def _next_name(roll_file: Path, before: Roll) -> Path:
    return roll_file.with_name(f"roll.v{before.version + 1}.json")


def _write_new(path: Path, data: bytes) -> None:
    from agent.core.text import shown
    from agent.errors import PolicyError
    from agent.keys import durable

    try:
        durable.write_new(path, data)
    except FileExistsError:
        raise PolicyError(
            "R009", f"{shown(str(path))} exists already", "choose another name with --out", exit_status=1
        ) from None


def _now() -> dt.datetime:
    import datetime as dt

    return dt.datetime.now(dt.UTC)
