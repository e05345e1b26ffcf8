"""What every command about a policy does with its files: read them, tell what is wrong with them, look up the names."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from agent.cli.out import say, say_json

if TYPE_CHECKING:
    from agent.core.inventory import Inventory
    from agent.core.policy.problems import Problem
    from agent.core.policy.reader import Draft

    Found = tuple[Path, bytes, tuple[Problem, ...]]

_READ_MAX = 64 * 1024 + 1  # one byte more than the reader accepts: a huge file is never loaded


class Format(StrEnum):
    text = "text"
    json = "json"
    github = "github"


def today() -> date:
    """A contract ends at the dealer's own midnight."""
    return date.today()  # noqa: DTZ011


def read_bytes(file: Path) -> bytes:
    with file.open("rb") as handle:
        return handle.read(_READ_MAX)


def report(found: list[Found], form: Format) -> None:
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
    report([(file, data, problems)], Format.json if as_json else Format.text)
    raise typer.Exit(1)


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
