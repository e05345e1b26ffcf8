"""The one place that prints: 80 columns, ASCII where the terminal can do no better, foreign text escaped."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from typing import Any, NoReturn

from agent.errors import FieldgateError

_COMMAND = re.compile(
    r"fieldgate (?:(?:policy|officers|decide|keys|batch|audit|choices|person|incident|service|request|receiver) )?"
    r"[a-z-]+"
    r"(?: (?:--[a-z-]+(?: [0-9a-f]{16})?|[A-Z][A-Z0-9]+|[\w-]+\.(?:json|yaml|html)))*"
)
_GLYPHS = {"ok": ("✓", "ok"), "fail": ("✗", "FAIL"), "dot": ("·", "-"), "arrow": ("→", "->")}


def glyph(name: str) -> str:
    """A sign, or its ASCII form where the terminal's encoding lacks it (a cp1252 console raises on a check mark)."""
    fancy, plain = _GLYPHS[name]
    try:
        fancy.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return plain
    return fancy


def spelled(text: str) -> str:
    """In the characters this terminal can show; others become escapes instead of a crash. Before wrapping, because an
    escape is longer than what it stands for."""
    encoding = sys.stdout.encoding or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def wrapped(text: str, width: int = 80, first: str = "", then: str = "  ") -> list[str]:
    """Lines of at most this width, in this terminal's characters. What somebody will copy stays in one piece: a path,
    and a command of ours with its options."""
    room = width - max(len(first), len(then))
    glued = _COMMAND.sub(lambda m: m[0].replace(" ", "\0") if len(m[0]) <= room else m[0], spelled(text))
    lines = textwrap.wrap(
        glued, width, initial_indent=first, subsequent_indent=then, break_on_hyphens=False, break_long_words=False
    )
    return [line.replace("\0", " ") for line in lines]


def tell(text: str) -> None:
    """A sentence to standard output, on as many lines as it takes."""
    for line in wrapped(text):
        say(line)


def say(text: str = "") -> None:
    """One line to standard output."""
    print(spelled(text))


def many(count: int | str, what: str) -> str:
    """1 row, 2 rows."""
    return f"{int(count):,} {what}{'' if int(count) == 1 else 's'}"


def say_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=True, sort_keys=True, default=str))


def fail(error: FieldgateError, *, as_json: bool = False) -> NoReturn:
    """Print the error as its user must read it, and exit with its status."""
    if as_json:
        say_json({"error": error_json(error)})
    else:
        complain(error)
    raise SystemExit(error.exit_status)


def complain(error: FieldgateError) -> None:
    """An error, to standard error: what, who must act, what to do. A person's screen gets 80 columns; a log file gets
    three lines, and a command is never broken."""
    encoding = sys.stderr.encoding or "ascii"
    what, do = f"fieldgate: {error.what}", f"  do: {error.advice}"
    if sys.stderr.isatty():
        what, do = "\n".join(wrapped(what)), "\n".join(wrapped(do.strip(), first="  ", then="      "))
    text = f"{what}\n  {error.code}   who must act: {error.who}\n{do}"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)


def error_json(error: FieldgateError) -> dict[str, str]:
    return {"code": error.code, "what": error.what, "advice": error.advice, "who": error.who}


def wants_color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
