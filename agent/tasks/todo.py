"""Into the dealer's own house: who still stands in the DMS as mailable although they said stop. The agent cannot write
there, so it makes the list, and each later reading of choices finds out what has been done."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass

from agent.core import pages
from agent.core.choices import LETTER
from agent.core.facts import EVERYTHING
from agent.core.jobs import NumbersFrame, NumbersJob
from agent.core.ruleset import ChoicesRules, PolicyRules
from agent.state import evidence, honoring
from agent.state import pages as memory
from agent.state.choices import Said
from agent.state.honoring import Honoring
from agent.state.store import Tx
from agent.tasks.desk import Desk
from agent.tasks.permission import policies_in_force
from agent.tasks.pins import choices_name, pins_to_hold
from agent.tasks.reading import Reader, password

CSV_COLUMNS = ("customer_number", "purpose", "channel", "said_on", "days_open", "said_to")


@dataclass(frozen=True, slots=True, repr=False)
class Item:
    """One line for the clerk. `number` is empty where the DMS has nobody of this hash any more."""

    number: str
    channel: str
    said_at: str
    said_to: str
    days: int
    purpose: str = "*"  # every purpose


def note_said(tx: Tx, added: Iterable[Said]) -> None:
    """A stop must take effect in the DMS too; a newer yes ends that."""
    for one in added:
        fact = one.fact
        if fact.what in ("refused", "withdrawn", "restricted", "erased"):
            stop = Honoring("dms", one.subject, fact.channel, fact.happened_at, one.source, purpose=fact.purpose)
            honoring.begin(tx, [stop])
        elif fact.what in ("given", "renewed", "released"):
            every = fact.channel == EVERYTHING
            honoring.forget(tx, one.subject, "" if every else fact.channel, fact.purpose, fact.happened_at)


def note_seen(desk: Desk, tx: Tx, rules: ChoicesRules, scope: str) -> None:
    """What the last reading of choices shows of each stop: done in the DMS, or still (or again) mailable."""
    waiting: dict[bytes, list[Honoring]] = {}
    for one in honoring.everything(tx, honoring.DMS):
        waiting.setdefault(one.person, []).append(one)
    for _, blob in memory.each(tx, scope) if waiting else ():
        entries = pages.decode(blob)
        for person, text in zip(entries.ids, entries.nonces, strict=True):
            for one in waiting.get(person, ()):
                done = _says_no(rules, one.channel, text.decode().rstrip())
                if done != (one.done_at is not None):
                    honoring.seen_in_dms(tx, one, desk.now() if done else None)


def _says_no(rules: ChoicesRules, channel: str, states: str) -> bool:
    return any(
        letter == LETTER["refused"] and column.channel in (channel, EVERYTHING)
        for column, letter in zip(rules.columns, states, strict=False)
    )


def todo(desk: Desk, reader: Reader) -> list[Item]:
    """Every open stop with the customer's number in the DMS, oldest first. Audited: it names people on a screen."""
    with desk.state.reading() as tx:
        waiting = [one for one in honoring.everything(tx, "dms") if one.done_at is None]
    numbers = _numbers(desk, reader, {one.person for one in waiting}) if waiting else {}
    items = [_item(desk, one, numbers.get(one.person, "")) for one in waiting]
    with desk.state.transaction() as tx:
        evidence.append(
            tx, "todo_listed", desk.clock(), desk.actor,
            items=len(items), people=len({one.person for one in waiting}), unknown=sum(not i.number for i in items),
        )  # fmt: skip
    return items


def _item(desk: Desk, one: Honoring, number: str) -> Item:
    age = desk.clock() - dt.datetime.fromisoformat(one.said_at)
    return Item(number, one.channel, one.said_at, one.source, max(0, age.days), one.purpose)


def as_csv(items: Iterable[Item]) -> bytes:
    """For the dealer's CRM or mailing tool. A cell that a spreadsheet would take for a formula is quoted as text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for item in items:
        number = f"'{item.number}" if item.number[:1] in ("=", "+", "-", "@", "\t") else item.number
        writer.writerow((number, item.purpose, item.channel, item.said_at[:10], item.days, item.said_to))
    return out.getvalue().encode("utf-8")


def _numbers(desk: Desk, reader: Reader, wanted: set[bytes]) -> dict[bytes, str]:
    """Hash -> number, by reading the approved choice columns again; nothing of it is kept."""
    found: dict[bytes, str] = {}
    for policy, rules in _blocks(desk):
        with desk.state.transaction() as tx:
            evidence.append(
                tx, "reading", desk.clock(), desk.actor,
                source=rules.source, dataset=f"choices:{rules.name}", policy=policy.name, policy_sha256=policy.sha256,
                columns=[*rules.person, *(column.column for column in rules.columns)], reason="to-do list",
            )  # fmt: skip
        job = NumbersJob(
            source=desk.config.sources[rules.source],
            password=password(desk, rules.source),
            rules=rules,
            persons_key=desk.store.secret("persons"),
            wanted=sorted(wanted),
            page_rows=desk.config.limits.page_rows,
            pinned=pins_to_hold(desk, policy, choices_name(rules.name), rules.source),
        )
        for frame in reader.read(job):
            if isinstance(frame, NumbersFrame):
                found.update((who, "/".join(number)) for who, number in zip(frame.people, frame.numbers, strict=True))
    return found


def _blocks(desk: Desk) -> list[tuple[PolicyRules, ChoicesRules]]:
    """One choices block for each table that says whom a number means."""
    found: dict[tuple[str, str], tuple[PolicyRules, ChoicesRules]] = {}
    for policy in policies_in_force(desk).policies:
        for person in (p for dataset in policy.datasets for p in dataset.people):
            if person.choices:
                found[person.choices.source, str(person.choices.table)] = (policy, person.choices)
    return [found[at] for at in sorted(found)]
