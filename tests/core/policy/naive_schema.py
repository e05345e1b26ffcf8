"""A naive JSON Schema draft-07 checker for the words our schemas use; it imports nothing of ours."""

from __future__ import annotations

import re
from typing import Any

_KINDS = {"object": dict, "array": list, "string": str, "null": type(None), "boolean": bool}


def violations(schema: dict[str, Any], value: Any, root: dict[str, Any] | None = None) -> list[str]:
    root = schema if root is None else root
    if "$ref" in schema:
        return violations(root["definitions"][schema["$ref"].rpartition("/")[2]], value, root)
    found = [v for part in schema.get("allOf", []) for v in violations(part, value, root)]
    if "oneOf" in schema and sum(not violations(part, value, root) for part in schema["oneOf"]) != 1:
        found.append("oneOf")
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        found.append(f"{value!r} is not an allowed word")
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is_kind(value, kind) for kind in kinds):
        return [*found, f"{value!r} is not {kinds}"]
    return found + _inside(schema, value, root)


def _is_kind(value: Any, kind: str) -> bool:
    if kind in ("integer", "number"):
        return not isinstance(value, bool) and isinstance(value, int if kind == "integer" else (int, float))
    return isinstance(value, _KINDS[kind])


def _inside(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> list[str]:
    if isinstance(value, str):
        fits = re.search(schema.get("pattern", ""), value)
        return [] if fits and _within(len(value), schema, "Length") else [f"{value!r} does not fit"]
    if isinstance(value, list):
        found = [v for item in value for v in violations(schema.get("items", {}), item, root)]
        return found if _within(len(value), schema, "Items") else [*found, "too few or many"]
    if isinstance(value, dict):
        return _keys(schema, value, root)
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return [f"{value} is out of range"]
    return []


def _keys(schema: dict[str, Any], value: dict[str, Any], root: dict[str, Any]) -> list[str]:
    known, extra = schema.get("properties", {}), schema.get("additionalProperties", {})
    found = [f"missing {key}" for key in schema.get("required", []) if key not in value]
    if not _within(len(value), schema, "Properties"):
        found.append("too few or many")
    for key, inner in value.items():
        found += violations(schema.get("propertyNames", {}), key, root)
        if key in known or isinstance(extra, dict):
            found += violations(known.get(key, extra), inner, root)
        else:
            found.append(f"unknown {key}")
    return found


def _within(size: int, schema: dict[str, Any], what: str) -> bool:
    return bool(schema.get(f"min{what}", 0) <= size <= schema.get(f"max{what}", size))
