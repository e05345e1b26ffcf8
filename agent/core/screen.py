"""The value screen: nonpublic information inside a value, wherever a person typed it. A net under the promise.

Reads text as `screen_normal` gives it; says where, in the original's own positions, never what. Its answers do not
depend on the engine. A value it cannot judge does not exist: every text gets an answer.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.core.floor import exact
from agent.core.names import read_name
from agent.core.screen_coded import named_in
from agent.core.screen_named import is_a_name
from agent.core.screen_normal import STRANGE, Normal, normal, normal_text, plain
from agent.core.screen_rules import AGAIN, Engine, engine, patterns
from agent.core.screen_spoken import spoken
from agent.core.screen_weighed import weighed

_SENTENCE = 4  # blanks: a text of so many words is judged by itself at once
_AROUND = 40  # how far from a hit its excuse may stand
_MASK = "[withheld]"
_ADDRESS_LIKE = re.compile(r"(?i)[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,6}[a-z]{2,24}|\bhttps?://\S+|\bwww\.\S+", re.ASCII)
# Words of a field name that give bare digits a meaning.
_DIGIT_WORDS = frozenset(
    {"ssn", "dob", "dln", "routing", "account", "card", "apr", "passport", "iban", "social", "sin", "birth"}
)
_LETTERS = re.compile(r"[a-z]", re.IGNORECASE)
_LONE_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
# In these fields a single word is a name: Cash, Chase, Loan and Lease are people and streets.
_NAME_WORDS = frozenset({"name", "firstname", "lastname", "middlename", "city", "address", "street", "county", "town"})


@dataclass(frozen=True, slots=True)
class Finding:
    """`spans`: start, end and category of each hit in the original text; `category`: of the first."""

    npi: bool
    category: str
    spans: tuple[tuple[int, int, str], ...]


CLEAN = Finding(npi=False, category="", spans=())


def screen_text(text: str, field: str = "") -> Finding:
    """Judge one text. `field`: its output name or column, which may give bare digits a meaning."""
    return judge(engine(), text, field)


def screen_values(values: Sequence[str], field: str = "") -> dict[int, Finding]:
    """Only the hits, by index. A pass over all short values joined; each one hit, and each sentence, is then judged by
    itself."""
    asked = engine()
    if field and (_named(field) or _context(field)):
        return {i: f for i, v in enumerate(values) if (f := judge(asked, v, field)).npi}
    if " " not in "".join(values):
        suspects = list(_lines(asked, values))
    else:
        suspects = [at for at, value in enumerate(values) if value.count(" ") >= _SENTENCE]
        suspects += _lines(asked, [v if 0 < v.count(" ") < _SENTENCE else "" for v in values])
        # values of one word need not be held against what needs two
        suspects += _lines(asked, [v if " " not in v else "" for v in values])
    return {at: finding for at in sorted(set(suspects)) if (finding := judge(asked, values[at], field)).npi}


def _lines(asked: Engine, values: Sequence[str]) -> Iterator[int]:
    joined = "\n".join(values)
    if joined.count("\n") >= len(values):  # a line end inside a value would shift the count of lines
        joined = "\n".join(v.replace("\n", " ") for v in values)
    if not plain(joined):
        joined = STRANGE.sub(_normal_piece, joined)
    return (at for at in asked.lines(joined) if at < len(values))


def mask_spans(text: str, finding: Finding) -> str:
    """The text with every hit replaced until nothing hits any more; a text that will not come clean goes whole."""
    for _ in range(4):
        if not finding.npi:
            return text
        text = _replaced(text, finding)
        finding = screen_text(text)
    return _MASK


def _digits_only(match: re.Match[str]) -> str:
    """The words of an address say nothing about finance; a number hidden in one still does."""
    return _LETTERS.sub(" ", match[0])


def _normal_piece(match: re.Match[str]) -> str:
    return normal_text(match[0])


def judge(asked: Engine, text: str, field: str) -> Finding:
    """One text through one engine. Tests ask both engines; everybody else asks `screen_text`."""
    named = _named(field) if field else ""
    if named and any(ch.isalnum() for ch in text):
        return Finding(npi=True, category=named, spans=((0, len(text), named),))
    read = normal(text)
    # Line ends are blanks, as in the joined pass: a verdict must not depend on how a value was asked.
    seen = _ADDRESS_LIKE.sub(_digits_only, read.text).replace("\n", " ")
    prefix = _context(field)
    spans = _spans(asked, prefix + seen, len(prefix), read)
    if spans and spans[-1][2] == AGAIN:
        spans = spans[:-1] + _again(asked, prefix, Normal(seen, read.origin, read.length))
        together = "" if spans else weighed(seen)
        if together:  # the sense is in no one place
            spans = [(0, len(text), together)]
    if spans and prefix == "" and field and _name_like(field):
        spans = [s for s in spans if not _LONE_WORD.fullmatch(text[s[0] : s[1]].strip())]
    if not spans:
        return CLEAN
    merged = _merged(spans)
    return Finding(npi=True, category=merged[0][2], spans=tuple(merged))


def _again(asked: Engine, prefix: str, read: Normal) -> list[tuple[int, int, str]]:
    """What a second reading finds: field names pasted into the text, numbers said in words, a scanner's mistakes."""
    spans = [(*read.span(start, end), category) for start, end, category in named_in(read.text)]
    again = spoken(read)
    if again:
        spans += _spans(asked, prefix + again.text, len(prefix), again)
    return [span for span in spans if span[2] != AGAIN]


