"""Permission on the server: counted anew from signed bytes at every load; nothing in the state file is believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import FieldgateError, PolicyError
from agent.tasks import permission, policy_life
from tests.officers import ALEX, DANA, KIM, LEE, next_roll, roll_of
from tests.story.world import World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=5) as made:
        yield made


def test_an_approved_policy_is_in_force_and_stays_so_after_a_restart(dealership: World) -> None:
    dealership.approve()
    before = permission.policies_in_force(dealership.desk)
    dealership.restart()
    assert permission.policies_in_force(dealership.desk) == before
    assert [p.version for p in before.policies] == [4]


def test_one_approval_too_few_is_not_imported(dealership: World) -> None:
    path = dealership.write_policy(dealership.policy_text())
    draft = policy_life.read_draft(path, today=dealership.clock().date())
    approvals = policy_life.approval_path(path, draft)
    policy_life.submit(draft, approvals, dealership.pen(DANA), replaces=None, until=None)
    policy_life.approve(draft, approvals, dealership.pen(LEE))
    with pytest.raises(PolicyError) as refusal:
        permission.import_policy(dealership.desk, path, approvals)
    assert refusal.value.exit_status == 3
    policy_life.approve(draft, approvals, dealership.pen(KIM))
    permission.import_policy(dealership.desk, path, approvals)


@pytest.mark.parametrize(
    "sql",
    [
        "update policies set signatures = '[]'",
        "update policies set version = version + 1",
        "update policies set sha256 = 'sha256:' || substr(sha256, 9) || '0'",
        "update policies set data = cast(data || '# x' as blob)",
        "update policies set data = cast(replace(cast(data as text), 'unknown: withhold', 'unknown: send') as blob)",
        "update rolls set data = cast(replace(cast(data as text), '\"', '''') as blob)",
    ],
)
def test_whoever_writes_into_the_state_file_permits_nothing(dealership: World, sql: str) -> None:
    dealership.approve()
    with dealership.desk.state.transaction() as tx:
        tx.write(sql)
    with pytest.raises(FieldgateError):
        permission.policies_in_force(dealership.desk)


def test_a_policy_for_a_recipient_or_store_agent_yaml_does_not_have(dealership: World) -> None:
    with pytest.raises(PolicyError, match="A021"):
        dealership.approve(dealership.policy_text(**{'stores: ["01", "04"]': 'stores: ["01", "99"]'}))
    with pytest.raises(PolicyError):
        permission.policies_in_force(dealership.desk)


def test_an_older_version_never_comes_back(dealership: World) -> None:
    dealership.approve()
    dealership.approve(dealership.policy_text(**{"version: 4": "version: 5"}))
    with pytest.raises(PolicyError):
        dealership.approve()
    assert [p.version for p in permission.policies_in_force(dealership.desk).policies] == [5]


def test_a_roll_of_strangers_is_not_taken_over(dealership: World, tmp_path: Path) -> None:
    path = tmp_path / "stranger.json"
    path.write_bytes(roll_of(ALEX, DANA).data)
    with pytest.raises(FieldgateError):
        permission.import_roll(dealership.desk, path)
    path.write_bytes(next_roll(dealership.roll, DANA, LEE, ALEX, signed_by=(DANA, LEE)).data)
    assert permission.import_roll(dealership.desk, path).version == 2


def test_a_clock_set_back_does_not_wake_what_has_ended(dealership: World) -> None:
    dealership.approve()
    dealership.enroll()
    dealership.run()
    dealership.clock.at = dt.datetime(2027, 7, 1, tzinfo=dt.UTC)
    with pytest.raises(PolicyError):
        permission.policies_in_force(dealership.desk)
