"""Two stores and two recipients in one database: nobody gets what is another's, and one's outage is nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.tasks import enroll
from agent.tasks.deliver import deliver_next
from agent.tasks.permission import policies_in_force
from tests.story.expected import differences, expected
from tests.story.world import OEM, World, world

OTHER = "other-motors"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, oems=(OEM, OTHER)) as made:
        made.approve()
        made.approve(other_policy(made), "other-crm")
        made.enroll(OEM)
        made.enroll(OTHER, stores=("04",))
        yield made


def other_policy(made: World) -> str:
    """Another maker's own cars, one store, fewer fields."""
    text = made.policy_text(**{
        "policy: customer-crm": "policy: other-crm", f"recipient: {OEM}": f"recipient: {OTHER}",
        'stores: ["01", "04"]': 'stores: ["04"]', "EXAMPLE}": "OTHERMAKE}",
    })  # fmt: skip
    lines = [line for line in text.splitlines() if not line.startswith("answers:")]
    return "\n".join(line for line in lines if "family_name:" not in line) + "\n"


def test_each_gets_its_own_makes_stores_and_fields(two: World) -> None:
    two.run()
    assert differences(two.held(OEM), expected(two, OEM)) == []
    other = two.held(OTHER)
    assert {store for store, *_ in other} == {"04"}
    assert {fields["make"] for (_, dataset, _), fields in other.items() if dataset == "vehicles"} == {"OTHERMAKE"}
    assert all("family_name" not in fields for fields in other.values())
    assert {fields["make"] for (_, dataset, _), fields in two.held(OEM).items() if dataset == "vehicles"} == {"EXAMPLE"}
    two.check_house()


def test_nothing_joins_what_two_makers_hold(two: World) -> None:
    """Ids, nonces and pseudonyms of one stream mean nothing in another."""
    two.run()
    seen: dict[str, set[str]] = {}
    for name in (OEM, OTHER):
        for (store, _, record_id), one in two.landed(name).items():
            hidden = {record_id, one.nonce} | {
                str(v) for k, v in one.fields.items() if k.endswith("_id") and v is not None
            }
            seen.setdefault(f"{name}/{store}", set()).update(hidden)
    streams = sorted(seen)
    assert len(streams) == 3
    for i, one in enumerate(streams):
        for two_ in streams[i + 1 :]:
            assert not seen[one] & seen[two_], (one, two_)


def test_pseudonyms_join_within_a_stream(two: World) -> None:
    two.run()
    held = two.held(OEM)
    for store in ("01", "04"):
        owners = {f["customer_id"] for (s, d, _), f in held.items() if (s, d) == (store, "vehicles")}
        known = {f["customer_id"] for (s, d, _), f in held.items() if (s, d) == (store, "customers")}
        assert owners & known


def test_one_silent_oem_holds_up_nobody_else(two: World) -> None:
    two.oems[OEM].stop()
    try:
        steps = two.run()
    finally:
        two.oems.pop(OEM)
    assert "waiting" in {step.outcome for step in steps}
    assert two.held(OTHER)
    two.check_house()


def test_an_oem_that_answers_nonsense_holds_up_nobody_else(two: World) -> None:
    two.extract()
    right, wrong = enroll.connect(two.desk, OTHER), Nonsense()
    ruleset = policies_in_force(two.desk)
    outcomes = {}
    for (name, store), stream_id in two.streams().items():
        recipient = right if name == OTHER else wrong
        outcomes[name, store] = deliver_next(two.desk, ruleset, stream_id, recipient).outcome
    right.close()
    assert outcomes[OTHER, "04"] == "settled"
    assert outcomes[OEM, "01"] in ("waiting", "stopped")


class Nonsense:
    """An OEM whose every answer is 200 and a page of a hotel's log-in."""

    status, body, problem, retry_after = 200, b"<html>Welcome to the Example Hotel</html>", "", None

    def push(self, batch: object) -> Nonsense:
        return self

    def head(self, stream_id: str, now_s: int, jti: str) -> Nonsense:
        return self

    def keys(self) -> Nonsense:
        return self


def test_a_choice_reaches_every_recipient(two: World) -> None:
    two.run()
    both = f"""SELECT c."CUST_NO" FROM {two.table("CUSTOMER")} c WHERE RTRIM(c."STORE_NO") = '04' AND
        (SELECT COUNT(DISTINCT v."MAKE") FROM {two.table("VEHICLE")} v WHERE v."OWNER_NO" = c."CUST_NO") = 2"""
    who = [row[0] for row in two.sql(both)]
    assert who
    numbers = ", ".join(str(one) for one in who)
    two.sql(f'UPDATE {two.table("CUSTOMER")} SET "OPT_OUT" = \'N\' WHERE "CUST_NO" IN ({numbers})')
    two.run()
    before = {name: len(two.lines(name)) for name in (OEM, OTHER)}
    two.sql(f'UPDATE {two.table("CUSTOMER")} SET "OPT_OUT" = \'Y\' WHERE "CUST_NO" IN ({numbers})')
    two.run()
    for name in (OEM, OTHER):
        news = two.lines(name)[before[name] :]
        assert {op for _, _, op, _, _ in news} == {"suppress"}, name
    assert differences(two.usable(OEM), expected(two, OEM)) == []
