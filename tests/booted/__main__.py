"""The package on a really booted systemd, from install to removal: nothing of it is pretended.

python -m tests.booted            the journey, printed
python -m tests.booted --write    and written into docs/systemd-transcript.md

Exit 1 where anything is not as it must be, 77 where no machine can be booted here.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from pathlib import Path

from tests.booted import journey
from tests.booted.machine import CannotBootError, base, booted
from tests.pages import NOT_HERE

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "booted"
_HEAD = """\
# On a booted systemd

Written by `python -m tests.booted --write` on {day}: a Debian 12 booted by systemd-nspawn, with a private network that
has nothing but its loopback, so no registry and no mirror was to be had. `tests/run.sh --long` ends with it. Long
answers are cut at `...`. systemd there was {systemd}. Such a machine does not enforce MemoryMax.

```text
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.booted", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/systemd-transcript.md")
    write = parser.parse_args().write
    try:
        walked, systemd = _walked()
    except CannotBootError as reason:
        print(f"no machine can be booted here: {reason}")
        return NOT_HERE
    text = "\n".join(walked.lines).strip() + "\n"
    print(text)
    if write:
        head = _HEAD.format(day=f"{dt.datetime.now(dt.UTC):%d %b %Y}", systemd=systemd)
        (ROOT / "docs" / "systemd-transcript.md").write_text(head + text + "```\n", "utf-8")
    print("; ".join(walked.too_much))
    return int(bool(walked.too_much))


def _walked() -> tuple[journey.Transcript, str]:
    """The journey, and the version of systemd there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    packed = base(CACHE)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        out = folder / "out"
        out.mkdir()
        journey.build(out)
        with booted(packed, folder) as machine:
            systemd = machine.run("systemctl --version").split()[1]
            journey.furnish(machine, out, folder)
            return journey.walk(machine), systemd


if __name__ == "__main__":
    sys.exit(main())
