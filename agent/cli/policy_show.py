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
    out: Annotated[Path | None, typer.Option("--out", help="Write it there instead of the screen.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The policy as plain values.")] = False,
) -> None:
    """A policy in plain words: what leaves, about whom, when it stays."""
    from agent.cli.policy import draft_of, inventory_of, request_of
    from agent.core.policy.request import answer_to
    from agent.tasks.policy_page import customer_page, policy_page

    draft = draft_of(file, as_json=as_json)
    request = request_of(draft, file)
    answer = answer_to(request, [draft.document]) if request else None
    if as_json:
        say_json({"policy": draft.name, "version": draft.version, "sha256": draft.sha256, "datasets": _sent(draft)})
        return
    if as_html and reader is Reader.customers:
        text = customer_page(draft.document)
    elif as_html:
        text = policy_page(draft, answer, inventory_of(inventory))
    else:
        text = "\n".join(_notice(draft) if reader is Reader.customers else _plain(draft, answer)) + "\n"
    _put(text, out)


def _sent(draft: Draft) -> dict[str, list[str]]:
    return {name: list(dataset.send) for name, dataset in draft.document.datasets.items()}


def _plain(draft: Draft, answer: Answer | None) -> list[str]:
    from agent.core.policy.plain import plain_words

    return [*plain_words(draft.document, answer), "", "digest", f"  {draft.sha256}"]


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
