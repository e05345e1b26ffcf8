"""`choices import`: one CSV form. Every row is a fact or a named problem; no problem repeats what stands in the cell.

Columns, in this order and under these names:
customer_number,what,purpose,channel,scope,happened_at,proof,notice_version
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.core.facts import EVERY_PURPOSE, EVERYTHING, PURPOSES, Fact, is_scope
from agent.core.ruleset import CHANNELS

COLUMNS = ("customer_number", "what", "purpose", "channel", "scope", "happened_at", "proof", "notice_version")
SAYABLE = ("given", "renewed", "refused", "withdrawn", "expired")
_REFERENCE = re.compile(r"[A-Za-z0-9 ._:/#-]{0,80}", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    line: int
    customer_number: str
    fact: Fact
    proof: str
    notice: str


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    what: str


def read_list(data: bytes, now: dt.datetime) -> tuple[list[Row], list[Problem]]:
    """The good rows and the bad ones, by line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [Problem(1, "the file is not UTF-8")]
    rows: list[Row] = []
    problems: list[Problem] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if tuple(cell.strip() for cell in header) != COLUMNS:
            return [], [Problem(1, "the first line must be: " + ",".join(COLUMNS))]
        for cells in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            found = list(_problems(cells, now))
            problems += [Problem(line, what) for what in found]
            if not found:
                rows.append(_row(line, cells, now))
    except csv.Error:
        problems.append(Problem(reader.line_num, "not readable as CSV (a quote that is not closed?)"))
    return rows, problems


def moment(text: str, what: str, now: dt.datetime) -> str | None:
    """An instant, or a day: of a day a no counts to its end and a yes from its beginning. None where it is neither, or
    lies in the future: then a yes from tomorrow would outdo each no of today."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == 10:
        if at.date() > now.astimezone(dt.UTC).date():
            return None
        whole = dt.time.max if what in ("refused", "withdrawn", "expired") else dt.time.min
        at = min(dt.datetime.combine(at.date(), whole, dt.UTC), now)
    if at.tzinfo is None or at > now:
        return None
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def checked(cells: Sequence[str], now: dt.datetime) -> tuple[Row | None, list[str]]:
    """One row typed by hand, or what is wrong with it."""
    found = list(_problems(cells, now))
    return (None if found else _row(0, cells, now)), found


def _problems(cells: Sequence[str], now: dt.datetime) -> Iterator[str]:
    if len(cells) != len(COLUMNS):
        yield f"{len(cells)} cells instead of {len(COLUMNS)}"
        return
    number, what, purpose, channel, scope, happened_at, proof, notice = (cell.strip() for cell in cells)
    if not number or len(number) > 128:
        yield "customer_number is empty or too long"
    if what not in SAYABLE:
        yield "what is not one of " + ", ".join(SAYABLE)
    if purpose not in (*PURPOSES, EVERY_PURPOSE):
        yield "purpose is not one of * " + ", ".join(PURPOSES)
    if channel not in (*CHANNELS, EVERYTHING):
        yield "channel is not one of everything, " + ", ".join(CHANNELS)
    if not is_scope(scope):
        yield "scope is not group, store:NUMBER or brand:RECIPIENT"
    if moment(happened_at, what, now) is None:
        yield "happened_at is not a day or an instant with its offset, or lies in the future"
    if not _REFERENCE.fullmatch(proof) or not _REFERENCE.fullmatch(notice):
        yield "proof and notice_version are short references (letters, digits, . _ : / # -), not texts"


def _row(line: int, cells: Sequence[str], now: dt.datetime) -> Row:
    number, what, purpose, channel, scope, happened_at, proof, notice = (cell.strip() for cell in cells)
    at = moment(happened_at, what, now)
    assert at is not None
    return Row(line, number, Fact(what, purpose, channel, scope, at), proof, notice)  # type: ignore[arg-type]
