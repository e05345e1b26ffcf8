"""Field names inside a text: `PRIN_BAL 0001884402`, `birth_date=1966-12-09`, `CDWN:3500`, `<apr>`, `"bkCount":1`.

Notes are pasted from screens. What the names mean is the classifier's business; this only finds them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from agent.core.classify import classify
from agent.core.names import read_name

# Which texts hold such a name; both engines read it alike.
WORTH = r"[a-z0-9]_[a-z0-9]|[a-z0-9]=[^=]|\b[a-z]{3,12}\d?:\d|<[a-z]\w{1,30}>[^<]"
_NAMES = re.compile(
    r"(?P<joined>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+)\s{0,3}[:=]?\s{0,3}[^\s:=]"
    r"|(?P<given>[A-Za-z][A-Za-z0-9.]{2,24})\s?=\s?[^\s=]"
    r"|(?P<short>[A-Z]{3,12}[0-9]?):[0-9]"
    r"|<(?P<tag>[A-Za-z]\w{1,30})>[^<\s]"
    r'|"(?P<key>[A-Za-z]\w{2,30})"\s?:\s?(?:"[^"]|[\dtf])',
    re.ASCII,
)


def named_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and category of each name of something nonpublic, with what it names up to the next blank or comma."""
    for match in _NAMES.finditer(text):
        name = match["joined"] or match["given"] or match["short"] or match["tag"] or match["key"]
        category = _category(name)
        if category == "term" and _COVERED.search(text, max(0, match.start() - _NEAR), match.end() + _NEAR):
            continue  # how long a warranty lasts
        if category and _tells(match, name):
            end = _END.search(text, match.end() - 1)
            yield match.start(), end.start() if end else len(text), category


_NEAR = 40
_COVERED = re.compile(r"(?i)warr|coverage|\bcov\b|service.?(?:plan|contract)|powertrain", re.ASCII)
_END = re.compile(r"[\s,;|&]|$")
_NOT_THE_LAW = frozenset({"opaque", "free_text", "vehicle_secret"})


@functools.lru_cache(maxsize=2048)
def _category(name: str) -> str:
    verdict = classify(name)
    return "" if verdict.verdict == "plain" or verdict.category in _NOT_THE_LAW else verdict.category


def _tells(match: re.Match[str], name: str) -> bool:
    """Keys of software say much that is no customer's (score, rate, annualMiles): there the list must forbid it."""
    if match["tag"] or match["key"]:
        return classify(name).verdict == "forbidden"
    return match["short"] is None or len(read_name(name).words) > 1
