"""Approved means signed by named people over these exact bytes: the attacks, each with its innocent half."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.approval import (
    APPROVAL_TYP,
    ApprovedPolicy,
    Predecessor,
    approval_file,
    approval_for,
    approve,
    count_approvals,
    payload_of,
    read_approval,
    read_approval_file,
    submission,
)
from agent.core.floor import FLOOR_SHA256
from agent.core.policy.reader import Draft, read_policy
from agent.core.quorum import Stamp
from agent.core.roll import Roll
from agent.errors import PolicyError
from tests.officers import ALEX, DANA, KIM, LEE, NOW, TODAY, UNTIL, Person, draft, next_roll, person, roll_of, signed

ROLL = roll_of(DANA, LEE, KIM)
PAIR = roll_of(DANA, LEE)
DRAFT = draft()


def whole(
    of: Draft = DRAFT, roll: Roll = ROLL, by: Sequence[Person] = (LEE, KIM), author: Person = DANA, **more: object
) -> list[str]:
    """The author's submission, and approvals."""
    return [signed(of, author, roll, "author", **more), *(signed(of, p, roll, **more) for p in by)]


def judged(signatures: Sequence[str], of: Draft = DRAFT, roll: Roll = ROLL, **more: object) -> ApprovedPolicy:
    today, replaces = more.get("today", TODAY), more.get("replaces")
    return approve(of, signatures, roll, today=today, replaces=replaces)


def short(found: int, needed: int = 2, because: str = "") -> pytest.RaisesExc[PolicyError]:
    """Refused, exit 3, in words that name what is missing, the digest wanted, and why something did not count."""

    def told(e: PolicyError) -> bool:
        words = (f"{found} of {needed} approvals", "digest wanted: sha256:", because)
        return (e.code, e.exit_status) == ("A001", 3) and all(word in e.what for word in words)

    return pytest.raises(PolicyError, check=told)


def test_two_people_other_than_the_author_make_a_policy() -> None:
    approved = judged(whole())
    assert approved.approved_by == ("Lee Example", "Kim Example")
    assert approved.submitted_by == "Dana Example"
    assert (approved.draft, approved.expires_on) == (DRAFT, UNTIL)
    assert (approved.roll_version, approved.roll_sha256, approved.single_officer) == (1, ROLL.sha256, False)
    assert (approved.floor_sha256, approved.replaces_sha256) == (FLOOR_SHA256, None)
    assert approved.approved_at == NOW


def test_text_names_what_is_missing_and_the_digest_it_wants() -> None:
    with short(0, because=DRAFT.sha256):
        judged([])
    with short(0, because="nobody has submitted"):
        judged([signed(DRAFT, LEE, ROLL), signed(DRAFT, KIM, ROLL)])
    with short(1):
        judged(whole(by=[LEE]))


def test_self_approval_does_not_count_where_there_are_others() -> None:
    with short(1, because="Dana Example: the author does not count"):
        judged([*whole(by=[LEE]), signed(DRAFT, DANA, ROLL)])
    assert judged([*whole(), signed(DRAFT, DANA, ROLL)]).approved_by == ("Lee Example", "Kim Example")


def test_an_author_cannot_become_an_approver_of_her_own_by_order_of_lines() -> None:
    """Two submissions of the same bytes: neither of their authors counts, however the file is sorted."""
    signatures = [
        signed(DRAFT, LEE, ROLL, "author"),
        signed(DRAFT, DANA, ROLL, "author"),
        signed(DRAFT, DANA, ROLL),
        signed(DRAFT, KIM, ROLL),
    ]
    with short(1):
        judged(signatures)
    with short(1):
        judged(signatures[::-1])


def test_author_counts_where_the_roll_has_two_members() -> None:
    assert judged(whole(roll=PAIR, by=[LEE]), roll=PAIR).approved_by == ("Dana Example", "Lee Example")
    with short(1):
        judged(whole(roll=PAIR, by=[]), roll=PAIR)
    with short(1, because="author does not count"):
        judged([*whole(roll=PAIR, by=[]), signed(DRAFT, DANA, PAIR)], roll=PAIR)


