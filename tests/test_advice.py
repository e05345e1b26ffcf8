"""Every command that a message tells a person to run exists, with its options: other advice cannot be followed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import typer

from agent.cli.app import app
from tests.check_docs import judge

_QUOTED = re.compile(r"`fieldgate ([^`]+)`")
_SAID = re.compile(r"(?:: |\bdo: )fieldgate ([a-z][a-z-]*(?: [a-z][a-z-]*\b(?!:))?)")


def _advice() -> Iterator[tuple[str, str]]:
    for file in sorted(Path("agent").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for found in (*_QUOTED.finditer(node.value), *_SAID.finditer(node.value)):
                    yield f"{file}:{node.lineno}", f"fieldgate {found[1]}"


def test_every_command_a_message_names_exists() -> None:
    program = typer.main.get_command(app)
    advice = list(_advice())
    assert len(advice) > 80  # the search finds what it is meant to find
    wrong = [f"{place}: {said}: {problem}" for place, said in advice for problem in judge(said, program)]
    assert wrong == []


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert list(judge("fieldgate nowhere", typer.main.get_command(app))) == ["no command nowhere"]
