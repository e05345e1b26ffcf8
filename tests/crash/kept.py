"""What a run of the whole set has found so far: a file of lines, so that a run that was stopped goes on where it was.
Only with the same code: the file is named by the digest of the product and of these tests."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.cells import Cell
from tests.crash.storm import Storm
from tests.crash.sweep import Extent

ROOT = Path(__file__).parents[2]
_NO_CELL_ASKS = {  # which cells there are, where they are kept and how they are told; not what one does
    f"tests/crash/{n}.py" for n in ("suite", "report", "kept", "__main__", "conftest", "test_crash", "test_shim")
}
_CODE = ("agent", "tests/crash", "tests/story/world.py", "tests/receiver/test_crash.py")


def code_digest() -> str:
    """Of every file that decides what a cell does."""
    made = hashlib.sha256()
    for name in _CODE:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            said = file.relative_to(ROOT).as_posix()
            if file.is_file() and "__pycache__" not in file.parts and said not in _NO_CELL_ASKS:
                made.update(f"{said}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return made.hexdigest()[:16]


@dataclass
class Kept:
    """`cells` by the name of their task; `whole`: tasks that saw their end, and how far that was."""

    file: Path
    cells: dict[str, list[Cell]] = field(default_factory=dict)
    whole: dict[str, Extent] = field(default_factory=dict)
    storms: dict[int, Storm] = field(default_factory=dict)
    sittings: list[float] = field(default_factory=list)  # seconds of each

    def __post_init__(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        for line in self.file.read_text("utf-8").splitlines() if self.file.exists() else ():
            self._take(json.loads(line))
        self._began, self._lock = time.monotonic(), threading.Lock()
        self.sittings.append(0)

    def _take(self, line: dict[str, object]) -> None:
        value, task = line["value"], str(line["task"])
        assert isinstance(value, dict)
        if line["what"] == "cell":
            self.cells.setdefault(task, []).append(Cell(**value))
        elif line["what"] == "whole":
            self.whole[task] = Extent(**value)
        else:
            self.storms[int(task)] = Storm(**value | {"modes": Counter(value["modes"])})
        sitting, took_s = int(str(line["sitting"])), float(str(line["took_s"]))
        self.sittings += [0] * (sitting - len(self.sittings))
        self.sittings[sitting - 1] = took_s

    def add(self, what: str, task: str, value: Cell | Extent | Storm) -> None:
        with self._lock, self.file.open("a", encoding="utf-8") as out:
            self.sittings[-1] = took_s = time.monotonic() - self._began
            if isinstance(value, Cell):
                self.cells.setdefault(task, []).append(value)
            elif isinstance(value, Extent):
                self.whole[task] = value
            else:
                self.storms[int(task)] = value
            line = {"what": what, "task": task, "sitting": len(self.sittings), "took_s": round(took_s, 1)}
            out.write(json.dumps(line | {"value": vars(value)}) + "\n")

    def done(self, task: str) -> set[str]:
        return {cell.spec for cell in self.cells.get(task, ())}
