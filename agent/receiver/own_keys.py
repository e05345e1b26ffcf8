"""The receiver's own signing key: made once, handed over to the next by a statement that the old one signs, never
replaced silently. Public halves and statements stay: old receipts verify for ever, and a dealer who was away for years
follows from the key it pinned to the one of today.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import jws
from agent.core.statements import make_receipt_rollover
from agent.errors import SealError
from agent.receiver.files import sync_folder, write_file

KEY_FILE = "receiver-key.pem"
NEXT_FILE = "receiver-key.next.pem"
Key = ec.EllipticCurvePrivateKey


def open_key(folder: Path, db: sqlite3.Connection) -> Key:
    """The key in use, made where nothing was ever signed; a rotation that was cut short is finished or forgotten."""
    path, following = folder / KEY_FILE, folder / NEXT_FILE
    if following.exists():
        if _is_stated(db, _kid(load(following))):
            following.replace(path)
            sync_folder(folder)
        else:
            following.unlink()
    if not path.exists():
        if db.execute("SELECT 1 FROM batches UNION ALL SELECT 1 FROM keys LIMIT 1").fetchone():
            raise SealError(
                "RC006",
                f"{KEY_FILE} is gone, and receipts were signed with it",
                "Put it back from the receiver's backup",
            )
        write_file(path, private_pem(ec.generate_private_key(ec.SECP256R1())))
    return load(path)


def hand_over(folder: Path, db: sqlite3.Connection, name: str, now_s: int) -> Key:
    """A new key, and the old one's statement that it follows. Only the public half of the old one is kept."""
    old, new = load(folder / KEY_FILE), ec.generate_private_key(ec.SECP256R1())
    write_file(folder / NEXT_FILE, private_pem(new))
    old_jwk, jwk = jws.public_jwk(old.public_key()), jws.public_jwk(new.public_key())
    said = make_receipt_rollover(
        name,
        (jws.kid_of(old_jwk), lambda typ, payload: jws.sign(old, typ, payload)),
        (jwk, lambda typ, payload: jws.sign(new, typ, payload)),
        now_s,
    )
    _keep(db, old_jwk, None)
    _keep(db, jwk, said)
    return new


def find(db: sqlite3.Connection, kid: str) -> jws.JWK | None:
    """A key that signed receipts here at any time and is not the one in use."""
    row = db.execute("SELECT jwk FROM own_keys WHERE kid = ?", (kid,)).fetchone()
    found: dict[str, str] | None = json.loads(row["jwk"]) if row else None
    return found


def statements(db: sqlite3.Connection) -> list[str]:
    """Each key's word for its follower, oldest first."""
    rows = db.execute("SELECT statement FROM own_keys WHERE statement IS NOT NULL ORDER BY n")
    return [str(row["statement"]) for row in rows]


def private_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _keep(db: sqlite3.Connection, jwk: jws.JWK, statement: str | None) -> None:
    db.execute(
        "INSERT OR IGNORE INTO own_keys (kid, jwk, statement) VALUES (?, ?, ?)",
        (jws.kid_of(jwk), json.dumps(dict(jwk), sort_keys=True), statement),
    )


def _is_stated(db: sqlite3.Connection, kid: str) -> bool:
    return db.execute("SELECT 1 FROM own_keys WHERE kid = ?", (kid,)).fetchone() is not None


def _kid(key: Key) -> str:
    return jws.kid_of(jws.public_jwk(key.public_key()))


def load(path: Path) -> Key:
    try:
        found: Any = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        found = None
    if not isinstance(found, ec.EllipticCurvePrivateKey) or not isinstance(found.curve, ec.SECP256R1):
        raise SealError(
            "RC005", f"{path.name} is not a usable P-256 key", "Put the receiver's own key back from its backup"
        )
    return found
