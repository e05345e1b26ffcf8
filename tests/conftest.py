"""What all tests share: seeded hypothesis, private servers, and an account of every test that did not run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from agent.demo import servers
from agent.demo.servers import Engine
from agent.errors import ConfigError

# One sample for everybody: a red run is red again. --long draws anew and more.
settings.register_profile("seeded", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the long tests too, and more and fresh examples")
    parser.addoption("--not-run", metavar="FILE", help="write the tests that did not run, with their reasons")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("long" if config.getoption("--long") else "seeded")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="only with --long"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The controller knows all workers' reports; a worker writes nothing."""
    target = session.config.getoption("--not-run")
    if not target or hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    assert reporter is not None
    reports = [report for outcome in ("skipped", "xfailed") for report in reporter.stats.get(outcome, [])]
    Path(target).write_text(json.dumps(sorted((r.nodeid, _reason(r)) for r in reports)), encoding="utf-8")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    return str(getattr(report, "wasxfail", "")) or "no reason"


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One private PostgreSQL for this worker. Take `.fresh()` from it for a database of a whole module."""
    yield from _server("postgresql", "PostgreSQL", tmp_path_factory.mktemp("postgresql"))


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One private MariaDB for this worker. It has one database, `dbo`: each `.fresh()` ends the one before."""
    yield from _server("mariadb", "MariaDB", tmp_path_factory.mktemp("mariadb"))


def _server(kind: servers.EngineKind, name: str, folder: Path) -> Iterator[Engine]:
    try:
        engine = servers.start(kind, folder)
    except ConfigError as missing:
        pytest.skip(f"no private {name}: {missing.what}")
    yield engine
    engine.stop()


@pytest.fixture
def postgresql(postgresql_server: Engine) -> Engine:
    """An empty database in which the agent's account may do nothing."""
    return postgresql_server.fresh()


@pytest.fixture
def mariadb(mariadb_server: Engine) -> Engine:
    return mariadb_server.fresh()


@pytest.fixture
def sqlite(tmp_path: Path) -> Engine:
    return servers.start("sqlite", tmp_path)
