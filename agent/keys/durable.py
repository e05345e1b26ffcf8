"""Durable is one function: temporary file in the same folder, write, fsync, put in place, fsync the folder. After it
returns the whole new file is there; if it does not, the old one is, whole. Nobody else writes a file that matters.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def write(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put `data` at `path`, in place of whatever is there."""
    temporary = _written(path, data, mode)
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def write_new(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put `data` at `path` only where nothing is; FileExistsError otherwise, decided by the write itself."""
    temporary = _written(path, data, mode)
    try:
        if os.name == "nt":
            temporary.rename(path)  # refuses an existing target there
        else:
            os.link(temporary, path, follow_symlinks=False)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def remove(path: Path) -> None:
    """Take a file away, so that it does not come back with a power cut; nothing to do where it is gone."""
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _written(path: Path, data: bytes, mode: int) -> Path:
    """The bytes, on the disk, under a name nobody looks for."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(temporary, flags, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            if os.name == "nt":
                if not mode & 0o077:  # the mode says nothing there, and what the folder hands down may be more
                    from agent.keys import windows

                    windows.make_narrow(temporary)
            else:
                os.fchmod(file.fileno(), mode)  # the umask may only have taken bits away that others need
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # NTFS journals the rename; a folder cannot be opened for fsync there
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
