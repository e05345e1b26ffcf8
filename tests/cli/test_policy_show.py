"""`policy show` says who has approved these bytes, and whether one did so alone; it never stops anybody reading."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from tests.cli.test_request import PASSPHRASE, fieldgate
from tests.officers import policy_bytes


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dealer with one officer, who has signed her policy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FIELDGATE_PASSPHRASE", PASSPHRASE)
    ahead = (dt.datetime.now(dt.UTC) + dt.timedelta(days=200)).date().isoformat().encode()
    text = policy_bytes().replace(b"2027-06-30", ahead).replace(b"2027-03-31", ahead)
    (tmp_path / "customer-crm.yaml").write_bytes(text)
    assert fieldgate("officers", "key", "--name", "Dana Example", "--out", "dana")[0] == 0
    assert fieldgate("officers", "add", "--genesis", "--single-officer", "--member", "dana.officer.json")[0] == 0
    assert fieldgate("officers", "sign", "--roll", "roll.json", "--key", "dana.key", "--yes")[0] == 0
    return tmp_path


def test_one_officer_alone_is_said_on_every_page(alone: Path) -> None:
    code, out = fieldgate("policy", "submit", "customer-crm.yaml", "--key", "dana.key", "--yes")
    assert (code, "approved by Dana Example alone" in out) == (0, True)
    code, out = fieldgate("policy", "show", "customer-crm.yaml")
    assert (code, "1 of 1 approvals, by Dana Example" in out) == (0, True)
    assert "one officer alone approves here: nobody else has looked" in out
    assert max(map(len, out.splitlines())) <= 80
    assert "nobody else has looked" in fieldgate("policy", "show", "customer-crm.yaml", "--html")[1]
    assert len(json.loads(fieldgate("policy", "show", "customer-crm.yaml", "--json")[1])["approvals"]) == 2


def test_an_edited_file_is_shown_with_no_approvals(alone: Path) -> None:
    fieldgate("policy", "submit", "customer-crm.yaml", "--key", "dana.key", "--yes")
    file = alone / "customer-crm.yaml"
    file.write_bytes(file.read_bytes() + b"# one comment more\n")
    code, out = fieldgate("policy", "show", "customer-crm.yaml")
    assert (code, "0 of 1 approvals of these bytes" in out, "alone" in out) == (0, True, False)


def test_without_a_roll_nothing_is_claimed_and_a_broken_one_is_told(alone: Path) -> None:
    (alone / "roll.json").rename(alone / "kept.json")
    code, out = fieldgate("policy", "show", "customer-crm.yaml")
    assert (code, "nobody can say who has approved it" in " ".join(out.split())) == (0, True)
    (alone / "roll.json").write_text("{}")
    code, out = fieldgate("policy", "show", "customer-crm.yaml")
    assert (code, "the officer roll does not hold" in out) == (0, True)
