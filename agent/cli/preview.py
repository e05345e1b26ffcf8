"""`preview`: what would be sent, masked, with the SQL and the columns that stay. Nothing leaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk, now

if TYPE_CHECKING:
    from agent.tasks.preview import DatasetPreview

_SAY = "show values"


def register(app: typer.Typer) -> None:
    app.command("preview")(preview)


def preview(
    config: Config = DEFAULT,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Unmasked; asks you to type that you mean it, and is audited.")
    ] = False,
    draft: Annotated[
        Path | None, typer.Option("--draft", help="A policy nobody has approved, on made-up rows.", exists=True)
    ] = None,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Made-up rows; nothing is connected.")] = False,
    as_json: Json = False,
) -> None:
    """What would be sent, masked, from the first rows of each dataset."""
    from dataclasses import asdict

    from agent.service.supervisor import ReaderChild
    from agent.tasks import preview as task

    if draft is not None or synthetic:
        _made_up(draft, config, as_json=as_json)
        return
    if show_values and typer.prompt(f"Customers' data will be on this screen. Type `{_SAY}` to go on") != _SAY:
        raise typer.Exit(1)
    with desk(config) as opened, ReaderChild() as reader:
        found = []
        for one in task.preview(opened, reader, show_values=show_values):
            found.append(one)
            if not as_json:
                _say(one)
    if as_json:
        say_json({"datasets": [asdict(one) for one in found]})
        return
    say("Nothing was stored and nothing left.")


def _made_up(draft: Path | None, config: Path, *, as_json: bool) -> None:
    """Rows of people who do not exist. A draft is never shown on real ones: nobody has approved that they are read."""
    from dataclasses import asdict

    from agent import config as settings
    from agent.dms.dialects import DIALECTS
    from agent.tasks.permission import policies_in_force
    from agent.tasks.synthetic import preview_draft, preview_policy

    sources = settings.load(config).sources if config.is_file() else {}
    dialect = DIALECTS[next((one.dialect for one in sources.values()), "sqlserver")]
    if draft is not None:
        found = list(preview_draft(draft, dialect, now().date()))
    else:
        with desk(config) as opened:
            policies = policies_in_force(opened).policies
        found = [one for policy in policies for one in preview_policy(policy, dialect, now().date())]
    if as_json:
        say_json({"synthetic": True, "datasets": [asdict(one) for one in found]})
        return
    say("SYNTHETIC   Every value below is made up. No database was asked.")
    for one in found:
        _say(one)
    say("SYNTHETIC   Nothing was read, nothing was stored and nothing left.")


def _say(one: DatasetPreview) -> None:
    from agent.core.text import shown

    of = f"{one.rows} made-up rows, SYNTHETIC" if one.synthetic else f"the first {one.rows} rows"
    say(f"WOULD SEND   {one.dataset}, store {one.store}: {one.records} of {of}")
    say(f"  {'field':<28} {'filled':>6}  {'sample':<26} category")
    for field in one.fields:
        say(f"  {field.name:<28} {field.filled:>5}%  {shown(field.sample, 26):<26} {field.category}")
    if not one.synthetic:
        say(f"WOULD NOT SEND   {len(one.never) + len(one.not_sent)} other columns of the table")
    for title, names in (("nonpublic, never", one.never), ("not in your policy", one.not_sent)):
        if names:
            for line in _wrapped(f"{title}: " + ", ".join(shown(name) for name in names)):
                say(f"  {line}")
    say(f"SQL that {'would run' if one.synthetic else 'ran'} (only these columns are read):")
    for line in _wrapped(one.sql):
        say(f"  {line}")
    say()


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 76, break_long_words=False, break_on_hyphens=False)
