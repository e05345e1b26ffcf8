"""A problem in a person's file: what is wrong, where, and what would be right. Codes are stable; each has a long story.

Problems quote the file they are about, never data from a DMS. Whatever a file says is foreign text: it is escaped
before it reaches a screen, a log line or a build server's annotation.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, Literal

from agent.core.policy.codes import CODES
from agent.core.text import shown

Severity = Literal["error", "warning"]
WIDTH = 80
MOST_PROBLEMS = 100  # a hostile file earns a hundred sentences, not a hundred thousand


@dataclass(frozen=True, slots=True)
class Related:
    """Another place of the same file that explains the problem."""

    line: int
    column: int
    length: int
    label: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. Lines and columns count from 1, in characters."""

    code: str
    message: str
    file: str
    line: int
    column: int
    length: int
    help: str
    label: str = ""  # stands beside the underline
    related: tuple[Related, ...] = ()
    severity: Severity = "error"

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"{self.code} is not in the list of codes")


def in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """By place, once each, and not more than a person will read."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda p: (p.line, p.column, p.code))[:MOST_PROBLEMS])


def errors_in(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(p for p in problems if p.severity == "error")


def explain(code: str) -> str | None:
    """The long story of a code, for `policy check --explain`; None for a code we never had."""
    entry = CODES.get(code.upper())
    return None if entry is None else f"{code.upper()}: {entry.title}\n\n{entry.story}"


def render(problem: Problem, source_text: str) -> str:
    """The problem as a person reads it: code, place, the lines themselves underlined, and the way out."""
    lines = source_text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    marks = sorted([*problem.related, _mark(problem)], key=lambda m: (m.line, m.column))
    gutter = len(str(max(m.line for m in marks)))
    out = [
        *_wrapped(f"{problem.severity}[{problem.code}]: ", problem.message),
        f"{' ' * gutter}--> {shown(problem.file)}:{problem.line}:{problem.column}",
        f"{' ' * gutter} |",
    ]
    for mark in marks:
        sign = "^" if mark == _mark(problem) else "-"
        out += _quoted(lines[mark.line - 1] if mark.line <= len(lines) else "", mark, sign, gutter)
    out += _wrapped(f"{' ' * gutter} = help: ", problem.help)
    return "\n".join(out)


def _wrapped(head: str, text: str) -> list[str]:
    lines = textwrap.wrap(shown(text, 600), WIDTH - len(head)) or [""]
    return [head + lines[0], *(" " * len(head) + line for line in lines[1:])]


def _mark(problem: Problem) -> Related:
    return Related(problem.line, problem.column, problem.length, problem.label)


def _quoted(line: str, mark: Related, sign: str, gutter: int) -> list[str]:
    """The source line and its underline, cut to the window around the mark that a terminal can show."""
    before, marked, after = _cut(line, mark)
    # Escaping widens text: measure what will be shown, not what stands in the file.
    before, marked, after = shown(before, 4000), shown(marked, 60), shown(after, 4000)
    label = f" {shown(mark.label)}" if mark.label else ""
    room = WIDTH - gutter - 3
    keep = max(room - len(marked) - max(len(label), 12), 8)
    if len(before) > keep:
        before = "..." + before[len(before) - keep + 3 :]
    rest = max(room - len(before) - len(marked), 0)
    if len(after) > rest:
        after = after[: rest - 3] + "..." if rest > 3 else ""
    under = sign * max(len(marked), 1)
    return [
        f"{mark.line:>{gutter}} | {before}{marked}{after}".rstrip(),
        f"{' ' * gutter} | {' ' * len(before)}{under}{label}",
    ]


def _cut(line: str, mark: Related) -> tuple[str, str, str]:
    start = mark.column - 1
    end = start + max(mark.length, 1)
    return line[:start], line[start:end], line[end:]


def as_json(problem: Problem) -> dict[str, Any]:
    """Plain values for `--format json`."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "length": problem.length,
        "help": problem.help,
        "related": [
            {"line": r.line, "column": r.column, "length": r.length, "label": r.label} for r in problem.related
        ],
    }


def as_github(problem: Problem) -> str:
    """One workflow command; its own separators inside foreign text are escaped, so a file cannot forge a second one."""
    place = (
        f"file={_property(problem.file)},line={problem.line},col={problem.column},"
        f"endColumn={problem.column + max(problem.length, 1)},title={problem.code}"
    )
    return f"::{problem.severity} {place}::{_data(f'{problem.message}. help: {problem.help}')}"


def _data(text: str) -> str:
    return shown(text, 800).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
