"""`discover --draft-policy`: drafts for a request or for the purposes' templates, with the columns just found.

One code with `policy new`. A draft grants nothing beyond what it is for, and an existing file is never touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.out import say

if TYPE_CHECKING:
    from agent.core.inventory import Inventory
    from agent.core.policy.request import Request


@dataclass(frozen=True, slots=True)
class Written:
    """One draft. `file` is empty where not a single field could be matched to a plain column."""

    purpose: str
    file: str
    proposed: tuple[str, ...]
    doubtful: tuple[str, ...]


def write_drafts(inventory: Inventory, wanted: str | None) -> list[Written]:
    """For `wanted`, a request's file or a purpose; else one for each purpose. Files in the folder one stands in."""
    return [_write(request, inventory) for request in _requests(wanted)]


def say_drafts(drafts: Sequence[Written]) -> None:
    from agent.core.text import shown

    for draft in drafts:
        count = f"{len(draft.proposed)} of {len(draft.proposed) + len(draft.doubtful)} fields"
        if draft.file:
            say(f"\nDRAFTED   {shown(draft.file, 66)}")
            say(f"          {draft.purpose}, {count}; nothing beyond what it is for")
        else:
            say(f"\nNO DRAFT  {draft.purpose}: no plain column is called like one of its {len(draft.doubtful)} fields")
    if any(draft.file for draft in drafts):
        say("Next: fill one in, then: fieldgate policy check FILE")


def _write(request: Request, inventory: Inventory) -> Written:
    from agent.core.policy.drafting import draft_for, propose, purpose_of
    from agent.core.text import shown
    from agent.errors import PolicyError
    from agent.keys import durable

    proposals = propose(request, inventory)
    proposed = tuple(one.field.name for one in proposals if not one.doubt)
    doubtful = tuple(one.field.name for one in proposals if one.doubt)
    purpose = purpose_of(request)
    data = draft_for(request, inventory)
    if data is None:
        return Written(purpose, "", proposed, doubtful)
    file = Path(f"draft-{(request.name or purpose).replace('.', '-').replace('_', '-')}.yaml")
    try:
        durable.write_new(file, data)
    except FileExistsError:
        raise PolicyError(
            "A033", f"{shown(str(file))} exists already", "move it away, or go to another folder", exit_status=1
        ) from None
    return Written(purpose, str(file), proposed, doubtful)


def _requests(wanted: str | None) -> list[Request]:
    from agent.cli.request_origin import read_signed
    from agent.core.policy.reader import Draft, read_policy
    from agent.core.policy.template import wishes_of
    from agent.errors import PolicyError

    if wanted and Path(wanted).is_file():
        return [read_signed(Path(wanted))[0]]
    found = []
    for path in sorted(_templates().glob("*.yaml")):
        if wanted in (None, path.stem):
            draft = read_policy(path.read_bytes(), path.name)
            found += [wishes_of(draft)] if isinstance(draft, Draft) else []
    if not found:
        raise PolicyError(
            "A032",
            "--for names neither a request's file nor a purpose with a template",
            "a purpose is one of " + ", ".join(sorted(path.stem for path in _templates().glob("*.yaml"))),
            exit_status=1,
        )
    return found


def _templates() -> Path:
    """Inside an installed package; beside it in a checkout."""
    import agent

    inside = Path(agent.__file__).parent
    packed = inside / "field_policies" / "templates"
    return packed if packed.is_dir() else inside.parent / "field_policies" / "templates"
