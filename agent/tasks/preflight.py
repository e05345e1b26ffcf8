"""Before anything is installed: can this machine run fieldgate? Looks only; makes, opens and asks nothing."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from agent.core.text import shown
from agent.dms.odbc import drivers_of_32_bit, installed_drivers, only_32_bit
from agent.dms.tracing import tracing_on
from agent.errors import FieldgateError
from agent.tasks.findings import MB, Finding, failed
from agent.tasks.system_proxy import winhttp_proxy

LEGS = ("Machine", "ODBC", "Service")
_DISK_MB = 1024
_MEMORY_MB = 512
_GLIBC = (2, 36)


def look(folder: Path, driver: str = "") -> Iterator[Finding]:
    """What `preflight` prints. State will stand in `folder`; `driver` is the DMS's, if its name is known."""
    yield from _machine(folder)
    yield from _odbc(driver)
    yield from _service()


def _machine(folder: Path) -> Iterator[Finding]:
    bits = struct.calcsize("P") * 8
    yield _line("Machine", bits == 64, f"{platform.system()} {platform.machine()}, {bits} bit", "use a 64-bit system")
    libc, version = platform.libc_ver()
    if libc == "glibc":
        new = tuple(int(part) for part in version.split(".")[:2]) >= _GLIBC
        yield _line(
            "Machine", new, f"glibc {version}", "the package needs glibc 2.36: Debian 12, Ubuntu 24.04 or newer"
        )
    place = next((one for one in (folder.absolute(), *folder.absolute().parents) if one.is_dir()), Path())
    free = shutil.disk_usage(place).free // MB
    yield _line(
        "Machine", free >= _DISK_MB, f"{free:,} MB free where state will stand", "free 1 GB, or name a --folder"
    )
    if (memory := _memory_mb()) is not None:
        yield _line("Machine", memory >= _MEMORY_MB, f"{memory:,} MB memory to be had", "free 512 MB")
    yield Finding("Machine", "ok", f"SQLite {sqlite3.sqlite_version}, Python {platform.python_version()}, both our own")
    if system := winhttp_proxy():
        told = f"Windows has the proxy {shown(system)} for services (WinHTTP)"
        yield Finding("Machine", "ok", f"{told}; fieldgate takes the one that agent.yaml names")


def _memory_mb() -> int | None:
    if sys.platform == "win32":
        return None  # not looked at there
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MB
    except (ValueError, OSError):
        return None


def _odbc(driver: str) -> Iterator[Finding]:
    try:
        drivers = installed_drivers()
        useless = drivers_of_32_bit()
        traced = tracing_on()
    except FieldgateError as error:
        yield failed("ODBC", error)
        return
    yield _line(
        "ODBC", bool(drivers), "drivers: " + (", ".join(shown(one) for one in drivers) or "none"),
        "install the ODBC driver that belongs to the DMS's database",
    )  # fmt: skip
    if useless:
        told = f"of 32 bit and of no use here: {', '.join(shown(one) for one in useless)}"
        yield Finding("ODBC", "ok", told + "; the vendor's 64-bit driver may stand beside it")
    if driver in useless:
        yield _line("ODBC", driver not in useless, *only_32_bit(driver))
    elif driver:
        said = f"`{shown(driver)}` is {'here' if driver in drivers else 'not here'}"
        yield _line("ODBC", driver in drivers, said, "install it, or name one of those above")
    yield _line("ODBC", not traced, "tracing is " + ("on" if traced else "off"), "set Trace=No in odbcinst.ini")


def _service() -> Iterator[Finding]:
    if sys.platform == "linux":
        booted = Path("/run/systemd/system").is_dir()
        said = "systemd runs this machine" if booted else "systemd does not run this machine"
        yield _line("Service", booted, said, "without it, start `fieldgate run` by whatever starts services here")
    elif sys.platform == "win32":
        yield Finding("Service", "ok", "Windows' service manager; `fieldgate service install` takes an administrator")
    else:
        yield Finding("Service", "-", "not looked at on this system")


def _line(leg: str, good: bool, says: str, do: str) -> Finding:
    return Finding(
        leg, "ok" if good else "FAIL", says, "" if good else do, "" if good else "FG-P00", exit_status=int(not good)
    )
