"""Signs what packaging/build.sh has built. The key is a P-256 key in PEM and stays with whoever makes releases.

release.py key KEY              make a key, if there is none (for trying out; a real one is kept elsewhere)
release.py public KEY           what an installed version must know of it, as JSON
release.py sign KEY VERSION FILE...      the signed statement over these files
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import jws
from agent.core.release import Release, write_release


def make_key(path: Path) -> None:
    if path.exists():
        return
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(0o600)
    path.write_bytes(pem)


def load(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SystemExit(f"{path} is no P-256 key")
    return key


def main(verb: str, key: str, *rest: str) -> str:
    path = Path(key)
    if verb == "key":
        make_key(path)
        return ""
    if verb == "public":
        return json.dumps([jws.public_jwk(load(path).public_key())])
    version, *files = rest
    digests = {Path(file).name: "sha256:" + hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in files}
    release = Release(name="fieldgate", version=version, files=digests)
    return write_release(release, lambda typ, payload: jws.sign(load(path), typ, payload))


if __name__ == "__main__":
    print(main(*sys.argv[1:]))  # noqa: T201
