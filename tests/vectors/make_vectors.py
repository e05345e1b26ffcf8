"""Write the vector files of this folder: `python -m tests.vectors.make_vectors`. Same bytes every time.

The private keys are the numbers 1, 2 and 3: TEST KEYS, known to everybody, made for these files and nothing else.
Signatures are deterministic (RFC 6979), so that a change of the wire shows as a change of these files.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from agent.core import jws, manifest, merkle, receipt, seal, statements
from agent.core.lines import control_line, scope_of

HERE = Path(__file__).parent
DEALER, RECEIVER, STRANGER = (ec.derive_private_key(number, ec.SECP256R1()) for number in (1, 2, 3))


def jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    public = jws.public_jwk(key.public_key())
    return {**public, "kid": jws.kid_of(public)}


def signer(key: ec.EllipticCurvePrivateKey, **header: Any) -> Any:
    def sign(typ: str, payload: bytes) -> str:
        head = {"alg": "ES256", "kid": jwk(key)["kid"], "typ": typ} | header
        signed = f"{jws.b64url(json.dumps(head, sort_keys=True, separators=(',', ':')).encode())}.{jws.b64url(payload)}"
        dss = key.sign(signed.encode(), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        return f"{signed}.{jws.b64url(b''.join(n.to_bytes(32, 'big') for n in decode_dss_signature(dss)))}"

    return sign


sign = signer(DEALER)


def digest(text: str) -> str:
    return manifest.digest(text.encode())


def line(number: int, **fields: Any) -> bytes:
    """A line by the standard library's writer."""
    known = {"email": f"pat{number}@mail.example", "given_name": "Pat", "model_year": 2020 + number, "region": None}
    raw = {
        "dataset": "customers",
        "fields": known | fields,
        "id": digest(f"id {number}")[7:39],
        "nonce": digest(f"nonce {number}")[7:39],
        "op": "upsert",
    }
    return json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def claims(kind: str = "data", **over: Any) -> manifest.Claims:
    known: dict[str, Any] = {
        "iss": "agent-example",
        "aud": "example-motors-na",
        "dealer_code": "EX1234",
        "store": "01",
        "stream_id": "9f86d081884c7d659a2feaa0c55ad015",
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
        "schemas": {
            "customers": {
                "email": "text 120",
                "given_name": "text 60",
                "list": "list of text 40",
                "model_year": "integer",
                "opted_in": "boolean",
                "region": "text 2",
            }
        },
        "purpose": "marketing",
        "single_officer": False,
        "recipient_may": manifest.RecipientMay(keep_for_months=24),
        "opt_outs_through": 0,
        "window": manifest.Window(from_at="2026-11-22T02:15:00Z", to_at="2026-11-22T02:16:00Z"),
        "audit_head": digest("audit"),
        "agent_version": "0.1.0",
        "iat": 1_795_000_000,
    }
    return manifest.Claims(**(known | over))


CONTENT = line(1) + line(2, given_name="Zoë \U0001f600 O'Neil", list=["a", "b"], opted_in=True)
BATCH = seal.seal(CONTENT, claims(), sign)


def with_claims(by: Any = sign, typ: str = manifest.TYP, **over: Any) -> str:
    """BATCH's manifest with claims changed (None of them checked) and a new signature."""
    raw = msgspec.json.decode(manifest.encode(BATCH.manifest)) | over
    raw = {name: value for name, value in raw.items() if value is not ...}
    signed: str = by(typ, json.dumps(raw, sort_keys=True, separators=(",", ":")).encode())
    return signed


def batch(about: str, expect: str, compact: str, content: bytes) -> dict[str, Any]:
    return {"about": about, "expect": expect, "manifest": compact, **_body(content)}


def _body(content: bytes) -> dict[str, str]:
    try:
        return {"body": content.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(content).decode()}


