"""The printable page and the notice for the counter: complete, escaped, plain, and loading nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agent.core.policy.notice import NEVER, notice
from agent.core.policy.reader import Draft, read_policy
from agent.tasks.policy_page import customer_page, policy_page
from tests.cli.test_policy import fieldgate
from tests.core.policy.test_answer import policy, request
from tests.core.policy.test_drafting import NAMES

FOLDER = Path(__file__).parents[2] / "field_policies"
CRM = (FOLDER / "customer-crm.yaml").read_bytes()


class Seen(HTMLParser):
    """Tags that stand open, every attribute, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(data: bytes = CRM) -> str:
    from agent.core.policy.request import answer_to

    draft = policy(data)
    return policy_page(draft, answer_to(request(), [draft.document]), NAMES)


def test_every_field_reason_condition_and_never_stands_on_the_page() -> None:
    seen = Seen(page())
    draft = policy()
    assert seen.open == []
    for dataset in draft.document.datasets.values():
        assert dataset.about in seen.text
        for name, field in dataset.send.items():
            assert name in seen.text
            assert field.column in seen.text
    for name, why in draft.document.declined.items():
        assert name in seen.text
        assert why in seen.text
    for name in (
        "lease_end_date",
        "apr_rate",
        "CUSTOMER.SSN",
        "CUSTOMER.MIDDLE_NAME",
        draft.sha256,
        "DEAL_STATUS is F",
    ):
        assert name in seen.text
    never = page().split("<h2>Never: nonpublic, in the same tables</h2>")[1]
    assert "CUSTOMER.SSN" in never
    assert "CUSTOMER.MIDDLE_NAME" not in never
    assert "FIRST_NAME" not in never


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    for text in (page(), customer_page(policy().document)):
        seen = Seen(text)
        assert seen.tags.isdisjoint({"script", "link", "img", "iframe", "form", "a", "object", "svg"})
        assert {name for name, _ in seen.attributes} <= {"lang", "charset", "http-equiv", "content", "name", "class"}
        assert not re.search(r"url\(|@import|https?:", text)
        assert "default-src 'none'" in text


def test_foreign_words_are_escaped() -> None:
    evil = '<script>alert(1)</script> & "quotes"'
    data = CRM.replace(
        b"title: Customer contact data for the Example Motors CRM program", b"title: '" + evil.encode() + b"'"
    )
    data = data.replace(b"work_phone: not needed for this purpose", b"work_phone: '<b onmouseover=x>'")
    text = page(data)
    seen = Seen(text)
    assert evil in seen.text
    assert "<b onmouseover=x>" in seen.text
    assert seen.tags.isdisjoint({"script", "b"})
    assert ("onmouseover", "x") not in seen.attributes


@pytest.mark.parametrize("name", sorted(p.stem for p in FOLDER.glob("*.yaml") if b"\npolicy: " in p.read_bytes()))
def test_a_notice_says_who_what_how_long_and_how_to_say_no(name: str) -> None:
    read = read_policy((FOLDER / f"{name}.yaml").read_bytes(), name)
    assert isinstance(read, Draft)
    told = dict(notice(read.document))
    assert read.document.recipient in told["Who gets it"]
    assert told["Never"].startswith(NEVER)
    assert str(read.document.contract.expires_on) in told["How long"]
    assert read.document.owner in told["Questions"]
    assert {"warranty-recall": "about your safety", "market-reporting": "nothing in it tells who you are"}.get(
        name, "Tell anybody at the counter"
    ) in told["How you say no"]
    for word in ("pseudonym", "column", "dataset", "opt_out", "CUST_NO", "regime"):
        assert word not in " ".join(told.values())


def test_a_notice_names_each_kind_of_data_and_says_what_is_cut_short() -> None:
    told = dict(notice(policy().document))
    assert told["About you"] == (
        "your name, your e-mail address, your phone number, the first 3 characters of your ZIP code,"
        " the language you prefer."
    )
    whole = dict(notice(policy(CRM.replace(b", transform: {keep_first: 3}", b"")).document))
    assert "your phone number, your ZIP code" in whole["About you"]
    suppressed = dict(notice(policy(CRM.replace(b"{keep_first: 3}", b"suppress")).document))
    assert "ZIP" not in suppressed["About you"]


def test_opting_in_is_said_first() -> None:
    data = CRM.replace(b"regime: opt_out", b"regime: opt_in")
    assert dict(notice(policy(data).document))["How you say no"].startswith("We send it only if you said yes.")


def test_show_prints_or_writes_each_form(tmp_path: Path) -> None:
    crm = tmp_path / "customer-crm.yaml"
    crm.write_bytes(CRM)
    told = fieldgate("show", crm, "--for", "customers")
    assert told.code == 0
    assert "  your name, your e-mail address" in told.out
    assert max(map(len, told.out.splitlines())) <= 80
    out = tmp_path / "page.html"
    assert fieldgate("show", crm, "--html", "--out", out).code == 0
    assert out.read_text("utf-8").startswith("<!doctype html>")
    assert "<!doctype html>" in fieldgate("show", crm, "--html", "--for", "customers").out
    assert max(map(len, fieldgate("show", crm).out.splitlines())) <= 80
