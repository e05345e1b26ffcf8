"""What pydantic found, said in the words of an officer and with the place in the file.

Nothing of pydantic's own wording reaches a person, and no value is repeated except what stands in the person's file.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from agent.core.policy.strict_yaml import Path, Place, Tree
from agent.core.policy.words import RENAMED

_TAGS = ("<exists>", "<comparison>")  # pydantic's branch of a condition; no key of the file
_COUNTS = {"too_short": "P015", "too_long": "P014"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One of pydantic's errors, its path freed of pydantic's own steps."""

    kind: str
    path: Path
    ctx: Mapping[str, Any]
    given: object


def findings(error: ValidationError) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            found["type"],
            tuple(step for step in found["loc"] if step not in _TAGS),
            found.get("ctx") or {},
            found.get("input"),
        )
        for found in error.errors(include_url=False)
    )


def delete(root: Any, path: Path) -> None:
    """Takes one unknown key out of the plain document, so that the rest can be looked at."""
    for step in path[:-1]:
        root = root[step]
    del root[path[-1]]


def is_misspelled(missing: Finding, found: tuple[Finding, ...]) -> bool:
    """A required key that stands there under a misspelled name is one problem, not two."""
    if missing.kind != "missing":
        return False
    unknown = [str(f.path[-1]) for f in found if f.kind == "extra_forbidden" and f.path[:-1] == missing.path[:-1]]
    return nearest(str(missing.path[-1]), tuple(unknown)) is not None


def report(found: Finding, tree: Tree, model: type[BaseModel]) -> None:
    """Adds the problem to the tree."""
    path, ctx = found.path, found.ctx
    name = str(path[-1]) if path else ""
    if found.kind == "fieldgate":
        place = tree.key(path) if ctx["code"] == "P010" else _place(tree, path)
        tree.add(str(ctx["code"]), str(ctx["message"]), place, str(ctx["help"]))
    elif found.kind == "extra_forbidden":
        known = keys_at(model, path[:-1])
        tree.add("P011", f"`{name}` is not a key that belongs here", tree.key(path), _unknown_key(name, known))
    elif found.kind == "missing":
        tree.add("P010", f"`{name}` is missing", tree.key(path[:-1]), _describe(model, path))
    elif found.kind == "literal_error":
        _report_word(path, ctx, found.given, tree)
    elif found.kind == "too_short" and found.given:
        pass  # its entries were refused one by one
    elif found.kind in _COUNTS:
        said = "nothing is written here" if found.kind == "too_short" else f"the list `{name}` is too long"
        tree.add(_COUNTS[found.kind], said, _place(tree, path), "an empty list never means 'all'; write an entry")
    elif found.given is None:
        help_ = f"write what belongs under `{name}`, or remove the key if it is optional"
        tree.add("P015", "nothing is written here", _place(tree, path), help_)
    else:
        _report_shape(found.kind, path, name, tree)


def _report_shape(kind: str, path: Path, name: str, tree: Tree) -> None:
    belongs, form = ("a list", "[one, two]") if kind == "tuple_type" else ("a group of keys", "{key: value}")
    written = f"`{name}: {form}`" if name and not isinstance(path[-1], int) else f"`{form}`"
    tree.add("P012", f"{belongs} belongs here", _place(tree, path), f"write {written}, or indent it under the key")


def _report_word(path: Path, ctx: Mapping[str, Any], given: object, tree: Tree) -> None:
    allowed = str(ctx["expected"]).replace("'", "").replace(" or ", ", ")
    if given is None:
        tree.add("P015", "nothing is written here", _place(tree, path), f"choose one of: {allowed}")
    elif not isinstance(given, str):
        tree.add("P012", "a single word belongs here", _place(tree, path), f"choose one of: {allowed}")
    else:
        near = nearest(given, tuple(allowed.split(", ")))
        help_ = f"did you mean `{near}`? allowed: {allowed}" if near else f"allowed: {allowed}"
        tree.add("P013", f"`{given}` is not one of the allowed words", _place(tree, path), help_)


def _place(tree: Tree, path: Path) -> Place:
    """A key that is itself wrong is reported by pydantic as (..., key, '[key]')."""
    if path and path[-1] == "[key]":
        return tree.key(path[:-1])
    value = tree.values.get(path)
    key = tree.keys.get(path)
    # A group that runs over several lines is shown by its key; a word by itself.
    if value is None or (key is not None and value.line != key.line):
        return tree.key(path)
    return value


def _unknown_key(name: str, known: tuple[str, ...]) -> str:
    if name in RENAMED and RENAMED[name] in known:
        return f"write `{RENAMED[name]}`"
    near = nearest(name, known)
    listed = ", ".join(known)
    return f"did you mean `{near}`? known here: {listed}" if near else f"known here: {listed}"


def nearest(name: str, known: tuple[str, ...]) -> str | None:
    """The known name a person most likely meant; None where nothing is near. Capitals do not count."""
    by_fold = {k.lower(): k for k in known}
    found = difflib.get_close_matches(name.lower()[:128], list(by_fold), n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def keys_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The keys that belong at `path`; nothing where any name may stand."""
    names: list[str] = []
    for at in _models_at(model, path):
        names += [field.alias or name for name, field in at.model_fields.items()]
    return tuple(dict.fromkeys(names))


def _models_at(model: type[BaseModel], path: Path) -> tuple[type[BaseModel], ...]:
    current: tuple[Any, ...] = (model,)
    for step in path:
        current = tuple(inner for one in current for inner in _step(one, step))
    return tuple(one for one in current if isinstance(one, type) and issubclass(one, BaseModel))


def _step(current: Any, step: str | int) -> tuple[Any, ...]:
    if isinstance(current, type) and issubclass(current, BaseModel):
        for name, field in current.model_fields.items():
            if (field.alias or name) == step:
                return _unwrapped(field.annotation)
        return ()
    args = get_args(current)
    return _unwrapped(args[1] if get_origin(current) is dict else args[0]) if args else ()


def _unwrapped(annotation: Any) -> tuple[Any, ...]:
    """Annotated and unions opened until a model, a dict or a tuple stands there."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _unwrapped(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(inner for one in get_args(annotation) if one is not type(None) for inner in _unwrapped(one))
    return (annotation,)


def _describe(model: type[BaseModel], path: Path) -> str:
    for at in _models_at(model, path[:-1]):
        for name, field in at.model_fields.items():
            if (field.alias or name) == path[-1]:
                return f"add `{path[-1]}:`. {field.description or ''}".strip()
    return f"add `{path[-1]}:`"
