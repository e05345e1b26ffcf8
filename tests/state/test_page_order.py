"""Remembered pages keep key order through any number of insertions; refusals follow the newest choice."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.core.pages import ChoiceChange
from agent.state import choices, pages
from agent.state.store import open_state


@given(st.lists(st.integers(0, 6), max_size=14))
def test_insertions_against_a_list(tmp_path_factory, places: list[int]) -> None:
    state = open_state(tmp_path_factory.mktemp("s") / "s.db", create=True)
    naive: list[int] = []
    with state.transaction() as tx:
        for number, place in enumerate(places):
            refs = pages.refs(tx, "s/d")
            before = refs[place] if place < len(refs) else None
            made = pages.insert(tx, "s/d", before, b"upper", str(number).encode())
            naive.insert(place if before else len(naive), number)
            assert pages.entries(tx, made.page_id) == str(number).encode()
        assert [int(blob) for _, blob in pages.each(tx, "s/d")] == naive
        assert list(pages.each(tx, "other/d")) == []
    state.close()


def test_a_hundred_insertions_at_one_place_keep_their_order(tmp_path: Path) -> None:
    state = open_state(tmp_path / "s.db", create=True)
    with state.transaction() as tx:
        last = pages.insert(tx, "s/d", None, b"u", b"last")
        for number in range(100):
            pages.insert(tx, "s/d", last, b"u", str(number).encode())
        assert [blob for _, blob in pages.each(tx, "s/d")] == [*(str(n).encode() for n in range(100)), b"last"]
    state.close()


def test_the_newest_choice_counts_and_first_sight_of_a_yes_is_no_event(tmp_path: Path) -> None:
    state = open_state(tmp_path / "s.db", create=True)
    pat, no = b"p" * 16, frozenset({"everything"})
    with state.transaction() as tx:
        assert (
            choices.note_events(tx, "crm", [(ChoiceChange(pat, "", "n"), frozenset(), frozenset())], "dms", "at") == 0
        )
        assert choices.note_events(tx, "crm", [(ChoiceChange(pat, "n", "r"), no, no)], "dms", "at") == 1
        assert choices.refusing(tx, "crm", [pat, b"q" * 16]) == {pat: (no, 1)}
        assert choices.refusing(tx, "other", [pat]) == {}
        assert (
            choices.note_events(tx, "crm", [(ChoiceChange(pat, "r", "n"), frozenset(), frozenset())], "dms", "at") == 1
        )
        assert choices.refusing(tx, "crm", [pat]) == {}
        assert pages.choices_n(tx) == 2
    state.close()


def test_what_is_gone_is_kept_apart_from_the_pages_of_its_dataset(tmp_path: Path) -> None:
    state = open_state(tmp_path / "s.db", create=True)
    lost = {bytes([n]) * 16 for n in range(3)}
    with state.transaction() as tx:
        pages.insert(tx, "s/d", None, b"u", b"page")
        pages.keep_gone(tx, "s/d", lost)
        assert pages.gone(tx, "s/d") == lost
        assert [blob for _, blob in pages.each(tx, "s/d")] == [b"page"]
        pages.keep_gone(tx, "s/d", set())
        assert pages.gone(tx, "s/d") == set()
    state.close()
