"""The reader: the bytes of a policy file in, a `Draft` out, or every problem at once. The only maker of a `Draft`.

A draft is what a person wrote and nothing more: it is not checked against the floor, not approved, and grants nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from pydantic import ValidationError

from agent.core.policy.document import PolicyDocument
from agent.core.policy.problems import Problem, in_order
from agent.core.policy.salvage import cut_out
from agent.core.policy.schema_errors import Finding, delete, findings, is_misspelled, report
from agent.core.policy.strict_yaml import Path, Tree, read_tree

_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy as written. `sha256` ("sha256:<hex>") is over the exact bytes: a changed comment is another draft."""

    name: str
    version: int
    sha256: str
    data: bytes = field(repr=False)
    document: PolicyDocument = field(repr=False)
    file: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a file. With problems, `document` is what could be salvaged: good for finding more problems
    in it, never for anything else; `cut` is what is not there."""

    tree: Tree
    problems: tuple[Problem, ...]
    document: PolicyDocument | None
    cut: frozenset[Path] = frozenset()

    def draft(self, data: bytes) -> Draft | None:
        """The draft, where there is not a single problem of form."""
        if self.problems or self.document is None:
            return None
        return Draft(self.document.policy, self.document.version, digest(data), data, self.document, self.tree.file)


def read_policy(data: bytes, file: str) -> Draft | tuple[Problem, ...]:
    """The draft, or all problems of form. Problems of substance are found by checks."""
    reading = inspect_policy(data, file)
    return reading.draft(data) or reading.problems


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def inspect_policy(data: bytes, file: str) -> Reading:
    """All problems of form, together with as much of the document as can be understood in spite of them."""
    tree = read_tree(data, file)
    if tree.root is None:
        return Reading(tree, in_order(tree.problems), None)
    if not isinstance(tree.root, dict):
        tree.add("P012", "a policy is a group of keys", tree.value(()), "begin with `policy: name`")
        return Reading(tree, in_order(tree.problems), None)
    cut = {cut_out(tree.root, path) for path in tree.holes}
    document = _validated(tree, cut)
    return Reading(tree, in_order(tree.problems), document, frozenset(cut))


def _validated(tree: Tree, cut: set[Path]) -> PolicyDocument | None:
    for _ in range(_ROUNDS):
        try:
            return PolicyDocument.model_validate(tree.root)
        except ValidationError as error:
            found = findings(error)
        for one in found:
            if not _is_our_own_doing(one, cut) and not is_misspelled(one, found):
                report(one, tree, PolicyDocument)
        for one in found:
            if one.kind == "extra_forbidden":
                delete(tree.root, one.path)
        cut |= {cut_out(tree.root, one.path) for one in found if one.kind != "extra_forbidden"}
    return None


def _is_our_own_doing(one: Finding, cut: set[Path]) -> bool:
    """Something around or inside a cut is only noise: it was reported when it was cut."""
    return any(place[: len(one.path)] == one.path or one.path[: len(place)] == place for place in cut)
