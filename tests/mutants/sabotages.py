"""The sabotages of sabotages.yaml as values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

_DATA: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))


class Mutant(NamedTuple):
    """`old` stands exactly once in `file`; with `new` in its place, `test` must fail."""

    id: str
    promise: int
    file: str
    old: str
    new: str
    test: str


class Change(NamedTuple):
    """One of the places a demo sabotage touches."""

    file: str
    old: str
    new: str


PROMISES: dict[int, str] = _DATA["promises"]
MUTANTS = [Mutant(**one) for one in _DATA["mutants"]]
# The demo must find its own leak: with these in a copy of the tree, `fieldgate demo` there must end with exit 1.
DEMO = {name: [Change(**one) for one in changes] for name, changes in _DATA["demo"].items()}
