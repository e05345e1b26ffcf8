"""Verify batches and receipts with nothing of fieldgate: Python and `cryptography`. Usage: verify.py KEYS FILE..."""

import base64, hashlib, json, sys  # noqa: E401, I001
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils


def b64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def payload(jws, typ, keys):
    head, body, signature = jws.split(".")
    header, raw = json.loads(b64(head)), b64(signature)
    if set(header) != {"alg", "kid", "typ"} or header["alg"] != "ES256" or header["typ"] != typ or len(raw) != 64:
        raise ValueError("header")
    jwk = next(key for key in keys if key["kid"] == header["kid"])  # enrolled keys only, never one from the header
    x, y, r, s = (int.from_bytes(part, "big") for part in (b64(jwk["x"]), b64(jwk["y"]), raw[:32], raw[32:]))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key.verify(utils.encode_dss_signature(r, s), f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(b64(body), parse_float=lambda _: sys.exit("a float"))


def root(hashed):
    while len(hashed) > 1:
        pairs = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(hashed[::2], hashed[1::2])]  # noqa: B905
        hashed = pairs + hashed[-1:] * (len(hashed) % 2)
    return hashed[0] if hashed else hashlib.sha256(b"").digest()


def check(vector, keys):
    batch = payload(vector["manifest"], "fieldgate-batch+jws", keys["dealer"]["keys"])
    if batch["spec"] != 1 or batch["kind"] not in ("data", "control", "heartbeat", "void", "reset"):
        raise ValueError("spec or kind")
    if "receipt" in vector:
        given = payload(vector["receipt"], "fieldgate-receipt+jws", keys["receiver"]["keys"])
        named = "sha256:" + hashlib.sha256(vector["manifest"].encode()).hexdigest()
        same = ("stream_id", "epoch", "seq", "batch_id", "content_sha256", "audit_head", "counts", "spec")
        if given["manifest_sha256"] != named or given["iss"] != batch["aud"] or any(given[c] != batch[c] for c in same):
            raise ValueError("receipt of another batch")
        return
    content = vector["body"].encode()
    leaves = [hashlib.sha256(b"\0" + line).digest() for line in content.split(b"\n")[:-1]]
    if "sha256:" + hashlib.sha256(content).hexdigest() != batch["content_sha256"]:
        raise ValueError("content_sha256")
    if "sha256:" + root(leaves).hex() != batch["merkle_root"]:
        raise ValueError("merkle_root")


if __name__ == "__main__":
    with open(sys.argv[1]) as file:  # noqa: PTH123
        known = json.load(file)
    for name in sys.argv[2:]:
        try:
            with open(name) as file:  # noqa: PTH123
                check(json.load(file), known)
            print(name, "good")
        except (ValueError, KeyError, StopIteration, InvalidSignature, SystemExit):
            print(name, "bad")
