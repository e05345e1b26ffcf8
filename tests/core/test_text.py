"""Foreign text cannot move a cursor, turn a line round, or hide in it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.text import shown


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("CUSTOMER", "CUSTOMER"),
        ("Ünal Žižek 東京", "Ünal Žižek 東京"),
        ("\x1b[2J", "\\u001b[2J"),
        ("a\rb\nc\td", "a\\u000db\\u000ac\\u0009d"),
        ("abc\u202egpj.exe", "abc\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\u2028next", "\\u2028next"),
        ("\ufeffbom", "\\ufeffbom"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_as_shown(text: str, seen: str) -> None:
    assert shown(text) == seen


@given(st.text(st.characters(codec=None)))
def test_what_is_shown_is_one_printable_line_that_any_terminal_takes(text: str) -> None:
    seen = shown(text)
    assert all(unicodedata.category(ch)[0] != "C" for ch in seen)
    assert len(seen.splitlines()) <= 1
    seen.encode("utf-8")
    assert shown(seen, 10**6) == seen


def test_long_text_is_cut() -> None:
    assert shown("x" * 500) == "x" * 197 + "..."
    assert shown("x" * 11, 10) == "x" * 7 + "..."
