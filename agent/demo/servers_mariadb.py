"""A private MariaDB: its database is called `dbo`; every statement and every refusal stands in its own logs.

The owner is root over a socket in the private folder; the agent's account connects over loopback and has no rights.
"""

from __future__ import annotations

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

from agent.core.source import SourceSettings
from agent.demo.dms import Dealership
from agent.demo.dms_ddl import copy_chunks, create_indexes, create_table, quoted
from agent.demo.engine import AGENT, Answer, Engine, EngineKind, LoggedStatement
from agent.demo.odbc_drivers import driver_for
from agent.demo.private_process import Room, end, make_room, spare_port
from agent.errors import ConfigError

SCHEMA = "dbo"
_OPTIONS = (
    "--bind-address=127.0.0.1",
    "--skip-networking=OFF",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_bin",
    "--local-infile=1",
    "--default-time-zone=+00:00",
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-log-at-trx-commit=0",  # the demo's data is made anew each time
    "--innodb-doublewrite=0",
    "--performance-schema=OFF",
    "--general-log=1",
    "--log-output=TABLE",
    "--plugin-load-add=sql_errlog",
)
# 2026-11-22 03:48:44 fieldgate_ro[fieldgate_ro] @  [127.0.0.1] ERROR 1143: text : statement
_REFUSED = re.compile(
    r"^\d{4}-\d\d-\d\d +\d+:\d\d:\d\d (?P<role>[^\[]*)\[.*? ERROR (?P<code>\d+): (?P<rest>.*?)"
    r"(?=^\d{4}-\d\d-\d\d +\d+:\d\d:\d\d |\Z)",
    re.DOTALL | re.MULTILINE,
)
_ESCAPED = {"\\n": "\n", "\\t": "\t", "\\\\": "\\", "\\0": "\0"}


@dataclass
class _Server:
    room: Room
    process: subprocess.Popen[bytes]
    client: str
    port: int
    made: Iterator[int]

    def ask(self, database: str, sql: Iterable[bytes], *options: str) -> bytes:
        """What the client answers the owner; of a complaint only its number."""
        argv = [
            *(self.client, "--no-defaults", "--batch", "--skip-column-names", "--default-character-set=utf8mb4"),
            *(f"--socket={self.room.folder / 's'}", "--user=root", *options, *([database] if database else [])),
        ]
        status, answer, complaint = self.room.ask(argv, ("MYSQL_HISTFILE", "/dev/null"), sql)
        if status:
            number = re.search(rb"ERROR (\d+)", complaint)
            code = number.group(1).decode() if number else "no number"
            raise ConfigError("demo-sql", f"MariaDB refused a statement of the owner ({code})", "report it")
        return answer


class MariadbEngine:
    kind: EngineKind = "mariadb"
    schema = SCHEMA

    def __init__(self, server: _Server, password: str, driver: str) -> None:
        self._server = server
        self.password = password
        self.settings = SourceSettings(
            name="dms",
            driver=driver,
            dialect="mariadb",
            server="127.0.0.1",
            port=server.port,
            database=SCHEMA,
            user=AGENT,
            password_key="dms",  # noqa: S106 (a name)
        )

    def table(self, name: str) -> str:
        return quoted("mariadb", self.schema, name)

    def admin(self, sql: str) -> Answer:
        lines = self._server.ask(SCHEMA, [sql.encode()]).decode("utf-8").splitlines()
        return [tuple(_cell(cell) for cell in line.split("\t")) for line in lines]

    def load(self, dealership: Dealership) -> int:
        loaded = 0
        for table in dealership.tables():
            self.admin(create_table(table, self.schema, "mariadb"))
            filled = self._server.room.folder / f"{table.name}.tsv"
            with filled.open("wb") as out:
                for lines, size in copy_chunks(dealership.rows(table.name)):
                    out.write(lines)
                    loaded += size
            take = f"LOAD DATA LOCAL INFILE '{filled}' INTO TABLE {self.table(table.name)} CHARACTER SET utf8mb4"
            self._server.ask(SCHEMA, [f"SET autocommit=0; {take}; COMMIT".encode()], "--local-infile=1")
            filled.unlink()
            self.admin(
                ";".join([*create_indexes(table, self.schema, "mariadb"), f"ANALYZE TABLE {self.table(table.name)}"])
            )
        return loaded

    def statement_log(self) -> list[LoggedStatement]:
        """Statements from the general log; refusals, with their numbers, from the error log of statements."""
        question = (
            b"SELECT SUBSTRING_INDEX(user_host, '[', 1), argument FROM general_log"
            b" WHERE command_type IN ('Query', 'Execute', 'Prepare') ORDER BY event_time"
        )
        asked = self._server.ask("mysql", [question])
        log = [
            LoggedStatement(_unescaped(role), _unescaped(statement), "")
            for role, _, statement in (line.partition("\t") for line in asked.decode("utf-8", "replace").splitlines())
        ]
        for refusal in _REFUSED.finditer(self._errors()):
            # "text : statement": the statement is the tail that the general log knows, so the longest wins
            rest, role = refusal["rest"].rstrip("\n"), refusal["role"]
            known = [
                i
                for i, s in enumerate(log)
                if s.role == role and not s.error_code and rest.endswith(f" : {s.statement}")
            ]
            if known:
                log[known[0]] = log[known[0]]._replace(error_code=refusal["code"])
            else:
                log.append(LoggedStatement(role, rest.rpartition(" : ")[2], refusal["code"]))
        return log

    def _errors(self) -> str:
        file = self._server.room.folder / "data" / "sql_errors.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def fresh(self) -> Engine:
        """The schema has one name, so the next database takes the place of this one."""
        user = f"{AGENT}@'127.0.0.1'"
        self._server.ask(
            "",
            [
                f"DROP DATABASE {SCHEMA}; CREATE DATABASE {SCHEMA}; DROP USER {user};".encode(),
                f"CREATE USER {user} IDENTIFIED BY '{self.password}'; TRUNCATE mysql.general_log;".encode(),
            ],
        )
        with suppress(FileNotFoundError), (self._server.room.folder / "data" / "sql_errors.log").open("r+b") as errors:
            errors.truncate(0)
        return MariadbEngine(self._server, self.password, self.settings.driver)

    def stop(self) -> None:
        end(self._server.process, signal.SIGTERM)
        self._server.room.remove()


