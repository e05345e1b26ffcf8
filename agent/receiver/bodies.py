"""Bodies from strangers: bounded in size and in time, and compared with Content-Digest.

Content-Digest (RFC 9530) is over the bytes as sent, compressed; `content_sha256` in the manifest is over the lines.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
from collections.abc import AsyncIterator
from hashlib import sha256

from agent.core.answers import WireError
from agent.core.lines import CONTENT_MAX

BODY_MAX = CONTENT_MAX + 64 * 1024  # gzip can make a body that does not compress a little longer
BODY_S = 30.0
_SHA256 = re.compile(r"(?:^|[ ,])sha-256=:([A-Za-z0-9+/]{43}=):(?:[ ,]|$)", re.ASCII)


async def read_body(
    chunks: AsyncIterator[bytes], declared: str | None, limit: int = BODY_MAX, s: float = BODY_S
) -> bytes:
    """The whole body, or WireError before more than `limit` bytes or `s` seconds were spent on it."""
    if declared is not None and (not declared.isascii() or not declared.isdigit() or int(declared[:12]) > limit):
        raise WireError("too_large", f"the body is larger than {limit} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(s):
            async for chunk in chunks:
                body += chunk
                if len(body) > limit:
                    raise WireError("too_large", f"the body is larger than {limit} bytes")
    except TimeoutError:
        raise WireError("unavailable", f"the body did not arrive within {s:.0f} seconds") from None
    return bytes(body)


def content_digest(body: bytes) -> str:
    """The Content-Digest header's value for a body as sent."""
    return f"sha-256=:{base64.b64encode(sha256(body).digest()).decode()}:"


def check_digest(body: bytes, header: str | None) -> None:
    found = _SHA256.search(header or "")
    if found is None:
        raise WireError("digest_mismatch", "Content-Digest with sha-256 is missing")
    if not hmac.compare_digest(base64.b64decode(found[1]), sha256(body).digest()):
        raise WireError("digest_mismatch", "the body as received does not have the digest in Content-Digest")
