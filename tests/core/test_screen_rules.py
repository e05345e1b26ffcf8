"""The list of patterns as it is written, and as engines read it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from agent.core.screen_rules import blanks


def one_by_one(pattern: str) -> str:
    """The same, character by character."""
    out, in_class, at = "", False, 0
    while at < len(pattern):
        two = pattern[at : at + 2]
        if two[0] == "\\":
            out, at = out + two, at + 2
            continue
        in_class = two[0] == "[" or (in_class and two[0] != "]")
        if two[0] == " " and not in_class:
            out += r"\s{0,3}" if two == " ?" else r"\s{1,3}"
            at += len(two) if two == " ?" else 1
        else:
            out, at = out + two[0], at + 1
    return out


@example("a b ?c")
@example("[a b] c")
@example(r"\[ \ [\] ]] ")
@example("[ ")
@example("[[ ] ] ?")
@example("a\n \\\n \\")
@given(st.text("ab? \\[]^\n"))
def test_a_space_of_the_list_is_a_run_of_blanks_unless_it_is_escaped_or_in_a_class(pattern: str) -> None:
    assert blanks(pattern) == one_by_one(pattern)
