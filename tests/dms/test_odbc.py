"""The way in: read-only, bounded, silent about data, one try per password, and never a new file."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.core.source import SourceSettings
from agent.demo.engine import Engine
from agent.dms.odbc import Connection, connect, connection_string
from agent.dms.refusals import Answer, source_error
from agent.errors import ConfigError, Retry, SourceError

WILD = ["a;b", "a}b{c", "}x", "{x}", "p%41+ =x", "ü;ñ}", "a'b\"c", "x PWD=y;UID=z"]


def _sqlite(path: Path) -> SourceSettings:
    return SourceSettings(name="dms", driver="SQLite3", dialect="sqlite", database=str(path))


def test_rows_are_plain_tuples_and_a_session_cannot_write(sqlite: Engine) -> None:
    sqlite.admin('CREATE TABLE "T" ("A" INTEGER, "B" TEXT); INSERT INTO "T" VALUES (1, \'é\')')
    with connect(sqlite.settings, "") as connection:
        rows = connection.rows('SELECT m."A", m."B" FROM "T" m WHERE m."A" = ?', (1,))
        assert rows == [(1, "é")]
        assert type(rows[0]) is tuple
        assert connection.ask('INSERT INTO "T" VALUES (2, NULL)') is not None
    assert sqlite.admin('SELECT count(*) FROM "T"') == [("1",)]


def test_a_sqlite_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "none.sqlite"
    with pytest.raises(SourceError, match="file_missing"):
        connect(_sqlite(missing), "")
    assert not missing.exists()


@pytest.mark.parametrize("path", ["a;StepAPI=0.sqlite", "a{b}.sqlite", "a=b.sqlite"])
def test_a_path_cannot_add_a_keyword(tmp_path: Path, path: str) -> None:
    (tmp_path / path).touch()
    with pytest.raises(ConfigError, match="connection_value"):
        connect(_sqlite(tmp_path / path), "")


@pytest.mark.parametrize("value", ["x;Trace=1", "{x", "x}", "a=b", " x", "x\n", "x\0"])
@pytest.mark.parametrize("part", ["server", "database", "user", "driver"])
@pytest.mark.parametrize("dialect", ["postgresql", "mariadb", "sqlserver", "generic"])
def test_no_part_of_a_source_can_add_a_keyword(dialect: str, part: str, value: str) -> None:
    plain = SourceSettings("dms", "D", dialect, server="s", database="d", user="u")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="connection_value"):
        connection_string(dataclasses.replace(plain, **{part: value}), "secret")  # type: ignore[arg-type]


def test_a_driver_that_is_not_there_is_named_with_what_to_install(tmp_path: Path) -> None:
    for driver in ("No Such Driver", str(tmp_path / "libnone.so")):
        with pytest.raises(ConfigError, match="driver_missing") as caught:
            connect(dataclasses.replace(_sqlite(tmp_path), driver=driver), "")
        assert "apt-get install libsqliteodbc" in caught.value.advice
        assert "fieldgate doctor" in caught.value.advice


def test_a_file_that_is_no_driver_is_said_to_be_broken(tmp_path: Path) -> None:
    (tmp_path / "lib.so").write_bytes(b"no library")
    (tmp_path / "dms.sqlite").touch()
    settings = dataclasses.replace(_sqlite(tmp_path / "dms.sqlite"), driver=str(tmp_path / "lib.so"))
    with pytest.raises(SourceError, match="driver_broken"):
        connect(settings, "")


@pytest.mark.parametrize(
    "text", ["[ODBC]\nTrace = Yes\n", "[odbc]\nTRACE=1 ; on\n", "[X]\nTrace=No\n[ODBC]\nTrace=on\n"]
)
def test_nothing_is_read_while_odbc_tracing_is_on(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    sqlite.admin('CREATE TABLE "T" ("A" INTEGER)')
    (tmp_path / "odbcinst.ini").write_text(text)
    monkeypatch.setenv("ODBCSYSINI", str(tmp_path))
    with pytest.raises(ConfigError, match="odbc_tracing"):
        connect(sqlite.settings, "")


def test_tracing_switched_off_in_the_file_is_off(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite.admin('CREATE TABLE "T" ("A" INTEGER)')
    (tmp_path / "odbcinst.ini").write_text(
        Path(os.environ.get("ODBCSYSINI", "/etc"), "odbcinst.ini").read_text() + "\n[ODBC]\nTrace=No\n[X]\nTrace=Yes\n"
    )
    monkeypatch.setenv("ODBCSYSINI", str(tmp_path))
    connect(sqlite.settings, "").close()


def test_without_the_driver_manager_the_message_names_what_to_install(tmp_path: Path) -> None:
    """In a process of its own, where pyodbc's import fails as it does without libodbc.so.2."""
    (tmp_path / "pyodbc.py").write_text("raise ImportError('libodbc.so.2: cannot open shared object file')")
    code = (
        "from agent.core.source import SourceSettings\nfrom agent.dms.odbc import connect\n"
        "from agent.errors import ConfigError\n"
        "try: connect(SourceSettings('dms', 'x', 'sqlite'), '')\n"
        "except ConfigError as e: print(e.code, e.advice)"
    )
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("odbc_missing Debian and Ubuntu: apt-get install unixodbc")


