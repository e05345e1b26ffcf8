"""GET: signed answers to signed questions, and a customer's word on the portal on its way to the dealer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import httpx
import pytest

from agent.core import heads, jws
from agent.core.heads import read_reply
from agent.core.lines import scope_of
from agent.errors import SealError
from agent.receiver import holdings
from agent.receiver.app import build_app
from agent.receiver.portal import opt_out
from agent.receiver.serve import Running
from agent.receiver.verify import verify_all
from tests.receiver.fake_dealer import Dealer, hexed, problem_of, upsert


def test_keys_are_public_and_are_those_receipts_verify_under(dealer: Dealer, receiver: Running) -> None:
    [jwk] = dealer.http.get("/v1/keys").json()["keys"]
    assert jwk["kid"] == jws.kid_of(jwk) == receiver.house.kid
    assert "d" not in jwk


def test_a_question_needs_an_authorization_for_this_very_path_now_and_once(dealer: Dealer) -> None:
    path = heads.head_path(dealer.stream_id)
    good = dealer.request(path)
    assert dealer.get(good).status_code == 200
    assert problem_of(dealer.get(good)) == "bad_signature"
    assert problem_of(dealer.http.get(path)) == "bad_signature"
    assert problem_of(dealer.get(dealer.request(path + "/suppressed"), path)) == "bad_signature"
    assert problem_of(dealer.get(dealer.request(path), path + "?a=1")) == "bad_signature"
    assert problem_of(dealer.get(dealer.request(path, iat=int(time.time()) - 1000))) == "bad_signature"
    assert problem_of(dealer.get(dealer.request(path, aud="another-oem"))) == "wrong_stream"
    assert problem_of(dealer.get(dealer.request(path, stream_id="stream-of-nobody"))) == "wrong_stream"
    assert problem_of(dealer.get(dealer.request("/v1/opt-outs?after=-1"))) == "unsupported"


def test_an_old_answer_does_not_pass_for_todays(dealer: Dealer) -> None:
    path = heads.head_path(dealer.stream_id)
    first, second = dealer.request(path), dealer.request(path)
    old = dealer.get(first).text
    assert read_reply(heads.StreamHead, old, first, dealer.find_key)
    with pytest.raises(SealError):
        read_reply(heads.StreamHead, old, second, dealer.find_key)


def test_an_opt_out_reaches_the_streams_that_sent_the_record_and_no_other(
    dealer: Dealer, new_dealer: Callable[..., Dealer], receiver: Running
) -> None:
    other = new_dealer(dealer_code="EX7777")
    number = int(time.time() * 1e6)
    record_id = hexed("id", number)
    dealer.post(upsert(number) + upsert(number + 1))
    other.post(upsert(number + 2))
    assert opt_out(receiver.house, record_id, ("email",)) == 1
    page = dealer.ask(heads.OptOutPage, heads.opt_outs_path())
    assert [(entry.dataset, entry.id) for entry in page.entries] == [("customers", record_id)]
    assert page.entries[0].scope.channels == ("email",)
    assert other.ask(heads.OptOutPage, heads.opt_outs_path()).entries == ()
    assert dealer.head().opt_outs_through == page.through
    assert dealer.ask(heads.OptOutPage, heads.opt_outs_path(page.through)).entries == ()
    found = holdings.record(receiver.house, dealer.stream_id, "customers", record_id)
    assert found is not None
    assert found.suppressed == ("email",)
    assert verify_all(receiver.house).problems == []


def form(dealer: Dealer, **headers: str) -> Callable[..., httpx.Response]:
    known = {"Content-Type": "application/x-www-form-urlencoded"} | headers
    return lambda body: dealer.http.post("/portal", content=body, headers=known)


def test_a_customer_opts_out_on_the_page(dealer: Dealer) -> None:
    number = int(time.time() * 1e6)
    record_id = hexed("id", number)
    dealer.post(upsert(number))
    assert record_id in dealer.http.get("/portal", params={"id": record_id}).text
    answer = form(dealer)(f"id={record_id}&channel=all")
    assert answer.status_code == 200
    assert "We have stopped" in answer.text
    [entry] = dealer.ask(heads.OptOutPage, heads.opt_outs_path()).entries
    assert entry.scope == scope_of("marketing", entry.scope.since_on)
    [held] = dealer.ask(heads.SuppressedPage, heads.suppressed_path(dealer.stream_id)).entries
    assert (held.id, held.scope.all) == (record_id, True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"id=x&channel=all",
        b"id=%s&channel=fax" % (b"0" * 32),
        b"id=%s" % (b"0" * 32),
        b"\xff",
        b"a=1&" * 50,
        b"x" * 5000,
    ],
    ids=range(7),
)
def test_a_form_that_makes_no_sense_changes_nothing(dealer: Dealer, body: bytes) -> None:
    before = dealer.head().opt_outs_through
    assert form(dealer)(body).status_code == 400
    assert dealer.head().opt_outs_through == before


def test_nobody_learns_more_than_that_there_is_no_such_record(dealer: Dealer) -> None:
    assert form(dealer)(f"id={'0' * 32}&channel=all").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_another_site_cannot_reach_the_page(dealer: Dealer, headers: dict[str, str]) -> None:
    body = f"id={'0' * 32}&channel=all"
    assert form(dealer, Origin=dealer.url)(body).status_code == 404
    assert form(dealer, **headers)(body).status_code == 403
    assert dealer.http.get("/portal", headers=headers).status_code == 403


@pytest.mark.parametrize(("client", "status"), [("127.0.0.1", 200), ("203.0.113.7", 403)])
def test_another_machine_cannot_reach_the_page_whatever_host_it_names(
    receiver: Running, client: str, status: int
) -> None:
    async def ask() -> int:
        transport = httpx.ASGITransport(build_app(receiver.house), client=(client, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as http:
            return (await http.get("/portal")).status_code

    assert asyncio.run(ask()) == status


def test_foreign_text_on_the_page_is_escaped(dealer: Dealer, receiver: Running) -> None:
    dealer.post(b"".join(upsert(number, given_name="<script>alert(1)</script>\u202e") for number in range(3)))
    page = dealer.http.get("/portal").text
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "\u202e" not in page
    assert "default-src 'none'" in dealer.http.get("/portal").headers["content-security-policy"]
