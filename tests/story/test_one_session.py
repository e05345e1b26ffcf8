"""One session at a time per source, by the server's own list, while the agent probes, reads and previews."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from agent.demo.servers import Engine
from agent.dms.odbc import connect
from agent.service.supervisor import ReaderChild
from agent.tasks.preview import preview
from tests.story.world import World, world

_LIST = {
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE usename = 'fieldgate_ro'",
    "mariadb": "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'fieldgate_ro'",
}


def sessions(engine: Engine, work: Callable[[], object]) -> list[frozenset[str | None]]:
    """Who was connected, looked at again and again while the work was done."""
    seen: list[frozenset[str | None]] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.append(frozenset(row[0] for row in engine.admin(_LIST[engine.kind])))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return seen


def together(seen: list[frozenset[str | None]]) -> bool:
    """Two sessions in two looks that follow one another: a server may show one that has just said goodbye once more."""
    return any(len(one & other) > 1 for one, other in pairwise(seen))


def everything(made: World) -> None:
    made.extract()
    with ReaderChild() as reader:
        list(preview(made.desk, reader, show_values=False))


@pytest.mark.parametrize("kind", ["postgresql", pytest.param("mariadb", marks=[pytest.mark.long])])
def test_the_server_never_shows_two_sessions_of_the_agent(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    engine: Engine = request.getfixturevalue(kind)
    with world(tmp_path, engine=engine, customers=5) as made:
        made.approve()
        made.enroll(stores=("01",))
        seen = sessions(engine, lambda: everything(made))
        assert len(frozenset[str | None]().union(*seen)) > 1, "the probe's session and the reader's"
        assert not together(seen)

        twice: list[frozenset[str | None]] = []
        deadline = time.monotonic() + 30
        with connect(engine.settings, engine.password), connect(engine.settings, engine.password):
            while not together(twice):  # two would be seen
                twice.append(frozenset(row[0] for row in engine.admin(_LIST[kind])))
                assert time.monotonic() < deadline
