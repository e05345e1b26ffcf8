"""What was sent about me? Stop it. Delete it. Each answered from the ledger, with the OEM's own receipts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import msgspec
import pytest

from agent.core import ids
from agent.keys.atrest import Sealed
from agent.state import disclosures, outbox
from agent.tasks.answer_person import customer_page, restrict, show
from agent.tasks.claim import keys_aad
from agent.tasks.erase import erase
from tests.story.test_choices_of_two_houses import Key, later, owner_with_cars, records_of, subject_of
from tests.story.world import OEM, World, world


@pytest.fixture(scope="module")
def dealership(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all of these: each asks about somebody whom the OEM may still use."""
    with world(tmp_path_factory.mktemp("house"), customers=16) as made:
        made.approve()
        made.enroll()
        made.run()
        yield made


def number_of(made: World, subject: bytes) -> str:
    """The DMS's number behind a hash, found by trying every customer."""
    key = made.desk.store.secret("persons")
    scope = f"dms\0{made.engine.schema}.CUSTOMER" if made.engine.schema else "dms\0CUSTOMER"
    for (number,) in made.sql(f'SELECT "CUST_NO" FROM {made.table("CUSTOMER")}'):
        if ids.person_hashes(key, scope, [(str(number).strip(),)]) == [subject]:
            return str(number).strip()
    raise AssertionError("nobody has this hash")


@pytest.fixture
def someone(dealership: World) -> tuple[Key, bytes, str]:
    key = owner_with_cars(dealership)
    subject = subject_of(dealership, key)
    return key, subject, number_of(dealership, subject)


def test_the_answer_names_every_disclosure_and_no_value(dealership: World, someone: tuple[Key, bytes, str]) -> None:
    key, subject, number = someone
    answer = show(dealership.desk, number)
    told = {(one.store, one.dataset) for one in answer.disclosed}
    assert told == {(store, dataset) for store, dataset, _ in records_of(dealership, subject)}
    for one in answer.disclosed:
        assert (one.recipient, one.purpose, one.policy, one.policy_version) == (OEM, "marketing", "customer-crm", 4)
        assert len(one.approved_by) >= 2
        assert one.receipt_id
        assert one.sent_at <= one.accepted_at
    customers = next(one for one in answer.disclosed if one.dataset == "customers")
    assert {"given_name", "email", "postal_code"} <= set(customers.fields)
    page = customer_page(answer, "2026-11-22")
    fields = dealership.landed()[key].fields
    for value in (number, fields["given_name"], fields.get("email")):
        assert value is None or str(value) not in page.replace("2026", ""), "kinds of data, never the data"
    assert "<script" not in page
    assert "email" in page
    assert show(dealership.desk, "99999").disclosed == (), "innocent half: a stranger has no disclosure"
    shown = [e["facts"] for e in dealership.audit() if e["event"] == "person_shown"]
    assert [one["disclosures"] for one in shown] == [len(answer.disclosed), 0]
    assert number not in str(shown)


def test_restricted_stops_every_use_until_released(dealership: World, someone: tuple[Key, bytes, str]) -> None:
    key, subject, number = someone
    theirs = records_of(dealership, subject) & set(dealership.usable())
    restrict(dealership.desk, number, release=False)
    dealership.run()
    assert not theirs & set(dealership.usable())
    later(dealership, days=1)
    restrict(dealership.desk, number, release=True)
    dealership.run()
    assert theirs <= set(dealership.usable())
    assert key in theirs


def source_keys(made: World) -> list[bytes]:
    """Every source key the ledger still has of what was sent."""
    found: list[bytes] = []
    with made.desk.state.reading() as tx:
        for (batch_id,) in tx.rows("select batch_id from disclosures"):
            one = outbox.disclosure(tx, batch_id)
            assert one
            assert one.keys is not None
            assert one.keys_key is not None
            opened = made.desk.atrest.open(Sealed(one.keys_key, one.keys), keys_aad(batch_id, one.dataset))
            found += msgspec.msgpack.decode(opened)
    return found


def test_erased_is_deleted_everywhere_acknowledged_and_never_comes_back(
    dealership: World, someone: tuple[Key, bytes, str]
) -> None:
    key, subject, number = someone
    theirs = records_of(dealership, subject)
    dealership.sql(f'UPDATE {dealership.table("VEHICLE")} SET "ODOMETER" = "ODOMETER" + 1')
    dealership.extract()  # something about them waits
    done = erase(dealership.desk, number)
    assert done.records == len(theirs)
    answer = show(dealership.desk, number)
    assert {one.accepted_at for one in answer.deletions} == {""}, "asked, and not acknowledged yet"
    lines = len(dealership.lines())
    dealership.deliver()
    new = dealership.lines()[lines:]
    assert {op for s, _, op, d, i in new if (s, d, i) in theirs} == {"retract"}
    assert not theirs & set(dealership.landed())
    answer = show(dealership.desk, number)
    assert all(one.accepted_at for one in answer.deletions)
    assert sum(one.records for one in answer.deletions) == len(theirs)
    assert "confirmed on" in customer_page(answer, "2026-11-22")

    with dealership.oems[OEM].house.store.reading() as db:
        [[left]] = db.execute(
            "SELECT count(*) FROM operations WHERE op = 'upsert' AND line IS NOT NULL AND id = ?", (key[2],)
        ).fetchall()
    assert left == 0, "the receiver blanked what it had logged"

    after = source_keys(dealership)
    mine = sum(len(one.ids) for one in _left(dealership, subject))
    assert len([one for one in after if not one]) == mine > 0, "their source keys are destroyed, and nobody else's"

    dealership.run()
    with dealership.desk.state.transaction() as tx:
        tx.write("delete from runs")  # a full reload
    dealership.run()
    assert not theirs & set(dealership.landed())
    dealership.check_house()


def _left(made: World, subject: bytes) -> list[disclosures.Left]:
    with made.desk.state.reading() as tx:
        return list(disclosures.of_people(tx, [subject]))


def test_a_batch_on_its_way_when_somebody_is_erased_is_withdrawn_or_deleted(
    dealership: World, someone: tuple[Key, bytes, str]
) -> None:
    """Announced, and its answer lost: whether it arrived or not, nothing of theirs is there in the end."""
    _, subject, number = someone
    theirs = records_of(dealership, subject)
    dealership.sql(f'UPDATE {dealership.table("VEHICLE")} SET "ODOMETER" = "ODOMETER" + 1')
    dealership.extract()
    settings = dealership.desk.config.recipients
    right = settings[OEM]
    settings[OEM] = right.model_copy(update={"endpoint": "https://127.0.0.1:9"})
    with contextlib.suppress(Exception):
        dealership.deliver()
    settings[OEM] = right
    erase(dealership.desk, number)
    later(dealership, days=1)
    dealership.deliver()
    dealership.run()
    assert not theirs & set(dealership.landed())
    dealership.check_house()
