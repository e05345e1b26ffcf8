"""Answers of an OEM, one by one: what settles, what waits, what stops; and what a manifest must carry."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.core.receipt import make_receipt
from agent.core.seal import SealedBatch
from agent.errors import SealError
from agent.receiver import holdings
from agent.receiver.verify import verify_all
from agent.state import evidence, outbox
from agent.tasks import enroll, pausing, policy_watch
from agent.tasks.beat import beat
from agent.tasks.check import check_house
from agent.tasks.deliver import Delivery, deliver_next
from agent.tasks.desk import Desk
from agent.tasks.permission import policies_in_force
from tests.officers import DANA
from tests.story.world import OEM, World, world


@dataclass
class Answer:
    status: int
    body: bytes = b""
    problem: str = ""
    retry_after: str | None = None


class Says:
    """An OEM that answers pushes as the test says, and heads truly."""

    def __init__(self, made: World, answer: Any) -> None:
        self.made, self.answer, self.seen = made, answer, []

    def push(self, batch: SealedBatch) -> Any:
        self.seen.append(batch)
        return self.answer(self, batch) if callable(self.answer) else self.answer

    def truly(self, batch: SealedBatch) -> Any:
        with contextlib.closing(enroll.connect(self.made.desk, OEM)) as real:
            return real.push(batch)

    def head(self, *about: Any) -> Any:
        with contextlib.closing(enroll.connect(self.made.desk, OEM)) as real:
            return real.head(*about)

    def keys(self) -> Any:
        with contextlib.closing(enroll.connect(self.made.desk, OEM)) as real:
            return real.keys()


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=8) as made:
        made.approve()
        made.enroll()
        made.extract()
        yield made


def step(made: World, oem: Says) -> Delivery:
    return deliver_next(made.desk, policies_in_force(made.desk), made.streams()[OEM, "01"], oem)


def flying(made: World) -> outbox.Batch | None:
    stream_id = made.streams()[OEM, "01"]
    with made.desk.state.reading() as tx:
        return outbox.in_flight(tx, stream_id)


def truly(says: Says, batch: SealedBatch) -> Any:
    return says.truly(batch)


def forged(says: Says, batch: SealedBatch) -> Answer:
    """A receipt in perfect form, by somebody else's key."""
    return Answer(201, make_receipt(batch, "r-1", "2026-11-22T09:00:00Z", DANA.signer.sign).encode())


class Interrupts(Says):
    """Between the first question and the first byte somebody in IT acts."""

    def __init__(self, made: World, act: Any) -> None:
        super().__init__(made, truly)
        self.act = act

    def head(self, *about: Any) -> Any:
        self.act(self.made.desk)
        return super().head(*about)


def paused(desk: Desk) -> None:
    pausing.pause(desk, pausing.EVERY)


@pytest.mark.parametrize(
    ("act", "outcome", "said"),
    [
        (lambda desk: None, "settled", ""),
        (paused, "waiting", "paused"),
        (
            lambda desk: policy_watch.revoke(desk, "customer-crm", "stop"),
            "stopped",
            "the policy was ended or replaced meanwhile",
        ),
    ],
)
def test_pause_and_revocation_act_before_the_first_byte(dealership: World, act: Any, outcome: str, said: str) -> None:
    oem = Interrupts(dealership, act)
    told = step(dealership, oem)
    assert (told.outcome, told.said, bool(oem.seen)) == (outcome, said, outcome == "settled")


@pytest.mark.parametrize(
    "answer",
    [Answer(200), Answer(201, b"<html>Welcome to the Example Hotel</html>"), Answer(200, b"\xff\xfe"), forged],
)
def test_a_2xx_without_a_receipt_that_verifies_is_no_delivery(dealership: World, answer: Any) -> None:
    oem = Says(dealership, answer)
    assert step(dealership, oem).outcome == "waiting"
    batch = flying(dealership)
    assert batch
    assert (batch.state, batch.attempts) == ("announced", 1)


