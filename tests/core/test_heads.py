"""Requests say who, what and when; answers belong to one request. Neither can be played back or pointed elsewhere."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agent.core import heads
from agent.core.answers import WireError
from agent.core.lines import scope_of
from agent.errors import SealError
from tests.core.wire_samples import KID, digest, find_key, sign, sign_other

NOW = 1_790_000_000
REQUEST = heads.RequestClaims(
    aud="example-motors-na", stream_id="stream-1", path=heads.opt_outs_path(7), iat=NOW, jti="request-1"
)


def judged(header: str, path: str = REQUEST.path, aud: str = REQUEST.aud, now_s: int = NOW) -> str:
    try:
        heads.read_authorization(header, path, aud, now_s, find_key)
    except WireError as error:
        return error.problem
    return "good"


def test_a_request_says_who_asks_for_what() -> None:
    header = heads.authorization(REQUEST, sign)
    assert heads.read_authorization(header, REQUEST.path, REQUEST.aud, NOW, find_key) == (KID, REQUEST)


def test_a_request_is_good_for_its_path_receiver_key_and_quarter_of_an_hour_only() -> None:
    header = heads.authorization(REQUEST, sign)
    assert judged(header) == "good"
    assert judged(header, path=heads.opt_outs_path(8)) == "bad_signature"
    assert judged(header, path=heads.head_path("stream-1")) == "bad_signature"
    assert judged(header, aud="another-oem") == "wrong_stream"
    assert judged(header, now_s=NOW + 900) == "good"
    assert judged(header, now_s=NOW + 901) == "bad_signature"
    assert judged(header, now_s=NOW - 901) == "bad_signature"
    assert judged(heads.authorization(REQUEST, sign_other)) == "unknown_key"
    assert judged(header.replace("Fieldgate ", "Bearer ")) == "bad_signature"
    assert judged("") == "bad_signature"
    assert judged("Fieldgate " + sign("fieldgate-batch+jws", msgspec.json.encode(REQUEST))) == "bad_signature"


def page(**over: Any) -> heads.OptOutPage:
    entries = tuple(
        heads.OptOut(
            cursor=cursor,
            dataset="customers",
            id=f"{cursor:032x}",
            scope=scope_of("marketing", "2026-11-22"),
            said_at="2026-11-22T03:00:00Z",
        )
        for cursor in (8, 11)
    )
    known: dict[str, Any] = {
        "iss": "example-motors-na",
        "stream_id": "stream-1",
        "in_reply_to": "request-1",
        "after": 7,
        "through": 11,
        "more": False,
        "entries": entries,
        "iat": NOW,
    }
    return heads.OptOutPage(**(known | over))


def refused(text: str, kind: Any = heads.OptOutPage) -> SealError:
    with pytest.raises(SealError) as caught:
        heads.read_reply(kind, text, REQUEST, find_key)
    return caught.value


def test_an_answer_is_read_back() -> None:
    assert heads.read_reply(heads.OptOutPage, heads.make_reply(page(), sign), REQUEST, find_key) == page()


@pytest.mark.parametrize(
    "over", [{"iss": "another-oem"}, {"stream_id": "stream-2"}, {"in_reply_to": "request-0"}], ids=str
)
def test_an_answer_to_something_else_is_refused_by_claim(over: dict[str, Any]) -> None:
    assert next(iter(over)) in refused(heads.make_reply(page(**over), sign)).what


@pytest.mark.parametrize(
    "over",
    [
        {"entries": tuple(reversed(page().entries))},
        {"entries": page().entries[:1] * 2},
        {"after": 8},
        {"through": 10},
        {"more": True, "entries": ()},
    ],
    ids=["backwards", "twice", "before after", "through too low", "more of nothing"],
)
def test_cursors_that_do_not_climb_are_refused(over: dict[str, Any]) -> None:
    assert "cursor" in refused(heads.make_reply(page(**over), sign)).what


def test_one_kind_of_answer_does_not_pass_for_another_or_under_another_key() -> None:
    refused(heads.make_reply(page(), sign), heads.SuppressedPage)
    refused(heads.make_reply(page(), sign), heads.StreamHead)
    refused(heads.make_reply(page(), sign_other))
    refused("")


def test_a_head_is_read_back_empty_and_full() -> None:
    empty = heads.StreamHead(
        iss="example-motors-na",
        stream_id="stream-1",
        in_reply_to="request-1",
        epoch=0,
        seq=0,
        manifest_sha256=None,
        content_sha256=None,
        policy_version=0,
        roll_version=0,
        audit_head=None,
        opt_outs_through=0,
        iat=NOW,
    )
    full = msgspec.structs.replace(empty, epoch=1, seq=7, manifest_sha256=digest("m"), audit_head=digest("a"))
    for head in (empty, full):
        assert heads.read_reply(heads.StreamHead, heads.make_reply(head, sign), REQUEST, find_key) == head
