"""What lands: whole records, in order; suppression outlives every reload; erasure reaches the log."""

from __future__ import annotations

import sqlite3

import pytest

from agent.core import heads
from agent.core.lines import Scope, control_line, scope_of
from agent.receiver import holdings
from agent.receiver.portal import opt_out
from agent.receiver.serve import Running
from agent.receiver.verify import verify_all
from tests.receiver.fake_dealer import Dealer, hexed, upsert

ALL = scope_of("marketing", "2026-11-22")
EMAIL = scope_of("marketing", "2026-11-22", ("email",))


def control(op: str, number: int, scope: Scope | None = None, *, erase: bool = False) -> bytes:
    return control_line("customers", hexed("id", number), hexed("n", number), op, scope, erase=erase)


def landed(receiver: Running, dealer: Dealer, number: int) -> holdings.Landed | None:
    return holdings.record(receiver.house, dealer.stream_id, "customers", hexed("id", number))


def suppressed(receiver: Running, dealer: Dealer, number: int) -> tuple[str, ...]:
    found = landed(receiver, dealer, number)
    assert found is not None
    return found.suppressed


def test_an_upsert_replaces_the_whole_record(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1, email="pat@mail.example", given_name="Pat"))
    dealer.post(upsert(1, given_name=None))
    found = landed(receiver, dealer, 1)
    assert found is not None
    assert (found.fields, found.seq) == ({"given_name": None}, 2)


def test_a_later_line_of_a_batch_wins(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1, given_name="Old") + upsert(1, given_name="New"))
    found = landed(receiver, dealer, 1)
    assert found is not None
    assert found.fields == {"given_name": "New"}


def test_a_suppressed_record_stays_suppressed_through_a_full_reload(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1))
    dealer.post(control("suppress", 1, ALL), "control")
    dealer.post(upsert(1, given_name="Pat"))
    assert suppressed(receiver, dealer, 1) == ("all",)
    dealer.post(control("retract", 1), "control")
    dealer.post(upsert(1))
    assert suppressed(receiver, dealer, 1) == ("all",)
    dealer.post(control("lift", 1), "control")
    assert suppressed(receiver, dealer, 1) == ()


def test_a_suppression_may_come_before_the_record(dealer: Dealer, receiver: Running) -> None:
    dealer.post(control("suppress", 1, EMAIL), "control")
    dealer.post(upsert(1))
    assert suppressed(receiver, dealer, 1) == ("email",)


def test_a_lift_with_a_scope_lifts_no_more_than_that(dealer: Dealer, receiver: Running) -> None:
    both = scope_of("marketing", "2026-11-22", ("email", "mail"))
    dealer.post(upsert(1))
    dealer.post(control("suppress", 1, both) + control("lift", 1, EMAIL), "control")
    assert suppressed(receiver, dealer, 1) == ("mail",)
    dealer.post(control("lift", 1, scope_of("warranty_recall", "2026-11-22")), "control")
    assert suppressed(receiver, dealer, 1) == ("mail",)
    dealer.post(control("suppress", 1, ALL) + control("lift", 1, both), "control")
    assert suppressed(receiver, dealer, 1) == ("all",)


def test_a_lift_does_not_end_what_was_said_here_and_not_heard_there(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1))
    dealer.post(control("suppress", 1, ALL), "control")
    assert opt_out(receiver.house, hexed("id", 1), ("email",)) >= 1
    dealer.post(control("lift", 1), "control")
    assert suppressed(receiver, dealer, 1) == ("email",), "a yes at the dealer's, from before the click was heard there"
    heard = dealer.head().opt_outs_through
    dealer.post(control("lift", 1), "control", opt_outs_through=heard)
    assert suppressed(receiver, dealer, 1) == ()


def test_control_lines_are_applied_in_their_order(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1) + upsert(2))
    lines = control("suppress", 1, ALL) + control("lift", 1) + control("lift", 2) + control("suppress", 2, ALL)
    dealer.post(lines, "control")
    assert (suppressed(receiver, dealer, 1), suppressed(receiver, dealer, 2)) == ((), ("all",))


def test_a_retracted_record_is_gone_and_an_erased_one_leaves_no_text(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1, email="kept@mail.example") + upsert(2, email="gone@mail.example"))
    dealer.post(control("retract", 1) + control("retract", 2, erase=True), "control")
    assert landed(receiver, dealer, 1) is None
    assert landed(receiver, dealer, 2) is None
    with receiver.house.store.reading() as db:
        rows = db.execute("SELECT line FROM operations WHERE stream_id = ?", (dealer.stream_id,)).fetchall()
    texts = b"".join(bytes(row["line"] or b"") for row in rows)
    assert b"kept@mail.example" in texts
    assert b"gone@mail.example" not in texts
    assert verify_all(receiver.house).problems == []


def test_one_streams_lines_never_touch_another_streams_records(dealer: Dealer, receiver: Running) -> None:
    other = dealer.twin(stream_id=dealer.stream_id + "-b")
    dealer.post(upsert(1))
    other.post(upsert(1))
    other.post(control("retract", 1) + control("suppress", 1, ALL), "control")
    assert suppressed(receiver, dealer, 1) == ()


def test_heartbeat_and_void_move_the_head_and_land_nothing(dealer: Dealer, receiver: Running) -> None:
    dealer.post(b"", "heartbeat")
    dealer.post(b"", "void", replaces="batch-x")
    assert dealer.head().seq == 2
    assert [c for c in holdings.counts(receiver.house) if c.stream_id == dealer.stream_id] == []


def test_counts_say_per_store_and_dataset_what_is_here(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1) + upsert(2) + upsert(3))
    dealer.post(control("suppress", 1, ALL) + control("suppress", 1, EMAIL), "control")
    found = [c for c in holdings.counts(receiver.house) if c.stream_id == dealer.stream_id]
    assert [(c.store, c.dataset, c.records, c.suppressed) for c in found] == [("01", "customers", 3, 1)]
    assert len(list(holdings.records(receiver.house, "customers", dealer.stream_id))) == 3


def test_records_are_walked_whole_whatever_the_chunks(dealer: Dealer, receiver: Running) -> None:
    dealer.post(b"".join(upsert(i) for i in range(2500)))
    ids = [r.id for r in holdings.records(receiver.house, "customers", dealer.stream_id)]
    assert len(ids) == len(set(ids)) == 2500


def test_the_log_of_operations_cannot_be_rewritten(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1))
    for sql in (
        "DELETE FROM operations",
        "UPDATE operations SET op = 'lift'",
        "UPDATE operations SET line = x'00'",
        "DELETE FROM batches",
        "UPDATE batches SET seq = 9",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), receiver.house.store.writing() as db:
            db.execute(sql)


def test_the_suppressed_page_lists_what_is_held_and_can_be_resumed(dealer: Dealer) -> None:
    dealer.post(b"".join(upsert(i) for i in range(700)))
    dealer.post(b"".join(control("suppress", i, ALL) for i in range(700)), "control")
    found, after, more = set(), 0, True
    while more:
        page = dealer.ask(heads.SuppressedPage, heads.suppressed_path(dealer.stream_id, after))
        assert len(page.entries) <= 500
        found |= {entry.id for entry in page.entries}
        after, more = page.through, page.more
    assert found == {hexed("id", i) for i in range(700)}


def test_no_repr_shows_a_value(dealer: Dealer, receiver: Running) -> None:
    dealer.post(upsert(1))
    assert "mail.example" not in repr(landed(receiver, dealer, 1))
