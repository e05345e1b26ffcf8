"""One SQLite file for ledger and landing, so that a batch is taken or refused in one transaction.

WAL, synchronous=FULL: when a receipt has been sent, its batch survives a power cut. One connection, one writer.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import StateError

FILE = "receiver.sqlite"
VERSION = 1

SCHEMA = """
CREATE TABLE house (name TEXT NOT NULL, made_at TEXT NOT NULL) STRICT;
CREATE TABLE keys (
  kid TEXT PRIMARY KEY, jwk TEXT NOT NULL, instance_id TEXT NOT NULL, roll_sha256 TEXT NOT NULL, roll BLOB,
  enrolled_at TEXT NOT NULL, revoked_at TEXT, replaced_by TEXT, last_good TEXT) STRICT;
CREATE TABLE key_dealers (
  kid TEXT NOT NULL REFERENCES keys, dealer_code TEXT NOT NULL, PRIMARY KEY (kid, dealer_code)) STRICT, WITHOUT ROWID;
CREATE TABLE tokens (
  token_sha256 TEXT PRIMARY KEY, dealer_code TEXT NOT NULL, made_at TEXT NOT NULL, expires_at TEXT NOT NULL,
  used_at TEXT, used_by TEXT) STRICT;
CREATE TABLE streams (
  stream_id TEXT PRIMARY KEY, dealer_code TEXT NOT NULL, store TEXT NOT NULL, policy_name TEXT NOT NULL,
  purpose TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, manifest_sha256 TEXT NOT NULL,
  content_sha256 TEXT NOT NULL, policy_version INTEGER NOT NULL, policy_sha256 TEXT NOT NULL,
  roll_version INTEGER NOT NULL, audit_head TEXT NOT NULL, opened_at TEXT NOT NULL) STRICT;
CREATE TABLE batches (
  stream_id TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, batch_id TEXT NOT NULL, kind TEXT NOT NULL,
  replaces TEXT, kid TEXT NOT NULL, manifest_sha256 TEXT NOT NULL UNIQUE, manifest TEXT NOT NULL,
  receipt_id TEXT NOT NULL UNIQUE, receipt TEXT NOT NULL, received_at TEXT NOT NULL,
  PRIMARY KEY (stream_id, epoch, seq), UNIQUE (stream_id, batch_id)) STRICT;
CREATE TABLE gaps (
  stream_id TEXT NOT NULL, epoch INTEGER NOT NULL, expected_seq INTEGER NOT NULL, got_seq INTEGER NOT NULL,
  seen_at TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (stream_id, epoch, expected_seq)) STRICT, WITHOUT ROWID;
CREATE TABLE records (
  stream_id TEXT NOT NULL, dataset TEXT NOT NULL, id TEXT NOT NULL, nonce TEXT NOT NULL, fields TEXT NOT NULL,
  epoch INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (stream_id, dataset, id)) STRICT, WITHOUT ROWID;
CREATE INDEX records_by_id ON records (id);
CREATE TABLE operations (
  op_no INTEGER PRIMARY KEY, stream_id TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
  line_no INTEGER NOT NULL, dataset TEXT NOT NULL, id TEXT NOT NULL, op TEXT NOT NULL, leaf BLOB NOT NULL,
  line BLOB, UNIQUE (stream_id, epoch, seq, line_no)) STRICT;
CREATE INDEX operations_by_id ON operations (stream_id, dataset, id);
CREATE TABLE suppressions (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT, stream_id TEXT NOT NULL, dataset TEXT NOT NULL, id TEXT NOT NULL,
  purpose TEXT NOT NULL, channel TEXT NOT NULL, since_on TEXT NOT NULL, origin TEXT NOT NULL,
  UNIQUE (stream_id, dataset, id, purpose, channel)) STRICT;
CREATE TABLE opt_outs (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT, stream_id TEXT NOT NULL, dataset TEXT NOT NULL, id TEXT NOT NULL,
  purpose TEXT NOT NULL, channels TEXT NOT NULL, since_on TEXT NOT NULL, said_at TEXT NOT NULL) STRICT;
CREATE INDEX opt_outs_by_stream ON opt_outs (stream_id, cursor);
CREATE TABLE requests (jti TEXT PRIMARY KEY, iat INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- The operation log is append-only; an erasure blanks a line's text and leaves its hash, so the proof stays.
CREATE TRIGGER operations_stay BEFORE DELETE ON operations BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER operations_fixed BEFORE UPDATE ON operations
  WHEN new.line IS NOT NULL OR (new.op_no, new.stream_id, new.epoch, new.seq, new.line_no, new.dataset, new.id, new.op,
    new.leaf) IS NOT (old.op_no, old.stream_id, old.epoch, old.seq, old.line_no, old.dataset, old.id, old.op, old.leaf)
  BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER batches_stay BEFORE DELETE ON batches BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER batches_fixed BEFORE UPDATE ON batches BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""


class Store:
    """The open file. `reading` and `writing` hand out the connection to one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.RLock()
        path = folder / FILE
        path.touch(mode=0o600)  # SQLite gives its WAL the file's own mode
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            self._db.row_factory = sqlite3.Row
            self._prepare()
        except sqlite3.Error as error:
            raise _unusable(error) from None

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA foreign_keys=ON")
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.execute("PRAGMA temp_store=MEMORY")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS own_keys (n INTEGER PRIMARY KEY, kid TEXT NOT NULL UNIQUE,"
            " jwk TEXT NOT NULL, statement TEXT) STRICT"
        )
        with self.writing() as db:
            found = db.execute("PRAGMA user_version").fetchone()[0]
            if found == 0:
                _run_script(db, SCHEMA)
                db.execute(f"PRAGMA user_version={VERSION}")
            elif found != VERSION:
                raise StateError(
                    "RC003", "the receiver's store is of another version", "Use the fieldgate that made it"
                )

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view."""
        with self._lock:
            if self._db.in_transaction:  # inside our own writing(): that view is the right one
                yield self._db
                return
            self._db.execute("BEGIN")
            try:
                yield self._db
            finally:
                self._db.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block, durable, or nothing of it."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._db.close()


def _run_script(db: sqlite3.Connection, script: str) -> None:
    # executescript() would commit the open transaction first, and a half-made store must not be left behind.
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            if statement.strip() != ";":
                db.execute(statement)
            statement = ""


def _unusable(error: sqlite3.Error) -> StateError:
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    return StateError("RC002", f"the receiver's store cannot be used ({name})", "Check the folder, its disk and rights")
