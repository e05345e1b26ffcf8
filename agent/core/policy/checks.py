"""The checks beyond form, in one call: what a policy asks for, held against the law's floor, the database and the day.

Without errors here a draft can be approved; nothing here approves. Compilation asks the same questions again.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from agent.core.inventory import Inventory
from agent.core.policy.check_blanks import blanks
from agent.core.policy.check_names import check_names
from agent.core.policy.check_people import check_days, check_people
from agent.core.policy.desk import Decisions, Desk, Facts
from agent.core.policy.problems import Problem, errors_in, in_order
from agent.core.policy.reader import Draft, inspect_policy

__all__ = ["Checked", "Decisions", "Facts", "check_file", "check_policy", "errors_in"]


class Checked(NamedTuple):
    """All problems of a file, of form and of substance; and its draft, where the form has none."""

    problems: tuple[Problem, ...]
    draft: Draft | None


def check_policy(
    draft: Draft,
    *,
    today: dt.date,
    inventory: Inventory | None = None,
    local_floor: frozenset[str] = frozenset(),
    decisions: Decisions = frozenset(),
) -> tuple[Problem, ...]:
    """All problems of a draft, in the order of the file; empty when it could be approved today."""
    return check_file(draft.data, draft.file, Facts(today, inventory, local_floor, decisions)).problems


def check_file(data: bytes, file: str, facts: Facts) -> Checked:
    """Everything wrong with a file at once: also what is nonpublic in a file that is not even well formed."""
    reading = inspect_policy(data, file)
    left = blanks(reading.tree)
    unwritten = [problem for _, problem in left]
    if reading.document is None:
        return Checked(in_order([*reading.problems, *unwritten]), None)
    desk = Desk(reading.tree, reading.document, facts, reading.cut | {path for path, _ in left})
    for check in (check_names, check_people, check_days):
        check(desk)
    problems = in_order([*reading.problems, *unwritten, *desk.found])
    return Checked(problems, None if reading.problems else reading.draft(data))
