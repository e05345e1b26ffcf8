"""Who a SQL Server sees when no `user:` is given and the service runs on Windows: never the person who types."""

from __future__ import annotations

import socket
import sys

from agent.core.source import SourceSettings

_HERE = (".", "(local)", "localhost", "127.0.0.1", "::1")


def account_seen(source: SourceSettings, computer: str) -> str:
    """The account SQL Server must know: the service's own on the same machine, over the network the computer's."""
    machine = source.server.removeprefix("tcp:").partition("\\")[0].partition(",")[0].lower()
    name = computer.partition(".")[0].upper()[:15]
    if machine in _HERE or machine.partition(".")[0].upper() == name:
        return r"NT SERVICE\fieldgate"
    return rf"YOURDOMAIN\{name}$"


def explained(source: SourceSettings) -> list[str]:
    """What `setup` and `doctor` say of a Windows sign-in, in lines; nothing where there is none."""
    on_windows = sys.platform == "win32"
    return explanation(account_seen(source, socket.gethostname())) if on_windows and signs_in(source) else []


def signs_in(source: SourceSettings) -> bool:
    return source.dialect == "sqlserver" and not source.user


def explanation(account: str) -> list[str]:
    return [
        f"Windows sign-in: SQL Server sees the service as {account}, not as whoever types this",
        f"the DBA lets it in once: CREATE LOGIN [{account}] FROM WINDOWS",
    ]