def batches() -> dict[str, dict[str, Any]]:
    scope = scope_of("marketing", "2026-11-22", ("email",))
    control = control_line("customers", "0" * 32, "1" * 32, "suppress", scope)
    control += control_line("customers", "0" * 32, "2" * 32, "lift")
    control += control_line("customers", "0" * 32, "3" * 32, "retract", erase=True)
    sealed = seal.seal(control, claims("control", seq=2, prev=BATCH.manifest_sha256, batch_id="batch-2"), sign)
    beat = seal.seal(b"", claims("heartbeat", seq=3, prev=sealed.manifest_sha256, batch_id="batch-3"), sign)
    head, payload, signature = BATCH.jws.split(".")
    flipped = CONTENT.replace(b"pat1@", b"pat9@")
    return {
        "good-data": batch("two records", "accept", BATCH.jws, CONTENT),
        "good-control": batch("suppress one channel, lift, erase", "accept", sealed.jws, control),
        "good-heartbeat": batch("no lines", "accept", beat.jws, b""),
        "good-unknown-claim": batch("a claim of a later minor form", "accept", with_claims(colour="blue"), CONTENT),
        "bad-body-byte": batch("one byte of a value changed", "digest_mismatch", BATCH.jws, flipped),
        "bad-line-missing": batch("the second line is gone", "digest_mismatch", BATCH.jws, line(1)),
        "bad-root": batch(
            "merkle_root of other lines", "digest_mismatch", with_claims(merkle_root=digest("")), CONTENT
        ),
        "bad-signature": batch(
            "last byte of the signature", "bad_signature", f"{head}.{payload}.{_flip(signature)}", CONTENT
        ),
        "bad-payload": batch(
            "claims exchanged under the old signature",
            "bad_signature",
            f"{head}.{with_claims(seq=2).split('.')[1]}.{signature}",
            CONTENT,
        ),
        "bad-key": batch("signed by a key nobody enrolled", "unknown_key", with_claims(signer(STRANGER)), CONTENT),
        "bad-embedded-key": batch(
            "the stranger's key comes along in the header",
            "unknown_key",
            with_claims(signer(STRANGER, jwk=jwk(STRANGER))),
            CONTENT,
        ),
        "bad-key-name": batch(
            "the stranger signs in the dealer's name",
            "bad_signature",
            with_claims(signer(STRANGER, kid=jwk(DEALER)["kid"])),
            CONTENT,
        ),
        "bad-alg": batch("alg says none", "bad_signature", with_claims(signer(DEALER, alg="none")), CONTENT),
        "bad-typ": batch("a receipt's type", "bad_signature", with_claims(typ=receipt.TYP), CONTENT),
        "bad-crit": batch(
            "a header that must be understood", "unsupported", with_claims(signer(DEALER, crit=["x"])), CONTENT
        ),
        "bad-spec": batch("spec 2", "unsupported", with_claims(spec=2), CONTENT),
        "bad-kind": batch("an unknown kind", "unsupported", with_claims(kind="merge"), CONTENT),
        "bad-float": batch("seq as a float", "unsupported", with_claims(seq=1.0), CONTENT),
    }


def _flip(signature: str) -> str:
    raw = bytearray(jws.unb64url(signature))
    raw[-1] ^= 1
    return jws.b64url(bytes(raw))


def bodies() -> dict[str, dict[str, Any]]:
    """Lines under an honest manifest: every digest is right, the line itself is what is judged."""
    good = line(1)
    cases = {
        "good-escapes": (line(1, given_name='\b\t\n\f\r"\\/\x01\x7f\u2028é'), "accept"),
        "good-not-normalized": (line(1, given_name="e\u0301"), "accept"),
        "good-limits": (line(1, model_year=2**53 - 1), "accept"),
        "bad-float": (good.replace(b"2021", b"2021.0"), "schema_mismatch"),
        "bad-integer": (good.replace(b"2021", b"9007199254740992"), "schema_mismatch"),
        "bad-space": (good.replace(b",", b", ", 1), "schema_mismatch"),
        "bad-order": (
            good.replace(b'"given_name":"Pat","model_year":2021', b'"model_year":2021,"given_name":"Pat"'),
            "schema_mismatch",
        ),
        "bad-twice": (good.replace(b'"op":"upsert"', b'"op":"upsert","op":"upsert"'), "schema_mismatch"),
        "bad-escape": (good.replace(b"Pat", b"\\u0050at"), "schema_mismatch"),
        "bad-utf8": (good.replace(b"Pat", b"P\xffat"), "schema_mismatch"),
        "bad-unknown-member": (good.replace(b'"op":"upsert"', b'"op":"upsert","z":1'), "schema_mismatch"),
        "bad-field": (line(1, apr_rate="4.9"), "schema_mismatch"),
        "bad-type": (line(1, model_year="2021"), "schema_mismatch"),
        "bad-too-long": (line(1, region="Georgia"), "schema_mismatch"),
        "bad-op": (good.replace(b'"upsert"', b'"merge"'), "unsupported"),
    }
    return {
        name: batch(name.replace("-", " "), expect, _honest(content), content)
        for name, (content, expect) in cases.items()
    }


def _honest(content: bytes) -> str:
    root = "sha256:" + merkle.root(merkle.leaf_hashes(content)).hex()
    return with_claims(content_sha256=manifest.digest(content), merkle_root=root, counts={"upsert": 1})


SIGN_RECEIPT = signer(RECEIVER)


