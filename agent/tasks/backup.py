"""`backup`: agent.yaml, keys, state and policies in one file that only officers can open; and its opening, on an
officer's PC, into a folder that dealership IT puts in place. The copy knows it is one: nothing leaves until `resync`.
"""

from __future__ import annotations

import io
import os
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric import ec

from agent.core.roll import read_roll
from agent.errors import ConfigError, PolicyError, SealError
from agent.keys.sealed_backup import Header, SealingWriter, open_chunks, read_header
from agent.state import permission
from agent.state.store import Tx, open_state
from agent.tasks import position
from agent.tasks.desk import Desk, key_check_values

_STATE = "state/fieldgate.db"


def make(desk: Desk, out: Path) -> Header:
    """Write a backup to `out`, sealed to every officer of the roll in force. Nothing of it is plain on the disk but
    the copy of the state file, beside the state file itself and gone afterwards."""
    with desk.state.reading() as tx:
        data = permission.roll(tx)
    if data is None:
        raise PolicyError(
            "FG-K50", "there is no officer roll yet, and a backup is sealed to the officers",
            "fieldgate officers import roll.json",
        )  # fmt: skip
    copy = desk.config.state / f".backup-{secrets.token_hex(8)}.db"
    part = out.with_name(f".{out.name}.{secrets.token_hex(8)}.tmp")
    try:
        desk.state.copy_to(copy)
        with _created(part) as file:
            sealed = SealingWriter(file, read_roll(data, None).officers, desk.instance_id, desk.now())
            with tarfile.open(fileobj=sealed, mode="w|") as tar:  # type: ignore[call-overload]  # it only writes
                for name, path in _files(desk, copy):
                    tar.add(path, name, recursive=False)
            sealed.finish()
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    except OSError as failed:
        raise ConfigError(
            "FG-K51", f"the backup could not be written (error {failed.errno})", "look at the folder and its space"
        ) from None
    finally:
        copy.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
    with desk.state.transaction() as tx:
        names = " ".join(sorted(key_check_values(tx)))
        tx.write("insert or replace into meta (name, value) values ('backed_up', ?)", (f"{desk.now()} {names}",))
    with out.open("rb") as file:
        return read_header(file)[0]


def not_in_backup(tx: Tx) -> tuple[str, set[str]]:
    """The day of the last backup, empty for none, and which of the keys that are never made anew it does not hold."""
    row = tx.row("select value from meta where name = 'backed_up'")
    made_at, *names = str(row[0]).split(" ") if row else ("",)
    return made_at[:10], key_check_values(tx).keys() - set(names)


def open_backup(source: Path, key: ec.EllipticCurvePrivateKey, to: Path) -> Header:
    """Unpack a backup into a new folder, marked as a restored copy. SealError where it does not open."""
    try:
        to.mkdir(mode=0o700)
    except OSError:
        raise ConfigError("FG-K52", f"{to} exists already, or cannot be made", "name a new folder with --to") from None
    with source.open("rb") as file:
        header, _ = read_header(file)
        file.seek(0)
        _unpack(_Plain(open_chunks(file, key)), to)
    state = open_state(to / _STATE)
    try:
        with state.transaction() as tx:  # the copy knows that it is one
            position.mark_restored(tx)
    finally:
        state.close()
    return header


def _created(path: Path) -> BinaryIO:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    return os.fdopen(handle, "wb")


def _files(desk: Desk, copy: Path) -> Iterator[tuple[str, Path]]:
    """Name in the backup, and where it stands now."""
    yield "agent.yaml", desk.config.path
    yield _STATE, copy
    for folder, name in ((desk.config.key_folder, "keys"), (desk.config.policies, "policies")):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.is_file() and not path.name.startswith("."):
                yield f"{name}/{path.name}", path


def _unpack(plain: _Plain, to: Path) -> None:
    try:
        with tarfile.open(fileobj=io.BufferedReader(plain), mode="r|") as tar:
            for member in tar:
                folder, _, name = member.name.rpartition("/")
                if folder not in ("", "keys", "policies", "state") or not member.isfile() or name in ("", "..", "."):
                    raise SealError("K060", "the backup holds a file that is none of ours", "call whoever made it")
                target = to / folder / name
                target.parent.mkdir(mode=0o700, exist_ok=True)
                content = tar.extractfile(member)
                with _created(target) as out:
                    while content and (piece := content.read(1024 * 1024)):
                        out.write(piece)
        while plain.read(1024 * 1024):  # to the last chunk: only then nothing is missing
            pass
    except tarfile.TarError:
        raise SealError(
            "K060", "a byte of this backup was changed, or its end is missing", "take another copy"
        ) from None


class _Plain(io.RawIOBase):
    """Chunks as a file to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: object) -> int:
        view = memoryview(target)  # type: ignore[arg-type]
        while not self._left:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._left = piece
        n = min(len(view), len(self._left))
        view[:n] = self._left[:n]
        self._left = self._left[n:]
        return n
