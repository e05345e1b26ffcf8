"""Verify again, from the beginning, believing nothing: a receiver's whole store, or the files of a folder recipient.

Every signature, digest, root, chain link and count is computed anew, and the landing is rebuilt from the log of
operations. Problems are values, one sentence each, and never quote a record.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from agent.core import jws, merkle
from agent.core.answers import WireError
from agent.core.lines import Line, read_lines
from agent.core.manifest import Manifest
from agent.core.packing import decompress
from agent.core.receipt import read_receipt
from agent.core.seal import OpenedBatch, SealedBatch, folder_names, manifest_sha256, open_batch, read_manifest
from agent.errors import ConfigError, SealError
from agent.receiver.bodies import BODY_MAX
from agent.receiver.holdings import Batch, batches, streams
from agent.receiver.house import ReceiverHouse
from agent.receiver.landing import channels

_SHOWN_MAX = 100
_HEADER_MAX = 16 * 1024
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass
class Verified:
    """What was looked at, and every problem found (the first hundred in words)."""

    batches: int = 0
    lines: int = 0
    records: int = 0
    erased: int = 0
    problem_count: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.problem_count == 0

    def add(self, where: str, what: str) -> None:
        self.problem_count += 1
        if len(self.problems) < _SHOWN_MAX:
            self.problems.append(f"{where}: {what}")


@dataclass
class _Replay:
    """One stream's landing, rebuilt from its operations: (dataset, id) -> (nonce, fields); and what is suppressed."""

    records: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    suppressed: set[tuple[str, str, str, str]] = field(default_factory=set)
    unknown: set[tuple[str, str]] = field(default_factory=set)

    def apply(self, line: Line) -> None:
        key = (line.dataset, line.id)
        if line.op == "upsert":
            self.records[key] = (line.nonce, _encode(line.fields).decode())
        elif line.op == "retract":
            self.records.pop(key, None)
        elif line.op == "suppress" and line.scope is not None:
            self.suppressed |= {(*key, line.scope.purpose, channel) for channel in channels(line.scope)}
        else:
            self.suppressed -= {s for s in self.suppressed if s[:2] == key and _lifts(line, s)}


def verify_all(house: ReceiverHouse) -> Verified:
    """Everything the receiver holds, recomputed."""
    found = Verified()
    for stream in streams(house):
        replay, prev, last = _Replay(), None, (0, 0)
        for batch in batches(house, stream.stream_id):
            found.batches += 1
            where = f"{batch.stream_id} {batch.epoch}/{batch.seq}"
            described = _check_batch(house, batch, found, where)
            if described is not None:
                _check_link(described, prev, last, found, where)
            _check_lines(house, batch, described, replay, found)
            prev, last = batch.manifest_sha256, (batch.epoch, batch.seq)
        if (stream.epoch, stream.seq) != last or stream.manifest_sha256 != prev:
            found.add(stream.stream_id, "the head is not the last batch")
        _check_landing(house, stream.stream_id, replay, found)
    return found


def verify_folder(folder: Path, keys: Iterable[jws.JWK]) -> Verified:
    """A folder recipient's files: `*.manifest.jws` beside `*.ndjson.gz`, in order, under the dealer's public keys."""
    find_key = {jws.kid_of(jwk): jwk for jwk in keys}.get
    found, heads = Verified(), dict[str, OpenedBatch]()
    manifests = sorted(folder.glob("*.manifest.jws"))
    for path in manifests:
        found.batches += 1
        try:
            batch = _read_pair(folder, path, find_key)
        except WireError as error:
            found.add(path.name, error.what)
            continue
        before = heads.get(batch.sealed.manifest.stream_id)
        prev = before.sealed.manifest_sha256 if before else None
        last = (before.sealed.manifest.epoch, before.sealed.manifest.seq) if before else (0, 0)
        _check_link(batch.sealed.manifest, prev, last, found, path.name)
        heads[batch.sealed.manifest.stream_id] = batch
        found.lines += len(batch.lines)
    for body in sorted(folder.glob("*.ndjson.gz")):
        if not body.with_name(body.name.removesuffix(".ndjson.gz") + ".manifest.jws").exists():
            found.add(body.name, "no manifest stands beside it")
    return found


def read_keys(path: Path) -> list[jws.JWK]:
    """A JWKS file, or a single JWK."""
    try:
        raw = json.loads(path.read_bytes())
        keys: list[jws.JWK] = raw.get("keys", [raw])
        for jwk in keys:
            jws.kid_of(jwk)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            "RC020", "the keys file is not a JWKS of P-256 keys", "Ask the dealer for its keys.json"
        ) from None
    return keys


def _read_pair(folder: Path, path: Path, find_key: jws.KeyFinder) -> OpenedBatch:
    body = folder / (path.name.removesuffix(".manifest.jws") + ".ndjson.gz")
    try:
        with path.open("rb") as manifest_file, body.open("rb") as body_file:
            compact = manifest_file.read(_HEADER_MAX).decode("ascii").strip()
            packed = body_file.read(BODY_MAX + 1)
    except (OSError, UnicodeDecodeError):
        raise WireError("unsupported", "body or manifest cannot be read") from None
    if len(packed) > BODY_MAX:
        raise WireError("too_large", "the body is larger than wire spec 1 allows")
    batch = open_batch(compact, decompress(packed, "gzip"), find_key)
    if folder_names(batch.sealed.manifest) != (body.name, path.name):
        raise WireError("wrong_stream", "the file's name is not that of its stream, epoch and seq")
    return batch


