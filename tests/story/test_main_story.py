"""From the DMS to the OEM and back: what leaves, what stays, who may still be used, told over HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import FieldgateError, PolicyError
from agent.tasks import pausing
from tests.story.expected import differences, expected
from tests.story.world import OEM, World, world

PAT = "104417"


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.approve()
        made.enroll()
        yield made


def set_choice(world: World, column: str, code: str, customer: str = PAT) -> None:
    world.sql(f'UPDATE {world.table("CUSTOMER")} SET "{column}" = \'{code}\' WHERE "CUST_NO" = {customer}')


def of_pat(world: World) -> set[tuple[str, str, str]]:
    """Every record that is there because of Pat: gone from what is expected when Pat opts out."""
    set_choice(world, "OPT_OUT", "N")
    with_pat = set(expected(world, OEM))
    set_choice(world, "OPT_OUT", "Y")
    without = set(expected(world, OEM))
    set_choice(world, "OPT_OUT", "N")
    return with_pat - without


def check(world: World) -> None:
    assert differences(world.usable(), expected(world, OEM)) == []
    world.check_house()


def test_the_oem_holds_exactly_what_sql_and_a_transform_of_our_own_say(dealership: World) -> None:
    dealership.run()
    assert differences(dealership.held(), expected(dealership, OEM)) == []
    assert len(dealership.held()) > 100
    dealership.check_house()


def test_a_second_run_of_an_unchanged_dms_sends_nothing(dealership: World) -> None:
    dealership.run()
    before = dealership.lines()
    dealership.run()
    assert dealership.lines() == before


def test_an_opt_out_is_suppressed_before_anything_else_and_an_opt_in_lifts_it(dealership: World) -> None:
    dealership.run()
    before = dealership.lines()
    pat = of_pat(dealership)
    assert len(pat) > 2
    set_choice(dealership, "OPT_OUT", "Y")
    # something else changes in the same night, and must wait for the suppression
    dealership.sql(f'UPDATE {dealership.table("VEHICLE")} SET "ODOMETER" = "ODOMETER" + 1')
    dealership.run()
    news = dealership.lines()[len(before) :]
    for store in ("01", "04"):
        ops = [op for at, _, op, _, _ in news if at == store]
        assert ops == sorted(ops, key=lambda op: op != "suppress"), "the suppression goes first"
    assert {(store, dataset, i) for store, _, op, dataset, i in news if op == "suppress"} == pat
    check(dealership)

    dealership.run()
    assert dealership.lines()[len(before) + len(news) :] == [], "a full reload does not bring them back"

    set_choice(dealership, "OPT_OUT", "N")
    dealership.run()
    back = dealership.lines()[len(before) + len(news) :]
    assert {(store, dataset, i) for store, _, op, dataset, i in back if op == "lift"} == pat
    assert {(store, dataset, i) for store, _, op, dataset, i in back if op == "upsert"} == pat
    check(dealership)


def test_a_refused_channel_is_told_and_its_field_goes(dealership: World) -> None:
    set_choice(dealership, "OPT_OUT", "N")
    set_choice(dealership, "BLOCK_EMAIL", "N")
    dealership.run()
    [pat] = [key for key in of_pat(dealership) if key[1] == "customers"]
    assert "email" in dealership.held()[pat]
    set_choice(dealership, "BLOCK_EMAIL", "Y")
    dealership.run()
    assert "email" not in dealership.held()[pat]
    assert dealership.landed()[pat].suppressed == ("email",)
    set_choice(dealership, "BLOCK_EMAIL", "N")
    dealership.run()
    assert "email" in dealership.held()[pat]
    assert dealership.landed()[pat].suppressed == ()
    check(dealership)


def test_a_refused_channel_stays_refused_when_a_whole_opt_out_is_taken_back(dealership: World) -> None:
    set_choice(dealership, "OPT_OUT", "N")
    set_choice(dealership, "BLOCK_EMAIL", "N")
    dealership.run()
    [pat] = [key for key in of_pat(dealership) if key[1] == "customers"]
    for column, code in (("BLOCK_EMAIL", "Y"), ("OPT_OUT", "Y"), ("OPT_OUT", "N")):
        set_choice(dealership, column, code)
        dealership.run()
    assert "email" in dealership.landed()[pat].suppressed
    assert "all" not in dealership.landed()[pat].suppressed
    check(dealership)


def test_a_channel_allowed_again_during_an_opt_out_is_free_when_it_ends(dealership: World) -> None:
    set_choice(dealership, "OPT_OUT", "N")
    set_choice(dealership, "BLOCK_EMAIL", "N")
    dealership.run()
    [pat] = [key for key in of_pat(dealership) if key[1] == "customers"]
    for column, code in (("BLOCK_EMAIL", "Y"), ("OPT_OUT", "Y"), ("BLOCK_EMAIL", "N"), ("OPT_OUT", "N")):
        set_choice(dealership, column, code)
        dealership.run()
    assert not {"email", "all"} & set(dealership.landed()[pat].suppressed)
    assert "email" in dealership.held()[pat]
    check(dealership)


def test_who_opts_out_while_the_lines_wait_is_never_sent(dealership: World) -> None:
    dealership.extract()
    assert dealership.waiting() > 0
    pat = of_pat(dealership)
    set_choice(dealership, "OPT_OUT", "Y")
    dealership.extract()
    dealership.deliver()
    told = {(store, dataset, i) for store, _, _, dataset, i in dealership.lines()}
    assert told, "the others left"
    assert not told & pat
    check(dealership)


def test_a_deleted_row_is_retracted_and_a_deal_unwound_too(dealership: World) -> None:
    dealership.run()
    before = len(dealership.lines())
    deal = next(i for store, dataset, i in sorted(dealership.held()) if dataset == "vehicle_sales")
    dealership.sql(f'DELETE FROM {dealership.table("REPAIR_ORDER")} WHERE "CUST_NO" = {PAT}')
    dealership.sql(f"UPDATE {dealership.table('SALES_DEAL')} SET \"DEAL_STATUS\" = 'U'")
    dealership.run()
    news = dealership.lines()[before:]
    assert {op for _, _, op, _, _ in news} == {"retract"}
    assert deal in {i for *_, i in news}
    assert not [key for key in dealership.held() if key[1] == "vehicle_sales"]
    assert differences(dealership.held(), expected(dealership, OEM)) == []


def test_a_new_policy_version_discards_what_waits_and_withdraws_what_it_no_longer_grants(dealership: World) -> None:
    dealership.run()
    dealership.sql(f"UPDATE {dealership.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
    dealership.extract()
    waiting = dealership.waiting()
    assert waiting > 0
    text = dealership.policy_text(**{"version: 4": "version: 5"})
    start = text.index("  service_visits:")
    text = text[:start] + text[text.index("# 4. ASKED FOR") :]
    text = text.replace("      family_name: {column: LAST_NAME,  category: name,        type: text 60}\n", "")
    text = text.replace("declined:\n", "declined:\n  family_name: a given name is enough\n")
    dealership.approve(text)
    dealership.run()
    wanted = expected(dealership, OEM)
    wanted = {
        key: {name: value for name, value in fields.items() if name != "family_name"}
        for key, fields in wanted.items()
        if key[1] != "service_visits"
    }
    assert differences(dealership.held(), wanted) == []
    reasons = [e["facts"]["reason"] for e in dealership.audit() if e["event"] == "discarded"]  # type: ignore[index]
    assert reasons.count("another policy version is in force") >= waiting
    dealership.check_house()


def test_a_new_policy_version_with_one_more_choice_column_reads_on(dealership: World) -> None:
    text = dealership.policy_text()
    sms = next(line for line in text.splitlines() if line.strip().startswith("sms:"))
    dealership.approve(text.replace(sms + "\n", "").replace("version: 4", "version: 5"))
    dealership.run()
    dealership.approve(text.replace("version: 4", "version: 6"))
    dealership.run()
    check(dealership)


def test_a_store_taken_out_of_the_policy_is_retracted(dealership: World) -> None:
    dealership.run()
    dealership.approve(dealership.policy_text(**{"version: 4": "version: 5", 'stores: ["01", "04"]': 'stores: ["01"]'}))
    dealership.run()
    assert {store for store, *_ in dealership.held()} == {"01"}
    dealership.check_house()


# Permission ----------------------------------------------------------------------------------------------------------


def readings(world: World) -> int:
    return sum(e["event"] == "reading" for e in world.audit())


def test_without_an_approved_policy_nothing_is_read(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.enroll()
        made.write_policy(made.policy_text())  # written, but nobody approved it
        with pytest.raises(PolicyError) as refusal:
            made.extract()
        assert refusal.value.exit_status == 3
        assert readings(made) == 0
        assert not any(e["event"] == "access_probed" for e in made.audit())


@pytest.mark.parametrize("edit", ["# harmless", "      # one more field\n"])
def test_one_byte_edited_after_approval_reads_and_sends_nothing(dealership: World, edit: str) -> None:
    dealership.extract()
    before = readings(dealership)
    path = dealership.folder / "policies" / "customer-crm.yaml"
    path.write_text(path.read_text("utf-8") + edit, "utf-8")
    for work in (dealership.extract, dealership.deliver):
        with pytest.raises(PolicyError) as refusal:
            work()
        assert refusal.value.exit_status == 3
        assert "0 approvals" in refusal.value.what
    assert readings(dealership) == before
    assert dealership.lines() == []
    path.write_text(path.read_text("utf-8").removesuffix(edit), "utf-8")
    dealership.run()
    check(dealership)


def test_bytes_changed_in_the_state_file_are_not_believed(dealership: World) -> None:
    with dealership.desk.state.transaction() as tx:
        tx.write("update policies set data = cast(replace(cast(data as text), 'FIRST_NAME', 'SSN') as blob)")
    with pytest.raises(FieldgateError):
        dealership.extract()
    assert readings(dealership) == 0


def test_a_policy_stops_on_the_day_its_contract_ends(dealership: World) -> None:
    dealership.run()
    before = dealership.lines()
    dealership.clock.at = dealership.clock.at.replace(year=2027, month=6, day=30)
    for work in (dealership.extract, dealership.deliver):
        with pytest.raises(PolicyError):
            work()
    assert dealership.lines() == before


def test_a_paused_recipient_gets_nothing_until_it_is_resumed(dealership: World) -> None:
    pausing.pause(dealership.desk, OEM)
    assert {step.outcome for step in dealership.run()} == {"waiting"}
    assert dealership.lines() == []
    pausing.resume(dealership.desk, OEM)
    dealership.deliver()
    check(dealership)


def test_a_record_lost_while_it_was_suppressed_may_be_used_again_after_a_newer_yes(dealership: World) -> None:
    set_choice(dealership, "OPT_OUT", "N")
    dealership.run()
    orders = dealership.table("REPAIR_ORDER")
    dealership.sql(f"CREATE TABLE kept AS SELECT * FROM {orders} WHERE CUST_NO = {PAT}")
    set_choice(dealership, "OPT_OUT", "Y")
    dealership.run()
    dealership.sql(f"DELETE FROM {orders} WHERE CUST_NO = {PAT}")
    dealership.run()
    dealership.sql(f"INSERT INTO {orders} SELECT * FROM kept")
    dealership.run()
    check(dealership)
    set_choice(dealership, "OPT_OUT", "N")
    dealership.run()
    check(dealership)