def start_mariadb(search: str = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") -> Engine:
    server_program, maker = (
        _program(search, "mariadbd", "mysqld"),
        _program(search, "mariadb-install-db", "mysql_install_db"),
    )
    client = _program(search, "mariadb", "mysql")
    driver = driver_for("mariadb")
    room = make_room("mariadb", ("mysql",))
    try:
        server = _start(room, server_program, maker, client)
        try:
            password = secrets.token_urlsafe(18)
            server.ask(
                "",
                [
                    b"DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys' AND Host <> 'localhost';",
                    f"FLUSH PRIVILEGES; CREATE DATABASE {SCHEMA};".encode(),  # root only over the socket
                    f"CREATE USER {AGENT}@'127.0.0.1' IDENTIFIED BY '{password}';".encode(),
                ],
            )
        except BaseException:
            end(server.process, signal.SIGTERM)
            raise
        return MariadbEngine(server, password, driver)
    except BaseException:
        room.remove()
        raise


def _program(search: str, *names: str) -> str:
    for name in names:
        if found := shutil.which(name, path=search):
            return found
    raise ConfigError(
        "demo-server",
        "no MariaDB server on this machine",
        "apt-get install --no-install-recommends mariadb-server, or run the demo with --dms sqlite",
    )


def _start(room: Room, server_program: str, maker: str, client: str) -> _Server:
    data = room.folder / "data"
    room.run(
        [
            *(maker, "--no-defaults", f"--datadir={data}"),
            *(
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                "--innodb-log-file-size=8M",
            ),
        ]
    )
    for _ in range(3):  # somebody else may take the spare port between our look and the server's
        port = spare_port()
        places = (
            f"--datadir={data}",
            f"--tmpdir={data}",  # in a shared one each server that starts deletes the others' temporary tables
            f"--socket={room.folder / 's'}",
            f"--pid-file={room.folder / 'pid'}",
            f"--port={port}",
        )
        process = room.spawn([server_program, "--no-defaults", *places, *_OPTIONS], room.folder / "server.log")
        server = _Server(room, process, client, port, count(1))
        if _ready(server):
            return server
    raise ConfigError("demo-server", "the private MariaDB does not start", "run the demo with --dms sqlite")


def _ready(server: _Server) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.process.poll() is None:
        with suppress(ConfigError):
            server.ask("", [b"SELECT 1"])
            return True
        time.sleep(0.05)
    end(server.process, signal.SIGTERM)
    return False


def _cell(text: str) -> str | None:
    return None if text == "NULL" else _unescaped(text)


def _unescaped(text: str) -> str:
    return re.sub(r"\\[nt0\\]", lambda m: _ESCAPED[m.group()], text)
