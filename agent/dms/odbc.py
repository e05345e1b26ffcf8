"""The way to a DMS: the only importer of pyodbc.

Promises: a connection that can only be used for reading as far as the engine allows (read-only session, bounded
statement time, no driver log or trace, no file made), rows as plain tuples, and errors that carry a SQLSTATE and our
own code, never the driver's text, which quotes data. A refused password is tried once: nothing here connects again.
"""

from __future__ import annotations

import codecs
import ctypes
import os
import queue
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from agent.core.query import Dialect
from agent.core.source import SourceSettings
from agent.core.text import shown
from agent.dms.dialects import dialect_of
from agent.dms.refusals import Answer, source_error
from agent.dms.tracing import tracing_on
from agent.errors import ConfigError, Retry, SourceError

_LOGIN_S = 15
_LIBS_VARIABLE = "FIELDGATE_ODBC_LIBS"  # a folder with unixODBC's libraries, for machines where nobody may install
_LIBS = ("libltdl.so*", "libodbcinst.so*", "libodbc.so*")  # in the order in which they need each other
_NATIVE = re.compile(r"\((-?\d{1,10})\) \(SQL[A-Za-z]+\)")

# Said once after connecting. {ms} and {s} are the statement limit. Order matters: read-only comes last.
_SESSION: dict[str, tuple[str, ...]] = {
    "postgresql": (  # as SELECTs, because the driver's own ReadOnly lets nothing else through
        "SELECT set_config('search_path', 'pg_catalog', false)",  # nobody's function or operator can stand in
        "SELECT set_config('statement_timeout', '{ms}', false), set_config('lock_timeout', '{ms}', false)",
        "SELECT set_config('default_transaction_read_only', 'on', false)",
    ),
    "mariadb": ("SET SESSION max_statement_time = {s}", "SET SESSION TRANSACTION READ ONLY"),
    "sqlite": ("PRAGMA query_only = 1", "PRAGMA trusted_schema = 0"),
    "sqlserver": ("SET LOCK_TIMEOUT {ms}",),
    "generic": (),
}
# MySQL says the same with another name and in milliseconds.
_SESSION_INSTEAD = {"SET SESSION max_statement_time = {s}": "SET SESSION max_execution_time = {ms}"}
# Engines whose driver takes a statement limit of its own as well (psqlODBC and SQLite's refuse the attribute).
_DRIVER_LIMIT = ("sqlserver", "mariadb")


def connect(settings: SourceSettings, password: str) -> Connection:
    """Open the one connection to a source. Raises SourceError or ConfigError; the password stands in neither."""
    odbc = _load()
    if tracing_on():
        raise ConfigError(
            "odbc_tracing",
            "ODBC tracing is on: everything that is read would be written to a trace file",
            "set Trace=No under [ODBC] in odbcinst.ini (Windows: ODBC Data Sources, Tracing), then: fieldgate doctor",
        )
    _require_driver(odbc, settings)
    text = connection_string(settings, password)
    raw = _connected(odbc, text, settings)
    if isinstance(raw, Answer):
        raise source_error(raw, settings, connecting=True)
    connection = Connection(raw, settings, odbc)
    connection.begin()
    return connection


def _connected(odbc: Any, text: str, settings: SourceSettings) -> Any:
    """A pyodbc connection, or the Answer it was refused with. A driver may ignore its own time limit: then its thread
    is left behind, and whoever asked goes on."""
    ended: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def work() -> None:
        try:
            ended.put(odbc.connect(text, autocommit=True, timeout=0 if settings.dialect == "sqlite" else _LOGIN_S))
        except odbc.Error as error:
            ended.put(_answer(error))
        except Exception as error:  # noqa: BLE001  raised again where somebody waits for it
            ended.put(error)

    threading.Thread(target=work, name="connect", daemon=True).start()
    try:
        found = ended.get(timeout=2 * _LOGIN_S)
    except queue.Empty:
        raise SourceError(
            "driver_hangs",
            f"the ODBC driver of source {settings.name} did not answer within {2 * _LOGIN_S} s",
            "look whether the database server answers and is not locked; nothing is lost, the next run tries again",
            retry=Retry.LATER,
        ) from None
    if isinstance(found, Exception):
        raise found
    return found


