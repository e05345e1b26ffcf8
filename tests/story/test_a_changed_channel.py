"""Somebody stops e-mail only. No row joined to theirs is stamped, and every dataset is read by change: yet at the next
run each record about them comes again without the field, in every dataset that carries it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest

from agent.receiver.portal import opt_out
from tests.story.test_choices_of_two_houses import Key, later, records_of, say, subject_of
from tests.story.world import OEM, World, world

ZONE = ZoneInfo("America/New_York")
CARRY_IT = {"customers", "vehicles", "service_visits"}


@pytest.fixture(scope="module")
def dealership(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(
        tmp_path_factory.mktemp("house"), customers=24, limits="{page_rows: 8}", at=dt.datetime.now(dt.UTC)
    ) as made:
        made.sql(
            f"UPDATE {made.table('CUSTOMER')} SET \"OPT_OUT\" = 'N', \"BLOCK_EMAIL\" = 'N', \"FIRST_NAME\" = 'N' ||"
            ' "CUST_NO", "EMAIL1" = \'c\' || "CUST_NO" || \'@mail.example\''
        )
        made.approve(with_the_email_joined(made))
        made.enroll()
        made.run(reconcile=False)
        yield made


def with_the_email_joined(made: World) -> str:
    """The shipped policy, but a vehicle and a visit carry the customer's e-mail address too."""
    above, visits = made.policy_text().split("  service_visits:\n")
    customer = f"{made.engine.schema}.CUSTOMER" if made.engine.schema else "CUSTOMER"

    def carrying(text: str, name: str, number: str, behind: str, filters: str) -> str:
        joined = f"        - {{table: {customer}, as: {name}, where_equal: {{CUST_NO: {number}}}}}\n"
        field = f"      email: {{column: {name}.EMAIL1, category: email, type: text 120}}\n"
        assert behind in text
        assert filters in text
        return text.replace(filters, joined + filters, 1).replace(behind, behind + field, 1)

    odometer = "{column: ODOMETER, category: odometer, type: integer}\n"
    plain = "      only_where:\n        - {column: MAKE, is: EXAMPLE}\n"
    above = above.replace(plain, "      joins:\n" + plain)
    above = carrying(above, "OWNER", "OWNER_NO", odometer, plain)
    entered = "{column: ODOMETER_IN, category: odometer, type: integer}\n"
    return above + "  service_visits:\n" + carrying(visits, "WHO", "CUST_NO", entered, "      only_where:\n")


def emails(made: World, subject: bytes) -> dict[Key, object]:
    """Record -> e-mail address in it, of every record about a person that could carry one."""
    mine = records_of(made, subject)
    return {key: fields.get("email") for key, fields in made.held().items() if key in mine and key[1] in CARRY_IT}


def somebody(made: World) -> tuple[str, Key]:
    """The number and the record of a customer whose address stands in every dataset that carries it."""
    for key, fields in sorted(made.usable().items()):
        if key[1] == "customers" and fields.get("email"):
            about = emails(made, subject_of(made, key))
            if {dataset for _, dataset, _ in about} == CARRY_IT and all(about.values()):
                return str(fields["given_name"])[1:], key
    raise AssertionError("nobody is in every dataset")


def in_the_dms(made: World, number: str, key: Key) -> None:
    stamp = f"{dt.datetime.now(ZONE):%Y-%m-%d %H:%M:%S}"
    made.sql(
        f"UPDATE {made.table('CUSTOMER')} SET \"BLOCK_EMAIL\" = 'Y', \"LAST_CHANGED\" = '{stamp}'"
        f' WHERE "CUST_NO" = {number}'
    )


def at_the_portal(made: World, number: str, key: Key) -> None:
    opt_out(made.oems[OEM].house, key[2], ("email",))
    later(made, minutes=15)
    made.pull()


def to_the_dealer(made: World, number: str, key: Key) -> None:
    say(made, subject_of(made, key), "refused", made.clock(), "email")


@pytest.mark.parametrize("said", [in_the_dms, at_the_portal, to_the_dealer])
def test_every_dataset_comes_again_without_the_field(
    dealership: World, said: Callable[[World, str, Key], None]
) -> None:
    made = dealership
    number, key = somebody(made)
    subject = subject_of(made, key)
    theirs, before = set(emails(made, subject)), len(made.lines())
    later(made, minutes=1)
    said(made, number, key)
    done = made.extract(reconcile=False)
    assert {reading.whole for reading in done.readings if reading.dataset in CARRY_IT} == {False}
    made.deliver()
    new = [(op, (store, dataset, one)) for store, _, op, dataset, one in made.lines()[before:]]
    assert {one for op, one in new if op == "upsert" and one[1] in CARRY_IT} == theirs
    assert set(emails(made, subject).values()) == {None}
    held = made.usable()
    assert all(held[one] for one in theirs), "the rest of each record may be used"
