"""Hostile and broken files are refused in a sentence, quickly, in little memory, and never crash the reader."""

from __future__ import annotations

import datetime as dt
import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.core.policy.checks import Facts, check_file
from agent.core.policy.examples import read_examples
from agent.core.policy.problems import MOST_PROBLEMS, render
from agent.core.policy.reader import read_policy
from agent.core.policy.request import read_request
from tests.core.policy.samples import SMALL

FACTS = Facts(dt.date(2026, 11, 22))

HOSTILE = {
    "alias bomb": b"a: &a [x,x,x,x,x,x,x,x]\n"
    + b"".join(
        f"{c}: &{c} [*{p},*{p},*{p},*{p},*{p},*{p},*{p},*{p}]\n".encode()
        for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "merge bomb": b"a: &a {x: y}\nb:\n" + b"  <<: *a\n" * 1500,
    "one line of ten megabytes": b"title: " + b"x" * 10_000_000,
    "ten megabytes of short lines": b"a: b\n" * 2_000_000,
    "brackets": b"[" * 60_000,
    "braces on many lines": b"{\n" * 1900,
    "brackets hidden in quotes": (b"'[[[[[[[[[['\n" * 1900),
    "dashes": b"- " * 990 + b"\n",
    "question marks": b"? " * 990 + b"\n",
    "long flow of empty lists": b"a: [" + b"[],\n" * 1900 + b"]",
    "every key twice": b"a: b\n" * 1900,
    "an unknown key on each line": b"".join(f"key{i}: {{a: b, c: [d, e]}}\n".encode() for i in range(1900)),
    "NUL": b"policy: small\x00\n",
    "NUL only": b"\x00" * 1000,
    "UTF-16": "policy: small\n".encode("utf-16"),
    "latin-1": "title: Händler\n".encode("latin-1"),
    "cut UTF-8": "title: ä".encode()[:-1],
    "surrogates": b"title: \xed\xa0\x80\n",
    "escape sequences of a terminal": b"title: \x1b]0;owned\x07\n",
    "escaped escape": b'title: "\\x1b[2J"\n',
    "line separators": "title: a\u2028policy: b\n".encode(),
    "lone carriage returns": b"policy: a\rpolicy: b\r",
    "python object": b"!!python/object/apply:os.system ['true']\n",
    "binary": b"title: !!binary aGVsbG8=\n",
    "huge integer": b"version: " + b"9" * 1900 + b"\n",
    "unclosed quote": b'title: "' + b"x\n" * 1900,
    "endless anchor": b"&" + b"a" * 1900 + b"\n",
    "tag handle": b"%TAG ! tag:evil.example,2000:\n---\n!x y\n",
    "comment bomb": b"#\n" * 1999,
    "only a comment": b"# nothing\n",
    "empty": b"",
    "just text": b"hello\n",
    "just a list": b"- a\n- b\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_quickly_in_little_memory(name: str) -> None:
    data = HOSTILE[name]
    started = time.process_time()
    problems = read_policy(data, "hostile.yaml")
    took = time.process_time() - started
    assert isinstance(problems, tuple)
    assert 1 <= len(problems) <= MOST_PROBLEMS
    assert took < 3, f"{took:.1f} s"  # about 0.3 s on an idle core; the limit allows for a busy one
    text = data.decode("utf-8", "replace")[:100_000]
    for problem in problems[:5]:
        assert render(problem, text).replace("\n", "").isprintable()


def test_ten_megabytes_are_refused_without_being_parsed() -> None:
    data = HOSTILE["ten megabytes of short lines"]
    tracemalloc.start()
    try:
        problems = read_policy(data, "hostile.yaml")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [p.code for p in problems] == ["P001"] if isinstance(problems, tuple) else False
    assert peak < 1_000_000


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_any_bytes_are_answered_with_problems(data: bytes) -> None:
    problems = read_policy(data, "any.yaml")
    assert isinstance(problems, tuple)
    assert problems


@pytest.mark.parametrize("read", [read_policy, read_examples, read_request])
def test_a_mark_with_nothing_behind_it_is_an_empty_file(
    read: Callable[[bytes, str], object],
) -> None:
    problems = read(b"---\n", "x.yaml")
    assert isinstance(problems, tuple)
    assert [problem.code for problem in problems] == ["P015"]


_NOISE = (
    "policy|send|:| |\n|  |- |[|]|{|}|,|\"|'|&a|*a|!|>|#|---|?|column|SSN|email|\t|\x00|é|%|@|`|<<|...|\r\n|1|null|~"
)
_PIECES = st.sampled_from([*_NOISE.split("|"), "|"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(["---"])
@example(["---", "\r\n", "#"])
@example(["---", "\r\n", "..."])
@given(st.lists(_PIECES, max_size=60))
def test_yaml_like_noise_is_answered_with_problems(pieces: list[str]) -> None:
    data = "".join(pieces).encode()
    checked = check_file(data, "noise.yaml", FACTS)
    assert checked.problems
    assert checked.draft is None
    for problem in checked.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert render(problem, data.decode()).replace("\n", "").isprintable()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_policy_never_crashes_the_checks(data: st.DataObject) -> None:
    """Lines dropped, doubled, swapped or cut in a good policy: any answer is allowed but a crash."""
    lines = SMALL.decode().split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["drop", "double", "cut", "noise", "indent"]))
        if how == "drop" and len(lines) > 1:
            del lines[at]
        elif how == "double":
            lines.insert(at, lines[at])
        elif how == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
        elif how == "noise":
            spot = data.draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:spot] + data.draw(_PIECES) + lines[at][spot:]
        else:
            lines[at] = "  " + lines[at]
    text = "\n".join(lines)
    checked = check_file(text.encode(), "damaged.yaml", FACTS)
    for problem in checked.problems:
        assert render(problem, text).replace("\n", "").isprintable()
