"""The receiver's only writer of files that matter: complete or not there at all, readable by their owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from agent.errors import ConfigError


def write_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Temp file beside it, write, fsync, replace, fsync of the folder."""
    temp = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(fd, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        temp.replace(path)
    finally:
        temp.unlink(missing_ok=True)
    sync_folder(path.parent)


def private_folder(folder: Path) -> Path:
    """The receiver's folder, made for its owner alone."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise ConfigError("RC001", f"the folder {folder} cannot be made", "Name another folder with --dir") from None
    return folder


def sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder for fsync; NTFS journals the rename
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
