"""A column or table name as words of the trade. Says what a name is made of, never what it means.

Handles camelCase, separators, digits, squashed lower and upper case, abbreviations, single typing errors, accents and
look-alike letters from other alphabets. A letter it cannot read as Latin is reported (`odd`): nobody hides in one.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent.core.name_codes import FOREIGN, decode
from agent.core.name_words import CUTTING, JOINED, REPAIRABLE, SHORT, SPELLINGS, VOCABULARY

_PIECES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
# Letters of other alphabets that look like Latin ones (Unicode TR39, the ones a keyboard can type).
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅαοντρΑΒΕΖΗΙΚΜΝΟΡΤΥΧƖɡıＡ",
    "aeopcyxijshdqwABEKMHOPCTYXIJSaovtpABEZHIKMNOPTYXIgiA",
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)
_LEADING = re.compile(r"[A-Z]{1,3}[_.-]")
# Letters before a name that say its type, as Access and Visual Basic people write them: strBuyer, curAmtFin, dtmSold.
_TYPED = re.compile(r"(?:str|txt|chr|vch|lng|int|sng|dbl|dec|cur|mon|num|dtm|dte|bln|bit|flg|yn|mem|ole|guid)(?=[A-Z])")
_SIGNS = re.compile(r"[#$@]")  # letters to an AS/400: STK#
_CODED = 12  # old machines: ten letters, and a little
_SQUEEZED, _MEAN = 10, 6.5  # letters of the longest name of a squeezed table, and of them all
_LONGEST = 200  # no engine allows longer names; past it we do not spend time


@dataclass(frozen=True, slots=True)
class Words:
    """`words` in order, canonical; `digits`: the numbers among them; `odd`: letters we could not read as Latin."""

    words: tuple[str, ...]
    digits: tuple[str, ...]
    odd: bool
    squashed: str  # letters and digits only, lower case: the form exact lists compare


@functools.lru_cache(maxsize=8192)
def read_name(name: str) -> Words:
    """The words of a name. Never fails: an unreadable name has no words."""
    plain, odd = _latin(name[:_LONGEST])
    pieces = _PIECES.findall(plain)
    digits = tuple(p for p in pieces if p.isdigit())
    words = [w for p in pieces if not p.isdigit() for w in _canonical(p.lower())]
    squashed = "".join(p.lower() for p in pieces)
    return Words(joined(words), digits, odd, squashed)


@functools.lru_cache(maxsize=8192)
def read_coded(column: str) -> Words:
    """The words of a name from which its table's letters are gone; what is not squeezed reads like any other name."""
    plain = read_name(column)
    column = _SIGNS.sub("", column)
    if not column.isalnum() or not column.isascii() or len(column) > _CODED:
        return plain
    words: list[str] = []
    for piece in _PIECES.findall(column.lower()):
        if not piece.isdigit():
            words += decode(piece, squeezed=True) or read_name(piece).words
    return Words(joined(words), plain.digits, plain.odd, plain.squashed)


def prefix_of(names: Sequence[str]) -> str:
    """What every column of a table starts with, two letters (FIAMTF) or a short word (KD_NAME); or nothing."""
    plain = [_SIGNS.sub("", name.strip().upper()) for name in names]
    if len(plain) < 5:
        return ""
    first = Counter(m[0] for m in map(_LEADING.match, plain) if m).most_common(1)
    if first and _nearly_all(first[0][1], plain):
        return first[0][0]
    if max(map(len, plain)) > _CODED or not all(name.isalnum() and name.isascii() for name in plain):
        return ""
    for size in (3, 2):
        start, count = Counter(name[:size] for name in plain if len(name) > size).most_common(1)[0]
        if start.isalpha() and _nearly_all(count, plain):
            return start if sum(len(name) > size + 1 for name in plain) * 2 > len(plain) else ""
    return ""


def _nearly_all(count: int, names: Sequence[str]) -> bool:
    """A few columns of another table's stem, carried along when tables were joined, do not hide the stem."""
    return count == len(names) or (count >= 8 and count * 4 >= len(names) * 3)


def all_short(names: Sequence[str]) -> bool:
    """Whether a table squeezes its names as old machines do: capitals, ten letters at most, nothing between them."""
    plain = [_SIGNS.sub("", name.strip()) for name in names]
    short = sum(name.isalnum() and name.isupper() and len(name) <= _SQUEEZED for name in plain)
    return len(plain) > 4 and short * 10 >= len(plain) * 9 and sum(map(len, plain)) <= _MEAN * len(plain)


def lead_of(names: Sequence[str]) -> str:
    """The first word most columns of a table share (deal_date, deal_flag_b), in lower case; or nothing."""
    firsts = [m[0].lower() for m in map(_PIECES.search, names) if m]
    word, count = Counter(firsts).most_common(1)[0] if firsts else ("", 0)
    return word if len(names) > 4 and count * 4 >= len(names) * 3 else ""


def says_types(names: Sequence[str]) -> bool:
    """Whether the columns begin with their types: most of them do, and with three types at least."""
    found = [m[0] for m in (_TYPED.match(name) for name in names) if m]
    return len(found) * 5 > len(names) * 3 and len(set(found)) > 2


def without_type(name: str) -> str:
    return _TYPED.sub("", name, count=1)


def squash(name: str) -> str:
    return read_name(name).squashed


