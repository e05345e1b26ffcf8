"""Leaving for good: what the OEM holds is gone or left as said, a certificate that verifies says so; the keys go last,
and only when nobody owes a receipt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core import jws
from agent.core.audit_export import verify_export
from agent.tasks.offboard import TYP
from tests.story import breaking, house
from tests.story.house import CANARY, Ended, House, cli


@pytest.fixture
def one(has_run: Path, tmp_path: Path) -> Iterator[House]:
    with house.house(has_run, tmp_path / "house") as made:
        yield made


def leave(one: House, *options: str, stdin: str = "") -> Ended:
    out = str(one.folder / "gone")
    return cli("offboard", "--config", str(one.yaml), "--out", out, *options, stdin=stdin)


def certificate(one: House) -> dict[str, object]:
    """Its claims, out of the signed bytes."""
    file = json.loads((one.folder / "gone" / "certificate-of-deletion.json").read_text("utf-8"))
    keys = {key["kid"]: {name: key[name] for name in ("kty", "crv", "x", "y")} for key in file["keys"]}
    _, payload = jws.verify(file["jws"], TYP, keys.get)
    assert json.loads(payload) == file["claims"]
    assert CANARY not in json.dumps(file)
    return dict(file["claims"])


def keys_left(one: House) -> list[str]:
    return [path.name for path in one.key("persons").parent.iterdir() if path.name != "position.json"]


def test_retracted_the_oem_holds_nothing_and_the_certificate_says_so(one: House) -> None:
    assert one.landed() == 11
    ended = leave(one, "--retract", stdin="y\n")
    assert ended.status == 0, ended
    assert one.landed() == 0
    said = certificate(one)
    [stream] = [stream for stream in said["streams"] if stream["asked"]]  # type: ignore[attr-defined]
    assert (stream["asked"], stream["acknowledged"], stream["waiting"]) == (11, 11, 0)
    assert keys_left(one) == []
    verdict = verify_export((one.folder / "gone" / "audit-record.jsonl").read_bytes())
    assert not verdict.problem
    assert one.run().errors[0].code == "FG-T32"  # it never sends again, and nobody is told to mend that
    assert one.status().out.startswith("STOPPED   this agent was offboarded on")
    assert "restored from" not in one.doctor().out


def test_handed_over_the_oem_keeps_what_it_holds(one: House) -> None:
    assert leave(one, "--hand-over", "--yes").status == 0
    assert one.landed() == 11
    assert "as its contract says" in str(certificate(one)["said"])
    assert keys_left(one) == []


def test_while_a_receipt_is_outstanding_no_key_is_destroyed_unless_somebody_says_so(one: House) -> None:
    with breaking.oem_gone(one):
        ended = leave(one, "--retract", "--yes")
        assert (ended.status, ended.errors[0].code) == (4, "FG-T30")
        assert "persons" in "".join(keys_left(one))
        other = leave(one, "--hand-over", "--yes")
        assert other.errors[0].code == "FG-C70"
        assert one.run().status == 3, "its policies have ended: nothing is read meanwhile"
        assert one.status().out.startswith("STOPPED   this agent is being offboarded")
        assert leave(one, "--retract", "--yes", "--without-receipts").status == 0
    said = certificate(one)
    assert "without a receipt" in str(said["said"])
    assert keys_left(one) == []
    assert one.landed() == 11


def test_it_goes_on_where_it_was_left(one: House) -> None:
    with breaking.oem_gone(one):
        assert leave(one, "--retract", "--yes").status == 4
    assert leave(one, "--retract", "--yes").status == 0
    assert one.landed() == 0


def test_without_a_yes_and_without_a_way_nothing_happens(one: House) -> None:
    assert leave(one, "--retract", stdin="n\n").status == 1
    assert leave(one, "--yes").status == 2
    assert leave(one, "--retract", "--hand-over", "--yes").status == 2
    assert one.run().status == 0
