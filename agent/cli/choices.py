"""`choices`: what people said elsewhere than in the DMS. Pull it from the OEMs, write it down, take in a list, and hand
the dealer's own house the list of who must not be mailed any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from agent.cli.out import complain, error_json, say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk

if TYPE_CHECKING:
    from agent.tasks.pull import Pulled

choices_app = typer.Typer(help="Who said stop: pull, record, import, and the to-do list.")


def register(app: typer.Typer) -> None:
    app.add_typer(choices_app, name="choices")
    choices_app.command("pull")(pull)


def pull(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Ask every OEM who said stop there, and hold to it from now on. The service does this by itself."""
    from agent.pipeline import pull_once
    from agent.service.daemon import recipients
    from agent.tasks.check import refuse_clock_set_back

    with desk(config) as opened:
        with opened.state.reading() as tx:
            refuse_clock_set_back(tx, opened.clock())
        with recipients(opened) as portal_of:
            pulled = pull_once(opened, portal_of)
    errors = list({one.error.what: one.error for one in pulled if one.error}.values())
    if as_json:
        say_json(_json(pulled) | {"errors": [error_json(error) for error in errors]})
    else:
        _say(pulled, refused=bool(errors))
        for error in errors:
            complain(error)
    raise typer.Exit(errors[0].exit_status if errors else 0)


def _say(pulled: list[Pulled], *, refused: bool) -> None:
    people, told = sum(one.people for one in pulled), sum(one.told for one in pulled)
    verdict = "PARTLY" if refused else "HEARD" if people else "UP TO DATE"
    say(f"{verdict}   {people} new at the OEM; {told} records are held back and will be told to the OEM first")
    unknown = sum(one.unknown for one in pulled)
    if unknown:
        say(f"  {unknown} named a record that was never sent: nobody was stopped by these. Tell the OEM.")
    say("Next: fieldgate status" if people else "Next: nothing to do.")


def _json(pulled: list[Pulled]) -> dict[str, object]:
    names = ("stream_id", "entries", "people", "unknown", "told")
    return {"streams": [{name: getattr(one, name) for name in names} for one in pulled]}
