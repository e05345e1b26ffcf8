"""Measure the screen and write docs/screening.md: `python -m tests.measure_screen`.

The frozen corpus (half of its templates unseen), and sets written later, each with the figures of its first reading.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from agent.core.screen import screen_text, screen_values

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "screening.md"
# Figures of each later set on its first reading, before the patterns were mended on it: caught, harmed, in percent.
FIRST_READING = {
    "set1": (90.3, 2.5),
    "set2": (85.6, 4.1),
    "set3": (88.7, 3.0),
    "set4": (81.5, 6.0),
    "set5": (93.5, 3.0),
    "set6": (86.3, 3.6),
}
# By other hands. First sight; after improving on the a sets, before anybody had read b (extra_b was never mended on).
OTHER_HAND = {
    "texts_a": ((81.5, 5.0), None),
    "extra_a": ((76.5, 7.8), None),
    "texts_b": ((68.0, 7.0), (71.0, 6.0)),
    "extra_b": ((60.0, 9.3), (65.0, 2.3)),
    "third_a": ((100.0, 1.3), None),
    "third_b": ((100.0, 2.7), (100.0, 1.3)),
    "hard_a": ((84.0, 8.3), None),
    "hard_b": ((88.9, 5.6), (88.9, 2.8)),
}
# Notes in the trade's own hand, each set frozen in a commit and then measured: caught, harmed. When rounds 1 and 2 were
# written the patterns had not been read; the later ones were written after the errors of the earlier ones were mended.
FRESH = {
    "round1": (97.4, 3.4),
    "round2": (84.4, 6.3),
    "round3": (86.6, 4.3),
    "round4": (92.2, 2.8),
    "round5": (73.4, 4.4),
    "round6": (46.6, 0.9),
    "round7": (75.2, 8.7),
    "round8": (59.2, 3.7),
    "round9": (76.0, 4.6),
    "texts3": (94.0, 0.7),
    "texts4": (78.2, 2.2),
    "texts5": (99.3, 1.3),
    "texts6": (84.7, 2.0),
}


@dataclass(frozen=True)
class Labeled:
    text: str
    npi: bool
    category: str
    unseen: bool


def corpus() -> list[Labeled]:
    lines = (HERE / "corpus" / "texts.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [Labeled(row["text"], row["npi"], row["category"], row["unseen"]) for row in rows]


def later() -> dict[str, list[Labeled]]:
    found = {}
    for path in sorted((HERE / "corpus" / "later").glob("set*.txt")):
        pairs = (line.split("|", 1) for line in path.read_text("utf-8").splitlines() if line)
        found[path.stem] = [Labeled(text, label == "npi", label, unseen=False) for label, text in pairs]
    return found


def fresh() -> dict[str, list[Labeled]]:
    found = {}
    for name in FRESH:
        path = HERE / "corpus" / "unseen" / name
        if path.with_suffix(".jsonl").exists():
            rows = [json.loads(line) for line in path.with_suffix(".jsonl").read_text("utf-8").splitlines()]
            pairs = [(row["category"] if row["label"] == "npi" else "harmless", row["text"]) for row in rows]
        else:
            pairs = [tuple(line.split("|", 1)) for line in path.with_suffix(".txt").read_text("utf-8").splitlines()]
        found[name] = [Labeled(text, label != "harmless", label, unseen=False) for label, text in pairs]
    return found


def other_hand() -> dict[str, list[Labeled]]:
    found = {}
    for name in OTHER_HAND:
        lines = (HERE / "corpus" / "other_hand" / f"{name}.jsonl").read_text("utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        found[name] = [Labeled(row["text"], row["npi"], row["category"], unseen=False) for row in rows]
    return found


def rates(texts: list[Labeled]) -> tuple[float, float]:
    """Percent of nonpublic texts caught, percent of harmless texts harmed."""
    count = Counter((t.npi, screen_text(t.text).npi) for t in texts)
    npi = count[True, True] + count[True, False]
    harmless = count[False, True] + count[False, False]
    return 100 * count[True, True] / max(1, npi), 100 * count[False, True] / max(1, harmless)


def by_category(texts: list[Labeled]) -> list[str]:
    total = Counter(t.category for t in texts)
    right = Counter(t.category for t in texts if screen_text(t.text).npi == t.npi)
    return [f"| {name} | {right[name]} of {total[name]} |" for name in sorted(total)]


def microseconds() -> list[str]:
    """CPU time a value costs, for the page."""
    repeated = [
        cell
        for i in range(5_000)
        for cell in (
            str(100_000 + i),
            "Robin",
            "Placeholder",
            f"robin{i}@mail.example",
            f"404-555-{i:04}",
            f"30301-{i:04}",
            f"1FTEW1EP5KFA{i:05}",
            "2026-03-14",
        )
    ]
    draw = random.Random(7)
    parts = [a + b for a in ("b", "ch", "d", "k", "l", "m", "r", "st", "t", "v") for b in ("a", "en", "i", "o", "ow")]
    varied = [
        cell
        for _ in range(5_000)
        for name in ["".join(draw.choices(parts, k=3))]
        for cell in (
            name.title(),
            f"{name}.{draw.choice(parts)}{draw.randrange(99)}@mail.example",
            f"{draw.randrange(9999)} {name.title()} St",
            "".join(draw.choices("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", k=17)),
        )
    ]
    notes = [t.text for rows in fresh().values() for t in rows]
    return [
        f"| values of a page that are much alike, once RE2 has its states | {_took(repeated, twice=True):.2f} |",
        f"| names, addresses and vehicle numbers drawn at random, the first 20,000 | {_took(varied):.1f} |",
        f"| notes, each read by itself (half of them nonpublic) | {_took(notes):.0f} |",
    ]


def _took(values: list[str], *, twice: bool = False) -> float:
    if twice:
        screen_values(values)
    start = time.process_time()
    screen_values(values)
    return (time.process_time() - start) / len(values) * 1e6


def main() -> None:
    texts = corpus()
    halves = {"seen": [t for t in texts if not t.unseen], "unseen": [t for t in texts if t.unseen]}
    lines = [HEAD, "| half | texts | nonpublic caught | harmless harmed |", "|---|---|---|---|"]
    for name, half in halves.items():
        caught, harmed = rates(half)
        lines.append(f"| {name} | {len(half)} | {caught:.1f} % | {harmed:.1f} % |")
    lines += ["", "Unseen half, answered rightly:", "", "| kind | right |", "|---|---|", *by_category(halves["unseen"])]
    lines += ["", LATER, "| set | texts | first reading: caught, harmed | today |", "|---|---|---|---|"]
    for name, rows in later().items():
        first, now = FIRST_READING[name], rates(rows)
        today = f"{now[0]:.1f} %, {now[1]:.1f} %"
        lines.append(f"| {name} | {len(rows)} | {first[0]:.1f} %, {first[1]:.1f} % | {today} |")
    lines += ["", ANOTHER, "| set | texts | first sight | before it was read | today |", "|---|---|---|---|---|"]
    for name, rows in other_hand().items():
        sight, unread = OTHER_HAND[name]
        today = "{:.1f} %, {:.1f} %".format(*rates(rows))
        before = "{:.1f} %, {:.1f} %".format(*unread) if unread else "-"
        lines.append(f"| {name} | {len(rows)} | {sight[0]:.1f} %, {sight[1]:.1f} % | {before} | {today} |")
    lines += ["", NOTES, "| set | nonpublic | harmless | first sight | today |", "|---|---|---|---|---|"]
    for name, rows in fresh().items():
        sight, now = FRESH[name], rates(rows)
        counts = Counter(row.npi for row in rows)
        today = f"{now[0]:.1f} %, {now[1]:.1f} %"
        lines.append(f"| {name} | {counts[True]} | {counts[False]} | {sight[0]:.1f} %, {sight[1]:.1f} % | {today} |")
    lines += [
        "",
        SPEED,
        "",
        "| what | microseconds a value, when this page was written |",
        "|---|---|",
        *microseconds(),
    ]
    lines += ["", BLIND]
    PAGE.write_text("\n".join(lines) + "\n", "utf-8", newline="\n")


HEAD = """\
# The value screen, measured

