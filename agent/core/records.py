"""Row -> Record: decide what of a page may leave, transform it, screen it, encode it. Records are made here only.

A page is handled column by column; a record exists only as its encoded line. What stays back is counted by reason, and
no reason carries a value.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from agent.core import choices, ids, screen
from agent.core.query import RowLayout
from agent.core.ruleset import DatasetRules, FieldRules, Purpose, Regime
from agent.core.values import Unfit, Wire, cell_text, wire_values
from agent.errors import SourceError


class RowPage:
    """Raw rows from the DMS. Tainted: its repr shows column names only, and nothing but this module opens it."""

    __slots__ = ("columns", "rows")

    def __init__(self, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
        self.columns = columns
        self.rows = rows

    def __repr__(self) -> str:
        return f"RowPage({len(self.rows)} rows of {', '.join(self.columns)})"


class RecordPage(msgspec.Struct, frozen=True, array_like=True):
    """What may leave of one page. Parallel sequences in source-key order; hashes are joined, 16 bytes each.

    `keys`: the source keys of the records, each a msgpack array of texts. `withheld_*`: rows kept back whole.
    `field_counts`: "field:reason" -> how many values were kept back while their record left.
    """

    dataset: str
    rows: int
    lines: list[bytes]
    ids: bytes
    nonces: bytes
    persons: bytes
    keys: list[bytes]
    withheld_ids: bytes
    withheld_reasons: list[str]
    withheld_persons: bytes
    field_counts: dict[str, int]

    def __repr__(self) -> str:
        return f"RecordPage({self.dataset}: {len(self.lines)} of {self.rows} rows)"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything about a dataset that does not change from page to page."""

    rules: DatasetRules
    layout: RowLayout
    purpose: Purpose
    regime: Regime
    keys: ids.StreamKeys
    zone: dt.tzinfo


