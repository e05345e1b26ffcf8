"""From a DMS cell to the value on the wire, column by column. Whatever does not fit its declared type is withheld.

Wire values are text, integers below 2^53, booleans, null and lists of text (wire spec 1); decimals, dates and
timestamps travel as text. A blank after trimming is null: the DMS has none.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from enum import Enum
from itertools import repeat
from types import NoneType

from agent.core.ruleset import FieldType


class Unfit(Enum):
    """Why a cell has no wire value. Stands in the value's place; never leaves."""

    TOO_LONG = "too_long"
    NOT_THE_TYPE = "not_the_type"
    UNREADABLE = "unreadable"


Wire = str | int | bool | None | list[str]
_INT_MAX = 2**53
_PADDING = " \0"
# Cells of one of these types that are equal read alike, so each distinct one is read once. Not so: Decimal, where
# 1.5 equals 1.50, and columns of mixed types, where True equals 1.
_ONE_FORM = frozenset({str, int, bool, dt.date, dt.datetime})
_OFTEN = 4  # from so many repetitions on, looking up costs less than reading again
_MULTI_VALUE = "\u00fd"  # 0xFD: a multi-value mark inside a cell; in a single value it means several were stored
_UNREADABLE = re.compile(
    "[\ufffd\ud800-\udfff]"
)  # a byte the driver could not decode; half a pair, which UTF-8 has no form for
_ISO_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?\Z", re.ASCII)


def wire_values(
    cells: Sequence[object], kind: FieldType, null_when: Sequence[str], zone: dt.tzinfo
) -> list[Wire | Unfit]:
    """One column of cells as wire values; an `Unfit` in the place of each that does not fit.

    `null_when`: texts (after trimming) that mean "none", such as sentinel dates. `zone`: the DMS's own, for timestamps.
    """
    if kind.name == "text" and not null_when:
        return _text_column(cells, kind.size)
    convert = _CONVERTERS[kind.name]
    if len(set(map(type, cells)) - {NoneType}) == 1 and type(next(filter(_is_there, cells))) in _ONE_FORM:
        known = {cell: _one(cell, kind, null_when, zone, convert) for cell in set(cells)}
        return [known[cell] for cell in cells]
    return [_one(cell, kind, null_when, zone, convert) for cell in cells]


def column_texts(cells: Sequence[object]) -> list[str | None]:
    """`cell_text` for a column."""
    kinds = set(map(type, cells))
    if kinds == {int}:
        return list(map(str, cells))
    if kinds <= {str, NoneType}:
        texts = _trimmed(cells)
        joined = "".join(texts)
        if joined.isascii() or not _UNREADABLE.search(joined):
            return [text or None for text in texts] if "" in texts else list(texts)
    return [cell_text(cell) for cell in cells]


def _text_column(cells: Sequence[object], limit: int) -> list[Wire | Unfit]:
    """`_text_cell` for a column. Where few texts repeat, each is read once."""
    if set(map(type, cells)) <= {str, NoneType}:
        distinct = list(dict.fromkeys(cells))
        if _OFTEN * len(distinct) <= len(cells):
            known = dict(zip(distinct, _texts(distinct, limit), strict=True))
            return [known[cell] for cell in cells]
        return _texts(cells, limit)
    return [_text_cell(cell, limit) for cell in cells]


def _texts(cells: Sequence[object], limit: int) -> list[Wire | Unfit]:
    """`cells` are texts and NULLs: one look at all of it joined; only where that finds something, cell by cell."""
    texts = _trimmed(cells)
    joined = "".join(texts)
    plain = joined.isascii() or not (_MULTI_VALUE in joined or _UNREADABLE.search(joined))
    if plain and max(map(len, texts), default=0) <= limit:
        return [text or None for text in texts] if "" in texts else list(texts)
    return [_text_cell(cell, limit) for cell in cells]


def _trimmed(cells: Sequence[object]) -> list[str]:
    """`cells` are texts and NULLs."""
    if None in cells:
        return [cell.rstrip(_PADDING) if cell else "" for cell in cells]  # type: ignore[attr-defined]
    return list(map(str.rstrip, cells, repeat(_PADDING)))  # type: ignore[arg-type]


def _is_there(cell: object) -> bool:
    return cell is not None


def cell_text(cell: object) -> str | None:
    """A cell as trimmed text: for keys, choice codes and null_when. None for NULL, blank and what cannot be read."""
    if isinstance(cell, str):
        text = cell.rstrip(" \0")
        return None if not text or (not text.isascii() and _UNREADABLE.search(text)) else text
    if cell is None or isinstance(cell, bytes | bytearray):
        return None
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float | Decimal) and _is_finite(cell) and cell == int(cell):
        return str(int(cell))  # drivers disagree on integer types; a key must read the same through each
    return str(cell)


def _is_finite(number: float | Decimal) -> bool:
    return number.is_finite() if isinstance(number, Decimal) else math.isfinite(number)


