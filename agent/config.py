"""agent.yaml to a frozen value. Nothing is read at import, and nothing in the file can loosen a promise: there is no
key for it. Secrets are names in the key store, never here. All problems are told at once, each with its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from agent.core.changes import LONGEST_DAYS
from agent.core.policy.strict_yaml import Tree, read_tree
from agent.core.schedule import PATTERN
from agent.core.source import ExportFormat, ExportTable, OdbcDialect, Quirks, SourceSettings
from agent.errors import ConfigError

_NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d\Z")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
Name = Annotated[str, Field(pattern=_NAME)]
Number = Annotated[int, Field(gt=0)]


def _none(value: object) -> object:
    return None if value in ("null", "~", "", None) else value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("not a time zone like America/New_York") from None
    return value


class Export(_Strict):
    """One table that the DMS exports, whole each time."""

    file: Annotated[str, Field(pattern=r"^[^/\\\[\]]{1,200}$")]  # a name with * or ?, in the source's own folder
    format: ExportFormat
    columns: tuple[str, ...] = ()
    widths: dict[str, Annotated[int, Field(gt=0, le=4000)]] = {}
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8"

    @model_validator(mode="after")
    def _declared(self) -> Export:
        if (self.format == "fixed") != bool(self.widths) or bool(self.columns) == bool(self.widths):
            raise ValueError(
                "say `columns: [...]` for csv and pipe, `widths: {COLUMN: 8}` for fixed, in the file's order"
            )
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("a column stands twice under columns:")
        return self


class FilesSource(_Strict):
    """A folder in which the DMS leaves exported tables."""

    kind: Literal["files"]
    folder: str
    zone: str
    tables: Annotated[dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$")], Export], Field(min_length=1)]
    marker: Annotated[str, Field(pattern=r"^(\.[A-Za-z0-9]{1,16})?$")] = ""
    unchanged_s: Annotated[int, Field(ge=0, le=86400)] = 60

    _zone = field_validator("zone")(_known_zone)


class SourceQuirks(_Strict):
    """How an engine says things that fieldgate does not know: for `dialect: generic`."""

    quote: Literal["double", "backtick", "bracket"] = "double"
    limit: Literal["fetch_first", "limit", "top"] = "fetch_first"
    pads: bool = True


class Source(_Strict):
    """One DMS database."""

    kind: Literal["odbc"]
    driver: str
    dialect: OdbcDialect
    server: str = ""
    port: int = 0
    database: str = ""
    user: str = ""
    password: str = ""
    zone: str
    overlap_s: Annotated[int, Field(ge=0)]
    quiet_hours: str = ""
    quirks: SourceQuirks | None = None
    encrypt: Literal["verify", "unverified", "plain_text"] | None = None
    ca: str | None = None
    enforcement: Literal["column", "view"] = "column"
    view_schema: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")] = "fieldgate"

    @field_validator("password")
    @classmethod
    def _by_name_only(cls, value: str) -> str:
        if value and not value.startswith("key:"):
            raise ValueError("a password never stands in this file: write key:NAME and store it with `fieldgate setup`")
        return value

    _zone = field_validator("zone")(_known_zone)

    @field_validator("quiet_hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        if value and not _HOURS.match(value):
            raise ValueError('write the hours as "07:00-20:00"')
        return value

    @model_validator(mode="after")
    def _quirks_of_the_unknown(self) -> Source:
        if self.quirks is not None and self.dialect != "generic":
            raise ValueError("quirks are for dialect: generic; the other dialects are known")
        return self

    @model_validator(mode="after")
    def _views_of_the_known(self) -> Source:
        if self.enforcement == "view" and self.dialect in ("sqlite", "generic"):
            raise ValueError(
                f"enforcement: view needs an engine with accounts that fieldgate knows, not {self.dialect}"
            )
        return self


class Store(_Strict):
    dealer_code: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]


class Recipient(_Strict):
    """One OEM endpoint, or a folder for SFTP pick-up."""

    endpoint: str | None = None
    folder: str | None = None
    proxy: str | None = None
    ca: str | None = None
    pin: Annotated[tuple[Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")], ...], Field(max_length=2)] = ()

    _null = field_validator("endpoint", "folder", "proxy", "ca", mode="before")(_none)

    @field_validator("pin", mode="before")
    @classmethod
    def _one_or_two(cls, value: object) -> object:
        """Two while the OEM changes its key. No pin is said by leaving it out: an empty one would look like a pin."""
        if value in ([], ""):
            raise ValueError("write one pin or two (`fieldgate doctor` shows the key), or leave pin: out")
        return [value] if isinstance(value, str) and _none(value) else _none(value) or ()

    @field_validator("endpoint")
    @classmethod
    def _https(cls, value: str | None) -> str | None:
        if value is None:
            return value
        parts = urlsplit(value)
        if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            return value.rstrip("/")
        raise ValueError("the endpoint must be https:// (plain http only on this machine)")

    @model_validator(mode="after")
    def _one_way(self) -> Recipient:
        if (self.endpoint is None) == (self.folder is None):
            raise ValueError("say either endpoint: or folder:")
        if self.pin and not (self.endpoint or "").startswith("https:"):
            raise ValueError("a pin needs an endpoint that is asked over https://")
        if self.pin and (self.proxy or "").startswith("https:"):
            raise ValueError("beside a pin the proxy must be asked over http:// (TLS to the OEM goes through it)")
        return self


class Keys(_Strict):
    store: Literal["file", "systemd", "dpapi"]
    folder: str = "keys"


class Schedule(_Strict):
    extract: tuple[Annotated[str, Field(pattern=PATTERN)], ...] = ("02:15",)
    pull_choices_every_m: Number = 15
    deliver_every_m: Number = 5
    reconcile_every_days: Annotated[int, Field(gt=0, le=LONGEST_DAYS)] = LONGEST_DAYS


class Limits(_Strict):
    outbox_mb: Number = 2048
    page_rows: Annotated[int, Field(gt=0, le=5000)] = 5000
    statement_s: Number = 60
    pause_ms: Annotated[int, Field(ge=0, le=60_000)] = 0


class Targets(_Strict):
    """What the monthly page is measured against. They loosen and tighten nothing."""

    delivered_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    freshness_hours: Number | None = None
    reachable_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    rows_read: Annotated[int, Field(ge=0)] | None = None
    lag_minutes: Number | None = None
    refused_batches: Annotated[int, Field(ge=0)] | None = None
    days_to_honor: Number | None = None


class Metrics(_Strict):
    """For whoever watches many servers; numbers only, nothing is sent anywhere."""

    textfile: Annotated[str, Field(pattern=r"\.prom$")] | None = None
    port: Annotated[int, Field(ge=1024, le=65535)] | None = None  # on 127.0.0.1

    _null = field_validator("textfile", "port", mode="before")(_none)


class Folders(_Strict):
    policies: str = "policies"
    state: str = "state"
    logs: str = "logs"


class _File(_Strict):
    sources: Annotated[dict[Name, Annotated[Source | FilesSource, Field(discriminator="kind")]], Field(min_length=1)]
    stores: Annotated[dict[str, Store], Field(min_length=1)]
    recipients: Annotated[dict[Name, Recipient], Field(min_length=1)]
    keys: Keys
    schedule: Schedule = Schedule()
    targets: Targets = Targets()
    limits: Limits = Limits()
    metrics: Metrics = Metrics()
    folders: Folders = Folders()


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """agent.yaml, checked. Paths are absolute, relative ones counted from the file's own folder."""

    path: Path
    sources: dict[str, SourceSettings]
    stores: dict[str, str]  # store -> dealer code
    recipients: dict[str, Recipient]
    key_store: str
    key_folder: Path
    schedule: Schedule
    targets: Targets
    limits: Limits
    metrics: Metrics
    policies: Path
    state: Path
    logs: Path

    @property
    def state_file(self) -> Path:
        return self.state / "fieldgate.db"


