"""Of whom something is known that may keep a line back: a filter in front of the question who refuses, which is asked
in full of everybody it lets through. It may let through too many, and never too few.

Only committed rows are taken into it, by their number: rows that say no, facts and links are numbered together, are
never changed and never go, so what is numbered behind the filter is looked up in the rows themselves. Where another
connection has written, or the rows end before the filter does, everybody is let through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import Struct

from agent.core.ids import SIZE
from agent.state import choices
from agent.state.store import Row, State, Tx

_SLOT = Struct(f">I{SIZE - 4}x")
_BITS = 23  # 1 MB: with 50,000 people in it one of 170 others looks as if they were, with 250,000 one of 34
# A refused channel counts where it is newer than the body only; those are found by their number.
_ROWS = (
    "select person from choice_events where n > ?1 and (refused like '%everything%' or policy = '*')"
    " union all select subject from choice_facts where n > ?1"
)
_NUMBERED = "select person from choice_events where n > ?1 union select subject from choice_facts where n > ?1"


class Spoken:
    """Kept beside an open state file, and brought up to it before each claim."""

    def __init__(self) -> None:
        self._seen = bytearray()
        self._through = 0
        self._of: tuple[State, int] | None = None

    def catch_up(self, state: State) -> None:
        """Take in what has been committed since. Never from inside a transaction: what is rolled back gives its numbers
        to others."""
        with state.reading() as tx:
            of, newest = (state, tx.others_wrote()), choices.newest(tx)
            if of != self._of or newest < self._through:
                self._seen, self._through, self._of = bytearray(1 << _BITS - 3), 0, of
                self._add(tx.rows("select person from links"))
            if newest > self._through:
                self._add(tx.stream(_ROWS, (self._through,)))
                self._through = newest

    def rest(self) -> None:
        """Give it back; the next claim makes it anew."""
        self._seen, self._through, self._of = bytearray(), 0, None

    def among(self, tx: Tx, people: Sequence[bytes], after: int) -> set[bytes]:
        """Of these people, all of whom the DMS once said that everything is refused, who are linked with anybody, of
        whom any fact is known, or of whom anything was noted after number `after`; and some others."""
        newest = choices.newest(tx)
        if self._of is None or tx.others_wrote() != self._of[1] or newest < max(self._through, after):
            return set(people)
        seen, byte, bit = self._seen, 35 - _BITS, 32 - _BITS
        slots = _SLOT.iter_unpack(b"".join(people))
        found = {who for who, (slot,) in zip(people, slots, strict=True) if seen[slot >> byte] >> (slot >> bit & 7) & 1}
        since = min(after, self._through)
        if since < newest:
            found |= {bytes(who) for (who,) in tx.stream(_NUMBERED, (since,))}.intersection(people)
        return found

    def _add(self, rows: Iterable[Row]) -> None:
        for (who,) in rows:
            slot = int.from_bytes(who[:4], "big") >> 32 - _BITS
            self._seen[slot >> 3] |= 1 << (slot & 7)
