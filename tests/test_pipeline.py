"""The story's order: permission, access, choices, rows; and the entry in the audit before each effect."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.core.access import AccessRecord, ColumnAnswer
from agent.core.jobs import Frame, Job
from agent.errors import FieldgateError, PolicyError, SourceError
from agent.pipeline import deliver_once, extract_once
from agent.service import reader
from agent.tasks import enroll
from agent.tasks.access import probe_source
from tests.story.world import OEM, World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=8) as made:
        made.approve()
        made.enroll()
        yield made


class Watched:
    """The real reader, in this process; it notes what stood in the audit when each job began."""

    def __init__(self, made: World) -> None:
        self.made = made
        self.seen: list[tuple[str, list[str], list[str]]] = []

    def read(self, job: Job) -> Iterator[Frame]:
        entries: list[Any] = self.made.audit()
        events = [e["event"] for e in entries]
        told = [str(e["facts"].get("dataset")) for e in entries if e["event"] == "reading"]
        self.seen.append((job.rules.name, events, told))
        *frames, last = reader.answer(job)
        assert type(last).__name__ == "Done", last
        yield from frames


def answered(status: str, account: str = "", readable: tuple[ColumnAnswer, ...] = ()):
    """A prober that found this."""

    def prober(settings: Any, password: str, inventory: Any, queries: Any, *rest: Any) -> AccessRecord:
        real = probe_source(settings, password, inventory, queries, *rest)
        return AccessRecord(**{
            name: getattr(real, name) for name in AccessRecord.__dataclass_fields__
        } | {"status": status, "account": account, "readable": readable})  # fmt: skip

    return prober


def test_an_entry_in_the_audit_stands_before_every_reading(dealership: World) -> None:
    watched = Watched(dealership)
    extract_once(dealership.desk, watched, probe_source)
    assert len(watched.seen) > 4
    for name, events, told in watched.seen:
        assert told, "read before any entry"
        assert told[-1] in (name, f"choices:{name}"), "the newest entry speaks of this reading"
        assert events.index("access_probed") < events.index("reading")
        assert "inventory_kept" in events
    assert watched.seen[0][0] == "customer_choices", "what people said is read first"


def test_an_entry_stands_before_every_byte_that_goes_out(dealership: World) -> None:
    dealership.extract()

    class Listening:
        def __init__(self) -> None:
            self.pushed: list[str] = []

        def push(self, batch: Any) -> Any:
            told: list[Any] = [e for e in dealership.audit() if e["event"] == "announced"]
            assert told[-1]["facts"]["batch_id"] == batch.manifest.batch_id  # type: ignore[index]
            assert told[-1]["facts"]["manifest_sha256"] == batch.manifest_sha256  # type: ignore[index]
            self.pushed.append(batch.manifest.batch_id)
            raise AssertionError("seen")

        def head(self, *about: Any) -> Any:
            with contextlib.closing(enroll.connect(dealership.desk, OEM)) as real:
                return real.head(*about)

    oem = Listening()
    with pytest.raises(AssertionError, match="seen"):
        deliver_once(dealership.desk, lambda _: oem)
    assert len(oem.pushed) == 1


@pytest.mark.parametrize(
    ("status", "account"), [("wide", "fieldgate_ro"), ("wide", "*"), ("wide", ""), ("not_enforced", "")]
)
def test_an_account_that_can_read_more_stops_the_run(tmp_path: Path, status: str, account: str) -> None:
    with world(tmp_path, customers=8, excused=False) as made:
        made.approve()
        made.enroll()
        watched = Watched(made)
        with pytest.raises(PolicyError) as refusal:
            extract_once(made.desk, watched, answered(status, account))
        assert refusal.value.exit_status == 3
        assert watched.seen == []
        assert not [e for e in made.audit() if e["event"] == "reading"]
        assert [e["facts"]["status"] for e in made.audit() if e["event"] == "access_probed"] == [status]  # type: ignore[index]


def test_an_exception_counts_for_its_own_account_until_its_last_day(dealership: World) -> None:
    """The world's decision excuses an engine without accounts, nobody else."""
    watched = Watched(dealership)
    with pytest.raises(PolicyError):
        extract_once(dealership.desk, watched, answered("wide", "fieldgate_ro"))
    assert watched.seen == []
    extract_once(dealership.desk, watched, answered("not_enforced"))
    assert watched.seen
    dealership.clock.at += dt.timedelta(days=81)
    with pytest.raises(PolicyError):
        extract_once(dealership.desk, Watched(dealership), answered("not_enforced"))


def test_a_probe_that_fails_stops_the_run(dealership: World) -> None:
    def broken(*_: Any) -> AccessRecord:
        raise SourceError("08001", "the database cannot be reached", "start it")

    watched = Watched(dealership)
    with pytest.raises(FieldgateError):
        extract_once(dealership.desk, watched, broken)
    assert watched.seen == []
