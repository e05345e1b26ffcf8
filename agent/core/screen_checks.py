"""What digits prove by themselves: checksums and structures. Pure arithmetic; a yes still needs the words around it."""

from __future__ import annotations

import re

_CARD_LENGTHS = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"6(?:011|5|4[4-9]|2)"), (16, 17, 18, 19)),
    (re.compile(r"35"), (16,)),
    (re.compile(r"3(?:0[0-5]|[689])"), (14,)),
)
_VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def digits_of(text: str) -> str:
    return "".join(ch for ch in text if "0" <= ch <= "9")


def luhn(digits: str) -> bool:
    """ISO/IEC 7812: cards, and the Canadian SIN."""
    total = 0
    for at, ch in enumerate(reversed(digits)):
        value = int(ch) * (1 + at % 2)
        total += value - 9 if value > 9 else value
    return bool(digits) and total % 10 == 0


def card(text: str) -> bool:
    """A payment card number, alone or with an expiry date or a code written after it."""
    groups = re.findall(r"\d+", text)
    runs = [groups[: at + 1] for at in range(len(groups)) if at == len(groups) - 1 or len(groups[at]) > 2]
    return any(_card_number("".join(run)) for run in runs)


def _card_number(digits: str) -> bool:
    """An issuer's prefix, its length, Luhn."""
    fits = any(prefix.match(digits) and len(digits) in lengths for prefix, lengths in _CARD_LENGTHS)
    return fits and luhn(digits) and len(set(digits)) > 1


def card_shaped(text: str) -> bool:
    """Long enough for a card; for texts that say it is one (a digit may be mistyped)."""
    return 13 <= len(digits_of(text)) <= 19


def ssn(text: str) -> bool:
    """SSA's structure, or an ITIN's. No number is excused as a known sample: samples become habits."""
    digits = digits_of(text)
    if len(digits) != 9 or digits[3:5] == "00" or digits[5:] == "0000":
        return False
    if digits[0] == "9":
        return 50 <= int(digits[3:5]) <= 99
    return digits[:3] not in ("000", "666")


def nine(text: str) -> bool:
    return len(digits_of(text)) == 9


def sin(text: str) -> bool:
    """A Canadian SIN."""
    digits = digits_of(text)
    return len(digits) == 9 and luhn(digits)


def aba(text: str) -> bool:
    """An ABA routing number: Federal Reserve prefix and checksum."""
    d = digits_of(text)
    if len(d) != 9 or not (0 < int(d[:2]) <= 12 or 21 <= int(d[:2]) <= 32 or 61 <= int(d[:2]) <= 72 or d[:2] == "80"):
        return False
    return sum(int(ch) * w for ch, w in zip(d, (3, 7, 1) * 3, strict=True)) % 10 == 0


def iban(text: str) -> bool:
    """ISO 13616: mod 97 of the rearranged number is 1."""
    bare = re.sub(r"[^A-Za-z0-9]", "", text).upper()
    if not 15 <= len(bare) <= 34 or vin(bare):
        return False
    return int("".join(str(int(ch, 36)) for ch in bare[4:] + bare[:4])) % 97 == 1


def vin(text: str) -> bool:
    """A 17-character vehicle number with its check digit. A VIN is never a card or an account."""
    if len(text) != 17 or not text.isalnum() or set(text) & set("IOQ"):
        return False
    total = sum((_VIN_VALUES[ch] if ch.isalpha() else int(ch)) * w for ch, w in zip(text, _VIN_WEIGHTS, strict=True))
    return text[8] == "0123456789X"[total % 11]


def licence(text: str) -> bool:
    """Enough digits for a driver's license of any state or province, and no vehicle number."""
    bare = re.sub(r"[^A-Za-z0-9]", "", text)
    return len(digits_of(bare)) >= 6 and not vin(bare.upper())