Written by `python -m tests.measure_screen`; do not edit. All texts are invented. The frozen corpus
(tests/corpus/texts.jsonl) was generated from two grammars in one commit before a pattern was written; half of its
templates are marked unseen. Its grammars and the patterns come from the same authors, so both halves flatter.
"""
LATER = """\
Fairer are these: sets written later, in other styles, by the same hand; each read once, then used to mend the patterns.
The first reading is nearer to what texts by another hand will show. Set 4 is terse
jargon, set 5 plain prose.
"""
ANOTHER = """\
Fairest are these, in `tests/corpus/other_hand`: written by somebody who had seen neither patterns nor corpus, half of
each nonpublic. Caught, harmed, in percent. `texts_a` and `extra_a` were read and used first. What that gave on
`texts_b`, which nobody had read, is the middle column: **71 % caught, 6 % harmed**. Then `texts_b` was read and used
too, so its last column flatters. `extra_b` (each text a likely source of error: 20 nonpublic, 43 harmless) was never
mended on; set 6 above was written between the two.

The last four are by a third hand, 150 and 189 texts each. `third_a` and `third_b` were written from the screen's
description alone, in the plain words of that description, and ask little. `hard_a` and `hard_b` were written after
parts of the patterns had been seen, to be harder: terser, more indirect, harmless texts closer to finance. The `a` sets
were read and used, twice; both times `hard_b`, unread, gave the middle column: **89 % caught, 3 % harmed**. It stands
beside the 71 % and 6 % above: which is nearer depends on how indirectly people write. What was mended on `hard_a`
lowered the harm on `hard_b` and caught nothing more in it. Then the errors in `third_b` and `hard_b` were read and
used too, so their last columns flatter.
"""
NOTES = """\
Notes as advisors, salespeople and finance offices type them (`tests/corpus/unseen`), each set frozen in a commit before
it was measured; `round8` and `round9` were measured once, unread, before theirs. Caught, harmed. When `round1` (short
lines) and `round2` (whole sentences, indirect) were written, the patterns had not been read; `round3` and later were
written after the errors of the rounds before had been mended by rule. First sight is the figure to believe; then the
errors were read, so the last column flatters.

