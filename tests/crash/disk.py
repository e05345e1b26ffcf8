"""What a disk holds after a power cut: a folder as it was, the operations since then, and what of them had been synced.

Strict, as POSIX allows and not as one file system happens to do: bytes and lengths of a file are safe after fsync of
the file, names after fsync of the folder they stand in. Everything else is thrown away, or survives in part: single
sectors of a write, some of the names, in any mixture that a seed draws.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.crash.shim import Op

SECTOR = 512


@dataclass
class _File:
    safe: bytearray
    mode: int = 0o600
    waiting: list[tuple[str, int, bytes]] = field(default_factory=list)

    def sync(self) -> None:
        for kind, at, data in self.waiting:
            _put(self.safe, kind, at, data)
        self.waiting.clear()


def _put(content: bytearray, kind: str, at: int, data: bytes) -> None:
    if kind == "t":
        del content[at:]
        content.extend(bytes(at - len(content)))
    else:
        content.extend(bytes(max(0, at - len(content))))
        content[at : at + len(data)] = data


class Disk:
    """Begins as the folder is; `after` tells it what was done; `cut` gives the folder that the next start finds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders = [path for path in sorted(root.rglob("*")) if path.is_dir()]
        self.modes = {path: path.stat().st_mode & 0o777 for path in (root, *self.folders)}
        self.names = {
            str(path): _File(bytearray(path.read_bytes()), path.stat().st_mode & 0o777)
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.name.endswith("-shm")
        }
        self.safe_names = dict(self.names)
        self.waiting_names: list[tuple[str, dict[str, _File | None]]] = []

    def after(self, ops: Iterable[Op]) -> Disk:
        for op in ops:
            if op.role == "a" and op.class_ == "f" and op.result >= 0 and not op.path.endswith("-shm"):
                self._done(op)
        return self

    def _done(self, op: Op) -> None:
        file = self.names.get(op.path)
        match op.kind:
            case "c":
                self._name(op.path, _File(bytearray()))
            case "w" if file:
                assert len(op.data) == op.result, op
                file.waiting.append(("w", op.offset, op.data))
            case "t" if file:
                file.waiting.append(("t", op.offset, b""))
            case "s" if file:
                file.sync()
            case "s":
                self._sync_names(op.path)
            case "l" if file:
                self._name(op.other, file)
            case "u":
                self._name(op.path, None)
            case "r" if file:
                self.names.pop(op.path)
                self.names[op.other] = file
                self.waiting_names.append((str(PurePosixPath(op.path).parent), {op.path: None, op.other: file}))

    def _name(self, path: str, file: _File | None) -> None:
        if file is None:
            self.names.pop(path, None)
        else:
            self.names[path] = file
        self.waiting_names.append((str(PurePosixPath(path).parent), {path: file}))

    def _sync_names(self, folder: str) -> None:
        for where, change in self.waiting_names:
            if where == folder:
                self._keep_names(change)
        self.waiting_names = [one for one in self.waiting_names if one[0] != folder]

    def _keep_names(self, change: dict[str, _File | None]) -> None:
        for path, file in change.items():
            if file is None:
                self.safe_names.pop(path, None)
            else:
                self.safe_names[path] = file

    def cut(self, chance: random.Random | None) -> None:
        """Put the folder into the state a power cut leaves. Without `chance` nothing that was not synced survives."""
        if chance:
            for file in {id(file): file for file in (*self.names.values(), *self.safe_names.values())}.values():
                _survive(file, chance)
            luck = chance.random()
            for _, change in self.waiting_names:
                if chance.random() < luck:
                    self._keep_names(change)
        shutil.rmtree(self.root)
        for folder, mode in self.modes.items():
            folder.mkdir(mode=mode)
            folder.chmod(mode)
        for path, file in self.safe_names.items():
            Path(path).parent.mkdir(mode=0o700, exist_ok=True)
            Path(path).write_bytes(file.safe)
            Path(path).chmod(file.mode)


def _survive(file: _File, chance: random.Random) -> None:
    """Any sectors of any writes, in no order."""
    luck = chance.choice((0.0, 0.3, 0.7, 1.0))
    for kind, at, data in file.waiting:
        if kind == "t" and chance.random() < luck:
            _put(file.safe, "t", at, b"")
        for start in range(0, len(data), SECTOR):
            if chance.random() < luck:
                _put(file.safe, "w", at + start, data[start : start + SECTOR])
