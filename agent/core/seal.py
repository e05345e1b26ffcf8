"""Make a sealed batch, and open one. `seal` is the only maker of a `SealedBatch` on the dealer's side, `open_batch` on
the OEM's; both hold the same rules, so what one makes the other takes.

Refuses: content that its manifest does not describe, in any byte or count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from agent.core import jws, manifest, merkle
from agent.core.answers import WireError
from agent.core.heads import why_unverified
from agent.core.lines import OPS, Line, check_size, read_lines
from agent.core.manifest import Claims, Counts, Manifest
from agent.core.packing import unpacked
from agent.core.schemas import check_lines

Sign = Callable[[str, bytes], str]


@dataclass(frozen=True, slots=True, repr=False)
class SealedBatch:
    """What goes out. `manifest_sha256` is over the compact JWS as sent: it names description and signature. `wire`: the
    content as gzip, where it has been made already; then `lines` may be left out."""

    manifest: Manifest
    jws: str
    manifest_sha256: str
    lines: bytes | None
    wire: bytes | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        m = self.manifest
        return f"SealedBatch({m.kind} {m.stream_id} {m.epoch}/{m.seq}, {len(self.content)} bytes)"

    @property
    def content(self) -> bytes:
        """The lines. Sending takes `wire`, so whoever only sends never unpacks them."""
        return unpacked(self.wire or b"") if self.lines is None else self.lines


class Description(msgspec.Struct, frozen=True, array_like=True):
    """What a manifest says of a body, made from its lines."""

    counts: Counts
    content_sha256: str
    merkle_root: str


@dataclass(frozen=True, slots=True)
class OpenedBatch:
    """A batch whose every claim about itself was found true, with its lines and their hashes."""

    sealed: SealedBatch
    kid: str
    lines: tuple[Line, ...]
    leaves: tuple[bytes, ...]


def describe(content: bytes, leaves: Sequence[bytes] | None = None) -> Description:
    """`leaves`: the leaf hashes, where they have been made already.

    Raises WireError when a limit of the wire is passed; the lines themselves are the gate's to judge.
    """
    check_size(content)
    if content and not content.endswith(b"\n"):
        raise WireError("schema_mismatch", "the body's last line has no LF")
    known = merkle.leaf_hashes(content) if leaves is None else leaves
    return Description(_counts(content), manifest.digest(content), "sha256:" + merkle.root(known).hex())


def seal(content: bytes, claims: Claims, sign: Sign) -> SealedBatch:
    """Describe and sign a body whose lines passed the gate."""
    return _sealed(describe(content), claims, sign, content, None)


def seal_packed(wire: bytes, described: Description, claims: Claims, sign: Sign) -> SealedBatch:
    """Sign a body that was described when it was packed."""
    return _sealed(described, claims, sign, None, wire)


def _sealed(
    described: Description, claims: Claims, sign: Sign, content: bytes | None, wire: bytes | None
) -> SealedBatch:
    made = Manifest(
        **{name: getattr(claims, name) for name in Claims.__struct_fields__},
        counts=described.counts,
        content_sha256=described.content_sha256,
        merkle_root=described.merkle_root,
    )
    compact = sign(manifest.TYP, manifest.encode(made))
    return SealedBatch(made, compact, manifest_sha256(compact), content, wire)


def manifest_sha256(compact: str) -> str:
    """The digest by which receipts, heads and the next `prev` name a manifest."""
    return "sha256:" + sha256(compact.encode()).hexdigest()


def prev_of(compact: str) -> str | None:
    """The digest of the manifest before it, out of one that we signed and kept ourselves."""
    found: str | None = msgspec.json.decode(jws.unb64url(compact.split(".")[1]))["prev"]
    return found


def read_manifest(compact: str, find_key: jws.KeyFinder) -> tuple[str, Manifest]:
    """(kid, manifest) of a signed manifest; WireError says unknown_key, bad_signature or unsupported."""
    try:
        kid, payload = jws.verify(compact, manifest.TYP, find_key)
    except jws.BadJwsError as error:
        raise WireError(why_unverified(compact, find_key), f"manifest: {error}") from None
    return kid, manifest.decode(payload)


def open_batch(compact: str, content: bytes, find_key: jws.KeyFinder) -> OpenedBatch:
    """Verify everything a batch says about itself. Streams, seqs and policies are the ledger's to judge."""
    kid, described = read_manifest(compact, find_key)
    return open_content(SealedBatch(described, compact, manifest_sha256(compact), content), kid)


def open_content(sealed: SealedBatch, kid: str) -> OpenedBatch:
    """The body against a manifest that has been verified."""
    described, content = sealed.manifest, sealed.content
    check_size(content)
    if manifest.digest(content) != described.content_sha256:
        raise WireError("digest_mismatch", "the body does not have the digest in content_sha256")
    lines = read_lines(content)
    leaves = merkle.leaf_hashes(content)
    if "sha256:" + merkle.root(leaves).hex() != described.merkle_root:
        raise WireError("digest_mismatch", "the lines do not have the root in merkle_root")
    if _counted(lines) != described.counts:
        raise WireError("schema_mismatch", "counts does not say how many lines of each op there are")
    check_lines(lines, described.schemas)
    return OpenedBatch(sealed, kid, tuple(lines), tuple(leaves))


def folder_names(described: Manifest) -> tuple[str, str]:
    """File names of (body, manifest) in a folder recipient; they sort in the order of sending."""
    stem = f"{described.stream_id}.{described.epoch:04d}.{described.seq:010d}"
    return f"{stem}.ndjson.gz", f"{stem}.manifest.jws"


def _counts(content: bytes) -> Counts:
    # On a canonical line these bytes stand at the line's end (upsert, retract and lift) or before its scope and nowhere
    # else: a quote inside a string is always escaped, and no raw LF can be inside a line. Four scans at C speed.
    upserts = content.count(b'","op":"upsert"}\n')
    if upserts == content.count(b"\n"):
        return Counts(upsert=upserts)
    found = {op: content.count(b'","op":"%b"}\n' % op.encode()) for op in OPS}
    for op in ("suppress", "lift"):
        found[op] += content.count(b'","op":"%b","scope":{' % op.encode())
    if sum(found.values()) != content.count(b"\n"):
        raise WireError("schema_mismatch", "the body holds a line without a known op")
    return Counts(**found)


def _counted(lines: Sequence[Line]) -> Counts:
    found = dict.fromkeys(OPS, 0)
    for line in lines:
        found[line.op] += 1
    return Counts(**found)
