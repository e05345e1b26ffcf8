"""The support bundle: what somebody far away needs to help, and nothing of the dealer's data. Each part is made from an
allowlist: names, counts, digests, our own sentences. Server names, accounts, addresses and folders stay here as well.
"""

from __future__ import annotations

import datetime as dt
import json
import platform
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent import __version__
from agent import config as settings
from agent.config import AgentConfig
from agent.dms.odbc import installed_drivers
from agent.errors import ConfigError, FieldgateError
from agent.health import health
from agent.service.log import ALLOWED, FILE_NAME
from agent.state.store import open_state
from agent.tasks.doctor import examine

_LOG_LINES = 2000
Part = tuple[str, str, bytes]  # file name, what it is, content


def write_bundle(config: Path, target: Path, clock: Callable[[], dt.datetime]) -> list[tuple[str, str, int]]:
    """Write the bundle; (name, what it is, bytes) of each part. What is broken is named in left-out.json."""
    parts = list(_parts(config, clock))
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
    yield "about.json", "versions of program, system and drivers", _json(_about(clock()))
    yield "doctor.json", "what doctor said of every leg", _json(findings)
    try:
        loaded = settings.load(config)
    except FieldgateError as error:
        left_out["settings, status, state, log"] = error.code
    else:
        yield "settings.json", "agent.yaml without servers, accounts, addresses, folders", _json(_settings(loaded))
        try:
            yield from _state(loaded, clock())
        except FieldgateError as error:
            left_out["status, state"] = error.code
        yield "log.jsonl", f"the last {_LOG_LINES:,} log lines, allowed keys only", _log(loaded.logs)
    if left_out:
        yield "left-out.json", "what could not be put in, and the code of the reason", _json(left_out)


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
    yield "status.json", "what status says", _json(asdict(found))
    yield (
        "state.json",
        "rows of each table, audit entries by kind, size",
        _json({"rows": counts, "audit": events, "bytes": config.state_file.stat().st_size}),
    )


def _log(folder: Path) -> bytes:
    try:
        lines = (folder / FILE_NAME).read_text("utf-8", "replace").splitlines()[-_LOG_LINES:]
    except OSError:
        return b""
    return b"".join(_json(kept, indent=None) for line in lines if (kept := _allowed(line)))


def _allowed(line: str) -> dict[str, Any]:
    """Held against the allowlist once more: the file may have been written by an older version, or by hand."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return {key: value for key, value in entry.items() if key in ALLOWED} if isinstance(entry, dict) else {}


def _json(value: object, indent: int | None = 2) -> bytes:
    return json.dumps(value, indent=indent, sort_keys=True, default=str).encode() + b"\n"
