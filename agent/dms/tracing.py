"""Is ODBC tracing on? A trace file holds every value that was read, so nothing is read while it could be written."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ON = ("1", "y", "yes", "on", "true")


def tracing_on() -> bool:
    """As far as this process can see: the driver manager's ini files, and the registry on Windows."""
    return _registry_says() or any(_file_says(path) for path in _ini_files())


def _ini_files() -> list[Path]:
    name = Path(os.environ.get("ODBCINSTINI", "odbcinst.ini"))
    folder = Path(os.environ.get("ODBCSYSINI", "/etc"))
    return [folder / name, Path("~/.odbcinst.ini").expanduser()]


def _file_says(path: Path) -> bool:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    section = ""
    for line in lines:
        text = line.split(";")[0].split("#")[0].strip()
        if text.startswith("["):
            section = text.strip("[] ").lower()
        key, _, value = text.partition("=")
        if section == "odbc" and key.strip().lower() == "trace" and value.strip().lower() in _ON:
            return True
    return False


def _registry_says() -> bool:
    if sys.platform == "win32":
        import winreg

        for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            try:
                with winreg.OpenKey(root, r"Software\ODBC\ODBC.INI\ODBC") as key:
                    value, _ = winreg.QueryValueEx(key, "Trace")
            except OSError:
                continue
            if str(value).strip().lower() in _ON:
                return True
    return False