def connection_string(settings: SourceSettings, password: str) -> str:
    """No value can add a keyword of its own: the password is braced, every other value is refused if it could."""
    make = {"postgresql": _postgresql, "mariadb": _mariadb, "sqlite": _sqlite, "sqlserver": _sqlserver}
    made = make.get(settings.dialect, _generic)(settings)
    pairs = [(key, value if key == "pqopt" else _plain(value)) for key, value in made]
    if settings.dialect != "sqlite":
        pairs += [("UID", _plain(settings.user)), ("PWD", _braced(password))] if settings.user else []
    return f"DRIVER={{{_plain(settings.driver)}}};" + ";".join(f"{key}={value}" for key, value in pairs)


def _postgresql(settings: SourceSettings) -> list[tuple[str, str]]:
    return [
        ("SERVER", settings.server),
        ("PORT", str(settings.port or 5432)),
        ("DATABASE", settings.database),
        ("BoolsAsChar", "0"),
        *_postgresql_tls(settings),
        ("ReadOnly", "1"),
        # Either log is a file anybody may read under /tmp; CommLog writes the password into it, Debug every value too.
        ("Debug", "0"),
        ("CommLog", "0"),
    ]


_SYSTEM_AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


def encryption(settings: SourceSettings) -> str:
    """verify | unverified | plain_text. Off this machine the certificate is verified, unless agent.yaml says no."""
    here = settings.server.startswith("/") or settings.server.lower() in ("localhost", "127.0.0.1", "::1")
    return settings.encrypt or ("plain_text" if here else "verify")


def _authorities(settings: SourceSettings) -> str:
    return settings.ca or next((path for path in _SYSTEM_AUTHORITIES if Path(path).is_file()), "")


def _postgresql_tls(settings: SourceSettings) -> list[tuple[str, str]]:
    mode = {"verify": "verify-full", "unverified": "require"}.get(encryption(settings), "prefer")
    authorities = _authorities(settings) if mode == "verify-full" else ""
    if authorities and any(ch in authorities for ch in " ;{}='\\"):
        _plain("=")  # no way to say it: refused as every other value is
    return [("SSLmode", mode), *([("pqopt", f"{{sslrootcert={authorities}}}")] if authorities else [])]


def _mariadb(settings: SourceSettings) -> list[tuple[str, str]]:
    where = [("SERVER", settings.server), ("PORT", str(settings.port or 3306))]
    if settings.server.startswith("/"):
        where = [("SOCKET", settings.server)]
    tls = {"verify": [("FORCETLS", "1"), ("SSLVERIFY", "1"), ("SSLCA", _authorities(settings))]}
    tls["unverified"] = [("FORCETLS", "1"), ("SSLVERIFY", "0")]
    where += [(key, value) for key, value in tls.get(encryption(settings), []) if value]
    # Option 3145728: no result cache, forward only. No user's my.cnf, no statement log (both are options left out).
    return [*where, ("DATABASE", settings.database), ("CHARSET", "utf8mb4"), ("OPTION", "3145728")]


def _sqlite(settings: SourceSettings) -> list[tuple[str, str]]:
    if not Path(settings.database).is_file():
        raise SourceError(
            "file_missing",
            f"there is no SQLite file at {shown(settings.database)}",
            "correct `database:` of this source in agent.yaml, then: fieldgate doctor",
        )
    path = str(Path(settings.database).resolve())
    return [
        ("Database", path),
        ("StepAPI", "1"),
        ("NoCreat", "1"),
        ("LoadExt", ""),
        ("TraceFile", ""),
        ("Timeout", "5000"),
    ]


def _sqlserver(settings: SourceSettings) -> list[tuple[str, str]]:
    server = f"{settings.server},{settings.port}" if settings.port else settings.server
    login = [] if settings.user else [("Trusted_Connection", "yes")]
    return [
        ("SERVER", server),
        ("DATABASE", settings.database),
        ("Encrypt", "no" if encryption(settings) == "plain_text" else "yes"),
        ("TrustServerCertificate", "yes" if encryption(settings) == "unverified" else "no"),
        ("ApplicationIntent", "ReadOnly"),
        ("APP", "fieldgate"),
        *login,
    ]


def _generic(settings: SourceSettings) -> list[tuple[str, str]]:
    known = [("SERVER", settings.server), ("PORT", str(settings.port or "")), ("DATABASE", settings.database)]
    return [(key, value) for key, value in known if value]


