"""Make the dated pages of docs/ anew, each by its own command: the last part of `tests/run.sh --long`.

python -m tests.pages                        all of them: some hours of a calm machine
python -m tests.pages storms performance     these

What a command says goes to .cache/log/page-NAME.log. A command that fails makes the whole fail, and the others still
run. What this machine cannot do (no Wine, nothing that boots) is listed last: its page stays as it was.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_HERE = 77  # what a command ends with where this machine cannot do it; the reason is its last line

# In this order: what is over soon, first; what measures, last and alone.
PAGES: dict[str, tuple[str, ...]] = {
    "classifier": ("tests.measure_names",),
    "screening": ("tests.measure_screen",),
    "privileges": ("tests.measure_privileges",),
    "statements": ("tests.measure_statements --tests .cache/statements",),
    "broken-situations": ("tests.write_broken_situations",),
    "systemd-transcript": ("tests.booted --write",),
    "windows-transcript": ("tests.windows --write",),
    "storms": ("tests.storm --into .cache/storms", "tests.storm --write --into .cache/storms"),
    "mutants": ("tests.mutants --write",),
    "reliability": ("tests.crash --write",),
    "performance": ("tests.benchmarks --full --minutes 60",),
}


def main(names: list[str], pages: Mapping[str, tuple[str, ...]] = PAGES, root: Path = ROOT) -> int:
    unknown = sorted(set(names) - set(pages))
    if unknown:
        print(f"no such page: {', '.join(unknown)}; there are: {', '.join(pages)}", file=sys.stderr)
        return 2
    failed, not_here = [], []
    for name in names or pages:
        began = time.monotonic()
        status, said = made(pages[name], root, root / ".cache" / "log" / f"page-{name}.log")
        last = said[-1] if said else ""
        if status == NOT_HERE:
            not_here.append(f"docs/{name}.md: {last}")
        elif status:
            failed.append(name)
            print("\n".join(said[-25:]), file=sys.stderr)
        outcome = {0: "", NOT_HERE: "  not here"}.get(status, "  FAILED")
        print(f"  {f'docs/{name}.md':<58} {time.monotonic() - began:4.0f} s{outcome}", flush=True)
    for line in not_here:
        print(f"  not made on this machine: {line}")
    if failed:
        print(f"FAILED: pages ({', '.join(failed)})", file=sys.stderr)
    return 1 if failed else 0


def made(commands: tuple[str, ...], root: Path, log: Path) -> tuple[int, list[str]]:
    """The first status that is not 0, and the lines that were said until then."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        for command in commands:
            run = [sys.executable, "-m", *command.split()]
            done = subprocess.run(run, cwd=root, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
            if done.returncode:
                break
    return done.returncode, log.read_text("utf-8", "replace").splitlines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
