"""The check of the documents finds what it is for."""

from __future__ import annotations

import click
import pytest

from tests import check_docs

SHOW = click.Command("show", params=[click.Option(["--json"])])
PROGRAM = click.Group(
    "fieldgate",
    commands={"policy": click.Group("policy", commands={"show": SHOW}), "pause": SHOW, "resume": SHOW},
)


@pytest.mark.parametrize(
    "said",
    [
        "fieldgate policy show customer-crm --json",
        "fieldgate policy show <name>",
        "fieldgate pause|resume [--recipient R]",
        "fieldgate policy ...",
        "fieldgate policy show x   # a comment --nonsense",
        "fieldgate policy show $(date -d tomorrow +%F) --json",
        "fieldgate --help",
    ],
)
def test_true_commands_pass(said: str) -> None:
    assert list(check_docs.judge(said, PROGRAM)) == []


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("fieldgate polcy show", "no command polcy"),
        ("fieldgate policy delete x", "no command delete"),
        ("fieldgate policy show --yaml", "no option --yaml"),
        ("fieldgate policy show $(date -d tomorrow) --yaml", "no option --yaml"),
        ("fieldgate pause|rest", "no command pause|rest"),
    ],
)
def test_invented_commands_and_options_are_named(said: str, problem: str) -> None:
    assert list(check_docs.judge(said, PROGRAM)) == [problem]


def test_a_link_to_nowhere_is_found_and_a_link_in_a_code_block_is_not_one() -> None:
    text = "[a](README.md) [b](docs/none.md#x)\n\n```\n[c](nowhere)\n```\n[web](https://fieldgate.example)\n"
    assert list(check_docs.links(check_docs.ROOT / "X.md", text)) == ["X.md:1: no such file: docs/none.md"]


def test_commands_are_read_from_blocks_and_from_code_in_a_sentence() -> None:
    text = "Say `fieldgate nonsense`.\n```text\n$ fieldgate policy show\n$ fieldgate policy hide\n```\n"
    found = list(check_docs.commands(check_docs.ROOT / "X.md", text, PROGRAM))
    assert [line.split(": ")[0] for line in found] == ["X.md:1", "X.md:4"]


@pytest.mark.parametrize("text", ["see https://" + "py" + "pi.org/x", "cd /ro" + "ot/x", "in /wo" + "rk/main"])
def test_a_machines_path_or_a_registry_is_found(text: str) -> None:
    assert list(check_docs.foreign(check_docs.ROOT / "X.md", text))


def test_ordinary_paths_are_left_alone() -> None:
    assert not list(
        check_docs.foreign(
            check_docs.ROOT / "X.md", "/var/lib/fieldgate ./wo" + "rk/x $ROOT/ro" + "ot/ home/wo" + "rk/"
        )
    )