def test_a_single_officer_approves_alone_and_it_shows() -> None:
    alone = roll_of(DANA)
    assert judged(whole(roll=alone, by=[]), roll=alone).single_officer
    with short(0, 1):
        judged(whole(roll=alone, by=[], author=LEE), roll=alone)


def test_one_person_twice_counts_once() -> None:
    with short(1, because="Lee Example: one person counts once"):
        judged(whole(by=[LEE, LEE]))
    assert len(judged(whole(by=[LEE, LEE, KIM])).approved_by) == 2


def test_threshold_of_the_roll_rules() -> None:
    strict = roll_of(DANA, LEE, KIM, ALEX, threshold=3)
    with short(2, 3):
        judged(whole(roll=strict), roll=strict)
    assert len(judged(whole(roll=strict, by=[LEE, KIM, ALEX]), roll=strict).approved_by) == 3


def test_stranger_does_not_count() -> None:
    stranger = person("Mallory Example")
    with short(1, because="not known"):
        judged(whole(by=[LEE, stranger]))


def test_file_swapped_after_approval_reads_as_not_approved() -> None:
    other = read_policy(DRAFT.data.replace(b"not needed", b"not  needed"), "customer-crm.yaml")
    assert isinstance(other, Draft)
    with short(0, because=f"digest wanted: {other.sha256}"):
        judged(whole(), of=other)
    with short(0, because="the file was changed since"):
        judged(whole(), of=other)
    assert judged(whole(of=other), of=other).draft is other


def test_approval_for_another_recipient_does_not_count() -> None:
    """Even where somebody makes a draft say the other name without touching its digest."""
    lying = dataclasses.replace(DRAFT, document=DRAFT.document.model_copy(update={"recipient": "example-imports"}))
    with short(0, because="another recipient"):
        judged(whole(), of=lying)
    with short(0, because="other bytes"):
        judged(whole(), of=draft(recipient="example-imports"))


def test_approval_of_another_policy_or_version_does_not_count() -> None:
    with short(0, because="another policy"):
        judged(whole(), of=draft(name="service-reminders"))
    with short(0, because="another version"):
        judged(whole(), of=draft(version=2))


def test_approval_under_another_floor_does_not_count() -> None:
    ours = approval_for(DRAFT, ROLL, None, Stamp("approver", NOW, UNTIL))
    older = msgspec.structs.replace(ours, floor_sha256="sha256:" + "0" * 64)
    for claims, counts in ((ours, True), (older, False)):
        signatures = [*whole(by=[LEE]), KIM.signer.sign(APPROVAL_TYP, payload_of(claims))]
        if counts:
            assert judged(signatures).floor_sha256 == FLOOR_SHA256
        else:
            with short(1, because="another floor list"):
                judged(signatures)


def test_removed_officer_does_not_count_for_new_approvals() -> None:
    after = next_roll(ROLL, DANA, LEE, ALEX, signed_by=(DANA, LEE))
    with short(1, because="not known"):
        judged([*whole(roll=after, by=[LEE]), signed(DRAFT, KIM, after)], roll=after)
    assert judged(whole(roll=after, by=[LEE, ALEX]), roll=after).roll_version == 2


def test_approval_under_the_roll_before_is_not_new_under_the_next() -> None:
    after = next_roll(ROLL, DANA, LEE, KIM, ALEX, signed_by=(DANA, LEE))
    with short(0, because="another version of the officer roll"):
        judged(whole(), roll=after)


def test_past_approval_stands_under_the_roll_it_names() -> None:
    next_roll(ROLL, DANA, LEE, signed_by=(DANA, LEE))
    assert judged(whole(), roll=ROLL).approved_by == ("Lee Example", "Kim Example")


