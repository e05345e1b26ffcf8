"""`policy show`: a policy in plain words, as a page to print, or as the notice for customers at the counter."""

from __future__ import annotations

import textwrap
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json

if TYPE_CHECKING:
    from agent.core.policy.reader import Draft
    from agent.core.policy.request import Answer


class Reader(StrEnum):
    officers = "officers"
    customers = "customers"


def register(policy_app: typer.Typer) -> None:
    policy_app.command("show")(show)


def show(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A policy file.")],
    as_html: Annotated[bool, typer.Option("--html", help="A page to print; it loads nothing from anywhere.")] = False,
    reader: Annotated[
        Reader, typer.Option("--for", help="customers: the notice text for the counter.")
    ] = Reader.officers,
    inventory: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="With --html: also what is not asked for.")
    ] = None,
    roll_file: Annotated[
        Path | None, typer.Option("--roll", help="The officer roll; else roll.json beside FILE: who has approved it.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write it there instead of the screen.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The policy as plain values.")] = False,
) -> None:
    """A policy in plain words: what leaves, about whom, when it stays."""
    from agent.cli.policy_files import draft_of, inventory_of
    from agent.cli.request_origin import request_of
    from agent.core.policy.request import answer_to
    from agent.tasks.policy_page import customer_page, policy_page

    draft = draft_of(file, as_json=as_json)
    request = request_of(draft, file)
    answer = answer_to(request, [draft.document]) if request else None
    signed = _signed(draft, file, roll_file)
    if as_json:
        facts = {"policy": draft.name, "version": draft.version, "sha256": draft.sha256}
        say_json({**facts, "datasets": _sent(draft), "approvals": list(signed)})
        return
    if as_html and reader is Reader.customers:
        text = customer_page(draft.document)
    elif as_html:
        text = policy_page(draft, answer, inventory_of(inventory), signed)
    else:
        text = "\n".join(_notice(draft) if reader is Reader.customers else _plain(draft, answer, signed)) + "\n"
    _put(text, out)


def _sent(draft: Draft) -> dict[str, list[str]]:
    return {name: list(dataset.send) for name, dataset in draft.document.datasets.items()}


def _plain(draft: Draft, answer: Answer | None, signed: tuple[str, ...]) -> list[str]:
    from agent.core.policy.plain import plain_words

    said = [line for one in signed for line in textwrap.wrap(one, 78, initial_indent="  ", subsequent_indent="    ")]
    return [*plain_words(draft.document, answer), "", "SIGNED", *said, "", "digest", f"  {draft.sha256}"]


def _signed(draft: Draft, file: Path, roll_file: Path | None) -> tuple[str, ...]:
    """Who has approved these bytes, by the approval file and the roll beside them; it never stops anybody reading."""
    from agent.cli import officer_desk
    from agent.cli.policy_files import today
    from agent.core.text import shown
    from agent.errors import PolicyError
    from agent.tasks import policy_life

    path = policy_life.approval_path(file, draft)
    if roll_file is None and not (file.parent / "roll.json").is_file():
        return ("there is no officer roll beside this file, so nobody can say who has approved it",)
    try:
        roll = officer_desk.roll(roll_file, file)
    except PolicyError as error:
        return (f"the officer roll does not hold: {error.what}",)
    try:
        found = policy_life.standing(draft, path, roll, today=today())
    except PolicyError:
        return (f"0 of {roll.threshold} approvals of these bytes",)
    names = ", ".join(shown(name) for name in found.approved_by) or "nobody yet"
    said = f"{len(found.approved_by)} of {found.needed} approvals, by {names}; submitted by {shown(found.submitted_by)}"
    alone = ("one officer alone approves here: nobody else has looked",) if found.single_officer else ()
    names_of = (f"over the database's names {found.inventory_sha256}",) if found.inventory_sha256 else ()
    return (f"{said}, to end on {found.expires_on}", *alone, *names_of)


def _notice(draft: Draft) -> list[str]:
    from agent.core.policy.notice import notice
    from agent.core.text import shown

    lines = ["WHAT WE SHARE ABOUT YOU, AND WHAT WE NEVER DO"]
    for head, text in notice(draft.document):
        lines += ["", head, *textwrap.wrap(shown(text, 2000), 76, initial_indent="  ", subsequent_indent="  ")]
    return lines


def _put(text: str, out: Path | None) -> None:
    from agent.core.text import shown
    from agent.errors import PolicyError
    from agent.keys import durable

    if out is None:
        for line in text.splitlines():
            say(line)
        return
    try:
        durable.write_new(out, text.encode())
    except FileExistsError:
        raise PolicyError(
            "A033", f"{shown(str(out))} exists already", "choose another name with --out", exit_status=1
        ) from None
    say(f"WRITTEN   {shown(str(out))}")
