"""What people told the dealer: one at a time, or a whole list. The numbers are turned into hashes and not kept."""

from __future__ import annotations

from dataclasses import dataclass

from agent.core.audit import digest
from agent.core.choice_list import Problem, Row, checked, read_list
from agent.core.facts import Fact
from agent.errors import ConfigError
from agent.state import evidence
from agent.state.choices import Said
from agent.state.store import Tx
from agent.tasks.desk import Desk
from agent.tasks.facts import Taken, take
from agent.tasks.persons import known, subjects_of


@dataclass(frozen=True, slots=True)
class Recorded:
    """`strangers`: people of whom no reading of the DMS has told yet. Their word counts all the same."""

    taken: Taken
    strangers: int


@dataclass(frozen=True, slots=True)
class Imported:
    rows: int
    problems: tuple[Problem, ...]
    recorded: Recorded | None  # null: nothing was taken over


def record(desk: Desk, number: str, fact: Fact, *, proof: str, notice: str) -> Recorded:
    """One person, one fact, said to the dealer."""
    return _taken(desk, [Row(0, number, fact, proof, notice)], "dealer")


def import_list(desk: Desk, data: bytes, *, strict: bool) -> Imported:
    """A list in the one documented form. `strict`: one bad row and nothing is taken over."""
    rows, problems = read_list(data, desk.clock())
    if not rows or (strict and problems):
        return Imported(len(rows), tuple(problems), None)
    return Imported(len(rows), tuple(problems), _taken(desk, rows, f"import:{digest(data)[7:19]}"))


def _taken(desk: Desk, rows: list[Row], source: str) -> Recorded:
    with desk.state.transaction() as tx:  # COMMIT POINT facts: with what they hold back and what the OEM is told
        said, people = [], list[tuple[bytes, ...]]()
        hashed: dict[str, tuple[bytes, ...]] = {}
        for row in rows:
            subjects = hashed.get(row.customer_number) or _hashed(desk, tx, row)
            hashed[row.customer_number] = subjects
            people.append(subjects)
            said += [Said(one, row.fact, source, row.proof, row.notice) for one in subjects]
        taken = take(desk, tx, said)
        seen = known(tx, {one for subjects in people for one in subjects})
        evidence.append(
            tx, "facts_taken", desk.clock(), desk.actor,
            source=source, facts=taken.facts, people=len(hashed), told=taken.told,
        )  # fmt: skip
    return Recorded(taken, sum(seen.isdisjoint(subjects) for subjects in hashed.values()))


def _hashed(desk: Desk, tx: Tx, row: Row) -> tuple[bytes, ...]:
    try:
        return subjects_of(desk, tx, row.customer_number)
    except ConfigError as error:
        where = f"line {row.line}: " if row.line else ""
        raise ConfigError(error.code, where + error.what, error.advice) from None


__all__ = ["Imported", "Recorded", "checked", "import_list", "record"]
