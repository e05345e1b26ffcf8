"""Signing keys come and go; what they signed stays checkable, and nothing is lost between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.core import decision, statements
from agent.core.audit_export import verify_export
from agent.core.statements import make_receipt_rollover
from agent.errors import ConfigError, DeliveryError, PolicyError
from agent.keys.signing import Signer, load_signer
from agent.oem import Oem
from agent.receiver import own_keys
from agent.receiver.house import open_house
from agent.receiver.verify import verify_all
from agent.service import daemon
from agent.state import outbox, streams
from agent.tasks import auditing, decision_life, enroll, key_life, permission
from agent.tasks.proof import verify_batches
from tests.officers import DANA, LEE, next_roll
from tests.story.expected import differences, expected
from tests.story.world import OEM, World, world


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, limits="{page_rows: 15}", customers=12) as made:
        made.approve()
        made.enroll()
        made.run()
        yield made


def all_verify(made: World) -> None:
    with made.desk.state.reading() as tx:
        batches = outbox.batches(tx)
    assert len(batches) > 4
    assert set(verify_batches(made.desk, batches).values()) == {""}
    assert verify_all(made.oems[OEM].house).ok
    assert verify_export(auditing.export(made.desk)).problem == ""


def again(made: World, name: str) -> None:
    made.sql(f"UPDATE {made.table('CUSTOMER')} SET \"FIRST_NAME\" = '{name}'")
    made.run()
    assert differences(made.held(), expected(made, OEM)) == []


def test_rotated_the_new_key_signs_and_what_the_old_one_signed_verifies(dealership: World) -> None:
    old = dealership.desk.signer
    done = key_life.rotate(dealership.desk)
    assert (done.old_kid, done.told) == (old.kid, (OEM,))
    dealership.restart()
    assert dealership.desk.signer.kid == done.kid != old.kid
    again(dealership, "Chris")
    all_verify(dealership)
    with pytest.raises(ConfigError):
        load_signer(dealership.desk.store, "signing")  # the old private key is gone
    key_life.rotate(dealership.desk)
    dealership.restart()
    again(dealership, "Alex")
    all_verify(dealership)


def test_an_old_key_that_came_back_is_removed_by_the_next_run(dealership: World) -> None:
    """Killed between the commit and the removal, or cut off from power before it was durable: the old private key
    stands on the disk again, and the screen said that it is gone."""
    folder = dealership.config.key_folder
    before = {path: path.read_bytes() for path in folder.glob("k-*.key")}
    key_life.rotate(dealership.desk)
    gone = {path for path in before if not path.exists()}
    assert {path.name for path in gone} == {"k-signing.key", "k-checkpoint.key"}
    for path in gone:
        path.write_bytes(before[path])
        path.chmod(0o600)
    dealership.restart()
    daemon.keys_in_order(dealership.desk)  # each start of a run does
    assert not any(path.exists() for path in gone)
    assert {path for path in before if path.exists()} == before.keys() - gone
    again(dealership, "Chris")


def test_the_old_key_speaks_for_nobody_after_it_has_handed_over(dealership: World) -> None:
    stolen = dealership.desk.signer
    key_life.rotate(dealership.desk)
    dealership.restart()
    thief = Oem(enroll.endpoint(dealership.desk, OEM), stolen.sign)
    stream = next(iter(dealership.streams().values()))
    try:
        assert thief.head(stream, int(dealership.clock().timestamp()), "a" * 32).status == 403
    finally:
        thief.close()
    again(dealership, "Chris")


def test_killed_between_the_oems_yes_and_ours_the_next_call_goes_on(dealership: World) -> None:
    """The OEM has taken the statement, and the answer was lost."""
    new = key_life._next(dealership.desk, "signing")
    body = statements.make_rollover(
        OEM, (dealership.desk.signer.kid, dealership.desk.signer.sign), (dict(new.jwk), new.sign), 1
    )
    key_life._post(dealership.desk, OEM, body)
    dealership.restart()
    assert {step.outcome for step in dealership.run()} == {"waiting"}
    assert key_life.rotate(dealership.desk).kid == new.kid
    dealership.restart()
    again(dealership, "Chris")
    all_verify(dealership)


def test_a_rotation_cut_short_behind_the_oems_yes_is_ended_by_the_next_run(dealership: World) -> None:
    """The disk was full where it was to be written down: to the OEM the old key has handed over, and here it signs."""
    old, new = dealership.desk.signer, key_life._next(dealership.desk, "signing")
    body = statements.make_rollover(OEM, (old.kid, old.sign), (dict(new.jwk), new.sign), 1)
    key_life._post(dealership.desk, OEM, body)
    dealership.restart()
    assert dealership.desk.signer.kid == old.kid
    dealership.desk = daemon.keys_in_order(dealership.desk)  # each start of a run does
    assert dealership.desk.signer.kid == new.kid
    again(dealership, "Chris")
    all_verify(dealership)
    dealership.restart()
    again(dealership, "Alex")


def test_a_key_that_officers_have_ended_hands_over_to_nobody_by_itself(dealership: World) -> None:
    """The command that ends it was killed when the follower was made."""
    stream = next(iter(dealership.streams().values()))
    decided = revocation(dealership, dealership.desk.signer.kid, f"{stream}=1/2")
    permission.import_decision(dealership.desk, decided)
    key_life._next(dealership.desk, "signing")
    before = dealership.desk.signer.kid
    assert daemon.keys_in_order(dealership.desk).signer.kid == before
    with dealership.oems[OEM].house.store.reading() as db:
        assert [row["replaced_by"] for row in db.execute("SELECT * FROM keys")] == [None]
    assert key_life.revoke(dealership.desk)[1]


def test_a_rollover_that_the_new_key_does_not_sign_too_is_refused(dealership: World) -> None:
    mine, victim = dealership.desk.signer, dealership.oems[OEM].house.jwk
    body = statements.make_rollover(OEM, (mine.kid, mine.sign), (dict(victim), mine.sign), 1)
    with pytest.raises(DeliveryError, match="bad_signature"):
        key_life._post(dealership.desk, OEM, body)


def revocation(made: World, kid: str, last_good: str) -> Path:
    asked = decision.ask(
        "revoke-key", {"kid": kid, "last_good": last_good}, "The server was stolen on Sunday",
        expires_on=made.clock().date().replace(year=2027, month=1), roll=made.roll,
    )  # fmt: skip
    path = made.folder / "revoke.json"
    decision_life.propose(asked, path, made.pen(made.officers[0]))
    for person in made.officers[1:]:
        decision_life.sign(path, asked, made.pen(person))
    return path


def test_revoked_by_officers_the_key_sends_nothing_and_a_new_one_is_enrolled(dealership: World) -> None:
    with pytest.raises(PolicyError) as refused:
        key_life.revoke(dealership.desk)
    assert refused.value.code == "FG-K42", "IT alone cannot"
    kid = dealership.desk.signer.kid
    stolen = dealership.desk.signer
    stream = next(iter(dealership.streams().values()))
    permission.import_decision(dealership.desk, revocation(dealership, kid, f"{stream}=1/2"))
    key_life.revoke(dealership.desk)
    dealership.restart()
    assert dealership.desk.signer.kid != kid
    assert dealership.run() == [], "no recipient knows the new key yet"
    thief = Oem(enroll.endpoint(dealership.desk, OEM), stolen.sign)
    try:
        assert thief.head(stream, int(dealership.clock().timestamp()), "b" * 32).problem.endswith("revoked_key")
    finally:
        thief.close()
    dealership.enroll()
    again(dealership, "Chris")
    found = verify_all(dealership.oems[OEM].house)
    assert any("after the last good" in problem for problem in found.problems)


def test_the_oem_learns_of_a_newer_roll(dealership: World) -> None:
    house = dealership.oems[OEM].house
    newer = next_roll(dealership.roll, DANA, LEE, signed_by=(DANA, LEE))
    (dealership.folder / "roll2.json").write_bytes(newer.data)
    permission.import_roll(dealership.desk, dealership.folder / "roll2.json")
    assert key_life.tell_roll(dealership.desk, OEM)
    with house.store.reading() as db:
        assert [row[0] for row in db.execute("SELECT roll_sha256 FROM keys")] == [newer.sha256]
    assert not key_life.tell_roll(dealership.desk, OEM), "told once"


# The OEM's key -------------------------------------------------------------------------------------------------------


def pinned(made: World) -> set[str]:
    with made.desk.state.reading() as tx:
        known = streams.enrollment(tx, OEM)
    assert known is not None
    return set(known.jwks)


def test_the_oems_next_key_is_followed_by_the_old_ones_statement_and_old_receipts_verify(dealership: World) -> None:
    house = dealership.oems[OEM].house
    first = house.kid
    for name in ("Chris", "Alex"):
        house.rotate_key()
        again(dealership, name)
        assert house.kid in pinned(dealership)
    assert len(pinned(dealership)) == 3
    assert first in pinned(dealership), "what it signed stays checkable"
    all_verify(dealership)
    followed = [e["facts"] for e in dealership.audit() if e["event"] == "receipt_key_followed"]
    assert [one["kid"] for one in followed][-1] == house.kid
    assert open_house(house.folder).kid == house.kid, "and the receiver opens with it again"


def test_two_rotations_while_the_dealer_was_away_are_followed_at_once(dealership: World) -> None:
    house = dealership.oems[OEM].house
    house.rotate_key()
    house.rotate_key()
    again(dealership, "Chris")
    assert len(pinned(dealership)) == 3
    dealership.check_house()


def test_a_key_that_nobody_vouched_for_gives_no_receipt(
    dealership: World,
) -> None:
    """Whoever holds the OEM's server, but not its old key, shows a key of its own and states that it follows."""
    house = dealership.oems[OEM].house
    before, first = pinned(dealership), house.kid
    theirs = ec.generate_private_key(ec.SECP256R1())
    old, new = Signer(ec.generate_private_key(ec.SECP256R1())), Signer(theirs)
    forged = [
        make_receipt_rollover(OEM, (first, old.sign), (dict(new.jwk), new.sign), 1),  # by a key that is not `first`
        make_receipt_rollover(OEM, (new.kid, new.sign), (dict(new.jwk), new.sign), 1),
    ]
    with house.store.writing() as db:
        for statement in forged:
            db.execute("INSERT INTO own_keys (kid, jwk, statement) VALUES (?, '{}', ?)", (statement[-20:], statement))
    house._use(theirs)  # the thief's server
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    steps = dealership.run()
    assert {step.outcome for step in steps} == {"waiting"}
    assert pinned(dealership) == before
    house._use(own_keys.load(house.folder / own_keys.KEY_FILE))
    again(dealership, "Chris")


def test_a_rotation_of_the_oem_that_was_cut_short_is_finished_or_forgotten(dealership: World) -> None:
    house = dealership.oems[OEM].house
    folder, first = house.folder, house.kid
    stray = ec.generate_private_key(ec.SECP256R1())
    (folder / own_keys.NEXT_FILE).write_bytes(own_keys.private_pem(stray))  # killed before the commit
    house.rotate_key()
    assert not (folder / own_keys.NEXT_FILE).exists()
    second = house.kid
    with house.store.writing() as db:  # killed behind the commit: the file still has its temporary name
        own_keys.hand_over(folder, db, OEM, 1)
    reopened = open_house(folder)
    assert len({first, second, reopened.kid}) == 3
    assert reopened.find_own_key(second) is not None
    assert reopened.find_own_key(first) is not None
    reopened.close()
