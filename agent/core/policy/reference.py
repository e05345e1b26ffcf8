"""The reference page of the policy language, written from the declarations themselves: it cannot say anything else."""

from __future__ import annotations

from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agent.core.policy.codes import CODES
from agent.core.policy.document import PolicyDocument
from agent.core.policy.words import Scalar

_HEAD = """\
# Field policies: every key

This page is generated from the declarations that validate a policy; do not edit it.
A policy is strict YAML: one document, spaces not tabs, no anchors, tags or duplicate keys,
and every word stays the text that was written (`NO`, `012` and `yes` are never converted).
An unknown key is an error. Examples: `field_policies/*.yaml`. Check a file:
`fieldgate policy check FILE`; ask what a code means: `fieldgate policy check --explain P011`.
"""


def reference_page() -> str:
    """Markdown: the groups of keys from the top of a file down, then all problem codes."""
    parts = [_HEAD]
    for title, model in _groups(PolicyDocument, "The file", set()):
        parts.append(_group(title, model))
    parts.append(_codes())
    return "\n".join(parts)


def _groups(model: type[BaseModel], title: str, seen: set[str]) -> list[tuple[str, type[BaseModel]]]:
    if model.__name__ in seen:
        return []
    seen.add(model.__name__)
    found = [(title, model)]
    for name, field in model.model_fields.items():
        for inner, repeated in _models_in(field.annotation, repeated=""):
            key = field.alias or name
            found += _groups(inner, f"`{key}:`{repeated}", seen)
    return found


def _models_in(annotation: Any, *, repeated: str) -> list[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [(annotation, repeated)]
    origin = get_origin(annotation)
    if origin in (dict, tuple):
        repeated = ", each entry" if origin is dict else ", each line"
    return [found for one in get_args(annotation) for found in _models_in(one, repeated=repeated)]


def _group(title: str, model: type[BaseModel]) -> str:
    rows = [
        f"\n## {title}\n",
        f"{(model.__doc__ or '').strip()}\n",
        "| key | required | value | meaning |",
        "|---|---|---|---|",
    ]
    for name, field in model.model_fields.items():
        required = "yes" if field.is_required() else ""
        rows.append(f"| `{field.alias or name}` | {required} | {_value(field)} | {_cell(field.description or '')} |")
    return "\n".join(rows)


def _value(field: FieldInfo) -> str:
    scalar = next((m for m in field.metadata if isinstance(m, Scalar)), None)
    return _cell(scalar.says if scalar else _words(field.annotation))


def _words(annotation: Any) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is NoneType:
        return ""
    if origin is Annotated:
        scalar = next((m for m in args[1:] if isinstance(m, Scalar)), None)
        return scalar.says if scalar else _words(args[0])
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in args)
    if origin is tuple:
        return f"list: {_words(args[0])}"
    if origin is dict:
        return f"{_words(args[0])}; to each, {_words(args[1])}"
    if isinstance(annotation, type):
        return "keys" if issubclass(annotation, BaseModel) else "text"
    return ", or ".join(dict.fromkeys(words for one in args if (words := _words(one))))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _codes() -> str:
    rows = ["\n## Problem codes\n", "| code | what is wrong |", "|---|---|"]
    rows += [f"| {code} | {_cell(entry.title)} |" for code, entry in CODES.items()]
    return "\n".join(rows) + "\n"
