"""The receiver's house: its folder, name, signing key and store, and what may be asked of it from outside.

What the signing key is, and what follows it, is in own_keys.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import jws
from agent.core.answers import WireError
from agent.errors import ConfigError
from agent.receiver import own_keys
from agent.receiver.files import private_folder
from agent.receiver.store import FILE, Store

DEFAULT_NAME = "example-motors-na"
Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def is_house(folder: Path) -> bool:
    return (folder / FILE).is_file()


class ReceiverHouse:
    """Open it with `open_house`. Thread-safe; one process at a time."""

    def __init__(self, folder: Path, name: str, key: ec.EllipticCurvePrivateKey, store: Store, clock: Clock) -> None:
        self.folder = folder
        self.name = name
        self.store = store
        self.clock = clock
        self._use(key)
        self._busy: set[str] = set()
        self._busy_lock = threading.Lock()

    def __repr__(self) -> str:
        return f"ReceiverHouse({self.name})"

    def _use(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.jwk = jws.public_jwk(key.public_key())
        self.kid = jws.kid_of(self.jwk)

    def rotate_key(self) -> None:
        """From the commit on a new key signs; agents follow by the old one's statement."""
        with self.store.writing() as db:
            own_keys.hand_over(self.folder, db, self.name, int(self.clock().timestamp()))
        # COMMIT POINT passed: opened anew, the folder finishes what is left to do.
        with self.store.reading() as db:
            self._use(own_keys.open_key(self.folder, db))

    def sign(self, typ: str, payload: bytes) -> str:
        return jws.sign(self._key, typ, payload)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys receipts are signed with."""
        return {"keys": [{**self.jwk, "kid": self.kid, "alg": "ES256", "use": "sig"}]}

    def key_statements(self) -> list[str]:
        """How the key of today follows from the first one."""
        with self.store.reading() as db:
            return own_keys.statements(db)

    def find_own_key(self, kid: str) -> jws.JWK | None:
        """The key in use, or one that signed here before it."""
        if kid == self.kid:
            return self.jwk
        with self.store.reading() as db:
            return own_keys.find(db, kid)

    def find_key(self, kid: str) -> jws.JWK | None:
        """An enrolled dealer key, revoked ones included (what they signed stays checkable)."""
        with self.store.reading() as db:
            row = db.execute("SELECT jwk FROM keys WHERE kid = ?", (kid,)).fetchone()
        found: dict[str, str] | None = json.loads(row["jwk"]) if row else None
        return found

    @contextmanager
    def taking_in(self, stream_id: str) -> Iterator[None]:
        """One batch of a stream at a time; WireError in_progress for the second."""
        with self._busy_lock:
            if stream_id in self._busy:
                raise WireError("in_progress", "another batch of this stream is being taken in")
            self._busy.add(stream_id)
        try:
            yield
        finally:
            with self._busy_lock:
                self._busy.discard(stream_id)

    def close(self) -> None:
        self.store.close()


def open_house(folder: Path, name: str | None = None, clock: Clock = utc_now) -> ReceiverHouse:
    """The house in `folder`, made on first use. `name` is the recipient id it answers to, fixed for good."""
    private_folder(folder)
    store = Store(folder)
    try:
        called = _name(store, name, clock)
        with store.reading() as db:
            key = own_keys.open_key(folder, db)
        return ReceiverHouse(folder, called, key, store, clock)
    except BaseException:
        store.close()
        raise


def instant(moment: dt.datetime) -> str:
    """The wire's form of an instant: UTC, whole seconds."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(store: Store, wanted: str | None, clock: Clock) -> str:
    with store.writing() as db:
        row = db.execute("SELECT name FROM house").fetchone()
        if row is None:
            db.execute("INSERT INTO house VALUES (?, ?)", (wanted or DEFAULT_NAME, instant(clock())))
            return wanted or DEFAULT_NAME
    if wanted not in (None, row["name"]):
        raise ConfigError(
            "RC004", "this folder belongs to a receiver of another name", "Name another folder with --dir"
        )
    return str(row["name"])