def test_a_folder_of_libraries_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / "libodbc.so.2").write_bytes(b"no library")
    code = (
        "from agent.core.source import SourceSettings\nfrom agent.dms.odbc import connect\n"
        "from agent.errors import ConfigError\n"
        "try: connect(SourceSettings('dms', 'x', 'sqlite'), '')\n"
        "except ConfigError as e: print(e.code, e.what)"
    )
    env = {**os.environ, "FIELDGATE_ODBC_LIBS": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("odbc_missing libodbc.so.2 from FIELDGATE_ODBC_LIBS")


def _agents_name(engine: Engine) -> str:
    return engine.settings.user if engine.kind == "postgresql" else f"'{engine.settings.user}'@'127.0.0.1'"


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.getfixturevalue(request.param)
    return engine


def _grant_something(engine: Engine) -> None:
    """MariaDB lets an account without any grant not even into the database."""
    engine.admin(f"CREATE TABLE {engine.table('SOMETHING')} (a int)")
    engine.admin(f"GRANT SELECT ON {engine.table('SOMETHING')} TO {_agents_name(engine)}")


def test_an_account_without_any_grant_is_told_to_ask_for_them(mariadb: Engine) -> None:
    with pytest.raises(SourceError, match="permission_denied") as caught:
        connect(mariadb.settings, mariadb.password)
    assert "fieldgate grants" in caught.value.advice


def test_every_password_gets_in_and_says_nothing_else(server: Engine) -> None:
    _grant_something(server)
    try:
        for password in WILD:
            literal = password.replace("'", "''")
            word = "PASSWORD" if server.kind == "postgresql" else "IDENTIFIED BY"
            role = "ROLE" if server.kind == "postgresql" else "USER"
            server.admin(f"ALTER {role} {_agents_name(server)} {word} '{literal}'")
            with connect(server.settings, password) as connection:
                assert connection.account().startswith(server.settings.user)
    finally:
        word = "ROLE {0} PASSWORD" if server.kind == "postgresql" else "USER {0} IDENTIFIED BY"
        server.admin(f"ALTER {word.format(_agents_name(server))} '{server.password}'")


def test_a_wrong_password_stops_and_a_dead_server_is_tried_again_later(server: Engine) -> None:
    with pytest.raises(SourceError, match="login_refused") as wrong:
        connect(server.settings, "wrong-secret")
    assert wrong.value.retry is Retry.STOP
    assert "wrong-secret" not in f"{wrong.value}{wrong.value.advice}"
    with pytest.raises(SourceError, match="unreachable") as dead:
        connect(dataclasses.replace(server.settings, port=1), server.password)
    assert dead.value.retry is Retry.LATER


def test_a_session_cannot_write_even_where_it_was_granted(server: Engine) -> None:
    server.admin(f"CREATE TABLE {server.table('T')} (a int)")
    if server.kind == "postgresql":
        server.admin(f"GRANT USAGE ON SCHEMA dbo TO {_agents_name(server)}")
    server.admin(f"GRANT SELECT, INSERT ON {server.table('T')} TO {_agents_name(server)}")
    with connect(server.settings, server.password) as connection:
        assert connection.ask(f"INSERT INTO {server.table('T')} VALUES (1)") is not None
        assert connection.rows(f"SELECT m.a FROM {server.table('T')} m") == []


def test_a_statement_is_ended_at_its_limit(server: Engine) -> None:
    _grant_something(server)
    sleep = "SELECT pg_sleep(20)" if server.kind == "postgresql" else "SELECT sleep(20)"
    with (
        connect(dataclasses.replace(server.settings, statement_s=1), server.password) as connection,
        pytest.raises(SourceError, match="timeout") as caught,
    ):
        connection.rows(sleep)
    assert caught.value.retry is Retry.LATER


def test_an_error_carries_no_value_and_no_cause(postgresql: Engine) -> None:
    """PostgreSQL's own text for this quotes the value."""
    postgresql.admin("CREATE TABLE dbo.t (a text); INSERT INTO dbo.t VALUES ('078-05-1120')")
    postgresql.admin("GRANT USAGE ON SCHEMA dbo TO fieldgate_ro; GRANT SELECT ON dbo.t TO fieldgate_ro")
    with connect(postgresql.settings, postgresql.password) as connection, pytest.raises(SourceError) as caught:
        connection.rows("SELECT CAST(m.a AS integer) FROM dbo.t m")
    assert "22P02" in str(caught.value)
    assert "078" not in f"{caught.value!r} {caught.value.what} {caught.value.advice}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_driver_writes_neither_password_nor_value_into_its_own_log(postgresql: Engine) -> None:
    """psqlODBC leaves a file under /tmp whatever it is told: with both logs off it holds addresses in memory only."""
    postgresql.admin("CREATE TABLE dbo.t (a text); INSERT INTO dbo.t VALUES ('078-05-1120')")
    postgresql.admin("GRANT USAGE ON SCHEMA dbo TO fieldgate_ro; GRANT SELECT ON dbo.t TO fieldgate_ro")
    with connect(postgresql.settings, postgresql.password) as connection:
        assert connection.rows("SELECT m.a FROM dbo.t m WHERE m.a <> ?", ("parameter",)) == [("078-05-1120",)]
    logs = [path.read_text() for path in Path("/tmp").glob(f"*[!0-9]{os.getpid()}.log") if "odbc_" in path.name]
    assert all(re.fullmatch("(PQfinish: 0x[0-9a-f]+\n)*", log) for log in logs)
    assert not list(Path("/tmp").glob(f"mylog_*[!0-9]{os.getpid()}.log"))


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ('SELECT m."SSN" FROM "dbo"."T" m', "permission_denied"),
        ('SELECT m."GONE" FROM "dbo"."T" m', "name_missing"),
        ('SELECT m."A" FROM "dbo"."GONE" m', "name_missing"),
        ("SELECT 1 +", "statement_refused"),
        ("SELECT 1 / 0", "statement_refused"),
    ],
)
def test_what_the_database_answers_becomes_our_code(postgresql: Engine, sql: str, code: str) -> None:
    postgresql.admin('CREATE TABLE dbo."T" ("A" int, "SSN" text)')
    postgresql.admin('GRANT USAGE ON SCHEMA dbo TO fieldgate_ro; GRANT SELECT ("A") ON dbo."T" TO fieldgate_ro')
    with connect(postgresql.settings, postgresql.password) as connection, pytest.raises(SourceError) as caught:
        connection.rows(sql)
    assert caught.value.code == code
    assert "fieldgate " in caught.value.advice


