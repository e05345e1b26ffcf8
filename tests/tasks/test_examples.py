"""Examples run through the query and records that run at night, and notice every small change of a policy."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from agent.core.policy.examples import Examples, check_examples, read_examples
from agent.core.policy.mutate import mutants
from agent.core.policy.reader import Draft, read_policy
from agent.tasks.examples import Exam, coverage, exam, mutation, run_examples

FOLDER = Path(__file__).parents[2] / "field_policies"
SHIPPED = sorted(path.stem for path in (FOLDER / "tests").glob("*.yaml"))


def paper(name: str, *changes: tuple[str, str], policy: tuple[str, str] = ("", "")) -> Exam:
    """A shipped policy and its examples, texts replaced."""
    draft = read_policy((FOLDER / f"{name}.yaml").read_bytes().replace(*(p.encode() for p in policy)), f"{name}.yaml")
    text = (FOLDER / "tests" / f"{name}.yaml").read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    read = read_examples(text.encode(), f"{name}.yaml")
    assert isinstance(draft, Draft)
    assert isinstance(read, Examples), read
    assert check_examples(read, text.encode(), draft.document) == ()
    return exam(draft, read.examples, read.today)


def differences(of: Exam) -> dict[str, str]:
    return {v.example.title: v.difference for v in run_examples(of) if not v.passed}


def test_every_shipped_policy_has_examples() -> None:
    assert sorted(p.stem for p in FOLDER.glob("*.yaml") if b"\npolicy: " in p.read_bytes()) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_examples_pass_and_notice_every_small_change(name: str) -> None:
    shipped = paper(name)
    assert differences(shipped) == {}
    seen = coverage(shipped)
    assert (seen.fields_unseen, seen.filters_unseen, seen.codes_unseen) == ((), (), ())
    assert seen.fields == sum(len(d.fields) for d in shipped.datasets.values())
    changed = mutation(shipped)
    assert changed.survivors == ()
    assert changed.made > 2 * seen.fields


def test_a_wrong_expectation_fails_and_says_what_was_found() -> None:
    wrong = paper("customer-crm", ("email: pat@mail.example,\n             phone", "email: x@y.z,\n             phone"))
    told = differences(wrong)
    assert told["Pat owns an Example vehicle and agreed to everything"] == (
        "email: expected x@y.z, found pat@mail.example"
    )
    assert "Pat said stop" not in told


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("row: {OPT_OUT: Y}\n    withheld: choice", "row: {OPT_OUT: N}\n    withheld: choice", "it leaves"),
        (
            "row: {OPT_OUT: Y}\n    withheld: choice",
            "row: {OPT_OUT: Y}\n    withheld: filter",
            "another reason (choice)",
        ),
        ("without: {family_name: screen}", "without: {family_name: too_long}", "found none (screen)"),
        ("record: {co_buyer_id: null}", "record: {co_buyer_id: pseudonym}", "expected pseudonym, found null"),
        ("sale_id: pseudonym of 88012", "sale_id: pseudonym of 88013", "expected pseudonym of 88013"),
    ],
)
def test_each_kind_of_expectation_is_held_to_what_happens(old: str, new: str, said: str) -> None:
    assert any(said in difference for difference in differences(paper("customer-crm", (old, new))).values())


ASKED_NOTHING = "row: {OPT_OUT: , BLOCK_EMAIL: , BLOCK_MAIL: , CALL_OK: , SMS_OK: }\n    without: {phone: choice}"


UNKNOWN_SENDS = (
    "`unknown: send` on everything, line 31; `unknown: send` on mail, line 33; `unknown: send` on email, line 32"
)


@pytest.mark.parametrize(
    ("old", "new", "decided"),
    [
        (
            ASKED_NOTHING,
            ASKED_NOTHING.replace("without: {phone: choice}", "record: {phone: 404-555-0142}"),
            "`unknown: withhold` on phone, line 35; `unknown: withhold` on sms, line 36",
        ),
        (
            ASKED_NOTHING,
            ASKED_NOTHING.replace("without: {phone: choice}", "withheld: choice"),
            UNKNOWN_SENDS,
        ),
        (
            "row: {OPT_OUT: Y}\n    withheld: choice",
            "row: {OPT_OUT: Y}",
            "`Y` is a no on everything, line 31",
        ),
        (
            "row: {CALL_OK: N}\n    without: {phone: choice}",
            "row: {CALL_OK: N}",
            "`N` is a no on phone, line 35",
        ),
        (
            "beside: {dbo.VEHICLE: [{MAKE: OTHER}]}\n    withheld: filter",
            "beside: {dbo.VEHICLE: [{MAKE: OTHER}]}",
            "condition 1 of `only_where`, line 60",
        ),
    ],
)
def test_a_difference_points_at_the_line_of_the_policy_that_decided(old: str, new: str, decided: str) -> None:
    (failed,) = [v for v in run_examples(paper("customer-crm", (old, new))) if not v.passed]
    assert failed.decided_by == decided
    lines = (FOLDER / "customer-crm.yaml").read_text("utf-8").splitlines()
    for said in decided.split("; "):
        line = lines[int(said.rpartition(" ")[2]) - 1]
        assert said.split("`")[1] in line or "exists" in line


def test_what_no_line_decided_points_nowhere() -> None:
    wrong = paper("customer-crm", ("given_name: Pat", "given_name: Sam"))
    assert {v.decided_by for v in run_examples(wrong)} == {""}


def test_a_field_of_which_the_example_says_nothing_is_a_failure() -> None:
    silent = paper("market-reporting", ("new_used: N, delivery_date: 2026-03-14", "delivery_date: 2026-03-14"))
    assert "new_used: the example does not say what becomes of it, found N" in differences(silent).values()


def test_an_example_that_is_missing_lets_a_change_pass() -> None:
    """Without the example of the other make, nobody would notice that the condition is gone."""
    whole = paper("market-reporting")
    less = replace(whole, examples=tuple(e for e in whole.examples if e.title != "another make"))
    assert "deliveries: the condition on VEHICLE.MAKE is gone" in mutation(less).survivors
    assert coverage(less).filters_unseen == ("deliveries: VEHICLE.MAKE is",)
    assert mutation(whole).survivors == ()


def test_a_changed_policy_fails_its_old_examples() -> None:
    changed = paper("customer-crm", policy=("transform: {keep_first: 3}", "transform: {keep_first: 5}"))
    assert "postal_code: expected 303, found 30301" in differences(changed).values()


def test_two_rows_for_one_key_fail_in_words() -> None:
    twice = "beside: {dbo.VEHICLE: [{MAKE: OTHER}, {VIN: 1EXAMPLE000000001, MAKE: EXAMPLE}, "
    fan = paper(
        "market-reporting",
        ("beside: {dbo.VEHICLE: [{MAKE: OTHER}]}", twice + "{VIN: 1EXAMPLE000000001, MAKE: EXAMPLE}]}"),
    )
    assert "it cannot be read: dataset deliveries: one key stands in two rows" in "".join(differences(fan).values())


def test_changes_cover_each_column_category_transform_filter_and_code() -> None:
    crm = paper("customer-crm")
    said = [m.what for m in mutants(tuple(crm.datasets.values()), crm.trial.purpose, crm.trial.regime)]
    for dataset in crm.datasets.values():
        for field in dataset.fields:
            mine = [what for what in said if what.startswith(f"{dataset.name}.{field.name}:")]
            assert len(mine) == 3 + len(field.null_when)
        assert sum(what.startswith(f"{dataset.name}: the condition") for what in said) == len(dataset.where)
    for code in (
        "everything: Y is no refusal",
        "email: N is a refusal",
        "phone: Y is a refusal",
        "sms: N is no refusal",
    ):
        assert f"customer_choices.{code}" in said
    assert len(set(said)) == len(said)


def test_a_recall_asks_no_choice_so_none_is_changed() -> None:
    recall = paper("warranty-recall")
    said = [m.what for m in mutants(tuple(recall.datasets.values()), recall.trial.purpose, recall.trial.regime)]
    assert not any("refusal" in what or " is found by " in what for what in said)


def test_examples_need_no_folder_but_their_own(tmp_path: Path) -> None:
    from tests.cli.test_policy import fieldgate

    shutil.copytree(FOLDER / "tests", tmp_path / "tests")
    shutil.copy(FOLDER / "market-reporting.yaml", tmp_path)
    done = fieldgate("test", tmp_path / "market-reporting.yaml", "--mutate")
    assert done.code == 0, done.out
    assert "PASS   market-reporting.yaml: 6 examples, in tests/market-reporting.yaml" in done.out
    assert "15 of  15 small changes of the policy are noticed by an example" in done.out
    told = fieldgate("test", tmp_path / "market-reporting.yaml", "--mutate", "--json").json()
    assert (told["ok"], told["policies"][0]["mutation"]) == (True, {"made": 15, "survivors": []})
    (tmp_path / "tests" / "market-reporting.yaml").unlink()
    none = fieldgate("test", tmp_path / "market-reporting.yaml")
    assert none.code == 1
    assert "no examples" in none.out


def test_a_failing_example_exits_1_with_its_line(tmp_path: Path) -> None:
    from tests.cli.test_policy import fieldgate

    (tmp_path / "tests").mkdir()
    text = (FOLDER / "tests" / "market-reporting.yaml").read_text("utf-8").replace("model: Brisk, m", "model: Bris, m")
    (tmp_path / "tests" / "m.yaml").write_text(text)
    shutil.copy(FOLDER / "market-reporting.yaml", tmp_path)
    done = fieldgate("test", tmp_path / "market-reporting.yaml", "--mutate")
    assert done.code == 1
    assert "FAIL  a final delivery\n        line 7: model: expected Bris, found Brisk" in done.out
    assert "small changes" not in done.out
    assert max(map(len, done.out.splitlines())) <= 80