def _plain(value: str) -> str:
    # psqlODBC and SQLite's driver take braces for part of the value, so what would need them is refused instead.
    if value != value.strip() or any(ch in value for ch in ";{}="):
        raise ConfigError(
            "connection_value",
            f"`{shown(value)}` cannot stand in a connection: it has one of ; {{ }} = in it, or a blank at an end",
            "name driver, server, database and user of this source in agent.yaml without them, then: fieldgate doctor",
        )
    return _printable(value)


def _braced(value: str) -> str:
    return "{" + _printable(value).replace("}", "}}") + "}"


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ConfigError(
            "connection_value",
            "a server, database, user or password has a control character in it",
            "correct the source in agent.yaml or its key, then: fieldgate doctor",
        )
    return value


class Connection:
    """One session with the DMS. `rows` reads; `ask` only learns whether the database would have let us."""

    def __init__(self, raw: Any, settings: SourceSettings, odbc: Any) -> None:
        self._raw = raw
        self._odbc = odbc
        self.settings = settings
        self.dialect: Dialect = dialect_of(settings)

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self) -> None:
        """Make the session what the module promises; a session that cannot be made so is closed and refused."""
        limit = max(1, self.settings.statement_s)
        if self.settings.dialect in _DRIVER_LIMIT:
            self._raw.timeout = limit
        for statement in _SESSION[self.settings.dialect]:
            answer = self._run(statement, limit)
            if answer is not None and statement in _SESSION_INSTEAD:
                answer = self._run(_SESSION_INSTEAD[statement], limit)
            if answer is not None:
                self.close()
                raise source_error(answer, self.settings)

    def _run(self, statement: str, limit: int) -> Answer | None:
        return self.ask(statement.format(s=limit, ms=limit * 1000))

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """All rows of one statement, as plain tuples; undecodable bytes become U+FFFD instead of a crash."""
        try:
            return self._fetch(sql, params)
        except UnicodeDecodeError:
            pass
        self._decode_anything()
        return self._fetch(sql, params)

    def _fetch(self, sql: str, params: Sequence[object]) -> list[tuple[object, ...]]:
        try:
            cursor = self._raw.cursor()
            try:
                cursor.execute(sql, tuple(params))
                return list(map(tuple, cursor.fetchall()))
            finally:
                cursor.close()
        except self._odbc.Error as error:
            answer = _answer(error)
        except (OverflowError, ValueError) as error:
            if isinstance(error, UnicodeDecodeError):
                raise
            # pyodbc's own conversions (a date in the year 0, a number too large) quote the value: say none of it.
            answer = Answer("22000", 0)
        raise source_error(answer, self.settings) from None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Statements in here see and lock one state of the names they use, as far as the engine can. Nothing is
        written, so it ends in a rollback; a session that cannot end it is not used again."""
        try:
            self._raw.autocommit = False
        except self._odbc.Error as error:
            raise source_error(_answer(error), self.settings) from None
        try:
            yield
        finally:
            try:
                self._raw.rollback()
                self._raw.autocommit = True
            except self._odbc.Error:
                self.close()

    def ask(self, sql: str) -> Answer | None:
        """None: the database did it. Otherwise its refusal, as SQLSTATE and native number; no row is fetched."""
        try:
            cursor = self._raw.cursor()
            try:
                cursor.execute(sql)
            finally:
                cursor.close()
        except self._odbc.Error as error:
            return _answer(error)
        return None

    def account(self) -> str:
        """Who we are, in the database's own words."""
        said = {
            "postgresql": "SELECT CAST(session_user AS text)",
            "mariadb": "SELECT CURRENT_USER()",
            "sqlserver": "SELECT SUSER_SNAME() + N' as ' + USER_NAME()",
        }.get(self.settings.dialect)
        return str(self.rows(said)[0][0]) if said else self.settings.user

    def close(self) -> None:
        try:
            self._raw.close()
        except self._odbc.Error:
            return  # it is gone already

    def _decode_anything(self) -> None:
        codecs.register(_lossy_codec)
        self._raw.setdecoding(self._odbc.SQL_CHAR, encoding="fieldgate_lossy_utf_8", ctype=self._odbc.SQL_CHAR)
        self._raw.setdecoding(self._odbc.SQL_WCHAR, encoding="fieldgate_lossy_utf_16_le", ctype=self._odbc.SQL_WCHAR)


