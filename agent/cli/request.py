"""`request`: what the recipient asks for, what it asks for more than before, and the dealer's signed answer."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import request_origin
from agent.cli.out import say, say_json
from agent.cli.request_origin import origin_json, read_signed, say_origin

if TYPE_CHECKING:
    from agent.core.policy.answer import Answer
    from agent.core.policy.origin import Origin
    from agent.core.policy.request import Request

_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A request file.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]

request_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What the car maker asks for, and our answer."
)


def register(app: typer.Typer) -> None:
    request_origin.register(request_app)
    app.add_typer(request_app, name="request")


@request_app.command("show")
def show(file: _File, as_json: _Json = False) -> None:
    """A request in plain words; a field that no policy can send is marked at once."""
    from agent.core.classify import classify
    from agent.core.text import shown

    request, origin = read_signed(file)
    verdicts = {field.name: classify(field.name) for field in request.fields}
    never = [name for name, verdict in verdicts.items() if verdict.verdict == "forbidden"]
    if as_json:
        fields = [
            {"name": f.name, "meaning": f.meaning, "need": f.need, "purpose": f.purpose, "never": f.name in never}
            for f in request.fields
        ]
        say_json(
            {"request": request.cited_as, "sha256": request.sha256, "fields": fields, "origin": origin_json(origin)}
        )
        return
    say(f"{request.cited_as}   asked on {request.asked_on}")
    say_origin(origin, file)
    _wrap("", request.title)
    required = sum(field.need == "required" for field in request.fields)
    say(f"{len(request.fields)} fields, {required} of them required; {len(never)} can never be sent")
    say()
    for field in request.fields:
        mark = "NEVER" if field.name in never else ""
        head = f"  {field.name:<28} {field.need:<9}{mark:<6}"
        _wrap(head, f"{shown(field.meaning, 200)}, for {field.purpose.replace('_', ' ')}")
    say()
    say("digest")
    say(f"  {request.sha256}")


@request_app.command("diff")
def diff(old: _File, new: _File, as_json: _Json = False) -> None:
    """What the recipient asks for more, and less, than in its request before. Exit 3 where it asks for more."""
    from agent.core.policy.appetite import appetite

    (before, was_by), (after, is_by) = read_signed(old), read_signed(new)
    found = appetite(before, after)
    if as_json:
        say_json(
            {
                "old": before.cited_as,
                "new": after.cited_as,
                "asked": [field.name for field in found.asked],
                "dropped": [field.name for field in found.dropped],
                "changed": [{"field": name, "says": says} for name, says in found.changed],
                "more": found.hungrier,
                "origins": [origin_json(was_by), origin_json(is_by)],
            }
        )
    else:
        say(f"{before.cited_as}  ->  {after.cited_as}   {len(before.fields)} -> {len(after.fields)} fields")
        say_origin(is_by, new)
        for field in found.asked:
            _wrap(
                f"  + {field.name:<28} ",
                f"{field.need}: {field.meaning}, for {field.purpose.replace('_', ' ')}{_never(field.name)}",
            )
        for field in found.dropped:
            _wrap(f"  - {field.name:<28} ", "no longer asked for")
        for name, says in found.changed:
            _wrap(f"  ~ {name:<28} ", says)
        if not (found.asked or found.dropped or found.changed):
            say("  the same fields, needs, types and purposes")
    raise typer.Exit(3 if found.hungrier else 0)


@request_app.command("answer")
def answer(
    request_file: Annotated[Path, typer.Argument(metavar="REQUEST", exists=True, dir_okay=False, readable=True)],
    policies: Annotated[list[Path], typer.Argument(metavar="POLICY...", exists=True, dir_okay=False, readable=True)],
    key: Annotated[Path | None, typer.Option("--key", help="Your .key file; without it nothing is signed.")] = None,
    roll_file: Annotated[
        Path | None, typer.Option("--roll", help="The roll; else roll.json beside POLICY or KEY.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Else REQUEST.answer.json beside the first policy.")] = None,
    decisions: Annotated[list[Path] | None, typer.Option("--decision", help="A signed reclassification.")] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", help="First line is the passphrase.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    as_json: _Json = False,
) -> None:
    """Answer each field of a request: sent, declined with the reason, never with the rule. Signed: Schedule A."""
    import datetime as dt

    from agent.cli import officer_desk
    from agent.cli.approve import reclassified
    from agent.cli.policy_files import today
    from agent.core.policy.answer import make_answer
    from agent.core.text import shown
    from agent.tasks.policy_life import read_draft
    from agent.tasks.request_answer import schedule_path, sign_answer

    request, origin = read_signed(request_file)
    roll = officer_desk.roll(roll_file, policies[0], *([key] if key else [])) if key or decisions else None
    allowed = reclassified(decisions, roll) if roll else frozenset()
    drafts = [read_draft(file, today=today(), decisions=allowed) for file in policies]
    made = make_answer(request, drafts, dt.datetime.now(dt.UTC), origin=origin, roll=roll if key else None)
    path = out or policies[0].with_name(f"{request.name}.answer.json")
    if not as_json:
        _say_answer(request, origin, request_file, made)
    signed_by = None
    if key is not None and roll is not None:
        officer_desk.must_agree("Give this answer, in the dealer's name?", yes=yes)
        signed_by = sign_answer(made, path, officer_desk.pen(key, roll, passphrase_file))
    if as_json:
        lines = [{"name": f.name, "standing": f.standing, "reason": f.reason, "rule": f.rule} for f in made.fields]
        signed = {"signed_by": signed_by, "file": path if signed_by else None, "origin": origin_json(origin)}
        counts = {"counts": made.counts, "required": made.required}
        say_json({"request": request.cited_as, "fields": lines, **counts, **signed})
    elif signed_by:
        say(f"SIGNED   by {shown(signed_by)}, in {shown(str(path))}")
        say(f"Schedule A of the contract, to print: {shown(schedule_path(path).name)}")
        say("Next: send both to the recipient, who checks the signed one with")
        say(f"  fieldgate request verify {shown(path.name)} --officer OFFICER.officer.json")
    else:
        say("Not signed.   Next: the same with --key KEY")


@request_app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(metavar="ANSWER", exists=True, dir_okay=False, help="X.answer.json.")],
    officers: Annotated[
        list[Path] | None, typer.Option("--officer", help="An officer's public file; compare its key on the phone.")
    ] = None,
    roll_file: Annotated[Path | None, typer.Option("--roll", help="The dealer's officer roll.")] = None,
    as_json: _Json = False,
) -> None:
    """For whoever received an answer: is it what an officer of the dealer signed?"""
    from agent.cli import officer_desk
    from agent.core.officer import read_officer
    from agent.core.policy.answer import read_answer
    from agent.core.policy.schedule import answer_sha256
    from agent.core.text import shown

    known = [read_officer(officer_desk.read(path)) for path in officers or []]
    if roll_file or not known:
        known += officer_desk.roll(roll_file, file).officers
    made, signer = read_answer(officer_desk.read(file), {one.kid: one.jwk for one in known})
    if as_json:
        say_json({"ok": True, "signed_by": signer, "sha256": answer_sha256(made), "counts": made.counts})
        return
    say(f"OK   signed by {shown(signer)}, on {made.answered_at:%Y-%m-%d}")
    say(f"  {answer_sha256(made)}")
    say("  " + _counted(made.counts))
    say("  of the fields asked for as required: " + _counted(made.required))
    if made.single_officer:
        say("  one officer alone: nobody else of this dealer has approved")


def _counted(counts: dict[str, int]) -> str:
    return f"{counts['asked']} asked, " + ", ".join(f"{counts[one]} {one}" for one in ("sent", "declined", "never"))


def _say_answer(request: Request, origin: Origin, file: Path, made: Answer) -> None:
    from agent.core.text import shown

    say(f"{request.cited_as}   {made.counts['asked']} fields asked for")
    say_origin(origin, file)
    say()
    sent = [field for field in made.fields if field.standing == "sent"]
    _wrap(f"  {len(sent):>3} SENT       ", ", ".join(field.name for field in sent))
    for standing in ("declined", "never"):
        mine = [field for field in made.fields if field.standing == standing]
        say(f"  {len(mine):>3} {standing.upper()}")
        for field in mine:
            rule = f" (rule {field.rule})" if field.rule else ""
            _wrap(f"        {field.name:<28} ", f"{shown(field.reason, 300)}{rule}")
    say("  Of the fields asked for as required: " + _counted(made.required))
    say()
    for policy in made.policies:
        say(f"By policy {policy.policy} v{policy.version}")
        say(f"  {policy.sha256}")


def _never(name: str) -> str:
    from agent.core.classify import classify

    return "; can NEVER be sent" if classify(name).verdict == "forbidden" else ""


def _wrap(head: str, text: str) -> None:
    from agent.core.text import shown

    for number, line in enumerate(textwrap.wrap(shown(text, 600), max(80 - len(head), 24)) or [""]):
        say(((head if number == 0 else " " * len(head)) + line).rstrip())
