"""`fieldgate policy`: check, show and schema work on the file alone; no agent, state or network is needed.

`policy_app` is the group that approve.py adds `submit` and `approve` to.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from agent.cli.out import say, say_json

if TYPE_CHECKING:
    from agent.core.inventory import Inventory
    from agent.core.policy.problems import Problem
    from agent.core.policy.reader import Draft
    from agent.core.policy.request import Request

    _Found = tuple[Path, bytes, tuple[Problem, ...]]

policy_app = typer.Typer(no_args_is_help=True, help="Write, check and sign field policies.")

_FILE = typer.Argument(exists=True, dir_okay=False, readable=True, help="A policy file.")
_READ_MAX = 64 * 1024 + 1  # one byte more than the reader accepts: a huge file is never loaded


class Format(StrEnum):
    text = "text"
    json = "json"
    github = "github"


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
    _report(found, Format.json if as_json else form)
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


def today() -> date:
    """A contract ends at the dealer's own midnight."""
    return date.today()  # noqa: DTZ011


def read_bytes(file: Path) -> bytes:
    with file.open("rb") as handle:
        return handle.read(_READ_MAX)


def _check_all(files: list[Path], inventory: Path | None) -> tuple[list[_Found], bool]:
    from agent.core.policy.check_together import check_together
    from agent.core.policy.checks import Facts, check_file
    from agent.core.policy.problems import errors_in, in_order
    from agent.core.policy.request import check_answer, unchecked_answer

    facts = Facts(today(), inventory_of(inventory))
    found: list[_Found] = []
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


def _report(found: list[_Found], form: Format) -> None:
    from agent.core.policy.problems import as_github, as_json, errors_in, render

    if form is Format.json:
        ok = not any(errors_in(problems) for _, _, problems in found)
        said = [as_json(problem) for _, _, problems in found for problem in problems]
        say_json({"ok": ok, "files": [str(file) for file, _, _ in found], "problems": said})
        return
    for file, data, problems in found:
        for problem in problems:
            if form is Format.github:
                say(as_github(problem))
            else:
                say(render(problem, data.decode("utf-8", "replace")))
                say()
        if form is Format.text:
            say(_verdict(file, problems))


def _verdict(file: Path, problems: tuple[Problem, ...]) -> str:
    from agent.core.policy.problems import MOST_PROBLEMS, errors_in
    from agent.core.text import shown

    errors, name = len(errors_in(problems)), shown(file.name)
    if errors:
        more = " or more" if len(problems) == MOST_PROBLEMS else ""
        many = "problem" if errors == 1 else "problems"
        code = errors_in(problems)[0].code
        return _one_or_two(f"{name}: {errors}{more} {many}.", f"Why: fieldgate policy check --explain {code}")
    noted = f" {len(problems)} to note." if problems else ""
    return _one_or_two(f"{name}: ok, no problems.{noted}", f"Next: fieldgate policy submit {name} --key KEY")


def _one_or_two(verdict: str, then: str) -> str:
    """On one line where 80 columns allow; a command is never broken."""
    together = f"{verdict}   {then}"
    return together if len(together) <= 80 else f"{verdict}\n  {then}"


def draft_of(file: Path, *, as_json: bool) -> Draft:
    from agent.core.policy.reader import read_policy

    data = read_bytes(file)
    read = read_policy(data, file.name)
    if isinstance(read, tuple):
        refuse(file, data, read, as_json=as_json)
    return read


def refuse(file: Path, data: bytes, problems: tuple[Problem, ...], *, as_json: bool = False) -> NoReturn:
    """A file that cannot be read, with everything that is wrong with it."""
    _report([(file, data, problems)], Format.json if as_json else Format.text)
    raise typer.Exit(1)


def request_of(draft: Draft, file: Path) -> Request | None:
    """The request a policy answers, where its file lies in requests/ beside the policy; a wrong signature refuses."""
    from agent.cli.request_origin import read_signed

    if draft.document.answers is None:
        return None
    path = file.parent / "requests" / f"{draft.document.answers.replace('/', '.')}.request.yaml"
    return read_signed(path)[0] if path.is_file() else None


def inventory_of(file: Path | None) -> Inventory | None:
    """The names of the database: the inventory as JSON, or the list a DBA sent (discover --print-query)."""
    if file is None:
        return None
    import datetime as dt

    import msgspec

    from agent.core.inventory import Inventory
    from agent.dms.catalog import read_inventory
    from agent.errors import ConfigError

    data = file.read_bytes()
    try:
        if not data.lstrip().startswith(b"{"):
            return read_inventory(data, "dms", "generic", dt.datetime.now(dt.UTC))
        return msgspec.json.decode(data, type=Inventory)
    except (msgspec.DecodeError, ConfigError):
        raise typer.BadParameter(f"{file.name} is not an inventory; see fieldgate discover --print-query") from None
