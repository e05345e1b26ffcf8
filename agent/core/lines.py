"""Wire lines, read strictly: the receiver's and the gate's reader, and the writer of control lines.

One body is NDJSON, LF after each line, each line canonical: keys sorted, compact, UTF-8, no float, no duplicate or
unknown key, integers below 2^53. Whatever would be written differently is refused, so that two programs never read two
meanings out of one body. Refusals name the line's number, never a value.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Annotated, Any, Literal

import msgspec

from agent.core.answers import WireError

LINES_MAX = 5_000
CONTENT_MAX = 4 * 1024 * 1024
LINE_MAX = 64 * 1024
INT_LIMIT = 2**53

Op = Literal["upsert", "retract", "suppress", "lift"]
OPS: tuple[Op, ...] = ("upsert", "retract", "suppress", "lift")
CHANNELS = frozenset({"mail", "email", "phone", "sms"})

Int53 = Annotated[int, msgspec.Meta(gt=-INT_LIMIT, lt=INT_LIMIT)]
Hex32 = Annotated[str, msgspec.Meta(min_length=32, max_length=32)]
FieldValue = str | Int53 | bool | None | list[str]


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a suppression covers: a purpose, and all of it or some channels, since a day (YYYY-MM-DD)."""

    all: bool = False
    channels: tuple[str, ...] | None = None
    purpose: str
    since_on: str


class Line(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    gc=False,
    repr_omit_defaults=True,
):
    """One line. `fields` is empty on everything but an upsert. Its repr shows names only."""

    dataset: str
    erase: bool = False
    fields: dict[str, FieldValue]
    id: Hex32
    nonce: Hex32
    op: Op
    scope: Scope | None = None

    def __repr__(self) -> str:
        return f"Line({self.op} {self.dataset} {self.id}: {', '.join(self.fields)})"


_DECODER = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder(order="sorted")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]*", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read_lines(content: bytes) -> list[Line]:
    """Every line of a body, or WireError with the number of the first one that is refused."""
    check_size(content)
    try:
        found = _DECODER.decode_lines(content)
        whole = _ENCODER.encode_lines(found) == content
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        whole = False
    if not whole:
        raise _first_bad(content)
    _check_names(found)
    return found


def check_size(content: bytes) -> None:
    """The limits of wire spec 1, before anything is parsed."""
    if len(content) > CONTENT_MAX:
        raise WireError("too_large", f"the body is larger than {CONTENT_MAX} bytes")
    if content.count(b"\n") > LINES_MAX:
        raise WireError("too_large", f"the body has more than {LINES_MAX} lines")
    if _has_long_line(content):
        for number, line in enumerate(content.split(b"\n"), 1):
            if len(line) > LINE_MAX:
                raise WireError("too_large", f"line {number} is longer than {LINE_MAX} bytes", line=number)


def _has_long_line(content: bytes) -> bool:
    """Looks for the last LF within reach of a line's start: a few dozen looks at a body of short lines."""
    at = 0
    while len(content) - at > LINE_MAX:
        at = content.rfind(b"\n", at, at + LINE_MAX + 1) + 1
        if not at:
            return True
    return False


def is_name(text: str) -> bool:
    """Dataset and field names on the wire: lower-case ASCII, digits, underscore; 63 at most."""
    return _NAME.fullmatch(text) is not None


def control_line(
    dataset: str, record_id: str, nonce: str, op: str, scope: Scope | None = None, *, erase: bool = False
) -> bytes:
    """One suppress, lift or retract line with its LF, as `read_lines` accepts it."""
    line = Line(dataset=dataset, erase=erase, fields={}, id=record_id, nonce=nonce, op=op, scope=scope)  # type: ignore[arg-type]
    data = _ENCODER.encode(line) + b"\n"
    read_lines(data)
    return data


def scope_of(purpose: str, since_on: str, channels: tuple[str, ...] = ()) -> Scope:
    """No channels means all of the purpose."""
    if not channels:
        return Scope(all=True, purpose=purpose, since_on=since_on)
    return Scope(channels=tuple(sorted(channels)), purpose=purpose, since_on=since_on)


def _check_names(found: list[Line]) -> None:
    names = set(chain.from_iterable([line.fields for line in found])) | {line.dataset for line in found}
    texts = "".join([line.id for line in found]) + "".join([line.nonce for line in found])
    if all(map(is_name, names)) and _HEX.fullmatch(texts) and all(map(_is_plain, found)):
        return
    for number, line in enumerate(found, 1):
        if not (is_name(line.dataset) and all(map(is_name, line.fields))):
            raise _refused(number, "a name that is not lower-case ASCII")
        if not (_HEX.fullmatch(line.id) and _HEX.fullmatch(line.nonce)):
            raise _refused(number, "id and nonce are 32 hex characters each")
        _check_op(number, line)


def _is_plain(line: Line) -> bool:
    return line.op == "upsert" and line.scope is None and not line.erase


def _check_op(number: int, line: Line) -> None:
    if line.op != "upsert" and line.fields:
        raise _refused(number, f"{line.op} carries no fields")
    if line.erase and line.op != "retract":
        raise _refused(number, f"erase stands on retract only, not on {line.op}")
    if (line.scope is not None and line.op not in ("suppress", "lift")) or (line.op == "suppress" and not line.scope):
        raise _refused(number, "scope stands on suppress, and may stand on lift")
    if line.scope is not None:
        _check_scope(number, line.scope)


def _check_scope(number: int, scope: Scope) -> None:
    if scope.all == (scope.channels is not None):
        raise _refused(number, "a scope has either all or channels")
    if scope.channels is not None and (
        not scope.channels
        or list(scope.channels) != sorted(set(scope.channels))
        or not CHANNELS.issuperset(scope.channels)
    ):
        raise _refused(number, "scope.channels is a sorted list out of email, mail, phone, sms")
    if not is_name(scope.purpose) or not _DAY.fullmatch(scope.since_on):
        raise _refused(number, "scope.purpose is a name, scope.since_on is YYYY-MM-DD")


def _refused(number: int, what: str) -> WireError:
    return WireError("schema_mismatch", f"line {number}: {what}", line=number)


def _first_bad(content: bytes) -> WireError:
    """Find the line that made the whole body fail, and say what kind of wrong it is."""
    *lines, rest = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            if _ENCODER.encode(_DECODER.decode(line)) != line:
                return _refused(number, "not in canonical form (sorted keys, no spaces, nothing twice)")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _why_bad(number, line)
    number = len(lines) + bool(rest)
    return _refused(number, "no LF at its end" if rest else "not canonical")


def _why_bad(number: int, line: bytes) -> WireError:
    try:
        raw: Any = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _refused(number, "not JSON in UTF-8")
    if not isinstance(raw, dict):
        return _refused(number, "not an object")
    if isinstance(raw.get("op"), str) and raw["op"] not in OPS:
        return WireError("unsupported", f"line {number}: an op that wire spec 1 does not have", line=number)
    return _refused(number, "not the members or types of wire spec 1")
