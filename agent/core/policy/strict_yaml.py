"""Bytes to plain text, lists and keys, with the place of each; the only importer of PyYAML's composer.

Refuses, before parsing, what is too large, not clean text, tabbed or nested absurdly; refuses, while composing,
anchors, aliases, tags, several documents and duplicate keys. Every scalar stays the text that was written:
`NO`, `012` and `2027-06-30` are text, and an empty plain scalar is None ("nothing is written here").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import yaml

from agent.core.policy.problems import MOST_PROBLEMS, Problem, Related

Path = tuple[str | int, ...]

MAX_BYTES = 64 * 1024
MAX_LINES = 2000
MAX_LINE = 2000
MAX_DEPTH = 14
MAX_OPEN = 40  # brackets open at once, counted without understanding quotes
_ODD = re.compile(r"[^\n\x20-\x7e]")
_BRACKET = re.compile(r"[\[\]{}]")
_STR = "tag:yaml.org,2002:str"
_ALIAS = "!alias"  # stands where an alias stood: nothing is known of its value
_KINDS = {yaml.ScalarNode: _STR, yaml.SequenceNode: "tag:yaml.org,2002:seq", yaml.MappingNode: "tag:yaml.org,2002:map"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; line and column from 1."""

    line: int
    column: int
    length: int


@dataclass(slots=True)
class Tree:
    """What was written. `root` is None when nothing usable could be read; problems may exist beside a usable root."""

    file: str
    text: str = ""
    root: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    holes: list[Path] = field(default_factory=list)  # where an alias stood
    problems: list[Problem] = field(default_factory=list)

    def key(self, path: Path) -> Place:
        """The key at `path`, or what stands nearest above it."""
        while path:
            place = self.keys.get(path) or self.values.get(path)
            if place is not None:
                return place
            path = path[:-1]
        return Place(1, 1, 1)

    def value(self, path: Path) -> Place:
        """The value at `path` where it is one word or line, else its key."""
        return self.values.get(path) or self.key(path)

    def add(self, code: str, message: str, place: Place, help_: str, **more: Any) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(
                Problem(code, message, self.file, place.line, place.column, place.length, help_, **more)
            )


def read_tree(data: bytes, file: str) -> Tree:
    """Everything that can be known of the bytes without a schema. The caller's own: what it alters is nobody else's."""
    tree = _composed(data, file)
    return replace(
        tree,
        root=_own(tree.root),
        keys=dict(tree.keys),
        values=dict(tree.values),
        holes=list(tree.holes),
        problems=list(tree.problems),
    )


def _own(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _own(one) for key, one in value.items()}
    return [_own(one) for one in value] if isinstance(value, list) else value


# A policy is read again before each reading, claim and look at the status, and composing takes 0.1 s of pure Python.
# What the same bytes say is the same.
@lru_cache(maxsize=16)
def _composed(data: bytes, file: str) -> Tree:
    tree = Tree(file)
    text = _clean_text(data, tree)
    if text is None:
        return tree
    tree.text = text
    try:
        _compose(text, tree)
    except _TooDeepError as deep:
        tree.add(
            "P008", f"nested more than {MAX_DEPTH} levels deep", _point(deep.mark), "no policy needs that many levels"
        )
        tree.root = None
    except yaml.YAMLError as error:
        tree.add("P009", *_not_yaml(error, text))
        tree.root = None
    return tree


def _clean_text(data: bytes, tree: Tree) -> str | None:
    if len(data) > MAX_BYTES:
        message = f"the file has more than {MAX_BYTES:,} bytes"
        tree.add("P001", message, Place(1, 1, 1), "a policy is a few hundred lines; split it by purpose")
        return None
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        tree.add("P002", "the file is not UTF-8 text", Place(line, column, 1), "save the file as UTF-8 in your editor")
        return None
    refused = _first_refusal(text)
    if refused is not None:
        tree.text = text[: 4 * MAX_LINE]
        tree.add(*refused)
        return None
    return text


def _first_refusal(text: str) -> tuple[str, str, Place, str] | None:
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        return "P001", f"the file has more than {MAX_LINES:,} lines", Place(MAX_LINES, 1, 1), "split it by purpose"
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            message = f"line {number} has more than {MAX_LINE:,} characters"
            return "P001", message, Place(number, 1, 1), "break the line where a list item or key begins"
    for odd in _ODD.finditer(text):
        if _is_refused(odd.group()):
            return _odd_character(text, odd.start())
    return _too_many_open(text)


def _is_refused(char: str) -> bool:
    if ord(char) < 0xA0:
        return True
    # Zs other than the ASCII blank looks like a blank and is none; Cf hides or reorders what approvers see.
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs")


def _odd_character(text: str, at: int) -> tuple[str, str, Place, str]:
    line = text.count("\n", 0, at) + 1
    place = Place(line, at - (text.rfind("\n", 0, at) + 1) + 1, 1)
    if text[at] == "\t":
        lines = sum("\t" in row for row in text.split("\n"))
        return "P007", f"tabs are not allowed ({lines} lines have one)", place, "replace each tab with spaces"
    name = unicodedata.name(text[at], f"U+{ord(text[at]):04X}").lower()
    return "P002", f"an invisible or control character stands here ({name})", place, "delete it and retype the place"


