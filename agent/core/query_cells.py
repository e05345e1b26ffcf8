"""How one granted column stands in a select list, so that no cell is larger or other than its declared type allows.

A text of unknown or larger size is cut by the database to one character more than may leave: whoever reads it sees that
it is too long and never holds the rest. Blanks at the end go first, so that a cut text is not taken for a short one.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from agent.core.ruleset import FieldRules

Types = Mapping[tuple[str, str], str]  # (table, column) -> type as the engine declares it, lower case
_LIST_MAX = 4_000  # characters of a cell that is split into a list
_TEXTS = ("char", "text", "clob", "string")
_TIMES = ("date", "timestamp")
WHOLE = "{}"


def limit_of(field: FieldRules) -> int:
    """The most characters of a cell that this field has a use for; 0: it is no text."""
    if field.transform.name in ("pseudonymize", "suppress"):
        return 0
    return {"text": field.type.size, "list of text": _LIST_MAX}.get(field.type.name, 0)


def is_text(declared: str) -> bool:
    return "[" not in declared and any(word in declared for word in _TEXTS)


def holds(declared: str) -> int | None:
    """How many characters a column of this type can hold at most, where its type says so."""
    found = re.search(r"\((\d+)\)", declared)
    return int(found[1]) if found and "char" in declared else None


def cell(field: FieldRules, declared: str, time_text: str = WHOLE, untrimmed: Container[str] = ()) -> tuple[str, int]:
    """(how the column is said, `{}` standing for it; the characters beyond which it was cut, 0: it was not)"""
    limit = limit_of(field)
    if limit and is_text(declared):
        most = holds(declared)
        if most is None or most > limit:
            whole = WHOLE if declared in untrimmed else "RTRIM({})"
            return f"SUBSTRING({whole}, 1, {limit + 1})", limit
    if field.type.name in _TIMES and declared.startswith(_TIMES):
        return time_text, 0
    return WHOLE, 0
