"""A private PostgreSQL: passwords by SCRAM, every statement in its log with role and SQLSTATE, PUBLIC may do nothing.

The owner is the cluster's superuser; the agent's account may connect and no more until somebody grants.
"""

from __future__ import annotations

import csv
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from agent.core.source import SourceSettings
from agent.demo.dms import Dealership
from agent.demo.dms_ddl import copy_chunks, create_indexes, create_table, quoted
from agent.demo.dms_schema import DemoTable
from agent.demo.engine import AGENT, Answer, Engine, EngineKind, LoggedStatement
from agent.demo.odbc_drivers import driver_for
from agent.demo.private_process import Room, end, make_room, spare_port
from agent.errors import ConfigError

OWNER = "dms_owner"
_NULL, _CELL, _ROW = "\x1d", "\x1f", "\x1e"
_CELLS = ("-A", "-t", "-F", _CELL, "-R", _ROW, "-P", f"null={_NULL}")
_LOGGED = re.compile(r"(?:statement|execute [^:]*): (.*)", re.DOTALL)
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "fsync": "off",  # the demo's data is made anew each time
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "30",
    "logging_collector": "on",
    "log_destination": "csvlog",
    "log_directory": "log",
    "log_filename": "statements.log",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
    "log_statement": "all",
    "log_min_error_statement": "error",
    "log_file_mode": "0600",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}


@dataclass
class _Server:
    """The process, shared by all its databases."""

    room: Room
    process: subprocess.Popen[bytes]
    programs: Path
    port: int
    owner_password: str
    made: Iterator[int]

    def ask(self, database: str, sql: Iterable[bytes], *options: str) -> bytes:
        """What psql answers the owner. Of a complaint it says the SQLSTATE only: the text would quote data."""
        argv = [
            *(
                str(self.programs / "psql"),
                "-X",
                "-q",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
                "-U",
                OWNER,
                "-d",
                database,
            ),
            *("-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate", *options),
        ]
        status, answer, complaint = self.room.ask(argv, ("PGPASSWORD", self.owner_password), sql)
        if status:
            state = re.search(rb"ERROR:\s+([0-9A-Z]{5})", complaint)
            code = state.group(1).decode() if state else "no SQLSTATE"
            raise ConfigError("demo-sql", f"PostgreSQL refused a statement of the owner ({code})", "report it")
        return answer


class PostgresqlEngine:
    kind: EngineKind = "postgresql"
    schema = "dbo"

    def __init__(self, server: _Server, database: str, password: str, driver: str) -> None:
        self._server = server
        self.password = password
        self.settings = SourceSettings(
            name="dms",
            driver=driver,
            dialect="postgresql",
            server="127.0.0.1",
            port=server.port,
            database=database,
            user=AGENT,
            password_key="dms",  # noqa: S106 (a name)
        )

    def table(self, name: str) -> str:
        return quoted("postgresql", self.schema, name)

    def admin(self, sql: str) -> Answer:
        return _answer(self._server.ask(self.settings.database, [sql.encode()], *_CELLS))

    def load(self, dealership: Dealership) -> int:
        loaded = 0

        def script() -> Iterator[bytes]:
            nonlocal loaded
            for table in dealership.tables():
                yield f"{create_table(table, self.schema, 'postgresql')};\n".encode()
                yield f"COPY {self.table(table.name)} FROM STDIN;\n".encode()
                for lines, size in copy_chunks(dealership.rows(table.name)):
                    yield lines
                    loaded += size
                yield b"\\.\n"
                yield f"{self._after(table)}\n".encode()

        self._server.ask(self.settings.database, script(), "-1")
        return loaded

    def _after(self, table: DemoTable) -> str:
        return "; ".join([*create_indexes(table, self.schema, "postgresql"), f"ANALYZE {self.table(table.name)}"]) + ";"

    @property
    def log_folder(self) -> Path:
        return self._server.room.folder / "data" / "log"

    def statement_log(self) -> list[LoggedStatement]:
        """The log is written by another process: a mark is sent, and waited for."""
        mark = f"mark {secrets.token_hex(8)}"
        self.admin(f"SELECT '{mark}'")
        log = self.log_folder / "statements.csv"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            text = log.read_text("utf-8", "replace")
            if mark in text:
                rows = csv.reader(text.splitlines(keepends=True))
                mine = (row for row in rows if len(row) > 2 and row[2] == self.settings.database)
                return [s for s in read_log(mine) if mark not in s.statement]
            time.sleep(0.02)
        raise ConfigError("demo-server", "PostgreSQL's log stays behind", "look whether the disk is full")

    def fresh(self) -> Engine:
        return _database(self._server, f"dms_{next(self._server.made)}", self.password, self.settings.driver)

    def stop(self) -> None:
        end(self._server.process, signal.SIGINT)
        self._server.room.remove()


