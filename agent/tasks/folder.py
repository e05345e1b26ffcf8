"""A folder recipient: batches as pairs of files for SFTP pick-up, "sent, not confirmed". Its head is the last manifest
in the folder; a copy of it stays when the pairs are fetched. Nobody answers, so nothing here counts as a receipt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from agent.core.answers import WireError
from agent.core.heads import StreamHead
from agent.core.jws import JWK
from agent.core.packing import decompress, packed
from agent.core.seal import OpenedBatch, SealedBatch, folder_names, manifest_sha256, open_batch, read_manifest
from agent.errors import DeliveryError
from agent.keys import durable

_HEADER_MAX = 16 * 1024
_BODY_MAX = 5 * 1024 * 1024  # gzip can make a body that does not compress a little longer than its 4 MiB


class Folder:
    """Where one recipient's files are laid down. `keys`: our public keys by kid."""

    def __init__(self, name: str, folder: Path, keys: Mapping[str, JWK]) -> None:
        self._name, self._folder, self._keys = name, folder, keys

    def put(self, batch: SealedBatch) -> None:
        """Body, then manifest, each whole or not there: whoever sees a manifest finds its body. The same batch again
        writes the same bytes. DeliveryError when the folder cannot be written."""
        body, manifest = folder_names(batch.manifest)
        wire = packed(batch.content) if batch.wire is None else batch.wire
        try:
            durable.write(self._folder / body, wire)
            durable.write(self._folder / manifest, batch.jws.encode() + b"\n")
            durable.write(self._folder / _head_name(batch.manifest.stream_id), batch.jws.encode() + b"\n")
            keys = {"keys": [{**jwk, "kid": kid} for kid, jwk in sorted(self._keys.items())]}
            durable.write(self._folder / "keys.json", json.dumps(keys, indent=1, sort_keys=True).encode() + b"\n")
        except OSError as failed:
            raise DeliveryError(
                "FG-D50",
                f"the folder of {self._name} cannot be written (error {failed.errno}): {self._folder}",
                "look at the folder, its rights and the space on its disk; it is tried again by itself",
                who="dealer IT",
            ) from None

    def another_lies_there(self, batch: SealedBatch) -> bool:
        """At this batch's place of the stream, or behind it, under our keys and not by this memory: what an OEM would
        answer `fork` to."""
        m, ours = batch.manifest, manifest_sha256(batch.jws)
        for name in (folder_names(m)[1], _head_name(m.stream_id)):
            there = self._read(self._folder / name, m.stream_id, 0)
            if there and (there.epoch, there.seq) >= (m.epoch, m.seq) and there.manifest_sha256 != ours:
                return True
        return False

    def head(self, stream_id: str, now_s: int) -> StreamHead:
        """The last manifest of a stream that lies here or lay here, under our own keys."""
        newest: tuple[int, int, str, StreamHead] | None = None
        for path in (*self._folder.glob(f"{stream_id}.*.manifest.jws"), self._folder / _head_name(stream_id)):
            found = self._read(path, stream_id, now_s)
            if found and (newest is None or (found.epoch, found.seq) > newest[:2]):
                newest = (found.epoch, found.seq, path.name, found)
        return newest[3] if newest else _nothing(self._name, stream_id, now_s)

    def lying_there(self, stream_id: str) -> Callable[[str], OpenedBatch | None]:
        """By the digest of its manifest: a batch that lies here whole, as we signed it; None where it does not."""
        places = {}
        for path in self._folder.glob(f"{stream_id}.*.manifest.jws"):
            with suppress(OSError, UnicodeDecodeError):
                places[manifest_sha256(_compact(path))] = path

        def found(digest: str) -> OpenedBatch | None:
            if digest not in places:
                return None
            body = places[digest].with_name(places[digest].name.removesuffix(".manifest.jws") + ".ndjson.gz")
            try:
                with body.open("rb") as file:
                    wire = file.read(_BODY_MAX + 1)
                return open_batch(_compact(places[digest]), decompress(wire, "gzip"), self._keys.get)
            except (OSError, UnicodeDecodeError, WireError):
                return None

        return found

    def _read(self, path: Path, stream_id: str, now_s: int) -> StreamHead | None:
        try:
            compact = _compact(path)
            _, m = read_manifest(compact, self._keys.get)
        except (OSError, UnicodeDecodeError, WireError):
            return None  # not one of ours: it says nothing about where we stand
        if m.stream_id != stream_id:
            return None
        return StreamHead(
            iss=self._name, stream_id=stream_id, in_reply_to="folder", epoch=m.epoch, seq=m.seq,
            manifest_sha256=manifest_sha256(compact), content_sha256=m.content_sha256, policy_version=m.policy.version,
            roll_version=m.roll_version, audit_head=m.audit_head, opt_outs_through=0, iat=now_s,
        )  # fmt: skip

    def close(self) -> None:
        """Nothing is held open."""


def _compact(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_HEADER_MAX).decode("ascii").strip()


def _head_name(stream_id: str) -> str:
    return f"{stream_id}.head.jws"


def _nothing(name: str, stream_id: str, now_s: int) -> StreamHead:
    return StreamHead(
        iss=name, stream_id=stream_id, in_reply_to="folder", epoch=0, seq=0, manifest_sha256=None, content_sha256=None,
        policy_version=0, roll_version=0, audit_head=None, opt_outs_through=0, iat=now_s,
    )  # fmt: skip
