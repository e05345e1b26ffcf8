"""Files somebody could have written: pieces of good and bad policies, put together wrongly. Seeded, so a find is found
again. Whole words are exchanged, so that many files stay well-formed and reach the checks behind the form."""

from __future__ import annotations

import random
import re
from pathlib import Path

from tests.fuzz.naive import nonpublic

ROOT = Path(__file__).parents[2]
_WORD = re.compile(r"[A-Za-z0-9_.@-]+")
_SIGNS = [
    "&a", "*a", "!!python/object:x", "!x", "---", "...", "<<: *a", "? ", "- ", ": ", "{", "}", "[", "]", '"', "'", "#",
    "|", ">", "%YAML 1.1", "\t", "\x00", "\ufeff", "\u200b", "\u202e", "\u00a0", "\u2028", "\r", "~", "null", "NO",
    "012", "2027-02-30", "9" * 40, "\\u200b", '"\\x1b[2J"', "FILL_IN", "e\u0301", "\uff21PR",
]  # fmt: skip
_DRESSED = ("{}", '"{} "', "BUYER_{}", "{}2", "VEHICLE.{}", '"{}"', "dbo.{}")


def seeds() -> list[str]:
    files = [*(ROOT / "field_policies").glob("*.yaml"), *(ROOT / "tests" / "policies").glob("*/*.yaml")]
    return [f.read_bytes().decode("utf-8", "replace") for f in sorted(files) if f.stem != "nonpublic"]


class Mutator:
    """`one()` is the next file; the same seed gives the same files."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seeds = seeds()
        columns, tables = nonpublic()
        self.names = [*columns.values(), *tables.values()]
        self.words = sorted({word for text in self.seeds for word in _WORD.findall(text)})

    def one(self) -> bytes:
        text = self.random.choice(self.seeds)
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 8))):
            text = self.mutate(text)
        return text.encode("utf-8", "surrogatepass")

    def mutate(self, text: str) -> str:
        change = self.random.choice(
            (
                self.word,
                self.word,
                self.word,
                self.name,
                self.name,
                self.line,
                self.move,
                self.splice,
                self.sign,
                self.cut,
            )
        )
        return change(text)

    def word(self, text: str) -> str:
        return self._put(text, self.random.choice(self.words))

    def name(self, text: str) -> str:
        return self._put(text, self.random.choice(_DRESSED).format(self.random.choice(self.names)))

    def _put(self, text: str, new: str) -> str:
        found = list(_WORD.finditer(text))
        if not found:
            return text + new
        at = self.random.choice(found)
        return text[: at.start()] + new + text[at.end() :]

    def line(self, text: str) -> str:
        """Twice, not at all, or indented otherwise."""
        lines = text.split("\n")
        at = self.random.randrange(len(lines))
        kind = self.random.randrange(3)
        if kind == 0:
            lines.insert(self.random.randrange(len(lines)), lines[at])
        elif kind == 1:
            del lines[at]
        else:
            lines[at] = " " * self.random.randrange(9) + lines[at].lstrip()
        return "\n".join(lines)

    def move(self, text: str) -> str:
        """A block of lines somewhere else."""
        lines = text.split("\n")
        start = self.random.randrange(len(lines))
        block = lines[start : start + self.random.randrange(1, 8)]
        at = self.random.randrange(len(lines))
        return "\n".join(lines[:at] + block + lines[at:])

    def splice(self, text: str) -> str:
        """The head of one file, the tail of another."""
        other = self.random.choice(self.seeds).split("\n")
        lines = text.split("\n")
        return "\n".join(lines[: self.random.randrange(len(lines) + 1)] + other[self.random.randrange(len(other)) :])

    def sign(self, text: str) -> str:
        at = self.random.randrange(len(text) + 1)
        return text[:at] + self.random.choice(_SIGNS) * self.random.choice((1, 1, 1, 40)) + text[at:]

    def cut(self, text: str) -> str:
        start = self.random.randrange(len(text) + 1)
        return text[:start] + text[start + self.random.randrange(1, 200) :]