def receipts() -> dict[str, dict[str, Any]]:
    received = "2026-11-22T03:00:00Z"

    def given(by: Any = SIGN_RECEIPT, typ: str = receipt.TYP, **over: Any) -> str:
        text = receipt.make_receipt(BATCH, "receipt-1", received, lambda _, payload: payload.decode())
        signed: str = by(typ, json.dumps(json.loads(text) | over, sort_keys=True, separators=(",", ":")).encode())
        return signed

    cases = {
        "good": (given(), "settle"),
        "bad-key": (given(signer(STRANGER)), "refuse"),
        "bad-typ": (given(typ=manifest.TYP), "refuse"),
        "bad-manifest": (given(manifest_sha256=digest("another")), "refuse"),
        "bad-seq": (given(seq=2), "refuse"),
        "bad-receiver": (given(iss="another-oem"), "refuse"),
        "bad-spec": (given(spec=2), "refuse"),
    }
    return {
        name: {"about": name.replace("-", " "), "expect": expect, "manifest": BATCH.jws, "receipt": compact}
        for name, (compact, expect) in cases.items()
    }


def proofs() -> dict[str, dict[str, Any]]:
    lines = [line(number) for number in range(7)]
    leaves = [merkle.leaf_hash(text) for text in lines]
    found = {}
    for name, index, text, expect in (
        ("good-first", 0, lines[0], "proven"),
        ("good-middle", 3, lines[3], "proven"),
        ("good-last", 6, lines[6], "proven"),
        ("bad-line", 3, lines[4], "refuse"),
        ("bad-place", 2, lines[3], "refuse"),
    ):
        found[name] = {
            "about": name.replace("-", " "),
            "expect": expect,
            "line": text.decode(),
            "index": index,
            "size": len(lines),
            "proof": [part.hex() for part in merkle.path(leaves, 3 if "bad" in name else index)],
            "merkle_root": "sha256:" + merkle.root(leaves).hex(),
        }
    return found


def rollovers() -> dict[str, dict[str, Any]]:
    """What `GET /v1/keys` may show to somebody who has pinned the receiver's key."""
    name, next_, last = "example-motors-na", ec.derive_private_key(4, ec.SECP256R1()), STRANGER

    def said(old: ec.EllipticCurvePrivateKey, new: ec.EllipticCurvePrivateKey, iss: str = name, **proof: Any) -> str:
        public = {part: jwk(new)[part] for part in ("kty", "crv", "x", "y")}
        by = proof.get("by", new)
        return statements.make_receipt_rollover(
            iss, (jwk(proof.get("about", old))["kid"], signer(old)), (public, signer(by)), 1_795_000_000
        )

    follows, both = [jwk(next_)["kid"]], [jwk(next_)["kid"], jwk(last)["kid"]]
    forged = said(last, next_)
    stolen_name = signer(last, kid=jwk(RECEIVER)["kid"])
    payload = jws.unb64url(forged.split(".")[1])
    cases = {
        "good-one": ([said(RECEIVER, next_)], follows),
        "good-two": ([said(RECEIVER, next_), said(next_, last)], both),
        "good-behind-a-bad-one": ([forged, said(RECEIVER, next_)], follows),
        "bad-signed-by-a-stranger": ([forged], []),
        "bad-in-the-old-keys-name": ([stolen_name(statements.TYP_RECEIPT_ROLLOVER, payload)], []),
        "bad-order": ([said(next_, last), said(RECEIVER, next_)], follows),
        "bad-proof-by-another-key": ([said(RECEIVER, next_, by=last)], []),
        "bad-proof-about-another-key": ([said(RECEIVER, next_, about=last)], []),
        "bad-receiver": ([said(RECEIVER, next_, iss="another-oem")], []),
        "bad-typ": ([signer(RECEIVER)(statements.TYP_ROLLOVER, jws.unb64url(said(RECEIVER, next_).split(".")[1]))], []),
    }
    return {
        case: {"about": case.replace("-", " "), "receiver": name, "rollovers": shown, "expect": kids}
        for case, (shown, kids) in cases.items()
    }


def files() -> dict[str, bytes]:
    """Every vector file: path inside this folder -> bytes."""
    keys = {
        "about": "TEST KEYS (private keys 1 and 2): never enroll them anywhere",
        "dealer": {"keys": [jwk(DEALER)]},
        "receiver": {"keys": [jwk(RECEIVER)]},
    }
    found = {"keys.json": keys}
    for folder, vectors in (
        ("batches", batches()),
        ("bodies", bodies()),
        ("receipts", receipts()),
        ("proofs", proofs()),
        ("rollovers", rollovers()),
    ):
        found |= {f"{folder}/{name}.json": vector for name, vector in vectors.items()}
    return {name: (json.dumps(value, indent=1, ensure_ascii=True) + "\n").encode() for name, value in found.items()}


if __name__ == "__main__":
    for name, data in files().items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_bytes(data)
