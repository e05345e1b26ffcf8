"""docs/broken-situations.md: what run, doctor and status said of each broken situation when a test caused it.

Each test that causes one calls `seen`, which holds the checked-in row to what was just said. To renew the rows:
`python -m tests.write_broken_situations`, which runs those tests and writes what they saw.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from tests.story.house import Ended

FILE = Path(__file__).parents[2] / "docs" / "broken-situations.md"
WRITE_TO = "FIELDGATE_SITUATIONS"  # a file of JSON lines: rows are put down there instead of being compared
HEADS = ("situation", "run --once", "doctor says", "status says")

# What differs from machine to machine and from day to day.
_DIFFERS = (
    (re.compile(r"(?<![\w:/])(?:/[\w.-]+)+/(?=[\w.-])"), ".../"),
    (re.compile(r"(127\.0\.0\.1):\d+"), r"\1:PORT"),
    (re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+Z?)?"), "DATE"),
    (re.compile(r"\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b( \d\d:\d\d)?"), "DATE"),
    (re.compile(r"\b\d\d:\d\d( UTC)?\b"), "TIME"),
    (re.compile(r"\b\d+ MB (free|left)"), r"N MB \1"),
    (re.compile(r"port \d{4,5}"), "port N"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:..."),
)


def seen(situation: str, *, ran: Ended, doctor: Ended, status: Ended, mention: str = "") -> None:
    """Hold the row of this situation to what was said. `mention`: a word of the line that doctor says without alarm."""
    ended = f"{ran.status} {ran.errors[0].code}" if ran.errors else str(ran.status)
    row = (titled(situation), ended, _doctor(doctor, mention), _status(status))
    if target := os.environ.get(WRITE_TO):
        with Path(target).open("a", encoding="utf-8") as rows:
            rows.write(json.dumps(row) + "\n")
        return
    assert markdown(row) in FILE.read_text("utf-8").splitlines(), "python -m tests.write_broken_situations renews it"


def titled(situation: str) -> str:
    return situation if situation.startswith("agent.yaml") else situation[0].upper() + situation[1:]


def markdown(row: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in row) + " |"


def _doctor(ended: Ended, mention: str) -> str:
    findings = json.loads(ended.out)["findings"]
    lines = [one for one in findings if one["verdict"] == "FAIL" or (mention and mention in one["says"])]
    return "; ".join(f"**{one['leg']}** {_same_everywhere(one['says'])}" for one in lines) or "no problem"


def _status(ended: Ended) -> str:
    """Verdict, sentence and Next of the screen; of a refusal its three lines."""
    if ended.errors:
        said = ended.errors[0]
        return f"{_same_everywhere(said.what)}. **Next:** {said.who}: {_same_everywhere(said.do)}"
    lines = ended.out.splitlines()
    legs = next(at for at, line in enumerate(lines) if line.startswith("  Database "))
    said_first = " ".join(line.strip() for line in lines[:legs])
    said_first = re.sub(r" {2,}\w{3} \d+ \w{3} \d{4} \d\d:\d\d [+-]\d\d:\d\d$", "", said_first)
    next_at = next(at for at, line in enumerate(lines) if line.startswith("Next: "))
    next_ = " ".join(line.strip() for line in lines[next_at:]).removeprefix("Next: ")
    look = _notices(lines)
    verdict, sentence = said_first.split(None, 1)
    return _same_everywhere(f"**{verdict}** {sentence.rstrip('.')}. {look}**Next:** {next_}")


def _notices(lines: list[str]) -> str:
    found: list[str] = []
    for line in lines:
        if line.startswith("  Look at    "):
            found.append(line.removeprefix("  Look at    "))
        elif found and line.startswith(" " * 13):
            found[-1] += f" {line.strip()}"
    return "".join(f"{one}. " for one in found)


def _same_everywhere(text: str) -> str:
    for pattern, instead in _DIFFERS:
        text = pattern.sub(instead, text)
    return text
