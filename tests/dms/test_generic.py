"""An engine nobody told us about: snapshot only, quirks from agent.yaml, no access record. With SQLite's driver."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from agent import config
from agent.core.changes import Since
from agent.core.jobs import ChangesFrame, Clock, DatasetJob, Failed, HandedKeys, PageFrame, Unserved
from agent.core.source import Quirks, SourceSettings
from agent.demo import servers
from agent.dms.dialects import dialect_of
from agent.errors import ConfigError
from agent.service import reader
from tests.dms.test_pages import _fill
from tests.rules import customers
from tests.test_config import GOOD

TODAY = dt.date(2026, 11, 22)
SQLITE = Quirks(limit="limit", pads=False)


@pytest.fixture
def unknown(tmp_path: Path) -> SourceSettings:
    engine = servers.start("sqlite", tmp_path)
    _fill(engine)
    return dataclasses.replace(engine.settings, dialect="generic", quirks=SQLITE)


def read(settings: SourceSettings, since: Since | None = None) -> list[object]:
    rules = customers(schema="", changes=None if since is None else "STORE_NO", people=())
    keys = HandedKeys(*(bytes([n]) * 32 for n in range(5)))
    job = DatasetJob(settings, "", rules, "01", "marketing", "opt_out", keys, [(None, None)], 10, TODAY, since=since)
    return list(reader.answer(job))


def test_with_its_quirks_told_every_row_is_read(unknown: SourceSettings) -> None:
    known = read(dataclasses.replace(unknown, dialect="sqlite", quirks=None))
    pages = [frame for frame in read(unknown) if isinstance(frame, PageFrame)]
    assert [frame.page.lines for frame in pages] == [
        frame.page.lines for frame in known if isinstance(frame, PageFrame)
    ]
    assert sum(frame.page.rows for frame in pages) == 2


def test_without_its_quirks_the_statement_is_refused(unknown: SourceSettings) -> None:
    [*_, last] = read(dataclasses.replace(unknown, quirks=None))
    assert isinstance(last, Failed)
    assert last.code == "statement_refused"


def test_it_is_never_asked_for_changes(unknown: SourceSettings) -> None:
    clock, unserved, _ = read(unknown, Since("2026-11-22T00:00:00"))
    assert clock == Clock("")
    assert isinstance(unserved, Unserved)
    assert not [frame for frame in read(unknown) if isinstance(frame, ChangesFrame)]


def test_it_refuses_nobody_so_no_record_says_it_did() -> None:
    generic = dialect_of(SourceSettings("dms", "x", "generic"))
    assert generic.enforcement == "none"
    assert not generic.denials


def test_quirks_are_for_the_unknown_only(tmp_path: Path) -> None:
    told = GOOD.replace("dialect: sqlserver,", "dialect: generic, quirks: {quote: backtick, limit: top},")
    assert told != GOOD
    path = tmp_path / "agent.yaml"
    path.write_text(told)
    dialect = dialect_of(config.load(path).sources["dms"])
    assert dialect.page(f"SELECT {dialect.quote('A')}", 5) == "SELECT TOP (5) `A`"
    path.write_text(told.replace("dialect: generic", "dialect: sqlserver"))
    with pytest.raises(ConfigError, match="quirks are for dialect: generic"):
        config.load(path)