def load(path: Path) -> AgentConfig:
    """Read agent.yaml. ConfigError naming every problem with its line."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            "FG-C01", f"there is no {path}", "run `fieldgate setup --files-only`, or name the file with --config"
        ) from None
    except OSError:
        raise ConfigError("FG-C02", f"{path} cannot be read", "give the service account the right to read it") from None
    return parse(data, path)


def parse(data: bytes, path: Path) -> AgentConfig:
    """What these bytes say, were they the file at `path`. ConfigError naming every problem with its line."""
    tree = read_tree(data, str(path))
    if tree.problems or not isinstance(tree.root, dict):
        raise _problems(path, [f"line {p.line}: {p.message}" for p in tree.problems] or ["it is empty"])
    try:
        return _frozen(path.absolute(), _File.model_validate(tree.root))
    except ValidationError as error:
        raise _problems(
            path, [_told(tree, dict(e)) for e in error.errors(include_url=False, include_input=False)]
        ) from None


def _told(tree: Tree, problem: dict[str, Any]) -> str:
    where = tuple(part for part in problem["loc"] if part != "[key]")
    if where[:1] == ("sources",) and where[2:3] in (("odbc",), ("files",)):
        where = (*where[:2], *where[3:])  # pydantic puts the kind into the path
    place = tree.key(where)
    name = ".".join(str(part) for part in where)
    said = "this key is not known here" if problem["type"] == "extra_forbidden" else str(problem["msg"])
    return f"line {place.line}: {name}: {said.removeprefix('Value error, ')}"


def _problems(path: Path, lines: list[str]) -> ConfigError:
    return ConfigError(
        "FG-C03", f"{path.name} has {len(lines)} problem(s): " + "; ".join(lines), f"correct {path} and try again"
    )


def _frozen(path: Path, file: _File) -> AgentConfig:
    home = path.parent
    return AgentConfig(
        path=path,
        sources={name: _source(name, source, file.limits, home) for name, source in file.sources.items()},
        stores={store: entry.dealer_code for store, entry in file.stores.items()},
        recipients={
            name: r.model_copy(update={"ca": _under(home, r.ca), "folder": _under(home, r.folder)})
            for name, r in file.recipients.items()
        },
        key_store=file.keys.store,
        key_folder=home / file.keys.folder,
        schedule=file.schedule,
        targets=file.targets,
        limits=file.limits,
        metrics=file.metrics.model_copy(update={"textfile": _under(home, file.metrics.textfile)}),
        policies=home / file.folders.policies,
        state=home / file.folders.state,
        logs=home / file.folders.logs,
    )


def _exports(name: str, source: FilesSource, home: Path) -> SourceSettings:
    return SourceSettings(
        name=name,
        driver="",
        dialect="files",
        database=str(home / source.folder),
        zone=source.zone,
        exports=tuple(
            ExportTable(
                table=table,
                pattern=one.file,
                format=one.format,
                columns=one.columns or tuple(one.widths),
                widths=tuple(one.widths.values()),
                encoding=one.encoding,
            )
            for table, one in source.tables.items()
        ),
        marker=source.marker,
        unchanged_s=source.unchanged_s,
    )


def _source(name: str, source: Source | FilesSource, limits: Limits, home: Path) -> SourceSettings:
    if isinstance(source, FilesSource):
        return _exports(name, source, home)
    database = str(home / source.database) if source.dialect == "sqlite" else source.database
    return SourceSettings(
        name=name,
        driver=source.driver,
        dialect=source.dialect,
        server=source.server,
        port=source.port,
        database=database,
        user=source.user,
        password_key=source.password.removeprefix("key:"),
        zone=source.zone,
        overlap_s=source.overlap_s,
        quiet_hours=source.quiet_hours,
        statement_s=limits.statement_s,
        view_schema=source.view_schema if source.enforcement == "view" else "",
        quirks=Quirks(**source.quirks.model_dump()) if source.quirks else None,
        pause_ms=limits.pause_ms,
        encrypt=source.encrypt or "",
        ca=_under(home, source.ca) or "",
    )


def _under(home: Path, path: str | None) -> str | None:
    return str(home / path) if path else None
