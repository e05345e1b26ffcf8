"""The receipt: the OEM's signed acceptance. A 2xx without one that verifies and names this manifest is no delivery.

Reading one is the agent's side (SealError names the claim that differs); making one is the receiver's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from agent.core import jws
from agent.core.answers import WireError
from agent.core.manifest import (
    Counts,
    Digest,
    Instant,
    Manifest,
    Name,
    Positive,
    check_common,
    convert,
    strict_object,
)
from agent.errors import SealError

TYP = "fieldgate-receipt+jws"
_ADVICE = "Nothing counts as delivered. Run: fieldgate doctor; if it repeats, call the OEM"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """iss: the receiver (manifest's aud); aud: the dealer's agent (manifest's iss)."""

    spec: Literal[1] = 1
    iss: Name
    aud: Name
    receipt_id: Name
    stream_id: Name
    epoch: Positive
    seq: Positive
    batch_id: Name
    manifest_sha256: Digest
    content_sha256: Digest
    audit_head: Digest
    counts: Counts
    received_at: Instant


class Announced(Protocol):
    """What must be known of a batch to judge a receipt for it; `SealedBatch` is one."""

    @property
    def manifest(self) -> Manifest: ...
    @property
    def manifest_sha256(self) -> str: ...


_ENCODER = msgspec.json.Encoder(order="sorted")


def make_receipt(batch: Announced, receipt_id: str, received_at: str, sign: Callable[[str, bytes], str]) -> str:
    """The receiver's acceptance of a batch, signed."""
    return sign(TYP, _ENCODER.encode(_expected(batch, receipt_id, received_at)))


def read_receipt(compact: str, batch: Announced, find_key: jws.KeyFinder) -> Receipt:
    """The receipt, when it verifies under an enrolled key and names this batch in every claim; SealError otherwise."""
    receipt = parse_receipt(compact, find_key)
    expected = _expected(batch, receipt.receipt_id, receipt.received_at)
    for claim in Receipt.__struct_fields__:
        if getattr(receipt, claim) != getattr(expected, claim):
            raise SealError("receipt_differs", f"the receipt's {claim} is not that of the batch", _ADVICE)
    return receipt


def parse_receipt(compact: str, find_key: jws.KeyFinder) -> Receipt:
    """A receipt that verifies, not yet compared with any batch."""
    try:
        _, payload = jws.verify(compact, TYP, find_key)
        raw = strict_object(payload, "receipt")
        check_common(raw, "receipt")
        receipt: Receipt = convert(raw, Receipt, "receipt")
    except jws.BadJwsError as error:
        raise SealError("receipt_signature", f"the receipt does not verify: {error}", _ADVICE) from None
    except WireError as error:
        raise SealError("receipt_form", error.what, _ADVICE) from None
    return receipt


def id_of(compact: str | None) -> str:
    """Of a receipt that was verified when it settled its batch; empty where there is none."""
    return str(msgspec.json.decode(jws.unb64url(compact.split(".")[1]))["receipt_id"]) if compact else ""


def _expected(batch: Announced, receipt_id: str, received_at: str) -> Receipt:
    m = batch.manifest
    return Receipt(
        iss=m.aud,
        aud=m.iss,
        receipt_id=receipt_id,
        stream_id=m.stream_id,
        epoch=m.epoch,
        seq=m.seq,
        batch_id=m.batch_id,
        manifest_sha256=batch.manifest_sha256,
        content_sha256=m.content_sha256,
        audit_head=m.audit_head,
        counts=m.counts,
        received_at=received_at,
    )