def test_a_receipt_for_another_batch_settles_nothing(dealership: World) -> None:
    oem = Says(dealership, truly)
    receipts = {}

    def keep(says: Says, batch: SealedBatch) -> Any:
        receipts["first"] = says.truly(batch).body
        return says.truly(batch)

    oem.answer = keep
    assert step(dealership, oem).outcome == "settled"
    oem.answer = Answer(200, receipts["first"])
    assert step(dealership, oem).outcome == "waiting"
    assert flying(dealership)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(503), "waiting"),
        (Answer(429, retry_after="120"), "waiting"),
        (Answer(502, b"<html>"), "waiting"),
        (Answer(422, problem="urn:fieldgate:problem:digest_mismatch"), "waiting"),
        (Answer(422, problem="urn:fieldgate:problem:schema_mismatch"), "stopped"),
        (Answer(409, problem="urn:fieldgate:problem:fork"), "stopped"),
        (Answer(403, problem="urn:fieldgate:problem:revoked_key"), "stopped"),
        (Answer(400, problem="urn:fieldgate:problem:never-heard-of"), "stopped"),
        (Answer(301), "stopped"),
    ],
)
def test_what_an_answer_means(dealership: World, answer: Answer, outcome: str) -> None:
    oem = Says(dealership, answer)
    assert step(dealership, oem).outcome == outcome
    batch = flying(dealership)
    assert batch
    assert batch.state == ("quarantined" if outcome == "stopped" else "announced")
    assert step(dealership, oem).outcome == outcome, "nothing else leaves on the stream"
    assert len(oem.seen) == 1, "and it is not sent again before its time"


def test_the_same_bytes_go_out_again(dealership: World) -> None:
    oem = Says(dealership, Answer(503))
    for _ in range(3):
        step(dealership, oem)
        dealership.clock.at = dealership.clock.at.replace(day=dealership.clock.at.day + 1)
    assert len(oem.seen) == 3
    assert len({(b.jws, b.content) for b in oem.seen}) == 1


def test_retry_after_is_a_lower_bound(dealership: World) -> None:
    step(dealership, Says(dealership, Answer(429, retry_after="3600")))
    batch = flying(dealership)
    assert batch
    assert batch.next_try_at >= "2026-11-22T10:00:00"


def test_bytes_changed_while_they_wait_do_not_leave(dealership: World) -> None:
    step(dealership, Says(dealership, Answer(503)))
    with dealership.desk.state.transaction() as tx:
        tx.write("update batches set content = cast(substr(content, 1, 30) || x'00' || substr(content, 32) as blob)")
    dealership.clock.at = dealership.clock.at.replace(day=23)
    oem = Says(dealership, truly)
    with pytest.raises(SealError):
        step(dealership, oem)
    assert oem.seen == []


def test_each_manifest_carries_the_audit_head_policy_and_access_of_its_moment(dealership: World) -> None:
    heads = []

    def look(says: Says, batch: SealedBatch) -> Any:
        with dealership.desk.state.reading() as tx:
            known = {sha for _, sha in evidence.entries(tx)}
        assert batch.manifest.audit_head in known
        heads.append(batch.manifest.audit_head)
        return says.truly(batch)

    oem = Says(dealership, look)
    while step(dealership, oem).outcome == "settled":
        pass
    assert len(set(heads)) == len(heads) > 1
    [policy] = policies_in_force(dealership.desk).policies
    for batch in oem.seen:
        assert batch.manifest.policy.sha256 == policy.sha256
        assert batch.manifest.access.status == "not_enforced"
        assert batch.manifest.recipient_may.keep_for_months == policy.keep_for_months
    seqs = [batch.manifest.seq for batch in oem.seen]
    assert seqs == list(range(1, len(seqs) + 1))


def test_the_oem_names_dealers_of_whom_nothing_was_heard_and_a_heartbeat_is_something(dealership: World) -> None:
    house = dealership.oems[OEM].house
    dealership.deliver()
    assert holdings.silent(house) == []
    dealership.clock.at += dt.timedelta(hours=50)
    assert {one.store for one in holdings.silent(house)} == {"01", "04"}
    policy = policies_in_force(dealership.desk).policies[0]
    assert beat(dealership.desk, policy, dealership.streams()[OEM, "01"])
    assert [(step.kind, step.outcome) for step in dealership.deliver()] == [("heartbeat", "settled")]
    assert {one.store for one in holdings.silent(house)} == {"04"}
    assert verify_all(house).ok
    with dealership.desk.state.reading() as tx:
        assert check_house(tx, dealership.desk.atrest) == ()


def test_what_is_destroyed_is_in_the_audit_record(dealership: World) -> None:
    dealership.deliver()
    settled = [e["facts"] for e in dealership.audit() if e["event"] == "settled"]
    assert settled
    assert all(facts["destroyed"] > 0 for facts in settled)  # type: ignore[index]
    with dealership.desk.state.reading() as tx:
        assert tx.row("select count(*) from batches where content is not null or body_key is not null") == (0,)