`round5` and `round6` were written to be as indirect as notes get, by a hand that had just read the patterns: no
product of finance is named, amounts stand in words, half of `round6` is sense without words. `texts3` is by another
hand, 300 texts from the screen's description. Mended on `round5` alone, and before anybody had read it, the screen
caught 96.4 % of `texts3` and harmed 0.7 %; of `round6` it caught 48.9 %. So: what says what it means is caught, what
hints is not.

`texts4` is by the hand of `texts3` in other genres (messages, voicemail, print-outs, JSON) and was measured after all
of that had been mended: 78.2 % and 2.2 %. A genre that nobody here has read costs more than a hand.
`round7` are the same genres by the hand that mended the patterns, 299 texts written before and 154 after the first of
the mending, its harmless texts close to the nonpublic ones. Of the half of each that was not read, the new patterns
caught 88.0 % and 95.0 % and harmed 3.0 % and 10.8 % (of 66 and 37); then these errors were read and mended too.

Since `round8` a weighed sum of a text's words stands beside the patterns (docs/decisions, 180). Its weights are learned
from every set here, so that today's figures of all of them flatter more than before; only the unseen half of the corpus
and `extra_b` are kept from it. (Three errors in `extra_b` have been seen since; nothing was mended on them.) `round8`
and `round9` are fresh texts by the hand that mended, `round8` measured before there were weights, `round9` before they
had learned from it. `texts5` and `texts6` are by yet another hand, both measured before anybody here had read them,
`texts6` after `texts5` had been read: without the weights they would have been 97.3 % and 1.3 %, and 74.0 % and 0.7 %.
So a hand that writes in sentences is understood, one that drops its vowels ("p/o ck short", "rsrv") was not: that cost
15 in a hundred. Mended on `texts6` in general ways (the skeleton of a word, a lower threshold) and with nothing learned
from it, the screen caught 90.0 % of it and harmed 2.7 %.
"""
SPEED = """\
Speed: short values are read joined, a page in one pass of each of sixteen expressions, single words of four; values
that hit, and all of five words or more, are read by themselves, by the patterns whose words they hold
([decision 190](decisions/0190-a-sentence-is-asked-of-each-pattern.md)). The first pages of a process cost more, while
RE2 builds its states."""

BLIND = """\
What the screen cannot see: sense without words ("he took the long one, 84"), numbers whose meaning stands in another
column, pictures, other languages than English and some Spanish and French. It is a net under the promise that no
shipped policy sends free text."""


if __name__ == "__main__":
    main()
