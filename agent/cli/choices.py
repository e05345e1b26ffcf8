"""`choices`: what people said elsewhere than in the DMS. Pull it from the OEMs, write it down, take in a list, and hand
the dealer's own house the list of who must not be mailed any more."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.out import complain, error_json, many, say, say_json, tell
from agent.cli.server import DEFAULT, Config, Json, desk

if TYPE_CHECKING:
    from agent.tasks.pull import Pulled
    from agent.tasks.say import Imported
    from agent.tasks.todo import Item

choices_app = typer.Typer(help="Who said stop: pull, record, import, and the to-do list.")


def register(app: typer.Typer) -> None:
    app.add_typer(choices_app, name="choices")
    choices_app.command("pull")(pull)
    choices_app.command("record")(record)
    choices_app.command("import")(import_)
    choices_app.command("todo")(todo)


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
    say(f"{verdict}   {people} new at the OEM; {many(told, 'record')} held back, and it is told first")
    unknown = sum(one.unknown for one in pulled)
    if unknown:
        tell(f"  {unknown} named a record that was never sent: nobody was stopped by these. Tell the OEM.")
    say("Next: fieldgate choices todo" if people else "Next: nothing to do.")


def _json(pulled: list[Pulled]) -> dict[str, object]:
    names = ("stream_id", "entries", "people", "unknown", "told")
    return {"streams": [{name: getattr(one, name) for name in names} for one in pulled]}


def record(
    what: Annotated[str, typer.Option("--what", help="given, renewed, refused, withdrawn or expired.")] = "refused",
    channel: Annotated[str, typer.Option("--channel", help="everything, mail, email, phone or sms.")] = "everything",
    purpose: Annotated[str, typer.Option("--purpose", help="One purpose, or * for all.")] = "*",
    scope: Annotated[str, typer.Option("--scope", help="group, store:NUMBER or brand:RECIPIENT.")] = "group",
    on: Annotated[str, typer.Option("--on", help="The day, or the instant with its offset; now when left out.")] = "",
    proof: Annotated[str, typer.Option("--proof", help="A reference: where it is written down.")] = "",
    notice: Annotated[str, typer.Option("--notice", help="Version of the notice the customer had seen.")] = "",
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Write down what one customer said. The customer number is asked for, or read from standard input."""
    from agent.tasks import say as task

    number = customer_number()
    with desk(config) as opened:
        happened = on or opened.clock().isoformat()
        row, problems = task.checked((number, what, purpose, channel, scope, happened, proof, notice), opened.clock())
        if row is None:
            raise typer.BadParameter("; ".join(problems))
        done = task.record(opened, number, row.fact, proof=row.proof, notice=row.notice)
    if as_json:
        say_json({"facts": done.taken.facts, "told": done.taken.told, "known": not done.strangers})
        return
    say(f"RECORDED   {what}, {channel}" if done.taken.facts else "KNOWN ALREADY   nothing was added")
    say(f"  {many(done.taken.told, 'record')} held back or lifted, and the OEM is told first")
    if done.strangers:
        tell("  No reading of the DMS has told of this number yet: check it. It counts all the same.")
    say("Next: fieldgate choices todo, so that the dealer's own tools learn of it.")


