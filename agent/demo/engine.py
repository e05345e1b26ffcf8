"""What a DMS of the demo offers, whichever server it is."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from agent.core.source import SourceSettings
from agent.demo.dms import Dealership

AGENT = "fieldgate_ro"  # the agent's account
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
