"""A new epoch starts only under a decision that enough officers of the enrolled roll signed for this very stream."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import jws
from agent.core.decision import DECISION_TYP, ask, payload_of
from agent.core.manifest import ResetClaim
from agent.core.officer import make_officer
from agent.core.roll import ROLL_TYP, Roll, add_signature, genesis, read_roll, read_waiting
from agent.receiver.enroll import make_token
from agent.receiver.serve import Running
from agent.receiver.verify import verify_all
from tests.receiver.fake_dealer import Dealer, problem_of, upsert

KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
TODAY = dt.datetime.now(dt.UTC)


def made_roll(keys: list[ec.EllipticCurvePrivateKey]) -> Roll:
    people = [make_officer(f"Officer {i}", jws.public_jwk(key.public_key())) for i, key in enumerate(keys)]
    data = genesis(people, 2, single_officer=False, made_at=TODAY)
    for key in keys:
        waiting = read_waiting(data)[1]
        assert waiting is not None
        data = add_signature(data, jws.sign(key, ROLL_TYP, waiting.payload))
    return read_roll(data, None)


ROLL = made_roll(KEYS[:2])


def statements(stream_id: str, epoch: int, roll: Roll = ROLL, signers: int = 2, keys: Any = None) -> list[str]:
    question = ask(
        "reset",
        {"stream_id": stream_id, "epoch": str(epoch)},
        "The server was restored from a backup that is a week old",
        expires_on=(TODAY + dt.timedelta(days=7)).date(),
        roll=roll,
    )
    roles = ("author", "approver")
    return [
        jws.sign(key, DECISION_TYP, payload_of(question, role, TODAY))  # type: ignore[arg-type]
        for key, role in list(zip(keys or KEYS, roles, strict=False))[:signers]
    ]


@pytest.fixture
def dealer(receiver: Running, new_dealer: Callable[..., Dealer]) -> Dealer:
    made = Dealer(receiver.url, receiver.ca_file, stream_id=f"reset-{new_dealer().stream_id}")
    token = make_token(receiver.house, made.dealer_code)
    assert made.enroll(token, ROLL.data, ROLL.sha256).status_code == 201
    made.post(upsert(1))
    return made


def reset(dealer: Dealer, signed: list[str], **over: Any) -> str:
    known = {"epoch": dealer.epoch + 1, "seq": 1, "reset": ResetClaim(statements=signed)} | over
    response = dealer.send(dealer.sealed(b"", "reset", **known))
    return "taken" if response.status_code == 201 else problem_of(response)


def test_a_reset_that_officers_signed_starts_the_next_epoch(dealer: Dealer, receiver: Running) -> None:
    old = dealer.sealed(upsert(2))
    signed = statements(dealer.stream_id, 2)
    dealer.post(b"", "reset", epoch=2, seq=1, prev=None, reset=ResetClaim(statements=signed))
    assert (dealer.head().epoch, dealer.head().seq) == (2, 1)
    assert problem_of(dealer.send(old)) == "seq_settled"
    dealer.post(upsert(2))
    assert [p for p in verify_all(receiver.house).problems if dealer.stream_id in p] == []


@pytest.mark.parametrize(
    "forged",
    [
        lambda stream: [],
        lambda stream: ["a.b.c"],
        lambda stream: statements(stream, 2, signers=1),
        lambda stream: statements(stream, 2, signers=1) * 2,
        lambda stream: statements(stream, 3),
        lambda stream: statements("another-stream", 2),
        lambda stream: statements(stream, 2, keys=[KEYS[0], KEYS[2]]),
        lambda stream: statements(stream, 2, roll=made_roll(KEYS[1:])),
        lambda stream: statements(stream, 2, roll=made_roll(KEYS[1:]), keys=KEYS[1:]),
    ],
    ids=range(9),
)
def test_nobody_else_can_start_one(dealer: Dealer, forged: Callable[[str], list[str]]) -> None:
    assert reset(dealer, forged(dealer.stream_id)) == "bad_signature"
    assert reset(dealer, statements(dealer.stream_id, 2)) == "taken"


def test_a_reset_opens_the_epoch_the_officers_named_at_its_first_seq(dealer: Dealer) -> None:
    assert reset(dealer, statements(dealer.stream_id, 2), epoch=3) == "bad_signature"
    assert reset(dealer, statements(dealer.stream_id, 2), seq=2) == "gap"
    assert reset(dealer, statements(dealer.stream_id, 1), epoch=1, seq=2) == "unsupported"
    assert reset(dealer, statements(dealer.stream_id, 2), prev="sha256:" + "0" * 64) == "fork"


def test_a_reset_does_not_forget_the_highest_policy(dealer: Dealer) -> None:
    assert reset(dealer, statements(dealer.stream_id, 2), roll_version=1) == "policy_rollback"


def test_without_an_enrolled_roll_nobody_can_be_checked_so_nothing_is_reset(
    new_dealer: Callable[..., Dealer],
) -> None:
    plain = new_dealer()
    plain.post(upsert(1))
    assert reset(plain, statements(plain.stream_id, 2)) == "bad_signature"


def test_a_roll_that_is_not_the_one_named_is_not_enrolled(receiver: Running) -> None:
    stranger = Dealer(receiver.url, receiver.ca_file)
    token = make_token(receiver.house, stranger.dealer_code)
    assert problem_of(stranger.enroll(token, ROLL.data)) == "bad_signature"
    assert problem_of(stranger.enroll(token, ROLL.data[:-9], ROLL.sha256)) == "bad_signature"
    assert stranger.enroll(token, ROLL.data, ROLL.sha256).status_code == 201
