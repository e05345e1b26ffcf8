"""The filter in front of the question who refuses: whoever may keep a line back passes it, whatever was said, undone,
linked or written by another process in between; and hardly anybody else does."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.core.facts import Fact
from agent.core.pages import ChoiceChange
from agent.state import choices, links
from agent.state.spoken import Spoken
from agent.state.store import State, Tx, open_state

PEOPLE = [random.Random(n).randbytes(16) for n in range(12)]
AT = "2026-11-22T12:00:00Z"
CHANNELS = ("", "email", "everything", "email everything")


class UndoneError(Exception):
    pass


@dataclass
class Naive:
    """What was said, as a list: (number, person, whether it counts at any age)."""

    said: list[tuple[int, bytes, bool]] = field(default_factory=list)
    linked: dict[bytes, set[bytes]] = field(default_factory=dict)
    newest: int = 0

    def note(self, who: bytes, *, ever: bool) -> None:
        self.newest += 1
        self.said.append((self.newest, who, ever))

    def must_be_asked(self, after: int) -> set[bytes]:
        now = {who for people in self.linked.values() for who in people}
        return now | {who for n, who, ever in self.said if ever or n > after}


def heard(tx: Tx, naive: Naive, who: bytes, channels: str) -> None:
    change = ChoiceChange(who, "n", "r")
    said = frozenset(channels.split())
    choices.note_events(tx, "crm", [(change, said, said)], "dms:dms", AT)
    naive.note(who, ever="everything" in channels)


def told(tx: Tx, naive: Naive, who: bytes) -> None:
    fact = Fact("expired", "service", "mail", "group", f"{AT}{naive.newest}")  # stops nothing, and is asked of in full
    choices.append(tx, [choices.Said(who, fact, "dealer")], AT)
    naive.note(who, ever=True)


def link(tx: Tx, naive: Naive, contact: bytes, people: set[bytes]) -> None:
    before = naive.linked.get(contact, set())
    links.keep(tx, {contact: before} if before else {}, {contact: people} if people else {}, AT)
    for who in sorted(people - before):
        naive.note(who, ever=True)
    naive.linked[contact] = people


one = st.sampled_from(PEOPLE)
STEPS = st.one_of(
    st.tuples(st.just("heard"), one, st.sampled_from(CHANNELS)),
    st.tuples(st.just("told"), one),
    st.tuples(st.just("linked"), st.sampled_from([b"e" * 16, b"p" * 16]), st.sets(one, max_size=3)),
    st.tuples(st.just("undone"), one),
    st.tuples(st.just("elsewhere"), one),
    st.tuples(st.just("caught up")),
    st.tuples(st.just("rested")),
    st.tuples(st.just("looked"), st.integers(-1, 12)),
)


def take(state: State, naive: Naive, step: tuple[object, ...]) -> None:
    what, *rest = step
    if what == "elsewhere":
        other = open_state(state.path)
        with other.transaction() as tx:
            heard(tx, naive, rest[0], "everything")  # type: ignore[arg-type]
        other.close()
        return
    said: dict[object, Callable[..., None]] = {"heard": heard, "told": told, "linked": link}
    if what in said:
        with state.transaction() as tx:
            said[what](tx, naive, *rest)
        return
    with pytest.raises(UndoneError), state.transaction() as tx:  # its number is given to somebody else
        heard(tx, Naive(), rest[0], "everything")  # type: ignore[arg-type]
        raise UndoneError


@settings(max_examples=25, deadline=None)
@example([("caught up",), ("heard", PEOPLE[0], "email")], 0)
@example([("caught up",), ("linked", b"e" * 16, {PEOPLE[0], PEOPLE[1]})], 2)
@given(st.lists(STEPS, max_size=14), st.integers(-1, 14))
def test_whoever_may_keep_a_line_back_is_asked_in_full(steps: list[tuple[object, ...]], last: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = open_state(Path(folder) / "state.db", create=True)
        naive, spoken = Naive(), Spoken()
        for step in [*steps, ("looked", last), ("caught up",), ("looked", last)]:
            if step[0] == "caught up":
                spoken.catch_up(state)
            elif step[0] == "rested":
                spoken.rest()
            elif step[0] == "looked":
                with state.transaction() as tx:
                    assert choices.newest(tx) == naive.newest
                    after = step[1]
                    assert isinstance(after, int)
                    found = spoken.among(tx, PEOPLE, after)
                    assert found >= naive.must_be_asked(after)
                    assert found <= set(PEOPLE)
                    if after > naive.newest:
                        assert found == set(PEOPLE)  # a number that was never given: nothing is known of it
            else:
                take(state, naive, step)
        state.close()


def test_whoever_said_nothing_is_hardly_ever_asked(tmp_path: Path) -> None:
    strangers = [random.Random(f"stranger {n}").randbytes(16) for n in range(5_000)]
    refusing = [random.Random(f"refuses {n}").randbytes(16) for n in range(5_000)]
    state = open_state(tmp_path / "state.db", create=True)
    spoken, naive = Spoken(), Naive()
    with state.transaction() as tx:
        for who in refusing:
            heard(tx, naive, who, "everything")
        for who in strangers:
            heard(tx, naive, who, "email")  # a channel, which the body knew of when it was made
    spoken.catch_up(state)
    asked: list[str] = []
    state._conn.set_trace_callback(asked.append)
    with state.transaction() as tx:
        asked.clear()
        assert len(spoken.among(tx, strangers, naive.newest)) < 50
        assert len(asked) == 2  # neither of them about anybody
        assert spoken.among(tx, [*refusing, *strangers], naive.newest) >= set(refusing)
        assert spoken.among(tx, strangers, naive.newest - 1) >= {strangers[-1]}
    state.close()


def test_another_state_file_is_never_judged_by_the_first_one(tmp_path: Path) -> None:
    spoken = Spoken()
    for name in ("one", "two"):
        state = open_state(tmp_path / name, create=True)
        with state.transaction() as tx:
            heard(tx, Naive(), PEOPLE[name == "two"], "everything")
        spoken.catch_up(state)
        with state.transaction() as tx:
            assert spoken.among(tx, PEOPLE, 1) == {PEOPLE[name == "two"]}
        state.close()
