"""Whom a number means: the keyed hash of a person, for every table that says who is who. The number is not kept."""

from __future__ import annotations

from agent.core import ids
from agent.errors import ConfigError
from agent.state import pages as memory
from agent.state import permission
from agent.state.store import Tx
from agent.tasks.desk import Desk
from agent.tasks.permission import last_approved


def subjects_of(desk: Desk, tx: Tx, number: str) -> tuple[bytes, ...]:
    """The person hashes of a customer number, one for each choices table of any policy ever in force here. A key of
    several columns is written with a slash between its parts."""
    tables: dict[tuple[str, str], int] = {}
    for name in sorted({policy.name for policy in permission.every_policy(tx)}):
        for dataset in last_approved(tx, name).datasets:
            for person in dataset.people:
                table = str(person.choices.table) if person.choices else ""
                tables[dataset.source, table] = len(person.key)
    found = []
    for (source, table), parts in sorted(tables.items()):
        key = tuple(part.strip() for part in number.split("/", parts - 1))
        if len(key) == parts and all(key):
            [one] = ids.person_hashes(desk.store.secret("persons"), ids.person_scope(source, table), [key])
            found.append(one)
    if not found:
        raise ConfigError(
            "FG-C90",
            "this is not a customer number of any table that a policy names, or no policy was ever in force here",
            "type it as the DMS shows it; see: fieldgate policy list",
            who="whoever typed it",
        )
    return tuple(found)


def known(tx: Tx, subjects: set[bytes]) -> set[bytes]:
    """Those of whom the DMS said something when choices were read last."""
    found: set[bytes] = set()
    for scope in memory.scopes(tx, "choices/"):
        for _, blob in memory.each(tx, scope):
            found |= memory.present(blob, subjects - found)
    return found
