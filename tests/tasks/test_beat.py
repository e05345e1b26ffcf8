"""The OEM hears of a quiet dealer once a day, and what nobody may ask for any more is destroyed in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.service.daemon import run_beat, run_retain
from agent.tasks.policy_watch import revoke
from tests.story.world import World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=8) as made:
        made.approve()
        made.enroll(stores=("01",))
        made.run()
        yield made


def kinds(made: World) -> list[str]:
    return [str(e["facts"]["kind"]) for e in made.audit() if e["event"] == "announced"]  # type: ignore[index]


def keys_kept(made: World) -> int:
    with made.desk.state.reading() as tx:
        return int((tx.row("select count(*) from disclosures where keys is not null") or (0,))[0])


def test_a_stream_that_was_quiet_for_a_day_says_one_empty_batch(dealership: World) -> None:
    held = dealership.held()
    dealership.clock.at += dt.timedelta(hours=23)
    run_beat(dealership.desk)
    assert "heartbeat" not in kinds(dealership)
    dealership.clock.at += dt.timedelta(hours=2)
    run_beat(dealership.desk)
    run_beat(dealership.desk)
    assert kinds(dealership).count("heartbeat") == 1
    assert dealership.waiting() == 0, "and it has its receipt"
    assert dealership.held() == held
    dealership.check_house()
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    dealership.run()
    assert {one["given_name"] for key, one in dealership.held().items() if key[1] == "customers"} == {"Chris"}


def test_a_stream_with_something_to_say_has_no_heartbeat(dealership: World) -> None:
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    dealership.extract()
    dealership.clock.at += dt.timedelta(hours=30)
    run_beat(dealership.desk)
    assert "heartbeat" not in kinds(dealership)


@pytest.mark.parametrize("ended", [False, True])
def test_source_keys_go_when_the_oems_time_to_keep_is_over_and_not_before(dealership: World, ended: bool) -> None:
    if ended:
        revoke(dealership.desk, "customer-crm", "no longer wanted")
    before = keys_kept(dealership)
    assert before > 0
    run_retain(dealership.desk)
    assert keys_kept(dealership) == before
    with dealership.desk.state.transaction() as tx:  # as if sent three years ago; the policy says 24 months
        tx.write("update batches set announced_at = '2023-11-22T09:00:00.000Z' where seq <= 2")
        old = (tx.row("select count(*) from disclosures join batches using (batch_id) where seq <= 2") or (0,))[0]
    run_retain(dealership.desk)
    assert keys_kept(dealership) == before - old
    assert [e["facts"]["batches"] for e in dealership.audit() if e["event"] == "source_keys_destroyed"] == [old]  # type: ignore[index]