def _latin(name: str) -> tuple[str, bool]:
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", name))
    hidden = len(folded) != len(unicodedata.normalize("NFKC", name))
    swapped = folded.translate(_LOOKALIKES)
    bare = "".join(ch for ch in unicodedata.normalize("NFD", swapped) if not unicodedata.combining(ch))
    strange = any(ord(ch) > 0x7F and (ch.isalpha() or ch.isdigit()) for ch in bare)
    return bare, hidden or strange or swapped != folded


def _canonical(piece: str) -> list[str]:
    if piece in SPELLINGS:
        return [SPELLINGS[piece]]
    if piece in VOCABULARY:
        return [piece]
    single = _singular(piece)
    if single:
        return [single]
    if piece in FOREIGN:
        return list(FOREIGN[piece])
    compound = _compound(piece)
    if compound:
        return compound
    cut = _cut(piece)
    if cut:
        return [SPELLINGS.get(w, w) for w in cut]
    repaired = _repaired(piece)
    if repaired:
        return [repaired]
    return (list(decode(piece)) or _half(piece) or [piece]) if len(piece) > 2 else [piece]


def _singular(piece: str) -> str | None:
    for ending, put in (("ies", "y"), ("es", ""), ("s", "")):
        stem = piece[: -len(ending)] + put
        if piece.endswith(ending) and len(stem) > 2 and stem in VOCABULARY:
            return SPELLINGS.get(stem, stem)
    return None


def _compound(piece: str) -> list[str]:
    """German writes it in one: Kredit-laufzeit, Zahlung-s-betrag. Two whole foreign words."""
    for at in range(4, len(piece) - 3):
        left, right = _foreign(piece[:at]), FOREIGN.get(piece[at:], ())
        if left and right:
            return [*left, *right]
    return []


def _half(piece: str) -> list[str]:
    """The longest foreign word a long name begins or ends with: Abschluss-datum is a date."""
    if len(piece) < 9:
        return []
    ends = [piece[at:] for at in range(3, len(piece) - 3)] + [piece[:at] for at in range(4, len(piece) - 2)]
    known = [end for end in ends if end in FOREIGN]
    return list(FOREIGN[max(known, key=len)]) if known else []


def _foreign(left: str) -> tuple[str, ...]:
    """A first half as it stands, or before the letters that join it to the second."""
    for link in ("", "s", "n", "en", "es"):
        stem = left[: len(left) - len(link)]
        if left.endswith(link) and len(stem) > 3 and stem in FOREIGN:
            return FOREIGN[stem]
    return ()


def _cut(piece: str) -> list[str] | None:
    """The cheapest cut of a squashed name into vocabulary words, or None. A misspelt long part may stand in it."""
    if not 5 <= len(piece) <= 60:
        return None
    best: list[tuple[float, list[str]] | None] = [(0.0, [])] + [None] * len(piece)
    for end in range(2, len(piece) + 1):
        for start in range(max(0, end - 18), end - 1):
            before = best[start]
            if before is None:
                continue
            part = piece[start:end]
            cost = _cost(part)
            if cost is None:
                continue
            total = before[0] + cost
            known = best[end]
            if known is None or total < known[0]:
                best[end] = (total, [*before[1], part])
    found = best[len(piece)]
    if found is None or found[0] > 1.0 + len(piece) / 2:
        return None
    return [_whole(part) for part in found[1]]


def _whole(part: str) -> str:
    return part if part in VOCABULARY else _singular(part) or _repaired(part) or part


def _cost(part: str) -> float | None:
    known = part in CUTTING
    if known and (len(part) > 2 or part in SHORT):
        return {2: 2.0, 3: 1.5}.get(len(part), 1.0)
    if len(part) > 4 and _singular(part):
        return 1.1
    if len(part) > 5 and not known and _repaired(part):
        return 2.2
    return None


@functools.lru_cache(maxsize=4096)
def _repaired(piece: str) -> str | None:
    """The one word of REPAIRABLE at one typing error's distance; short words are never repaired."""
    if len(piece) < 6:
        return None
    hits = {
        right
        for wrong, right in REPAIRABLE.items()
        if wrong[0] == piece[0] and len(wrong) > 5 and abs(len(wrong) - len(piece)) < 2 and _one_error(wrong, piece)
    }
    return hits.pop() if len(hits) == 1 else None


def _one_error(right: str, wrong: str) -> bool:
    at = next((i for i, (a, b) in enumerate(zip(right, wrong, strict=False)) if a != b), min(len(right), len(wrong)))
    tail_r, tail_w = right[at:], wrong[at:]
    return (
        tail_r[1:] == tail_w[1:]  # one wrong letter
        or tail_r[1:] == tail_w  # one missing
        or tail_r == tail_w[1:]  # one too many
        or (tail_r[2:] == tail_w[2:] and tail_r[:2] == tail_w[1::-1])  # two swapped
    )


def joined(words: list[str]) -> tuple[str, ...]:
    """Pairs and triples that are one word in the trade, joined."""
    done: list[str] = []
    at = 0
    while at < len(words):
        for size in (3, 2):
            pair = tuple(words[at : at + size])
            if len(pair) == size and pair in JOINED:
                done.append(JOINED[pair])
                at += size
                break
        else:
            done.append(words[at])
            at += 1
    return tuple(done)
