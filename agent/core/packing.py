"""Compression of what goes out: gzip, which every receiver takes. The only importer of ISA-L.

At level 1 it is smaller than zlib's level 1 and about ten times as fast: zlib alone would cost more than the screen.
"""

from __future__ import annotations

import zlib

from isal import igzip, isal_zlib

from agent.core.answers import WireError
from agent.core.lines import CONTENT_MAX

_GZIP = 31


def packed(content: bytes) -> bytes:
    """Equal content gives equal bytes: no time and no name stand in the header."""
    return igzip.compress(content, 1, mtime=0)


def unpacked(wire: bytes) -> bytes:
    """Our own bytes back, after they have been authenticated; never for what somebody else sent."""
    return isal_zlib.decompress(wire, _GZIP)


def decompress(body: bytes, encoding: str) -> bytes:
    """The lines of a body that anybody may have made. Stops at the limit however much a small body would unfold to;
    takes one gzip member."""
    if encoding != "gzip":
        raise WireError("unsupported", "Content-Encoding: gzip is the one this receiver takes")
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        content = unpacker.decompress(body, CONTENT_MAX + 1)
    except zlib.error:
        raise WireError("digest_mismatch", "the body is not gzip") from None
    if len(content) > CONTENT_MAX:
        raise WireError("too_large", f"the lines are larger than {CONTENT_MAX} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise WireError("digest_mismatch", "the body is not one whole gzip member")
    return content
