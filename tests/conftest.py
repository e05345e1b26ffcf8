"""What all tests share: seeded hypothesis, private servers, and an account of every test that did not run."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings

from agent.demo import servers
from agent.demo.engine import Engine, EngineKind
from agent.errors import ConfigError
from tests.statement_watch import Watch

if TYPE_CHECKING:
    from tests.story.house import House

# One sample for everybody: a red run is red again. --long draws anew and more.
settings.register_profile("seeded", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("written-out", phases=[Phase.explicit], deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the long tests too, and more and fresh examples")
    parser.addoption("--written-out", action="store_true", help="of examples those that are written out, none drawn")
    parser.addoption("--statements", metavar="FOLDER", help="keep there what the agent's account asked the servers")
    parser.addoption("--not-run", metavar="FILE", help="write the tests that did not run, with their reasons")


def pytest_configure(config: pytest.Config) -> None:
    asked = [name for name in ("long", "written-out") if config.getoption(f"--{name}")]
    settings.load_profile(asked[0] if asked else "seeded")


# Rooms whose files take long, first: one that begins last would leave the other workers without anything to do.
HEAVY = ("mutants", "storm", "demo", "crash", "story", "service", "cli", "receiver", "tasks")


def _lightness(item: pytest.Item) -> int:
    room = item.path.parent.name
    return HEAVY.index(room) if room in HEAVY else len(HEAVY)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_lightness)
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="only with --long"))


def pytest_collection_finish() -> None:
    """The agent tidies up after every job, which walks through all there is: here that would be the whole suite, each
    time. What is loaded now is left alone, as the service leaves alone what it has loaded."""
    gc.collect()
    gc.freeze()


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
def statement_watch(request: pytest.FixtureRequest) -> Iterator[Watch]:
    """By the servers' own logs, over all tests: only refused questions name a nonpublic column. Promise 1."""
    watch = Watch()
    yield watch
    folder = request.config.getoption("--statements")
    if folder:
        watch.keep(Path(folder) / f"{os.environ.get('PYTEST_XDIST_WORKER', 'one')}.json")
    assert watch.strangers() == [], "the agent's account asked for what is nonpublic"


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory, statement_watch: Watch) -> Iterator[Engine]:
    """One private PostgreSQL for this worker. Take `.fresh()` from it for a database of a whole module."""
    yield from _server("postgresql", "PostgreSQL", tmp_path_factory.mktemp("postgresql"), statement_watch)


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory, statement_watch: Watch) -> Iterator[Engine]:
    """One private MariaDB for this worker. It has one database, `dbo`: each `.fresh()` ends the one before."""
    yield from _server("mariadb", "MariaDB", tmp_path_factory.mktemp("mariadb"), statement_watch)


def _server(kind: EngineKind, name: str, folder: Path, watch: Watch) -> Iterator[Engine]:
    try:
        engine = servers.start(kind, folder)
    except ConfigError as missing:
        pytest.skip(f"no private {name}: {missing.what}")
    yield engine
    try:
        watch.end(engine)
    finally:
        engine.stop()


def _excused(request: pytest.FixtureRequest) -> str:
    mark = request.node.get_closest_marker("asks_for_nonpublic")
    return mark.args[0] if mark else ""


@pytest.fixture
def postgresql(postgresql_server: Engine, statement_watch: Watch, request: pytest.FixtureRequest) -> Engine:
    """An empty database in which the agent's account may do nothing."""
    engine = postgresql_server.fresh()
    statement_watch.begin(engine, request.node.nodeid, _excused(request))
    return engine


@pytest.fixture
def mariadb(mariadb_server: Engine, statement_watch: Watch, request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = mariadb_server.fresh()
    statement_watch.begin(engine, request.node.nodeid, _excused(request))
    yield engine
    statement_watch.look(engine, request.node.nodeid)


@pytest.fixture
def sqlite(tmp_path: Path) -> Engine:
    return servers.start("sqlite", tmp_path)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole agent in a folder, ready for its first run. Tests work on copies: take `fresh`, or `house.house`."""
    from tests.story import house

    folder = tmp_path_factory.mktemp("built")
    house.build(folder)
    return folder


@pytest.fixture(scope="session")
def has_run(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after its first run."""
    from tests.story import house

    folder = tmp_path_factory.mktemp("has-run")
    with house.house(built, folder) as made:
        assert made.run().status == 0
    return folder


@pytest.fixture
def fresh(built: Path, tmp_path: Path) -> Iterator[House]:
    """A house of this test's own, with its OEM."""
    from tests.story import house

    with house.house(built, tmp_path / "house") as made:
        yield made
