"""Holds what pytest left out (`--not-run FILE`) against allowed_skips.txt: exit 1 for anything not allowed."""

from __future__ import annotations

import json
import sys
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple


class Allowed(NamedTuple):
    name: str
    reason: str
    why: str


def read_allowed(text: str) -> list[Allowed]:
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    allowed = [Allowed(*(part.strip() for part in line.split("|"))) for line in lines]
    if any(not all(entry) for entry in allowed):
        raise ValueError("allowed_skips.txt: every line needs a name, a reason and a why")
    return allowed


def judge(skipped: list[tuple[str, str]], allowed: list[Allowed]) -> tuple[list[str], list[str]]:
    """(lines for the allowed ones, by reason), (lines for the others, one by one)."""
    fine: Counter[str] = Counter()
    wrong = []
    for name, reason in skipped:
        entry = next((a for a in allowed if fnmatchcase(name, a.name) and fnmatchcase(reason, a.reason)), None)
        if entry:
            fine[f"{reason}  ({entry.why})"] += 1
        else:
            wrong.append(f"{name}: {reason}")
    return [f"{count} x {text}" for text, count in sorted(fine.items())], wrong


def main(not_run: str) -> int:
    allowed = read_allowed((Path(__file__).parent / "allowed_skips.txt").read_text("utf-8"))
    skipped = [(str(name), str(reason)) for name, reason in json.loads(Path(not_run).read_text("utf-8"))]
    fine, wrong = judge(skipped, allowed)
    print(f"tests that did not run: {len(skipped)}")
    for line in fine:
        print(f"  allowed      {line}")
    for line in wrong:
        print(f"  NOT ALLOWED  {line}")
    if wrong:
        print("  do: make them run, or add a line with a reason to tests/allowed_skips.txt")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
