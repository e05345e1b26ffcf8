"""A `files` source: a folder in which the DMS leaves whole tables as files.

Promises: of a file whose header is not exactly the declared one nothing behind the header is read; a set of files is
taken whole or not at all, by rename, when each is complete; rows live in memory only, never in a file of ours; a file
that changes while it is read is refused. Layout: FOLDER/taken/SET/TABLE.export; `.part` is a taking that was cut off.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from types import TracebackType

from agent.core.exports import HEADER_MAX, check_header, lookups, refused, rows
from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.query import Dialect, quoted
from agent.core.ruleset import ChoicesRules, DatasetRules
from agent.core.source import ExportTable, SourceSettings
from agent.core.text import shown
from agent.dms.dialects import DIALECTS
from agent.errors import ConfigError, SourceError

_TAKEN = "taken"
_PART = ".part"
_SIZE_MAX = 512 * 1024 * 1024  # it is held in memory
Found = dict[str, list[Path]]  # table -> its complete files, newest first


def declared_inventory(settings: SourceSettings, now: dt.datetime) -> Inventory:
    """The names of a files source: what agent.yaml declares, every cell a text."""
    tables = tuple(
        InventoryTable("", one.table, "table", tuple(InventoryColumn(name, "text") for name in one.columns))
        for one in sorted(settings.exports, key=lambda one: one.table)
    )
    return Inventory(settings.name, settings.dialect, now, tables)


def complete_files(settings: SourceSettings, wanted: Iterable[str]) -> Found:
    """The files that have arrived whole, by table; a table without one is left out."""
    folder = Path(settings.database)
    try:
        entries = [entry for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    except OSError:
        raise ConfigError(
            "FG-C27",
            f"the folder of source {shown(settings.name)} cannot be read: {shown(str(folder))}",
            "make it, and give the service account the right to read and rename in it; then: fieldgate doctor",
        ) from None
    found: dict[str, list[tuple[float, str, Path]]] = {}
    names = {entry.name for entry in entries}
    for entry in sorted(entries, key=lambda entry: entry.name):
        spec = next((one for one in settings.exports if fnmatchcase(entry.name, one.pattern)), None)
        if spec is not None and spec.table in wanted and _complete(settings, entry, names):
            found.setdefault(spec.table, []).append((entry.stat().st_mtime, entry.name, Path(entry.path)))
    return {table: [path for *_, path in sorted(files, reverse=True)] for table, files in found.items()}


def _complete(settings: SourceSettings, entry: os.DirEntry[str], names: set[str]) -> bool:
    if settings.marker:
        return not entry.name.endswith(settings.marker) and entry.name + settings.marker in names
    return time.time() - entry.stat().st_mtime >= settings.unchanged_s


def look_at_header(spec: ExportTable, path: Path) -> None:
    """SourceError where the header refuses the file. Not one byte behind it is read."""
    if spec.format != "fixed":
        with _opened(spec, path) as raw:
            check_header(spec, raw.readline(HEADER_MAX))


def take(settings: SourceSettings, found: Found, name: str) -> None:
    """Claim these files as one set, and drop the sets before it. Whole or not at all: a set counts once its folder has
    its name."""
    home = Path(settings.database) / _TAKEN
    part = home / (name + _PART)
    try:
        part.mkdir(parents=True, mode=0o700)
        for table, files in found.items():
            for i, path in enumerate(files):  # the older ones are superseded: they go with the set
                path.rename(part / (f"{table}.export" if i == 0 else f"{table}.{i}.old"))
                if settings.marker:
                    path.with_name(path.name + settings.marker).unlink(missing_ok=True)
        part.rename(home / name)
    except OSError:
        raise _cannot_rename(settings) from None
    for older in _sets(settings)[:-1]:
        drop(settings, older)


def give_back(settings: SourceSettings) -> None:
    """Undo a taking that was cut off before it counted: its files are put back under names that match again."""
    folder = Path(settings.database)
    for part in sorted((folder / _TAKEN).glob("*" + _PART)):
        for path in sorted(part.iterdir()):
            spec = next((one for one in settings.exports if path.name == f"{one.table}.export"), None)
            if spec is None:
                path.unlink(missing_ok=True)  # superseded already
            else:
                back = folder / spec.pattern.replace("*", f"given-back-{part.name.removesuffix(_PART)}").replace(
                    "?", "0"
                )
                path.rename(back)
                if settings.marker:
                    back.with_name(back.name + settings.marker).touch()
        part.rmdir()


def taken_set(settings: SourceSettings) -> str:
    """The name of the set at hand; empty where there is none."""
    return (_sets(settings) or [""])[-1]


def _sets(settings: SourceSettings) -> list[str]:
    home = Path(settings.database) / _TAKEN
    with suppress(OSError):
        return sorted(entry.name for entry in os.scandir(home) if entry.is_dir() and not entry.name.endswith(_PART))
    return []


def drop(settings: SourceSettings, name: str) -> None:
    """Delete a set."""
    place = Path(settings.database) / _TAKEN / name
    try:
        for path in place.iterdir():
            path.unlink()
        place.rmdir()
    except OSError:
        raise _cannot_rename(settings) from None


def _cannot_rename(settings: SourceSettings) -> ConfigError:
    return ConfigError(
        "FG-C28",
        f"an export of source {shown(settings.name)} cannot be moved or deleted in {shown(settings.database)}",
        "give the service account the right to write there, or close the program that holds the file open; "
        "then: fieldgate run --once",
    )


class ExportSession:
    """The set at hand, loaded: answers the same questions as a connection to a database."""

    def __init__(self, settings: SourceSettings) -> None:
        self.settings = settings
        self.dialect: Dialect = DIALECTS["files"]
        self.name = taken_set(settings)
        self._indexed: set[tuple[str, tuple[str, ...]]] = set()
        self._memory = sqlite3.connect(":memory:")
        self._memory.execute("PRAGMA temp_store = MEMORY")
        for spec in settings.exports:
            self._load(spec, Path(settings.database) / _TAKEN / self.name / f"{spec.table}.export")

    def __enter__(self) -> ExportSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """It stays loaded: the next job reads the same set."""

    def current(self, settings: SourceSettings) -> bool:
        return settings == self.settings and taken_set(settings) == self.name

    def close(self) -> None:
        self._memory.close()

    def _load(self, spec: ExportTable, path: Path) -> None:
        if not self.name or not path.is_file():
            return  # no policy reads this table; one that did would be refused by its query
        with _opened(spec, path) as raw:
            before = os.fstat(raw.fileno())
            if before.st_size > _SIZE_MAX:
                raise refused(spec, "FG-S44", f"is larger than {_SIZE_MAX >> 20} MB", "export less, or use a database")
            names = spec.columns if spec.format == "fixed" else check_header(spec, raw.readline(HEADER_MAX))
            table = quoted(self.dialect, spec.table)
            listed = ", ".join(f"{quoted(self.dialect, name)} TEXT" for name in names)
            self._memory.execute(f"CREATE TABLE {table} ({listed})")
            text = io.TextIOWrapper(io.BufferedReader(raw), spec.encoding, "replace", newline="")
            marks = ", ".join("?" * len(names))
            cells = ([cell or None for cell in row] for row in rows(spec, names, text))
            self._memory.executemany(f"INSERT INTO {table} VALUES ({marks})", cells)  # noqa: S608 quoted
            after = os.fstat(raw.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise refused(spec, "FG-S45", "changed while it was read", "let the export end before it is renamed")

    def prepare(self, rules: DatasetRules | ChoicesRules) -> None:
        """Make the pages and equalities of these rules quick."""
        for table, columns in lookups(rules):
            if (table, columns) not in self._indexed:
                self._indexed.add((table, columns))
                listed = ", ".join(quoted(self.dialect, column) for column in columns)
                number = len(self._indexed)
                self._run(f"CREATE INDEX x{number} ON {quoted(self.dialect, table)} ({listed})")

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[tuple[object, ...]]:
        return self._run(sql, params)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nothing changes under a set that is in memory."""
        yield

    def _run(self, sql: str, params: Sequence[object] = ()) -> list[tuple[object, ...]]:
        try:
            return self._memory.execute(sql, tuple(params)).fetchall()
        except sqlite3.Error:
            pass
        raise SourceError(
            "FG-S46",
            f"the exports of source {shown(self.settings.name)} are not all at hand, or lack a column",
            "have all tables exported together, and compare `columns:` in agent.yaml with the policy: fieldgate doctor",
        )


@contextmanager
def _opened(spec: ExportTable, path: Path) -> Iterator[io.FileIO]:
    """Unbuffered, so that reading a line reads no byte behind it."""
    try:
        raw = io.FileIO(path)
    except OSError:
        raise refused(spec, "FG-S47", "cannot be opened", "give the service account the right to read it") from None
    with raw:
        yield raw
