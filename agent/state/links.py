"""People who share an e-mail address or phone number. Keyed hashes only; nothing here says which address it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from agent.state import choices
from agent.state.store import Tx

_AT_ONCE = 900  # below the fewest parameters any SQLite takes


_SPOKE = (
    " and (exists (select 1 from choice_facts where subject = other.person)"
    " or exists (select 1 from choice_events where policy = ? and person = other.person and said <> ''))"
)


def of(tx: Tx, people: Iterable[bytes], policy: str | None = None) -> dict[bytes, dict[bytes, int]]:
    """Of these people, those who are linked: with whom, and the number under which that became known. `policy`: only
    with those who ever said stop, in the DMS as this policy reads it or elsewhere."""
    found: dict[bytes, dict[bytes, int]] = {}
    if tx.row("select 1 from links limit 1") is None:
        return found
    asked = list(people)
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        sql = (
            "select mine.person, other.person, max(mine.n, other.n) from links mine join links other using (contact)"  # noqa: S608
            f" where mine.person in ({marks}) and other.person <> mine.person"
        )
        rows = tx.rows(sql, some) if policy is None else tx.rows(sql + _SPOKE, [*some, policy])
        for person, other, n in rows:
            theirs = found.setdefault(bytes(person), {})
            theirs[bytes(other)] = max(int(n), theirs.get(bytes(other), 0))
    return found


def beside_stops(tx: Tx, policy: str) -> set[bytes]:
    """Everybody who is linked with somebody who ever said stop, in the DMS or elsewhere."""
    rows = tx.rows(
        "select distinct mine.person from links other join links mine using (contact)"  # noqa: S608
        f" where mine.person <> other.person{_SPOKE}",
        (policy,),
    )
    return {bytes(person) for (person,) in rows}


def between(tx: Tx, person: bytes, others: Collection[bytes]) -> set[bytes]:
    """The contacts this person shares with any of these."""
    rows = tx.rows(
        "select contact, other.person from links mine join links other using (contact) where mine.person = ?", (person,)
    )
    return {bytes(contact) for contact, other in rows if bytes(other) in others}


def people_of(tx: Tx, contacts: Iterable[bytes]) -> dict[bytes, set[bytes]]:
    """Contact -> whom it links now."""
    found: dict[bytes, set[bytes]] = {}
    for contact in contacts:
        people = {bytes(person) for (person,) in tx.rows("select person from links where contact = ?", (contact,))}
        if people:
            found[contact] = people
    return found


def keep(tx: Tx, before: Mapping[bytes, set[bytes]], now: Mapping[bytes, set[bytes]], at: str) -> set[bytes]:
    """These contacts link these people from now on; everybody whose links are others than before. That a link began has
    a number among the choices, so that what was made before it shows."""
    moved: set[bytes] = set()
    began: list[tuple[bytes, bytes]] = []
    ended: list[tuple[bytes, bytes]] = []
    for contact in sorted({*before, *now}):
        old, new = before.get(contact, set()), now.get(contact, set())
        moved |= old | new if old != new else set()
        ended += [(contact, one) for one in old - new]
        began += [(contact, one) for one in sorted(new - old)]
    first = choices.newest(tx) + 1
    tx.write_all("delete from links where contact = ? and person = ?", ended)
    tx.write_all(
        "insert into links (contact, person, n) values (?, ?, ?)",
        [(*link, n) for n, link in enumerate(began, first)],
    )
    tx.write_all(
        "insert into choice_events (n, policy, person, before, after, refused, said, source, noted_at)"
        " values (?, '*', ?, '', 'linked', '', '', 'contacts', ?)",
        [(n, one, at) for n, (_, one) in enumerate(began, first)],
    )
    return moved


def keep_faults(tx: Tx, asked: Collection[bytes] | None, faults: Collection[bytes], at: str) -> int:
    """Contacts that too many share; of the `asked` (None: all) the others are none. How many are new."""
    known = faulty(tx)
    over = known - set(faults) if asked is None else known & set(asked) - set(faults)
    tx.write_all("delete from link_faults where contact = ?", [(one,) for one in sorted(over)])
    new = set(faults) - known
    tx.write_all("insert into link_faults (contact, noted_at) values (?, ?)", [(one, at) for one in sorted(new)])
    return len(new)


def faulty(tx: Tx) -> set[bytes]:
    return {bytes(contact) for (contact,) in tx.rows("select contact from link_faults")}


def begin(tx: Tx) -> None:
    """Contacts have moved; whom they link is not known until the reading has ended."""
    tx.write("insert or ignore into meta (name, value) values ('contacts_moved', '1')")


def unfinished(tx: Tx) -> bool:
    return tx.row("select 1 from meta where name = 'contacts_moved'") is not None


def finish(tx: Tx) -> None:
    tx.write("delete from meta where name = 'contacts_moved'")


def every_contact(tx: Tx) -> set[bytes]:
    return {bytes(contact) for (contact,) in tx.rows("select distinct contact from links")}
