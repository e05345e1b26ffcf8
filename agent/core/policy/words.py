"""The words of the policy language: how one written scalar becomes a typed value, and what a schema says of it.

Each parser takes the text as it was written and refuses everything but one spelling per meaning, so that two people
who read the file read the same thing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from agent.core.ruleset import FieldType, Transform

MAX_TEXT = 4000
_DIGITS = re.compile(r"0|[1-9][0-9]{0,8}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SIZED = re.compile(r"(text|list of text) ([1-9][0-9]{0,4})")
_DECIMAL = re.compile(r"decimal ([1-9][0-9]?)\.([0-9]{1,2})")
_UNSIZED = ("integer", "date", "timestamp", "boolean")
_TRANSFORMS = ("pass", "suppress", "mask", "pseudonymize")


@dataclass(frozen=True, slots=True, eq=False)  # hashed by identity: a schema is a dict
class Scalar:
    """One kind of written word: its parser, and the JSON Schema that editors use."""

    parse: Callable[[object], object]
    schema: Mapping[str, Any]
    says: str = "text"  # what may stand there, for the reference page

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


def wrong(code: str, message: str, help_: str) -> PydanticCustomError:
    """A problem with its code and its way out, carried through pydantic to the reader."""
    return PydanticCustomError("fieldgate", "{message}", {"code": code, "message": message, "help": help_})


def _text(value: object, what: str) -> str:
    if value is None or value == "":
        raise wrong("P015", "nothing is written here", f"write {what}, or remove the key if it is optional")
    if not isinstance(value, str):
        raise wrong("P012", f"{what} belongs here, not a {_kind(value)}", f"write {what} in one line")
    return value


def _kind(value: object) -> str:
    return "list" if isinstance(value, list) else "group of keys"


def word(pattern: str, what: str, example: str, most: int = 64) -> Scalar:
    """A text that must match `pattern` as a whole."""
    compiled = re.compile(pattern)

    def parse(value: object) -> str:
        text = _text(value, what)
        if len(text) > most or not compiled.fullmatch(text):
            raise wrong("P014", f"`{text}` is not {what}", f"write it like {example}")
        return text

    schema = {"type": "string", "pattern": f"^(?:{pattern})$", "maxLength": most, "examples": [example]}
    return Scalar(parse, schema, what)


def _sentence(value: object) -> str:
    text = " ".join(_text(value, "a sentence").split())
    if not text:
        raise wrong("P015", "only blanks are written here", "write a sentence")
    if len(text) > 400:
        raise wrong("P014", "longer than 400 characters", "say it in one or two sentences")
    return text


def _foreign_name(value: object) -> str:
    text = _text(value, "a name")
    if text != text.strip():
        raise wrong("P014", f"`{text}` begins or ends with a blank", "write the name exactly as the database has it")
    if len(text) > 128 or "\n" in text:
        raise wrong("P014", "a name has at most 128 characters in one line", "write the name as the database has it")
    return text


def _code(value: object) -> str:
    text = _text(value, "a code")
    if len(text) > 200 or "\n" in text:
        raise wrong("P014", "a code has at most 200 characters in one line", "write the code as the database has it")
    if not text.strip():
        raise wrong("P015", "a blank is not a code", "a blank is always unknown; `unknown:` decides what it means")
    return text


def whole(least: int, most: int) -> Scalar:
    """Digits only, within limits."""

    def parse(value: object) -> int:
        text = _text(value, "a whole number")
        if not _DIGITS.fullmatch(text) or not least <= int(text) <= most:
            raise wrong(
                "P014", f"`{text}` is not a whole number from {least} to {most}", "write digits only, no 0 in front"
            )
        return int(text)

    return Scalar(parse, {"type": "integer", "minimum": least, "maximum": most}, f"whole number, {least} to {most}")


def _date(value: object) -> dt.date:
    text = _text(value, "a date")
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError:
        raise wrong("P014", f"`{text}` is not a date", "write it like 2027-06-30") from None


def _true(value: object) -> bool:
    if _text(value, "`true`") != "true":
        raise wrong("P013", f"`{value}` is not the word `true`", "write `not_empty: true`, or remove the line")
    return True


def parse_type(value: object) -> FieldType:
    """`text 60`, `integer`, `decimal 10.2`, ... in exactly this spelling."""
    text = _text(value, "a type")
    if text in _UNSIZED:
        return FieldType(text)  # type: ignore[arg-type]
    if sized := _SIZED.fullmatch(text):
        size = int(sized.group(2))
        if size <= MAX_TEXT:
            return FieldType(sized.group(1), size=size)  # type: ignore[arg-type]
    if parts := _DECIMAL.fullmatch(text):
        digits, scale = int(parts.group(1)), int(parts.group(2))
        if scale <= digits <= 38:
            return FieldType("decimal", size=digits, scale=scale)
    raise wrong("P016", f"`{text}` is not a type", _type_help(text))


def _type_help(text: str) -> str:
    first = text.split(" ", maxsplit=1)[0]
    if first in ("text", "decimal", "list"):
        return {"text": "write `text 60`", "decimal": "write `decimal 10.2`", "list": "write `list of text 40`"}[first]
    return "types are: text 60, integer, decimal 10.2, date, timestamp, boolean, list of text 40"


def parse_transform(value: object) -> Transform:
    """Both spellings: a word, or {keep_first: N}."""
    if isinstance(value, dict):
        return _keep_first(value)
    text = _text(value, "a transform")
    if text in _TRANSFORMS:
        return Transform(text)  # type: ignore[arg-type]
    raise wrong(
        "P017", f"`{text}` is not a transform", "transforms: pass, suppress, mask, {keep_first: 3}, pseudonymize"
    )


def _keep_first(value: dict[str, object]) -> Transform:
    kept = value.get("keep_first")
    if set(value) != {"keep_first"} or not isinstance(kept, str) or not _DIGITS.fullmatch(kept):
        raise wrong("P017", "this is not a transform", "the only one written with braces is {keep_first: 3}")
    if not 1 <= int(kept) <= MAX_TEXT:
        raise wrong("P017", f"keep_first: {kept} keeps nothing or everything", "name how many characters may leave")
    return Transform("keep_first", keep=int(kept))


Name = Annotated[str, word(r"[a-z][a-z0-9_]{0,62}", "a name of small letters, digits and _", "delivery_date")]
PolicyName = Annotated[
    str, word(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", "a name of small letters, digits and -", "customer-crm")
]
RequestName = Annotated[
    str, word(r"[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*", "a name of small letters, digits, - and .", "crm-2026.2")
]
RequestRef = Annotated[
    str,
    word(
        r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*/[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*",
        "a recipient and a request",
        "example-motors-na/crm-2026.2",
        130,
    ),
]
Address = Annotated[str, word(r"[^@\s]{1,64}@[^@\s]{1,190}", "an e-mail address", "compliance@dealer.example", 254)]
Jurisdiction = Annotated[str, word(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?", "a country or state code", "US-GA")]
Store = Annotated[str, word(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}", "a store number as the database writes it", "01")]
JoinName = Annotated[str, word(r"[A-Za-z][A-Za-z0-9_]{0,31}", "a name of letters, digits and _", "VEHICLE")]
PersonName = Annotated[str, word(r"[a-z][a-z0-9_]{0,31}", "a name of small letters, digits and _", "co_buyer")]
Sentence = Annotated[str, Scalar(_sentence, {"type": "string", "minLength": 1, "maxLength": 400}, "a sentence")]
Column = Annotated[
    str, Scalar(_foreign_name, {"type": "string", "minLength": 1, "maxLength": 128}, "a name as the database has it")
]
TableName = Column
# Editors type-check YAML by its own guesses; a code written 01 or N must not be underlined there.
Code = Annotated[str, Scalar(_code, {"type": ["string", "number", "boolean"]}, "a code as the database has it")]
Date = Annotated[dt.date, Scalar(_date, {"type": "string", "format": "date"}, "a date, `2027-06-30`")]
TrueWord = Annotated[bool, Scalar(_true, {"const": True}, "`true`")]
TypeWord = Annotated[
    FieldType,
    Scalar(
        parse_type,
        {
            "type": "string",
            "pattern": r"^(integer|date|timestamp|boolean|(list of )?text [1-9][0-9]*|decimal [1-9][0-9]?[.][0-9]+)$",
            "examples": ["text 60", "integer", "decimal 10.2", "date", "timestamp", "boolean", "list of text 40"],
        },
        "`text 60`, `integer`, `decimal 10.2`, `date`, `timestamp`, `boolean`, `list of text 40`",
    ),
]
TransformWord = Annotated[
    Transform,
    Scalar(
        parse_transform,
        {
            "oneOf": [
                {"enum": list(_TRANSFORMS)},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["keep_first"],
                    "properties": {"keep_first": {"type": "integer", "minimum": 1, "maximum": MAX_TEXT}},
                },
            ]
        },
        "`pass`, `suppress`, `mask`, `pseudonymize`, `{keep_first: 3}`",
    ),
]
# What people write when they mean one of our keys, and what it is called here.
RENAMED = {
    "name": "policy",
    "description": "about",
    "fields": "send",
    "columns": "send",
    "expires": "expires_on",
    "review": "review_on",
    "reason": "why",
    "filter": "only_where",
    "where": "only_where",
    "on": "where_equal",
    "opted_out": "refused",
    "opted_in": "given",
}
