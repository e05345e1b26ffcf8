"""One batch, verified in about 20 lines: Python and `cryptography`. Usage: verify.py JWKS (MANIFEST BODY)..."""

import base64, hashlib, json, sys  # noqa: E401, I001
from pathlib import Path
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils


def must(held):
    if not held:
        raise ValueError


def b64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root(hashed):
    cut = 1 << (len(hashed) - 1).bit_length() >> 1
    return sha(b"\1", root(hashed[:cut]), root(hashed[cut:])) if len(hashed) > 1 else b"".join(hashed) or sha()


def verify(jws, body, enrolled):  # raises, whatever is wrong
    head, claims, signature = jws.split(".")
    (key,) = (key for key in enrolled if key["kid"] == json.loads(b64(head))["kid"])  # never a key from the header
    must(json.loads(b64(head)) == {"alg": "ES256", "kid": key["kid"], "typ": "fieldgate-batch+jws"})
    x, y = (int.from_bytes(b64(key[name]), "big") for name in "xy")
    r, s = (int.from_bytes(half, "big") for half in (b64(signature)[:32], b64(signature)[32:64]))
    must(len(b64(signature)) == 64)
    ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(
        utils.encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
    )
    said = json.loads(b64(claims), parse_float=lambda number: 1 / 0)
    must(said["spec"] == 1 and said["kind"] in ("data", "control", "heartbeat", "void", "reset"))
    must(said["content_sha256"] == "sha256:" + sha(body).hex())
    must(said["merkle_root"] == "sha256:" + root([sha(b"\0", line) for line in body.split(b"\n")[:-1]]).hex())


if __name__ == "__main__":
    known = json.loads(Path(sys.argv[1]).read_text())["keys"]
    for name, content in zip(sys.argv[2::2], sys.argv[3::2], strict=True):
        try:
            verify(Path(name).read_text().strip(), Path(content).read_bytes(), known)
            print(name, "good")
        except Exception:  # noqa: BLE001
            print(name, "bad")
