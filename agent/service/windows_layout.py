"""Where things stand on Windows: what changes under ProgramData, programs under Program Files, side by side."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """Configuration, keys, state and logs."""
    return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "fieldgate"


def config_file() -> Path:
    return home() / "agent.yaml"


def programs() -> Path:
    return Path(os.environ.get("PROGRAMFILES", r"C:\Program Files")) / "fieldgate"


def versions() -> Path:
    return programs() / "versions"


def command_folder() -> Path:
    """On the PATH of the machine; holds one small file that names the version in use."""
    return programs() / "bin"
