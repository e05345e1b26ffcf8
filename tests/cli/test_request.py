"""`request` and `policy new` as an officer types them on her own PC."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.cli.app import app
from agent.errors import FieldgateError

ROOT = Path(__file__).parents[2]
PASSPHRASE = "four plain words here"


def fieldgate(*args: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    if isinstance(result.exception, FieldgateError):
        return result.exception.exit_status, f"{result.output}{result.exception.code} {result.exception.what}"
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def pc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIELDGATE_PASSPHRASE", PASSPHRASE)
    ahead = (dt.datetime.now(dt.UTC) + dt.timedelta(days=200)).date()
    text = (ROOT / "field_policies/customer-crm.yaml").read_text("utf-8")
    text = text.replace("2027-06-30", ahead.isoformat()).replace("2027-03-31", ahead.isoformat())
    (tmp_path / "customer-crm.yaml").write_text(text)
    shutil.copy(ROOT / "field_policies/requests/example-motors-na.crm-2026.2.request.yaml", tmp_path / "r.yaml")
    return tmp_path


def test_show_marks_what_can_never_be_sent(pc: Path) -> None:
    code, out = fieldgate("request", "show", "r.yaml")
    assert code == 0
    assert "28 fields, 15 of them required; 5 can never be sent" in out
    assert "  apr_rate                     wanted   NEVER APR, for marketing" in out
    assert max(map(len, out.splitlines())) <= 80
    told = json.loads(fieldgate("request", "show", "r.yaml", "--json")[1])
    assert sum(field["never"] for field in told["fields"]) == 5


def test_diff_shows_the_growing_appetite_and_exits_3(pc: Path) -> None:
    old = (pc / "r.yaml").read_text()
    new = old.replace(
        "fields:\n", "fields:\n  trade_value: {meaning: trade-in, type: integer, need: wanted, purpose: marketing}\n"
    )
    (pc / "n.yaml").write_text(
        new.replace(
            "{meaning: cell phone,   type: text 20,  need: wanted",
            "{meaning: cell phone, type: text 20, need: required",
        )
    )
    code, out = fieldgate("request", "diff", "r.yaml", "n.yaml")
    assert code == 3
    assert "28 -> 29 fields" in out
    assert "  + trade_value                  wanted: trade-in, for marketing" in out
    assert "  ~ phone                        required, was wanted" in out
    assert fieldgate("request", "diff", "r.yaml", "r.yaml")[0] == 0


def test_answer_without_a_key_is_shown_and_not_signed(pc: Path) -> None:
    code, out = fieldgate("request", "answer", "r.yaml", "customer-crm.yaml")
    assert code == 0
    for said in ("28 fields asked for", " 19 SENT", "  4 DECLINED", "  5 NEVER", "(rule P020)", "Not signed."):
        assert said in out
    assert not list(pc.glob("*.answer.json"))
    assert max(map(len, out.splitlines())) <= 80


def test_an_officer_signs_the_answer_and_an_outsider_cannot(pc: Path) -> None:
    for name in ("dana", "mallory"):
        assert fieldgate("officers", "key", "--name", f"{name.title()} Example", "--out", name)[0] == 0
    assert fieldgate("officers", "add", "--genesis", "--member", "dana.officer.json", "--single-officer")[0] == 0
    assert fieldgate("officers", "sign", "--roll", "roll.json", "--key", "dana.key", "--yes")[0] == 0
    answer = ("request", "answer", "r.yaml", "customer-crm.yaml", "--yes", "--key")
    assert fieldgate(*answer, "mallory.key")[1].endswith("A013 this key is not in the officer roll, version 1")
    code, out = fieldgate(*answer, "dana.key")
    assert (code, "SIGNED   by Dana Example, in crm-2026.2.answer.json" in out) == (0, True)
    file = json.loads((pc / "crm-2026.2.answer.json").read_text())
    assert (file["answer"]["counts"]["sent"], file["signed_by"]["name"]) == (19, "Dana Example")
    assert (file["answer"]["single_officer"], file["answer"]["required"]["sent"]) == (True, 14)
    printed = (pc / "crm-2026.2.schedule-a.txt").read_text()
    assert "signed by Dana Example" in printed
    assert "one officer alone" in printed
    code, out = fieldgate("request", "verify", "crm-2026.2.answer.json", "--officer", "dana.officer.json")
    assert (code, "OK   signed by Dana Example" in out, "28 asked, 19 sent, 4 declined, 5 never" in out) == (
        0,
        True,
        True,
    )
    told = fieldgate("request", "verify", "crm-2026.2.answer.json", "--officer", "mallory.officer.json")
    assert (told[0], "A032" in told[1]) == (1, True)
    assert fieldgate(*answer, "dana.key")[1].endswith("A033 crm-2026.2.answer.json exists already")


def test_new_drafts_what_check_can_read_and_touches_no_file(pc: Path) -> None:
    names = ROOT / "tests/policies/inventory.json"
    code, out = fieldgate("policy", "new", "--for", "r.yaml", "--inventory", names, "--out", "new.yaml")
    assert code == 0
    assert "Next: fill it in, then: fieldgate policy check new.yaml" in out
    assert max(map(len, out.splitlines())) <= 80
    checked = json.loads(fieldgate("policy", "check", "new.yaml", "--json")[1])
    assert {problem["code"] for problem in checked["problems"]} == {"P040", "P042", "P051", "P053"}
    before = (pc / "new.yaml").read_bytes()
    assert fieldgate("policy", "new", "--for", "r.yaml", "--out", "new.yaml")[1].endswith(
        "A033 new.yaml exists already"
    )
    assert (pc / "new.yaml").read_bytes() == before


def test_whose_word_a_request_is(pc: Path) -> None:
    """Unsigned, signed by a key nobody knows, signed by the pinned one; changed or signed by another it is refused."""
    from agent.receiver.house import open_house

    open_house(pc / "oem", "example-motors-na").close()
    open_house(pc / "mallory", "example-motors-na").close()
    assert "UNSIGNED   nothing shows" in fieldgate("request", "show", "r.yaml")[1]
    assert fieldgate("request", "pin", "r.yaml", "--yes")[1].count("A037") == 1
    code, out = fieldgate("receiver", "sign-request", "r.yaml", "--dir", "oem")
    assert (code, "SIGNED   example-motors-na/crm-2026.2, in r.sig" in out) == (0, True)
    assert "NOT KNOWN  signed" in fieldgate("request", "show", "r.yaml")[1]
    code, out = fieldgate("request", "pin", "r.yaml", "--yes")
    assert (code, "PINNED   in example-motors-na.key.json" in out) == (0, True)
    assert fieldgate("request", "pin", "r.yaml", "--yes")[1].count("A033") == 1
    code, out = fieldgate("request", "show", "r.yaml")
    assert (code, "SIGNED     by the recipient" in out) == (0, True)
    assert max(map(len, out.splitlines())) <= 80
    told = json.loads(fieldgate("request", "answer", "r.yaml", "customer-crm.yaml", "--json")[1])
    assert told["origin"]["standing"] == "signed"

    (pc / "r.sig").rename(pc / "kept.sig")
    assert fieldgate("receiver", "sign-request", "r.yaml", "--dir", "mallory")[0] == 0
    for command in (("show", "r.yaml"), ("answer", "r.yaml", "customer-crm.yaml"), ("diff", "r.yaml", "r.yaml")):
        code, out = fieldgate("request", *command)
        assert (code, "A035" in out) == (1, True)
    (pc / "kept.sig").replace(pc / "r.sig")
    assert fieldgate("request", "show", "r.yaml")[0] == 0
    (pc / "r.yaml").write_text((pc / "r.yaml").read_text().replace("need: wanted", "need: required", 1))
    for command in (("request", "show", "r.yaml"), ("policy", "new", "--for", "r.yaml", "--out", "n.yaml")):
        code, out = fieldgate(*command)
        assert (code, "A035" in out) == (1, True)


def test_policy_check_refuses_to_compare_with_a_request_that_was_changed(pc: Path) -> None:
    from agent.receiver.house import open_house

    open_house(pc / "oem", "example-motors-na").close()
    (pc / "requests").mkdir()
    asked = (pc / "r.yaml").rename(pc / "requests/example-motors-na.crm-2026.2.request.yaml")
    assert fieldgate("receiver", "sign-request", asked, "--dir", "oem")[0] == 0
    assert fieldgate("policy", "check", "customer-crm.yaml")[0] == 0
    asked.write_text(asked.read_text() + "# changed on the way\n")
    code, out = fieldgate("policy", "check", "customer-crm.yaml")
    assert (code, "A035" in out) == (1, True)


def test_a_receiver_signs_its_own_requests_only(pc: Path) -> None:
    from agent.receiver.house import open_house

    open_house(pc / "oem", "other-motors").close()
    code, out = fieldgate("receiver", "sign-request", "r.yaml", "--dir", "oem")
    assert (code, "A038" in out) == (1, True)
    assert not (pc / "r.sig").exists()
