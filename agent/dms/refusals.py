"""What a database's refusal means, from SQLSTATE and native number alone, and what dealer IT does about it."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from agent.core.source import SourceSettings
from agent.core.text import shown
from agent.dms.dialects import DIALECTS
from agent.dms.windows_sign_in import explained
from agent.errors import Retry, SourceError


@dataclass(frozen=True, slots=True)
class Answer:
    """A database's no. `native` is 0 where the driver gave no number, or two."""

    sqlstate: str
    native: int

    def __str__(self) -> str:
        return f"{self.sqlstate}/{self.native}" if self.native else self.sqlstate

    def denied(self, denials: frozenset[str]) -> str:
        """The code as listed by the dialect, or empty: anything not listed is not a denial."""
        if self.sqlstate in denials:
            return self.sqlstate
        return str(self) if str(self) in denials else ""


LOGIN_REFUSED = "login_refused"  # the one code that is never tried again without a person
_TIMEOUT = {"HYT00", "HYT01", "57014", "55P03", "HY018/1969", "70100/1969", "HY000/3024", "HY000/1205"}
_LOST = {"08S01", "08003", "08006", "08007", "57P01", "57P02", "HY000/2006", "HY000/2013", "HY000/2055"}
_NAME = {"42S02", "42S22", "42P01", "42703", "3F000", "42000/1146", "42000/1054", "42000/1049"}
_BUSY = {"40001", "40P01", "53300", "57P03"}
_BUSY_SQLITE = {"HY000/5", "HY000/6"}
# 1 to 200 are MariaDB's own file and memory errors: a temporary table that cannot be made, or is gone.
_SERVER_TROUBLE = {f"HY000/{number}" for number in range(1, 201)} | {"HY000/1021", "HY000/1041", "HY001/1038"}
_LOGIN = {"28000", "28P01", "42000/1045", "42000/4060"}
_DENIED = {"42501", "42000/1044"}  # 1044: MariaDB, an account without any grant in the database
_DRIVER = {"IM002", "IM003", "IM004", "01000"}


def source_error(answer: Answer, settings: SourceSettings, *, connecting: bool = False) -> SourceError:
    """Our error for a database's answer. Carries the SQLSTATE, never the driver's text."""
    code, advice, retry = _meaning(answer, settings, connecting=connecting)
    what = f"the database of source `{shown(settings.name)}` answered {answer}: {_SAID[code]}"
    return SourceError(code, what, advice, retry=retry)


_SAID = {
    "driver_broken": "the ODBC driver cannot be loaded",
    LOGIN_REFUSED: "it does not let this account in",
    "unreachable": "it cannot be reached",
    "connection_lost": "the connection broke",
    "timeout": "it took too long",
    "busy": "it is busy",
    "server_trouble": "it is out of disk or memory, or its temporary files are gone",
    "permission_denied": "this account may not read something a policy names",
    "undecodable": "a cell holds bytes that are no text in the database's own encoding",
    "name_missing": "a table or column is not there",
    "statement_refused": "it refused the statement",
}


def _meaning(answer: Answer, settings: SourceSettings, *, connecting: bool) -> tuple[str, str, Retry]:
    told = {answer.sqlstate, str(answer)}
    name = shown(settings.name)
    if connecting and told & _DRIVER:
        return (
            "driver_broken",
            "reinstall the ODBC driver for this machine's kind (64-bit), then: fieldgate doctor",
            Retry.STOP,
        )
    if told & _LOGIN or (connecting and _turned_away(answer, settings)):
        if lines := explained(settings):
            return LOGIN_REFUSED, f"{lines[1]}; then: fieldgate doctor", Retry.STOP
        secret = shown(settings.password_key) or "of this source"
        advice = f"check user, database and password {secret} (it is not tried again by itself), then: fieldgate doctor"
        return LOGIN_REFUSED, advice, Retry.STOP
    if told & _TIMEOUT and not connecting:
        return "timeout", f"look for a lock or a missing index on source {name}: fieldgate doctor", Retry.LATER
    if told & (_BUSY | _BUSY_SQLITE if settings.dialect == "sqlite" else _BUSY):
        return "busy", "nothing now; if it stays so: fieldgate doctor", Retry.LATER
    if answer.denied(DIALECTS[settings.dialect].denials) or told & _DENIED:
        return "permission_denied", "give the DBA what this prints: fieldgate grants", Retry.STOP
    if settings.dialect == "mariadb" and told & _SERVER_TROUBLE:
        advice = "have the DBA look at the server's own log, its disk and its tmpdir; it is tried again by itself"
        return "server_trouble", advice, Retry.LATER
    if connecting:
        return "unreachable", "check server, port and firewall of this source, then: fieldgate doctor", Retry.LATER
    if told & _LOST:
        return "connection_lost", "nothing now; if it stays so: fieldgate doctor", Retry.LATER
    if answer.sqlstate == "22021":
        return "undecodable", "ask the DBA to mend the database's encoding, then: fieldgate doctor", Retry.STOP
    if told & _NAME:
        return "name_missing", "take the names anew and check the policies: fieldgate discover", Retry.STOP
    return "statement_refused", "send IT the code above; see what is read: fieldgate doctor", Retry.STOP


def _turned_away(answer: Answer, settings: SourceSettings) -> bool:
    """psqlODBC says 08001 for a wrong password and a dead server alike: ask the server, without a password."""
    if settings.dialect != "postgresql" or answer.sqlstate != "08001":
        return False
    said = _postgresql_greeting(settings)
    # R: it asks for a password, so ours was the wrong one. E: refused by rule, unless it is starting or full.
    return said.startswith(b"R") or (said.startswith(b"E") and b"C57P03\0" not in said and b"C53300\0" not in said)


def _postgresql_greeting(settings: SourceSettings) -> bytes:
    """The server's first answer to a startup message with user and database; empty when nobody answers."""
    words = (b"user", settings.user.encode(), b"database", settings.database.encode(), b"")
    body = struct.pack("!I", 196608) + b"\0".join(words) + b"\0"
    port = settings.port or 5432
    try:
        if settings.server.startswith("/"):
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(5)
            line.connect(f"{settings.server}/.s.PGSQL.{port}")
        else:
            line = socket.create_connection((settings.server, port), timeout=5)
        with line:
            line.sendall(struct.pack("!I", len(body) + 4) + body)
            return line.recv(4096)
    except OSError:
        return b""
