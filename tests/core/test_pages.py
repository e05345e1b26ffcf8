"""What the OEM holds in the end, whatever happened on the way: page memory against a dict, on random histories.

The world here: a DMS as a dict of rows in key order, an OEM that applies lines, and a reader that pages, is killed
between pages, and goes on. The naive model knows one sentence: the OEM may use exactly the rows that may leave now.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.core import pages
from agent.core.record_page import RecordPage


def h(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def read_page(rows: list[tuple[int, int, str]]) -> RecordPage:
    """(key, version, may: yes | choice | screen) as the reader child would answer."""
    sent = [row for row in rows if row[2] == "yes"]
    kept = [row for row in rows if row[2] != "yes"]
    return RecordPage(
        "customers", len(rows), [f"{key}/{version}\n".encode() for key, version, _ in sent],
        b"".join(h(f"id {row[0]}") for row in sent), b"".join(h(f"nonce {row[0]} {row[1]}") for row in sent),
        b"".join(h(f"person {row[0]}") for row in sent), [b""] * len(sent),
        b"".join(h(f"id {row[0]}") for row in kept), [row[2] for row in kept],
        b"".join(h(f"person {row[0]}") for row in kept), {},
    )  # fmt: skip


@dataclass
class Oem:
    """Applies what it is told, in order."""

    holds: dict[bytes, bytes] = field(default_factory=dict)
    suppressed: set[bytes] = field(default_factory=set)

    def usable(self) -> dict[bytes, bytes]:
        return {i: line for i, line in self.holds.items() if i not in self.suppressed}


@dataclass(eq=False)
class Remembered:
    upper: int
    blob: bytes


@dataclass
class Agent:
    """The remembered pages of one dataset, in key order; and what waits."""

    memory: list[Remembered] = field(default_factory=list)
    gone: set[bytes] = field(default_factory=set)
    control: list[tuple[str, bytes]] = field(default_factory=list)
    data: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)

    def read(self, dms: dict[int, tuple[int, str]], rows_per_page: int, pages_before_kill: int | None) -> None:
        """Read it all from the beginning, or until the kill. Behind the last but one remembered page all is open."""
        refs, low, done = list(self.memory), -1, 0
        for ref in refs or [None]:
            upto = ref.upper if ref and ref is not refs[-1] else None
            exhausted = False
            while not exhausted:
                if done == pages_before_kill:
                    return
                behind = [k for k in sorted(dms) if k > low and (upto is None or k <= upto)][:rows_per_page]
                exhausted = len(behind) < rows_per_page
                low = behind[-1] if behind else low
                upper = upto if exhausted and upto is not None else (low if behind else None)
                self._commit(ref, upper, exhausted, [(k, *dms[k]) for k in behind])
                done += 1
            low = upto if upto is not None else low

    def _commit(self, ref: Remembered | None, upper: int | None, exhausted: bool, rows: list) -> None:
        page = read_page(rows)
        change = pages.compare(pages.decode(ref.blob) if ref else None, page, 1, exhausted=exhausted)
        at = next((n for n, one in enumerate(self.memory) if one is ref), len(self.memory))
        if not exhausted and upper is not None:
            self.memory.insert(at, Remembered(upper, change.now.encode()))
            if ref:
                ref.blob = change.left_over.encode()
        elif ref and not len(change.now):
            self.memory.remove(ref)
        elif ref:
            ref.blob, ref.upper = change.now.encode(), ref.upper if upper is None else upper
        elif upper is not None:
            self.memory.append(Remembered(upper, change.now.encode()))
        back = self.gone.intersection(pages.split(page.ids))
        self.gone = (self.gone | set(change.gone)) - back
        self.control += [("lift", i) for i in (*change.lift, *sorted(back))] + [
            ("suppress", i) for i in change.suppress
        ]
        self.control += [("retract", i) for i in change.retract]
        ids, nonces = pages.split(page.ids), pages.split(page.nonces)
        self.data += [(ids[n], nonces[n], page.lines[n]) for n in change.send]

    def deliver(self, oem: Oem) -> None:
        """Control before data; a line leaves only while it is the newest truth about its record."""
        for op, i in self.control:
            if op == "suppress":
                oem.suppressed.add(i)
            elif op == "lift":
                oem.suppressed.discard(i)
            else:
                oem.holds.pop(i, None)
        for i, nonce, line in self.data:
            for one in self.memory:
                entries = pages.decode(one.blob)
                if pages.still_current(entries, [i], [nonce]) == [True]:
                    pages.mark_held(entries, [i])
                    one.blob = entries.encode()
                    oem.holds[i] = line
                    break
        self.control, self.data = [], []


MAY = st.sampled_from(["yes", "yes", "yes", "choice", "screen"])
CHANGES = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["delete", "write"]), st.integers(0, 2), MAY), max_size=12
)
STEPS = st.lists(st.tuples(CHANGES, st.one_of(st.none(), st.integers(0, 4)), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=150)
@given(STEPS, st.integers(1, 5))
def test_the_oem_may_use_exactly_the_rows_that_may_leave_now(steps, rows_per_page) -> None:
    dms: dict[int, tuple[int, str]] = {}
    agent, oem = Agent(), Oem()
    for changes, kill_after, delivers in steps:
        for key, what, version, may in changes:
            if what == "delete":
                dms.pop(key, None)
            else:
                dms[key] = (version, may)
        agent.read(dms, rows_per_page, kill_after)
        if delivers:
            agent.deliver(oem)
    agent.read(dms, rows_per_page, None)
    agent.deliver(oem)
    may_leave = {h(f"id {key}"): f"{key}/{version}\n".encode() for key, (version, may) in dms.items() if may == "yes"}
    returned = {i for i in may_leave if i in oem.suppressed and i in oem.holds}
    assert {i: oem.holds.get(i) for i in may_leave} == may_leave
    assert set(oem.usable()) <= set(may_leave)
    assert not returned, "a record that may leave again was never lifted"
    screened = {h(f"id {key}") for key, (_, may) in dms.items() if may == "screen"}
    assert not screened & set(oem.holds)


@given(STEPS, st.integers(1, 5))
def test_a_second_reading_of_the_same_rows_says_nothing(steps, rows_per_page) -> None:
    dms = {key: (version, may) for changes, *_ in steps for key, _, version, may in changes}
    agent, oem = Agent(), Oem()
    agent.read(dms, rows_per_page, None)
    agent.deliver(oem)
    agent.read(dms, rows_per_page, None)
    assert (agent.control, agent.data) == ([], [])


def entries(*rows: tuple[int, str, str]) -> pages.Entries:
    made = pages.Entries.empty(1)
    for flag, key, person in rows:
        made.add(flag, h(f"id {key}"), h(f"nonce {key} 1"), h(f"person {person}"))
    return made


@given(st.integers(0, 3), st.integers(0, 20))
def test_remembered_entries_survive_being_stored(people: int, count: int) -> None:
    made = pages.Entries.empty(people)
    for i in range(count):
        made.add(i % 4, h(f"{i}"), h(f"n{i}"), b"".join(h(f"{i} {p}") for p in range(people)))
    assert pages.decode(made.encode()) == made


@pytest.mark.parametrize("cut", [1, 16, 17])
def test_a_cut_page_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="wrong length"):
        pages.decode(entries((1, "1", "1")).encode()[:-cut])


@given(st.integers(0, 6), st.lists(st.integers(0, 2), max_size=6), st.integers(0, 6))
def test_the_bytes_of_a_page_answer_as_the_page_does(remembered: int, versions: list[int], alien: int) -> None:
    """Lines wait with version 1 each; what is remembered may be shorter, longer, in another version, or of others."""
    made = entries(*[(2 * (k % 2), f"{k}", f"{k}") for k in range(remembered)])
    ids = [h(f"id {k}" if k != alien else "id of nobody") for k in range(len(versions))]
    nonces = [h(f"nonce {k} {version}") for k, version in enumerate(versions)]
    blob = made.encode()
    if not pages.begins_with(blob, b"".join(ids), b"".join(nonces)):
        assert len(ids) > remembered or ids != made.ids[: len(ids)] or nonces != made.nonces[: len(ids)]
        return
    assert pages.still_current(made, ids, nonces) == [True] * len(ids)
    pages.mark_held(made, ids)
    assert pages.held_in_front(blob, len(ids)) == made.encode()


def test_a_line_whose_record_was_stopped_is_not_what_the_page_begins_with() -> None:
    made = entries((0, "1", "pat"), (0, "2", "lee"))
    ids, nonces = b"".join(made.ids), b"".join(made.nonces)
    assert pages.begins_with(made.encode(), ids, nonces)
    pages.stop_people(made, frozenset({h("person lee")}), whole=True)
    assert not pages.begins_with(made.encode(), ids, nonces)
    assert pages.begins_with(made.encode(), ids[:16], nonces[:16])
    with pytest.raises(ValueError, match="wrong length"):
        pages.begins_with(made.encode()[:-1], ids, nonces)


def test_stopping_a_person_holds_what_waits_and_tells_the_oem_about_what_it_holds() -> None:
    made = entries((pages.HELD, "held", "pat"), (0, "waiting", "pat"), (pages.HELD, "other", "lee"))
    told = pages.stop_people(made, frozenset({h("person pat")}), whole=True)
    assert told == [h("id held")]
    assert pages.still_current(made, made.ids, [h(f"nonce {k} 1") for k in ("held", "waiting", "other")]) == [
        False, False, True,
    ]  # fmt: skip
    assert made.flags[0] & pages.SUPPRESSED
    assert not made.flags[2] & pages.SUPPRESSED
    assert pages.stop_people(made, frozenset({h("person pat")}), whole=True) == []  # told once


def test_stopping_one_channel_does_not_suppress_the_record() -> None:
    made = entries((pages.HELD, "held", "pat"))
    assert pages.stop_people(made, frozenset({h("person pat")}), whole=False) == [h("id held")]
    assert not made.flags[0] & pages.SUPPRESSED


def test_a_deal_stops_when_either_of_its_two_people_refuses() -> None:
    made = pages.Entries.empty(2)
    made.add(pages.HELD, h("id deal"), h("nonce"), h("person pat") + h("person lee"))
    assert pages.stop_people(made, frozenset({h("person lee")}), whole=True) == [h("id deal")]


def test_no_repr_shows_an_id_or_person() -> None:
    made = entries((1, "1", "1"))
    change = pages.compare(made, read_page([(1, 1, "yes")]), 1, exhausted=True)
    shown = repr(made) + repr(change) + repr(pages.ChoiceChange(h("person"), "r", "n"))
    assert repr(h("id 1"))[2:-1] not in shown
    assert repr(h("person"))[2:-1] not in shown


STATES = st.dictionaries(st.integers(0, 8), st.sampled_from(["rr", "rn", "nn", "uu", "gn"]), max_size=8)


@given(STATES, STATES, st.integers(1, 4))
def test_choices_against_a_dict(before: dict[int, str], after: dict[int, str], rows_per_page: int) -> None:
    def people(table: dict[int, str]) -> tuple[list[bytes], list[str]]:
        return [h(f"person {k}") for k in sorted(table)], [table[k] for k in sorted(table)]

    known, _, first = pages.compare_choices(None, *people(before), exhausted=True, unknown="uu")
    assert {c.person: c.after for c in first} == dict(zip(*people(before), strict=True))
    found: dict[bytes, tuple[str, str]] = {}
    who, states = people(after)
    for start in range(0, len(who) + 1, rows_per_page):
        last = start + rows_per_page > len(who)
        some = slice(start, start + rows_per_page)
        _, known, changes = pages.compare_choices(known, who[some], states[some], exhausted=last, unknown="uu")
        found |= {c.person: (c.before, c.after) for c in changes}
        if last:
            break
    naive = {
        h(f"person {k}"): (before.get(k, ""), after.get(k, "uu"))
        for k in before.keys() | after.keys()
        if k not in after or before.get(k) != after[k]
    }
    assert found == naive


def test_a_suppressed_record_that_was_deleted_is_lifted_when_it_comes_back_allowed() -> None:
    agent, oem = Agent(), Oem()
    for dms in ({1: (1, "yes")}, {1: (1, "choice")}, {}, {}, {1: (1, "choice")}, {1: (2, "yes")}):
        agent.read(dms, 5, None)
        agent.deliver(oem)
        assert (h("id 1") in oem.usable()) == (dms.get(1, (0, "no"))[1] == "yes")
        if not dms:
            assert h("id 1") in oem.suppressed, "a deleted row is no consent"


def test_a_row_that_is_gone_is_retracted_once() -> None:
    agent, oem = Agent(), Oem()
    for dms in ({1: (1, "yes"), 2: (1, "yes")}, {2: (1, "yes")}, {2: (1, "yes")}):
        agent.read(dms, 5, None)
        told = list(agent.control)
        agent.deliver(oem)
        assert set(oem.holds) == {h(f"id {key}") for key in dms}
    assert told == []


def test_an_opt_out_is_suppressed_once_and_its_end_lifts_it() -> None:
    agent, oem = Agent(), Oem()
    told = []
    for may in ("yes", "choice", "choice", "yes", "yes"):
        agent.read({1: (1, may)}, 5, None)
        told.append([op for op, _ in agent.control] + ["upsert"] * len(agent.data))
        agent.deliver(oem)
    assert told == [["upsert"], ["suppress"], [], ["lift", "upsert"], []]
    assert h("id 1") in oem.usable()


@example({0, 1, 2, 3, 4}, 5, 2)
@given(st.sets(st.integers(0, 15), max_size=12), st.integers(1, 6), st.integers(1, 6))
def test_pages_of_another_size_over_the_same_rows_say_nothing(keys: set[int], first: int, second: int) -> None:
    """What was remembered and not seen yet is not gone while its range is half read."""
    dms = dict.fromkeys(keys, (1, "yes"))
    agent, oem = Agent(), Oem()
    agent.read(dms, first, None)
    agent.deliver(oem)
    agent.read(dms, second, None)
    assert (agent.control, agent.data) == ([], [])
