"""Where the ODBC driver for a demo engine is: by its registered name, else by the path of its library."""

from __future__ import annotations

import configparser
import os
from pathlib import Path

from agent.core.source import DialectName
from agent.errors import ConfigError

_NAMES: dict[DialectName, tuple[str, ...]] = {
    "postgresql": ("PostgreSQL Unicode", "PostgreSQL"),
    "mariadb": ("MariaDB Unicode", "MariaDB"),
    "sqlite": ("SQLite3",),
}
_LIBRARIES: dict[DialectName, str] = {
    "postgresql": "psqlodbcw.so",
    "mariadb": "libmaodbc.so",
    "sqlite": "libsqlite3odbc.so",
}
_PACKAGES: dict[DialectName, str] = {
    "postgresql": "odbc-postgresql",
    "mariadb": "odbc-mariadb",
    "sqlite": "libsqliteodbc",
}


def driver_for(dialect: DialectName) -> str:
    """A registered driver's name, or an absolute path (what packaging/machine.sh unpacked without root comes first)."""
    unpacked = os.environ.get("FIELDGATE_ODBC_LIBS", "")
    if unpacked and (found := _below(Path(unpacked), _LIBRARIES[dialect])):
        return found
    registered = _registered()
    for name in _NAMES[dialect]:
        if name in registered:
            return name
    for root in ("/usr/lib", "/usr/lib64", "/usr/local/lib"):
        if found := _below(Path(root), _LIBRARIES[dialect]):
            return found
    raise ConfigError(
        "demo-driver",
        f"no ODBC driver for {dialect} on this machine",
        f"install {_PACKAGES[dialect]} (Debian, Ubuntu) or run packaging/try.sh, which does it",
    )


def _registered() -> set[str]:
    places = [Path(os.environ.get("ODBCSYSINI", "/etc")) / "odbcinst.ini", Path.home() / ".odbcinst.ini"]
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        parser.read([p for p in places if p.is_file()], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return set()
    return set(parser.sections())


def _below(root: Path, library: str) -> str | None:
    for pattern in (library, f"odbc/{library}", f"*/odbc/{library}", f"*/{library}"):
        for path in sorted(root.glob(pattern)):
            return str(path.resolve())
    return None
