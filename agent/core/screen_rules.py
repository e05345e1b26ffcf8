"""The patterns, compiled at first use, and the engine that asks them all at once.

google-re2 answers for a page of short values in a linear pass of each of a few joined expressions, and for one text by
asking each pattern whose words are in it (`Filter`). Where it cannot be imported, `re` gives the same verdicts, slowly.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from agent.core import screen_checks, screen_coded, screen_spoken, screen_weighed
from agent.core.screen_indirect import INDIRECT
from agent.core.screen_messages import MESSAGES
from agent.core.screen_patterns import PATTERNS
from agent.core.screen_talk import TALK

AGAIN = "read_again"  # no finding: the text deserves a second reading (screen_spoken, screen_coded, screen_weighed)
# RE2's cache of states, which starts small and grows with the values' variety; where it is full RE2 goes on, slower.
_MEMORY_EACH = 1 << 17  # for one pattern over one text
_MEMORY = 8 << 20  # for one of these
# Fewer: what may still become a hit is remembered for more patterns at once, and varies without end.
_EXPRESSIONS, _EXPRESSIONS_OF_ONE_WORD = 16, 4
_BLANKS, _MAYBE_BLANKS, _NEVER = r"\s{1,3}", r"\s{0,3}", r"[^\x00-\xff]"
_BLANK = re.compile(rb"[^\S\n]")
_SPACE = re.compile(r"\\.|\[(?:\\.|[^]\\])*]?| \??", re.DOTALL)  # what is escaped, a class, a space of the list
_RUNS = {" ": _BLANKS, " ?": _MAYBE_BLANKS}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of the pattern list, in the syntax both engines read."""

    category: str
    source: str
    unless: str
    check: Callable[[str], bool] | None


# start and end of the hit, then of its first group (of the hit again where there is none)
Match = tuple[int, int, int, int]


class Engine(Protocol):
    """Which lines of a joined buffer hit, which patterns hit one text, and where. Texts are ASCII (screen_normal)."""

    def lines(self, joined: str) -> set[int]:
        """Numbers of the lines that may hit: too many is allowed, too few is not. For lines of a few words, and soonest
        where each is one word."""

    def candidates(self, text: str) -> list[int]:
        """Numbers of the patterns that hit, upward."""

    def matches(self, number: int, text: str) -> list[Match]:
        """Every hit of one pattern, from left to right."""

    def excused(self, number: int, window: str) -> bool:
        """Whether what stands around a hit of that pattern excuses it."""


@functools.cache
def patterns() -> tuple[Pattern, ...]:
    """The list, read once."""
    found: list[dict[str, str]] = []
    again = f"{AGAIN}: {screen_spoken.WORTH}|{screen_coded.WORTH}|{screen_weighed.worth()}"
    lists = (PATTERNS, TALK, INDIRECT, MESSAGES, again)
    for line in "\n".join(part.strip() for part in lists).splitlines():
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
    return _SPACE.sub(lambda found: _RUNS.get(found[0], found[0]), pattern)


@functools.cache
def engine() -> Engine:
    """RE2 when it is there."""
    try:
        import re2
    except ImportError:
        return StandardEngine()
    return Re2Engine(re2)


class Re2Engine:
    """google-re2 over bytes, so that positions need no counting of characters."""

    def __init__(self, re2: Any) -> None:
        self._re2 = re2
        small = _options(re2, _MEMORY_EACH)
        self._unless = functools.cache(lambda number: re2.compile(patterns()[number].unless.encode(), small))

    @functools.cached_property
    def _joined(self) -> list[Any]:
        """All patterns in a few expressions: one pass of each over a page of short values."""
        return self._expressions([p.source for p in patterns()], _EXPRESSIONS)

    @functools.cached_property
    def _of_one_word(self) -> list[Any]:
        """The same for values without a blank: what needs one falls away, which is five of six parts of it all."""
        sources = [p.source.replace(_BLANKS, _NEVER).replace(_MAYBE_BLANKS, "") for p in patterns()]
        return self._expressions(sources, _EXPRESSIONS_OF_ONE_WORD)

    def _expressions(self, sources: list[str], count: int) -> list[Any]:
        options = _options(self._re2, _MEMORY)
        options.never_capture = True
        size = -(-len(sources) // count)
        parts = [sources[at : at + size] for at in range(0, len(sources), size)]
        return [self._re2.compile("|".join(f"(?:(?m){s})" for s in part).encode(), options) for part in parts]

    @functools.cached_property
    def _each(self) -> Any:
        """Every pattern by itself, behind a look at the words that it cannot do without."""
        options = _options(self._re2, _MEMORY_EACH)
        each = self._re2.Filter()
        for pattern in patterns():
            each.Add(f"(?m){pattern.source}".encode(), options)
        each.Compile()
        return each

    def lines(self, joined: str) -> set[int]:
        data = joined.encode("ascii", "replace")
        expressions = self._joined if _BLANK.search(data) else self._of_one_word
        return {line for expression in expressions for line in _lines_hit(expression, data)}

    def candidates(self, text: str) -> list[int]:
        return sorted(self._each.Match(text.encode("ascii", "replace")) or ())

    def matches(self, number: int, text: str) -> list[Match]:
        return _found(self._each.re(number).finditer(text.encode("ascii", "replace")))

    def excused(self, number: int, window: str) -> bool:
        return bool(patterns()[number].unless and self._unless(number).search(window.encode("ascii", "replace")))


def _lines_hit(expression: Any, data: bytes) -> Iterator[int]:
    line = counted = at = 0
    while match := expression.search(data, at):
        start, end = match.span()
        line += data.count(b"\n", counted, start)
        yield from range(line, line + data.count(b"\n", start, end) + 2)  # it may begin or end on the separator
        # On to the next line: this one is judged by itself anyway.
        line, counted = line + data.count(b"\n", start, end), end
        at = data.find(b"\n", end)
        if at < 0:
            return


def _options(re2: Any, memory: int) -> Any:
    options = re2.Options()
    options.max_mem = memory
    options.case_sensitive = False
    options.encoding = re2.Options.Encoding.LATIN1  # texts are ASCII: a class costs one byte range, not UTF-8's tree
    options.log_errors = False
    return options


def _found(matches: Iterable[Any]) -> list[Match]:
    return [(*m.span(), *(m.span(1) if m.re.groups else m.span())) for m in matches]


class StandardEngine:
    """`re`, pattern by pattern."""

    def __init__(self) -> None:
        self._one = functools.cache(lambda number: _standard(patterns()[number].source))
        self._unless = functools.cache(lambda number: _standard(patterns()[number].unless))

    def lines(self, joined: str) -> set[int]:
        return {at for at, text in enumerate(joined.split("\n")) if self.candidates(text)}

    def candidates(self, text: str) -> list[int]:
        return [n for n in range(len(patterns())) if self._one(n).search(text)]

    def matches(self, number: int, text: str) -> list[Match]:
        return _found(self._one(number).finditer(text))

    def excused(self, number: int, window: str) -> bool:
        return bool(patterns()[number].unless and self._unless(number).search(window))


def _standard(source: str) -> re.Pattern[str]:
    return re.compile(source, re.ASCII | re.IGNORECASE | re.MULTILINE)
