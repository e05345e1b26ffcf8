"""Files as officers write them. Each bad file says, on the offending line, which code it must get at which column:

    rate: {column: APR, category: date}   # expect P020 at 16

and it must get exactly that and nothing else. Each good file must get nothing at all.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import msgspec
import pytest

from agent.core.inventory import Inventory
from agent.core.policy.checks import Facts, check_file
from agent.core.policy.compile import datasets_of
from agent.core.policy.problems import render

HERE = Path(__file__).parent
SHIPPED = HERE.parent.parent / "field_policies"
# nonpublic.yaml is a list for people to read
POLICIES = [file for file in sorted(SHIPPED.glob("*.yaml")) if file.stem != "nonpublic"]
TODAY = dt.date(2026, 11, 22)
INVENTORY = msgspec.json.decode((HERE / "inventory.json").read_bytes(), type=Inventory)
FACTS = Facts(TODAY, INVENTORY)
_EXPECT = re.compile(r"# expect (P\d{3} at \d+(?:, P\d{3} at \d+)*)")


def _files(folder: str) -> list[Path]:
    return sorted((HERE / folder).glob("*.yaml"))


def _expected(text: str) -> set[tuple[int, str, int]]:
    found = set()
    for number, line in enumerate(text.split("\n"), 1):
        said = _EXPECT.search(line)
        for one in said.group(1).split(", ") if said else ():
            code, _, column = one.partition(" at ")
            found.add((number, code, int(column)))
    return found


def test_there_are_enough_of_both() -> None:
    assert len(_files("good")) >= 20
    assert len(_files("bad")) >= 80


@pytest.mark.parametrize("file", _files("good"), ids=lambda f: f.stem)
def test_good_file_has_no_problem(file: Path) -> None:
    data = file.read_bytes()
    checked = check_file(data, file.name, FACTS)
    assert [render(p, data.decode()) for p in checked.problems] == []
    assert checked.draft is not None
    assert datasets_of(checked.draft.document)


@pytest.mark.parametrize("file", _files("good"), ids=lambda f: f.stem)
def test_line_ends_of_windows_change_nothing_but_the_digest(file: Path) -> None:
    data = file.read_bytes()
    plain, windows = check_file(data, "x", FACTS), check_file(data.replace(b"\n", b"\r\n"), "x", FACTS)
    assert windows.problems == ()
    assert plain.draft and windows.draft
    assert windows.draft.document == plain.draft.document
    assert windows.draft.sha256 != plain.draft.sha256


@pytest.mark.parametrize("file", _files("bad"), ids=lambda f: f.stem)
def test_bad_file_gets_the_code_it_names_at_the_place_it_names(file: Path) -> None:
    data = file.read_bytes()
    text = data.decode()
    checked = check_file(data, file.name, FACTS)
    expected = _expected(text)
    assert expected, "a bad file must say what it expects"
    assert {(p.line, p.code, p.column) for p in checked.problems} == expected
    for problem in checked.problems:
        shown = render(problem, text)
        assert max(map(len, shown.split("\n"))) <= 80
        assert all(line.isprintable() for line in shown.split("\n"))


@pytest.mark.parametrize("file", POLICIES, ids=lambda f: f.stem)
def test_shipped_policy_fits_the_demo_database_and_sends_no_free_text(file: Path) -> None:
    checked = check_file(file.read_bytes(), file.name, FACTS)
    assert checked.problems == ()
    assert checked.draft is not None
    categories = {f.category for d in datasets_of(checked.draft.document) for f in d.fields}
    assert categories.isdisjoint({"free_text", "money"})
