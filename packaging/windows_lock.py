"""What a lock file says for Windows: pip on Linux would judge the markers by the machine it runs on.

windows_lock.py LOCK                      its lines for CPython 3.13 on 64-bit Windows
windows_lock.py --unpack FOLDER TARGET    put the wheels of a folder where Python imports from
"""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from pathlib import Path

from pip._vendor.packaging.markers import Marker

WINDOWS = {
    "sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64",
    "python_version": "3.13", "python_full_version": "3.13.1", "implementation_name": "cpython",
    "platform_python_implementation": "CPython", "extra": "",
}  # fmt: skip
# What checks, builds or serves on Linux only.
_NOT_THERE = frozenset({"mypy", "ruff", "import-linter", "grimp", "hatchling", "editables", "pytest-xdist", "execnet"})
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)([^;\\]*?)\s*(?:;\s*(.*?))?\s*(\\?)")


def for_windows(text: str) -> str:
    lines, wanted = [], True
    for line in text.splitlines():
        found = _REQUIREMENT.fullmatch(line) if line and not line.startswith((" ", "#")) else None
        if found:
            name, version, marker, more = found.groups()
            wanted = name not in _NOT_THERE and (not marker or Marker(marker).evaluate(WINDOWS))
            line = f"{name}{version} {more}".rstrip()  # noqa: PLW2901
        if wanted:
            lines.append(line)
    return "\n".join(lines)


def unpack(folder: Path, target: Path) -> None:
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
    for data in target.glob("*.data"):
        for part in ("platlib", "purelib"):
            if (data / part).is_dir():
                shutil.copytree(data / part, target, dirs_exist_ok=True)
        shutil.rmtree(data)


if __name__ == "__main__":
    if sys.argv[1] == "--unpack":
        unpack(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        print(for_windows(Path(sys.argv[1]).read_text("utf-8")))  # noqa: T201
