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
    assert fieldgate(*answer, "dana.key")[1].endswith("A033 crm-2026.2.answer.json exists already")


def test_new_drafts_what_check_can_read_and_touches_no_file(pc: Path) -> None:
    names = ROOT / "tests/policies/inventory.json"
    code, out = fieldgate("policy", "new", "--for", "r.yaml", "--inventory", names, "--out", "new.yaml")
    assert code == 0
    assert "Next: fill it in, then: fieldgate policy check new.yaml" in out
    assert max(map(len, out.splitlines())) <= 80
    checked = json.loads(fieldgate("policy", "check", "new.yaml", "--json")[1])
    assert {problem["code"] for problem in checked["problems"]} == {"P040", "P042"}
    before = (pc / "new.yaml").read_bytes()
    assert fieldgate("policy", "new", "--for", "r.yaml", "--out", "new.yaml")[1].endswith(
        "A033 new.yaml exists already"
    )
    assert (pc / "new.yaml").read_bytes() == before