def test_a_broken_connection_is_tried_again_later(postgresql: Engine) -> None:
    with connect(postgresql.settings, postgresql.password) as connection:
        postgresql.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE usename = 'fieldgate_ro' AND datname = '{postgresql.settings.database}'"
        )
        with pytest.raises(SourceError) as caught:
            connection.rows("SELECT 1")
    assert caught.value.code == "connection_lost"
    assert caught.value.retry is Retry.LATER


def test_bytes_that_are_no_text_are_refused_with_their_own_code(postgresql: Engine) -> None:
    """A database without encoding holds whatever was typed; asked for raw bytes, the driver would hand over a blank."""
    name = f"{postgresql.settings.database}_ascii"
    postgresql.admin(f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' TEMPLATE template0")
    settings = dataclasses.replace(postgresql.settings, database=name)
    with (
        connect(settings, postgresql.password) as connection,
        pytest.raises(SourceError, match="undecodable") as caught,
    ):
        connection.rows("SELECT E'A\\xffB'")
    assert "A" not in caught.value.what.split(":")[-1]


class _LoneSurrogates:
    """A driver that hands over what UTF-16 does not allow, as SQL Server may store it."""

    def __init__(self) -> None:
        self.encodings: dict[int, str] = {}

    def cursor(self) -> _LoneSurrogates:
        return self

    def execute(self, sql: str, params: tuple[object, ...]) -> None:
        pass

    def fetchall(self) -> list[list[str]]:
        return [[b"A\0\x00\xd8B\0".decode(self.encodings.get(-8, "utf-16-le")), "ok"]]

    def setdecoding(self, kind: int, encoding: str, ctype: int) -> None:
        self.encodings[kind] = encoding

    def close(self) -> None:
        pass


class _Odbc:
    SQL_CHAR, SQL_WCHAR, Error = 1, -8, LookupError


def test_half_a_character_becomes_a_mark_and_the_page_goes_on(tmp_path: Path) -> None:
    assert Connection(_LoneSurrogates(), _sqlite(tmp_path), _Odbc).rows("SELECT 1") == [("A\ufffdB", "ok")]


def test_names_may_be_hostile_all_the_way_to_the_server(server: Engine) -> None:
    from agent.core.query import probe_sql
    from agent.core.ruleset import Table

    _grant_something(server)
    names = ['a"b', "a`b", "a]b", "what?", "x; DROP TABLE y --", "{fn now()}", "ñ", "o'clock"]
    with connect(server.settings, server.password) as connection:
        quote = connection.dialect.quote
        columns = ", ".join(f"{quote(name)} int" for name in names)
        server.admin(f"CREATE TABLE {server.table('T')} ({columns})")
        if server.kind == "postgresql":
            server.admin("GRANT USAGE ON SCHEMA dbo TO fieldgate_ro")
        server.admin(f"GRANT SELECT ON {server.table('T')} TO {_agents_name(server)}")
        for name in names:
            assert connection.ask(probe_sql(connection.dialect, Table("dbo", "T"), name)) is None, name


@pytest.mark.parametrize(
    ("dialect", "sqlstate", "native", "code"),
    [
        ("sqlite", "HY000", 6, "busy"),  # the table is locked
        ("mariadb", "HY000", 6, "server_trouble"),  # a temporary table of its own is gone
        ("mariadb", "HY000", 28, "server_trouble"),  # its disk is full
        ("mariadb", "HY000", 1205, "timeout"),
        ("postgresql", "HY000", 6, "statement_refused"),
        ("postgresql", "40001", 0, "busy"),
    ],
)
def test_what_a_number_means_depends_on_the_engine(dialect: Any, sqlstate: str, native: int, code: str) -> None:
    error = source_error(Answer(sqlstate, native), SourceSettings("dms", "X", dialect))
    assert error.code == code
    assert error.retry is (Retry.STOP if code == "statement_refused" else Retry.LATER)


def test_the_temporary_tables_of_a_private_mariadb_are_its_own(mariadb: Engine) -> None:
    """In a shared folder every MariaDB that starts deletes those of the others, who then answer HY000/6."""
    [(temporary, data)] = mariadb.admin("SELECT @@tmpdir, @@datadir")
    assert Path(str(temporary)) == Path(str(data))
