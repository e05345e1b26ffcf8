"""Words of finance that name somebody or some place: Mr Lease, Thuy Loan called, 12 Cash Rd. Excuses words only."""

from __future__ import annotations

import re

_AROUND = 40
_LONGEST = 30
_WORDS = re.compile(r"(?:\d{1,5} )?[A-Za-z][A-Za-z '&-]*")
_TITLE = re.compile(
    r"(?i)\b(?:mr|mrs|ms|miss|dr|sra?|srta|mme|mlle|coach|pastor|sgt|last name|surname|apellido|subdiv\w*|named|"
    r"(?:rue|calle|avenida|chemin)(?: de(?: la| los?)?| du)?|neighborhood|street|is called)(?: is| is called)?[.:]? $"
)
_PLACE = re.compile(
    r"(?i)(?: of(?: the)?)?(?: [A-Z][a-z]+){0,2} ?(?:ln|lane|rd|road|st|street|ave?|avenue|dr|drive|blvd|ct|court|way|"
    r"pkwy|parkway|plaza|hwy|highway|cir|circle|trl|trail|bridge|lot|bldg|building|tower|mall|arena|stadium|"
    r"trailhead|hill|hollow|creek|ridge|park)\b"
)
_CORNER = re.compile(r" (?:&|and) (?:\d|[A-Z])")
_HOUSE = re.compile(r"\b(?:\d{1,5}|on|at|off|near|to|from)(?: [NSEW]\.?)? $")
_FIRST_NAME = re.compile(r"(?:^|[^A-Za-z])(?!Auto|Car|Home|Truck|Bank|New|Old|The|Her|His|My|Our|Cust)[A-Z][a-z]+ $")
_DOES = re.compile(
    r"(?: [A-Z][a-z]+)? (?:called|is|here|waiting|dropp|picked|says|said|wants|arriv|in (?:the )?lounge|cell|will|"
    r"needs|\()"
)


def is_a_name(seen: str, start: int, end: int) -> bool:
    """Whether the hit at these places, words only, stands where a name stands."""
    hit = seen[start:end].strip()
    if len(hit) > _LONGEST or not _WORDS.fullmatch(hit):
        return False
    before, after = seen[max(0, start - _AROUND) : start].rstrip() + " ", seen[end : end + _AROUND]
    capital = hit[0].isupper()
    if _TITLE.search(before) or (_PLACE.match(after) and (capital or hit[0].isdigit() or _HOUSE.search(before))):
        return True
    if not capital:
        return False
    does = _DOES.match(after)
    named = does is not None and bool(_FIRST_NAME.search(before) or " " in does[0].strip())
    return named or bool(_HOUSE.search(before) and _CORNER.match(after))
