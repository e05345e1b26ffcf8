"""docs/troubleshooting.md, written from the table that tests/story/test_bad_input.py holds the program to.

python -m tests.write_troubleshooting            write it
python -m tests.write_troubleshooting --check    exit 1 when it says something else
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from tests.story.causes import CAUSES, SHORT_OVERLAP, Cause

FILE = Path(__file__).parents[1] / "docs" / "troubleshooting.md"
_HEAD = """\
# Troubleshooting

Written by `python -m tests.write_troubleshooting` from the table that the tests make for real, one by one: each cause
below ends `fieldgate run --once` with exactly this line, `fieldgate status` and `fieldgate doctor` say the same, and
nothing is half-written. `...` stands for what differs from machine to machine. Begin with:

```
fieldgate doctor
```

Exit status: 0 all well, 1 a problem, 2 wrong use, 3 an approval or decision is missing, 4 something cannot be reached.
What was read and not yet sent is stored safely in every one of these cases, and goes out when the cause is gone.
"""


# Lines of `doctor` that fail nothing: (what it says, what it means). tests/tasks/test_changes.py makes the first two.
NO_FAULTS = (
    (
        "...: no index of ... begins with ...: each page sorts anew (ask the DBA for one)",
        "The key of a dataset has no index, so the DMS sorts the whole table for each page. Have the DBA make one.",
    ),
    (
        "...: read by snapshot: no index of ... begins with ...",
        "No index begins with the policy's change column (or with the store column and it): all rows are compared.",
    ),
    (
        "...: changes found by ...; a change in ... alone is found by the next complete comparison",
        "The dataset joins other tables or filters by them. `fieldgate run --reconcile` compares now.",
    ),
)


def text() -> str:
    """The whole document."""
    parts = [_HEAD]
    for leg, causes in groupby(sorted((*CAUSES, SHORT_OVERLAP), key=_leg), key=lambda cause: cause.leg):
        parts.append(f"\n## {leg}: what `fieldgate doctor` shows there\n")
        parts += [_entry(cause) for cause in causes]
    parts.append("\n## Said by `fieldgate doctor`, and no fault\n")
    parts += [f"\n    {says}\n\n{means}\n" for says, means in NO_FAULTS]
    return "".join(parts)


def _leg(cause: Cause) -> int:
    from agent.tasks.doctor import LEGS

    return LEGS.index(cause.leg)


def _entry(cause: Cause) -> str:
    """A cause as it is told. What is said stands indented, so that no sign in it means anything else."""
    title = cause.title if cause.title.startswith("agent.yaml") else cause.title[0].upper() + cause.title[1:]
    return (
        f"\n### {title}\n\n"
        f"    fieldgate: {cause.says}\n"
        f"      {cause.code}   who must act: {cause.who}\n"
        f"      do: {cause.do}\n\n"
        f"Exit status {cause.exit}.\n"
    )


def main() -> int:
    if "--check" in sys.argv[1:]:
        same = FILE.is_file() and FILE.read_text("utf-8") == text()
        print("docs/troubleshooting.md is as the tests say" if same else "run: python -m tests.write_troubleshooting")
        return 0 if same else 1
    FILE.write_text(text(), "utf-8")
    print(f"{FILE.name}: {len(CAUSES)} causes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
