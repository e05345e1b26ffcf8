"""`fieldgate policy`: check, show and schema work on the file alone; no agent, state or network is needed.

`policy_app` is the group that approve.py adds `submit` and `approve` to.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.policy_files import Format, draft_of, inventory_of, read_bytes, report, today

if TYPE_CHECKING:
    from agent.cli.policy_files import Found

policy_app = typer.Typer(no_args_is_help=True, help="Write, check and sign field policies.")

_FILE = typer.Argument(exists=True, dir_okay=False, readable=True, help="A policy file.")


def register(app: typer.Typer) -> None:
    from agent.cli import policy_diff, policy_life, policy_new, policy_show, policy_test

    for part in (policy_show, policy_new, policy_test, policy_diff, policy_life):
        part.register(policy_app)
    app.add_typer(policy_app, name="policy")


@policy_app.command("check")
def check(
    files: Annotated[list[Path] | None, _FILE] = None,
    explain: Annotated[str | None, typer.Option(metavar="CODE", help="Tell the long story of a code.")] = None,
    form: Annotated[Format, typer.Option("--format", help="text, json, or github for annotations.")] = Format.text,
    inventory: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Names in the database, from discover.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Every problem of a policy at once, each with its place and the way out."""
    if explain is not None:
        _explain(explain, as_json=as_json)
        return
    if not files:
        raise typer.BadParameter("name a policy file, or a code with --explain")
    found, ok = _check_all(files, inventory)
    report(found, Format.json if as_json else form)
    raise typer.Exit(0 if ok else 1)


@policy_app.command("schema")
def schema(
    file: Annotated[Path, _FILE],
    as_json: Annotated[bool, typer.Option("--json", help="The output is JSON in any case.")] = False,
) -> None:
    """What the records of each dataset may hold, as JSON Schema draft-07."""
    from agent.core.policy.compile import datasets_of
    from agent.core.policy.schemas import record_schema

    draft = draft_of(file, as_json=as_json)
    say_json({dataset.name: record_schema(dataset) for dataset in datasets_of(draft.document)})


def _explain(code: str, *, as_json: bool) -> None:
    from agent.core.policy.problems import explain as story_of

    story = story_of(code)
    if story is None:
        raise typer.BadParameter(f"there is no code {code[:12]!r}; codes look like P011")
    if as_json:
        say_json({"code": code.upper(), "story": story})
    else:
        say(story)


def _check_all(files: list[Path], inventory: Path | None) -> tuple[list[Found], bool]:
    from agent.cli.request_origin import request_of
    from agent.core.policy.check_together import check_together
    from agent.core.policy.checks import Facts, check_file
    from agent.core.policy.problems import errors_in, in_order
    from agent.core.policy.request import check_answer, unchecked_answer

    facts = Facts(today(), inventory_of(inventory))
    found: list[Found] = []
    drafts = []
    for file in files:
        data = read_bytes(file)
        checked = check_file(data, file.name, facts)
        problems = list(checked.problems)
        if checked.draft is not None:
            request = request_of(checked.draft, file)
            problems += check_answer(checked.draft, request) if request else unchecked_answer(checked.draft)
            drafts.append(checked.draft)
        found.append((file, data, in_order(problems)))
    beside = check_together(drafts)
    found = [(f, d, in_order([*ps, *(p for p in beside if p.file == f.name)])) for f, d, ps in found]
    return found, not any(errors_in(problems) for _, _, problems in found)
