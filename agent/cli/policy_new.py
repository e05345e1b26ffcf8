"""`policy new`: a first draft, from a recipient's request or from a purpose's template. It can never be approved as it
is: its dates are long past, and what only people know says FILL_IN."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json

if TYPE_CHECKING:
    from agent.core.policy.drafting import Proposal


def register(policy_app: typer.Typer) -> None:
    policy_app.command("new")(new)


def new(
    request_file: Annotated[
        Path, typer.Option("--for", metavar="REQUEST", exists=True, dir_okay=False, help="The request it answers.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The file to write; an existing one is never touched.")],
    inventory: Annotated[
        Path | None, typer.Option("--inventory", exists=True, dir_okay=False, help="The names the DBA sent.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Draft a policy that grants nothing beyond a request; doubtful columns stand in comments, with the reason."""
    from agent.cli.policy_files import inventory_of
    from agent.cli.request_origin import read_signed, say_origin
    from agent.core.policy.drafting import draft_for, propose
    from agent.core.text import shown
    from agent.errors import PolicyError
    from agent.keys import durable

    request, origin = read_signed(request_file)
    names = inventory_of(inventory)
    data = draft_for(request, names)
    if data is None:
        raise PolicyError(
            "A034",
            f"not one of the {len(request.fields)} fields could be matched to a plain column",
            "begin from field_policies/templates, or give the DBA's list with --inventory",
            exit_status=1,
        )
    try:
        durable.write_new(out, data)
    except FileExistsError:
        raise PolicyError(
            "A033", f"{shown(str(out))} exists already", "choose another name with --out", exit_status=1
        ) from None
    proposals = propose(request, names)
    if as_json:
        told = [{"field": p.field.name, "table": p.table, "column": p.column, "doubt": p.doubt} for p in proposals]
        say_json({"file": out, "request": request.cited_as, "fields": told})
        return
    say_origin(origin, request_file)
    _say(proposals)
    say(f"DRAFTED   {shown(str(out))}")
    say(f"Next: fill it in, then: fieldgate policy check {shown(str(out))}")


def _say(proposals: tuple[Proposal, ...]) -> None:
    from agent.core.text import shown

    proposed = [one for one in proposals if not one.doubt]
    say(f"{len(proposed)} of {len(proposals)} fields are proposed")
    for one in proposed:
        say(f"  + {one.field.name:<28} {shown(one.column, 30):<20} {shown(one.table, 30)}"[:80].rstrip())
    for one in proposals:
        if one.doubt:
            say(f"  ? {one.field.name:<28} {shown(one.doubt, 200)}"[:80].rstrip())
