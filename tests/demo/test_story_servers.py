"""The demo on servers that can refuse: their own logs are the second witness."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.demo.engine import Engine, EngineKind
from agent.demo.stage import Options
from agent.demo.story import play
from tests.demo.test_story import Listener


@pytest.mark.postgresql
def test_postgresql_refuses_and_its_log_says_the_same(postgresql_server: Engine, tmp_path: Path) -> None:
    _proves(postgresql_server.kind, tmp_path, "42501")


@pytest.mark.mariadb
def test_mariadb_refuses_and_its_log_says_the_same(mariadb_server: Engine, tmp_path: Path) -> None:
    _proves(mariadb_server.kind, tmp_path, "42000/1143")


def _proves(kind: EngineKind, folder: Path, code: str) -> None:
    teller = Listener()
    facts = play(Options(kind, 120, folder / "demo", seed=5), teller)
    assert facts.differing == ()
    assert facts.passed
    assert facts.access is not None
    assert facts.searched is not None
    assert facts.access.status == "refused"
    assert facts.access.nonpublic == facts.access.nonpublic_refused > 90
    assert {one.code for one in facts.access.shown} == {code}
    assert facts.access.readable == 0
    assert facts.searched.named == facts.searched.probes_denied > facts.access.nonpublic
    assert facts.searched.named_without_denial == 0
    assert max(len(line) for line in teller.lines if str(folder) not in line) <= 80
