"""The supervisor's hand on its reader child: start it, hand it jobs, kill it past its limit. The real statement timeout
is a process that can be killed, because drivers do not always obey theirs."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

from agent.core.jobs import Done, Failed, Frame, Job, packed, read_frame
from agent.errors import ConfigError, FieldgateError, PolicyError, SealError, SourceError, StateError
from agent.service.collector import tidy
from agent.service.stop import Stop, stopped

_GRACE_S = 30  # beyond the statement timeout: connect, screen, encode
_PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "WINDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "ODBCSYSINI",
    "ODBCINI", "ODBCINSTINI", "FIELDGATE_ODBC_LIBS", "USERPROFILE", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHASHSEED",
)  # fmt: skip
READER_CHILD = "reader-child"  # what a frozen program is asked for, because it has no `-m` (packaging/frozen.py)
_ERRORS: dict[str, type[FieldgateError]] = {
    kind.__name__: kind for kind in (SourceError, PolicyError, ConfigError, SealError, StateError)
}


class ReaderChild:
    """A reader in a process of its own. `read` yields its pages and raises what it failed with, in our words. Told to
    stop, it ends between two pages: a page that was handed out is kept, one in the making is thrown away."""

    def __init__(self, stop: Stop | None = None) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._stop = stop or Stop()

    def read(self, job: Job) -> Iterator[Frame]:
        """All frames of a job but the last. The child is killed when a frame is overdue."""
        if self._stop.asked:
            raise stopped()
        process = self._started()
        if process.stdin is None or process.stdout is None:
            raise _died("has no pipes")
        try:
            process.stdin.write(packed(job))
            process.stdin.flush()
        except OSError:
            raise self._gone(process) from None
        limit_s = job.source.statement_s + _GRACE_S
        finished = False
        try:
            while not finished:
                with self._stop.cutting(process.kill):
                    frame = self._next(process, limit_s)
                finished = isinstance(frame, Done)
                if not finished:
                    yield frame
                del frame
        finally:
            if not finished:  # failed, or the consumer went away: what the child still says is of no use
                self.close()
            tidy()  # before the next one: what pages have left between them would be held through all of it

    def close(self) -> None:
        """End the child; it holds nothing that must be saved."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with contextlib.suppress(OSError):  # what was still to be written is of no use to a dead child
                        pipe.close()

    def __enter__(self) -> ReaderChild:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            try:
                self._process = subprocess.Popen(  # noqa: S603  our own program
                    _reader_command(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,  # a driver's own words may quote data
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                    env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                )
            except OSError as failed:
                raise _not_started(failed) from None
            if sys.platform == "win32":
                from agent.service.windows_job import hold

                hold(int(self._process._handle))
        return self._process

    def _next(self, process: subprocess.Popen[bytes], limit_s: float) -> Frame:
        late = threading.Event()

        def kill() -> None:
            late.set()  # before the kill: whoever finds the child dead looks at once why
            process.kill()

        overdue = threading.Timer(limit_s, kill)
        overdue.daemon = True
        overdue.start()
        try:
            frame: Frame | None = read_frame(process.stdout.read)  # type: ignore[union-attr]
        except OSError:  # the pipe broke: what the child still says cannot be had
            frame = None
        finally:
            overdue.cancel()
        if self._stop.asked:
            raise stopped()
        if frame is None:
            raise _overdue(limit_s) if late.is_set() else self._gone(process)
        if isinstance(frame, Failed):
            raise _ERRORS.get(frame.kind, SourceError)(frame.code, frame.what, frame.advice)
        return frame

    def _gone(self, process: subprocess.Popen[bytes]) -> SourceError:
        return _died(f"ended by itself (status {process.poll()})")


def _reader_command() -> list[str]:
    frozen = getattr(sys, "frozen", False)
    return [sys.executable, READER_CHILD] if frozen else [sys.executable, "-m", "agent.service.reader"]


def _died(how: str) -> SourceError:
    return SourceError(
        "FG-S21", f"the reader process {how}", "the ODBC driver may have crashed; the next run starts a new reader"
    )


def _not_started(failed: OSError) -> SourceError:
    return SourceError(
        "FG-S24",
        f"the reader process could not be started (error {failed.errno})",
        "look whether this machine is out of memory or processes; the next run tries again",
    )


def _overdue(limit_s: float) -> SourceError:
    return SourceError(
        "FG-S22",
        f"the database gave no page within {limit_s:.0f} s, so the reader was stopped",
        "nothing is lost; if it repeats, ask the DBA about locks, or raise limits.statement_s",
    )
