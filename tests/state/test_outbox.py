"""The outbox: one in flight, control first, each step a guarded write that refuses another situation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import StateError
from agent.state import outbox, streams
from agent.state.store import State, open_state

AT = "2026-11-22T09:00:00.000Z"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    made = open_state(tmp_path / "s.db", create=True)
    with made.transaction() as tx:
        for name in ("one", "two"):
            streams.open_stream(tx, name, name, "example-motors-na", "customer-crm")
    yield made
    made.close()


def body(stream: str = "one", kind: str = "data", lines: int = 3) -> outbox.Body:
    return outbox.Body(stream, kind, "customers", "sha256:p", 0, lines, 99, AT, AT, 0, b"key", b"sealed", AT)


def batch(batch_id: str = "b1", stream: str = "one", seq: int = 1) -> outbox.Batch:
    known = {
        "batch_id": batch_id, "stream_id": stream, "epoch": 1, "seq": seq, "kind": "data", "dataset": "customers",
        "lines": 3, "manifest": "m", "manifest_sha256": f"sha256:{batch_id}", "content_sha256": "sha256:c",
        "audit_head": "sha256:a", "leaves": b"l" * 32, "body_key": b"key", "content": b"sealed", "state": "announced",
        "attempts": 0, "next_try_at": AT, "problem": "", "announced_at": AT, "choices_n": 0,
        "policy_sha256": "sha256:p",
    }  # fmt: skip
    names = {field.name for field in dataclasses.fields(outbox.Batch)}
    return outbox.Batch(**{name: value for name, value in known.items() if name in names})  # type: ignore[arg-type]


def test_control_goes_before_data_and_the_oldest_first(state: State) -> None:
    with state.transaction() as tx:
        made = [outbox.enqueue(tx, body(kind=kind)) for kind in ("data", "control", "data", "control")]
        other = outbox.enqueue(tx, body("two"))
        order = []
        while found := outbox.next_body(tx, "one"):
            order.append(found.body_id)
            outbox.drop_body(tx, found.body_id)
        assert order == [made[1], made[3], made[0], made[2]]
        assert outbox.next_body(tx, "two").body_id == other  # type: ignore[union-attr]


def test_one_batch_in_flight_per_stream(state: State) -> None:
    with state.transaction() as tx:
        first, second, third = (outbox.enqueue(tx, body(stream)) for stream in ("one", "one", "two"))
        outbox.announce(tx, batch(), first, None)
        outbox.announce(tx, batch("b3", "two"), third, None)
        assert outbox.in_flight(tx, "one").batch_id == "b1"  # type: ignore[union-attr]
    with pytest.raises(StateError), state.transaction() as tx:
        outbox.announce(tx, batch("b2", seq=2), second, None)
    with state.reading() as tx:
        assert [b.body_id for b in outbox.bodies(tx)] == [second], "nothing half-done"


def test_a_batch_is_settled_once_and_its_bytes_go(state: State) -> None:
    with state.transaction() as tx:
        outbox.announce(tx, batch(), outbox.enqueue(tx, body()), None)
        outbox.settle(tx, "b1", "receipt", AT)
        found = outbox.batch(tx, "b1")
        assert (found.state, found.content, found.body_key) == ("settled", None, None)  # type: ignore[union-attr]
        assert found.leaves == b"l" * 32  # type: ignore[union-attr]
        assert outbox.in_flight(tx, "one") is None
    with pytest.raises(StateError), state.transaction() as tx:
        outbox.settle(tx, "b1", "another receipt", AT)


def test_what_is_in_quarantine_stays_in_flight_and_is_not_retried_by_itself(state: State) -> None:
    with state.transaction() as tx:
        outbox.announce(tx, batch(), outbox.enqueue(tx, body()), None)
        outbox.quarantine(tx, "b1", "bad_signature")
        assert outbox.in_flight(tx, "one").state == "quarantined"  # type: ignore[union-attr]
    with pytest.raises(StateError), state.transaction() as tx:
        outbox.try_later(tx, "b1", AT, "HTTP 503")
    with state.transaction() as tx:
        outbox.retry(tx, "b1", AT)
        assert outbox.in_flight(tx, "one").state == "announced"  # type: ignore[union-attr]
    with pytest.raises(StateError), state.transaction() as tx:
        outbox.retry(tx, "b1", AT)


def test_a_body_is_announced_once(state: State) -> None:
    with state.transaction() as tx:
        made = outbox.enqueue(tx, body())
        outbox.announce(tx, batch(), made, None)
        outbox.settle(tx, "b1", None, AT)
    with pytest.raises(StateError), state.transaction() as tx:
        outbox.announce(tx, batch("b2", seq=2), made, None)


def test_the_sequence_moves_only_from_where_it_was(state: State) -> None:
    with state.transaction() as tx:
        stream = streams.get(tx, "one")
        streams.advance(tx, stream, "sha256:m")
        assert (streams.get(tx, "one").next_seq, streams.get(tx, "one").prev) == (2, "sha256:m")
    with pytest.raises(StateError), state.transaction() as tx:
        streams.advance(tx, stream, "sha256:other")


def test_no_repr_shows_what_is_sealed(state: State) -> None:
    assert "sealed" not in repr(body()) + repr(batch())
