"""A broken document made whole enough to be looked through for more problems; never for anything else.

Whatever is faulty is cut out or replaced by a stand-in, and the cut is written down, so that checks say nothing about
what stands there. The result never becomes a draft.
"""

from __future__ import annotations

from typing import Any

from agent.core.policy.strict_yaml import Path

_FAR = "9999-12-31"
_TOP: dict[str, Any] = {
    "policy": "x",
    "title": "x",
    "version": "1",
    "recipient": "x",
    "recipient_may": {"keep_for_months": "1", "pass_on_to": []},
    "purpose": "market_reporting",
    "regime": "opt_out",
    "jurisdiction": ["US"],
    "owner": "x@x.example",
    "contract": {"id": "x", "expires_on": _FAR},
    "review_on": _FAR,
    "stores": ["01"],
}
_FROM: dict[str, Any] = {
    "source": "x",
    "table": "X",
    "key": ["X"],
    "store": {"column": "X"},
    "changes": {"by": "snapshot"},
}
_CONDITION = {"column": "X", "not_empty": "true"}


def cut_out(root: dict[str, Any], path: Path) -> Path:
    """Takes the smallest thing around `path` out of `root` that can go; returns where it was."""
    head = path[0] if path else ""
    if head == "datasets" and len(path) > 2:
        return _in_dataset(root, path)
    if head in ("choices", "datasets", "declined") and len(path) > 1 and isinstance(root.get(head), dict):
        return _in_group(root[head], path)
    if head in _TOP:
        root[str(head)] = _TOP[str(head)]
    else:
        root.pop(str(head), None)
    return path[:1]


def _in_group(group: dict[str, Any], path: Path) -> Path:
    inner = group.get(str(path[1]))
    if path[0] == "choices" and len(path) > 2 and isinstance(inner, dict):
        stand_in: dict[str, Any] = {"source": "x", "table": "X", "person": ["X"]}
        if path[2] in stand_in:
            inner[str(path[2])] = stand_in[str(path[2])]
        else:
            inner.pop(str(path[2]), None)
        return path[:3]
    group.pop(str(path[1]), None)
    return path[:2]


def _in_dataset(root: dict[str, Any], path: Path) -> Path:
    datasets = root.get("datasets")
    dataset = datasets.get(str(path[1])) if isinstance(datasets, dict) else None
    if not isinstance(dataset, dict):  # gone already with another problem in it
        return path[:2]
    part = str(path[2])
    if part == "about":
        dataset["about"] = "x"
        return path[:3]
    inner = dataset.get(part)
    if len(path) > 3 and isinstance(inner, dict):
        if part in ("send", "people"):
            inner.pop(str(path[3]), None)
            return path[:4]
        return _in_from(inner, path)
    if part == "from":
        dataset["from"] = dict(_FROM)
        return path[:3]
    if part == "people":
        dataset.pop("people", None)
        return path[:3]
    root["datasets"].pop(str(path[1]), None)
    return path[:2]


def _in_from(source: dict[str, Any], path: Path) -> Path:
    key = str(path[3])
    items = source.get(key)
    if key in _FROM:
        source[key] = _FROM[key]
    elif len(path) > 4 and isinstance(items, list) and isinstance(path[4], int):
        items[path[4]] = _join(items[path[4]]) if key == "joins" else dict(_CONDITION)
        return path[:5]
    else:
        source.pop(key, None)
    return path[:4]


def _join(item: Any) -> dict[str, Any]:
    """Its name is kept where there is one: other columns are called by it."""
    name = item.get("as") if isinstance(item, dict) else None
    known = isinstance(name, str) and name.isascii() and name.isidentifier() and len(name) < 32
    return {"table": "X", "as": name if known else "X", "where_equal": {"X": "X"}}
