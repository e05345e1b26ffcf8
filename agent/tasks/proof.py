"""Check our own batches after the fact: signature, leaf hashes, receipt, and the order of the manifests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.core import merkle
from agent.core.answers import WireError
from agent.core.manifest import Manifest
from agent.core.pages import split
from agent.core.receipt import read_receipt
from agent.core.seal import manifest_sha256, read_manifest
from agent.errors import SealError
from agent.state import streams
from agent.state.outbox import Batch
from agent.tasks.desk import Desk, own_keys
from agent.tasks.receipt_keys import pinned

_LEAF = 32


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a receipt is compared with; the content is gone once a batch is settled."""

    manifest: Manifest
    manifest_sha256: str


def verify_batches(desk: Desk, batches: Iterable[Batch]) -> dict[str, str]:
    """Batch id -> what is wrong with it; empty where nothing is."""
    with desk.state.reading() as tx:
        begins = {(one.stream_id, one.epoch, one.taken_over + 1) for one in streams.streams(tx)}
    wanted = sorted(batches, key=lambda b: (b.stream_id, b.epoch, b.seq))
    verdicts: dict[str, str] = {}
    before: Batch | None = None
    for batch in wanted:
        verdicts[batch.batch_id] = _problem(
            desk, batch, None if (batch.stream_id, batch.epoch, batch.seq) in begins else before
        )
        before = batch
    return verdicts


def _problem(desk: Desk, batch: Batch, before: Batch | None) -> str:
    own = own_keys(desk)
    try:
        _, manifest = read_manifest(batch.manifest, own.get)
    except WireError as error:
        return f"manifest: {error.what}"
    if manifest_sha256(batch.manifest) != batch.manifest_sha256:
        return "the manifest is not the one whose digest was kept"
    if "sha256:" + merkle.root(split(batch.leaves, _LEAF)).hex() != manifest.merkle_root:
        return "the leaf hashes do not have the root that was signed"
    follows = before and (before.stream_id, before.epoch, before.seq) == (batch.stream_id, batch.epoch, batch.seq - 1)
    if before and follows and manifest.prev != before.manifest_sha256:
        return "it does not follow the batch before it"
    if batch.state == "settled" and batch.receipt:
        described = Announcement(manifest, batch.manifest_sha256)
        with desk.state.reading() as tx:
            recipient = streams.get(tx, batch.stream_id).recipient
        try:
            read_receipt(batch.receipt, described, pinned(desk, recipient).get)
        except SealError as error:
            return error.what
    return ""


@dataclass(frozen=True, slots=True)
class LineProof:
    """That one line stands in a batch we signed. It holds no value: whoever has the line computes its leaf."""

    manifest: str
    leaf: str
    index: int
    size: int
    path: tuple[str, ...]
    merkle_root: str
    receipt: str | None


def prove_line(desk: Desk, batch: Batch, line: bytes) -> LineProof:
    """Prove a record that the OEM hands back, long after our copy is gone: leaf hashes stay. SealError where it is not
    one of this batch, in any byte."""
    leaves = split(batch.leaves, _LEAF)
    leaf = merkle.leaf_hash(line.rstrip(b"\n"))
    if leaf not in leaves:
        raise SealError(
            "FG-K60",
            f"this record is not in batch {batch.batch_id}, or not in these bytes",
            "take the line exactly as it was received; find the batch by: fieldgate batch list",
        )
    return _proof(desk, batch, leaves, leaves.index(leaf))


def prove_number(desk: Desk, batch: Batch, number: int) -> LineProof:
    """Prove the n-th line, from 1, while the batch waits or afterwards: by its kept hash."""
    leaves = split(batch.leaves, _LEAF)
    if not 1 <= number <= len(leaves):
        raise SealError("FG-K61", f"batch {batch.batch_id} has {len(leaves)} lines", "give a number between 1 and that")
    return _proof(desk, batch, leaves, number - 1)


def _proof(desk: Desk, batch: Batch, leaves: list[bytes], index: int) -> LineProof:
    _, described = read_manifest(batch.manifest, own_keys(desk).get)
    path = merkle.path(leaves, index)
    root = bytes.fromhex(described.merkle_root.removeprefix("sha256:"))
    if not merkle.check_path(leaves[index], index, len(leaves), path, root):
        raise SealError(
            "FG-K62",
            f"the leaf hashes of batch {batch.batch_id} are not those that were signed",
            "fieldgate batch verify",
        )
    return LineProof(
        batch.manifest, leaves[index].hex(), index, len(leaves), tuple(one.hex() for one in path),
        described.merkle_root, batch.receipt,
    )  # fmt: skip