def start_postgresql(installed: Path = Path("/usr/lib")) -> Engine:
    programs = _programs(installed)
    driver = driver_for("postgresql")
    room = make_room("postgresql", ("postgres",))
    try:
        server = _start(room, programs)
        password = secrets.token_urlsafe(18)
        try:
            server.ask("postgres", [f"CREATE ROLE {AGENT} LOGIN NOINHERIT PASSWORD '{password}'".encode()])
            return _database(server, "dms", password, driver)
        except BaseException:
            end(server.process, signal.SIGINT)
            raise
    except BaseException:
        room.remove()
        raise


def _database(server: _Server, name: str, password: str, driver: str) -> PostgresqlEngine:
    """PUBLIC's usual rights are taken away: what the agent may do is what is granted."""
    server.ask("postgres", [f'CREATE DATABASE "{name}"'.encode()])
    bare = (
        f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC; GRANT CONNECT ON DATABASE "{name}" TO {AGENT};'
        "REVOKE ALL ON SCHEMA public FROM PUBLIC; CREATE SCHEMA dbo;"
    )
    server.ask(name, [bare.encode()])
    return PostgresqlEngine(server, name, password, driver)


def _programs(installed: Path) -> Path:
    """The newest server: unpacked by packaging/machine.sh, installed, or on PATH, which may hold a client only."""
    roots = [Path(unpacked)] if (unpacked := os.environ.get("FIELDGATE_SERVERS")) else []
    places = []
    for root in (*roots, installed):
        found = root.glob("postgresql/*/bin")
        places += sorted(found, key=lambda place: _version(place.parent.name), reverse=True)
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).resolve().parent)
    for place in places:
        if all((place / name).exists() for name in ("initdb", "postgres", "psql")):
            return place
    raise ConfigError(
        "demo-server",
        "no PostgreSQL server on this machine",
        "apt-get install --no-install-recommends postgresql, or run the demo with --dms sqlite",
    )


def _version(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return 0.0


def _start(room: Room, programs: Path) -> _Server:
    owner_password = secrets.token_urlsafe(18)
    secret = room.folder / "owner"
    secret.touch(mode=0o600)
    secret.write_text(owner_password, encoding="ascii")
    room.own(secret)
    data = room.folder / "data"
    access = ("-U", OWNER, "-A", "scram-sha-256", f"--pwfile={secret}")
    room.run([programs / "initdb", "-D", data, *access, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"])
    secret.unlink()
    for _ in range(3):  # somebody else may take the spare port between our look and the server's
        port = spare_port()
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        process = room.spawn(
            [programs / "postgres", "-D", data, "-p", str(port), *options], room.folder / "server.log", end_with="INT"
        )
        server = _Server(room, process, programs, port, owner_password, count(1))
        if _ready(server):
            return server
    raise ConfigError("demo-server", "the private PostgreSQL does not start", "run the demo with --dms sqlite")


def _ready(server: _Server) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.process.poll() is None:
        with suppress(ConfigError):
            server.ask("postgres", [b"SELECT 1"])
            return True
        time.sleep(0.05)
    end(server.process, signal.SIGINT)
    return False


def _answer(text: bytes) -> Answer:
    whole = text.decode("utf-8").removesuffix("\n")
    rows = [row.split(_CELL) for row in whole.split(_ROW)] if whole else []
    return [tuple(None if cell == _NULL else cell for cell in row) for row in rows]


def read_log(rows: Iterable[list[str]]) -> Iterator[LoggedStatement]:
    """csvlog: 1 role, 2 database, 3 process, 11 severity, 12 SQLSTATE, 13 message, 19 the statement of an error.

    A refused statement may stand there twice, once as asked and once as refused: that is one.
    """
    asked: list[tuple[str, LoggedStatement]] = []
    latest: dict[str, int] = {}  # process -> its last statement in `asked`
    for row in rows:
        if len(row) < 20:
            continue
        role, process, severity, state, message, failed = row[1], row[3], row[11], row[12], row[13], row[19]
        said = _LOGGED.match(message)
        if severity == "LOG" and said:
            asked.append((process, LoggedStatement(role, said.group(1), "")))
        elif severity in ("ERROR", "FATAL"):
            known = latest.get(process)
            if known is not None and asked[known][1] == LoggedStatement(role, failed, ""):
                asked[known] = (process, LoggedStatement(role, failed, state))
                continue
            asked.append((process, LoggedStatement(role, failed, state)))
        else:
            continue
        latest[process] = len(asked) - 1
    return (statement for _, statement in asked)
