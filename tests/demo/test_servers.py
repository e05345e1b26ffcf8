"""The private servers: an agent account that may do nothing, a log that names role and refusal, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agent.demo import servers
from agent.demo.dms import SCHEMA, SHOWCASE, Dealership, tables
from agent.demo.engine import Engine
from agent.demo.odbc_drivers import driver_for
from agent.demo.private_process import answers, make_room
from agent.demo.servers_mariadb import start_mariadb
from agent.demo.servers_postgresql import start_postgresql
from agent.errors import ConfigError

DEALERSHIP: Dealership = tables(21, 120)
ENGINES = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgresql),
    pytest.param("mariadb", marks=pytest.mark.mariadb),
]


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    return found


def connect(engine: Engine) -> Any:
    """The agent's account, by the driver alone: what is tried here must not depend on the agent's own care."""
    import pyodbc

    pyodbc.pooling = False
    s = engine.settings
    where = f"Server={s.server};Port={s.port};Uid={s.user};Pwd={{{engine.password}}}" if s.server else ""
    return pyodbc.connect(f"Driver={{{s.driver}}};Database={s.database};{where}", autocommit=True)


def sqlstate(engine: Engine, sql: str) -> str:
    import pyodbc

    try:
        connection = connect(engine)
    except pyodbc.Error as refused:
        return str(refused.args[0])
    try:
        connection.execute(sql).fetchall()
    except pyodbc.Error as refused:
        return str(refused.args[0])
    finally:
        connection.close()
    return ""


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_every_engine_holds_exactly_the_generated_cells(engine: Engine) -> None:
    expected = {table: list(DEALERSHIP.rows(table)) for table in SCHEMA}
    assert engine.load(DEALERSHIP) == sum(len(rows) for rows in expected.values())
    for table, shape in SCHEMA.items():
        found = engine.admin(f"SELECT * FROM {engine.table(table)}")
        assert sorted(_plain(shape, row) for row in found) == sorted(_plain(shape, row) for row in expected[table])


def _plain(shape: Any, row: tuple[Any, ...]) -> tuple[str, ...]:
    """Engines differ in trailing blanks of CHAR and in trailing zeros of decimals; in nothing else."""
    cells = []
    for column, cell in zip(shape.columns, row, strict=True):
        if cell is None:
            cells.append("NULL")
        elif column.type.startswith("num"):
            cells.append(f"{float(cell):.4f}")
        else:
            cells.append(str(cell).rstrip(" ") if column.type.startswith("char") else str(cell))
    return tuple(cells)


@pytest.mark.asks_for_nonpublic("the private server itself must refuse and log it")
@pytest.mark.parametrize("engine", ENGINES[1:], indirect=True)
def test_before_a_grant_the_agent_can_read_nothing_and_after_it_exactly_that(engine: Engine) -> None:
    engine.load(DEALERSHIP)
    name, number, ssn = (_column(engine, c) for c in ("FIRST_NAME", "CUST_NO", "SSN"))
    assert sqlstate(engine, f"SELECT {name} FROM {engine.table('CUSTOMER')}") in ("42501", "42000")
    if engine.kind == "postgresql":
        engine.admin(f"GRANT USAGE ON SCHEMA dbo TO {engine.settings.user}")
        engine.admin(f"GRANT SELECT ({name}, {number}) ON {engine.table('CUSTOMER')} TO {engine.settings.user}")
    else:
        engine.admin(
            f"GRANT SELECT ({name}, {number}) ON {engine.table('CUSTOMER')} TO {engine.settings.user}@'127.0.0.1'"
        )
    assert sqlstate(engine, f"SELECT {name} FROM {engine.table('CUSTOMER')}") == ""
    for forbidden in (
        f"SELECT {ssn} FROM {engine.table('CUSTOMER')}",
        f"SELECT {name} FROM {engine.table('CUSTOMER')} WHERE {ssn} IS NULL",
        f"SELECT {name} FROM {engine.table('CUSTOMER')} ORDER BY {ssn}",
        f"SELECT * FROM {engine.table('FIN_CONTRACT')}",
        f"UPDATE {engine.table('CUSTOMER')} SET {name} = 'x'",
        "CREATE TABLE dbo.x (a INT)",
    ):
        assert sqlstate(engine, forbidden) in ("42501", "42000"), forbidden


def _column(engine: Engine, name: str) -> str:
    return engine.table(name).split(".")[1]


@pytest.mark.asks_for_nonpublic("the private server itself must refuse and log it")
@pytest.mark.parametrize("engine", ENGINES[1:], indirect=True)
def test_the_servers_log_names_the_role_the_statement_and_the_refusal(engine: Engine) -> None:
    engine.load(DEALERSHIP)
    number, ssn, customer = _column(engine, "CUST_NO"), _column(engine, "SSN"), engine.table("CUSTOMER")
    to = engine.settings.user + ("@'127.0.0.1'" if engine.kind == "mariadb" else "")
    if engine.kind == "postgresql":
        engine.admin(f"GRANT USAGE ON SCHEMA dbo TO {to}")
    engine.admin(f"GRANT SELECT ({number}) ON {customer} TO {to}")
    connection = connect(engine)
    assert connection.execute(f"SELECT {number} FROM {customer} WHERE {number} = ?", SHOWCASE).fetchall()
    connection.close()
    assert sqlstate(engine, f"SELECT {ssn} FROM {customer}") in ("42501", "42000")
    assert sqlstate(engine, f'SELECT {ssn}\nFROM {customer} /* two\nlines, "quoted" */') in ("42501", "42000")

    mine = [s for s in engine.statement_log() if s.role == engine.settings.user and "CUSTOMER" in s.statement]
    code = "42501" if engine.kind == "postgresql" else "1143"
    assert {s.error_code for s in mine if ssn in s.statement} == {code}
    assert len([s for s in mine if ssn in s.statement]) == 2
    assert any("\nFROM" in s.statement and '"quoted"' in s.statement for s in mine)
    assert {s.error_code for s in mine if ssn not in s.statement} == {""}
    assert any(number in s.statement for s in mine)
    assert any(s.role != engine.settings.user for s in engine.statement_log()), "the owner's statements are there too"


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_the_clerk_can_change_a_customer_and_a_refused_statement_says_no_data(engine: Engine) -> None:
    engine.load(DEALERSHIP)
    out, number = _column(engine, "OPT_OUT"), _column(engine, "CUST_NO")
    engine.admin(f"UPDATE {engine.table('CUSTOMER')} SET {out} = 'Y' WHERE {number} = {SHOWCASE}")
    assert engine.admin(f"SELECT {out} FROM {engine.table('CUSTOMER')} WHERE {number} = {SHOWCASE}") == [("Y",)]
    with pytest.raises(ConfigError) as refused:
        engine.admin(f"INSERT INTO {engine.table('CUSTOMER')} ({number}) VALUES ({SHOWCASE})")
    assert str(SHOWCASE) not in str(refused.value) + refused.value.advice


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_a_fresh_database_is_empty_and_its_log_too(engine: Engine) -> None:
    engine.load(DEALERSHIP)
    fresh = engine.fresh()
    fresh.load(tables(22, 3))
    assert fresh.admin(f"SELECT COUNT(*) FROM {fresh.table('CUSTOMER')}") == [("3",)]
    assert not [s for s in fresh.statement_log() if s.role == fresh.settings.user]


@pytest.mark.postgresql
def test_the_servers_files_are_closed_to_others_and_gone_afterwards(postgresql: Engine, tmp_path: Path) -> None:
    with servers.running("postgresql", tmp_path) as engine:
        (place,) = engine.admin("SHOW data_directory")
        room = Path(str(place[0])).parent
        assert room.stat().st_mode & 0o077 == 0
        assert engine.admin("SHOW listen_addresses") == [("127.0.0.1",)]
        assert engine.admin("SELECT rolsuper FROM pg_roles WHERE rolname = 'fieldgate_ro'") == [("f",)]
        assert engine.settings.port != postgresql.settings.port
        port = engine.settings.port
    assert not room.exists()
    assert not answers(port)
    assert answers(postgresql.settings.port), "another server is left alone"


@pytest.mark.postgresql
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only the Linux kernel ends orphans for us")
def test_a_killed_demo_leaves_no_server_behind(tmp_path: Path, postgresql: Engine) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom agent.demo import servers\n"
        "engine = servers.start('postgresql', Path(sys.argv[1]))\n"
        "print(engine.settings.port, engine.admin('SHOW data_directory')[0][0], flush=True)\ntime.sleep(250)\n"
    )
    demo = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    port, place = demo.stdout.readline().split()
    assert answers(int(port))
    os.kill(demo.pid, signal.SIGKILL)
    demo.wait()
    demo.stdout.close()
    deadline = time.monotonic() + 60
    while answers(int(port)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(int(port))
    subprocess.run(["rm", "-r", Path(place).parent], check=True)  # nobody was left to do it


def test_a_missing_server_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no MariaDB server") as missing:
        start_mariadb(search=str(tmp_path))
    assert "apt-get install --no-install-recommends mariadb-server" in missing.value.advice
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("FIELDGATE_SERVERS", raising=False)
    with pytest.raises(ConfigError, match="no PostgreSQL server") as missing:
        start_postgresql(installed=tmp_path)
    assert "apt-get install --no-install-recommends postgresql" in missing.value.advice


def test_a_driver_unpacked_without_root_comes_first_and_by_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ODBCSYSINI", str(tmp_path))
    monkeypatch.delenv("FIELDGATE_ODBC_LIBS", raising=False)
    (tmp_path / "odbcinst.ini").write_text("[SQLite3]\nDriver=libsqlite3odbc.so\n", encoding="utf-8")
    assert driver_for("sqlite") == "SQLite3"
    unpacked = tmp_path / "libs" / "odbc"
    unpacked.mkdir(parents=True)
    (unpacked / "libsqlite3odbc.so").touch()
    monkeypatch.setenv("FIELDGATE_ODBC_LIBS", str(tmp_path / "libs"))
    assert driver_for("sqlite") == str(unpacked / "libsqlite3odbc.so")


def test_a_room_is_nobody_elses(tmp_path: Path) -> None:
    room = make_room("test", ("postgres",))
    try:
        assert room.folder.stat().st_mode & 0o777 == 0o700
        if os.geteuid() == 0:
            assert room.folder.stat().st_uid != 0
        room.run(["/usr/bin/touch", room.folder / "mine"])
        with pytest.raises(ConfigError, match="ended with status"):
            room.run(["/usr/bin/touch", "/proc/not-mine"])
    finally:
        room.remove()
