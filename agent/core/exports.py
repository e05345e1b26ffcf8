"""Reading a file that a DMS exports: its header is judged before anything behind it is read; there is no projection.

A column more than the declared ones refuses the file unread; so do one less, one twice, and a header that is none. A
row of another width, a header in the middle, a NUL or an unclosed quote refuses the whole file: nobody can know whose
value stands where. What a byte means that is no text is left to the screen of values (U+FFFD, 0xFD).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from agent.core.ruleset import ChoicesRules, DatasetRules, Exists, Ref
from agent.core.source import ExportTable
from agent.core.text import shown
from agent.errors import SourceError

HEADER_MAX = 64 * 1024
# The codes on which an export is refused while everything else flows.
BROKEN_EXPORT = ("FG-S40", "FG-S41", "FG-S42", "FG-S43", "FG-S44", "FG-S45", "FG-S46", "FG-S47")
_DELIMITER = {"csv": ",", "pipe": "|"}
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NAMES_SHOWN = 5
Row = Sequence[str]


def check_header(spec: ExportTable, line: bytes) -> tuple[str, ...]:
    """The names in the first line of a file, in its order. SourceError where they are not exactly the declared ones."""
    if line.startswith(_UTF16):
        raise refused(spec, "FG-S41", "is UTF-16", f"export it as {spec.encoding}, or as CSV in UTF-8")
    if b"\0" in line or len(line) >= HEADER_MAX:
        raise refused(spec, "FG-S41", "is no text file", "export it as text, one row a line")
    try:
        text = line.removeprefix(_BOM).decode(spec.encoding)
    except UnicodeDecodeError:
        raise refused(spec, "FG-S41", f"has a header that is not {spec.encoding}", "correct `encoding:`") from None
    names = tuple(name.strip() for name in _cells(spec, text))
    _same_names(spec, names)
    return names


def _cells(spec: ExportTable, text: str) -> list[str]:
    line = text.rstrip("\r\n")
    if spec.format == "pipe":
        return line.split("|")
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error:
        rows = []
    if len(rows) != 1:
        raise refused(spec, "FG-S41", "has a first line that is no CSV header", "export it with one line of names")
    return rows[0]


def _same_names(spec: ExportTable, names: Sequence[str]) -> None:
    more = [name for name in dict.fromkeys(names) if name not in spec.columns]
    if more:
        listed = ", ".join(f"`{shown(name)}`" if name else "one without a name" for name in more[:_NAMES_SHOWN])
        listed += f" and {len(more) - _NAMES_SHOWN} more" if len(more) > _NAMES_SHOWN else ""
        raise refused(spec, "FG-S40", f"names {len(more)} column(s) that no policy grants: {listed}", _sentence(spec))
    missing = [name for name in spec.columns if name not in names]
    if missing or len(set(names)) != len(names):
        what = f"lacks {', '.join(f'`{shown(name)}`' for name in missing[:_NAMES_SHOWN])}" if missing else ""
        raise refused(spec, "FG-S40", what or "names a column twice", _sentence(spec))


def _sentence(spec: ExportTable) -> str:
    return (
        "tell whoever configures the export: please export exactly these columns and no other: "
        f"{', '.join(shown(name) for name in spec.columns)}"
    )


def rows(spec: ExportTable, names: Sequence[str], lines: Iterable[str]) -> Iterator[Row]:
    """The rows behind the header, each as wide as it. SourceError for a file that is not what its header says."""
    sound = _sound(spec, lines)
    found = _fixed(spec, sound) if spec.format == "fixed" else _delimited(spec, sound)
    number, blank = 0, False
    for number, row in enumerate(found, 1):
        if blank or (len(row) != len(names) and row):
            raise refused(spec, "FG-S42", f"has {len(row)} cells instead of {len(names)} in row {number}", _AGAIN)
        blank = not row  # an empty line may be the last one
        if [cell.strip() for cell in row] == list(names):
            raise refused(spec, "FG-S42", f"repeats its header in row {number}: several exports in one", _AGAIN)
        if row:
            yield row
    if not number:
        raise refused(spec, "FG-S43", "has no row, and would take back everything that was sent", _AGAIN)


_AGAIN = "nothing of it was kept; have the export made again"


def _sound(spec: ExportTable, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise refused(spec, "FG-S42", f"has a NUL behind its header, line {number}", _AGAIN)
        yield line


def _delimited(spec: ExportTable, lines: Iterable[str]) -> Iterator[Row]:
    if spec.format == "pipe":
        for line in lines:
            text = line.rstrip("\r\n")
            yield text.split("|") if text else []
        return
    reader = csv.reader(lines, strict=True)
    try:
        yield from reader
    except csv.Error:
        raise refused(spec, "FG-S42", f"has an unclosed quote at line {reader.line_num}", _AGAIN) from None


def _fixed(spec: ExportTable, lines: Iterable[str]) -> Iterator[Row]:
    ends = [sum(spec.widths[: i + 1]) for i in range(len(spec.widths))]
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if text and len(text) != ends[-1]:
            what = f"has {len(text)} characters instead of {ends[-1]} in line {number}"
            raise refused(spec, "FG-S42", what, _AGAIN)
        yield [text[start:end].rstrip(" ") for start, end in zip([0, *ends], ends, strict=False)] if text else []


def refused(spec: ExportTable, code: str, what: str, advice: str) -> SourceError:
    return SourceError(
        code,
        f"the export of {shown(spec.table)} {what}. Nothing of it was read",
        f"{advice}; then: fieldgate run --once",
        exit_status=1,
        who="whoever configures the export",
    )


def lookups(rules: DatasetRules | ChoicesRules) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(table, columns) by which rows are found: page order and equalities."""
    if isinstance(rules, ChoicesRules):
        yield rules.table.name, rules.person
        return
    yield rules.table.name, rules.key
    for join in rules.joins:
        yield join.table.name, _columns(join.on)
    for person in rules.people:
        if person.choices:
            yield person.choices.table.name, person.choices.person
    for line in rules.where:
        if isinstance(line, Exists):
            yield line.table.name, _columns(line.on)


def _columns(on: Sequence[tuple[str, Ref]]) -> tuple[str, ...]:
    return tuple(column for column, _ in on)
