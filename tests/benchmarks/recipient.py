"""A recipient in the measuring process: takes the bytes as they would go out, and answers with a signed receipt.

Everything of the agent's own work on a push is done (compression, digest, manifest header); network and the OEM's
verification are not, because they are another machine's time.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from agent.core.heads import TYP_HEAD, StreamHead
from agent.core.lines import OPS
from agent.core.manifest import Manifest
from agent.core.receipt import make_receipt
from agent.core.seal import SealedBatch
from agent.keys.signing import Signer
from agent.oem import Reply, push_request

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass
class Oem:
    signer: Signer
    name: str
    batches: int = 0
    lines: int = 0
    wire_bytes: int = 0
    last: tuple[Manifest, str] | None = None  # and not the batch: its bytes would count as the supervisor's memory

    def push(self, batch: SealedBatch) -> Reply:
        wire, _ = push_request(batch)
        self.batches += 1
        self.lines += sum(getattr(batch.manifest.counts, op) for op in OPS)
        self.wire_bytes += len(wire)
        self.last = batch.manifest, batch.manifest_sha256
        at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        receipt = make_receipt(batch, f"r{self.batches}", at, self.signer.sign)
        return Reply(201, receipt.encode(), "", None)

    def head(self, stream_id: str, now_s: int, jti: str) -> Reply:
        m, manifest_sha256 = self.last or (None, None)
        head = StreamHead(
            iss=self.name,
            stream_id=stream_id,
            in_reply_to=jti,
            epoch=m.epoch if m else 0,
            seq=m.seq if m else 0,
            manifest_sha256=manifest_sha256,
            content_sha256=m.content_sha256 if m else None,
            policy_version=m.policy.version if m else 0,
            roll_version=m.roll_version if m else 0,
            audit_head=m.audit_head if m else None,
            opt_outs_through=0,
            iat=now_s,
        )
        return Reply(200, self.signer.sign(TYP_HEAD, _encode(head)).encode(), "", None)


def open_oem(key: Path, name: str) -> Oem:
    loaded = load_pem_private_key(key.read_bytes(), password=None)
    return Oem(Signer(loaded), name)  # type: ignore[arg-type]
