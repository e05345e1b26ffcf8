"""A token enrolls one key, once, in time, for its dealer code; the receiver keeps no token it could lose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from agent.receiver import holdings
from agent.receiver.enroll import enroll_token, make_token
from agent.receiver.serve import Running, start_in_thread
from tests.receiver.fake_dealer import Dealer, close_clients, problem_of, upsert


def stranger(receiver: Running, dealer_code: str = "EX1234") -> Dealer:
    return Dealer(receiver.url, receiver.ca_file, dealer_code=dealer_code)


def test_a_token_works_once(receiver: Running) -> None:
    token = make_token(receiver.house, "EX1234")
    first, second = stranger(receiver), stranger(receiver)
    assert first.enroll(token).status_code == 201
    assert problem_of(second.enroll(token)) == "bad_token"


def test_the_same_key_may_ask_again_because_the_answer_may_have_been_lost(receiver: Running) -> None:
    token, dealer = make_token(receiver.house, "EX1234"), stranger(receiver)
    assert dealer.enroll(token).json() == dealer.enroll(token).json()


def test_a_token_is_bound_to_its_dealer_code(receiver: Running) -> None:
    token = make_token(receiver.house, "EX1234")
    assert problem_of(stranger(receiver, "EX9999").enroll(token)) == "bad_token"
    assert stranger(receiver).enroll(token).status_code == 201


def test_a_made_up_token_is_refused(receiver: Running) -> None:
    assert problem_of(stranger(receiver).enroll("fg-" + "A" * 32)) == "bad_token"
    assert problem_of(stranger(receiver).enroll("")) == "bad_token"


def test_a_token_ends_after_fourteen_days(folder: Path) -> None:
    now = [dt.datetime(2026, 11, 22, tzinfo=dt.UTC)]
    running = start_in_thread(folder, clock=lambda: now[0])
    try:
        tokens = [make_token(running.house, "EX1234") for _ in range(2)]
        now[0] += dt.timedelta(days=13, hours=23)
        assert stranger(running).enroll(tokens[0]).status_code == 201
        now[0] += dt.timedelta(hours=1)
        assert problem_of(stranger(running).enroll(tokens[1])) == "bad_token"
    finally:
        close_clients(running.url)
        running.stop()


def test_one_key_may_speak_for_two_dealer_codes(new_dealer: Callable[..., Dealer], receiver: Running) -> None:
    north = new_dealer(dealer_code="EX1001")
    south = north.twin(dealer_code="EX1002", stream_id=north.stream_id + "-south")
    assert problem_of(south.send(south.sealed(upsert(1)))) == "wrong_stream"
    assert south.enroll(make_token(receiver.house, "EX1002")).status_code == 201
    north.post(upsert(1))
    south.post(upsert(1))


def test_a_request_signed_by_another_key_than_it_brings_is_refused(receiver: Running) -> None:
    token, dealer = make_token(receiver.house, "EX1234"), stranger(receiver)
    honest = dealer.key
    other = ec.generate_private_key(ec.SECP256R1())

    class TwoFaced(Dealer):
        def sign(self, typ: str, payload: bytes) -> str:
            self.key = other
            signed = super().sign(typ, payload)
            self.key = honest
            return signed

    thief = TwoFaced(receiver.url, receiver.ca_file, key=honest)
    assert problem_of(thief.enroll(token)) in ("bad_signature", "unknown_key")
    assert dealer.enroll(token).status_code == 201


def test_the_token_itself_is_nowhere_in_the_folder(folder: Path) -> None:
    token = enroll_token(folder, "EX1234")
    assert len(token) > 30
    secret = token.removeprefix("fg-").encode()
    for path in folder.iterdir():
        assert secret not in path.read_bytes()


def test_enrolled_keys_are_listed(dealer: Dealer, receiver: Running) -> None:
    kid = dealer.enroll(make_token(receiver.house, dealer.dealer_code)).json()["kid"]
    found = [key for key in holdings.keys(receiver.house) if key.kid == kid]
    assert [key.dealer_codes for key in found] == [("EX1234",)]
