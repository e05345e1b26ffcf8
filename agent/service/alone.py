"""The reader child connects to the source and to nothing else: the interpreter refuses every other way out.

An audit hook, which nothing in the process can take away again. It sees what Python opens; a driver written in C it
does not see, and such a driver is told one place, by agent.yaml. Nothing here starts a program either.
"""

from __future__ import annotations

import socket
import sys

from agent.core.source import SourceSettings
from agent.errors import SourceError

_STARTS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"})
_REACHES = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_ASKS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_WATCHED = _STARTS | _REACHES | _ASKS | {"socket.bind"}


class Alone:
    """`source`: whose server may be reached; None: nobody."""

    def __init__(self) -> None:
        self.source: SourceSettings | None = None
        sys.addaudithook(self._watch)

    def _watch(self, event: str, args: tuple[object, ...]) -> None:
        if event in _WATCHED and not self._allowed(event, args):
            raise SourceError(
                "FG-S26",
                f"something in the reader process tried to go elsewhere than to the source ({event})",
                "nothing of that page was stored; see what is installed beside the agent, and tell security",
            )

    def _allowed(self, event: str, args: tuple[object, ...]) -> bool:
        source = self.source
        if source is None or not source.server or event not in _REACHES | _ASKS:
            return False
        if event in _ASKS:
            return args[0] == source.server
        return self._is_source(source, args[1])

    def _is_source(self, source: SourceSettings, address: object) -> bool:
        if isinstance(address, str):  # a Unix socket in the server's folder
            return source.server.startswith("/") and address.startswith(f"{source.server}/")
        if not isinstance(address, tuple):
            return False
        known = socket.getaddrinfo(source.server, None, type=socket.SOCK_STREAM)
        return address[0] in {place[4][0] for place in known} and (not source.port or address[1] == source.port)
