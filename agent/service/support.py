"""The support bundle: what somebody far away needs to help, and nothing of the dealer's data. Each part is made from an
allowlist: names, counts, digests, our own sentences. Server names, accounts, addresses, folders and the officers' names
stay here as well: where one of our sentences names one, it is struck out.
"""

from __future__ import annotations

import datetime as dt
import json
import platform
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agent import __version__
from agent import config as settings
from agent.config import AgentConfig
from agent.core.roll import read_roll
from agent.dms.odbc import installed_drivers
from agent.errors import ConfigError, FieldgateError
from agent.health import health
from agent.service.log import ALLOWED, FILE_NAME
from agent.state import permission
from agent.state.store import open_state
from agent.tasks.doctor import examine

_LOG_LINES = 2000
_STRUCK = "[...]"
_A_PATH = re.compile(r"(?<![\w.])(?:[A-Za-z]:)?(?:[/\\][\w.~-]+){2,}[/\\]?")
Part = tuple[str, str, Any]  # file name, what it is, content


def write_bundle(config: Path, target: Path, clock: Callable[[], dt.datetime]) -> list[tuple[str, str, int]]:
    """Write the bundle; (name, what it is, bytes) of each part. What is broken is named in left-out.json."""
    parts = [(name, what, _encoded(content)) for name, what, content in _parts(config, clock)]
    try:
        with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as bundle:
            for name, _, content in parts:
                bundle.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    except OSError:
        raise ConfigError(
            "FG-C57", f"{target.name} is there already, or cannot be written here", "name another file with --out"
        ) from None
    return [(name, what, len(content)) for name, what, content in parts]


def _parts(config: Path, clock: Callable[[], dt.datetime]) -> Iterator[Part]:
    left_out: dict[str, str] = {}
    findings = [asdict(one) for one in examine(config, clock)]
    yield "about.json", "versions of program, system and drivers", _about(clock())
    try:
        loaded = settings.load(config)
    except FieldgateError as error:
        yield "doctor.json", "what doctor said of every leg", _without(findings, set())
        left_out["settings, status, state, log"] = error.code
    else:
        ours = _places(loaded) | _officers(loaded)
        yield "doctor.json", "what doctor said of every leg", _without(findings, ours)
        yield "settings.json", "agent.yaml: no servers, accounts, addresses, folders", _settings(loaded)
        try:
            yield from ((name, what, _without(said, ours)) for name, what, said in _state(loaded, clock()))
        except FieldgateError as error:
            left_out["status, state"] = error.code
        yield "log.jsonl", f"the last {_LOG_LINES:,} log lines, allowed keys only", _without(_log(loaded.logs), ours)
    if left_out:
        yield "left-out.json", "what could not be put in, and the reason's code", left_out


def _places(config: AgentConfig) -> set[str]:
    """Every server, account, address and folder that agent.yaml names."""
    found = {str(p) for p in (config.path, config.path.parent, config.state, config.logs, config.policies)}
    for source in config.sources.values():
        found |= {source.server, source.database, source.user}
    for recipient in config.recipients.values():
        for url in (recipient.endpoint, recipient.proxy):
            parts = urlsplit(url or "")
            found |= {url or "", parts.netloc, parts.hostname or ""}
        found |= {recipient.ca or "", recipient.folder or ""}
    return found - {""}


def _officers(config: AgentConfig) -> set[str]:
    """Their names, where they can be had: without the state file no sentence names them either."""
    try:
        state = open_state(config.state_file)
    except FieldgateError:
        return set()
    try:
        with state.reading() as tx:
            roll = permission.roll(tx)
        return {officer.name for officer in read_roll(roll, None).officers} if roll else set()
    except FieldgateError:
        return set()
    finally:
        state.close()


def _without(value: Any, ours: set[str]) -> Any:
    """The same without these words, and without anything that looks like a path."""
    words = "|".join(re.escape(word) for word in sorted(ours, key=len, reverse=True))
    named = re.compile(rf"(?<!\w)(?:{words})(?!\w)") if words else None

    def struck(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: struck(inner) for key, inner in part.items()}
        if isinstance(part, list | tuple):
            return [struck(inner) for inner in part]
        if not isinstance(part, str):
            return part
        return _A_PATH.sub(_STRUCK, named.sub(_STRUCK, part) if named else part)

    return struck(value)


def _about(now: dt.datetime) -> dict[str, Any]:
    return {
        "fieldgate": __version__,
        "made_at": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "odbc_drivers": installed_drivers(),
    }


def _settings(config: AgentConfig) -> dict[str, Any]:
    return {
        "sources": [{"dialect": s.dialect, "driver": s.driver, "zone": s.zone} for s in config.sources.values()],
        "stores": len(config.stores),
        "recipients": [{"way": "folder" if r.folder else "https"} for r in config.recipients.values()],
        "key_store": config.key_store,
        "schedule": config.schedule.model_dump(),
        "limits": config.limits.model_dump(),
    }


def _state(config: AgentConfig, now: dt.datetime) -> Iterator[Part]:
    state = open_state(config.state_file)
    try:
        with state.reading() as tx:
            found = health(tx, config, now)
            tables = [str(name) for (name,) in tx.rows("select name from sqlite_master where type = 'table'")]
            counts = {}
            for name in sorted(tables):
                row = tx.row(f'select count(*) from "{name}"')  # noqa: S608  our own table's name
                counts[name] = int(row[0]) if row else 0
            events = {str(event): count for event, count in tx.rows("select event, count(*) from audit group by event")}
    finally:
        state.close()
    yield "status.json", "what status says", asdict(found)
    size = config.state_file.stat().st_size
    yield "state.json", "rows of each table, audit entries by kind, size", {
        "rows": counts, "audit": events, "bytes": size,
    }  # fmt: skip


def _log(folder: Path) -> list[dict[str, Any]]:
    try:
        lines = (folder / FILE_NAME).read_text("utf-8", "replace").splitlines()[-_LOG_LINES:]
    except OSError:
        return []
    return [kept for line in lines if (kept := _allowed(line))]


def _allowed(line: str) -> dict[str, Any]:
    """Held against the allowlist once more: the file may have been written by an older version, or by hand."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return {key: value for key, value in entry.items() if key in ALLOWED} if isinstance(entry, dict) else {}


def _encoded(value: object) -> bytes:
    """A list of lines, or one document."""
    if isinstance(value, list) and all("event" in one for one in value):
        return b"".join(json.dumps(one, sort_keys=True, default=str).encode() + b"\n" for one in value)
    return json.dumps(value, indent=2, sort_keys=True, default=str).encode() + b"\n"
