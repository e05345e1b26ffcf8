"""The control channel's way on Windows: a named pipe on this machine only. Its list lets in SYSTEM, Administrators, the
service's account and the account that runs this, and the system says whose process asks. Imported on Windows only.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.keys.acl import narrow, service_sid
from agent.keys.windows import SERVICE, account_name, own_sid

_BYTES = 4096
_ASK_MS = 5000
_NO_END = 0xFFFFFFFF
_GONE = (2, 3, 5)  # no such pipe, no such path, not for you: nobody listens to this account
_BUSY, _PENDING, _CONNECTED, _MORE = 231, 997, 535, 234
_IDENTIFY = 0x00110000  # SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION: whoever answers learns who asks, and no more
Answer = Callable[[str, bytes], bytes]  # (account, line) -> line


def name_of(folder: Path) -> str:
    """The pipe of the agent that works on this state folder."""
    same = os.path.normcase(folder.absolute()).encode()
    return rf"\\.\pipe\fieldgate-{hashlib.sha256(same).hexdigest()[:32]}"


def whom_it_lets_in(own: str) -> str:
    """The list of a pipe, as SDDL: nobody who comes over the network, nobody unknown."""
    list_ = narrow(dict.fromkeys((own, service_sid(SERVICE))), folder=False)
    return list_.replace("D:P", "D:P(D;;GA;;;NU)", 1).replace(";FA;", ";GA;")


class Pipe:
    """Answers requests until it is closed, each in a thread of its own. Refuses a name that somebody holds already."""

    def __init__(self, name: str, answer: Answer, limit: int = _BYTES) -> None:
        import win32event

        self._name, self._answer, self._limit = name, answer, limit
        self._closed = win32event.CreateEvent(None, True, False, None)
        self._thread = threading.Thread(target=self._serve, args=(self._end(first=True),), name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        import win32event

        win32event.SetEvent(self._closed)
        self._thread.join(timeout=1)

    def _end(self, *, first: bool = False) -> Any:
        """One end of the pipe, for one asker."""
        import win32pipe
        import win32security

        rights = win32security.SECURITY_ATTRIBUTES()
        rights.SECURITY_DESCRIPTOR = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
            whom_it_lets_in(own_sid()), 1
        )
        only_one, overlapped, both_ways, local_only = 0x00080000, 0x40000000, 3, 8
        return win32pipe.CreateNamedPipe(
            self._name, both_ways | overlapped | (only_one if first else 0), local_only, 255, _BYTES, _BYTES, 0, rights
        )

    def _serve(self, end: Any) -> None:
        import pywintypes
        import win32event
        import win32pipe

        while True:
            waiting = _overlapped()
            try:
                if win32pipe.ConnectNamedPipe(end, waiting) == _PENDING:
                    if win32event.WaitForMultipleObjects((self._closed, waiting.hEvent), False, _NO_END) == 0:
                        end.Close()
                        return
                elif win32event.WaitForSingleObject(self._closed, 0) == 0:
                    return
                mine, end = end, self._end()
            except pywintypes.error:
                return  # the system takes the pipe away: nobody can ask any more, the work goes on
            threading.Thread(target=self._handle, args=(mine,), name="request", daemon=True).start()

    def _handle(self, end: Any) -> None:
        import pywintypes
        import win32file
        import win32pipe

        try:
            line = read_line(end, self._limit, _ASK_MS)  # the system tells who asks only after something was read
            write(end, self._answer(_peer(end), line), _ASK_MS)
            win32file.FlushFileBuffers(end)
        except (OSError, pywintypes.error):
            pass  # whoever asked and went away hears nothing
        finally:
            win32pipe.DisconnectNamedPipe(end)
            end.Close()


def exchange(name: str, line: bytes, patience_s: float | None) -> bytes | None:
    """Say a line and hear the answer; None when nobody listens to this account, OSError when it breaks off."""
    import pywintypes
    import win32file
    import win32pipe

    read_and_write, open_existing, overlapped = 0xC0000000, 3, 0x40000000
    while True:
        try:
            end = win32file.CreateFile(name, read_and_write, 0, None, open_existing, overlapped | _IDENTIFY, None)
            break
        except pywintypes.error as failed:
            if failed.winerror in _GONE:
                return None
            if failed.winerror != _BUSY:
                raise OSError(failed.winerror, "pipe") from None
        try:
            win32pipe.WaitNamedPipe(name, _ASK_MS)
        except pywintypes.error:
            raise OSError(_BUSY, "pipe") from None
    try:
        write(end, line, _ASK_MS)
        return read_line(end, 1 << 20, _NO_END if patience_s is None else int(patience_s * 1000))
    except pywintypes.error as failed:
        raise OSError(failed.winerror, "pipe") from None
    finally:
        end.Close()


def _peer(end: Any) -> str:
    """The account at the other end, by the token the system holds of it."""
    import win32api
    import win32con
    import win32security

    win32security.ImpersonateNamedPipeClient(end)
    try:
        token = win32security.OpenThreadToken(win32api.GetCurrentThread(), win32con.TOKEN_QUERY, True)
    finally:
        win32security.RevertToSelf()
    return account_name(win32security.GetTokenInformation(token, win32security.TokenUser)[0])


def _overlapped() -> Any:
    import pywintypes
    import win32event

    made = pywintypes.OVERLAPPED()
    made.hEvent = win32event.CreateEvent(None, True, False, None)
    return made


def read_line(end: Any, limit: int, patience_ms: int) -> bytes:
    """Up to a line's end or the limit. OSError when nothing comes in time."""
    import win32file

    got = b""
    while not got.endswith(b"\n") and len(got) <= limit:
        waiting, buffer = _overlapped(), win32file.AllocateReadBuffer(_BYTES)
        win32file.ReadFile(end, buffer, waiting)
        count = _done(end, waiting, patience_ms)
        if not count:
            break
        got += bytes(buffer[:count])
    return got[:limit]


def write(end: Any, data: bytes, patience_ms: int) -> None:
    import win32file

    while data:
        waiting = _overlapped()
        win32file.WriteFile(end, data, waiting)
        data = data[_done(end, waiting, patience_ms) :]


def _done(end: Any, waiting: Any, patience_ms: int) -> int:
    """How many bytes went; whoever stalls is cut off."""
    import win32event
    import win32file

    if win32event.WaitForSingleObject(waiting.hEvent, patience_ms) != 0:
        win32file.CancelIo(end)
        win32file.GetOverlappedResult(end, waiting, True)
    return int(win32file.GetOverlappedResult(end, waiting, False))
