"""`person`: an answer for every customer who asks. The customer number is asked for, or read from standard input."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.choices import customer_number
from agent.cli.out import many, say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk, now

if TYPE_CHECKING:
    from agent.tasks.answer_person import Answer, Shared

person_app = typer.Typer(help="One customer: what was sent, stop every use, delete.")


def register(app: typer.Typer) -> None:
    app.add_typer(person_app, name="person")
    person_app.command("show")(show)
    person_app.command("restrict")(restrict)
    person_app.command("erase")(erase)


def show(
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the page for the customer, in plain words.")
    ] = None,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Every disclosure about one customer: what kinds of data, to whom, when, why, approved by whom. No values."""
    from dataclasses import asdict

    from agent.keys import durable
    from agent.tasks import answer_person as task

    number = customer_number()
    with desk(config) as opened:
        answer = task.show(opened, number)
    if html is not None:
        durable.write(html, task.customer_page(answer, now().date().isoformat()).encode(), mode=0o600)
    if as_json:
        said = [fact._asdict() for fact in answer.said]
        say_json({"disclosures": [asdict(one) for one in answer.disclosed], "said": said,
                  "shared": [asdict(one) for one in answer.shared],
                  "deletions": [asdict(one) for one in answer.deletions]})  # fmt: skip
        return
    _say(answer)
    say(f"Next: print {html}" if html else "Next: fieldgate person show --html FILE prints it for the customer.")


def _say(answer: Answer) -> None:
    from agent.core.policy.notice import CHANNEL_WORDS
    from agent.core.text import shown
    from agent.tasks import answer_person as task

    batches = len(answer.disclosed)
    say(
        f"SENT   {many(batches, 'time')} something about this customer left"
        if batches
        else "NOTHING   about this customer left"
    )
    for one in answer.disclosed:
        say(f"  {one.sent_at[:16].replace('T', ' ')}  {shown(one.recipient)}, store {shown(one.store)}: {one.dataset}")
        names = ", ".join(shown(name) for name in one.approved_by) or "nobody on record"
        why = f"for {one.purpose} under {one.policy} v{one.policy_version}, approved by {names}"
        for line in wrap(why, 78, initial_indent="    ", subsequent_indent=" " * 13):
            say(line)
        for line in wrap(" ".join(one.fields), 78, initial_indent="    fields   ", subsequent_indent=" " * 13):
            say(line)
        say(f"    batch    {one.batch_id}")
        got = f"receipt  {one.receipt_id}" if one.receipt_id else "accepted, told by the OEM's signed head"
        say(f"    {got if one.accepted_at else 'on its way'}")
    for fact in answer.said:
        at = fact.happened_at[:16].replace("T", " ")
        what = (
            f"{CHANNEL_WORDS[fact.channel]}, {task.purpose_in_words(fact.purpose)}, {task.scope_in_words(fact.scope)}"
        )
        say(f"  {at}  said: {fact.what}, {what}")
    for shared in answer.shared:
        _say_shared(shared)
    for ask in answer.deletions:
        state = f"acknowledged {ask.accepted_at[:10]}" if ask.accepted_at else "not acknowledged yet"
        said = f"{ask.asked_at[:16].replace('T', ' ')}  deletion of {ask.records} {ask.dataset} asked of"
        for line in wrap(f"{said} {shown(ask.recipient)}: {state}", 78, initial_indent="  ", subsequent_indent=" " * 6):
            say(line)


def _say_shared(one: Shared) -> None:
    """Why something is held back that this customer never said. The other number is not told."""
    from agent.core.text import shown
    from agent.tasks import answer_person as task

    same, what = task.contacts_in_words(one), task.channels_in_words(one)
    said = (
        f"HELD BACK: {what}, {task.purpose_in_words(one.purpose)}, to {shown(one.recipient)}. Another customer number"
        f" has the same {same} and said stop. Two different people? Give each a contact of their own in the DMS; the"
        " next run sees it."
    )
    for line in wrap(said, 78, initial_indent="  ", subsequent_indent="    "):
        say(line)


def restrict(
    release: Annotated[bool, typer.Option("--release", help="Allow use again.")] = False,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Stop every use of one customer's data, for every purpose, until it is released."""
    from agent.tasks.answer_person import restrict as task

    number = customer_number()
    with desk(config) as opened:
        taken = task(opened, number, release=release)
    if as_json:
        say_json({"released": release, "told": taken.told})
        return
    say("RELEASED   use is allowed again" if release else "RESTRICTED   nothing about this customer leaves any more")
    say(
        f"  the OEM is told first about {many(taken.told, 'record')}"
        if taken.told
        else "  the OEM holds nothing to be told about"
    )
    say("Next: nothing to do; the next delivery tells it." if taken.told else "Next: nothing to do.")


def erase(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    config: Config = DEFAULT,
    as_json: Json = False,
) -> None:
    """Ask every OEM to delete one customer's data, and keep only what prevents it from being sent again."""
    from agent.tasks.erase import erase as task

    number = customer_number()
    if not yes and not typer.confirm("Every OEM will be asked to delete this customer's data. Go on?"):
        raise typer.Exit(1)
    with desk(config) as opened:
        done = task(opened, number)
    if as_json:
        say_json({"request": done.request_id, "streams": done.streams, "records": done.records})
        return
    where = f"{many(done.records, 'record')} on {many(done.streams, 'stream')}"
    say(f"ERASED   every OEM is asked to delete: {where}")
    say(f"  {done.request_id}")
    say("  The DMS is yours: delete or block the customer there too.")
    say("Next: fieldgate person show tells when each OEM has acknowledged it.")
