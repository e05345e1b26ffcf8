"""Claims, lines and keys for the tests of the wire. Plain constants; nothing random but the signatures."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import jws, manifest

KEY = ec.derive_private_key(0x1234567, ec.SECP256R1())
OTHER_KEY = ec.derive_private_key(0x7654321, ec.SECP256R1())
JWK = jws.public_jwk(KEY.public_key())
KID = jws.kid_of(JWK)
OTHER_JWK = jws.public_jwk(OTHER_KEY.public_key())
find_key = {KID: JWK}.get


def sign(typ: str, payload: bytes) -> str:
    return jws.sign(KEY, typ, payload)


def sign_other(typ: str, payload: bytes) -> str:
    return jws.sign(OTHER_KEY, typ, payload)


def digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def claims(kind: str = "data", **over: Any) -> manifest.Claims:
    known: dict[str, Any] = {
        "iss": "agent-1",
        "aud": "example-motors-na",
        "dealer_code": "EX1234",
        "store": "01",
        "stream_id": "stream-1",
        "instance_id": "instance-1",
        "epoch": 1,
        "seq": 1,
        "batch_id": "batch-1",
        "kind": kind,
        "prev": None,
        "coverage": {"customers": manifest.Coverage(eligible=3, sent=2, withheld={"choice": 1})},
        "policy": manifest.PolicyClaim(name="customer-crm", version=4, sha256=digest("policy")),
        "approvals_sha256": digest("approvals"),
        "roll_sha256": digest("roll"),
        "roll_version": 1,
        "floor_sha256": digest("floor"),
        "access": manifest.AccessClaim(status="refused", sha256=digest("access")),
        "schemas": {"customers": {"given_name": "text 60", "model_year": "integer"}},
        "purpose": "marketing",
        "single_officer": False,
        "recipient_may": manifest.RecipientMay(keep_for_months=24),
        "opt_outs_through": 0,
        "window": manifest.Window(from_at="2026-11-22T02:15:00Z", to_at="2026-11-22T02:16:00Z"),
        "audit_head": digest("audit"),
        "agent_version": "0.1.0",
        "iat": 1_790_000_000,
    }
    return manifest.Claims(**(known | over))


def raw_line(number: int = 1, **over: Any) -> bytes:
    """A line written by the standard library, so that nothing of ours stands on both sides of a comparison."""
    line: dict[str, Any] = {
        "dataset": "customers",
        "fields": {"given_name": "Pat", "model_year": 2020 + number},
        "id": f"{number:032x}",
        "nonce": f"{number + 1000:032x}",
        "op": "upsert",
    }
    line = {name: value for name, value in (line | over).items() if value is not ...}
    return (json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n").encode()
