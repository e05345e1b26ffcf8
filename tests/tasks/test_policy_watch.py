"""How policies end: at once by anyone's hand, by themselves with a warning, never silently because somebody left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core.answers import WireError
from agent.errors import PolicyError
from agent.health import health
from agent.state import evidence, permission, streams
from agent.tasks import deliver, policy_watch
from tests.officers import ALEX, DANA, LEE, draft, next_roll, roll_of, signed
from tests.tasks.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.desk.state.close()


def notices(server: Server) -> list[tuple[str, str, int]]:
    with server.reading() as tx:
        return [(n.policy, n.about, n.level) for n in policy_watch.notices(tx, server.at.date())]


def test_revoking_ends_at_once_and_is_audited(server: Server) -> None:
    one = server.put_in_force()
    server.put_in_force(name="service-crm")
    policy_watch.revoke(server.desk, "customer-crm", "asked by the owner")
    assert server.versions() == {"service-crm": 1}
    with server.reading() as tx:
        (ended,) = evidence.said(tx, "policy_ended")
        assert permission.ended_policies(tx) == [
            ("customer-crm", 1, "2026-11-22T09:14:31.000Z", "revoked: asked by the owner")
        ]
    assert ended == {
        "policy": "customer-crm",
        "version": 1,
        "sha256": one.sha256,
        "reason": "revoked: asked by the owner",
    }


def test_a_policy_that_is_not_in_force_cannot_be_revoked(server: Server) -> None:
    for name in ("customer-crm", "no-such"):
        with pytest.raises(PolicyError, check=lambda e: (e.code, e.exit_status) == ("A023", 1)):
            policy_watch.revoke(server.desk, name, "")
    server.put_in_force()
    policy_watch.revoke(server.desk, "customer-crm", "")
    with pytest.raises(PolicyError, check=lambda e: e.code == "A023"):
        policy_watch.revoke(server.desk, "customer-crm", "")


class Deaf:
    """A recipient that must not be spoken to."""

    def __getattr__(self, name: str) -> object:
        raise WireError("unavailable", f"somebody spoke to the OEM: {name}")


def test_revoking_during_a_delivery_stops_before_the_next_byte(server: Server) -> None:
    """The delivery has loaded its ruleset already; the next step looks again."""
    server.put_in_force()
    ruleset = server.ruleset()
    with server.desk.state.transaction() as tx:
        streams.enroll(tx, "example-motors-na", "EX1234", {}, server.desk.now())
        streams.open_stream(tx, "s1", "01", "example-motors-na", "customer-crm")
    with pytest.raises(WireError):  # in force, it would ask for the head
        deliver.deliver_next(server.desk, ruleset, "s1", Deaf())
    policy_watch.revoke(server.desk, "customer-crm", "stop")
    step = deliver.deliver_next(server.desk, ruleset, "s1", Deaf())
    assert (step.outcome, step.said) == ("stopped", "the policy was ended or replaced meanwhile")


@pytest.mark.parametrize(
    ("days", "level"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (1, 7), (0, 0), (-5, 0)]
)
def test_an_end_is_said_60_30_and_7_days_ahead(server: Server, days: int, level: int | None) -> None:
    server.put_in_force()
    server.at = dt.datetime(2027, 6, 30, 12, tzinfo=dt.UTC) - dt.timedelta(days=days)
    about = "ended" if days <= 0 else "ends"
    assert notices(server) == ([] if level is None else [("customer-crm", about, level)])


def test_an_officer_who_left_asks_for_approval_and_stops_nothing(server: Server) -> None:
    server.put_in_force()
    assert notices(server) == []
    server.import_roll(next_roll(server.roll, DANA, LEE, ALEX, signed_by=(DANA, LEE)).data)
    assert notices(server) == [("customer-crm", "officer_left", 60)]
    assert server.versions() == {"customer-crm": 1}
    with server.reading() as tx:
        told = health(tx, server.config, server.at).notices
    stays = "it stays in force, and should be approved again"
    left = "Kim Example approved policy customer-crm version 1 and is no longer in the officer roll"
    assert told == [f"{left}; {stays}"]
    two = draft(2)
    server.take(two, server.approvals(two, LEE, ALEX, replaces=draft(1)))
    assert notices(server) == []


def test_one_officer_alone_is_said_in_status(tmp_path: Path) -> None:
    server = Server(tmp_path, roll=roll_of(DANA))
    of = draft()
    server.take(of, [signed(of, DANA, server.roll, "author")])
    assert notices(server) == [("customer-crm", "single_officer", 60)]
    with server.reading() as tx:
        told = health(tx, server.config, server.at).notices
    assert told == [
        "policy customer-crm version 1 was approved by one officer alone (Dana Example): nobody else looked"
    ]
    server.desk.state.close()


def test_status_says_what_ends_within_60_days(server: Server) -> None:
    server.put_in_force()
    for days, told in ((61, 0), (60, 1), (30, 1), (3, 1)):
        server.at = dt.datetime(2027, 6, 30, 12, tzinfo=dt.UTC) - dt.timedelta(days=days)
        with server.reading() as tx:
            said = health(tx, server.config, server.at).notices
        assert sum("policy customer-crm version 1 ends in" in one for one in said) == told
