"""Records -> Bodies: the lines that have changed, cut into pieces no batch limit can refuse, waiting to be sealed.

A body keeps beside each line what delivery must know of it without opening it: id, nonce, persons, source key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from agent.core import merkle
from agent.core.answers import WireError
from agent.core.ids import SIZE, nonce_of
from agent.core.lines import CONTENT_MAX, LINES_MAX, Scope, control_line
from agent.core.packing import packed, unpacked
from agent.core.pages import split
from agent.core.record_page import RecordPage
from agent.core.seal import Description, describe


class BodyContent(msgspec.Struct, frozen=True, array_like=True):
    """Parallel sequences; hashes joined. `people`: person hashes per line. Control lines have no keys."""

    lines: list[bytes]
    ids: bytes
    nonces: bytes
    people: int
    persons: bytes
    keys: list[bytes]

    def __repr__(self) -> str:
        return f"BodyContent({len(self.lines)} lines)"

    def pick(self, keep: Sequence[bool]) -> BodyContent:
        """The same body with only the lines that may leave."""
        if all(keep):
            return self
        at = [i for i, stays in enumerate(keep) if stays]
        ids, nonces, persons = split(self.ids), split(self.nonces), self.persons_by_line()
        return BodyContent(
            [self.lines[i] for i in at],
            b"".join(ids[i] for i in at),
            b"".join(nonces[i] for i in at),
            self.people,
            b"".join(persons[i] for i in at),
            [self.keys[i] for i in at] if self.keys else [],
        )

    def persons_by_line(self) -> list[bytes]:
        return split(self.persons, SIZE * self.people) if self.people else [b""] * len(self.lines)


class PackedBody(msgspec.Struct, frozen=True, array_like=True):
    """A body as it is stored: its lines as the gzip that goes out if all of them may leave, their leaf hashes (32 bytes
    each), and what its manifest will say of them. All made while the reader child reads on, so that delivery has little
    left to do. `described` is null in what was stored before there was any, and where the wire would refuse the lines.
    """

    wire: bytes
    leaves: bytes
    ids: bytes
    nonces: bytes
    people: int
    persons: bytes
    keys: list[bytes]
    described: Description | None = None

    def __repr__(self) -> str:
        return f"PackedBody({self.count} lines)"

    @property
    def count(self) -> int:
        return len(self.ids) // SIZE

    @property
    def lines(self) -> list[bytes]:
        return [line + b"\n" for line in unpacked(self.wire).split(b"\n")[:-1]]

    def description(self) -> Description:
        """WireError where the lines are beyond the limits of the wire."""
        return self.described or describe(unpacked(self.wire), split(self.leaves, merkle.SIZE))

    def content(self) -> BodyContent:
        return BodyContent(self.lines, self.ids, self.nonces, self.people, self.persons, self.keys)

    def pick(self, keep: Sequence[bool]) -> PackedBody:
        """The same body with only the lines that may leave, packed anew where that is fewer."""
        return self if all(keep) else pack(self.content().pick(keep))


def pack(content: BodyContent) -> PackedBody:
    joined = b"".join(content.lines)
    leaves = merkle.line_hashes(content.lines)
    try:
        described = describe(joined, leaves)
    except WireError:  # the claim's to say
        described = None
    c = content
    return PackedBody(packed(joined), b"".join(leaves), c.ids, c.nonces, c.people, c.persons, c.keys, described)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(PackedBody)


def encode(packed_body: PackedBody) -> bytes:
    return _encoder.encode(packed_body)


def decode_packed(data: bytes) -> PackedBody:
    return _decoder.decode(data)


def decode(data: bytes) -> BodyContent:
    """The inverse of `encode`."""
    return _decoder.decode(data).content()


def data_bodies(page: RecordPage, send: Sequence[int], people: int) -> Iterator[BodyContent]:
    """The lines of a page that are new or changed, in bodies within the limits of the wire."""
    whole = BodyContent(page.lines, page.ids, page.nonces, people, page.persons, page.keys)
    picked = whole
    if not send:
        return
    if len(send) < len(page.lines):
        chosen = set(send)
        picked = whole.pick([i in chosen for i in range(len(page.lines))])
    yield from _cut(picked)


def control_bodies(
    nonce_key: bytes, dataset: str, told: Iterable[tuple[str, bytes, Scope | None]]
) -> Iterator[BodyContent]:
    """Suppress, lift and retract lines: (op, record id, scope); `erase` is a retract that asks for deletion."""
    lines, ids, nonces = [], [], []
    for op, record_id, scope in told:
        about = msgspec.json.encode([op, scope], order="sorted")
        nonce = nonce_of(nonce_key, dataset, record_id, about)
        erase = op == "erase"
        lines.append(
            control_line(dataset, record_id.hex(), nonce.hex(), "retract" if erase else op, scope, erase=erase)
        )
        ids.append(record_id)
        nonces.append(nonce)
    yield from _cut(BodyContent(lines, b"".join(ids), b"".join(nonces), 0, b"", []))


def _cut(content: BodyContent) -> Iterator[BodyContent]:
    if not content.lines:
        return
    if len(content.lines) <= LINES_MAX and sum(map(len, content.lines)) <= CONTENT_MAX:
        yield content
        return
    half = max(1, min(LINES_MAX, len(content.lines) // 2))
    count = len(content.lines)
    yield from _cut(content.pick([i < half for i in range(count)]))
    yield from _cut(content.pick([i >= half for i in range(count)]))
