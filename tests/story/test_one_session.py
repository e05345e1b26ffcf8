"""One session at a time per source, by the server's own list, while the agent probes, reads and previews."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.demo.servers import Engine
from agent.dms.odbc import connect
from agent.service.supervisor import ReaderChild
from agent.tasks.preview import preview
from tests.story.world import World, world

_LIST = {
    "postgresql": "SELECT client_port FROM pg_stat_activity WHERE usename = 'fieldgate_ro'",
    "mariadb": "SELECT HOST FROM information_schema.PROCESSLIST WHERE USER = 'fieldgate_ro'",
}
_ESTABLISHED = "01"


def look(engine: Engine) -> frozenset[int]:
    """By the port at its own end, who is in the server's list and has not hung up. A server on a busy machine shows who
    has said goodbye for as long as its process has not had a turn; the kernel knows at once."""
    listed = {int(str(row[0]).rpartition(":")[2]) for row in engine.admin(_LIST[engine.kind]) if row[0]}
    return frozenset(listed & connected(engine.settings.port))


def connected(port: int) -> set[int]:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    ends = [(own.split(":")[1], far.split(":")[1]) for _, own, far, state, *_ in lines if state == _ESTABLISHED]
    return {int(own, 16) for own, far in ends if int(far, 16) == port}


def sessions(engine: Engine, work: Callable[[], object]) -> list[frozenset[int]]:
    """Who was connected, looked at again and again while the work was done."""
    seen: list[frozenset[int]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(look(engine))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return seen


def logged(engine: Engine) -> int:
    """How many sessions of the agent there were in all, by the server's log."""
    if engine.kind == "mariadb":
        asked = "SELECT COUNT(DISTINCT thread_id) FROM mysql.general_log WHERE user_host LIKE 'fieldgate_ro%'"
        return int(engine.admin(asked)[0][0] or 0)
    engine.statement_log()  # waits for the log to be written
    with (engine.log_folder / "statements.csv").open(encoding="utf-8", newline="") as file:  # type: ignore[attr-defined]
        rows = [row for row in csv.reader(file) if len(row) > 3]
    return len({row[3] for row in rows if row[1:3] == ["fieldgate_ro", engine.settings.database]})


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
        assert logged(engine) > 1, "the probe's session and the reader's"
        assert max(map(len, seen)) == 1, "never two, and one was seen"
    with connect(engine.settings, engine.password), connect(engine.settings, engine.password):
        assert len(look(engine)) == 2, "two would be seen"