def test_another_dealers_roll_with_the_same_people_does_not_approve_here() -> None:
    twin = roll_of(DANA, LEE, KIM, threshold=2) if ROLL.threshold != 2 else roll_of(LEE, DANA, KIM)
    with short(0, because="another officer roll"):
        judged(whole(roll=twin))


def test_version_3_is_not_put_back_after_4() -> None:
    three, four = draft(3), draft(4)
    with pytest.raises(PolicyError, match="cannot take the place of customer-crm version 4") as refused:
        judged(whole(of=three, replaces=draft(2)), of=three, replaces=four)
    assert refused.value.exit_status == 3
    with pytest.raises(PolicyError, match="cannot take the place"):
        judged(whole(of=three, replaces=four), of=three, replaces=four)
    with pytest.raises(PolicyError, match="cannot take the place"):
        judged(whole(of=four, replaces=four), of=four, replaces=four)
    five = draft(5)
    assert judged(whole(of=five, replaces=four), of=five, replaces=four).replaces_sha256 == four.sha256


def test_approval_in_place_of_another_policy_than_the_one_in_force_does_not_count() -> None:
    five = draft(5)
    with short(0, because="in place of another policy"):
        judged(whole(of=five, replaces=draft(3)), of=five, replaces=draft(4))
    with short(0, because="in place of another policy"):
        judged(whole(of=five), of=five, replaces=draft(4))
    with short(0, because="in place of another policy"):
        judged(whole(of=five, replaces=draft(4)), of=five)
    known = Predecessor("customer-crm", 4, draft(4).sha256)
    assert judged(whole(of=five, replaces=draft(4)), of=five, replaces=known).draft.version == 5


def test_an_approval_over_another_list_of_names_than_the_authors_does_not_count() -> None:
    mine, other = "sha256:" + "1" * 64, "sha256:" + "2" * 64

    def over(author: str | None, second: str | None) -> list[str]:
        return [
            signed(DRAFT, DANA, ROLL, "author", inventory_sha256=author),
            signed(DRAFT, LEE, ROLL, inventory_sha256=author),
            signed(DRAFT, KIM, ROLL, inventory_sha256=second),
        ]

    for names in (mine, None):
        assert approve(DRAFT, over(names, names), ROLL, today=TODAY, replaces=None).inventory_sha256 == names
    for author, second in ((mine, other), (mine, None), (None, mine)):
        quorum = count_approvals(DRAFT, over(author, second), ROLL, today=TODAY, replaces=None)
        assert [o.name for o in quorum.counted] == [LEE.name]
        assert "another list of the database's names" in quorum.not_counted[0]


def test_approval_ends_by_itself() -> None:
    assert judged(whole(), today=UNTIL - dt.timedelta(days=1)).expires_on == UNTIL
    for late in (UNTIL, UNTIL + dt.timedelta(days=1)):
        with pytest.raises(PolicyError, match=f"ended on {UNTIL}") as refused:
            judged(whole(), today=late)
        assert (refused.value.code, refused.value.exit_status) == ("A003", 3)


def test_clock_set_back_before_the_approval_does_not_wake_anything() -> None:
    with short(0, because="still to come"):
        judged(whole(), today=TODAY - dt.timedelta(days=2))
    assert judged(whole(), today=TODAY - dt.timedelta(days=1))  # an officer's PC in another zone


def test_nobody_approves_for_ever() -> None:
    with short(0, because="more than 366 days"):
        judged(whole(expires_on=TODAY + dt.timedelta(days=367)))
    assert judged(whole(expires_on=TODAY + dt.timedelta(days=366)))


def test_approver_cannot_be_made_to_approve_another_end() -> None:
    later = UNTIL + dt.timedelta(days=30)
    with short(1, because="another expiry"):
        judged([*whole(by=[LEE]), signed(DRAFT, KIM, ROLL, expires_on=later)])


