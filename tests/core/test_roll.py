"""Who may approve is itself approved: the attacks on the officer roll, each with its innocent half."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.officer import Officer, clean_name, make_officer, officer_file, read_officer, same_person
from agent.core.roll import (
    ROLL_TYP,
    add_signature,
    genesis,
    read_roll,
    read_rolls,
    read_waiting,
    successor,
)
from agent.errors import PolicyError
from tests.officers import ALEX, DANA, KIM, LEE, NOW, next_roll, person, roll_of, sign_roll, unsigned_genesis


def refused(code: str, exit_status: int = 1) -> pytest.RaisesExc[PolicyError]:
    return pytest.raises(PolicyError, check=lambda e: (e.code, e.exit_status) == (code, exit_status))


def edited(data: bytes, edit) -> bytes:
    file = json.loads(data)
    edit(file["statements"][-1])
    return json.dumps(file).encode()


def test_genesis_counts_when_every_member_signed() -> None:
    data = sign_roll(unsigned_genesis(DANA, LEE, KIM), DANA, KIM)
    with refused("R002", 3) as missing:
        read_roll(data, None)
    assert "2 of 3 signatures" in missing.value.what
    assert "Lee Example" in missing.value.what
    roll = read_roll(sign_roll(data, LEE), None)
    assert (roll.version, roll.threshold, roll.single_officer, roll.prev_sha256) == (1, 2, False, None)
    assert [o.name for o in roll.officers] == ["Dana Example", "Lee Example", "Kim Example"]


def test_digest_is_over_the_exact_bytes_everybody_signed() -> None:
    data = unsigned_genesis(DANA, LEE)
    _, waiting = read_waiting(data)
    assert waiting is not None
    once, again = sign_roll(data, DANA, LEE), sign_roll(data, LEE, DANA)
    assert read_roll(once, None).sha256 == read_roll(again, None).sha256 == waiting.sha256
    claims = json.loads(once)["statements"][0]["roll"]
    naive = json.dumps(claims, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert waiting.payload == naive


def test_one_officer_alone_must_be_said_aloud() -> None:
    with refused("R001"):
        genesis([DANA.officer], 1, single_officer=False, made_at=NOW)
    assert roll_of(DANA).single_officer


def test_two_officers_cannot_hide_behind_single_officer() -> None:
    for threshold in (1, 2):
        with refused("R001"):
            genesis([DANA.officer, LEE.officer], threshold, single_officer=True, made_at=NOW)


@pytest.mark.parametrize(("members", "threshold"), [(2, 1), (3, 1), (3, 3), (2, 3), (1, 2), (1, 0), (4, 4), (0, 1)])
def test_threshold_that_is_too_low_or_cannot_be_reached_is_refused(members: int, threshold: int) -> None:
    people = [DANA, LEE, KIM, ALEX][:members]
    with refused("R001"):
        genesis([p.officer for p in people], threshold, single_officer=members == 1, made_at=NOW)


@pytest.mark.parametrize(("members", "threshold"), [(1, 1), (2, 2), (3, 2), (4, 2), (4, 3)])
def test_threshold_that_can_be_reached_is_accepted(members: int, threshold: int) -> None:
    assert roll_of(*[DANA, LEE, KIM, ALEX][:members], threshold=threshold).threshold == threshold


def test_one_person_cannot_stand_in_the_roll_twice() -> None:
    twin = person("dana EXAMPLE")
    for pair in ([DANA.officer, DANA.officer], [DANA.officer, twin.officer]):
        with refused("R001"):
            genesis(pair, 2, single_officer=False, made_at=NOW)


def test_signing_twice_counts_once() -> None:
    data = sign_roll(unsigned_genesis(DANA, LEE), DANA)
    _, waiting = read_waiting(data)
    assert waiting is not None
    with refused("R007"):
        add_signature(data, DANA.signer.sign(ROLL_TYP, waiting.payload))
    twice = edited(data, lambda s: s["signatures"].append(DANA.signer.sign(ROLL_TYP, waiting.payload)))
    with refused("R002", 3):
        read_roll(twice, None)


def test_officer_added_by_it_changes_what_was_signed() -> None:
    mallory = person("Mallory Example")
    roll = roll_of(DANA, LEE)

    def add(statement: dict) -> None:
        o = mallory.officer
        statement["roll"]["officers"].append({"name": o.name, "kid": o.kid, "jwk": dict(o.jwk)})

    with refused("R002", 3) as missing:
        read_roll(edited(roll.data, add), None)
    assert "0 of 3" in missing.value.what
    assert read_roll(edited(roll.data, lambda s: None), None).sha256 == roll.sha256


@pytest.mark.parametrize("change", [{"threshold": 3}, {"made_at": "2026-11-23T00:00:00Z"}])
def test_edited_roll_loses_its_signatures(change: dict) -> None:
    roll = roll_of(DANA, LEE, KIM, ALEX)
    with refused("R002", 3):
        read_roll(edited(roll.data, lambda s: s["roll"].update(change)), None)


def test_threshold_lowered_to_one_is_refused_whoever_signs() -> None:
    _, waiting = read_waiting(unsigned_genesis(DANA, LEE))
    assert waiting is not None
    data = edited(unsigned_genesis(DANA, LEE), lambda s: s["roll"].update(threshold=1))
    with refused("R001"):
        read_roll(data, None)


def test_key_put_under_another_persons_name_is_refused() -> None:
    mallory = person("Mallory Example")

    def swap(statement: dict) -> None:
        statement["roll"]["officers"][0]["jwk"] = dict(mallory.officer.jwk)

    with refused("R001"):
        read_roll(edited(roll_of(DANA, LEE).data, swap), None)


def test_later_roll_needs_the_threshold_of_the_roll_before() -> None:
    first = roll_of(DANA, LEE, KIM)
    data = successor(first.data, [p.officer for p in (DANA, LEE, KIM, ALEX)], 2, single_officer=False, made_at=NOW)
    with refused("R002", 3):
        read_roll(sign_roll(data, LEE), first)
    second = read_roll(sign_roll(data, LEE, KIM), first)
    assert (second.version, second.prev_sha256) == (2, first.sha256)
    assert [r.version for r in read_rolls(second.data)] == [1, 2]


def test_new_member_cannot_vote_herself_in() -> None:
    first = roll_of(DANA, LEE, KIM)
    data = successor(first.data, [p.officer for p in (DANA, LEE, ALEX)], 2, single_officer=False, made_at=NOW)
    data = sign_roll(data, DANA)
    _, waiting = read_waiting(data)
    assert waiting is not None
    with refused("R006"):
        add_signature(data, ALEX.signer.sign(ROLL_TYP, waiting.payload))
    assert read_roll(sign_roll(data, LEE), first).officer(ALEX.officer.kid) is not None


def test_removed_officer_cannot_sign_the_next_roll() -> None:
    first = roll_of(DANA, LEE, KIM)
    second = next_roll(first, DANA, LEE, signed_by=(DANA, LEE))
    data = successor(second.data, [DANA.officer, LEE.officer, KIM.officer], 2, single_officer=False, made_at=NOW)
    _, waiting = read_waiting(sign_roll(data, DANA))
    assert waiting is not None
    assert [o.name for o in waiting.may_sign] == ["Dana Example", "Lee Example"]
    with refused("R006"):
        add_signature(sign_roll(data, DANA), KIM.signer.sign(ROLL_TYP, waiting.payload))


def test_older_roll_is_not_replayed() -> None:
    first = roll_of(DANA, LEE, KIM)
    second = next_roll(first, DANA, LEE, signed_by=(DANA, LEE))
    with refused("R003"):
        read_roll(first.data, second)
    assert read_roll(second.data, second).sha256 == second.sha256
    assert read_roll(second.data, first).sha256 == second.sha256


def test_another_dealers_roll_is_not_a_successor() -> None:
    ours, theirs = roll_of(DANA, LEE), roll_of(KIM, ALEX)
    for other in (theirs, next_roll(theirs, KIM, ALEX, signed_by=(KIM, ALEX))):
        with refused("R004"):
            read_roll(other.data, ours)


def test_forked_history_is_refused() -> None:
    first = roll_of(DANA, LEE, KIM)
    second = next_roll(first, DANA, LEE, signed_by=(DANA, LEE))
    fork = next_roll(first, DANA, KIM, signed_by=(DANA, KIM))
    with refused("R004"):
        read_roll(next_roll(fork, DANA, KIM, LEE, signed_by=(DANA, KIM)).data, second)


def test_history_with_a_roll_left_out_is_refused() -> None:
    first = roll_of(DANA, LEE, KIM)
    third = next_roll(next_roll(first, DANA, LEE, signed_by=(DANA, LEE)), DANA, LEE, ALEX, signed_by=(DANA, LEE))
    file = json.loads(third.data)
    del file["statements"][1]
    with refused("R004"):
        read_roll(json.dumps(file).encode(), first)


def test_signature_of_another_kind_over_the_same_bytes_does_not_count() -> None:
    data = sign_roll(unsigned_genesis(DANA, LEE), DANA)
    _, waiting = read_waiting(data)
    assert waiting is not None
    with refused("R006"):
        add_signature(data, LEE.signer.sign("fieldgate-approval+jws", waiting.payload))


def test_nothing_is_added_to_a_complete_roll() -> None:
    with refused("R005"):
        add_signature(roll_of(DANA, LEE).data, "a.b.c")


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"\xff", b'{"fieldgate":"officer-roll","statements":[]}', b"x" * 2_000_000,
     b'{"fieldgate":"approval","statements":[]}', b'{"fieldgate":"officer-roll","statements":[{}]}'],
)  # fmt: skip
def test_what_is_no_roll_is_refused_in_a_sentence(data: bytes) -> None:
    with refused("R008"):
        read_roll(data, None)


def test_unknown_keys_and_other_specs_are_refused() -> None:
    roll = roll_of(DANA, LEE)
    for change in ({"extra": 1}, {"spec": 2}, {"kind": "approval"}, {"made_at": "2026-11-22T00:00:00"}):
        with refused("R008"):
            read_roll(edited(roll.data, lambda s, c=change: s["roll"].update(c)), None)


_WHOLE = roll_of(DANA, LEE)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(_WHOLE.data) - 1), st.integers(1, 255))
def test_a_changed_byte_never_makes_another_roll(at: int, flip: int) -> None:
    changed = bytearray(_WHOLE.data)
    changed[at] ^= flip
    try:
        roll = read_roll(bytes(changed), None)
    except PolicyError:
        return
    assert (roll.sha256, roll.officers) == (_WHOLE.sha256, _WHOLE.officers)


# The officer's own public file


def test_public_file_carries_name_and_key_together() -> None:
    data = officer_file(DANA.name, DANA.officer.jwk, DANA.signer.sign)
    assert read_officer(data) == DANA.officer


@pytest.mark.parametrize("member", ["name", "kid", "jwk", "proof", "fieldgate"])
def test_public_file_changed_on_the_way_is_refused(member: str) -> None:
    mine = json.loads(officer_file(DANA.name, DANA.officer.jwk, DANA.signer.sign))
    other = json.loads(officer_file(LEE.name, LEE.officer.jwk, LEE.signer.sign))
    mine[member] = "roll" if member == "fieldgate" else other[member]
    with refused("R010"):
        read_officer(json.dumps(mine).encode())


@pytest.mark.parametrize("name", ["", " ", "a" * 81, "Dana\u202eExample", "Dana\nExample", " Dana Example"])
def test_name_that_would_not_show_as_it_is_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        make_officer(name, DANA.officer.jwk)


def test_private_key_never_gets_into_an_officer() -> None:
    with pytest.raises(ValueError, match="public EC P-256"):
        make_officer("Dana Example", {**DANA.officer.jwk, "d": "AAAA"})


@given(st.text(max_size=60))
def test_clean_names_are_stable_and_compare_by_person(name: str) -> None:
    clean = clean_name(name)
    assert clean_name(clean) == clean
    assert same_person(name) == same_person(f"  {name} ")


def test_officer_is_a_plain_value() -> None:
    assert msgspec.json.decode(msgspec.json.encode(DANA.officer), type=Officer) == DANA.officer


def test_two_of_three_cannot_vote_the_others_away_to_one() -> None:
    first = roll_of(DANA, LEE, KIM)
    with refused("R001"):
        successor(first.data, [DANA.officer], 1, single_officer=True, made_at=NOW)
    alone = roll_of(DANA)
    pair = next_roll(alone, DANA, LEE, signed_by=(DANA,))
    assert (pair.single_officer, pair.threshold) == (False, 2)
    with refused("R001"):
        successor(pair.data, [DANA.officer], 1, single_officer=True, made_at=NOW)


def test_a_fork_cannot_be_slipped_in_under_a_later_roll() -> None:
    first = roll_of(DANA, LEE, KIM)
    second = next_roll(first, DANA, LEE, ALEX, signed_by=(DANA, LEE))
    third = next_roll(second, DANA, LEE, KIM, ALEX, signed_by=(DANA, LEE))
    fork = next_roll(first, DANA, LEE, signed_by=(DANA, LEE))
    file = json.loads(third.data)
    whole = json.dumps(file).encode()
    file["statements"][1] = json.loads(fork.data)["statements"][1]
    with refused("R004"):
        read_roll(json.dumps(file).encode(), None)
    assert read_roll(whole, None).version == 3


@pytest.mark.parametrize("version", [1, 3])
def test_a_version_cannot_be_left_out_or_used_twice_even_when_signed(version: int) -> None:
    first = roll_of(DANA, LEE, KIM)
    data = successor(first.data, [DANA.officer, LEE.officer], 2, single_officer=False, made_at=NOW)
    file = json.loads(data)
    claims = file["statements"][1]["roll"]
    claims["version"] = version
    payload = json.dumps(claims, sort_keys=True, separators=(",", ":")).encode()
    file["statements"][1]["signatures"] = [p.signer.sign(ROLL_TYP, payload) for p in (DANA, LEE)]
    with refused("R004"):
        read_roll(json.dumps(file).encode(), first)
    claims["version"] = 2
    payload = json.dumps(claims, sort_keys=True, separators=(",", ":")).encode()
    file["statements"][1]["signatures"] = [p.signer.sign(ROLL_TYP, payload) for p in (DANA, LEE)]
    assert read_roll(json.dumps(file).encode(), first).version == 2
