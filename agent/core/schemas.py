"""The compact field types of a manifest's `schemas` ("text 60", "decimal 10.2"): written by the agent, and checked
value by value on the OEM's side, independently of whoever wrote the line.

An unknown type is refused. Null always fits; a value that does not fit is refused, never trimmed or converted.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence

from agent.core.answers import WireError
from agent.core.lines import Line, is_name
from agent.core.ruleset import FieldRules

Schemas = Mapping[str, Mapping[str, str]]
Fits = Callable[[object], bool]

PSEUDONYM = "pseudonym"  # 32 hex characters, keyed; equal within a stream
_SIZED = re.compile(r"(text|list of text) ([1-9]\d{0,5})", re.ASCII)
_DECIMAL = re.compile(r"decimal ([1-9]\d{0,2})\.(\d{1,2})", re.ASCII)
_NUMBER = re.compile(r"-?(\d+)(?:\.(\d+))?", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PSEUDONYM = re.compile(r"[0-9a-f]{32}", re.ASCII)


def type_text(rule: FieldRules) -> str:
    """How a granted field is described on the wire."""
    if rule.transform.name == "pseudonymize":
        return PSEUDONYM
    kind = rule.type
    if kind.name in ("text", "list of text"):
        return f"{kind.name} {kind.size}"
    return f"decimal {kind.size}.{kind.scale}" if kind.name == "decimal" else kind.name


def check_lines(lines: Sequence[Line], schemas: Schemas) -> None:
    """Every field of every upsert is named in its dataset's schema and fits; WireError names line and field."""
    compiled = compile_schemas(schemas)
    for number, line in enumerate(lines, 1):
        if line.op == "upsert":
            _check_line(number, line, compiled)


def compile_schemas(schemas: Schemas) -> dict[str, dict[str, Fits]]:
    return {
        dataset: {field: _fits(dataset, field, text) for field, text in fields.items()}
        for dataset, fields in schemas.items()
    }


def _check_line(number: int, line: Line, compiled: Mapping[str, Mapping[str, Fits]]) -> None:
    schema = compiled.get(line.dataset)
    if schema is None:
        raise WireError("schema_mismatch", f"line {number}: its dataset is not in schemas", line=number)
    for field, value in line.fields.items():
        fits = schema.get(field)
        if fits is None:
            raise WireError("schema_mismatch", f"line {number}: field {field} is not in schemas", line=number)
        if value is not None and not fits(value):
            raise WireError("schema_mismatch", f"line {number}: field {field} does not fit its type", line=number)


def _fits(dataset: str, field: str, text: str) -> Fits:
    if not is_name(dataset) or not is_name(field):
        raise WireError("schema_mismatch", "schemas: a name that is not lower-case ASCII")
    if sized := _SIZED.fullmatch(text):
        size = int(sized[2])
        if sized[1] == "text":
            return lambda value: value.__class__ is str and len(value) <= size
        return lambda value: isinstance(value, list) and all(len(part) <= size for part in value)
    if decimal := _DECIMAL.fullmatch(text):
        digits, scale = int(decimal[1]), int(decimal[2])
        return lambda value: _is_decimal(value, digits, scale)
    if text not in _PLAIN:
        raise WireError("unsupported", f"schemas: {dataset}.{field} has a type wire spec 1 does not have")
    return _PLAIN[text]


def _is_decimal(value: object, digits: int, scale: int) -> bool:
    found = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if found is None or len(found[2] or "") > scale:
        return False
    return len((found[1] + (found[2] or "")).lstrip("0")) <= digits


def _is_date(value: object) -> bool:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None and _parses(dt.date.fromisoformat, value)


def _is_timestamp(value: object) -> bool:
    return (
        isinstance(value, str) and _TIMESTAMP.fullmatch(value) is not None and _parses(dt.datetime.fromisoformat, value)
    )


def _parses(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


_PLAIN: Mapping[str, Fits] = {
    "integer": lambda value: value.__class__ is int,
    "boolean": lambda value: value.__class__ is bool,
    "date": _is_date,
    "timestamp": _is_timestamp,
    PSEUDONYM: lambda value: isinstance(value, str) and _PSEUDONYM.fullmatch(value) is not None,
}
