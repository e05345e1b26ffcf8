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
    r"(?i)(?: of(?: the)?)?(?: [A-Z][a-z]+){0,2} ?\b(?:ln|lane|rd|road|st|street|ave?|avenue|dr|drive|blvd|ct|court|"
    r"way|pkwy|parkway|plaza|hwy|highway|cir|circle|trl|trail|bridge|lot|bldg|building|tower|mall|arena|stadium|"
    r"trailhead|hill|hollow|creek|ridge|park)\b"
)
_CORNER = re.compile(r" (?:&|and) (?:\d|[A-Z])")
_HOUSE = re.compile(r"\b(?:\d{1,5}|on|at|off|near|to|from)(?: [NSEW]\.?)? $")
_FIRST_NAME = re.compile(r"(?:^|[^A-Za-z])(?!Auto|Car|Home|Truck|Bank|New|Old|The|Her|His|My|Our|Cust)[A-Z][a-z]+ $")
# A whole text that is a person: Wells, Frank; Jose Santander.
_LISTED = re.compile(
    r"(?i), (?!approv|declin|denied|fund|financ|lease|cash|loan|ally|chase|credit|bank|wells|repo)[a-z]{2,14}"
    r"(?: [a-z]\.?)?$"
)
_FIRST_NAMES = re.compile(
    r"(?i)^(?:(?:mr|mrs|ms|miss|dr)\.? )?(?:jam(?:es|ie)|john(?:ny)?|rob(?:ert)?|bob|mi(?:ke|chael)|will(?:iam)?|bill|"
    r"david?|rich(?:ard)?|joe|joseph|jose|tom|thomas|charles|chris|dan(?:iel)?|matt(?:hew)?|tony|mark|don(?:ald)?|"
    r"steven?|paul|andrew|ken(?:neth)?|kevin|brian|george|ed(?:ward)?|ron(?:ald)?|tim|jason|jeff|ryan|jacob|gary|eric|"
    r"frank|scott|larry|juan|luis|carlos|jorge|leo|omar|miguel|pedro|jean|pierre|mary|maria|marie|pat(?:ricia)?|"
    r"jen(?:nifer)?|linda|liz|barb(?:ara)?|susan|sue|jess(?:ica)?|sarah?|karen|lisa|nancy|betty|sandra|ashley|kim|emily|"
    r"donna|michelle|carol|amanda|melissa|deb(?:bie|orah)?|laura|ana|anna|penny|kath\w+|kat(?:e|ie|rina)|rebecca|luz|"
    r"rosa) $"
)
_DOES = re.compile(
    r"(?: [A-Z][a-z]+)? (?:called|is|here|waiting|dropp|picked|says|said|wants|arriv|in (?:the )?lounge|cell|will|"
    r"needs|\()"
)
_HOUSE_NUMBER = re.compile(r"\d{1,6}(?: [A-Za-z'.-]+){1,5}")


def is_an_address(text: str) -> bool:
    """Whether the whole text is a house number and a street: 1100 Credit Union Way."""
    return _HOUSE_NUMBER.fullmatch(text.strip()) is not None and _PLACE.search(text) is not None


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
    if " " not in hit and (
        (not before.strip() and _LISTED.match(after)) or (not after.strip() and _FIRST_NAMES.match(before))
    ):
        return True
    does = _DOES.match(after)
    named = does is not None and bool(_FIRST_NAME.search(before) or " " in does[0].strip())
    return named or bool(_HOUSE.search(before) and _CORNER.match(after))
