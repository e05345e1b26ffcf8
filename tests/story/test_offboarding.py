"""Leaving for good: what the OEM holds is gone or left as said, a certificate that verifies says so; the keys go last,
and only when nobody owes a receipt."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import config
from agent.core import decision, jws
from agent.core.audit_export import verify_export
from agent.core.roll import read_roll
from agent.tasks import decision_life
from agent.tasks.desk import open_desk
from agent.tasks.offboard import TYP
from tests.officers import DANA, KIM, LEE
from tests.story import breaking, house
from tests.story.house import CANARY, Ended, House, cli, now, world_of


@pytest.fixture
def undecided(has_run: Path, tmp_path: Path) -> Iterator[House]:
    with house.house(has_run, tmp_path / "house") as made:
        yield made


@pytest.fixture
def one(undecided: House) -> House:
    """Officers have decided for both ways, so that each test may take its own."""
    for way in ("retract", "hand-over"):
        assert cli("decide", "import", str(decided(undecided, way)), "--config", str(undecided.yaml)).status == 0
    return undecided


def decided(one: House, way: str, instance: str = "") -> Path:
    world = world_of(one.folder, one.engine, one.oem)
    world.roll = read_roll((one.folder / "roll.json").read_bytes(), None)
    desk = open_desk(config.load(one.yaml), clock=now, actor="test")
    desk.state.close()
    asked = decision.ask(
        "offboard", {"instance": instance or desk.instance_id, "way": way}, "The store is sold on Friday",
        expires_on=now().date() + dt.timedelta(days=30), roll=world.roll,
    )  # fmt: skip
    path = one.folder / f"{way}{instance}.decision.json"
    decision_life.propose(asked, path, world.pen(DANA))
    for person in (LEE, KIM):
        decision_life.sign(path, asked, world.pen(person))
    return path


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


def test_dealer_it_alone_cannot_end_it_and_a_decision_counts_for_its_agent_and_its_way_only(undecided: House) -> None:
    one = undecided
    for other in (decided(one, "hand-over"), decided(one, "retract", "another-agent")):
        assert cli("decide", "import", str(other), "--config", str(one.yaml)).status == 0
    refused = leave(one, "--retract", "--yes")
    assert (refused.status, refused.errors[0].code) == (3, "FG-D36")
    assert one.run().status == 0, "nothing has changed"
    assert "persons" in "".join(keys_left(one))
    file = decided(one, "retract")
    assert cli("decide", "import", str(file), "--config", str(one.yaml)).status == 0
    assert leave(one, "--retract", "--yes").status == 0
    said = certificate(one)["decided"]
    sha256 = decision.question_sha256(decision_life.load(file).decision)
    assert said == {"by": [LEE.name, KIM.name], "sha256": sha256}


def test_without_a_yes_and_without_a_way_nothing_happens(one: House) -> None:
    assert leave(one, "--retract", stdin="n\n").status == 1
    assert leave(one, "--yes").status == 2
    assert leave(one, "--retract", "--hand-over", "--yes").status == 2
    assert one.run().status == 0