def _too_many_open(text: str) -> tuple[str, str, Place, str] | None:
    opened = 0
    for bracket in _BRACKET.finditer(text):
        opened = opened + 1 if bracket.group() in "[{" else max(opened - 1, 0)
        if opened > MAX_OPEN:
            line = text.count("\n", 0, bracket.start()) + 1
            return "P008", f"more than {MAX_OPEN} brackets are open at once", Place(line, 1, 1), "close them"
    return None


class _TooDeepError(Exception):
    def __init__(self, mark: yaml.Mark) -> None:
        super().__init__("too deep")
        self.mark = mark


class _Loader(yaml.SafeLoader):
    """SafeLoader without anchors, aliases, tags and guesses: every scalar is text."""

    def __init__(self, text: str, tree: Tree) -> None:
        super().__init__(text)
        self.tree = tree
        self.level = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            self._refuse("P004", "an alias (*) stands here", event, "write the value again; or quote the text")
            return yaml.ScalarNode(_ALIAS, "", event.start_mark, event.end_mark)
        if event.anchor is not None:
            self._refuse("P004", "an anchor (&) stands here", event, "remove it; or quote the text")
            event.anchor = None
        if event.tag is not None:
            self._refuse("P005", "a tag (!) stands here", event, "remove it; or quote the text")
            event.tag = None
        if self.level >= MAX_DEPTH:
            raise _TooDeepError(event.start_mark)
        self.level += 1
        node = super().compose_node(parent, index)
        self.level -= 1
        return node

    def resolve(self, kind: type[yaml.Node], _value: Any, _implicit: Any) -> str:
        return _KINDS[kind]

    def _refuse(self, code: str, message: str, event: Any, help_: str) -> None:
        self.tree.add(code, message, _span(event.start_mark, event.end_mark, self.tree.text), help_)


_A_BEGINNING = "see field_policies/templates for a beginning"


def _compose(text: str, tree: Tree) -> None:
    loader = _Loader(text, tree)
    loader.get_event()  # type: ignore[no-untyped-call]
    if loader.check_event(yaml.StreamEndEvent):
        tree.add("P015", "the file is empty", Place(1, 1, 1), _A_BEGINNING)
        return
    start: Any = loader.peek_event()  # type: ignore[no-untyped-call]
    if start.version is not None or start.tags:
        tree.add("P006", "a % directive stands here", _point(start.start_mark), "remove the line")
    node = loader.compose_document()
    if not loader.check_event(yaml.StreamEndEvent):
        place = _point(loader.peek_event().start_mark)  # type: ignore[no-untyped-call]
        tree.add("P006", "a second document begins here", place, "keep one policy in one file; remove `---`")
    tree.root = _Plain(tree).of(node, ())
    if tree.root is None and not tree.problems:  # `---`, and nothing behind it
        tree.add("P015", "the file is empty", _point(start.start_mark), _A_BEGINNING)


@dataclass(slots=True)
class _Plain:
    """Nodes to plain values, writing down the place of each key and value."""

    tree: Tree

    def of(self, node: Any, path: Path) -> Any:
        self.tree.values[path] = _span(node.start_mark, node.end_mark, self.tree.text)
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.of(item, (*path, i)) for i, item in enumerate(node.value)]
        if node.tag == _ALIAS:
            self.tree.holes.append(path)
        self._visible(node.value, self.tree.values[path])
        return None if node.value == "" and node.style is None else node.value

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen: dict[str, Place] = {}
        for key, value in node.value:
            place = _span(key.start_mark, key.end_mark, self.tree.text)
            if not isinstance(key, yaml.ScalarNode) or key.value == "":
                self.tree.add("P012", "a key must be a single word", place, "write `name: value`")
            elif key.value in seen:
                self._twice(key.value, place, seen[key.value])
            else:
                seen[key.value] = place
                self._visible(key.value, place)
                self.tree.keys[(*path, key.value)] = place
                yield key.value, self.of(value, (*path, key.value))

    def _visible(self, text: str, place: Place) -> None:
        """What an escape such as "\\x1b" or "\\u200b" stands for is held to the same rule as what is written."""
        if any(_is_refused(odd.group()) for odd in _ODD.finditer(text)):
            message = "an escape here stands for an invisible or control character"
            self.tree.add("P002", message, place, "write the text without it")

    def _twice(self, name: str, place: Place, first: Place) -> None:
        related = (Related(first.line, first.column, first.length, "first listed here"),)
        help_ = "remove one of the two; fieldgate refuses to guess which one you meant"
        self.tree.add("P003", f"`{name}` is listed twice", place, help_, label="second time here", related=related)


def _point(mark: yaml.Mark | None) -> Place:
    return Place(1, 1, 1) if mark is None else Place(mark.line + 1, mark.column + 1, 1)


def _span(start: yaml.Mark, end: yaml.Mark, text: str) -> Place:
    """From start to end, or to the end of the first line where it goes over several."""
    length = end.column - start.column
    if end.line != start.line:
        stop = text.find("\n", start.index)
        length = (len(text) if stop < 0 else stop) - start.index
    return Place(start.line + 1, start.column + 1, max(length, 1))


def _not_yaml(error: yaml.YAMLError, text: str) -> tuple[str, Place, str]:
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or "it cannot be read"
    place = _point(mark)
    last = text.count("\n") + 1
    place = Place(min(place.line, last), place.column, 1)
    help_ = "look here and one line higher for a missing blank after `:`, or a quote or bracket not closed"
    return f"this is not YAML: {said}", place, help_
