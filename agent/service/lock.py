"""One agent per state folder. The lock dies with its process, so a crash never leaves one behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import StateError
from agent.state.store import not_writable


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder; StateError when another agent does."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "agent.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        raise not_writable() from None
    try:
        if not _taken(handle):
            raise StateError(
                "FG-T10", "another fieldgate works on this state folder", "stop it first, or look at `fieldgate status`"
            )
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
