"""`python -m tests.windows [--write]`: the journey, printed, and with --write also into docs/windows-transcript.md."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.windows import journey
from tests.windows.wine import ROOT, ready, windows

_HEAD = """\
# The Windows package under Wine

Written by `python -m tests.windows --write` on {day}, under {wine} with CPython {python} for Windows, on Debian 12.
`tests/run.sh --long` walks the same way. Long answers are cut at `...`. This is not Windows: every account is the same
one there, file lists are kept as Linux's modes, ODBC is Linux's, nothing watches the service, and a stand-in library
(never shipped) gives random bytes. What was not tried at all: [windows.md](windows.md).

```text
"""


def walked(scratch: Path) -> tuple[list[str], str]:
    """The whole of it: (lines of the transcript, version of Python there)."""
    ready()
    out = scratch / "out"
    out.mkdir()
    journey.build(out)
    with journey.world(scratch) as engine, windows(scratch) as machine:
        journey.officers(engine, scratch / "officers")
        journey.furnish(machine, out, scratch)
        python = machine.run(r"Z:" + str(ROOT / ".cache/windows/python/python.exe") + " --version").split()[1]
        return journey.walk(machine, engine, scratch).lines, python


def main(write: str = "") -> None:
    with tempfile.TemporaryDirectory() as scratch:
        lines, python = walked(Path(scratch))
    text = "\n".join(lines).strip() + "\n"
    print(text)
    if write == "--write":
        wine = subprocess.run(["wine", "--version"], capture_output=True, text=True, check=True).stdout.split()[0]
        head = _HEAD.format(day=f"{dt.datetime.now(dt.UTC):%d %b %Y}", wine=wine, python=python)
        (ROOT / "docs" / "windows-transcript.md").write_text(head + text + "```\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
