"""The officer's way with files that travel: nobody signs what would not count, and the server believes no file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from agent.core.approval import Predecessor
from agent.core.decision import ask
from agent.errors import PolicyError
from agent.tasks import decision_life, policy_life
from agent.tasks.policy_life import Pen, load_for_import, load_replaced, read_draft
from tests.officers import (
    ALEX,
    DANA,
    KIM,
    LEE,
    NOW,
    TODAY,
    UNTIL,
    Person,
    next_roll,
    policy_bytes,
    roll_of,
)

ROLL = roll_of(DANA, LEE, KIM)


def pen(who: Person, roll=ROLL, days: int = 0) -> Pen:
    return Pen(who.signer, roll, NOW + dt.timedelta(days=days))


def refused(code: str, exit_status: int) -> pytest.RaisesExc[PolicyError]:
    return pytest.raises(PolicyError, check=lambda e: (e.code, e.exit_status) == (code, exit_status))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "customer-crm.yaml"
    path.write_bytes(policy_bytes())
    return path


def submit(file: Path, who: Person = DANA, replaces: Predecessor | None = None, roll=ROLL, until=None):
    draft = read_draft(file, today=TODAY)
    path = policy_life.approval_path(file, draft)
    return policy_life.submit(draft, path, pen(who, roll), replaces=replaces, until=until)


def approve(file: Path, who: Person, roll=ROLL, days: int = 0):
    draft = read_draft(file, today=TODAY)
    return policy_life.approve(draft, policy_life.approval_path(file, draft), pen(who, roll, days))


def imported(file: Path, roll=ROLL, in_force=ROLL, replaces=None, today=TODAY):
    return load_for_import(file, None, roll.data, roll_in_force=in_force, replaces=replaces, today=today)


def test_from_author_to_server(file: Path) -> None:
    first = submit(file)
    assert first.approval_path.name == "customer-crm.v1.approval.json"
    assert (first.approved_by, first.needed, first.submitted_by) == ((), 2, "Dana Example")
    assert first.expires_on == UNTIL  # the contract's last day
    assert approve(file, LEE).approved_by == ("Lee Example",)
    with refused("A001", 3) as missing:
        imported(file)
    assert "1 of 2 approvals" in missing.value.what
    assert first.sha256 in missing.value.what
    assert approve(file, KIM).complete
    got = imported(file, in_force=None)
    assert got.approved.approved_by == ("Lee Example", "Kim Example")
    assert got.approved.draft.data == file.read_bytes()
    assert got.approval_data == first.approval_path.read_bytes()
    assert (len(got.signatures), got.roll.sha256) == (3, ROLL.sha256)


def test_edited_after_approval_wants_its_own_digest(file: Path) -> None:
    submit(file)
    approve(file, LEE)
    approve(file, KIM)
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"text 60", b"text 61"))
    with refused("A001", 3) as missing:
        imported(file)
    assert "0 of 2 approvals" in missing.value.what
    assert read_draft(file, today=TODAY).sha256 in missing.value.what
    file.write_bytes(whole)
    assert imported(file).approved.draft.version == 1


def test_without_an_approval_file_nothing_is_approved(file: Path) -> None:
    with refused("A001", 3):
        imported(file)
    with refused("A001", 3):
        approve(file, LEE)
    assert [p.name for p in file.parent.iterdir()] == ["customer-crm.yaml"]


def test_a_policy_with_problems_is_neither_submitted_nor_approved_nor_imported(file: Path) -> None:
    submit(file)
    for bad in (b"policy: [", file.read_bytes().replace(b"EMAIL1", b"SSN"), b"x: 1\n"):
        file.write_bytes(bad)
        for step in (lambda: submit(file), lambda: approve(file, LEE), lambda: imported(file)):
            with refused("A010", 1) as found:
                step()
            assert "the first in line" in found.value.what


def test_nobody_signs_what_would_not_count(file: Path) -> None:
    with refused("A013", 3):
        submit(file, ALEX)
    submit(file)
    before = (file.parent / "customer-crm.v1.approval.json").read_bytes()
    with refused("A013", 3):
        approve(file, ALEX)
    with refused("A012", 3) as own:
        approve(file, DANA)
    assert "the author does not count" in own.value.what
    assert (file.parent / "customer-crm.v1.approval.json").read_bytes() == before
    approve(file, LEE)
    with refused("A012", 3) as twice:
        approve(file, LEE)
    assert "one person counts once" in twice.value.what
    assert approve(file, KIM).complete


def test_a_second_submission_does_not_throw_approvals_away(file: Path) -> None:
    submit(file)
    assert submit(file).approved_by == ()  # nobody has approved: she may begin again
    with refused("A011", 1):
        submit(file, LEE)
    approve(file, LEE)
    for who in (DANA, KIM):
        with refused("A011", 1):
            submit(file, who)
    assert approve(file, KIM).complete


def test_a_submission_of_older_bytes_is_replaced(file: Path) -> None:
    submit(file)
    approve(file, LEE)
    file.write_bytes(policy_bytes().replace(b"text 60", b"text 61"))
    assert submit(file, KIM).submitted_by == "Kim Example"
    assert approve(file, LEE).approved_by == ("Lee Example",)


def test_a_new_version_names_what_it_replaces(file: Path, tmp_path: Path) -> None:
    old = tmp_path / "in-force.yaml"
    old.write_bytes(policy_bytes(4))
    in_force = load_replaced(old)
    file.write_bytes(policy_bytes(5))
    submit(file, replaces=in_force)
    approve(file, LEE)
    approve(file, KIM)
    assert imported(file, replaces=in_force).approved.replaces_sha256 == in_force.sha256
    with refused("A001", 3) as other:
        imported(file, replaces=Predecessor("customer-crm", 4, "sha256:" + "0" * 64))
    assert "in place of another policy" in other.value.what


def test_version_3_is_not_put_back_after_4(file: Path) -> None:
    file.write_bytes(policy_bytes(3))
    four = Predecessor("customer-crm", 4, "sha256:" + "4" * 64)
    with refused("A002", 1):
        submit(file, replaces=four)
    submit(file)
    approve(file, LEE)
    approve(file, KIM)
    with refused("A002", 3):
        imported(file, replaces=four)
    assert imported(file).approved.draft.version == 3


def test_approvals_end_with_the_contract_or_the_day_asked_for(file: Path) -> None:
    assert submit(file, until=dt.date(2040, 1, 1)).expires_on == UNTIL
    assert submit(file, until=dt.date(2027, 1, 1)).expires_on == dt.date(2027, 1, 1)
    with refused("A015", 3):
        submit(file, until=TODAY)
    with refused("A015", 3):
        approve(file, LEE, days=60)
    assert approve(file, LEE).expires_on == dt.date(2027, 1, 1)


def test_approvals_under_the_roll_before_are_refused_and_the_new_roll_travels_along(file: Path) -> None:
    after = next_roll(ROLL, DANA, LEE, ALEX, signed_by=(DANA, LEE))
    submit(file)
    approve(file, LEE)
    approve(file, KIM)
    with refused("A001", 3):
        imported(file, roll=after)
    submit(file, roll=after)  # what the old roll approved is worth nothing under the new one
    approve(file, LEE, after)
    approve(file, ALEX, after)
    assert imported(file, roll=after).roll.version == 2
    with refused("R003", 1):
        imported(file, roll=ROLL, in_force=after)


def test_a_roll_by_somebody_else_does_not_come_in_with_a_policy(file: Path) -> None:
    theirs = roll_of(ALEX, KIM)
    submit(file, ALEX, roll=theirs)
    approve(file, KIM, theirs)
    with refused("R004", 1):
        imported(file, roll=theirs)


def test_unreadable_and_oversized_files_end_in_a_sentence(tmp_path: Path) -> None:
    with refused("A016", 1):
        read_draft(tmp_path / "nobody.yaml", today=TODAY)
    (tmp_path / "big.yaml").write_bytes(b"# x\n" * 1_000_000)
    with refused("A016", 1):
        read_draft(tmp_path / "big.yaml", today=TODAY)


# Decisions travel the same way


def test_a_reclassification_lets_a_policy_name_an_opaque_column(file: Path) -> None:
    file.write_bytes(policy_bytes().replace(b"FIRST_NAME", b"UDF7"))
    with refused("A010", 1):
        read_draft(file, today=TODAY)
    question = {"source": "dms", "table": "dbo.CUSTOMER", "column": "UDF7", "category": "name"}
    asked = ask("reclassify", question, "looked at with the DMS vendor", expires_on=UNTIL, roll=ROLL)
    path = file.with_name("udf7.decision.json")
    assert decision_life.propose(asked, path, pen(DANA)).counted == ()
    with refused("D003", 3):
        decision_life.load_standing(path, ROLL, today=TODAY)
    with refused("D007", 3):
        decision_life.sign(path, asked, pen(DANA))
    decision_life.sign(path, asked, pen(LEE))
    assert decision_life.sign(path, asked, pen(KIM)).complete
    after = next_roll(ROLL, DANA, LEE, signed_by=(DANA, LEE))
    decided = decision_life.load_standing(path, after, today=TODAY)
    from agent.core.decision import reclassified

    allowed = reclassified([decided], TODAY)
    assert allowed == {("dbo.CUSTOMER", "UDF7")}
    assert reclassified([decided], UNTIL) == frozenset()
    assert read_draft(file, today=TODAY, decisions=allowed).version == 1


def test_a_decision_is_not_overwritten_nor_signed_unseen(tmp_path: Path) -> None:
    path = tmp_path / "hold.decision.json"
    question = {"recipient": "example-motors-na", "hold": "h-17"}
    asked = ask("release", question, "the drift was explained", expires_on=TODAY + dt.timedelta(days=9), roll=ROLL)
    other = ask("release", question, "another reason", expires_on=TODAY + dt.timedelta(days=9), roll=ROLL)
    decision_life.propose(asked, path, pen(DANA))
    with refused("D005", 1):
        decision_life.propose(other, path, pen(LEE))
    with refused("D008", 1):
        decision_life.sign(path, other, pen(LEE))
    with refused("A013", 3):
        decision_life.sign(path, asked, pen(ALEX))
    assert decision_life.sign(path, asked, pen(LEE)).counted == (LEE.officer,)
