"""The gate: a second opinion on every line before it is stored. It shares no code with the screen and trusts nobody.

It decodes each line into a strict typed form and holds it against the ruleset alone: known dataset, granted fields of
the declared types, an id and a nonce, nothing else. The reader child could be broken in any way and still nothing
ungranted would pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from agent.core.ruleset import DatasetRules, FieldRules
from agent.errors import SealError

_HEX32 = r"\A[0-9a-f]{32}\Z"  # never `$`, which would let a line feed follow, nor \d, which takes every script


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
        hex32 = msgspec.Meta(pattern=_HEX32)
        line = msgspec.defstruct(
            "Line",
            [
                ("dataset", _literal(rules.name)),
                ("fields", fields),
                ("id", _annotated(str, hex32)),
                ("nonce", _annotated(str, hex32)),
                ("op", _literal("upsert")),
            ],
            forbid_unknown_fields=True,
            frozen=True,
            gc=False,
        )
        self._name = rules.name
        self._decoder = msgspec.json.Decoder(line)

    def check(self, lines: Sequence[bytes], ids: bytes) -> None:
        """SealError unless every line is granted in full and carries the id it was announced under, in order."""
        try:
            found: list[Any] = self._decoder.decode_lines(b"".join(lines))
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
            raise _refusal(self._name, "a line holds something the policy does not grant") from None
        if len(found) != len(lines) or any(not line.endswith(b"\n") for line in lines):
            raise _refusal(self._name, "the lines are not one record each")
        if "".join([line.id for line in found]) != ids.hex():
            raise _refusal(self._name, "the lines do not carry the ids they were announced under")


def _refusal(dataset: str, why: str) -> SealError:
    return SealError(
        "FG-G01",
        f"the gate stopped a page of {dataset}: {why}",
        "nothing of the page was stored or sent; run `fieldgate doctor`, and report this as a defect",
    )


def _type_of(rule: FieldRules) -> object:
    if rule.transform.name == "pseudonymize":
        return _annotated(str, msgspec.Meta(pattern=_HEX32)) | None
    if rule.transform.name == "keep_first":
        return _annotated(str, msgspec.Meta(max_length=rule.transform.keep)) | None
    patterns = {
        "date": r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z",
        "timestamp": r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z",
        "decimal": r"\A-?[0-9]+(\.[0-9]+)?\Z",
    }
    match rule.type.name:
        case "integer":
            return _annotated(int, msgspec.Meta(gt=-(2**53), lt=2**53)) | None
        case "boolean":
            return bool | None
        case "list of text":
            return list[_annotated(str, msgspec.Meta(max_length=rule.type.size))] | None  # type: ignore[misc]
        case "text":
            return _annotated(str, msgspec.Meta(max_length=rule.type.size)) | None
        case other:
            return _annotated(str, msgspec.Meta(pattern=patterns[other])) | None


def _literal(value: str) -> object:
    return Literal[value]


def _annotated(kind: type, meta: msgspec.Meta) -> type:
    return Annotated[kind, meta]  # type: ignore[return-value]
