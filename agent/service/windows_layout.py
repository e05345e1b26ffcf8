"""Where things stand on Windows: what changes under ProgramData, programs under Program Files, version beside version.
The system is asked for both folders; an environment variable could be anybody's.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_COMMON_DATA, _PROGRAM_FILES = 0x23, 0x26  # CSIDL numbers
_LONGEST = 260


def home() -> Path:
    """Configuration, keys, state and logs."""
    return _folder(_COMMON_DATA, "PROGRAMDATA") / "fieldgate"


def config_file() -> Path:
    return home() / "agent.yaml"


def programs() -> Path:
    return _folder(_PROGRAM_FILES, "PROGRAMFILES") / "fieldgate"


def versions() -> Path:
    return programs() / "versions"


def command_folder() -> Path:
    """On the PATH of the machine; holds one small file that names the version in use."""
    return programs() / "bin"


def _folder(number: int, variable: str) -> Path:
    if sys.platform == "win32":
        found = ctypes.create_unicode_buffer(_LONGEST)
        if ctypes.windll.shell32.SHGetFolderPathW(None, number, None, 0, found) == 0:
            return Path(found.value)
    return Path(os.environ.get(variable, "C:/" + variable))  # elsewhere for tests only
