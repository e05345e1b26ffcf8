"""Facts of choices are looked for only where there are any: the usual dealer has none, and every batch asks."""

from __future__ import annotations

from pathlib import Path

from agent.core.facts import Fact
from agent.state import choices
from agent.state.store import open_state

PEOPLE = [n.to_bytes(16, "big") for n in range(1, 5_001)]


def test_where_nobody_said_anything_elsewhere_one_statement_answers_for_a_whole_batch(tmp_path: Path) -> None:
    state = open_state(tmp_path / "state.db", create=True)
    asked: list[str] = []
    state._conn.set_trace_callback(asked.append)
    with state.transaction() as tx:
        asked.clear()
        assert choices.facts_of(tx, PEOPLE) == {}
        assert len(asked) == 1
        fact = Fact("refused", "*", "everything", "group", "2026-11-22T12:00:00Z")
        [said] = choices.append(tx, [choices.Said(PEOPLE[4_000], fact, "dealer")], "2026-11-22T12:00:00Z")
        asked.clear()
        assert choices.facts_of(tx, PEOPLE) == {PEOPLE[4_000]: [said.fact]}
        assert len(asked) == 1 + 6
    state.close()