def _lossy_codec(name: str) -> codecs.CodecInfo | None:
    prefix = "fieldgate_lossy_"
    if not name.startswith(prefix):
        return None
    real = codecs.lookup(name.removeprefix(prefix))

    def decode(data: Any, errors: str = "strict", /) -> tuple[str, int]:
        del errors  # pyodbc always says strict
        return real.decode(data, "replace")

    return codecs.CodecInfo(encode=real.encode, decode=decode, name=name)


def _load() -> Any:
    """pyodbc, ready: unixODBC's libraries found, pooling off before the first connection."""
    if "pyodbc" not in sys.modules:
        for library in _libraries(os.environ.get(_LIBS_VARIABLE, "")):
            try:
                ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
            except OSError:
                raise ConfigError(
                    "odbc_missing",
                    f"{shown(library.name)} from {_LIBS_VARIABLE} cannot be loaded",
                    f"point {_LIBS_VARIABLE} at a folder with libltdl, libodbcinst and libodbc of this machine's kind",
                ) from None
    try:
        import pyodbc  # type: ignore[import-not-found]
    except ImportError:
        raise ConfigError(
            "odbc_missing",
            "the ODBC driver manager (libodbc.so.2) is not on this machine",
            "Debian and Ubuntu: apt-get install unixodbc   Red Hat: dnf install unixODBC   then: fieldgate doctor",
            exit_status=4,
        ) from None
    pyodbc.pooling = False
    return pyodbc


def _libraries(folder: str) -> Iterator[Path]:
    for pattern in _LIBS if folder else ():
        yield from sorted(Path(folder).glob(pattern))[-1:]


_PACKAGES = {
    "postgresql": "apt-get install odbc-postgresql",
    "mariadb": "apt-get install odbc-mariadb",
    "sqlite": "apt-get install libsqliteodbc",
    "sqlserver": "install Microsoft's ODBC Driver 18 for SQL Server",
    "generic": "install the database vendor's ODBC driver",
}


def _require_driver(odbc: Any, settings: SourceSettings) -> None:
    driver = settings.driver
    if Path(driver).is_absolute():
        if Path(driver).is_file():
            return
    elif driver in odbc.drivers():
        return
    if driver in drivers_of_32_bit():
        raise ConfigError("driver_missing", *only_32_bit(driver), exit_status=4)
    raise ConfigError(
        "driver_missing",
        f"the ODBC driver `{shown(driver)}` is not on this machine",
        f"{_PACKAGES[settings.dialect]}, or correct `driver:` in agent.yaml (`odbcinst -q -d` lists names); "
        "then: fieldgate doctor",
        exit_status=4,
    )


def only_32_bit(driver: str) -> tuple[str, str]:
    """What is wrong with such a driver, and what to do."""
    return (
        f"the ODBC driver `{shown(driver)}` is here for 32-bit programs only",
        "install the vendor's 64-bit driver beside it (both may stand side by side), then: fieldgate doctor",
    )


def installed_drivers() -> list[str]:
    """Names of the ODBC drivers that this machine's driver manager knows. ConfigError without a driver manager."""
    return sorted(_load().drivers())


def drivers_of_32_bit() -> list[str]:
    """On Windows, the drivers that are there for 32-bit programs only: of no use to this one."""
    found: set[str] = set()
    if sys.platform == "win32":
        import winreg

        place, view = r"SOFTWARE\ODBC\ODBCINST.INI\ODBC Drivers", winreg.KEY_READ | winreg.KEY_WOW64_32KEY
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place, 0, view) as key:
                found = {winreg.EnumValue(key, number)[0] for number in range(winreg.QueryInfoKey(key)[1])}
        except OSError:
            return []
    return sorted(found - set(installed_drivers()))


def _answer(error: BaseException) -> Answer:
    """SQLSTATE and native number of a driver's error. Its text may quote names and values, so it is read no further."""
    args = error.args
    state = str(args[0]) if args else ""
    # A name in the text can look like a number in brackets: two candidates are none.
    numbers = _NATIVE.findall(str(args[1])) if len(args) > 1 else []
    return Answer(
        state if re.fullmatch(r"[0-9A-Z]{5}", state) else "HY000", int(numbers[0]) if len(numbers) == 1 else 0
    )
