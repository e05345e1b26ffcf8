"""From frames to sealed bodies: the gate before anything is stored, one commit a page, and going on behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from agent.core.jobs import Done, Frame, Job, PageFrame
from agent.errors import PolicyError, SealError, SourceError
from agent.pipeline import extract_once
from agent.service import reader
from agent.state import outbox
from agent.tasks import policy_watch
from agent.tasks.access import probe_source
from tests.story.expected import differences, expected
from tests.story.world import OEM, World, world


class Child:
    """The real reader, in this process, whose page frames pass through `change` first."""

    def __init__(self, change: Callable[[PageFrame, int], PageFrame]) -> None:
        self.change, self.pages, self.jobs = change, 0, []

    def read(self, job: Job) -> Iterator[Frame]:
        self.jobs.append(job)
        for frame in reader.answer(job):
            if isinstance(frame, PageFrame):
                self.pages += 1
                yield self.change(frame, self.pages)
            elif not isinstance(frame, Done):
                yield frame


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=30, limits="{page_rows: 10}") as made:
        made.approve()
        made.enroll()
        yield made


def waiting(made: World) -> int:
    with made.desk.state.reading() as tx:
        return sum(body.lines for body in outbox.bodies(tx))


def ungranted(frame: PageFrame, number: int) -> PageFrame:
    lines = [line.replace(b'"fields":{', b'"fields":{"ssn":"219-09-9999",') for line in frame.page.lines]
    return msgspec.structs.replace(frame, page=msgspec.structs.replace(frame.page, lines=lines))


def swapped(frame: PageFrame, number: int) -> PageFrame:
    lines = list(reversed(frame.page.lines))
    return msgspec.structs.replace(frame, page=msgspec.structs.replace(frame.page, lines=lines))


@pytest.mark.parametrize("broken", [ungranted, swapped])
def test_a_reader_broken_in_any_way_stores_nothing(dealership: World, broken: Callable[..., PageFrame]) -> None:
    with pytest.raises(SealError, match="FG-G01"):
        extract_once(dealership.desk, Child(broken), probe_source)
    assert waiting(dealership) == 0
    assert dealership.deliver() == []
    dealership.run()
    assert differences(dealership.held(), expected(dealership, OEM)) == []


@pytest.mark.parametrize("pages", range(1, 8))
def test_stopped_after_any_page_the_next_run_goes_on_behind_it(dealership: World, pages: int) -> None:
    def stop(frame: PageFrame, number: int) -> PageFrame:
        if number > pages:
            raise SourceError("FG-S21", "the reader process ended by itself", "run again")
        return frame

    first = Child(stop)
    with pytest.raises(SourceError):
        extract_once(dealership.desk, first, probe_source)
    before = waiting(dealership)
    assert before > 0
    whole = Child(lambda frame, _: frame)
    extract_once(dealership.desk, whole, probe_source)
    assert whole.pages > 0
    dealership.deliver()
    assert differences(dealership.held(), expected(dealership, OEM)) == []
    lines = [(store, d, i) for store, _, op, d, i in dealership.lines() if op == "upsert"]
    assert len(lines) == len(set(lines)), "a committed page was enqueued again"


@pytest.mark.parametrize("after", [1, 3])
def test_a_policy_revoked_while_it_is_read_keeps_nothing_more(dealership: World, after: int) -> None:
    """The innocent half reads on; the attack is a run that does not hear of the revocation."""

    def revoked(frame: PageFrame, number: int) -> PageFrame:
        if number == after:
            policy_watch.revoke(dealership.desk, "customer-crm", "stop")
        return frame

    dealership.extract()
    before = waiting(dealership)
    assert before > 0
    dealership.approve(dealership.policy_text(**{"version: 4": "version: 5", "{keep_first: 3}": "{keep_first: 4}"}))
    child = Child(revoked)
    done = extract_once(dealership.desk, child, probe_source)
    assert child.pages == after, "a page was read after the revocation"
    assert {error.code for error in done.refused} == {"A024"}
    prepared = [e for e in dealership.audit() if e["event"] in ("prepared", "policy_ended")]
    assert prepared[-1]["event"] == "policy_ended", "something was stored after the revocation"
    with pytest.raises(PolicyError, match="A020"):
        dealership.deliver()


def test_the_child_is_handed_no_signing_or_outbox_key(dealership: World) -> None:
    child = Child(lambda frame, _: frame)
    extract_once(dealership.desk, child, probe_source)
    handed = b"".join(msgspec.msgpack.encode(job) for job in child.jobs)
    for name in ("atrest", "signing", "checkpoint"):
        assert dealership.desk.store.secret(name) not in handed
    for text in (dealership.oems[OEM].url, str(dealership.config.state_file), str(dealership.config.key_folder)):
        assert text.encode() not in handed


@pytest.mark.parametrize("pages", [2, 5])
def test_what_a_cut_reading_had_behind_it_is_compared_too_where_all_is_asked_for(dealership: World, pages: int) -> None:
    """The pages in front of the cut are as old as the cut. Whoever says yes meanwhile is on one of them."""

    def stop(frame: PageFrame, number: int) -> PageFrame:
        if number > pages:
            raise SourceError("FG-S21", "the reader process ended by itself", "run again")
        return frame

    customer, vehicle = dealership.table("CUSTOMER"), dealership.table("VEHICLE")
    dealership.sql(f"UPDATE {customer} SET \"OPT_OUT\" = 'Y'")
    dealership.run()
    with pytest.raises(SourceError):
        extract_once(dealership.desk, Child(stop), probe_source, reconcile=True)
    dealership.sql(f'UPDATE {customer} SET "OPT_OUT" = \'N\'; UPDATE {vehicle} SET "ODOMETER" = "ODOMETER" + 1')
    dealership.run(reconcile=True)
    assert differences(dealership.usable(), expected(dealership, OEM)) == []