class _Absent:
    """In a column of wire values: this record leaves without this field."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


_UNFIT = {why: _Absent(why.value) for why in Unfit}
_CHOICE = _Absent("choice")
_NO_CHANNEL = _Absent("no_choice_column")
_SCREEN = _Absent("screen")
_EMPTY_KEY = "key_not_readable"
_encode = msgspec.json.Encoder().encode

Cells = tuple[object, ...]
Column = list["Wire | _Absent"]


def make_records(recipe: Recipe, page: RowPage) -> RecordPage:
    """Screen one page. Every row ends as one record or as one counted withholding."""
    if not page.rows:
        return RecordPage(recipe.rules.name, 0, [], b"", b"", b"", [], b"", [], b"", {})
    columns = list(zip(*page.rows, strict=True))
    keys = _keys(recipe, columns)
    _refuse_fan_out(recipe, keys)
    persons = _persons(recipe, columns)
    verdicts = _channel_verdicts(recipe, columns)
    reasons: list[str | None] = [None if key else _EMPTY_KEY for key in keys]
    _withhold_refused(recipe, persons, verdicts, reasons)
    fields = [_field(recipe, i, columns, persons, verdicts) for i in range(len(recipe.rules.fields))]
    _screen(recipe, fields, reasons)
    return _encoded(recipe, keys, persons, fields, reasons)


def _keys(recipe: Recipe, columns: list[Cells]) -> list[tuple[str, ...] | None]:
    return _texts([columns[i] for i in recipe.layout.key])


def _refuse_fan_out(recipe: Recipe, keys: list[tuple[str, ...] | None]) -> None:
    whole = [key for key in keys if key is not None]
    if len(set(whole)) != len(whole):
        name = recipe.rules.name
        raise SourceError(
            "FG-S20",
            f"dataset {name}: one key stands in two rows (the key is not unique, or a join finds several rows)",
            f"correct `key:` or `joins:` of {name} in the policy; nothing of it was sent",
        )


def _texts(parts: list[Cells]) -> list[tuple[str, ...] | None]:
    """Key parts as texts, row by row; None where any part is null, blank or unreadable."""
    as_text = [[cell_text(cell) for cell in part] for part in parts]
    whole = zip(*as_text, strict=True)
    return [row if None not in row else None for row in whole]


def _persons(recipe: Recipe, columns: list[Cells]) -> list[list[bytes]]:
    found = []
    for person, positions in zip(recipe.rules.people, recipe.layout.people, strict=True):
        scope = person_scope(recipe.rules.source, str(person.choices.table) if person.choices else "")
        found.append(ids.person_hashes(recipe.keys.persons, scope, _texts([columns[i] for i in positions])))
    return found


def person_scope(source: str, table: str) -> str:
    """Persons are told apart within the table that holds their choices: one CUST_NO is one person in every dataset."""
    return f"{source}\0{table}"


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


def _withhold_refused(
    recipe: Recipe, persons: list[list[bytes]], verdicts: list[list[list[bool]]], reasons: list[str | None]
) -> None:
    for p, person in enumerate(recipe.rules.people):
        for c, column in enumerate(person.choices.columns if person.choices else ()):
            if column.channel == "everything":
                who, says = persons[p], verdicts[p][c]
                for row, allowed in enumerate(says):
                    if not allowed and who[row] is not ids.NOBODY:
                        reasons[row] = reasons[row] or "choice"


def _field(
    recipe: Recipe, i: int, columns: list[Cells], persons: list[list[bytes]], verdicts: list[list[list[bool]]]
) -> Column:
    rule = recipe.rules.fields[i]
    cells = columns[recipe.layout.fields[i]]
    column = _transformed(rule, cells, recipe)
    for p in choices.people_of(rule, recipe.rules.people):
        obeyed = choices.channels_obeyed(rule, recipe.rules.people[p].choices, recipe.purpose)
        if obeyed is None:
            _drop(column, [False] * len(column), persons[p], _NO_CHANNEL)
        for c in obeyed or ():
            _drop(column, verdicts[p][c], persons[p], _CHOICE)
    return column


def _drop(column: Column, says: list[bool], who: list[bytes], why: _Absent) -> None:
    if all(says):
        return
    for row, allowed in enumerate(says):
        if not allowed and who[row] is not ids.NOBODY:
            column[row] = why


def _transformed(rule: FieldRules, cells: Cells, recipe: Recipe) -> Column:
    name = rule.transform.name
    if name == "pseudonymize":
        key = recipe.keys.recipient_pseudonym if rule.transform.recipient_scope else recipe.keys.pseudonym
        texts = [cell_text(cell) for cell in cells]
        found: Column = list(ids.pseudonyms(key, rule.category, texts))
        if None in texts:  # null on the wire says the DMS has none, and that is not so where nobody could read it
            for row, cell in enumerate(cells):
                if texts[row] is None and cell is not None and not (isinstance(cell, str) and not cell.strip(" \0")):
                    found[row] = _UNFIT[Unfit.UNREADABLE]
        return found
    if name == "suppress":
        return [None] * len(cells)
    values = wire_values(cells, rule.type, rule.null_when, recipe.zone)
    column: Column = [_UNFIT[value] if value.__class__ is Unfit else value for value in values]  # type: ignore[misc]
    if name == "keep_first":
        return [value[: rule.transform.keep] if isinstance(value, str) else value for value in column]
    if name == "mask":
        return [value[:1] + "*" * (len(value) - 1) if isinstance(value, str) else value for value in column]
    return column


def _screen(recipe: Recipe, fields: list[Column], reasons: list[str | None]) -> None:
    """Look at every value as it would be sent. A keyed pseudonym, a boolean and a null hold no text to look at."""
    for rule, column in zip(recipe.rules.fields, fields, strict=True):
        if rule.transform.name != "pseudonymize" and rule.type.name != "boolean":
            for at, finding in screen.screen_values(_screenable(column), rule.name).items():
                _act(rule, column, at, finding, reasons)


def _screenable(column: Column) -> list[str]:
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
    persons: list[list[bytes]],
    fields: list[Column],
    reasons: list[str | None],
) -> RecordPage:
    name = recipe.rules.name
    all_ids = ids.record_ids(recipe.keys.id, name, [key or ("",) for key in keys])
    who = list(zip(*persons, strict=True)) if persons else [()] * len(keys)
    sent = [row for row, reason in enumerate(reasons) if reason is None]
    kept = [row for row, reason in enumerate(reasons) if reason is not None]
    counts: Counter[str] = Counter()
    bodies = _bodies(recipe.rules.fields, fields, sent, counts)
    sent_ids = [all_ids[row] for row in sent]
    nonces = ids.nonces(recipe.keys.nonce, name, sent_ids, bodies)
    head = b'{"dataset":' + _encode(name) + b',"fields":'
    lines = [
        b'%b%b,"id":"%b","nonce":"%b","op":"upsert"}\n' % (head, body, i.hex().encode(), n.hex().encode())
        for body, i, n in zip(bodies, sent_ids, nonces, strict=True)
    ]
    return RecordPage(
        dataset=name,
        rows=len(keys),
        lines=lines,
        ids=b"".join(sent_ids),
        nonces=b"".join(nonces),
        persons=b"".join(h for row in sent for h in who[row]),
        keys=[msgspec.msgpack.encode(keys[row]) for row in sent],
        withheld_ids=b"".join(all_ids[row] for row in kept if keys[row]),
        withheld_reasons=[reasons[row] or "" for row in kept if keys[row]],
        withheld_persons=b"".join(h for row in kept if keys[row] for h in who[row]),
        field_counts=dict(counts) | ({f"*:{_EMPTY_KEY}": empty} if (empty := sum(k is None for k in keys)) else {}),
    )


def _bodies(rules: Sequence[FieldRules], fields: list[Column], sent: list[int], counts: Counter[str]) -> list[bytes]:
    """The `fields` object of each record that leaves, encoded. Rules stand in name order, so its keys are sorted."""
    names = [rule.name for rule in rules]
    if len(sent) == (len(fields[0]) if fields else 0) and not any(_has_gaps(column) for column in fields):
        return [_encode(dict(zip(names, row, strict=True))) for row in zip(*fields, strict=True)]
    bodies = []
    for row in sent:
        record = {}
        for name, column in zip(names, fields, strict=True):
            value = column[row]
            if value.__class__ is _Absent:
                counts[f"{name}:{value.reason}"] += 1
            else:
                record[name] = value
        bodies.append(_encode(record))
    return bodies


def _has_gaps(column: Column) -> bool:
    return _Absent in {value.__class__ for value in column}
