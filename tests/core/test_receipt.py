"""Only a receipt that verifies under an enrolled key and names this very batch settles it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.core import receipt, seal
from agent.errors import SealError
from tests.core.wire_samples import claims, digest, find_key, raw_line, sign, sign_other

BATCH = seal.seal(raw_line(1), claims(), sign)


def payload(**over: Any) -> bytes:
    text = receipt.make_receipt(BATCH, "receipt-1", "2026-11-22T03:00:00Z", lambda _, data: data.decode())
    return json.dumps({name: value for name, value in (json.loads(text) | over).items() if value is not ...}).encode()


def refused(text: str) -> SealError:
    with pytest.raises(SealError) as caught:
        receipt.read_receipt(text, BATCH, find_key)
    return caught.value


def test_a_receipt_settles_the_batch_it_names() -> None:
    text = receipt.make_receipt(BATCH, "receipt-1", "2026-11-22T03:00:00Z", sign)
    found = receipt.read_receipt(text, BATCH, find_key)
    assert (found.iss, found.aud) == (BATCH.manifest.aud, BATCH.manifest.iss)
    assert (found.manifest_sha256, found.receipt_id) == (BATCH.manifest_sha256, "receipt-1")


DIFFERENT = {
    "iss": "another-oem",
    "aud": "agent-2",
    "stream_id": "stream-2",
    "epoch": 2,
    "seq": 2,
    "batch_id": "batch-2",
    "manifest_sha256": digest("x"),
    "content_sha256": digest("x"),
    "audit_head": digest("x"),
    "counts": {"lift": 0, "retract": 0, "suppress": 0, "upsert": 2},
}


@pytest.mark.parametrize("claim", DIFFERENT)
def test_a_receipt_for_anything_else_is_refused_by_claim(claim: str) -> None:
    assert receipt.read_receipt(sign(receipt.TYP, payload()), BATCH, find_key)
    assert claim in refused(sign(receipt.TYP, payload(**{claim: DIFFERENT[claim]}))).what
    assert claim in refused(sign(receipt.TYP, payload(**{claim: ...}))).what


def test_every_claim_but_the_receivers_own_is_compared() -> None:
    own = {"spec", "receipt_id", "received_at"}
    assert set(json.loads(payload())) - own == set(DIFFERENT)


@pytest.mark.parametrize(
    "text",
    [
        sign_other(receipt.TYP, payload()),
        sign("fieldgate-batch+jws", payload()),
        BATCH.jws,
        sign(receipt.TYP, payload(spec=2)),
        sign(receipt.TYP, payload(crit=["x"])),
        sign(receipt.TYP, payload(received_at="today")),
        sign(receipt.TYP, b"{}"),
        sign(receipt.TYP, payload())[:-2],
        "",
        "<html>Please log in to the guest network</html>",
    ],
    ids=range(10),
)
def test_anything_less_is_no_receipt(text: str) -> None:
    assert refused(text).advice


def test_unknown_claims_are_ignored() -> None:
    assert receipt.read_receipt(sign(receipt.TYP, payload(weather="fine")), BATCH, find_key)
