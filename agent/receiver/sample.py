"""Good and evil batches with the verdict a receiver must give: an OEM can start without a dealership. All people
in them are made up. The files are those of a folder recipient; `expected.json` says in which order to take them.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from agent import __version__
from agent.core import jws, manifest
from agent.core.lines import Line, control_line, scope_of
from agent.core.seal import SealedBatch, folder_names, seal
from agent.errors import ConfigError
from agent.receiver.files import write_file

_RECORDS = 20
_SCHEMAS = {"customers": {"email": "text 120", "given_name": "text 60", "model_year": "integer"}}
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Case:
    """One batch to take, in this order. `expect`: accept, again (the same receipt), or a problem type."""

    about: str
    dealer_code: str
    body: str
    manifest: str
    expect: str


@dataclass
class _Dealer:
    code: str
    name: str
    start: dt.datetime
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    seq: int = 1
    prev: str | None = None

    @property
    def stream_id(self) -> str:
        return _digest(self.code)[7:23]

    def seal(self, content: bytes, kind: str = "data", **over: object) -> SealedBatch:
        """The next batch of this dealer; `over` makes it another one."""
        key = over.pop("key", self.key)
        known: dict[str, object] = {
            "iss": self.code, "aud": self.name, "dealer_code": self.code, "store": "01", "stream_id": self.stream_id,
            "instance_id": _digest(self.code + "i")[7:23], "epoch": 1, "seq": self.seq, "kind": kind,
            "batch_id": _digest(f"{self.code} {self.seq} {sorted(over)}")[7:39], "prev": self.prev, "coverage": None,
            "policy": manifest.PolicyClaim(name="customer-crm", version=4, sha256=_digest("policy 4")),
            "approvals_sha256": _digest("approvals"), "roll_sha256": _digest("roll"), "roll_version": 1,
            "floor_sha256": _digest("floor"), "schemas": _SCHEMAS if kind == "data" else {}, "purpose": "marketing",
            "access": manifest.AccessClaim(status="refused", sha256=_digest("access")), "single_officer": False,
            "recipient_may": manifest.RecipientMay(keep_for_months=24), "opt_outs_through": 0, "window": None,
            "audit_head": _digest(f"audit {self.seq}"), "agent_version": __version__,
            "iat": int(self.start.timestamp()) + self.seq * 3600,
        }  # fmt: skip
        claims = manifest.Claims(**(known | over))  # type: ignore[arg-type]
        return seal(content, claims, lambda typ, payload: jws.sign(key, typ, payload))  # type: ignore[arg-type]

    def moved_past(self, batch: SealedBatch) -> None:
        self.seq, self.prev = batch.manifest.seq + 1, batch.manifest_sha256


def write_sample(out: Path, dealers: int, days: int, name: str, now: dt.datetime) -> list[Case]:
    """Write everything under `out`, which must be new; the cases in the order in which they are to be taken."""
    try:
        out.mkdir(parents=True)
    except OSError:
        raise ConfigError(
            "RC030", "the folder exists already, or cannot be made", "name a new one with --out"
        ) from None
    cases: list[Case] = []
    keys = []
    for number in range(1, dealers + 1):
        dealer = _Dealer(f"EX{number:04d}", name, now)
        jwk = jws.public_jwk(dealer.key.public_key())
        keys.append({**jwk, "kid": jws.kid_of(jwk), "dealer_code": dealer.code})
        for about, batch, expect, body in _story(dealer, days):
            cases.append(_written(out, len(cases) + 1, dealer, about, batch, expect, body))
    write_file(out / "keys.json", json.dumps({"keys": keys}, indent=1).encode() + b"\n")
    write_file(out / "expected.json", json.dumps([asdict(case) for case in cases], indent=1).encode() + b"\n")
    return cases


def _story(dealer: _Dealer, days: int) -> Iterator[tuple[str, SealedBatch, str, bytes]]:
    """Each day a good data batch and a control batch; between them whatever a hostile or broken sender might try."""
    first: SealedBatch | None = None
    for day in range(1, days + 1):
        content = _people(dealer, day)
        if first:
            yield from _evil(dealer, content)
        good = dealer.seal(content)
        yield f"day {day}: {_RECORDS} customers", good, "accept", content
        dealer.moved_past(good)
        first = first or good
        scope = scope_of("marketing", dealer.start.date().isoformat(), ("email",))
        stop = control_line("customers", _id(dealer, day), _digest(f"stop {day}")[7:39], "suppress", scope)
        control = dealer.seal(stop, "control")
        yield f"day {day}: one customer stops e-mail", control, "accept", stop
        dealer.moved_past(control)
    if first:
        yield "the first batch once more: the receipt of then", first, "again", first.content


def _evil(dealer: _Dealer, content: bytes) -> Iterator[tuple[str, SealedBatch, str, bytes]]:
    stranger = ec.generate_private_key(ec.SECP256R1())
    yield "signed by a key nobody enrolled", dealer.seal(content, key=stranger), "unknown_key", content
    changed = content.replace(b"Pat", b"Kim", 1)
    yield "a byte of the body was changed", dealer.seal(content), "digest_mismatch", changed
    yield "a batch is missing before it", dealer.seal(content, seq=dealer.seq + 1), "gap", content
    yield "another batch at a seq that is taken", dealer.seal(content, seq=1, prev=None), "fork", content
    yield "it follows another history", dealer.seal(content, prev=_digest("elsewhere")), "fork", content
    old = manifest.PolicyClaim(name="customer-crm", version=3, sha256=_digest("policy 3"))
    yield "an older policy than before", dealer.seal(content, policy=old), "policy_rollback", content
    yield "meant for another receiver", dealer.seal(content, aud="other-motors"), "wrong_stream", content
    yield "for a dealer the key does not speak for", dealer.seal(content, dealer_code="EX9999"), "wrong_stream", content
    too_long = content.replace(b"Pat", b"P" * 61, 1)
    yield "a name longer than its own schema says", dealer.seal(too_long), "schema_mismatch", too_long


def _people(dealer: _Dealer, day: int) -> bytes:
    lines = []
    for number in range(_RECORDS):
        fields: dict[str, object] = {
            "email": f"pat{number}@mail.example", "given_name": "Pat", "model_year": 2010 + (number + day) % 15,
        }  # fmt: skip
        nonce = _digest(f"{dealer.code} {number} {fields}")[7:39]
        line = Line(dataset="customers", fields=fields, id=_id(dealer, number), nonce=nonce, op="upsert")  # type: ignore[arg-type]
        lines.append(_encode(line) + b"\n")
    return b"".join(lines)


def _written(out: Path, number: int, dealer: _Dealer, about: str, batch: SealedBatch, expect: str, body: bytes) -> Case:
    body_name, manifest_name = folder_names(batch.manifest)
    names = [f"{number:04d}.{name}" for name in (body_name, manifest_name)]
    write_file(out / names[0], gzip.compress(body, 1, mtime=0))
    write_file(out / names[1], batch.jws.encode() + b"\n")
    return Case(about, dealer.code, names[0], names[1], expect)


def _id(dealer: _Dealer, number: int) -> str:
    return _digest(f"{dealer.code} customer {number}")[7:39]


def _digest(text: str) -> str:
    return manifest.digest(text.encode())
