"""One batch all the way: sealed, pushed over HTTPS, verified, landed, receipted; and what may be asked afterwards."""

from __future__ import annotations

import json

from agent.core.receipt import read_receipt
from agent.receiver.serve import Running
from tests.receiver.fake_dealer import Dealer, hexed, upsert


def test_a_batch_is_landed_and_its_receipt_names_it(dealer: Dealer, receiver: Running) -> None:
    batch = dealer.sealed(upsert(1) + upsert(2))
    response = dealer.send(batch)
    assert response.status_code == 201
    receipt = read_receipt(response.text, batch, dealer.find_key)
    assert receipt.manifest_sha256 == batch.manifest_sha256
    with receiver.house.store.reading() as db:
        row = db.execute(
            "SELECT fields FROM records WHERE stream_id = ? AND id = ?", (dealer.stream_id, hexed("id", 1))
        ).fetchone()
    assert json.loads(row["fields"]) == {"email": "pat1@mail.example", "given_name": "Pat"}


def test_a_replay_gets_the_same_receipt_and_changes_nothing(dealer: Dealer) -> None:
    batch = dealer.sealed(upsert(1))
    first, second = dealer.send(batch), dealer.send(batch)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.text == second.text


def test_the_head_tells_where_the_stream_stands(dealer: Dealer) -> None:
    before = dealer.head()
    assert (before.epoch, before.seq, before.manifest_sha256) == (0, 0, None)
    batch = dealer.post(upsert(1))
    after = dealer.head()
    assert (after.epoch, after.seq, after.manifest_sha256) == (1, 1, batch.manifest_sha256)
    assert (after.policy_version, after.roll_version, after.audit_head) == (4, 2, batch.manifest.audit_head)
