"""Text as the screen reads it: one alphabet, one dash, one space, nothing invisible; each character knows its origin.

The result is ASCII: what is left of other alphabets becomes `?`, for patterns are about Latin letters and digits.
People paste full-width digits, non-breaking hyphens and zero-width spaces; each of them evades every pattern.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_DASHES = (
    "\u00ad\u02d7\u05be\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d\u30fc\u2500"
)
_QUOTES = "\u2018\u2019\u201b\u02bc\u00b4\u0060\u2032"
_LOOKALIKES = dict(
    zip(
        "аеорсухіјѕһԁԛԝвкмнтАВЕКМНОРСТУХІЈЅαικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɡ",
        "aeopcyxijshdqwbkmhtABEKMHOPCTYXIJSaiknoptuxABEZHIKMNOPTYXig",
        strict=True,
    )
)
# Multi-value marks and control characters separate words; tabs and line ends are spaces already.
_SPACES = {chr(c): " " for c in (*range(0x09), *range(0x0E, 0x20), 0x7F, 0xFD, 0xFE, 0xFF)}

STRANGE = re.compile(r"[^\n\r\t\x0b\x0c\x20-\x5f\x61-\x7e]+")  # all but plain printable ASCII; the backtick is a quote

_PLAIN = b"\n\r\t\x0b\x0c" + bytes(c for c in range(0x20, 0x7F) if c != 0x60)


@dataclass(frozen=True, slots=True)
class Normal:
    """`text`: what patterns see. `origin[i]`: index in the original of text[i]; None when nothing moved."""

    text: str
    origin: tuple[int, ...] | None
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of `text` as one of the original, invisible characters inside it included."""
        if self.origin is None:
            return start, end
        after = end
        while after < len(self.origin) and self.origin[after] == self.origin[end - 1]:
            after += 1  # what stands for one piece of the original cannot be parted
        return self.origin[start], (self.origin[after] if after < len(self.origin) else self.length)


def normal(text: str) -> Normal:
    """The normalized text with its map."""
    if plain(text):
        return Normal(text, None, len(text))
    chars: list[str] = []
    origin: list[int] = []
    for at, ch in enumerate(text):
        for out in _one(ch):
            chars.append(out)
            origin.append(at)
    return Normal("".join(chars), tuple(origin), len(text))


def normal_text(text: str) -> str:
    """The same text without the map."""
    return text if plain(text) else "".join(map(_one, text))


def plain(text: str) -> bool:
    """Nothing to normalize; asked at C speed, because nearly every text is."""
    return text.isascii() and not text.encode().translate(None, _PLAIN)


class _Table(dict[str, str]):
    """Each character's normal form, worked out once."""

    def __missing__(self, ch: str) -> str:
        self[ch] = made = _work_out(ch)
        return made


def _work_out(ch: str) -> str:
    if ch in _SPACES:
        return " "
    if ch in _DASHES:
        return "-"
    if ch in _QUOTES:
        return "'"
    if ch.isascii():
        return ch
    if unicodedata.category(ch) in ("Cf", "Mn", "Me", "Cs", "Co"):
        return ""
    parts = [_LOOKALIKES.get(p, p) for p in unicodedata.normalize("NFKD", ch) if not unicodedata.combining(p)]
    digit = unicodedata.decimal(ch, None)
    if digit is not None:
        return str(digit)
    return "".join(" " if p.isspace() else "-" if p in _DASHES else p if p.isascii() else "?" for p in parts)


_one = _Table().__getitem__
