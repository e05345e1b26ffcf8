"""The demo's own DMS server: PostgreSQL, MariaDB or a SQLite file, private to this run, with an account for the agent.

`start` gives an engine whose agent account may do nothing yet; what it may read comes from grants that are run later as
the DBA. `stop` ends what was started and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from agent.core.source import SourceSettings
from agent.demo.dms import Dealership
from agent.errors import ConfigError

EngineKind = Literal["postgresql", "mariadb", "sqlite"]
Answer = list[tuple[str | None, ...]]


class LoggedStatement(NamedTuple):
    """A line of the server's log. `error_code`: SQLSTATE (PostgreSQL), error number (MariaDB); empty: not refused."""

    role: str
    statement: str
    error_code: str


class Engine(Protocol):
    """A running DMS. `admin` and `load` act as its owner, never as the agent."""

    kind: EngineKind
    settings: SourceSettings
    password: str
    schema: str

    def table(self, name: str) -> str:
        """The table's quoted name, for `admin`."""
        ...

    def admin(self, sql: str) -> Answer:
        """Run statements as the owner; every cell of the answer as text."""
        ...

    def load(self, dealership: Dealership) -> int:
        """Make the tables and fill them; how many rows."""
        ...

    def statement_log(self) -> list[LoggedStatement]:
        """What the server says it was asked in this database so far. SQLite keeps no log: always empty."""
        ...

    def fresh(self) -> Engine:
        """An empty database for the next test; the agent's account may do nothing in it."""
        ...

    def stop(self) -> None: ...


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
