"""An audit record to take away: entries, checkpoints, receipts and public keys in one file that is judged alone,
without our state or private keys. Any byte changed, any entry dropped, doubled, moved or put in, any cut is named.

Against a thief of the checkpoint key, who can write a whole new record, only the OEM's receipts help: each names a head
of the true chain. So the verdict says up to which entry receipts anchor it, and how many entries are younger.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.core import jws
from agent.core.audit import CHECKPOINT_TYP, GENESIS, verify_chain
from agent.core.receipt import parse_receipt
from agent.errors import SealError

EXPORT_TYP = "fieldgate-audit-export+jws"
_KINDS = ("header", "entry", "checkpoint", "receipt", "end")
Sign = Callable[[str, bytes], str]


@dataclass(frozen=True, slots=True)
class ExportVerdict:
    """`problem` is empty when everything holds. `anchored`: the newest entry that a receipt names."""

    entries: int
    head: str
    anchored: int
    problem: str
    checkpoint_kid: str = ""
    receipt_kids: tuple[str, ...] = ()
    receipts: int = 0

    @property
    def younger(self) -> int:
        return self.entries - self.anchored


class _BrokenError(ValueError):
    """The first fault, in words."""


def checkpoint(n: int, head: str, at: str, instance_id: str, sign: Sign) -> str:
    """Our signature over the chain as it stands."""
    return sign(CHECKPOINT_TYP, _compact({"at": at, "head": head, "instance_id": instance_id, "n": n, "spec": 1}))


def write_export(
    instance_id: str,
    jwks: dict[str, Any],
    entries: Iterable[tuple[bytes, str]],
    checkpoints: Sequence[str],
    receipts: Sequence[str],
    sign: Sign,
) -> bytes:
    """`jwks`: {"checkpoint": the first checkpoint JWK, "receipts": [the OEMs' JWKs]}. The last line signs the rest."""
    lines = [_line("header", {"instance_id": instance_id, "jwks": jwks, "spec": 1})]
    n, head = 0, GENESIS
    for data, sha256 in entries:
        lines.append(_line("entry", {"data": data.decode("ascii"), "sha256": sha256}))
        n, head = n + 1, sha256
    lines += [_line("checkpoint", {"jws": one}) for one in checkpoints]
    lines += [_line("receipt", {"jws": one}) for one in receipts]
    body = b"".join(lines)
    sealed = {"body_sha256": _sha(body), "entries": n, "head": head, "instance_id": instance_id, "spec": 1}
    return body + _line("end", {"jws": sign(EXPORT_TYP, _compact(sealed))})


def verify_export(data: bytes, receipts: Iterable[str] = ()) -> ExportVerdict:
    """Judge a file alone, or against receipts that reached you another way (from the OEM)."""
    found = _Reading()
    try:
        _read(data, found)
        _check_checkpoints(found)
        _check_receipts(found, [*found.receipts, *receipts])
        _check_end(data, found)
    except _BrokenError as broken:
        return found.verdict(str(broken))
    return found.verdict("")


class _Reading:
    """What has been read so far."""

    def __init__(self) -> None:
        self.header: dict[str, Any] = {}
        self.heads: dict[str, int] = {GENESIS: 0}
        self.entries: list[bytes] = []
        self.checkpoints: list[str] = []
        self.receipts: list[str] = []
        self.end = ""
        self.head = GENESIS
        self.anchored = 0
        self.kid = ""
        self.receipt_kids: set[str] = set()
        self.counted = 0

    def verdict(self, problem: str) -> ExportVerdict:
        return ExportVerdict(
            len(self.heads) - 1, self.head, self.anchored, problem, self.kid, tuple(sorted(self.receipt_kids)),
            self.counted,
        )  # fmt: skip


def _read(data: bytes, found: _Reading) -> None:
    """Line by line, in the one order there is; entries are chained as they come."""
    if not data.endswith(b"\n"):
        raise _BrokenError("the end of the file is missing")
    at = 0
    pairs: list[tuple[bytes, str]] = []
    for number, line in enumerate(data[:-1].split(b"\n"), 1):
        kind, content = _parsed(line, number)
        if _KINDS.index(kind) < at or (kind in ("header", "end") and _KINDS.index(kind) == at and number > 1):
            raise _BrokenError(f"line {number}: {kind} stands in the wrong place")
        at = _KINDS.index(kind)
        if kind == "header":
            found.header = content
        elif kind == "entry":
            pairs.append((str(content.get("data")).encode("utf-8", "surrogatepass"), str(content.get("sha256"))))
        elif kind == "end":
            found.end = str(content.get("jws"))
        else:
            (found.checkpoints if kind == "checkpoint" else found.receipts).append(str(content.get("jws")))
    if not found.header:
        raise _BrokenError("the header is missing")
    verdict = verify_chain(pairs)
    found.entries = [entry for entry, _ in pairs[: verdict.entries]]
    found.heads |= {sha256: n for n, (_, sha256) in enumerate(pairs[: verdict.entries], 1)}
    found.head = verdict.head
    if verdict.problem:
        raise _BrokenError(verdict.problem)
    if not found.end:
        raise _BrokenError("the end of the file is missing: entries behind the last one may have been cut off")


def _check_checkpoints(found: _Reading) -> None:
    """Each names the chain as it stood, under the key that was in use by then: a key that the chain does not announce
    is a stranger's."""
    keys = _checkpoint_keys(found)
    last = 0
    for jws_text in found.checkpoints:
        claims, kid = _verified(jws_text, CHECKPOINT_TYP, keys, "a checkpoint")
        n = claims.get("n")
        if not isinstance(n, int) or found.heads.get(str(claims.get("head"))) != n:
            raise _BrokenError(
                f"a checkpoint names entry {n} with another digest: the chain was written anew, or spliced"
            )
        if n < last:
            raise _BrokenError(f"the checkpoint of entry {n} stands behind that of entry {last}: an old one was put in")
        if keys[kid][1] > n:
            raise _BrokenError(f"the checkpoint of entry {n} is signed by a key that came into use later")
        if claims.get("instance_id") != found.header.get("instance_id"):
            raise _BrokenError(f"the checkpoint of entry {n} is another agent's")
        last = n


def _checkpoint_keys(found: _Reading) -> dict[str, tuple[jws.JWK, int]]:
    """kid -> (JWK, the entry from which it may sign): the header's first, then those the chain announces."""
    try:
        first = found.header["jwks"]["checkpoint"]
        keys: dict[str, tuple[jws.JWK, int]] = {jws.kid_of(first): (first, 0)}
        for n, data in enumerate(found.entries, 1):
            if b'"event":"key_rotated"' in data:
                facts = json.loads(data)["facts"]
                if facts.get("use") == "checkpoint":
                    jwk = json.loads(facts["jwk"])
                    keys[jws.kid_of(jwk)] = (jwk, n)
    except (KeyError, TypeError, ValueError):
        raise _BrokenError("the header brings no usable checkpoint key") from None
    found.kid = list(keys)[-1]
    return keys


def _check_receipts(found: _Reading, receipts: Iterable[str]) -> None:
    """The OEM signed a head of the true chain: one that is not in this file was taken out of it."""
    try:
        known = {jws.kid_of(jwk): jwk for jwk in found.header["jwks"]["receipts"]}
    except (KeyError, TypeError, ValueError):
        raise _BrokenError("the header brings no usable receipt keys") from None
    found.receipt_kids = set(known)
    for compact in receipts:
        try:
            receipt = parse_receipt(compact.strip(), known.get)
        except (SealError, ValueError):
            raise _BrokenError("a receipt does not verify under the OEM's keys") from None
        n = found.heads.get(receipt.audit_head)
        if n is None:
            raise _BrokenError(
                f"the OEM's receipt {receipt.receipt_id} of {receipt.received_at} names a head that is not in this"
                " record: it was written anew, or its tail was cut off"
            )
        found.anchored = max(found.anchored, n)
        found.counted += 1


def _check_end(data: bytes, found: _Reading) -> None:
    keys = _checkpoint_keys(found)
    claims, _ = _verified(found.end, EXPORT_TYP, keys, "the end of the file")
    body = data[: data.rstrip(b"\n").rfind(b"\n") + 1]
    if claims.get("entries") != len(found.entries) or claims.get("head") != found.head:
        raise _BrokenError("the end of the file belongs to another record: entries were cut off, added or spliced")
    if claims.get("body_sha256") != _sha(body) or claims.get("instance_id") != found.header.get("instance_id"):
        raise _BrokenError("a byte outside the entries was changed after the file was written")


def _verified(compact: str, typ: str, keys: dict[str, tuple[jws.JWK, int]], what: str) -> tuple[dict[str, Any], str]:
    try:
        kid, payload = jws.verify(compact, typ, {kid: jwk for kid, (jwk, _) in keys.items()}.get)
        claims = json.loads(payload)
    except ValueError:
        raise _BrokenError(f"{what} does not verify: its signature, type or key is another") from None
    if not isinstance(claims, dict):
        raise _BrokenError(f"{what} does not verify: not an object")
    return claims, kid


def _parsed(line: bytes, number: int) -> tuple[str, dict[str, Any]]:
    try:
        content = json.loads(line)
        kind = content.pop("kind")
    except (ValueError, AttributeError, KeyError, RecursionError):
        raise _BrokenError(f"line {number}: not a line of an audit record") from None
    if kind not in _KINDS or _line(kind, content) != line + b"\n":
        raise _BrokenError(f"line {number}: not a line of an audit record")
    return kind, content


def _line(kind: str, content: dict[str, Any]) -> bytes:
    return _compact({"kind": kind, **content}) + b"\n"


def _compact(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _sha(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
