"""Attacks on the audit chain: any byte, any entry, any order."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from agent.core.audit import EVENTS, GENESIS, Entry, digest, make_entry, verify_chain

AT = dt.datetime(2026, 11, 22, 9, 14, 31, 7000, tzinfo=dt.UTC)


def chain(length: int = 5) -> list[tuple[bytes, str]]:
    made: list[Entry] = []
    for n in range(1, length + 1):
        prev = made[-1].sha256 if made else GENESIS
        made.append(make_entry(n, prev, "read", AT, "service", {"dataset": "customers", "rows": n}))
    return [(entry.data, entry.sha256) for entry in made]


def test_an_untouched_chain_holds() -> None:
    verdict = verify_chain(chain())
    assert (verdict.entries, verdict.problem) == (5, "")
    assert verdict.head == chain()[-1][1]
    assert verify_chain([]).head == GENESIS


def test_every_single_byte_counts() -> None:
    whole = chain()
    for n, (data, claimed) in enumerate(whole):
        for i in range(len(data)):
            changed = data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :]
            assert verify_chain([*whole[:n], (changed, claimed), *whole[n + 1 :]]).problem, (n, i)


def test_a_forger_who_also_mends_the_digest_breaks_the_link_behind_it() -> None:
    whole = chain()
    for n in range(len(whole) - 1):
        forged = whole[n][0].replace(b'"rows":', b'"rows":9')
        verdict = verify_chain([*whole[:n], (forged, digest(forged)), *whole[n + 1 :]])
        assert verdict.problem == f"entry {n + 2}: it does not follow the entry before it"


@pytest.mark.parametrize("n", range(4))
def test_an_entry_dropped_doubled_swapped_or_inserted_is_noticed(n: int) -> None:
    whole = chain()
    foreign = make_entry(n + 1, whole[n - 1][1] if n else GENESIS, "resumed", AT, "x", {"recipient": "y"})
    assert verify_chain(whole[:n] + whole[n + 1 :]).problem
    assert verify_chain([*whole[: n + 1], whole[n], *whole[n + 1 :]]).problem
    assert verify_chain([*whole[:n], whole[n + 1], whole[n], *whole[n + 2 :]]).problem
    assert verify_chain([*whole[:n], (foreign.data, foreign.sha256), *whole[n:]]).problem


def test_a_cut_tail_shows_against_any_head_that_was_anchored() -> None:
    whole = chain()
    for kept in range(5):
        verdict = verify_chain(whole[:kept])
        assert verdict.problem == ""  # a chain alone cannot know its end ...
        assert verdict.head != whole[-1][1]  # ... the head in a receipt does


def test_the_whole_chain_written_anew_has_another_head() -> None:
    later = AT + dt.timedelta(milliseconds=1)
    assert make_entry(1, GENESIS, "read", later, "service", {}).sha256 != chain(1)[0][1]


@pytest.mark.parametrize("data", [b"", b"[]", b"7", b"{}", b'{"n":"1","prev":"' + GENESIS.encode() + b'"}'])
def test_what_is_no_entry_is_named(data: bytes) -> None:
    assert verify_chain([(data, digest(data))]).problem.startswith("entry 1")


def test_a_fact_the_table_does_not_know_is_refused_before_it_is_written() -> None:
    make_entry(1, GENESIS, "read", AT, "service", {"rows": 3})
    with pytest.raises(ValueError, match="may not carry"):
        make_entry(1, GENESIS, "read", AT, "service", {"row": "219-09-9999"})
    with pytest.raises(ValueError, match="may not carry"):
        make_entry(1, GENESIS, "rows_shown", AT, "service", {})


def test_no_event_has_a_fact_that_could_be_a_row() -> None:
    names = {fact for facts in EVENTS.values() for fact in facts}
    assert not names & {"value", "values", "row", "record", "fields", "key", "keys", "person", "email", "text", "error"}


def test_entries_are_one_canonical_form() -> None:
    [(data, _)] = chain(1)
    assert json.dumps(json.loads(data), sort_keys=True, separators=(",", ":")).encode() == data
    assert json.loads(data)["at"] == "2026-11-22T09:14:31.007Z"
