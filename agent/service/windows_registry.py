"""What the service leaves in Windows' registry: the Event Log's source and the command's folder on the PATH."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

_LOG_KEY = "SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\"
_PATH_KEY = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment"


def add_event_source(name: str) -> None:
    """Texts come from EventCreate.exe, which every Windows has: no library of ours in the Event Log's process."""
    if sys.platform == "win32":
        import winreg

        with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, _LOG_KEY + name) as key:
            texts = r"%SystemRoot%\System32\EventCreate.exe"
            winreg.SetValueEx(key, "EventMessageFile", 0, winreg.REG_EXPAND_SZ, texts)
            winreg.SetValueEx(key, "TypesSupported", 0, winreg.REG_DWORD, 7)


def remove_event_source(name: str) -> None:
    if sys.platform == "win32":
        import winreg

        with contextlib.suppress(OSError):
            winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, _LOG_KEY + name)


def on_path(folder: Path, *, wanted: bool) -> None:
    """A folder in the machine's PATH, once or not at all; a new console knows it."""
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _PATH_KEY, 0, winreg.KEY_READ | winreg.KEY_WRITE) as key:
            try:
                text, kind = winreg.QueryValueEx(key, "Path")
            except OSError:
                text, kind = "", winreg.REG_EXPAND_SZ
            winreg.SetValueEx(key, "Path", 0, kind, path_with(str(text), str(folder), wanted=wanted))


def path_with(path: str, folder: str, *, wanted: bool) -> str:
    kept = [one for one in path.split(";") if one and one.lower() != folder.lower()]
    return ";".join([*kept, folder] if wanted else kept)
