"""What a draft left for people to write: FILL_IN anywhere in a file, key or value, is a problem of its own, so that no
draft is approved because the words around the blank happen to be allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.core.policy.problems import Problem
from agent.core.policy.strict_yaml import Path, Tree

BLANK = "FILL_IN"
_BLANK_NAME = "fill-in"  # where only lower case letters are allowed: names and addresses
_IT = ("from", "choices", "column", "key", "table")


def blanks(tree: Tree) -> tuple[tuple[Path, Problem], ...]:
    """Each place that nobody has filled in, with its problem."""
    return tuple((path, _problem(tree, path, is_key=is_key)) for path, is_key in _places(tree.root, ()))


def _places(node: Any, path: Path) -> Iterator[tuple[Path, bool]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if _is_blank(key):
                yield (*path, key), True
            yield from _places(value, (*path, key))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from _places(value, (*path, i))
    elif _is_blank(node):
        yield path, False


def _is_blank(node: object) -> bool:
    return isinstance(node, str) and (BLANK in node or node.startswith(_BLANK_NAME))


def _problem(tree: Tree, path: Path, *, is_key: bool) -> Problem:
    place = tree.key(path) if is_key else tree.value(path)
    whose = "ask dealership IT for the name in the database" if any(part in _IT for part in path) else "write it"
    where = str(path[-1]) if isinstance(path[-1], str) else str(path[-2])
    message = f"`{where}` is still to be filled in"
    return Problem("P053", message, tree.file, place.line, place.column, place.length, f"{whose}, in place of {BLANK}")
