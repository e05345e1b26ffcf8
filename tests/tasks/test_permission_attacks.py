"""Nobody widens what leaves without the officers: each attack on the server's side, with its innocent half."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import config
from agent.core.policy.reader import Draft, read_policy
from agent.errors import ConfigError, FieldgateError, PolicyError, SealError
from agent.state import evidence
from agent.tasks import permission, policy_watch
from tests.officers import (
    ALEX,
    DANA,
    KIM,
    LEE,
    NOW,
    draft,
    next_roll,
    person,
    policy_bytes,
    roll_of,
    sign_roll,
    signed,
    unsigned_genesis,
)
from tests.tasks.server import AGENT, Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.desk.state.close()


def refused(code: str, exit_status: int = 3, *words: str) -> pytest.RaisesExc[FieldgateError]:
    def told(error: FieldgateError) -> bool:
        return (error.code, error.exit_status) == (code, exit_status) and all(word in error.what for word in words)

    return pytest.raises(FieldgateError, check=told)


def nothing_in_force(server: Server) -> bool:
    with pytest.raises(PolicyError, check=lambda e: e.code == "A020"):
        server.ruleset()
    return True


# Who approves


def test_self_approval(server: Server) -> None:
    one = draft()
    with refused("A001", 3, "1 of 2 approvals", "the author does not count", one.sha256):
        server.take(one, server.approvals(one, LEE, DANA))
    assert nothing_in_force(server)
    assert server.take(one, server.approvals(one, LEE, KIM)).approved_by == ("Lee Example", "Kim Example")


def test_one_person_twice(server: Server) -> None:
    one = draft()
    with refused("A001", 3, "1 of 2 approvals", "one person counts once"):
        server.take(one, server.approvals(one, LEE, LEE))
    assert nothing_in_force(server)
    server.take(one, server.approvals(one, LEE, LEE, KIM))
    assert server.versions() == {"customer-crm": 1}


def test_an_officer_who_left_cannot_approve_and_what_she_approved_stands(server: Server) -> None:
    one = server.put_in_force()
    before = server.roll
    server.import_roll(next_roll(before, DANA, LEE, ALEX, signed_by=(DANA, LEE)).data)
    assert server.versions() == {"customer-crm": 1}  # Kim's approval stands
    two = draft(2)
    kims = [signed(two, DANA, before, "author", replaces=one), signed(two, KIM, before, replaces=one)]
    with refused("A001", 3, "1 of 2 approvals"):
        server.take(two, [*server.approvals(two, LEE, replaces=one), signed(two, KIM, server.roll, replaces=one)])
    with refused("A001", 3):
        server.take(two, [*kims, signed(two, LEE, before, replaces=one)])
    server.take(two, server.approvals(two, LEE, ALEX, replaces=one))
    assert server.versions() == {"customer-crm": 2}


def test_an_officer_added_by_it(server: Server) -> None:
    mallory = person("Mallory Example")
    with refused("R002", 3, "0 of 2 signatures"):
        server.import_roll(_successor(server, (DANA, LEE, KIM, mallory), ()))
    with refused("R002", 3, "1 of 2 signatures"):
        server.import_roll(_successor(server, (DANA, LEE, KIM, mallory), (DANA,)))
    with refused("R004", 1):
        server.import_roll(sign_roll(unsigned_genesis(mallory, LEE), mallory, LEE))
    one = draft()
    with refused("A001", 3, "1 of 2 approvals", "not known here"):
        server.take(one, [*server.approvals(one, LEE), signed(one, mallory, roll_of(mallory, LEE))])
    assert server.import_roll(next_roll(server.roll, DANA, LEE, KIM, ALEX, signed_by=(DANA, LEE)).data).version == 2


def _successor(server: Server, members: tuple, signers: tuple) -> bytes:
    from agent.core.roll import successor

    data = successor(server.roll.data, [m.officer for m in members], 2, single_officer=False, made_at=NOW)
    return sign_roll(data, *signers)


# What was approved


def test_a_file_swapped_after_approval(server: Server) -> None:
    one = draft()
    wider = policy_bytes().replace(b"keep_first: 3", b"keep_first: 5")
    with refused("A001", 3, "0 of 2 approvals"):
        server.take(one, server.approvals(one), wider)
    assert nothing_in_force(server)
    server.take(one, server.approvals(one))
    assert server.versions() == {"customer-crm": 1}


def test_the_copy_edited_after_import_names_the_digest_it_wants(server: Server) -> None:
    one = server.put_in_force()
    copy = server.config.policies / "customer-crm.yaml"
    copy.write_bytes(one.data)
    assert server.versions() == {"customer-crm": 1}
    copy.write_bytes(one.data.replace(b"keep_first: 3", b"keep_first: 5"))
    with pytest.raises(PolicyError) as told:
        server.ruleset()
    assert (told.value.code, told.value.exit_status) == ("A001", 3)
    assert one.sha256 in told.value.advice
    copy.write_bytes(policy_bytes(2).replace(b"keep_first: 3", b"keep_first: 5"))  # the next version, being drafted
    assert server.versions() == {"customer-crm": 1}


def test_an_approval_for_another_recipient(server: Server) -> None:
    one, other = draft(), draft(recipient="other-motors")
    with refused("A001", 3, "0 of 2 approvals"):
        server.take(other, server.approvals(one))
    assert nothing_in_force(server)
    server.take(other, server.approvals(other))
    assert [p.recipient for p in server.ruleset().policies] == ["other-motors"]


def test_an_older_approval_replayed(server: Server) -> None:
    one = server.put_in_force()
    two = draft(2)
    with refused("A001", 3, "another policy than the one in force"):
        server.take(two, server.approvals(two))  # made when nothing was in force yet
    with refused("A001", 3):
        server.take(two, server.approvals(one))
    server.take(two, server.approvals(two, replaces=one))
    assert server.versions() == {"customer-crm": 2}


def test_an_approval_under_an_older_roll_replayed(server: Server) -> None:
    one = draft()
    old = server.approvals(one)
    first = server.roll
    server.import_roll(next_roll(first, DANA, LEE, KIM, ALEX, signed_by=(DANA, LEE)).data)
    with refused("A001", 3, "another version of the officer roll"):
        server.take(one, old)
    with refused("R003", 1, "older than version 2"):
        server.import_roll(first.data)
    server.take(one, server.approvals(one))
    assert server.versions() == {"customer-crm": 1}


def test_an_older_roll_replayed(server: Server) -> None:
    """The innocent half imports the next roll; the attack brings back the one with the officer who left."""
    old = server.roll.data
    newer = next_roll(server.roll, DANA, LEE, ALEX, signed_by=(DANA, LEE))
    assert server.import_roll(newer.data).version == 2
    with pytest.raises(PolicyError, check=lambda e: (e.code, e.exit_status) == ("R003", 1)):
        server.import_roll(old)
    with server.reading() as tx:
        assert [facts["version"] for facts in evidence.said(tx, "roll_imported")] == [1, 2]


def test_version_3_after_version_4(server: Server) -> None:
    three = server.put_in_force(3)
    four = server.put_in_force(4, three)
    with refused("A002", 3, "version 3 cannot take the place"):
        server.take(three, server.approvals(three, replaces=four))
    with refused("A002", 3):
        server.take(four, server.approvals(four))
    assert server.versions() == {"customer-crm": 4}
    server.put_in_force(5, four)
    assert server.versions() == {"customer-crm": 5}


def test_a_revoked_policy_comes_back_only_with_a_higher_approved_version(server: Server) -> None:
    one = server.put_in_force()
    policy_watch.revoke(server.desk, "customer-crm", "the contract is in doubt")
    assert nothing_in_force(server)
    with refused("A002", 3):
        server.take(one, server.approvals(one))
    server.put_in_force(2, one)
    assert server.versions() == {"customer-crm": 2}


# The machine


@pytest.mark.parametrize(
    "line", ["threshold: 1", "officers: {threshold: 1}", "approvals: {needed: 0}", "policies: {single_officer: true}"]
)
def test_a_threshold_written_into_agent_yaml_is_an_unknown_key(tmp_path: Path, line: str) -> None:
    (tmp_path / "agent.yaml").write_text(AGENT + line + "\n", "utf-8")
    with pytest.raises(ConfigError):
        config.load(tmp_path / "agent.yaml")
    (tmp_path / "agent.yaml").write_text(AGENT, "utf-8")
    assert config.load(tmp_path / "agent.yaml").stores


def test_a_roll_edited_in_the_state_file(server: Server) -> None:
    server.put_in_force()
    good = server.roll.data
    for was, becomes in (("Kim Example", "Kim Example2"), ('"threshold": 2', '"threshold": 1')):
        assert was in good.decode()
        server.tamper("update rolls set data = ?", good.decode().replace(was, becomes).encode())
        with pytest.raises(FieldgateError):
            server.ruleset()
    server.tamper("update rolls set data = ?", good)
    assert server.versions() == {"customer-crm": 1}


def test_another_roll_put_into_the_state_file_with_policies_of_its_own(server: Server) -> None:
    """Valid in itself, signed by people nobody here ever heard of."""
    server.put_in_force()
    mallory, trudy = person("Mallory Example"), person("Trudy Example")
    theirs = roll_of(mallory, trudy)
    mine = draft(9)
    signatures = [signed(mine, mallory, theirs, "author"), signed(mine, trudy, theirs)]
    server.tamper("update rolls set data = ?, sha256 = ?", theirs.data, theirs.sha256)
    server.tamper(
        "update policies set data = ?, sha256 = ?, signatures = ?, version = 9, replaces_version = null",
        mine.data, mine.sha256, json.dumps(signatures),
    )  # fmt: skip
    with pytest.raises(SealError, check=lambda e: e.code == "FG-K30"):
        server.ruleset()


def test_an_approved_policy_that_was_never_imported_put_into_the_state_file(server: Server) -> None:
    """The officers signed version 2 and then thought better of it: it was never imported."""
    one = server.put_in_force()
    two = draft(2)
    signatures = server.approvals(two, replaces=one)
    change = "data = ?, sha256 = ?, signatures = ?, version = 2, replaces_version = 1, replaces_sha256 = ?"
    server.tamper(f"update policies set {change}", two.data, two.sha256, json.dumps(signatures), one.sha256)
    with refused("FG-K30", 1, "not the one that was imported last"):
        server.ruleset()


def test_an_older_version_brought_back_in_the_state_file(server: Server) -> None:
    three = server.put_in_force(3)
    server.put_in_force(4, three)
    server.tamper("update policies set ended_at = '2026-11-22T09:14:31Z', ended_why = '' where version = 4")
    server.tamper("update policies set ended_at = null where version = 3")
    with refused("FG-K30", 1, "not the one that was imported last"):
        server.ruleset()
    server.tamper("update policies set ended_at = '2026-11-22T09:14:31Z' where version = 3")
    server.tamper("update policies set ended_at = null where version = 4")
    assert server.versions() == {"customer-crm": 4}


def test_a_revocation_taken_back_in_the_state_file(server: Server) -> None:
    server.put_in_force()
    server.put_in_force(name="service-crm")
    policy_watch.revoke(server.desk, "customer-crm", "asked by the owner")
    assert server.versions() == {"service-crm": 1}
    server.tamper("update policies set ended_at = null, ended_why = null where name = 'customer-crm'")
    with refused("FG-K30", 1, "was ended"):
        server.ruleset()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("signatures", "[]"),
        ("sha256", "sha256:" + "0" * 64),
        ("data", policy_bytes().replace(b"keep_first: 3", b"keep_first: 5")),
        ("roll_version", 99),
        ("roll_version", 0),
        ("replaces_version", 0),
        ("version", 2),
    ],
)
def test_any_other_column_of_a_policy_changed(server: Server, column: str, value: object) -> None:
    server.put_in_force()
    server.tamper(f"update policies set {column} = ?", value)
    with pytest.raises(FieldgateError):
        server.ruleset()


def test_a_column_of_our_memory_that_decides_nothing_may_be_wrong(server: Server) -> None:
    server.put_in_force()
    server.tamper("update policies set imported_at = 'once'")
    assert server.versions() == {"customer-crm": 1}


def test_a_clock_set_back_does_not_bring_an_ended_policy_back(server: Server) -> None:
    server.put_in_force()
    server.at = dt.datetime(2027, 6, 29, 12, tzinfo=dt.UTC)
    assert server.versions() == {"customer-crm": 1}
    server.at = dt.datetime(2027, 6, 30, 0, 1, tzinfo=dt.UTC)
    with refused("A003", 3, "ended on 2027-06-30"):
        server.ruleset()
    with server.desk.state.transaction() as tx:
        evidence.append(tx, "paused", server.at, "test", recipient="*")  # whatever happens leaves its day behind
    server.at = NOW
    with refused("A003", 3, "ended on 2027-06-30"):
        server.ruleset()


def test_a_policy_cannot_be_imported_by_setting_the_clock_back(server: Server) -> None:
    one = draft()
    approvals = server.approvals(one)
    with server.desk.state.transaction() as tx:
        evidence.append(tx, "paused", dt.datetime(2027, 7, 1, tzinfo=dt.UTC), "test", recipient="*")
    with pytest.raises(PolicyError):
        server.take(one, approvals)


def test_an_approval_from_tomorrow_does_not_count(server: Server) -> None:
    one = draft()
    later = NOW + dt.timedelta(days=3)
    with refused("A001", 3, "still to come"):
        server.take(one, server.approvals(one, at=later))
    server.at = later
    server.take(one, server.approvals(one, at=later))
    assert server.versions() == {"customer-crm": 1}


# One policy's end is its own


def test_one_ended_policy_does_not_stop_the_others(server: Server) -> None:
    server.put_in_force()
    longer = draft(name="service-crm")
    server.take(longer, server.approvals(longer, expires_on=dt.date(2026, 12, 24)))
    assert server.versions() == {"customer-crm": 1, "service-crm": 1}
    server.at = dt.datetime(2026, 12, 25, tzinfo=dt.UTC)
    assert server.versions() == {"customer-crm": 1}


def test_an_edited_policy_stops_all_because_nobody_can_say_what_else_was_edited(server: Server) -> None:
    one = server.put_in_force()
    server.put_in_force(name="service-crm")
    (server.config.policies / "customer-crm.yaml").write_bytes(one.data + b"# one more line\n")
    with refused("A001", 3):
        server.ruleset()
    assert permission.sources_of  # what is in force is asked anew at each run


def test_a_policy_that_contradicts_one_in_force_is_not_imported(server: Server) -> None:
    """The innocent half reads the codes alike; the other says that a no is a yes."""
    server.put_in_force()
    alike = policy_bytes(name="service-crm")
    opposite = alike.replace(
        b'email: {column: BLOCK_EMAIL, refused: ["Y"], not_refused: ["N"]',
        b'email: {column: BLOCK_EMAIL, refused: ["N"], not_refused: ["Y"]',
    )
    for text, ends in ((opposite, "P052"), (alike, "")):
        of = read_policy(text, "service-crm.yaml")
        assert isinstance(of, Draft)
        signatures = server.approvals(of)
        if ends:
            with pytest.raises(PolicyError, check=lambda e: (e.code, e.exit_status) == ("P052", 1)):
                server.take(of, signatures, text)
        else:
            server.take(of, signatures, text)
    assert server.versions() == {"customer-crm": 1, "service-crm": 1}
