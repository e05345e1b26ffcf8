"""JSON Schema draft-07, made from the same declarations that validate: of the policy file, for editors, and of the
records a dataset may hold, for whoever receives them.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from agent.core.policy.document import PolicyDocument
from agent.core.ruleset import DatasetRules, FieldRules

DRAFT_07 = "http://json-schema.org/draft-07/schema#"


def policy_schema() -> dict[str, Any]:
    """What editors check a policy file against while it is typed. The reader is stricter; it has the last word."""
    return _file_schema(PolicyDocument, "fieldgate field policy")


def schema_text(schema: dict[str, Any]) -> str:
    """The one spelling that is checked in."""
    return json.dumps(schema, indent=2, ensure_ascii=True) + "\n"


def _file_schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    made = model.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = made.pop("$defs", {})
    plain: dict[str, Any] = _as_draft_07({**made, "definitions": definitions})
    return {"$schema": DRAFT_07, "title": title, **plain}


def _as_draft_07(node: Any) -> Any:
    """2020-12 allows words beside $ref, draft-07 ignores them; and our optional keys are absent, never null."""
    if isinstance(node, list):
        return [_as_draft_07(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _as_draft_07(value) for key, value in node.items() if key not in ("default", "discriminator")}
    if isinstance(plain.get("anyOf"), list):
        plain = _without_null(plain)
    if "$ref" in plain and len(plain) > 1:
        plain["allOf"] = [{"$ref": plain.pop("$ref")}]
    if isinstance(plain.get("title"), str):  # pydantic's own; a key called title is a dict
        plain.pop("title")
    if "patternProperties" in plain:
        plain = _named_entries(plain)
    return plain


def _named_entries(node: dict[str, Any]) -> dict[str, Any]:
    """Any name of one pattern, and no other: draft-07 would let a name that matches nothing pass."""
    ((pattern, entry),) = node["patternProperties"].items()
    rest = {key: value for key, value in node.items() if key != "patternProperties"}
    return {**rest, "propertyNames": {"pattern": pattern, "maxLength": 64}, "additionalProperties": entry}


def _without_null(node: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in node["anyOf"] if kind != {"type": "null"}]
    rest = {key: value for key, value in node.items() if key not in ("anyOf", "title")}
    return {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, "anyOf": kinds}


def record_schema(dataset: DatasetRules) -> dict[str, Any]:
    """What `fields` of an upsert line may hold. Absent means withheld or not granted; null means there is none."""
    return {
        "$schema": DRAFT_07,
        "title": dataset.name,
        "description": dataset.about,
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _property(field) for field in dataset.fields},
    }


def _property(field: FieldRules) -> dict[str, Any]:
    shape = _shape(field)
    kind = shape.pop("type")
    return {"description": field.category, "type": [kind, "null"], **shape}


def _shape(field: FieldRules) -> dict[str, Any]:
    kind = field.type
    if field.transform.name == "pseudonymize":
        return {"type": "string", "pattern": "^[0-9a-f]{32}$"}
    if field.transform.name == "keep_first":
        return {"type": "string", "maxLength": field.transform.keep}
    if kind.name == "text":
        return {"type": "string", "maxLength": kind.size}
    if kind.name == "list of text":
        return {"type": "array", "items": {"type": "string", "maxLength": kind.size}}
    if kind.name == "decimal":
        whole, scale = kind.size - kind.scale, kind.scale
        point = f"(\\.[0-9]{{1,{scale}}})?" if scale else ""
        return {"type": "string", "pattern": f"^-?[0-9]{{1,{max(whole, 1)}}}{point}$"}
    return dict(_PLAIN[kind.name])


_PLAIN: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer", "exclusiveMinimum": -(2**53), "exclusiveMaximum": 2**53},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
}
