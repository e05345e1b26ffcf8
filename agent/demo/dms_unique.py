"""Numbers that cannot be met by accident: what makes the demo's search for its own leak a proof.

A planted number has no digit 0 and at least seven digits. Everything the make-believe DMS may send has a 0 in every run
of seven digits (555-01xx phones, dates of this century, ZIP+4 below 0200) or no such run (VINs, ids, odometers). Unique
without memory: an index is multiplied around a ring, so equal indexes are the only way to equal numbers.
"""

from __future__ import annotations

import datetime as dt

_CHUNK = 729  # 9 ** 3: three digits at a time
_TRIPLES = tuple(f"{1 + n // 81}{1 + n // 9 % 9}{1 + n % 9}" for n in range(_CHUNK))
_MARKER_LETTERS = "ghjkmnpqrstvwxyz"  # none of them a hex digit
_FIRST_BIRTH = dt.date(1934, 1, 1).toordinal()
_BIRTH_DAYS = dt.date(2005, 1, 1).toordinal() - _FIRST_BIRTH


def digits(index: int, width: int, seed: int) -> str:
    """`width` digits 1-9, a different string for every index; when an index does not fit, one more digit."""
    while index >= 9**width:
        index -= 9**width
        width += 1
    ring = 9**width
    step = int(ring * 0.6180339887) // 3 * 3 + 1  # no factor 3: a bijection on the ring
    number = (index * step + seed * 7919 + 104_729) % ring
    text = ""
    for _ in range((width + 2) // 3):
        number, triple = divmod(number, _CHUNK)
        text = _TRIPLES[triple] + text
    return text[-width:]


def ring_digits(index: int, count: int) -> str:
    """A serial of six digits that is a different one for each index below a million."""
    return f"{(index * 618_033 + count) % 1_000_000:06d}"


def birth_date(index: int, seed: int) -> str:
    """A day of 1934 to 2004, unique for an index below `BIRTH_CAPACITY`."""
    return dt.date.fromordinal(_FIRST_BIRTH + (index * 16_033 + seed * 31) % _BIRTH_DAYS).isoformat()


BIRTH_CAPACITY = _BIRTH_DAYS


def marker(customer_no: int) -> str:
    """The allowed mark in a customer's e-mail address: `hqxtzw.482913`. A dot is in no hex or base64 alphabet."""
    number = (customer_no * 10_368_889 + 4_191_001) % 16**6
    letters = ""
    for _ in range(6):
        number, letter = divmod(number, 16)
        letters += _MARKER_LETTERS[letter]
    return f"{letters}.{digits(customer_no, 6, 0)[:6]}"
