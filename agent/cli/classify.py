"""`classify` and `screen`: could this be sent? Answered from names and texts alone, before anything is connected.

One JSON verdict a line, in the order of the input. Neither ever repeats a text or quotes a line it could not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

if TYPE_CHECKING:
    from agent.errors import ConfigError

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_LARGEST = 64 << 20  # of a file of names, or of UTF-16
_LONGEST = 4 << 20  # of one line: a text of a page or two, many times over

_CSV_HELP = "A CSV with the header table,column (also: type, comment). Standard input when left out."
_JSONL_HELP = "JSON Lines with text and, if you like, field. Standard input when left out."
_JSON_HELP = "No difference here: the output is always JSON Lines."


def register(app: typer.Typer) -> None:
    app.command("classify")(classify)
    app.command("screen")(screen)


def classify(
    csv_file: Annotated[Path | None, typer.Option("--csv", help=_CSV_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_JSON_HELP)] = False,
) -> None:
    """Is a column name forbidden, suspected or plain, and why. Reads names only."""
    from agent.cli.out import fail, say_json
    from agent.core.classify import classify_table
    from agent.core.floor import Verdict
    from agent.errors import ConfigError

    try:
        rows = _names(_text(csv_file))
    except ConfigError as error:
        fail(error, as_json=as_json)
    tables: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        tables.setdefault(row["table"], []).append(at)
    verdicts: dict[int, Verdict] = {}
    for table, places in tables.items():
        columns = [(rows[at]["column"], rows[at]["type"], rows[at]["comment"]) for at in places]
        verdicts.update(zip(places, classify_table(_bare(table), columns), strict=True))
    for at, row in enumerate(rows):
        found = verdicts[at]
        answer = {"column": row["column"], "verdict": found.verdict, "category": found.category, "reason": found.reason}
        say_json({**answer, "table": row["table"]} if row["table"] else answer)


def screen(
    jsonl_file: Annotated[Path | None, typer.Option("--jsonl", help=_JSONL_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_JSON_HELP)] = False,
) -> None:
    """Does a text hold something nonpublic, and where. The text is never repeated."""
    import sys

    from agent.cli.out import fail, say_json
    from agent.core.screen import screen_text
    from agent.errors import ConfigError

    at = 0
    try:
        for at, (text, field) in enumerate(_texts(_lines(jsonl_file)), start=1):
            found = screen_text(text, field)
            spans = [[start, end, category] for start, end, category in found.spans]
            say_json({"text_index": at - 1, "npi": found.npi, "category": found.category, "spans": spans})
            sys.stdout.flush()  # whoever pipes texts in waits for the answer before the next
        if not at:
            raise _nothing("--jsonl")
    except ConfigError as error:  # the verdicts above it stand
        fail(error, as_json=as_json)


def _text(path: Path | None) -> str:
    """A file of names as text. Names are few: whole, but not without end."""
    with _opened(path, "--csv") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise _too_long(f"the input is larger than {_LARGEST >> 20} MB", "give the tables in several files")
    text = _decoded(data)
    if not text.strip():
        raise _nothing("--csv")
    return text


def _lines(path: Path | None) -> Iterator[str]:
    """The lines of a file of texts, one at a time: it may be larger than memory."""
    with _opened(path, "--jsonl") as file:
        start = file.readline(_LONGEST + 1)
        if start.startswith(_UTF_16):  # its line ends are no bytes to look for
            yield from _decoded(start + file.read(_LARGEST)).split("\n")
            return
        number = 1
        while start:
            if len(start) > _LONGEST:
                what = f"line {number} is longer than {_LONGEST >> 20} MB"
                raise _too_long(what, "write one text a line, each with its own braces")
            yield _decoded(start)
            start, number = file.readline(_LONGEST + 1), number + 1


@contextmanager
def _opened(path: Path | None, option: str) -> Iterator[BinaryIO]:
    import sys

    from agent.core.text import shown
    from agent.errors import ConfigError

    try:
        file = path.open("rb") if path else sys.stdin.buffer
        try:
            yield file
        finally:
            if path:
                file.close()
    except OSError:
        raise ConfigError(
            "input_unreadable", f"{shown(str(path))} cannot be read", f"name a file that exists: {option} FILE"
        ) from None


def _decoded(data: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16 with one, else the Windows code page."""
    if data.startswith(_UTF_16):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _nothing(option: str) -> ConfigError:
    from agent.errors import ConfigError

    return ConfigError("input_empty", "there is nothing to read", f"give a file with {option} FILE, or pipe one in")


def _too_long(what: str, advice: str) -> ConfigError:
    from agent.errors import ConfigError

    return ConfigError("input_too_long", what, advice)


def _names(text: str) -> list[dict[str, str]]:
    """The rows; a header names the columns, in any order and case. Excel's semicolons and tabs are understood."""
    import csv

    from agent.errors import ConfigError

    lines = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    first = lines.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(lines.split("\n"), delimiter=delimiter)
    found = []
    try:
        header = [name.strip().lower() for name in next(reader)]
        if "column" not in header:
            raise ConfigError(
                "header_missing", "the first line has no `column`", "start the file with the line: table,column"
            )
        for row in reader:
            if any(cell.strip() for cell in row):
                named = dict(zip(header, row, strict=False))
                found.append({key: named.get(key, "") for key in ("table", "column", "type", "comment")})
    except csv.Error:
        raise ConfigError("csv_broken", f"line {reader.line_num} is not CSV", "save the file as CSV again") from None
    nameless = [at for at, row in enumerate(found, start=1) if not row["column"].strip()]
    if nameless:
        raise ConfigError("column_missing", f"row {nameless[0]} after the header has no column name", "fill it in")
    if not found:
        raise ConfigError("input_empty", "there is a header and nothing below it", "add one line per column")
    return found


def _texts(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    import json

    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
        except (ValueError, RecursionError):  # a number of a thousand digits, braces without end
            raise _bad_line(number, "is not JSON") from None
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise _bad_line(number, 'has no "text" that is a string')
        field = row.get("field", "")
        yield row["text"], field if isinstance(field, str) else ""


def _bad_line(number: int, what: str) -> ConfigError:
    from agent.errors import ConfigError

    return ConfigError(
        "line_unreadable", f"line {number} {what}", 'write one JSON object a line: {"text": "...", "field": "..."}'
    )


def _bare(table: str) -> str:
    """`dbo.CUSTOMER` without its schema: the classifier reads bare names."""
    return table.strip().strip('[]"`').split(".")[-1].strip('[]"` ')
