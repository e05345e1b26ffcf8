"""What a person wrote is read as it was written, and all problems are told at once with their place."""

from __future__ import annotations

import hashlib

import pytest

from agent.core.policy.document import columns_named, tables_named
from agent.core.policy.problems import Problem, as_github, as_json, explain, render
from agent.core.policy.reader import Draft, read_policy
from agent.core.policy.strict_yaml import read_tree
from tests.core.policy.samples import SMALL, changed, draft


def _problems(data: bytes) -> tuple[Problem, ...]:
    read = read_policy(data, "small.yaml")
    assert isinstance(read, tuple)
    return read


def test_digest_is_over_the_exact_bytes_so_a_comment_makes_another_draft() -> None:
    one, other = draft(), draft(SMALL + b"# a comment\n")
    assert one.sha256 == "sha256:" + hashlib.sha256(SMALL).hexdigest()
    assert one.document == other.document
    assert one.sha256 != other.sha256


def test_document_is_frozen() -> None:
    document = draft().document
    with pytest.raises(Exception, match="frozen"):
        document.version = 9


@pytest.mark.parametrize("word", ["NO", "no", "012", "1e3", "0x1F", "~", "null", "2027-06-30", "12:30:00", ".inf"])
def test_scalars_stay_the_text_that_was_written(word: str) -> None:
    document = draft(changed('refused: ["Y"], not', f"refused: [{word}], not")).document
    choice = document.choices["said"].everything
    assert choice is not None
    assert choice.refused == (word,)


def test_store_numbers_keep_their_zero() -> None:
    assert draft(changed('stores: ["01", "04"]', "stores: [01, 04]")).document.stores == ("01", "04")


def test_the_screen_of_a_duplicate_key_is_the_one_in_the_design() -> None:
    text = (
        "policy: x\n"
        + "a: 1\n" * 0
        + "send:\n"
        + "  email: {column: EMAIL1}\n"
        + "\n" * 3
        + "  email: {column: EMAIL2}\n"
    )
    problem = next(p for p in _problems(text.encode()) if p.code == "P003")
    assert render(problem, text) == (
        "error[P003]: `email` is listed twice\n"
        " --> small.yaml:7:3\n"
        "  |\n"
        "3 |   email: {column: EMAIL1}\n"
        "  |   ----- first listed here\n"
        "7 |   email: {column: EMAIL2}\n"
        "  |   ^^^^^ second time here\n"
        "  = help: remove one of the two; fieldgate refuses to guess which one you meant"
    )


def test_all_problems_are_told_at_once() -> None:
    data = changed("purpose: marketing", "purpose: advertising")
    data = changed("regime: opt_out\n", "", data)
    data = changed("version: 3", "version: three", data)
    data = changed("category: vin,", "category: wine,", data)
    data = changed("people:\n", "poeple:\n", data)
    assert {p.code for p in _problems(data)} == {"P010", "P011", "P013", "P014"}
    assert len(_problems(data)) == 5


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("transfrom: pass", "did you mean `transform`"),
        ("catagory: vin", "did you mean `category`"),
        ("Person: buyer", "did you mean `person`"),
        ("reason: x", "write `why`"),
    ],
)
def test_an_unknown_key_is_told_its_nearest_name(wrong: str, right: str) -> None:
    (problem,) = _problems(changed("type: text 17}", f"type: text 17, {wrong}}}"))
    assert problem.code == "P011"
    assert right in problem.help


def test_a_file_cannot_write_to_the_screen_or_forge_an_annotation() -> None:
    name = "x\n::error::forged\x1b[2J%0A.yaml"
    problems = read_policy(b"'a, b: c': 1\n", name)
    assert isinstance(problems, tuple)
    for problem in problems:
        line = as_github(problem)
        assert "\n" not in line
        assert "\x1b" not in line
        assert "::forged" not in line.removeprefix("::error ")
        assert "\x1b" not in render(problem, "'a, b: c': 1\n")
        assert as_json(problem)["code"] == problem.code


def test_an_escape_that_stands_for_a_control_character_is_refused() -> None:
    (problem,) = _problems(changed("title: A small policy", 'title: "A small\\x1b[2Jpolicy"'))
    assert problem.code == "P002"
    (problem,) = _problems(changed("column: VIN,", 'column: "VI\\u200bN",'))
    assert problem.code == "P002"


def test_every_code_has_a_story_and_an_unknown_one_has_none() -> None:
    story = explain("p020")
    assert story is not None
    assert story.startswith("P020: ")
    assert all(len(line) <= 80 for line in story.split("\n"))
    assert explain("P999") is None


def test_a_problem_with_an_unlisted_code_cannot_exist() -> None:
    with pytest.raises(ValueError, match="not in the list"):
        Problem("P999", "x", "f", 1, 1, 1, "y")


def test_every_column_and_table_a_policy_names_is_listed_with_its_table() -> None:
    document = draft().document
    named = {(n.table, n.column, n.role) for n in columns_named(document)}
    assert named == {
        ("dbo.CUSTOMER", "CUST_NO", "person"),
        ("dbo.CUSTOMER", "LAST_CHANGED", "changes"),
        ("dbo.CUSTOMER", "OPT_OUT", "choice"),
        ("dbo.CUSTOMER", "CALL_OK", "choice"),
        ("dbo.SALES_DEAL", "VIN", "send"),
        ("dbo.VEHICLE", "YEAR", "send"),
        ("dbo.SALES_DEAL", "BUYER_NO", "send"),
        ("dbo.SALES_DEAL", "DELIVERY_DT", "send"),
        ("dbo.CUSTOMER", "ZIP", "send"),
        ("dbo.SALES_DEAL", "BUYER_NO", "person"),
        ("dbo.SALES_DEAL", "DEAL_NO", "key"),
        ("dbo.SALES_DEAL", "STORE_NO", "store"),
        ("dbo.VEHICLE", "VIN", "join"),
        ("dbo.SALES_DEAL", "VIN", "join"),
        ("dbo.CUSTOMER", "CUST_NO", "join"),
        ("dbo.SALES_DEAL", "BUYER_NO", "join"),
        ("dbo.VEHICLE", "MAKE", "filter"),
        ("dbo.SALES_DEAL", "DEAL_DT", "filter"),
        ("dbo.REPAIR_ORDER", "VIN", "join"),
        ("dbo.REPAIR_ORDER", "OPEN_DT", "filter"),
    }
    assert {t for _, t in tables_named(document)} == {
        "dbo.CUSTOMER",
        "dbo.SALES_DEAL",
        "dbo.VEHICLE",
        "dbo.REPAIR_ORDER",
    }


def test_a_draft_shows_no_more_of_itself_than_its_name() -> None:
    read = read_policy(SMALL, "small.yaml")
    assert isinstance(read, Draft)
    assert "CUST_NO" not in repr(read)


def test_read_again_it_is_whole_again_whatever_was_done_to_the_first_reading() -> None:
    first = read_tree(SMALL, "small.yaml")
    before = (str(first.root), len(first.keys), len(first.values), len(first.problems))
    first.root["datasets"].clear()
    first.root.pop("policy")
    first.keys.clear()
    first.values.clear()
    first.add("P001", "x", first.key(()), "y")
    again = read_tree(SMALL, "small.yaml")
    assert (str(again.root), len(again.keys), len(again.values), len(again.problems)) == before
