"""The demo's search for its own leak: planted nonpublic values, in every form a program might give them.

A planted value is known by its digits (agent/demo/dms_unique.py): at least seven, in an order that occurs once. So a
place is read once, number by number, and each number is looked up; the size of the haystack decides how long it takes.
A sighting says what kind of value stands where and in which form, never the value. Markers are found by the same
scanner through the same lenses: who does not find those would not have found a leak either.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agent.demo.dms import PlantedValue

_DIGITS_MIN = 7
_TOO_LONG_FOR_CHANCE = 12  # so many decimal digits in a row do not occur in a digest by accident
_DIGEST_MIN = 16  # hex characters in a row, letters among them: an id or a digest
_LONGEST = 16
_HEX = frozenset(b"0123456789abcdefABCDEF")
_HEX_LETTERS = frozenset(b"abcdefABCDEF")
_PARTS = re.compile(rb"[0-9]+|[./-]+")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
# Seven digits (or six after a point) in base64 always hold these six characters, whatever their alignment: the third
# and fourth of one group and a whole group after it. In other text they are rare, so only their surroundings are read.
_BASE64_DIGITS = re.compile(rb"[AEIMQUYcgk048](?=[w-z0-5tuv][LMNO][CDSTijyz][AEIMQUYcgk048][w-z0-5tuv])")
_BASE64_GROUP = re.compile(rb"[A-Za-z0-9+/_-]{4}")
_BASE64_TAIL = re.compile(rb"[A-Za-z0-9+/_-]{2,3}")
_GZIP_OR_ZLIB = 47  # window bits: either header
_GROUPS_BEFORE, _GROUPS_AFTER = 6, 16
_OVERLAP = 32  # base64 characters: more than the longest value takes, so that none is cut in two
# What a byte is, for a quick look whether a slow pattern can match at all: m marker letter, 9 digit, z zero byte.
_KINDS = bytes(
    ord("m") if c in b"ghjkmnpqrstvwxyz" else ord("9") if c in b"0123456789" else ord("z") if c == 0
    else ord(".") if c in b"./-" else ord(" ")
    for c in range(256)
)  # fmt: skip
_EITHER = _KINDS.translate(bytes.maketrans(b".", b"9"))  # the same, a separator counted as a digit


@dataclass(frozen=True, slots=True)
class Sighting:
    """`what`: kind and column of the planted value; `form`: how it was written."""

    place: str
    what: str
    form: str


@dataclass(frozen=True, slots=True)
class _Lens:
    """One way of writing. `plain` turns what `numbers` and `markers` find into ASCII. `hints`: what must stand in the
    kinds of a text before either can match; empty: always look."""

    name: str
    numbers: re.Pattern[bytes]
    markers: re.Pattern[bytes]
    plain: Callable[[bytes], bytes]
    hints: tuple[bytes, bytes] = (b"", b"")
    before: int = 0  # bytes of a marker that stand in front of what `markers` matches


def _unhexed(text: bytes) -> bytes:
    try:
        return binascii.unhexlify(text)
    except binascii.Error:
        return b""


_LETTER = "[ghjkmnpqrstvwxyz]"
_PLAIN = _Lens(
    "plain",
    re.compile(rb"[0-9][0-9./-]{5,}[0-9]"),
    re.compile(f"{_LETTER}{{6}}[.][1-9]{{6}}".encode()),
    lambda text: text,
    (b"", b"mmmmmm.999999"),
)
_LENSES = (
    _PLAIN,
    _Lens(
        "UTF-16",  # both byte orders: in either, every second byte is zero
        re.compile(rb"[0-9]\x00(?:[0-9./-]\x00){5,}[0-9]"),
        re.compile(f"(?:{_LETTER}\\x00){{6}}[.]\\x00(?:[1-9]\\x00){{5}}[1-9]".encode()),
        lambda text: text.replace(b"\0", b""),
        (b"9z9z9z9z9z9z9", b"mzmzmzmzmzmz.z9z9z9z9z9z9"),
    ),
    _Lens(
        "hex",
        re.compile(rb"3[0-9](?:3[0-9]|2[defDEF]){5,}3[0-9]"),
        re.compile(rb"2[eE](?:3[1-9]){6}"),
        _unhexed,
        before=12,
    ),
)


@dataclass
class Search:
    """Give it places with `look`; then `sightings` and `markers` (place -> marker -> how often) say what was there."""

    known: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    planted: int = 0
    searched: int = 0  # bytes
    sightings: list[Sighting] = field(default_factory=list)
    markers: dict[str, Counter[str]] = field(default_factory=dict)
    _judged: dict[bytes, tuple[tuple[int, bytes], ...]] = field(default_factory=dict)

    def learn(self, value: PlantedValue) -> None:
        """A value to look for: as written, without separators, and both backwards."""
        number = max(_PLAIN.numbers.findall(value.value.encode()), key=len, default=b"")
        bare = number.translate(None, b"./-")
        if len(bare) < _DIGITS_MIN:
            raise ValueError(f"{value!r} is too short to be searched for")
        what = f"{value.kind} ({value.table}.{value.column})"
        self.planted += 1
        for text, form in ((number, "plain"), (bare, "without separators" if number != bare else "plain")):
            self.known.setdefault(text, (what, form))
            self.known.setdefault(text[::-1], (what, "reversed"))

    def knows(self, value: str) -> bool:
        return value.encode() in self.known

    def look(self, place: str, data: bytes) -> None:
        """Search one place through every lens; what is compressed is searched uncompressed as well."""
        self.searched += len(data)
        seen = self.markers.setdefault(place, Counter())
        for text, wrapped in _layers(data):
            for lens in _LENSES:
                self._through(lens, place, text, seen, wrapped)
            self._through(_PLAIN, place, _unwrapped(text), seen, "base64")

    def _through(self, lens: _Lens, place: str, data: bytes, seen: Counter[str], wrapped: str) -> None:
        numbers, markers = lens.hints
        if not markers or markers in data.translate(_KINDS):
            for match in lens.markers.finditer(data):
                marker = lens.plain(data[max(0, match.start() - lens.before) : match.end()])
                if _PLAIN.markers.fullmatch(marker):
                    seen[marker.decode()] += 1
        if numbers and numbers not in data.translate(_EITHER):
            return
        for match in lens.numbers.finditer(data):
            for start, number in self._hits(lens.plain(match.group())):
                if lens is _PLAIN and _is_chance(data, match.start() + start, number):
                    continue
                what, form = self.known[number]
                forms = dict.fromkeys(f for f in (form, lens.name, wrapped) if f and f != "plain")
                self.sightings.append(Sighting(place, what, " in ".join(forms) or "plain"))

    def _hits(self, text: bytes) -> tuple[tuple[int, bytes], ...]:
        """The planted numbers in what may be a number with separators. Dates and phones come again and again."""
        if text not in self._judged:
            self._judged[text] = tuple(hit for hit in _numbers(text) if hit[1] in self.known)
        return self._judged[text]


def _numbers(text: bytes) -> Iterator[tuple[int, bytes]]:
    """(offset, number) for the whole, and for every piece of it that begins and ends at a separator."""
    if text.isdigit():
        yield 0, text
        return
    parts = list(_PARTS.finditer(text))
    for first in range(0, len(parts), 2):
        for last in range(first, min(len(parts), first + 8), 2):
            start, end = parts[first].start(), parts[last].end()
            if _DIGITS_MIN <= end - start <= _LONGEST:
                yield start, text[start:end]


def _is_chance(data: bytes, start: int, number: bytes) -> bool:
    """Seven to eleven digits in a row do occur inside a digest; a digest is not a leak."""
    if not number.isdigit() or len(number) >= _TOO_LONG_FOR_CHANCE:
        return False
    left, right = start, start + len(number)
    while left > 0 and data[left - 1] in _HEX:
        left -= 1
    while right < len(data) and data[right] in _HEX:
        right += 1
    return right - left >= _DIGEST_MIN and not _HEX_LETTERS.isdisjoint(data[left:right])


def _layers(data: bytes) -> Iterator[tuple[bytes, str]]:
    """The bytes, and what is inside where they are a compressed body. Random bytes may begin like one."""
    yield data, ""
    if data[:2] in (b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda"):
        try:
            yield zlib.decompressobj(_GZIP_OR_ZLIB).decompress(data), "compressed"
        except zlib.error:
            return


def _unwrapped(data: bytes) -> bytes:
    """What stands around every place where base64 can hold digits, decoded in the alignment that shows them."""
    pieces, done = [], [0, 0, 0, 0]  # per alignment, how far it has been decoded
    for match in _BASE64_DIGITS.finditer(data):
        start, end = match.start() - 2, match.start() + 6
        read = done[start % 4]
        if start < max(read, 0) or not _BASE64_GROUP.match(data, start):
            continue
        for _ in range(_GROUPS_BEFORE):
            if start - 4 < max(read - _OVERLAP, 0) or not _BASE64_GROUP.match(data, start - 4):
                break
            start -= 4
        cut = _OVERLAP
        for _ in range(_GROUPS_AFTER):
            if not _BASE64_GROUP.match(data, end):
                cut = 0
                break
            end += 4
        tail = _BASE64_TAIL.match(data, end)
        run = data[start : tail.end() if tail else end].translate(_TO_STANDARD)
        run = run[: len(run) - (len(run) % 4 == 1)]
        pieces.append(binascii.a2b_base64(run + b"=" * (-len(run) % 4)))
        done[start % 4] = end - cut
    return b"\n".join(pieces)


def forms_of(value: str) -> dict[str, bytes]:
    """One value written in every form a program might give it, for those who test the search."""
    text = value.encode()
    bare = text.translate(None, b"./-")
    return {
        "plain": text,
        "without separators": bare,
        "reversed": text[::-1],
        "base64": base64.b64encode(text),
        "base64, second alignment": base64.b64encode(b"x" + text),
        "base64, third alignment": base64.urlsafe_b64encode(b"xy" + text),
        "hex": text.hex().encode(),
        "UTF-16 LE": value.encode("utf-16-le"),
        "UTF-16 BE": value.encode("utf-16-be"),
        "gzip": gzip.compress(text),
    }


def forms_seen(search: Search, value: str) -> int:
    """In how many of `forms_of` this search would have found a value, each between harmless bytes."""
    found = 0
    for name, written in forms_of(value).items():
        trial = Search(search.known)
        trial.look("trial", written if name == "gzip" else b'{"a":"' + written + b'"}\n')
        found += bool(trial.sightings)
    return found


def how_markers_stand(found: Counter[str], expected: frozenset[str]) -> str:
    """`each once`, or how many are missing, doubled or strange: who sees too little or too much proves nothing."""
    missing, strange = len(expected - found.keys()), len(found.keys() - expected)
    doubled = sum(count > 1 for count in found.values())
    if not (missing or doubled or strange):
        return "each once"
    return f"{missing} missing, {doubled} more than once, {strange} not expected"
