"""A second reading of a text: numbers said in words, and letters and digits that a scanner took for each other.

Only asked for texts that look like it. Every character still knows its place in the original, so that spans stay true.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from agent.core.screen_normal import Normal

_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = (
    {word: at for at, word in enumerate((*_UNITS, *_TEENS))}
    | {word: 20 + 10 * at for at, word in enumerate(_TENS)}
    | {"oh": 0}
)
_WORD = "|".join(_VALUES)
_MORE = rf"(?:{_WORD}|hundred|thousand|grand|and an? (?:half|quarter)|and three quarters)"
_SAID = re.compile(
    rf"\b(?:{_WORD})(?:[ -]{{1,2}}{_MORE})*\b"
    rf"|\b\d{{1,2}} and (?:an? |three )(?:half|quarters?)\b|\b(?:\d{{1,2}}|an?) (?:hundred|thousand|grand)\b",
    re.IGNORECASE | re.ASCII,
)
_PARTS = re.compile(rf"and (?:an? |three )(half|quarters?)|(\d+|{_WORD})|(hundred)|(thousand|grand)", re.IGNORECASE)
_FRACTIONS = {"half": ".5", "quarter": ".25", "quarters": ".75"}
_IN_NUMBER = re.compile(r"\b[\dOoIl]{1,4}(?:[-/.][\dOoIl]{1,4}){2}\b|\b[\dIl]{1,2},[\dOoIl]{3}\b", re.ASCII)
_IN_WORD = re.compile(r"\b[a-z]{1,11}[01][a-z]{1,11}\b|\b0[a-z]{1,11}\b|\b[a-z]{1,11}0\b", re.IGNORECASE | re.ASCII)
_DIGITS = str.maketrans("OoIl", "0011")
_LETTERS = str.maketrans("01", "oi")

# Which texts are worth it; both engines read it alike.
WORTH = (
    rf"\b(?:{_WORD})[\x20-](?:{_WORD}|hundred|thousand|grand|and an?|and three|percent|points?|months?|years?|"
    r"(?:of[\x20-])?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\b"
    r"|\b(?:[a-z]{2,11}[01][a-z]{1,11}|0[a-z]{1,4}|n0|t0)\b"
    r"|\b\d{1,2} and (?:an?|three) (?:half|quarter)|\b(?:\d{1,2}|an?) (?:hundred|thousand|grand)\b"
    r"|\b[\doil]{3}[-/.][\doil]{2}[-/.][\doil]{4}\b|\b[\doil]{1,2}/[\doil]{1,2}/[\doil]{4}\b"
)


def spoken(read: Normal) -> Normal | None:
    """The second reading, or None where it says nothing new."""
    pieces = sorted(
        [
            *_replaced(_SAID, read.text, _number),
            *_replaced(_IN_NUMBER, read.text, lambda s: s.translate(_DIGITS)),
            *_replaced(_IN_WORD, read.text, lambda s: s.translate(_LETTERS)),
        ]
    )
    if not pieces:
        return None
    chars: list[str] = []
    origin: list[int] = []
    at = 0
    for start, end, new in [*pieces, (len(read.text), len(read.text), "")]:
        if start < at:
            continue
        chars += [*read.text[at:start], *new]
        origin += [read.span(i, i + 1)[0] for i in range(at, start)]
        origin += [read.span(start, start + 1)[0]] * len(new) if new else []
        at = end
    return Normal("".join(chars), tuple(origin), read.length)


def _replaced(asked: re.Pattern[str], text: str, make: Callable[[str], str]) -> list[tuple[int, int, str]]:
    found = [(m.start(), m.end(), make(m[0])) for m in asked.finditer(text)]
    return [piece for piece in found if piece[2] != text[piece[0] : piece[1]]]


def _number(said: str) -> str:
    """`thirty two thousand` is 32000, `five and a quarter` 5.25, `three fifty` 350; `four one nine` stays 4 1 9."""
    out: list[str] = []
    last = -1  # what was said right before, where it may grow
    for fraction, word, hundred, thousand in _PARTS.findall(said.lower()):
        if fraction:
            out.append((out.pop() if out else "0") + _FRACTIONS[fraction])
        elif hundred or thousand:
            out.append((out.pop() if out else "1") + ("00" if hundred else "000"))
        value = -1 if not word else int(word) if word.isdigit() else _VALUES[word]
        if last >= 20 and last % 10 == 0 and 0 < value < 10:
            out[-1] = str(int(out[-1]) + value)
        elif 0 < last < 10 <= value:
            out[-1] += str(value)
        elif value >= 0:
            out.append(str(value))
        last = value
    return " ".join(out)