def test_signature_of_another_kind_does_not_count() -> None:
    claims = approval_for(DRAFT, ROLL, None, Stamp("approver", NOW, UNTIL))
    with short(1, because="type is not"):
        judged([*whole(by=[LEE]), KIM.signer.sign("fieldgate-decision+jws", payload_of(claims))])


@pytest.mark.parametrize("tail", [b" ", b"\n"])
def test_only_the_one_spelling_of_an_approval_counts(tail: bytes) -> None:
    payload = payload_of(approval_for(DRAFT, ROLL, None, Stamp("approver", NOW, UNTIL)))
    assert read_approval(payload) is not None
    doubled = payload[:-1] + b',"version":1}'
    assert read_approval(payload + tail) is None
    assert read_approval(doubled) is None
    with short(1, because="can be read"):
        judged([*whole(by=[LEE]), KIM.signer.sign(APPROVAL_TYP, payload + tail)])


def test_a_bad_signature_does_not_take_good_ones_down() -> None:
    assert judged(["", "a.b.c", "x" * 5000, *whole(), *["y"] * 50]).approved_by == ("Lee Example", "Kim Example")


def test_digest_covers_exactly_the_signatures_that_stand_behind_it() -> None:
    signatures = whole()
    naive = hashlib.sha256("".join(f"{s}\n" for s in sorted(signatures)).encode()).hexdigest()
    assert judged(signatures).approvals_sha256 == f"sha256:{naive}"
    assert judged([*signatures[::-1], "rubbish"]).approvals_sha256 == f"sha256:{naive}"


_GOOD = whole()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(_GOOD) - 1), st.data())
def test_a_changed_character_never_counts(which: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(_GOOD[which]) - 1))
    letter = data.draw(st.sampled_from("ABab09-_.~é"))
    changed = [*_GOOD]
    changed[which] = changed[which][:at] + letter + changed[which][at + 1 :]
    if changed == _GOOD:
        return
    with pytest.raises(PolicyError, check=lambda e: e.exit_status == 3):
        judged(changed)


PEOPLE = (DANA, LEE, KIM)
_SIGNED = {(p.name, role): signed(DRAFT, p, ROLL, role) for p in PEOPLE for role in ("author", "approver")}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(sorted(_SIGNED)), max_size=6))
def test_counting_agrees_with_a_naive_count(lines: list[tuple[str, str]]) -> None:
    authors = {name for name, role in lines if role == "author"}
    approvers = {name for name, role in lines if role == "approver"} - authors
    expected = bool(authors) and len(approvers) >= 2
    try:
        got = set(judged([_SIGNED[line] for line in lines]).approved_by)
    except PolicyError:
        assert not expected
    else:
        assert expected
        assert got == approvers


# The file that travels


def test_file_is_readable_and_carries_the_signatures() -> None:
    data = approval_file(DRAFT, whole())
    shown = json.loads(data)
    assert (shown["fieldgate"], shown["policy"], shown["version"]) == ("approval", "customer-crm", 1)
    assert judged(read_approval_file(data).signatures).draft is DRAFT


def test_what_the_file_says_about_itself_proves_nothing() -> None:
    lying = json.loads(approval_file(DRAFT, whole(by=[LEE])))
    lying["version"] = 99
    with short(1):
        judged(read_approval_file(json.dumps(lying).encode()).signatures)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"fieldgate":"decision"}', b" " * 300_000])
def test_what_is_no_approval_file_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(PolicyError, check=lambda e: (e.code, e.exit_status) == ("A004", 1)):
        read_approval_file(data)


def test_submission_is_the_authors_word_over_these_bytes_only() -> None:
    found = submission(DRAFT, whole(), ROLL)
    assert found is not None
    assert (found.role, found.expires_on) == ("author", UNTIL)
    assert submission(draft(2), whole(), ROLL) is None
    assert submission(DRAFT, whole()[1:], ROLL) is None
