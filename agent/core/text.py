"""Foreign text (names from a DMS, a file, the OEM) made safe to show. The only way it reaches a screen or a log."""

from __future__ import annotations

import unicodedata

_SHOWN_MAX = 200


def shown(text: str, limit: int = _SHOWN_MAX) -> str:
    """Foreign text as one printable line: controls, bidi and other invisibles as \\u escapes, cut at limit."""
    cut = text if len(text) <= limit else text[: limit - 3] + "..."
    return "".join(ch if _harmless(ch) else _escaped(ch) for ch in cut)


def _harmless(ch: str) -> bool:
    # C* is control, format (bidi, zero width), surrogate, private and unassigned; Zl and Zp break lines; other Zs
    # look like a blank and are none.
    category = unicodedata.category(ch)
    return ch == " " or (category[0] != "C" and category not in ("Zl", "Zp", "Zs"))


def _escaped(ch: str) -> str:
    code = ord(ch)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