def _one(
    cell: object,
    kind: FieldType,
    null_when: Sequence[str],
    zone: dt.tzinfo,
    convert: Callable[[object, FieldType, dt.tzinfo], Wire | Unfit],
) -> Wire | Unfit:
    if cell is None:
        return None
    if isinstance(cell, bytes | bytearray):
        return Unfit.UNREADABLE
    text = cell_text(cell)
    if text is None:
        return Unfit.UNREADABLE if isinstance(cell, str) and cell.rstrip(" \0") else None
    if text in null_when:
        return None
    return convert(cell, kind, zone)


def _text_cell(cell: object, limit: int) -> Wire | Unfit:
    if cell.__class__ is not str:
        if cell is None:
            return None
        if isinstance(cell, bytes | bytearray):
            return Unfit.UNREADABLE
        text = cell_text(cell) or ""
    else:
        text = cell.rstrip(" \0")  # CHAR columns come padded
    if not text:
        return None
    if len(text) > limit:
        return Unfit.TOO_LONG
    if not text.isascii() and (_UNREADABLE.search(text) or (_MULTI_VALUE in text and _is_marked(text))):
        return Unfit.UNREADABLE
    return text


def _is_marked(text: str) -> bool:
    # U+00FD is also the letter y-acute (Czech, Icelandic names): a mark stands between two complete values,
    # a letter has a lower-case letter on at least one side.
    return any(
        ch == _MULTI_VALUE and not (text[i - 1 : i].islower() or text[i + 1 : i + 2].islower())
        for i, ch in enumerate(text)
    )


def _text(cell: object, kind: FieldType, zone: dt.tzinfo) -> Wire | Unfit:  # noqa: ARG001  (one signature for all)
    return _text_cell(cell, kind.size)


def _integer(cell: object, kind: FieldType, zone: dt.tzinfo) -> Wire | Unfit:  # noqa: ARG001
    try:
        number = Decimal(str(cell).strip())
        if number != number.to_integral_value() or abs(number) >= _INT_MAX:
            return Unfit.NOT_THE_TYPE
    except (InvalidOperation, OverflowError):
        return Unfit.NOT_THE_TYPE
    return int(number)


def _decimal(cell: object, kind: FieldType, zone: dt.tzinfo) -> Wire | Unfit:  # noqa: ARG001
    try:
        number = Decimal(str(cell).strip())
        rounded = number.quantize(Decimal(1).scaleb(-kind.scale))
    except (InvalidOperation, OverflowError):
        return Unfit.NOT_THE_TYPE
    if rounded != number or len(rounded.as_tuple().digits) > kind.size:
        return Unfit.NOT_THE_TYPE
    return f"{rounded:f}"


def _date(cell: object, kind: FieldType, zone: dt.tzinfo) -> Wire | Unfit:  # noqa: ARG001
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else Unfit.NOT_THE_TYPE
    if isinstance(cell, dt.date):
        return cell.isoformat()
    found = _ISO_DATE.match(str(cell).strip())
    if not found:
        return Unfit.NOT_THE_TYPE
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return Unfit.NOT_THE_TYPE


def _timestamp(cell: object, kind: FieldType, zone: dt.tzinfo) -> Wire | Unfit:  # noqa: ARG001
    if not isinstance(cell, dt.datetime):
        try:
            cell = dt.datetime.fromisoformat(str(cell).strip())
        except ValueError:
            return Unfit.NOT_THE_TYPE
    if cell.tzinfo is None:
        first, second = cell.replace(tzinfo=zone), cell.replace(tzinfo=zone, fold=1)
        if first.utcoffset() != second.utcoffset():
            return _twice_or_never(first, second)
        cell = first
    try:
        return cell.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except OverflowError:
        return Unfit.NOT_THE_TYPE


def _twice_or_never(first: dt.datetime, second: dt.datetime) -> Wire | Unfit:
    """A local time in the hour that comes twice is said with the offset of its first coming: an offset in the place of
    `Z` is the mark. In the hour that never comes there is nothing to say."""
    before, after = first.utcoffset(), second.utcoffset()
    if before is None or after is None or before < after:
        return Unfit.NOT_THE_TYPE
    return first.isoformat(timespec="seconds")


def _boolean(cell: object, kind: FieldType, zone: dt.tzinfo) -> Wire | Unfit:  # noqa: ARG001
    return {"1": True, "0": False, "true": True, "false": False}.get(str(cell_text(cell)).lower(), Unfit.NOT_THE_TYPE)


def _list(cell: object, kind: FieldType, zone: dt.tzinfo) -> Wire | Unfit:  # noqa: ARG001
    parts = [part.strip() for part in str(cell).split(kind.split or _MULTI_VALUE)]
    kept = [part for part in parts if part]
    if any(len(part) > kind.size for part in kept):
        return Unfit.TOO_LONG
    if any(_UNREADABLE.search(part) for part in kept):
        return Unfit.UNREADABLE
    return kept or None


_CONVERTERS: dict[str, Callable[[object, FieldType, dt.tzinfo], Wire | Unfit]] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "boolean": _boolean,
    "list of text": _list,
}