def _check_batch(house: ReceiverHouse, batch: Batch, found: Verified, where: str) -> Manifest | None:
    try:
        kid, described = read_manifest(batch.manifest, house.find_key)
        sealed = SealedBatch(described, batch.manifest, manifest_sha256(batch.manifest), b"")
        receipt = read_receipt(batch.receipt, sealed, house.find_own_key)
    except WireError as error:
        found.add(where, error.what)
        return None
    except SealError as error:
        found.add(where, error.what)
        return None
    told = (kid, described.stream_id, described.epoch, described.seq, described.batch_id, described.kind)
    if told != (batch.kid, batch.stream_id, batch.epoch, batch.seq, batch.batch_id, batch.kind):
        found.add(where, "the ledger's row is not what its manifest says")
    if _after_last_good(house, batch):
        found.add(where, "signed by a revoked key, after the last good batch that the officers named")
    if (sealed.manifest_sha256, receipt.receipt_id) != (batch.manifest_sha256, batch.receipt_id):
        found.add(where, "the ledger's row does not name its manifest and receipt")
    return described


def _after_last_good(house: ReceiverHouse, batch: Batch) -> bool:
    with house.store.reading() as db:
        row = db.execute("SELECT last_good FROM keys WHERE kid = ?", (batch.kid,)).fetchone()
    for part in (row["last_good"] or "").split(",") if row else ():
        stream, _, place = part.strip().partition("=")
        epoch, _, seq = place.partition("/")
        if stream == batch.stream_id and epoch.isdigit() and seq.isdigit():
            return (batch.epoch, batch.seq) > (int(epoch), int(seq))
    return False


def _check_link(m: Manifest, prev: str | None, last: tuple[int, int], found: Verified, where: str) -> None:
    epoch, seq = last
    follows = (m.epoch, m.seq) == (max(epoch, 1), seq + 1)
    resets = m.kind == "reset" and m.epoch > epoch and m.seq == 1
    if not (follows or resets):
        found.add(where, "a batch is missing before it")
    elif m.prev != prev and not (resets and m.prev is None):
        found.add(where, "prev is not the manifest before it")


def _check_lines(
    house: ReceiverHouse, batch: Batch, described: Manifest | None, replay: _Replay, found: Verified
) -> None:
    where, leaves, texts = f"{batch.stream_id} {batch.epoch}/{batch.seq}", [], []
    for row in _operations(house, batch):
        found.lines += 1
        leaves.append(bytes(row["leaf"]))
        if row["line"] is None:
            found.erased += 1
            replay.unknown.add((row["dataset"], row["id"]))
            continue
        text = bytes(row["line"])
        texts.append(text + b"\n")
        if merkle.leaf_hash(text) != leaves[-1]:
            found.add(f"{where} line {row['line_no']}", "its text is not the one whose hash was kept")
    if described is not None and "sha256:" + merkle.root(leaves).hex() != described.merkle_root:
        found.add(where, "its lines do not have the root in the manifest")
    try:
        for line in read_lines(b"".join(texts)):
            replay.apply(line)
    except WireError as error:
        found.add(where, error.what)


def _operations(house: ReceiverHouse, batch: Batch) -> list[sqlite3.Row]:
    with house.store.reading() as db:
        return db.execute(
            "SELECT line_no, dataset, id, leaf, line FROM operations WHERE stream_id = ? AND epoch = ? AND seq = ?"
            " ORDER BY line_no",
            (batch.stream_id, batch.epoch, batch.seq),
        ).fetchall()


def _check_landing(house: ReceiverHouse, stream_id: str, replay: _Replay, found: Verified) -> None:
    left = dict(replay.records)
    for row in _rows(house, "SELECT dataset, id, nonce, fields FROM records WHERE stream_id = ?", stream_id):
        found.records += 1
        key = (row["dataset"], row["id"])
        if left.pop(key, None) != (row["nonce"], row["fields"]):
            found.add(f"{stream_id} {row['dataset']} {row['id']}", "the landed record is not what its operations say")
    for dataset, record_id in left.keys() - replay.unknown:
        found.add(f"{stream_id} {dataset} {record_id}", "its operations say it should be landed, and it is not")
    _check_suppressions(house, stream_id, replay, found)


def _check_suppressions(house: ReceiverHouse, stream_id: str, replay: _Replay, found: Verified) -> None:
    sql = "SELECT dataset, id, purpose, channel, origin FROM suppressions WHERE stream_id = ?"
    held = {tuple(row)[:4]: row["origin"] for row in _rows(house, sql, stream_id)}
    for key in replay.suppressed - held.keys():
        found.add(f"{stream_id} {key[0]} {key[1]}", "suppressed by the dealer, and not held as suppressed")
    for key, origin in held.items():
        if origin == "dealer" and key not in replay.suppressed:
            found.add(f"{stream_id} {key[0]} {key[1]}", "held as suppressed by the dealer, who did not say so")


def _rows(house: ReceiverHouse, sql: str, stream_id: str) -> Iterator[sqlite3.Row]:
    with house.store.reading() as db:
        yield from db.execute(sql, (stream_id,)).fetchall()


def _lifts(line: Line, suppressed: tuple[str, str, str, str]) -> bool:
    if line.scope is None:
        return True
    return line.scope.purpose == suppressed[2] and (line.scope.all or suppressed[3] in channels(line.scope))
