"""`classify` and `screen`: could this be sent? Answered from names and texts alone, before anything is connected.

One JSON verdict a line, in the order of the input. Neither ever repeats a text or quotes a line it could not read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

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
        rows = _names(_text(csv_file, "--csv"))
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
    from agent.cli.out import fail, say_json
    from agent.core.screen import screen_text
    from agent.errors import ConfigError

    try:
        texts = _texts(_text(jsonl_file, "--jsonl"))
    except ConfigError as error:
        fail(error, as_json=as_json)
    for at, (text, field) in enumerate(texts):
        found = screen_text(text, field)
        spans = [[start, end, category] for start, end, category in found.spans]
        say_json({"text_index": at, "npi": found.npi, "category": found.category, "spans": spans})


def _text(path: Path | None, option: str) -> str:
    """A file or standard input as text: UTF-8 with or without BOM, UTF-16 with one, else the Windows code page."""
    import sys

    from agent.core.text import shown
    from agent.errors import ConfigError

    try:
        data = path.read_bytes() if path else sys.stdin.buffer.read()
    except OSError:
        raise ConfigError(
            "input_unreadable", f"{shown(str(path))} cannot be read", f"name a file that exists: {option} FILE"
        ) from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    if not text.strip():
        raise ConfigError("input_empty", "there is nothing to read", f"give a file with {option} FILE, or pipe one in")
    return text


def _names(text: str) -> list[dict[str, str]]:
    """The rows; a header names the columns, in any order and case. Excel's semicolons and tabs are understood."""
    import csv

    from agent.errors import ConfigError

    lines = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    first = lines.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(lines.split("\n"), delimiter=delimiter)
    header = [name.strip().lower() for name in next(reader)]
    if "column" not in header:
        raise ConfigError(
            "header_missing", "the first line has no `column`", "start the file with the line: table,column"
        )
    found = []
    try:
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


def _texts(text: str) -> list[tuple[str, str]]:
    import json

    found = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row: Any = json.loads(line)
        except ValueError:
            raise _bad_line(number, "is not JSON") from None
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise _bad_line(number, 'has no "text" that is a string')
        field = row.get("field", "")
        found.append((row["text"], field if isinstance(field, str) else ""))
    return found


def _bad_line(number: int, what: str) -> Exception:
    from agent.errors import ConfigError

    return ConfigError(
        "line_unreadable", f"line {number} {what}", 'write one JSON object a line: {"text": "...", "field": "..."}'
    )


def _bare(table: str) -> str:
    """`dbo.CUSTOMER` without its schema: the classifier reads bare names."""
    return table.strip().strip('[]"`').split(".")[-1].strip('[]"` ')
