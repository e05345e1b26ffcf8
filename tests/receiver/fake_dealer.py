"""A small working dealer for the receiver's tests: one key, one stream at a time, real HTTPS. No part of the agent."""

from __future__ import annotations

import gzip
import itertools
import secrets
import ssl
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import enrollment, heads, jws, lines, manifest, seal
from agent.core.heads import RequestClaims, StreamHead, authorization, read_reply
from agent.receiver.bodies import content_digest

NAME = "example-motors-na"
_CLIENTS: dict[str, httpx.Client] = {}  # one per receiver: a TLS handshake costs more than a batch


def client_of(url: str, ca_file: Path) -> httpx.Client:
    if url not in _CLIENTS:
        context = ssl.create_default_context(cafile=str(ca_file))
        # An idle line is given up before the receiver does it (5 s): a request that crosses its farewell has no answer.
        limits = httpx.Limits(keepalive_expiry=2)
        _CLIENTS[url] = httpx.Client(base_url=url, verify=context, timeout=60, trust_env=False, limits=limits)
    return _CLIENTS[url]


def close_clients(url: str) -> None:
    if url in _CLIENTS:
        _CLIENTS.pop(url).close()


SCHEMAS = {"customers": {"email": "text 120", "given_name": "text 60", "model_year": "integer"}}


def hexed(*parts: object) -> str:
    return secrets.token_hex(16) if not parts else manifest.digest(repr(parts).encode())[7:39]


def digest(text: str) -> str:
    return manifest.digest(text.encode())


def upsert(number: int, dataset: str = "customers", **fields: Any) -> bytes:
    body = fields or {"email": f"pat{number}@mail.example", "given_name": "Pat"}
    line = lines.Line(dataset=dataset, fields=body, id=hexed("id", number), nonce=hexed("n", body), op="upsert")
    return msgspec.json.encode(line, order="sorted") + b"\n"


@dataclass
class Dealer:
    """`claims` are those of the next batch; `post` moves them on when a batch was taken."""

    url: str
    ca_file: Path
    dealer_code: str = "EX1234"
    stream_id: str = "stream-01"
    epoch: int = 1
    seq: int = 1
    prev: str | None = None
    over: dict[str, Any] = field(default_factory=dict)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    find_key: Any = None
    count: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.http = client_of(self.url, self.ca_file)

    def twin(self, **changes: Any) -> Dealer:
        """The same machine once more (same key, same memory), or another one with `key=`."""
        return replace(self, **changes)

    def sign(self, typ: str, payload: bytes) -> str:
        return jws.sign(self.key, typ, payload)

    def enroll(self, token: str, roll: bytes = b"", roll_sha256: str = digest("roll")) -> httpx.Response:
        request = enrollment.EnrollmentRequest(
            token=token,
            dealer_code=self.dealer_code,
            instance_id="instance-1",
            jwk=jws.public_jwk(self.key.public_key()),
            roll_sha256=roll_sha256,
            roll=jws.b64url(roll),
            agent_version="0.1.0",
        )
        response = self.http.post("/v1/enrollments", content=enrollment.make_request(request, self.sign))
        if response.status_code == 201:
            self.find_key = enrollment.key_finder(enrollment.read_answer(response.content, request))
        return response

    def claims(self, kind: str = "data", **over: Any) -> manifest.Claims:
        known: dict[str, Any] = {
            "iss": "agent-1",
            "aud": NAME,
            "dealer_code": self.dealer_code,
            "store": "01",
            "stream_id": self.stream_id,
            "instance_id": "instance-1",
            "epoch": self.epoch,
            "seq": self.seq,
            "batch_id": f"batch-{self.epoch}-{self.seq}-{next(self.count)}-{secrets.token_hex(4)}",
            "kind": kind,
            "prev": self.prev,
            "coverage": None,
            "policy": manifest.PolicyClaim(name="customer-crm", version=4, sha256=digest("policy 4")),
            "approvals_sha256": digest("approvals"),
            "roll_sha256": digest("roll"),
            "roll_version": 2,
            "floor_sha256": digest("floor"),
            "access": manifest.AccessClaim(status="refused", sha256=digest("access")),
            "schemas": SCHEMAS,
            "purpose": "marketing",
            "single_officer": False,
            "recipient_may": manifest.RecipientMay(keep_for_months=24),
            "opt_outs_through": 0,
            "window": None,
            "audit_head": digest("audit"),
            "agent_version": "0.1.0",
            "iat": 1_790_000_000,
        }
        return manifest.Claims(**(known | self.over | over))

    def sealed(self, content: bytes = b"", kind: str = "data", **over: Any) -> seal.SealedBatch:
        return seal.seal(content, self.claims(kind, **over), self.sign)

    def send(self, batch: seal.SealedBatch, body: bytes | None = None, **headers: str) -> httpx.Response:
        """One POST, exactly as wire spec 1 says, except for what the test says otherwise."""
        packed = gzip.compress(batch.content, 1) if body is None else body
        known = {
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
            "Content-Digest": content_digest(packed),
            "Idempotency-Key": batch.manifest.batch_id,
            "Fieldgate-Manifest": batch.jws,
        }
        changed = known | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post("/v1/batches", content=packed, headers=changed)

    def moved_past(self, batch: seal.SealedBatch) -> None:
        self.epoch, self.seq, self.prev = batch.manifest.epoch, batch.manifest.seq + 1, batch.manifest_sha256

    def post(self, content: bytes = b"", kind: str = "data", **over: Any) -> seal.SealedBatch:
        """A good batch, taken; the test fails where it is not."""
        batch = self.sealed(content, kind, **over)
        response = self.send(batch)
        assert response.status_code == 201, response.text
        self.moved_past(batch)
        return batch

    def request(self, path: str, **over: Any) -> RequestClaims:
        known: dict[str, Any] = {
            "aud": NAME,
            "stream_id": self.stream_id,
            "path": path,
            "iat": int(time.time()),
            "jti": secrets.token_hex(16),
        }
        return RequestClaims(**(known | over))

    def get(self, request: RequestClaims, path: str | None = None) -> httpx.Response:
        headers = {"Authorization": authorization(request, self.sign)}
        return self.http.get(path or request.path, headers=headers)

    def ask(self, kind: Any, path: str) -> Any:
        """A signed answer, verified under the key that was pinned at enrollment."""
        request = self.request(path)
        response = self.get(request)
        assert response.status_code == 200, response.text
        return read_reply(kind, response.text, request, self.find_key)

    def head(self) -> StreamHead:
        found: StreamHead = self.ask(StreamHead, heads.head_path(self.stream_id))
        return found


def problem_of(response: httpx.Response) -> str:
    """The bare problem type of a refusal, after its form was checked."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    raw = response.json()
    assert raw["status"] == response.status_code
    return str(raw["type"]).removeprefix("urn:fieldgate:problem:")
