"""`python -m tests.booted [--write]`: the journey, printed, and with --write also into docs/systemd-transcript.md."""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from pathlib import Path

from tests.booted import journey
from tests.booted.machine import base, booted

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "booted"
_HEAD = """\
# On a booted systemd

Written by `python -m tests.booted --write` on {day}: a Debian 12 booted by systemd-nspawn, with a private network that
has nothing but its loopback, so no registry and no mirror was to be had. `tests/run.sh --long` walks the same way. Long
answers are cut at `...`. systemd there was {systemd}. Such a machine does not enforce MemoryMax.

```text
"""


def main(write: str = "") -> None:
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
            walked = journey.walk(machine)
    text = "\n".join(walked.lines).strip() + "\n"
    print(text)
    if write == "--write":
        head = _HEAD.format(day=f"{dt.datetime.now(dt.UTC):%d %b %Y}", systemd=systemd)
        (ROOT / "docs" / "systemd-transcript.md").write_text(head + text + "```\n", "utf-8")
    if walked.too_much:
        sys.exit("; ".join(walked.too_much))


if __name__ == "__main__":
    main(*sys.argv[1:])
