"""Our own durable memory: one SQLite file, WAL, synchronous=FULL, secure_delete, numbered add-only migrations.

Everything else in `state` takes a `Tx`: whoever holds one is inside a transaction, so nothing is half-written. Errors
of the database end here as StateError; they are never recognized by their text.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any

from agent.errors import Retry, StateError

LOCKED = "FG-T02"
_STATEMENTS = 16  # kept prepared, at 20 to 30 kB each: a page uses a dozen, and a service idles beside the rest
_BUSY_S = 5
_ROOM = 1024 * 1024  # bytes; with less, the next commit may be the one that fails
_LOOK_S = 1  # how long a screen waits to learn whether the file is locked
_REMOTE = 4  # what Windows calls a drive on another machine
_NETWORK = (
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "gfs2", "ocfs2", "ncpfs"),
    *("sshfs", "davfs", "s3fs", "rclone", "gcsfuse"),  # behind fuse.
)
Row = tuple[Any, ...]


class Tx:
    """An open transaction. `write` asserts how many rows it touched when told: the precondition stands in the write."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        with _guarded():
            return self._conn.execute(sql, params).fetchall()

    def row(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        found = self.rows(sql, params)
        return found[0] if found else None

    def stream(self, sql: str, params: Sequence[object] = ()) -> Iterator[Row]:
        with _guarded():
            yield from self._conn.execute(sql, params)

    def others_wrote(self) -> int:
        """A number that is another one after each commit of another connection, and stays under our own."""
        found = self.row("pragma data_version")
        return int(found[0]) if found else 0

    def write(self, sql: str, params: Sequence[object] = (), *, expect: int | None = None) -> int:
        """Run one write; the last row id. StateError when it touched another number of rows than `expect`."""
        with _guarded():
            cursor = self._conn.execute(sql, params)
        if expect is not None and cursor.rowcount != expect:
            raise _other_situation()
        return cursor.lastrowid or 0

    def write_all(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """The same write for many rows."""
        with _guarded():
            self._conn.executemany(sql, rows)


class State:
    """The state file, open. One writer process; `transaction()` is the only way in."""

    def __init__(self, conn: sqlite3.Connection, path: Path) -> None:
        self._conn = conn
        self.path = path
        self.confirmed = 0  # what `others_wrote` said when the rows were last compared with the audit chain

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """BEGIN IMMEDIATE ... COMMIT; everything or nothing. The commit is the durable point."""
        with _guarded():
            self._conn.execute("begin immediate")
        try:
            yield Tx(self._conn)
        except BaseException:
            self._conn.rollback()
            raise
        with _guarded():
            self._conn.execute("commit")

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A consistent view for reports and screens; writes in here are an error of ours."""
        with _guarded():
            self._conn.execute("begin")
        try:
            yield Tx(self._conn)
        finally:
            self._conn.rollback()

    def check_writable(self) -> None:
        """StateError where nothing could be written: full disk, read-only place, locked for longer than a commit."""
        if shutil.disk_usage(self.path.parent).free < _ROOM:
            raise _full()
        self._conn.execute(f"pragma busy_timeout={_LOOK_S * 1000}")
        try:
            with _guarded():
                self._conn.execute("begin immediate")
            self._conn.rollback()
        finally:
            self._conn.execute(f"pragma busy_timeout={_BUSY_S * 1000}")

    def copy_to(self, path: Path) -> None:
        """A consistent copy of the whole file, 0600, whatever is being written meanwhile."""
        with _guarded():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            target = sqlite3.connect(path)
            try:
                self._conn.backup(target)
            finally:
                target.close()

    def rest(self) -> None:
        """Give back the memory of pages that were read: between two jobs nobody asks for them."""
        with _guarded():
            self._conn.execute("pragma shrink_memory")

    def close(self) -> None:
        self._conn.close()


def open_state(path: Path, *, create: bool = False) -> State:
    """Open the state file, bring it to the newest form, check that it is whole.

    Raises StateError when it is missing (and `create` is not asked for), locked, damaged, or made by a newer version.
    """
    if not create and not path.is_file():
        raise StateError(
            "FG-T01",
            f"there is no state file at {path}",
            "run `fieldgate setup`, or correct folders.state in agent.yaml",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        raise not_writable() from None
    kind = network_drive(path.parent)
    if kind:
        raise StateError(
            "FG-T11",
            f"the state folder stands on a network drive ({kind}), where a crash or a second machine tears the file",
            "set folders.state in agent.yaml to a local disk, move the folder there, then: fieldgate doctor",
        )
    with _guarded():
        conn = sqlite3.connect(
            path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
        )
        try:
            _prepare(conn)
            _migrate(conn)
        except BaseException:
            conn.close()
            raise
    if path.stat().st_mode & 0o077 and hasattr(os, "geteuid"):
        try:
            path.chmod(0o600)
        except OSError:
            conn.close()
            raise not_writable() from None
    return State(conn, path)


def network_drive(folder: Path, mounts: str | None = None) -> str:
    """The file system type when the folder stands on a network drive; empty when not, or where it cannot be told.

    `mounts`: the text of /proc/self/mountinfo. SQLite's shared memory and locks do not hold across machines.
    """
    if mounts is None and sys.platform == "win32":
        return _windows_share(folder.absolute().anchor)
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
        except OSError:
            return ""
    target = folder.resolve()
    best, kind = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields, types = before.split(" "), after.split(" ")
        if len(fields) < 5 or not types[0]:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), fields[4]))
        if len(point.parts) >= best and target.is_relative_to(point):  # a later mount lies over an earlier one
            best, kind = len(point.parts), types[0]
    return kind if kind.removeprefix("fuse.") in _NETWORK else ""


def _windows_share(root: str) -> str:
    """A share says so by its name; of a letter Windows says whether it stands for one."""
    if root.startswith("\\\\") and root[2:3] not in ("?", "."):
        return "a Windows share"
    if sys.platform == "win32":
        import ctypes

        return "a Windows share" if ctypes.windll.kernel32.GetDriveTypeW(root) == _REMOTE else ""
    return ""


def _prepare(conn: sqlite3.Connection) -> None:
    for pragma in (
        "journal_mode=wal", "synchronous=full", "secure_delete=on", "foreign_keys=on", "temp_store=memory",
        "cache_size=-1000",  # kB; what is read is read once
    ):  # fmt: skip
        conn.execute(f"pragma {pragma}")
    if conn.execute("pragma quick_check(1)").fetchone()[0] != "ok":
        raise _damaged()


def _migrate(conn: sqlite3.Connection) -> None:
    scripts = sorted(
        (
            entry
            for entry in resources.files("agent.state").joinpath("migrations").iterdir()
            if entry.name[:4].isdigit()
        ),
        key=lambda entry: entry.name,
    )
    at = conn.execute("pragma user_version").fetchone()[0]
    if at > len(scripts) and _opens_from(conn) > len(scripts):
        raise StateError(
            "FG-T04",
            f"the state file was made by a newer fieldgate (form {at}, this one knows {len(scripts)})",
            "start the newer version of fieldgate again",
        )
    for number, script in enumerate(scripts[at:], at + 1):
        conn.executescript(f"begin immediate;\n{script.read_text('utf-8')}\npragma user_version={number};\ncommit;")


def _opens_from(conn: sqlite3.Connection) -> int:
    """The oldest form whose programs may open this file, as the program that grew it says; unreadable means none."""
    with suppress(sqlite3.Error, ValueError, TypeError):
        return int(conn.execute("select value from meta where name = 'opens_from_form'").fetchone()[0])
    return sys.maxsize


@contextmanager
def _guarded() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _operational(getattr(error, "sqlite_errorcode", 0)) from None
    except sqlite3.IntegrityError:  # a unique index or a check refused the write: the file is sound, the write was not
        raise _other_situation() from None
    except sqlite3.DatabaseError:
        raise _damaged() from None


def _operational(code: int) -> StateError:
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:  # no room even for the file through which readers and writer agree
        return _full()
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StateError(
                LOCKED,
                "the state file is in use by another process",
                "wait for the running agent, or stop the second one: `fieldgate status`",
                retry=Retry.LATER,
            )
        case sqlite3.SQLITE_FULL:
            return _full()
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return not_writable()
        case _:
            return StateError(
                "FG-T07",
                f"the state file cannot be used (SQLite code {code})",
                "run `fieldgate doctor`; restore the last backup when it says the file is damaged",
            )


def _other_situation() -> StateError:
    return StateError(
        "FG-T03",
        "the state file changed under our hands: a write found another situation than the one it was made for",
        "make sure that only one agent uses this state folder, then start it again",
    )


def _full() -> StateError:
    return StateError(
        "FG-T05",
        "the disk is full: the state file cannot be written, so nothing is read or sent",
        "free space on the disk of folders.state; nothing is lost, the next run goes on",
        retry=Retry.LATER,
    )


def not_writable() -> StateError:
    return StateError(
        "FG-T06",
        "the state file cannot be written by this account",
        "give the service account the folder named by folders.state in agent.yaml, on a disk that can be written",
    )


def _damaged() -> StateError:
    return StateError(
        "FG-T08",
        "the state file is damaged",
        "stop the agent, put the last backup in its place, then: fieldgate resync",
    )
