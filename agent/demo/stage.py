"""The stage the demo plays on: a folder of its own, a private DMS, the car maker's receiver, the agent's own home.

Nothing outside the folder is touched. An earlier demo is removed only where its marker file says that it is one; any
other folder is refused. Whatever was started is stopped, whatever happens.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

import structlog

from agent import config as settings
from agent.config import AgentConfig
from agent.demo import servers
from agent.demo.dms import Dealership, tables
from agent.demo.engine import Engine, EngineKind
from agent.demo.facts import Facts
from agent.demo.leaks import Search
from agent.errors import ConfigError
from agent.receiver import serve
from agent.service.log import configure
from agent.tasks import desk as desks
from agent.tasks.desk import Desk

MARKER = ".fieldgate-demo"
RECIPIENT = "example-motors-na"
SOURCE = "dms"
STORES = {"01": "EX1234", "04": "EX1250"}
_ENGINE_NAMES = {"postgresql": "PostgreSQL", "mariadb": "MariaDB", "sqlite": "SQLite"}
_VERSION_SQL = {
    "postgresql": "SHOW server_version",
    "mariadb": "SELECT VERSION()",
    "sqlite": "SELECT sqlite_version()",
}
_TEMP_NAMES = ("TMPDIR", "TEMP", "TMP")


@dataclass(frozen=True, slots=True)
class Options:
    kind: EngineKind | Literal["auto"] = "auto"
    customers: int = 5_000
    folder: Path = Path("fieldgate-demo")
    seed: int = 7


class Teller(Protocol):
    """Whoever shows the story. `bars`: whether a progress bar can be drawn and drawn over."""

    bars: bool

    def say(self, line: str) -> None: ...
    def progress(self, label: str, done: int, total: int) -> None: ...


@dataclass
class Stage:
    """Everything the scenes share. `say` keeps what was said: the search for a leak reads it too."""

    options: Options
    teller: Teller
    engine: Engine
    dealership: Dealership
    search: Search  # knows every planted value that was loaded
    receiver: serve.Running
    config: AgentConfig
    desk: Desk
    rows: int
    facts: Facts = field(default_factory=Facts)
    said: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def folder(self) -> Path:
        return self.config.path.parent

    @property
    def engine_name(self) -> str:
        return _ENGINE_NAMES[self.engine.kind]

    @property
    def enforces(self) -> bool:
        """Whether this engine can refuse a read to an account at all."""
        return self.engine.kind != "sqlite"

    def say(self, *lines: str) -> None:
        for line in lines:
            self.said.append(line)
            self.teller.say(line)

    def engine_version(self) -> str:
        version = self.engine.admin(_VERSION_SQL[self.engine.kind])[0][0] or ""
        return f"{self.engine_name} {version.split('-')[0].split(' ')[0]}"


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@contextmanager
def set_up(options: Options, teller: Teller) -> Iterator[Stage]:
    """The stage, with a loaded DMS, a running receiver and an agent that may do nothing yet."""
    began = time.monotonic()
    folder = claim_folder(options.folder)
    with ExitStack() as undo:
        teller.progress("starting a private database server", 0, 0)
        engine = servers.start(options.kind, folder / "dms")
        undo.callback(engine.stop)
        dealership, search = tables(options.seed, options.customers), Search()
        teller.progress("making the dealership's data", 0, 0)
        rows = engine.load(replace(dealership, note=search.learn))
        undo.enter_context(_own_temporary_folder(folder / "tmp"))
        undo.enter_context(_quiet_web_server())
        receiver = serve.start_in_thread(folder / "oem", name=RECIPIENT)
        undo.callback(receiver.stop)
        config = _agent(folder, engine, receiver)
        undo.callback(_stop_logging)
        configure(config.logs)
        desk = desks.open_desk(config, clock=now, actor="demo")
        undo.callback(desk.state.close)
        if engine.settings.user:
            desk.store.create(SOURCE, engine.password.encode())
        yield Stage(options, teller, engine, dealership, search, receiver, config, desk, rows, began=began)


def claim_folder(folder: Path) -> Path:
    """An empty folder with our marker in it. ConfigError where something else stands in the way."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise _not_ours(folder)
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARKER).is_file():
            raise _not_ours(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    (folder / MARKER).write_text("fieldgate demo made this folder and removes it when it runs again\n", "ascii")
    return folder.resolve()


def _not_ours(folder: Path) -> ConfigError:
    return ConfigError(
        "demo-folder",
        f"{folder} holds something that no demo made, so it is left alone",
        "name another folder: fieldgate demo --dir DIR",
    )


def _agent(folder: Path, engine: Engine, receiver: serve.Running) -> AgentConfig:
    """agent.yaml as an installer would write it by hand, then keys and state as `setup --files-only` makes them."""
    s = engine.settings
    database = str(Path(s.database).relative_to(folder)) if s.dialect == "sqlite" else s.database
    source = {
        "kind": "odbc", "driver": s.driver, "dialect": s.dialect, "server": s.server, "port": s.port,
        "database": database, "user": s.user, "password": f"key:{SOURCE}" if s.user else "",
        "zone": "America/New_York", "overlap_s": 5400,
    }  # fmt: skip
    lines = [
        "# Written by fieldgate demo for its make-believe dealership.",
        "sources:",
        f"  {SOURCE}: {_flow(source)}",
        "stores:",
        *(f'  "{store}": {_flow({"dealer_code": code})}' for store, code in STORES.items()),
        "recipients:",
        f"  {RECIPIENT}: {_flow({'endpoint': receiver.url, 'ca': 'oem/ca.pem'})}",
        "keys: {store: file}",
    ]
    path = folder / "agent.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = settings.load(path)
    config.policies.mkdir(exist_ok=True)
    desks.create_home(config)
    return config


def _flow(values: dict[str, object]) -> str:
    """A YAML flow mapping: JSON is one, and its quoting is safe for any driver path."""
    return "{" + ", ".join(f"{name}: {json.dumps(value)}" for name, value in values.items() if value != "") + "}"


@contextmanager
def _own_temporary_folder(folder: Path) -> Iterator[None]:
    """Whatever anybody in this run writes to a temporary file lands where the search for a leak looks."""
    folder.mkdir(mode=0o700)
    before = {name: os.environ.get(name) for name in _TEMP_NAMES}
    os.environ.update(dict.fromkeys(_TEMP_NAMES, str(folder)))
    tempfile.tempdir = None
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        tempfile.tempdir = None


@contextmanager
def _quiet_web_server() -> Iterator[None]:
    """What uvicorn has to say would land in the middle of the story."""
    logger = logging.getLogger("uvicorn.error")
    handler = logging.NullHandler()
    logger.addHandler(handler)
    before, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.propagate = before
        logger.removeHandler(handler)


def _stop_logging() -> None:
    logger = logging.getLogger("fieldgate")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    structlog.reset_defaults()
