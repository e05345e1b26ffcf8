"""One body has one reading: whatever another program might read or write differently is refused, by line number."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.answers import WireError
from agent.core.lines import LINE_MAX, LINES_MAX, check_size, control_line, read_lines, scope_of
from tests.core.wire_samples import raw_line

values = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.booleans(),
    st.none(),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=3),
)
fields = st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True), values, max_size=6)
SCOPE = {"all": True, "purpose": "marketing", "since_on": "2026-11-22"}


def refused(content: bytes) -> WireError:
    with pytest.raises(WireError) as caught:
        read_lines(content)
    return caught.value


@given(st.lists(fields, min_size=1, max_size=5))
def test_what_a_plain_json_writer_writes_canonically_is_read_as_it_was_meant(bodies: list[dict[str, Any]]) -> None:
    content = b"".join(raw_line(i, fields=body) for i, body in enumerate(bodies))
    assert [line.fields for line in read_lines(content)] == bodies


@given(fields, st.integers(0, 400), st.integers(0, 255))
def test_no_byte_can_be_changed_without_another_meaning_or_a_refusal(body: dict[str, Any], at: int, to: int) -> None:
    content = raw_line(1, fields=body)
    at %= len(content)
    changed = content[:at] + bytes([to]) + content[at + 1 :]
    if changed == content:
        return
    try:
        found = read_lines(changed)
    except WireError:
        return
    assert found != read_lines(content)
    naive = [json.loads(line) for line in changed.decode().split("\n")[:-1]]
    assert [(line.fields, line.id, line.nonce) for line in found] == [
        (raw["fields"], raw["id"], raw["nonce"]) for raw in naive
    ]


GOOD = raw_line(1)
NOT_CANONICAL = {
    "keys not sorted": b'{"fields":{},"dataset":"a","id":"%b","nonce":"%b","op":"upsert"}\n' % (b"0" * 32, b"0" * 32),
    "fields not sorted": raw_line(1).replace(
        b'"given_name":"Pat","model_year":2021', b'"model_year":2021,"given_name":"Pat"'
    ),
    "blank after comma": GOOD.replace(b",", b", ", 1),
    "blank at the end": GOOD[:-1] + b" \n",
    "CRLF": GOOD[:-1] + b"\r\n",
    "no LF": GOOD[:-1],
    "empty line": GOOD + b"\n",
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "a key twice": GOOD.replace(b'"op":"upsert"', b'"op":"upsert","op":"upsert"'),
    "a field twice": GOOD.replace(b'"given_name":"Pat"', b'"given_name":"Pat","given_name":"Pat"'),
    "escaped letter": GOOD.replace(b"Pat", b"\\u0050at"),
    "escaped slash": GOOD.replace(b"Pat", b"a\\/b"),
    "upper-case escape": GOOD.replace(b"Pat", b"\\u001F"),
    "long escape": GOOD.replace(b"Pat", b"\\u000a"),
    "float": GOOD.replace(b"2021", b"2021.5"),
    "float that is whole": GOOD.replace(b"2021", b"2021.0"),
    "exponent": GOOD.replace(b"2021", b"2e3"),
    "minus zero": GOOD.replace(b"2021", b"-0"),
    "2^53": GOOD.replace(b"2021", b"9007199254740992"),
    "minus 2^53": GOOD.replace(b"2021", b"-9007199254740992"),
    "beyond 64 bits": GOOD.replace(b"2021", b"36893488147419103232"),
    "NaN": GOOD.replace(b"2021", b"NaN"),
    "object as a value": GOOD.replace(b"2021", b"{}"),
    "array of integers": GOOD.replace(b"2021", b"[1]"),
    "lone surrogate": GOOD.replace(b"Pat", b"\\ud800"),
    "surrogate in UTF-8": GOOD.replace(b"Pat", b"\xed\xa0\x80"),
    "not UTF-8": GOOD.replace(b"Pat", b"\xff"),
    "raw control character": GOOD.replace(b"Pat", b"\x01"),
    "unknown member": GOOD.replace(b'"op":"upsert"', b'"op":"upsert","z":1'),
    "member missing": raw_line(1, nonce=...),
    "upper-case id": raw_line(1, id="A" * 32),
    "short nonce": raw_line(1, nonce="0" * 31),
    "foreign field name": raw_line(1, fields={"Given Name": "Pat"}),
    "non-ASCII dataset": raw_line(1, dataset="kündar"),
    "array": b"[]\n",
    "default written out": GOOD.replace(b'"fields"', b'"erase":false,"fields"'),
    "null scope": GOOD.replace(b'"upsert"', b'"upsert","scope":null'),
    "erase on upsert": raw_line(1, erase=True),
    "scope on upsert": raw_line(1, scope=SCOPE),
    "retract with fields": raw_line(1, op="retract"),
    "suppress without scope": raw_line(1, op="suppress", fields={}),
    "all and channels": raw_line(1, op="suppress", fields={}, scope={**SCOPE, "channels": ["email"]}),
    "neither all nor channels": raw_line(1, op="suppress", fields={}, scope={"purpose": "a", "since_on": "2026-01-01"}),
    "channels not sorted": raw_line(
        1, op="suppress", fields={}, scope={"channels": ["mail", "email"], "purpose": "a", "since_on": "2026-01-01"}
    ),
    "unknown channel": raw_line(
        1, op="suppress", fields={}, scope={"channels": ["fax"], "purpose": "a", "since_on": "2026-01-01"}
    ),
    "since_on a time": raw_line(1, op="suppress", fields={}, scope={**SCOPE, "since_on": "2026-01-01T00:00:00Z"}),
}


@pytest.mark.parametrize("name", NOT_CANONICAL)
def test_refused_with_its_line_number(name: str) -> None:
    error = refused(raw_line(7) + NOT_CANONICAL[name])
    assert error.problem == "schema_mismatch"
    assert error.what.startswith("line 2" if name != "empty line" else "line 3")


def test_an_unknown_op_is_unsupported() -> None:
    error = refused(raw_line(1, op="merge"))
    assert (error.problem, error.extra) == ("unsupported", {"line": 1})


def test_deep_nesting_is_refused_and_does_not_crash() -> None:
    assert refused(b"[" * 60_000 + b"\n").problem == "schema_mismatch"


def test_limits_are_exact() -> None:
    many = b"".join(raw_line(i, fields={}) for i in range(LINES_MAX))
    assert len(read_lines(many)) == LINES_MAX
    assert refused(many + raw_line(1)).problem == "too_large"
    room = LINE_MAX - len(raw_line(1, fields={"a": ""})) + 1
    assert read_lines(raw_line(1, fields={"a": "x" * room}))
    error = refused(raw_line(1) + raw_line(1, fields={"a": "x" * (room + 1)}))
    assert (error.problem, error.extra) == ("too_large", {"line": 2})
    assert refused(raw_line(1, fields={"a": "x" * 60_000}) * 80).problem == "too_large"


def test_text_that_is_not_normalized_and_odd_letters_pass_unchanged() -> None:
    odd = "e\u0301 \u2028 \x7f / \U0001f600 \ufdfa"
    assert read_lines(raw_line(1, fields={"a": odd}))[0].fields == {"a": odd}


def test_no_refusal_and_no_repr_quotes_a_value() -> None:
    secret = "078-05-1120"
    line = read_lines(raw_line(1, fields={"given_name": secret}))[0]
    assert secret not in repr(line)
    for bad in (raw_line(1, fields={"a": secret, "b": 1.5}), raw_line(1, op=secret), raw_line(1, id=secret)):
        assert secret not in str(refused(bad))


def test_control_lines_are_what_the_reader_takes() -> None:
    scope = scope_of("marketing", "2026-11-22", ("phone", "email"))
    data = (
        control_line("customers", "0" * 32, "1" * 32, "suppress", scope)
        + control_line("customers", "0" * 32, "1" * 32, "lift")
        + control_line("customers", "0" * 32, "1" * 32, "retract", erase=True)
    )
    suppress, lift, retract = read_lines(data)
    assert suppress.scope == scope
    assert scope.channels == ("email", "phone")
    assert (lift.op, lift.scope, retract.erase) == ("lift", None, True)
    assert data.split(b"\n")[0] == raw_line(
        1,
        fields={},
        id="0" * 32,
        nonce="1" * 32,
        op="suppress",
        scope={"channels": ["email", "phone"], "purpose": "marketing", "since_on": "2026-11-22"},
    ).rstrip(b"\n")
    with pytest.raises(WireError):
        control_line("customers", "0" * 32, "1" * 32, "suppress")


@given(
    st.lists(st.sampled_from([0, 1, 200, LINE_MAX - 1, LINE_MAX, LINE_MAX + 1, LINE_MAX + 2]), max_size=6),
    st.booleans(),
)
def test_a_line_is_too_long_exactly_where_a_plain_look_at_each_line_says_so(lengths: list[int], ends: bool) -> None:
    content = b"\n".join(b"x" * length for length in lengths) + b"\n" * ends
    long = [n for n, line in enumerate(content.split(b"\n"), 1) if len(line) > LINE_MAX]
    if long:
        with pytest.raises(WireError) as refused:
            check_size(content)
        assert refused.value.extra["line"] == long[0]
    else:
        check_size(content)
