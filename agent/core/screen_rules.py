"""The patterns, compiled at first use, and the engine that asks them all at once.

google-re2 answers for a page of values in one linear pass. Where it cannot be imported, `re` gives the same verdicts,
slowly. One joined expression, not an RE2 Set, decides: a Set that runs out of memory answers "nothing found"; an
expression falls back to a slower automaton and stays right. The Set only says which patterns are worth confirming.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from agent.core import screen_checks
from agent.core.screen_patterns import PATTERNS

_MEMORY = 96 << 20  # RE2's cache of states; it starts small and grows with the text's variety


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of the pattern list, in the syntax both engines read."""

    category: str
    source: str
    unless: str
    check: Callable[[str], bool] | None


class Engine(Protocol):
    """Where a joined buffer hits, and which patterns may have hit one text. May say too much, never too little."""

    def positions(self, joined: str) -> Iterator[int]: ...

    def candidates(self, text: str) -> list[int]: ...


@functools.cache
def patterns() -> tuple[Pattern, ...]:
    """The list, read once."""
    found: list[dict[str, str]] = []
    for line in PATTERNS.strip().splitlines():
        if line.startswith("  "):
            key, _, value = line.strip().partition(": ")
            found[-1][key] = value
        else:
            category, _, value = line.partition(": ")
            found.append({"category": category, "source": value})
    return tuple(
        Pattern(
            f["category"],
            blanks(f["source"]),
            blanks(f.get("unless", "")),
            getattr(screen_checks, f["check"]) if "check" in f else None,
        )
        for f in found
    )


def blanks(pattern: str) -> str:
    """A space in the list stands for a short run of blanks; inside brackets and after a backslash it stays itself."""
    out: list[str] = []
    in_class = False
    at = 0
    while at < len(pattern):
        ch = pattern[at]
        if ch == "\\":
            out.append(pattern[at : at + 2])
            at += 2
            continue
        in_class = ch == "[" or (in_class and ch != "]")
        if ch == " " and not in_class:
            optional = pattern[at + 1 : at + 2] == "?"
            out.append(r"\s{0,3}" if optional else r"\s{1,3}")
            at += 2 if optional else 1
            continue
        out.append(ch)
        at += 1
    return "".join(out)


@functools.cache
def confirm(number: int) -> re.Pattern[str]:
    return re.compile(patterns()[number].source, re.ASCII | re.IGNORECASE | re.MULTILINE)


@functools.cache
def excuse(number: int) -> re.Pattern[str] | None:
    unless = patterns()[number].unless
    return re.compile(unless, re.ASCII | re.IGNORECASE | re.MULTILINE) if unless else None


@functools.cache
def engine() -> Engine:
    """RE2 when it is there."""
    try:
        import re2
    except ImportError:
        return StandardEngine()
    return Re2Engine(re2)


class Re2Engine:
    """google-re2 over UTF-8 bytes."""

    def __init__(self, re2: Any) -> None:
        options = re2.Options()
        options.max_mem = _MEMORY
        options.case_sensitive = False
        options.log_errors = False
        sources = [f"(?m){p.source}" for p in patterns()]
        self._any = re2.compile("|".join(f"(?:{s})" for s in sources).encode(), options)
        self._set = re2.Set.SearchSet(options)
        for source in sources:
            self._set.Add(source.encode())
        self._set.Compile()

    def positions(self, joined: str) -> Iterator[int]:
        if joined.isascii():
            return (m.start() for m in self._any.finditer(joined.encode()))
        data = joined.encode("utf-8", "replace")
        return (len(data[: m.start()].decode("utf-8", "ignore")) for m in self._any.finditer(data))

    def candidates(self, text: str) -> list[int]:
        found: list[int] | None = self._set.Match(text.encode("utf-8", "replace"))
        # An empty answer can mean "out of memory": then every pattern is confirmed.
        return sorted(found) if found else list(range(len(patterns())))


class StandardEngine:
    """`re`, pattern by pattern."""

    def positions(self, joined: str) -> Iterator[int]:
        for number in range(len(patterns())):
            yield from (m.start() for m in confirm(number).finditer(joined))

    def candidates(self, text: str) -> list[int]:
        return list(range(len(patterns())))
