"""The preload shim from Python's side: compile it, say what shall happen, read what did."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
FAULTS = {"none": 0, "failed": 1, "happened": 2, "killed before": 3, "killed after": 4, "disk full": 5}
_HEADER = struct.Struct("<IIIIIii4xqqcccb4x")
_MAGIC = 0x46474F50
_FRAME = re.compile(r'File "[^"]*/agent/([^"]+)", line (\d+) in (\S+)')


def compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")


@cache
def library() -> Path:
    """The compiled shim, once per source and machine account."""
    found = compiler()
    assert found, "no C compiler"
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    made = Path(tempfile.gettempdir()) / f"fieldgate-shim-{os.getuid()}-{digest}" / "shim.so"
    if not made.exists():
        made.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=made.parent) as name:  # several may compile at once
            fresh = Path(name) / "shim.so"
            subprocess.run(
                [found, "-std=gnu11", "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-fvisibility=hidden",
                 "-o", str(fresh), str(SOURCE)], check=True,
            )  # fmt: skip
            fresh.replace(made)
    return made


@dataclass(frozen=True)
class Plan:
    """`class_`: f = the agent's folder, s = its fsyncs only, n = sockets, p = pipes to the reader, d = the DMS file.
    `role`: a = the agent, r = its reader child. `at` counts from 1 within the class; 0 lets nothing fail."""

    class_: str = "f"
    at: int = 0
    fault: str = "none"
    role: str = "a"
    record: bool = False
    stacks_of: int = 0  # where operations come from: 1 of fsyncs, 2 of all; of the one that fails always

    def text(self, root: Path, dms: Path, log: Path, stacks: Path, reader: Path) -> str:
        said = {
            "root": root, "dms": dms, "log": log, "stacks": stacks, "shim": library(), "role": self.role,
            "class": self.class_, "at": self.at, "fault": FAULTS[self.fault], "record": int(self.record),
            "each": self.stacks_of, "reader": reader,
        }  # fmt: skip
        return ";".join(f"{key}={value}" for key, value in said.items())


@dataclass(frozen=True, repr=False)
class Op:
    """One operation as it was done: kind w write, c create, t truncate, s sync, r rename, l link, u unlink, k mkdir,
    h connect, i read, o open."""

    role: str
    class_: str
    n: int
    kind: str
    fired: bool
    path: str
    other: str
    offset: int
    size: int
    result: int
    err: int
    data: bytes

    def __repr__(self) -> str:
        fired = "!" if self.fired else ""
        return f"{fired}{self.role}{self.class_}{self.n} {self.kind} {self.path.rpartition('/')[2]} {self.result}"


def read_log(path: Path) -> list[Op]:
    data, at, found = path.read_bytes() if path.exists() else b"", 0, []
    while at + _HEADER.size <= len(data):
        magic, n, p, q, d, result, err, offset, size, role, class_, kind, fired = _HEADER.unpack_from(data, at)
        assert magic == _MAGIC, f"the log is torn at {at}"
        at += _HEADER.size
        name, other, body = data[at : at + p], data[at + p : at + p + q], data[at + p + q : at + p + q + d]
        at += p + q + d
        found.append(
            Op(role.decode(), class_.decode(), n, kind.decode(), bool(fired), os.fsdecode(name), os.fsdecode(other),
               offset, size, result, err, body)
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class Place:
    """Where in the product an operation came from: functions of `agent`, innermost first."""

    class_: str
    n: int
    kind: str
    fired: bool
    path: str
    frames: tuple[str, ...] = field(default=())


def read_stacks(path: Path) -> list[Place]:
    found = []
    text = path.read_text("utf-8", "replace") if path.exists() else ""
    for part in re.split(r"(?m)^== ", text)[1:]:
        head, _, rest = part.partition("\n")
        class_, n, kind, fired, name = head.split(" ", 4)
        frames = tuple(f"{file}:{function}:{line}" for file, line, function in _FRAME.findall(rest))
        found.append(Place(class_, int(n), kind, fired == "1", name, frames))
    return found
