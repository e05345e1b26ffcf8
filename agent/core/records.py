"""Row -> Record: decide what of a page may leave, transform it, screen it, encode it. Records are made here only.

A page is handled column by column; a record exists only as its encoded line. What stays back is counted by reason, and
no reason carries a value.
"""

from __future__ import annotations

import datetime as dt
from binascii import hexlify
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, compress, starmap
from types import NoneType
from typing import Any

import msgspec
from msgspec import UNSET

from agent.core import choices, ids, screen
from agent.core.query import RowLayout
from agent.core.record_page import RecordPage, no_records
from agent.core.ruleset import CHANNELS_OF_CATEGORY, DatasetRules, FieldRules, Purpose, Regime
from agent.core.values import Unfit, Wire, column_texts, wire_values
from agent.errors import SourceError


class RowPage:
    """Raw rows from the DMS. Tainted: its repr shows column names only, and nothing but this module opens it."""

    __slots__ = ("columns", "rows")

    def __init__(self, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
        self.columns = columns
        self.rows = rows

    def __repr__(self) -> str:
        return f"RowPage({len(self.rows)} rows of {', '.join(self.columns)})"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything about a dataset that does not change from page to page."""

    rules: DatasetRules
    layout: RowLayout
    purpose: Purpose
    regime: Regime
    keys: ids.StreamKeys
    zone: dt.tzinfo
    held: frozenset[str] = frozenset()  # fields that have drifted: they stay back until officers release them
    heeded: Mapping[bytes, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)  # (stopped, given)


class _Absent:
    """In a column of wire values: this record leaves without this field."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


_UNFIT = {why: _Absent(why.value) for why in Unfit}
_CHOICE = _Absent("choice")
_NO_CHANNEL = _Absent("no_choice_column")
_SCREEN = _Absent("screen")
_HELD = _Absent("held")
_EMPTY_KEY = "key_not_readable"
_encoder = msgspec.json.Encoder()
_encode = _encoder.encode
_pack = msgspec.msgpack.Encoder().encode

Cells = tuple[object, ...]
Column = list["Wire | _Absent"]


def make_records(recipe: Recipe, page: RowPage) -> RecordPage:
    """Screen one page. Every row ends as one record or as one counted withholding."""
    if not page.rows:
        return no_records(recipe.rules.name)
    columns = list(zip(*page.rows, strict=True))
    texts = _Texts(columns)
    keys = texts.rows(recipe.layout.key)
    frames = texts.framed(recipe.layout.key)
    _refuse_fan_out(recipe, frames)
    persons = _persons(recipe, texts)
    verdicts = _channel_verdicts(recipe, columns)
    reasons: list[str | None] = [None if key else _EMPTY_KEY for key in keys]
    record_ids = ids.hashes(recipe.keys.id, recipe.rules.name, frames)
    said = list(_said_elsewhere(recipe, persons, record_ids))
    _count_yes(recipe, columns, verdicts, said)
    _withhold_refused(recipe, persons, verdicts, reasons)
    fields = [_transformed(recipe, i, texts) for i in range(len(recipe.rules.fields))]
    gaps = [_gaps(column) for column in fields]
    for i, column in enumerate(fields):
        _obey(recipe, i, column, persons, verdicts)
    _heed(recipe, fields, reasons, said)
    hits = _screen(recipe, fields, reasons)
    _hold_back(recipe, fields)
    made = _encoded(recipe, keys, record_ids, persons, fields, reasons)
    return msgspec.structs.replace(made, rates=[(*gap, hit) for gap, hit in zip(gaps, hits, strict=True)])


def _gaps(column: Column) -> tuple[int, int]:
    """How many are null, and how many do not fit the type."""
    kinds = set(map(type, column))
    nulls = column.count(None) if NoneType in kinds else 0
    return nulls, sum(value.__class__ is _Absent for value in column) if _Absent in kinds else 0


def _hold_back(recipe: Recipe, fields: list[Column]) -> None:
    for i, rule in enumerate(recipe.rules.fields):
        if rule.name in recipe.held:
            fields[i] = [_HELD] * len(fields[i])


class _Texts:
    """A page's columns; and as text, worked out once, those that are keys: one is often key, person and field."""

    def __init__(self, columns: list[Cells]) -> None:
        self.columns = columns
        self._texts: dict[int, list[str | None]] = {}
        self._framed: dict[tuple[int, ...], list[bytes | None]] = {}

    def column(self, at: int) -> list[str | None]:
        if at not in self._texts:
            self._texts[at] = column_texts(self.columns[at])
        return self._texts[at]

    def rows(self, parts: tuple[int, ...]) -> list[tuple[str, ...] | None]:
        """Key parts row by row; None where any part is null, blank or unreadable."""
        rows = list(zip(*map(self.column, parts), strict=True))
        if any(None in self.column(at) for at in parts):
            return [None if None in row else row for row in rows]
        return rows  # type: ignore[return-value]

    def framed(self, parts: tuple[int, ...]) -> list[bytes | None]:
        if parts not in self._framed:
            self._framed[parts] = ids.framed_rows([self.column(at) for at in parts])
        return self._framed[parts]


def _refuse_fan_out(recipe: Recipe, frames: list[bytes | None]) -> None:
    whole = [frame for frame in frames if frame is not None]
    if len(set(whole)) != len(whole):
        name = recipe.rules.name
        raise SourceError(
            "FG-S20",
            f"dataset {name}: one key stands in two rows (the key is not unique, or a join finds several rows)",
            f"correct `key:` or `joins:` of {name} in the policy; nothing of it was sent",
        )


def _persons(recipe: Recipe, texts: _Texts) -> list[list[bytes]]:
    found = []
    for person, positions in zip(recipe.rules.people, recipe.layout.people, strict=True):
        scope = ids.person_scope(recipe.rules.source, str(person.choices.table) if person.choices else "")
        found.append(ids.hashes(recipe.keys.persons, scope, texts.framed(positions)))
    return found


def _channel_verdicts(recipe: Recipe, columns: list[Cells]) -> list[list[list[bool]]]:
    """Per person, per choice column: whether data under it may leave, row by row."""
    verdicts = []
    for person, positions in zip(recipe.rules.people, recipe.layout.choices, strict=True):
        rules = person.choices.columns if person.choices else ()
        verdicts.append(
            [
                choices.allowed_column(rule, columns[i], recipe.regime, recipe.purpose)
                for rule, i in zip(rules, positions, strict=True)
            ]
        )
    return verdicts


_Elsewhere = tuple[int, int | None, frozenset[str], frozenset[str]]


def _said_elsewhere(recipe: Recipe, persons: list[list[bytes]], record_ids: list[bytes]) -> Iterator[_Elsewhere]:
    """(row, person or None for all, stopped, given) where facts are known of a row's people, or of the record."""
    subjects: list[tuple[int | None, list[bytes]]] = [*enumerate(persons), (None, record_ids)]
    for p, who in subjects if recipe.heeded else ():
        if not recipe.heeded.keys().isdisjoint(who):
            for row, subject in enumerate(who):
                if subject in recipe.heeded:
                    yield row, p, *recipe.heeded[subject]


def _count_yes(recipe: Recipe, columns: list[Cells], verdicts: list[list[list[bool]]], said: list[_Elsewhere]) -> None:
    """A yes on record counts where the DMS does not say no."""
    for row, p, _, given in said:
        if p is None or not given:
            continue
        rules = recipe.rules.people[p].choices
        for c, column in enumerate(rules.columns if rules else ()):
            state = choices.state_of(column, columns[recipe.layout.choices[p][c]][row])
            if column.channel in given and state != "refused":
                verdicts[p][c][row] = choices.may_leave(column, "given", recipe.regime, recipe.purpose)


def _heed(recipe: Recipe, fields: list[Column], reasons: list[str | None], said: list[_Elsewhere]) -> None:
    """What was refused elsewhere stays back, whatever the DMS says."""
    for row, p, stopped, _ in said:
        if choices.EVERYTHING in stopped:
            reasons[row] = reasons[row] or "choice"
        for i, rule in enumerate(recipe.rules.fields):
            obeyed = p is None or p in choices.people_of(rule, recipe.rules.people)
            if obeyed and not stopped.isdisjoint(CHANNELS_OF_CATEGORY.get(rule.category, ())):
                fields[i][row] = _CHOICE


def _withhold_refused(
    recipe: Recipe, persons: list[list[bytes]], verdicts: list[list[list[bool]]], reasons: list[str | None]
) -> None:
    for p, person in enumerate(recipe.rules.people):
        for c, column in enumerate(person.choices.columns if person.choices else ()):
            if column.channel == "everything":
                who = persons[p]
                for row in _refused(verdicts[p][c]):
                    if who[row] is not ids.NOBODY:
                        reasons[row] = reasons[row] or "choice"


def _refused(says: list[bool]) -> list[int]:
    return [] if all(says) else [row for row, allowed in enumerate(says) if not allowed]


def _obey(recipe: Recipe, i: int, column: Column, persons: list[list[bytes]], verdicts: list[list[list[bool]]]) -> None:
    rule = recipe.rules.fields[i]
    for p in choices.people_of(rule, recipe.rules.people):
        obeyed = choices.channels_obeyed(rule, recipe.rules.people[p].choices, recipe.purpose)
        if obeyed is None:
            _drop(column, [False] * len(column), persons[p], _NO_CHANNEL)
        for c in obeyed or ():
            _drop(column, verdicts[p][c], persons[p], _CHOICE)


def _drop(column: Column, says: list[bool], who: list[bytes], why: _Absent) -> None:
    for row in _refused(says):
        if who[row] is not ids.NOBODY:
            column[row] = why


def _transformed(recipe: Recipe, i: int, texts: _Texts) -> Column:
    rule, at = recipe.rules.fields[i], recipe.layout.fields[i]
    name, cells = rule.transform.name, texts.columns[at]
    if name == "pseudonymize":
        key = recipe.keys.recipient_pseudonym if rule.transform.recipient_scope else recipe.keys.pseudonym
        found: Column = list(ids.hex_or_null(ids.hashes(key, rule.category, texts.framed((at,)))))
        if None in texts.column(at):  # null on the wire: the DMS has none; not so where nobody could read it
            for row, cell in enumerate(cells):
                if found[row] is None and cell is not None and not (isinstance(cell, str) and not cell.strip(" \0")):
                    found[row] = _UNFIT[Unfit.UNREADABLE]
        return found
    if name == "suppress":
        return [None] * len(cells)
    values = wire_values(cells, rule.type, rule.null_when, recipe.zone)
    if recipe.layout.cut and recipe.layout.cut[i]:
        values = _whole_only(cells, values, recipe.layout.cut[i])
    column: Column = values  # type: ignore[assignment]
    if Unfit in set(map(type, values)):
        column = [_UNFIT[value] if value.__class__ is Unfit else value for value in values]  # type: ignore[misc]
    if name == "keep_first":
        return [value[: rule.transform.keep] if isinstance(value, str) else value for value in column]
    if name == "mask":
        return [value[:1] + "*" * (len(value) - 1) if isinstance(value, str) else value for value in column]
    return column


def _whole_only(cells: Cells, values: list[Wire | Unfit], limit: int) -> list[Wire | Unfit]:
    """A text that the database had to cut is too long, whatever of it was left."""
    return [
        Unfit.TOO_LONG if cell.__class__ is str and len(cell) > limit else value
        for cell, value in zip(cells, values, strict=True)
    ]


def _screen(recipe: Recipe, fields: list[Column], reasons: list[str | None]) -> list[int]:
    """Look at every value as it would be sent; how many were stopped, field by field. A keyed pseudonym, a boolean and
    a null hold no text to look at."""
    counted = [0] * len(fields)
    for i, (rule, column) in enumerate(zip(recipe.rules.fields, fields, strict=True)):
        if rule.transform.name != "pseudonymize" and rule.type.name != "boolean":
            texts = _screenable(column)
            distinct = list(dict.fromkeys(texts))
            if 2 * len(distinct) > len(texts):
                found = screen.screen_values(texts, rule.name)
            else:  # a finding depends on the value alone, so each value is looked at once
                hits = {distinct[n]: finding for n, finding in screen.screen_values(distinct, rule.name).items()}
                found = {at: hits[text] for at, text in enumerate(texts) if text in hits} if hits else {}
            for at, finding in found.items():
                _act(rule, column, at, finding, reasons)
            counted[i] = len(found)
    return counted


def _screenable(column: Column) -> list[str]:
    if set(map(type, column)) == {str}:
        return column  # type: ignore[return-value]
    return [
        value
        if value.__class__ is str
        else " ".join(value)
        if value.__class__ is list
        else str(value)
        if value.__class__ is int
        else ""
        for value in column
    ]


def _act(rule: FieldRules, column: Column, at: int, finding: screen.Finding, reasons: list[str | None]) -> None:
    value = column[at]
    if rule.on_hit == "withhold_record":
        reasons[at] = reasons[at] or "screen"
    elif rule.on_hit == "mask" and isinstance(value, str):
        column[at] = screen.mask_spans(value, finding)
    else:
        column[at] = _SCREEN


def _encoded(
    recipe: Recipe,
    keys: list[tuple[str, ...] | None],
    record_ids: list[bytes],
    persons: list[list[bytes]],
    fields: list[Column],
    reasons: list[str | None],
) -> RecordPage:
    name = recipe.rules.name
    leaves = [reason is None for reason in reasons]
    stays = [reason is not None and key is not None for reason, key in zip(reasons, keys, strict=True)]
    counts: Counter[str] = Counter()
    bodies = _bodies(recipe.rules.fields, [list(compress(column, leaves)) for column in fields], counts)
    sent_ids = list(compress(record_ids, leaves))
    nonces = ids.nonces(recipe.keys.nonce, name, sent_ids, bodies)
    joined_ids, joined_nonces = b"".join(sent_ids), b"".join(nonces)
    if unreadable := keys.count(None):
        counts[f"*:{_EMPTY_KEY}"] = unreadable
    return RecordPage(
        dataset=name,
        rows=len(keys),
        lines=_lines(name, bodies, joined_ids, joined_nonces),
        ids=joined_ids,
        nonces=joined_nonces,
        persons=_joined(persons, leaves),
        keys=list(map(_pack, compress(keys, leaves))),
        withheld_ids=b"".join(compress(record_ids, stays)),
        withheld_reasons=[reason for reason in compress(reasons, stays) if reason],
        withheld_persons=_joined(persons, stays),
        field_counts=dict(counts),
    )


def _joined(persons: list[list[bytes]], rows: list[bool]) -> bytes:
    """Person hashes of the chosen rows, row by row."""
    return b"".join(chain.from_iterable(zip(*(compress(column, rows) for column in persons), strict=True)))


def _lines(dataset: str, bodies: list[bytes], record_ids: bytes, nonces: bytes) -> list[bytes]:
    """The canonical line of each record. `bodies`: their `fields` objects."""
    head = b'{"dataset":' + _encode(dataset) + b',"fields":'
    hex_ids, hex_nonces = hexlify(record_ids), hexlify(nonces)
    return [
        b'%b%b,"id":"%b","nonce":"%b","op":"upsert"}\n' % (head, body, hex_ids[at : at + 32], hex_nonces[at : at + 32])
        for body, at in zip(bodies, range(0, len(hex_ids), 32), strict=True)
    ]


def _bodies(rules: Sequence[FieldRules], fields: list[Column], counts: Counter[str]) -> list[bytes]:
    """The `fields` object of each record that leaves, encoded. Rules stand in name order, so its keys are sorted."""
    for n, column in enumerate(fields):
        if _Absent in set(map(type, column)):
            why = Counter(value.reason for value in column if value.__class__ is _Absent)
            counts.update({f"{rules[n].name}:{reason}": count for reason, count in why.items()})
            fields[n] = [UNSET if value.__class__ is _Absent else value for value in column]  # type: ignore[misc]
    shape = _shape(tuple(rule.name for rule in rules))
    encoded = _encoder.encode_lines(starmap(shape, zip(*fields, strict=True)))
    return encoded.split(b"\n")[:-1]


@lru_cache(maxsize=64)
def _shape(names: tuple[str, ...]) -> Any:
    """A record of these fields for the encoder, which leaves out what is UNSET."""
    members = [(f"f{n}", Any, UNSET) for n in range(len(names))]
    rename = {f"f{n}": name for n, name in enumerate(names)}
    return msgspec.defstruct("Fields", members, rename=rename, frozen=True, gc=False)
