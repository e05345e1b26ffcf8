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
# Spanish and French; what is another word too (once, uno, sept) counts only after a number: _LATER.
_OTHERS = """
cero 0
dos 2 tres 3 cuatro 4 cinco 5 seis 6 siete 7 ocho 8 nueve 9 diez 10 doce 12 trece 13 catorce 14 quince 15 veinte 20
veinticuatro 24 veinticinco 25 treinta 30 cuarenta 40 cincuenta 50 sesenta 60 setenta 70 ochenta 80 noventa 90 cien 100
ciento 100 doscientos 200 trescientos 300 cuatrocientos 400 quinientos 500 seiscientos 600 setecientos 700
ochocientos 800 novecientos 900 deux 2 trois 3 quatre 4 cinq 5 huit 8 dix 10 douze 12 vingt 20 trente 30 quarante 40
cinquante 50 soixante 60
"""
_VALUES = (
    {word: at for at, word in enumerate((*_UNITS, *_TEENS))}
    | {word: 20 + 10 * at for at, word in enumerate(_TENS)}
    | {"oh": 0}
    | {word: int(value) for word, value in zip(_OTHERS.split()[::2], _OTHERS.split()[1::2], strict=True)}
)
_WORD = "|".join(sorted(_VALUES, key=len, reverse=True))  # sixty before six
_LATER = {"uno": 1, "un": 1, "once": 11, "sept": 7, "neuf": 9, "onze": 11}
_ANY = "|".join((*_LATER, _WORD))
_THOUSAND = "thousand|grand|mille|mil"
_MORE = (
    rf"(?:{_ANY}|hundreds?|cents?|{_THOUSAND}|point (?:{_WORD})|(?:and|y|et) (?:{_ANY})|and an? (?:half|quarter)"
    r"|and three quarters|and change)"
)
_SAID = re.compile(
    rf"\b(?:{_WORD})(?:[ -]{{1,2}}{_MORE})*\b"
    rf"|\bmil(?:le)?(?= (?:dollars|dolares|pesos)| (?:{_WORD}))(?:[ -]{{1,2}}{_MORE})*"
    rf"|\b\d{{1,2}} and (?:change|(?:an? |three )(?:half|quarters?))\b"
    rf"|\b(?:\d{{1,2}}|an?) (?:hundred|thousand|grand)(?:[ -]{{1,2}}{_MORE})*\b",
    re.IGNORECASE | re.ASCII,
)
_PARTS = re.compile(
    rf"and (?:an? |three )?(half|quarters?|change)|\b(\d+|{_ANY})\b|(hundreds?|cents?)|({_THOUSAND})|(point)",
    re.IGNORECASE,
)
_POINT = re.compile(r"(\.\d) (\d)\b")  # six point nine nine
_FRACTIONS = {"half": ".5", "quarter": ".25", "quarters": ".75", "change": ".5"}
_IN_NUMBER = re.compile(r"\b[\dOoIl]{1,4}(?:[-/.][\dOoIl]{1,4}){2}\b|\b[\dIl]{1,2},[\dOoIl]{3}\b", re.ASCII)
_IN_WORD = re.compile(r"\b[a-z]{1,11}[01][a-z]{1,11}\b|\b0[a-z]{1,11}\b|\b[a-z]{1,11}0\b", re.IGNORECASE | re.ASCII)
_KEY = re.compile(r'"([A-Za-z]\w{1,30})"\s?:\s?"?', re.ASCII)  # "annualIncome": "61500 is annual Income: 61500
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_DIGITS = str.maketrans("OoIl", "0011")
_LETTERS = str.maketrans("01", "oi")

# Which texts are worth it; both engines read it alike.
_COUNTED = "|".join(word for word in sorted(_VALUES, key=len, reverse=True) if word not in ("one", "oh", "zero"))
WORTH = (
    r'[a-z]" ?: ?["\d]'
    rf"|\b(?:{_COUNTED}|mille|mil (?:dolares|pesos))\b"
    rf"|\b(?:one|oh|zero|an?)[\x20-](?:{_COUNTED}|one|oh|zero|{_THOUSAND}|hundred|point|and an?|percent)\b"
    r"|\b(?:[a-z]{2,11}[01][a-z]{1,11}|0[a-z]{1,4}|n0|t0)\b"
    r"|\b\d{1,2} and (?:an?|three|change) ?(?:half|quarter)?|\b(?:\d{1,2}|an?) (?:hundred|thousand|grand)\b"
    r"|\b[\doil]{3}[-/.][\doil]{2}[-/.][\doil]{4}\b|\b[\doil]{1,2}/[\doil]{1,2}/[\doil]{4}\b"
)


def spoken(read: Normal) -> Normal | None:
    """The second reading, or None where it says nothing new."""
    pieces = sorted(
        [
            *_replaced(_SAID, read.text, _number),
            *_replaced(_IN_NUMBER, read.text, lambda s: s.translate(_DIGITS)),
            *_replaced(_KEY, read.text, lambda s: _HUMP.sub(" ", s.split('"')[1]) + ": "),
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
    whole, part = 0, -1  # thousands, and what may still grow; -1: nothing yet
    for fraction, word, hundred, thousand, point in _PARTS.findall(said.lower()):
        if fraction or point:
            out.append(_said(whole, part) + (_FRACTIONS[fraction] if fraction else "."))
            whole, part = 0, -1
        elif hundred:
            part = 100 * abs(part)
        elif thousand:
            whole, part = whole + 1000 * abs(part), -1
        else:
            value = int(word) if word.isdigit() else (_VALUES | _LATER)[word]
            grown = _grown(part, value)
            if grown is None:
                out.append(_said(whole, part))
                whole = 0
            part = value if grown is None else grown
    if whole or part >= 0:
        out.append(_said(whole, part))
    return _POINT.sub(r"\1\2", " ".join(out).replace(". ", "."))


def _said(whole: int, part: int) -> str:
    return str(whole + max(part, 0))


def _grown(part: int, value: int) -> int | None:
    """What `part` is with the next word; None where that begins another number."""
    if part < 0:
        return value
    if part >= 20 and part % 10 == 0 and 0 < value < 10:
        return part + value
    if part >= 100 and part % 100 == 0 and value < 100:
        return part + value
    if part in (60, 80) and 10 <= value < 20:  # soixante-douze
        return part + value
    if (0 < part < 10 <= value < 100) or (10 <= part < 100 and 10 <= value < 100):
        return 100 * part + value
    return None
