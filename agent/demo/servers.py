"""The demo's own DMS server: PostgreSQL, MariaDB or a SQLite file, private to this run, with an account for the agent.

`start` gives an engine whose agent account may do nothing yet; what it may read comes from grants that are run later as
the DBA. `stop` ends what was started and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from agent.demo.engine import Engine, EngineKind
from agent.errors import ConfigError


def start(kind: EngineKind | Literal["auto"], folder: Path) -> Engine:
    """`folder` keeps the SQLite file; servers keep a private temporary folder that `stop` removes.

    `auto`: PostgreSQL where one can be started, else SQLite. ConfigError says what to install.
    """
    from agent.demo.servers_mariadb import start_mariadb
    from agent.demo.servers_postgresql import start_postgresql
    from agent.demo.servers_sqlite import start_sqlite

    folder.mkdir(parents=True, exist_ok=True)
    if kind == "auto":
        try:
            return start_postgresql()
        except ConfigError:
            return start_sqlite(folder)
    if kind == "sqlite":
        return start_sqlite(folder)
    return start_postgresql() if kind == "postgresql" else start_mariadb()


@contextmanager
def running(kind: EngineKind | Literal["auto"], folder: Path) -> Iterator[Engine]:
    engine = start(kind, folder)
    try:
        yield engine
    finally:
        engine.stop()
