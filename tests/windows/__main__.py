"""The Windows package under Wine, from the MSI to its removal.

python -m tests.windows            the journey, printed
python -m tests.windows --write    and written into docs/windows-transcript.md

Exit 1 where anything is not as it must be, 77 where there is no Wine.
"""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.pages import NOT_HERE
from tests.windows import journey
from tests.windows.wine import ROOT, NoWineError, ready, windows

_HEAD = """\
# The Windows package under Wine

Written by `python -m tests.windows --write` on {day}, under {wine} with CPython {python} for Windows, on Debian 12.
`tests/run.sh --long` ends with it. Long answers are cut at `...`. This is not Windows: every account is the same
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.windows", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/windows-transcript.md")
    write = parser.parse_args().write
    with tempfile.TemporaryDirectory() as scratch:
        try:
            lines, python = walked(Path(scratch))
        except NoWineError as reason:
            print(f"no Wine: {reason}")
            return NOT_HERE
    text = "\n".join(lines).strip() + "\n"
    print(text)
    if write:
        wine = subprocess.run(["wine", "--version"], capture_output=True, text=True, check=True).stdout.split()[0]
        head = _HEAD.format(day=f"{dt.datetime.now(dt.UTC):%d %b %Y}", wine=wine, python=python)
        (ROOT / "docs" / "windows-transcript.md").write_text(head + text + "```\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