def customer_number() -> str:
    """From a prompt, or from standard input where nobody types; never from an argument, which others can see."""
    import sys

    if sys.stdin.isatty():
        return str(typer.prompt("Customer number in the DMS")).strip()
    return sys.stdin.readline().strip()


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="See docs/choices.md.")],
    strict: Annotated[bool, typer.Option("--strict", help="All rows or none.")] = False,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Take in a list of what customers said. Bad rows are named by line, and what is in them is not shown."""
    from agent.tasks.say import import_list

    with desk(config) as opened:
        done = import_list(opened, file.read_bytes(), strict=strict)
    if as_json:
        say_json(_import_json(done))
    else:
        _say_import(done)
    raise typer.Exit(1 if done.problems or not done.rows else 0)


def _say_import(done: Imported) -> None:
    taken = done.recorded.taken if done.recorded else None
    bad = len({problem.line for problem in done.problems})
    verdict = "NOT TAKEN" if taken is None else "PARTLY" if done.problems else "TAKEN"
    say(f"{verdict}   {taken.facts if taken else 0} new of {many(done.rows, 'good row')}, {many(bad, 'bad row')}")
    for problem in done.problems:
        for line in wrap(f"line {problem.line}: {problem.what}", 80, initial_indent="  ", subsequent_indent="    "):
            say(line)
    if done.recorded and done.recorded.strangers:
        tell(f"  {done.recorded.strangers} numbers of whom no reading of the DMS has told yet; they count all the same")
    if done.problems:
        say("Next: correct these lines and import the file again.")
    else:
        say(
            "Next: fieldgate choices todo"
            if done.rows
            else "Next: the file has no row below its first line: look at it."
        )


def _import_json(done: Imported) -> dict[str, object]:
    return {
        "good_rows": done.rows,
        "facts": done.recorded.taken.facts if done.recorded else 0,
        "told": done.recorded.taken.told if done.recorded else 0,
        "problems": [{"line": one.line, "what": one.what} for one in done.problems],
    }


def todo(
    csv: Annotated[Path | None, typer.Option("--csv", help="Write one CSV file.")] = None,
    folder: Annotated[Path | None, typer.Option("--folder", help="Write one CSV for each channel.")] = None,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Who said stop and is still mailable in the DMS: by customer number and channel, oldest first. Audited."""
    from dataclasses import asdict

    from agent.service.supervisor import ReaderChild
    from agent.tasks.todo import todo as task

    with desk(config) as opened, ReaderChild() as reader:
        items = task(opened, reader)
    written = _written(items, csv, folder)
    if as_json:
        say_json({"items": [asdict(one) for one in items], "files": [str(path) for path in written]})
        return
    if not items:
        say("DONE   nobody who said stop is mailable in the DMS")
        say("Next: nothing to do.")
        return
    say(f"TO DO   {len(items)} still mailable in the DMS, the oldest {max(one.days for one in items)} days old")
    if not written:
        _say_items(items)
    for path in written:
        say(f"  {path}")
    strange = sum(not one.number for one in items)
    if strange:
        text = (
            f"{many(strange, 'line')} of nobody in the DMS: the number was mistyped, or the customer is gone from it."
            " Nothing can be blocked there; the stop stays on record."
        )
        for line in wrap(text, 78, initial_indent="  ", subsequent_indent="  "):
            say(line)
    say("Next: block these in the DMS and the mailing tool; the next run sees it.")


def _say_items(items: list[Item]) -> None:
    from agent.core.text import shown

    heads = ("customer", "purpose", "channel", "said on", "days", "said to")
    rows = [
        (shown(one.number) or "(not in the DMS)", "all" if one.purpose == "*" else one.purpose, one.channel,
         one.said_at[:10], str(one.days), shown(one.said_to.removeprefix("oem:")))
        for one in items
    ]  # fmt: skip
    widths = [max(len(row[at]) for row in (heads, *rows)) for at in range(len(heads) - 1)]
    room = 78 - sum(widths) - len(widths)
    for row in (heads, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        last = row[-1] if len(row[-1]) <= room else f"{row[-1][: room - 3]}..."
        say(f"  {' '.join(cells)} {last}")


def _written(items: list[Item], csv: Path | None, folder: Path | None) -> list[Path]:
    """For the eyes of this account only: the files name people."""
    from agent.keys import durable
    from agent.tasks.todo import as_csv

    done = []
    if csv is not None:
        durable.write(csv, as_csv(items), mode=0o600)
        done.append(csv)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for channel in ("everything", "mail", "email", "phone", "sms"):
            path = folder / f"{channel}.csv"
            durable.write(path, as_csv(one for one in items if one.channel == channel), mode=0o600)
            done.append(path)
    return done
