"""Bodies: no line lost, doubled or out of order, and none that a batch limit could refuse."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import bodies
from agent.core.answers import WireError
from agent.core.bodies import BodyContent, control_bodies, data_bodies
from agent.core.ids import SIZE
from agent.core.lines import CONTENT_MAX, LINE_MAX, LINES_MAX, read_lines, scope_of
from agent.core.record_page import RecordPage
from agent.core.seal import describe


def hashes(count: int) -> bytes:
    return b"".join(i.to_bytes(SIZE, "big") for i in range(count))


def page(count: int, size: int = 10, people: int = 1) -> RecordPage:
    lines = [b"%08d%b\n" % (i, b"x" * size) for i in range(count)]
    return RecordPage("customers", count, lines, hashes(count), hashes(count), hashes(count * people),
                      [b"k%d" % i for i in range(count)], b"", [], b"", {})  # fmt: skip


@given(st.integers(0, 40), st.sets(st.integers(0, 39)), st.integers(0, 2))
def test_exactly_the_chosen_lines_with_what_belongs_to_them(count: int, chosen: set[int], people: int) -> None:
    send = sorted(i for i in chosen if i < count)
    made = page(count, people=people)
    found = list(data_bodies(made, send, people))
    assert [line for body in found for line in body.lines] == [made.lines[i] for i in send]
    assert [key for body in found for key in body.keys] == [made.keys[i] for i in send]
    assert b"".join(b.ids for b in found) == b"".join(made.ids[i * SIZE : (i + 1) * SIZE] for i in send)
    step = SIZE * people
    assert b"".join(b.persons for b in found) == b"".join(made.persons[i * step : (i + 1) * step] for i in send)


def test_bodies_stay_within_the_limits_of_a_batch() -> None:
    many = list(data_bodies(page(2 * LINES_MAX + 1), range(2 * LINES_MAX + 1), 1))
    assert max(len(body.lines) for body in many) <= LINES_MAX
    assert sum(len(body.lines) for body in many) == 2 * LINES_MAX + 1
    large = list(data_bodies(page(200, 60_000), range(200), 1))
    assert max(sum(map(len, body.lines)) for body in large) <= CONTENT_MAX
    assert sum(len(body.lines) for body in large) == 200


def test_nothing_to_say_makes_no_body() -> None:
    assert list(data_bodies(page(3), [], 1)) == []
    assert list(control_bodies(b"n" * 32, "customers", [])) == []


def test_control_lines_are_lines_of_the_wire_in_the_order_told() -> None:
    scope = scope_of("marketing", "2026-11-22")
    told = [("lift", b"a" * 16, scope), ("suppress", b"b" * 16, scope), ("retract", b"c" * 16, None)]
    [body] = control_bodies(b"n" * 32, "customers", told)
    read = read_lines(b"".join(body.lines))
    assert [(line.op, line.id, line.scope) for line in read] == [(op, i.hex(), s) for op, i, s in told]
    assert (body.people, body.persons, body.keys) == (0, b"", [])


def test_a_body_survives_being_stored_and_shows_nothing() -> None:
    made = BodyContent([b'{"email":"pat@mail.example"}\n'], hashes(1), hashes(1), 1, hashes(1), [b"104417"])
    assert bodies.decode(bodies.encode(bodies.pack(made))) == made
    assert "pat" not in repr(made)
    assert "104417" not in repr(made)


@given(st.lists(st.sampled_from(["lift", "suppress", "retract"]), min_size=1, max_size=6), st.data())
def test_a_body_is_stored_with_what_its_manifest_will_say(ops: list[str], data: st.DataObject) -> None:
    scope = scope_of("marketing", "2026-11-22")
    told = [(op, bytes([n]) * 16, None if op == "retract" else scope) for n, op in enumerate(ops)]
    [made] = control_bodies(b"n" * 32, "customers", told)
    stored = bodies.encode(bodies.pack(made))
    kept = bodies.decode_packed(stored)
    assert kept.described == kept.description() == describe(b"".join(made.lines))
    before = msgspec.msgpack.encode(msgspec.msgpack.decode(stored)[:-1])  # as it was stored by versions without
    assert bodies.decode_packed(before).described is None
    assert bodies.decode_packed(before).description() == kept.described
    keep = data.draw(st.lists(st.booleans(), min_size=len(ops), max_size=len(ops)))
    left = kept.pick(keep)
    assert left.description() == describe(b"".join(line for line, stays in zip(made.lines, keep, strict=True) if stays))


def test_what_is_left_of_a_body_is_described_anew() -> None:
    [made] = control_bodies(b"n" * 32, "customers", [("retract", bytes([n]) * 16, None) for n in range(3)])
    left = bodies.pack(made).pick([True, False, True])
    assert left.description() == describe(made.lines[0] + made.lines[2])


def test_lines_that_the_wire_refuses_are_stored_and_refused_where_they_would_leave() -> None:
    long = b'{"dataset":"customers","fields":{"a":"%b"},"id":"","nonce":"","op":"upsert"}\n' % (b"x" * LINE_MAX)
    made = bodies.pack(BodyContent([long], hashes(1), hashes(1), 0, b"", [b"k"]))
    assert made.described is None
    with pytest.raises(WireError, match="longer than"):
        made.description()


def test_picking_drops_a_line_with_all_that_belongs_to_it() -> None:
    [whole] = data_bodies(page(3), range(3), 1)
    left = whole.pick([True, False, True])
    assert (left.lines, left.keys) == ([whole.lines[0], whole.lines[2]], [b"k0", b"k2"])
    assert left.persons_by_line() == [whole.persons[:16], whole.persons[32:]]
