"""The gate: a second opinion on every line before it is stored. It shares no code with the screen and trusts nobody.

It decodes each line into a strict typed form and holds it against the ruleset alone: known dataset, granted fields of
the declared types, an id and a nonce, nothing else. The reader child could be broken in any way and still nothing
ungranted would pass.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec

from agent.core.ruleset import DatasetRules, FieldRules
from agent.errors import SealError

# A pattern asked once per value costs more than all the rest of the gate. The decoder holds types and lengths; then hex
# is read joined (the decoder has seen that each is 32 long), and other forms once per distinct value.
_HEX = re.compile("[0-9a-f]*")
_HEX32 = msgspec.Meta(min_length=32, max_length=32)
_FORMS = {  # never \d, which takes every script
    "date": re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "timestamp": re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})"),
    "decimal": re.compile(r"-?[0-9]+(\.[0-9]+)?"),
}
_ID = 16
_AT_ONCE = 1_000  # lines decoded together: a page of 5,000 takes 3 MB in this form
_NOT_GRANTED = "a line holds something the policy does not grant"


class GateDecoder:
    """One dataset's strict decoder. Built once per run from the ruleset; `check` per page."""

    def __init__(self, rules: DatasetRules) -> None:
        fields = msgspec.defstruct(
            "Fields",
            [(f"f{i}", _type_of(rule) | msgspec.UnsetType, msgspec.UNSET) for i, rule in enumerate(rules.fields)],
            rename=dict((f"f{i}", rule.name) for i, rule in enumerate(rules.fields)),  # noqa: C402
            forbid_unknown_fields=True,
            frozen=True,
            gc=False,
        )
        line = msgspec.defstruct(
            "Line",
            [
                ("dataset", _literal(rules.name)),
                ("fields", fields),
                ("id", _annotated(str, _HEX32)),
                ("nonce", _annotated(str, _HEX32)),
                ("op", _literal("upsert")),
            ],
            forbid_unknown_fields=True,
            frozen=True,
            gc=False,
        )
        self._name = rules.name
        self._forms = [(attrgetter(f"f{i}"), form) for i, rule in enumerate(rules.fields) if (form := _form(rule))]
        self._decoder = msgspec.json.Decoder(line)

    def check(self, lines: Sequence[bytes], ids: bytes) -> None:
        """SealError unless every line is granted in full and carries the id it was announced under, in order."""
        for at in range(0, len(lines), _AT_ONCE):
            self._check(lines[at : at + _AT_ONCE], ids[at * _ID : (at + _AT_ONCE) * _ID])
        if len(ids) != _ID * len(lines):
            raise _refusal(self._name, "the lines do not carry the ids they were announced under")

    def _check(self, lines: Sequence[bytes], ids: bytes) -> None:
        content = b"".join(lines)
        try:
            found: list[Any] = self._decoder.decode_lines(content)
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
            raise _refusal(self._name, _NOT_GRANTED) from None
        ends = [line[-1:] for line in lines].count(b"\n")
        if not len(found) == len(lines) == ends == content.count(b"\n"):
            raise _refusal(self._name, "the lines are not one record each")
        if not (_HEX.fullmatch("".join([line.nonce for line in found])) and self._in_form(found)):
            raise _refusal(self._name, _NOT_GRANTED)
        if "".join([line.id for line in found]) != ids.hex():
            raise _refusal(self._name, "the lines do not carry the ids they were announced under")

    def _in_form(self, found: Sequence[Any]) -> bool:
        fields = [line.fields for line in found]
        for value_of, form in self._forms:
            values = list(map(value_of, fields))
            if set(map(type, values)) != {str}:
                values = [value for value in values if value.__class__ is str]
            if not all(map(form.fullmatch, ("".join(values),) if form is _HEX else set(values))):
                return False
        return True


def _form(rule: FieldRules) -> re.Pattern[str] | None:
    if rule.transform.name == "pseudonymize":
        return _HEX
    return None if rule.transform.name == "keep_first" else _FORMS.get(rule.type.name)


def _refusal(dataset: str, why: str) -> SealError:
    return SealError(
        "FG-G01",
        f"the gate stopped a page of {dataset}: {why}",
        "nothing of the page was stored or sent; run `fieldgate doctor`, and report this as a defect",
    )


def _type_of(rule: FieldRules) -> object:
    if rule.transform.name == "pseudonymize":
        return _annotated(str, _HEX32) | None
    if rule.transform.name == "keep_first":
        return _annotated(str, msgspec.Meta(max_length=rule.transform.keep)) | None
    match rule.type.name:
        case "integer":
            return _annotated(int, msgspec.Meta(gt=-(2**53), lt=2**53)) | None
        case "boolean":
            return bool | None
        case "list of text":
            return list[_annotated(str, msgspec.Meta(max_length=rule.type.size))] | None  # type: ignore[misc]
        case "text":
            return _annotated(str, msgspec.Meta(max_length=rule.type.size)) | None
        case _:  # its form is looked at in `check`
            return str | None


def _literal(value: str) -> object:
    return Literal[value]


def _annotated(kind: type, meta: msgspec.Meta) -> type:
    return Annotated[kind, meta]  # type: ignore[return-value]
