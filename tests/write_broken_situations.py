"""docs/broken-situations.md, written by the tests that cause each situation: they run, and what they saw is put down.

python -m tests.write_broken_situations            all of them, in about ten minutes of a calm machine
python -m tests.write_broken_situations -k paused  some: the other rows stay as they are
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.story.situations import FILE, HEADS, WRITE_TO, markdown

TESTS = ("tests/story/test_bad_input.py", "tests/story/test_bad_input_apart.py", "tests/story/test_situations.py")
_LEFT_OUT = (
    "--deselect",
    "tests/story/test_situations.py::test_every_row_is_there_once",
)  # it reads what is written here
_HEAD = """\
# Broken situations, and what is said of each

Written by `python -m tests.write_broken_situations`. Each situation is caused for real in a test, on a house that works
without it; the row is what `fieldgate run --once` ended with, and what `fieldgate doctor` and `fieldgate status` said
then. The same tests hold each row to what they see. Paths, ports, dates and times are left out, as they differ. What to
do about each: [troubleshooting.md](troubleshooting.md).

A state folder on a network drive is refused by the type of its file system: tested over texts of the kernel, as
no such drive can be had in a test. Exit codes: 0 ok, 1 a problem, 2 wrong use, 3 an approval or decision is missing,
4 out of reach.

"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "rows"
        target.touch()
        command = [sys.executable, "-m", "pytest", "-q", "--long", *TESTS, *_LEFT_OUT, *sys.argv[1:]]
        status = subprocess.run(command, env=os.environ | {WRITE_TO: str(target)}, check=False).returncode
        fresh = {row[0]: markdown(row) for row in map(json.loads, target.read_text("utf-8").splitlines())}
    rows = _rows() | fresh if sys.argv[1:] or status else fresh
    head = f"| {' | '.join(HEADS)} |\n|---|---|---|---|\n"
    FILE.write_text(_HEAD + head + "\n".join(rows[name] for name in sorted(rows)) + "\n", "utf-8")
    print(f"{FILE.name}: {len(rows)} situations")
    return status


def _rows() -> dict[str, str]:
    lines = FILE.read_text("utf-8").splitlines() if FILE.exists() else []
    found = (line for line in lines if line.startswith("| ") and line != markdown(HEADS))
    return {line.split(" | ")[0].removeprefix("| "): line for line in found}


if __name__ == "__main__":
    sys.exit(main())