def _spans(asked: Engine, seen: str, skip: int, read: Normal) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    for number in asked.candidates(seen):
        if patterns()[number].category == AGAIN:
            spans += [(0, 0, AGAIN)] if asked.matches(number, seen) else []
            continue
        for start, end in _hits(asked, number, seen):
            if end > skip:
                first, last = read.span(max(start, skip) - skip, end - skip)
                spans.append((first, last, patterns()[number].category))
    return spans


def _hits(asked: Engine, number: int, seen: str) -> list[tuple[int, int]]:
    check = patterns()[number].check
    found = []
    for start, end, first, last in asked.matches(number, seen):
        if check and not check(seen[first:last]):
            continue
        if asked.excused(number, seen[max(0, start - _AROUND) : end + _AROUND]):
            continue
        if not is_a_name(seen, start, end):
            found.append(_trimmed(seen, first, last) if check else _trimmed(seen, start, end))
    return found


def _trimmed(seen: str, start: int, end: int) -> tuple[int, int]:
    while start < end - 1 and seen[start].isspace():
        start += 1
    while end - 1 > start and seen[end - 1].isspace():
        end -= 1
    return start, end


def _merged(spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    done: list[tuple[int, int, str]] = []
    for start, end, category in sorted(spans, key=lambda s: (s[0], -s[1])):
        if done and start < done[-1][1]:
            last = done[-1]
            done[-1] = (last[0], max(last[1], end), last[2])
        else:
            done.append((start, end, category))
    return done


def _replaced(text: str, finding: Finding) -> str:
    pieces = []
    at = 0
    for start, end, _ in finding.spans:
        pieces += [text[at:start], _MASK]
        at = end
    return "".join([*pieces, text[at:]])


@functools.lru_cache(maxsize=1024)
def _named(field: str) -> str:
    """A field on the floor list is nonpublic whatever it holds."""
    verdict = exact(field)
    return verdict.category if verdict else ""


@functools.lru_cache(maxsize=1024)
def _context(field: str) -> str:
    """The field's words before the value, where they tell what its digits are."""
    words = read_name(field).words if field else ()
    return " ".join(words) + ": " if _DIGIT_WORDS & set(words) else ""


@functools.lru_cache(maxsize=1024)
def _name_like(field: str) -> bool:
    return bool(_NAME_WORDS & set(read_name(field).words))
