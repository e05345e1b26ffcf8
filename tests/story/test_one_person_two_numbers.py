"""One customer stands under two numbers of the DMS, with one e-mail address: a stop under one counts under the other, a
yes does not, and an address that half the town shares says nothing about anybody."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from agent.health import health
from agent.receiver.portal import opt_out
from agent.state import links
from agent.tasks.answer_person import Shared, customer_page, show
from tests.story.house import cli
from tests.story.test_choices_of_two_houses import Key, later, records_of, say, subject_of
from tests.story.world import OEM, World, world

ZONE = ZoneInfo("America/New_York")


@pytest.fixture(
    scope="module",
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.long),
        pytest.param("mariadb", marks=[pytest.mark.mariadb, pytest.mark.long]),
    ],
)
def dealership(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    kind = request.param
    engine = None if kind == "sqlite" else request.getfixturevalue(f"{kind}_server").fresh()
    with world(tmp_path_factory.mktemp("house"), engine=engine, customers=20, at=dt.datetime.now(dt.UTC)) as made:
        named = "CONCAT('N', \"CUST_NO\")" if kind == "mariadb" else "'N' || \"CUST_NO\""
        silent = ", ".join(f"\"{name}\" = 'N'" for name in ("OPT_OUT", "BLOCK_EMAIL", "BLOCK_MAIL"))
        update(made, f'{silent}, "CALL_OK" = \'Y\', "SMS_OK" = \'Y\', "FIRST_NAME" = {named}')
        made.approve()
        made.enroll()
        made.run()
        yield made


def update(made: World, what: str, where: str = "1 = 1") -> None:
    sql = f"UPDATE {made.table('CUSTOMER')} SET {what} WHERE {where}"
    made.sql(sql.replace('"', "`") if made.engine.kind == "mariadb" else sql)


def numbers(made: World) -> dict[str, Key]:
    """Customer number -> record, of customers whom the OEM may use; found by a name that is the number."""
    return {
        str(fields["given_name"])[1:]: key for key, fields in sorted(made.usable().items()) if key[1] == "customers"
    }


def write(made: World, column: str, value: str, *customers: str) -> None:
    """As somebody at the dealer's types it: the row's change column moves on."""
    stamp = f"{dt.datetime.now(ZONE):%Y-%m-%d %H:%M:%S}"
    update(made, f"\"{column}\" = '{value}', \"LAST_CHANGED\" = '{stamp}'", f'"CUST_NO" IN ({", ".join(customers)})')


@pytest.mark.long
def test_a_stop_under_one_number_counts_under_the_other_until_a_yes_or_another_address(dealership: World) -> None:
    made = dealership
    (a, key_a), (b, key_b), (_, key_c), *_ = numbers(made).items()
    write(made, "EMAIL1", "both@mail.example", a)
    write(made, "EMAIL1", " Both@Mail.example", b)
    made.run()
    one, other, third = (subject_of(made, key) for key in (key_a, key_b, key_c))
    theirs = records_of(made, one) | records_of(made, other)
    assert {key_a, key_b, key_c} <= set(made.usable()), "innocent half: an address shared stops nobody"

    opt_out(made.oems[OEM].house, key_a[2])
    later(made, minutes=15)
    made.pull()
    made.deliver()
    assert not theirs & set(made.usable()), "one word, under one number, and both are told before anything is read"
    assert key_c in made.usable()
    update(made, "\"LANGUAGE\" = 'es'")
    with made.desk.state.transaction() as tx:
        tx.write("delete from runs")  # a full reload
    made.run()
    assert not theirs & set(made.usable()), "nor does a full reload bring anybody back"

    later(made, minutes=1)
    say(made, third, "given", made.clock())
    say(made, other, "given", made.clock())
    made.run()
    assert key_b in made.usable(), "a newer yes under the other number counts there"
    assert key_a not in made.usable(), "and there only: links are for opt-outs"

    later(made, minutes=1)
    write(made, "OPT_OUT", "Y", b)
    made.run()
    say(made, one, "given", made.clock())
    made.run()
    assert not {key_a, key_b} & set(made.usable()), "the DMS says no under one number, so no yes helps the other"

    write(made, "EMAIL1", "own@mail.example", a)
    made.run()
    assert key_a in made.usable(), "with an address of his own he is somebody else"
    assert key_b not in made.usable()
    made.check_house()


def test_found_by_change_a_channel_takes_its_field_away_and_a_whole_stop_both_records(dealership: World) -> None:
    made = dealership
    (a, key_a), (b, key_b), *_ = numbers(made).items()
    later(made, minutes=1)
    opt_out(made.oems[OEM].house, key_a[2], ("email",))
    later(made, minutes=15)
    made.pull()
    made.run()
    assert "email" in made.held()[key_b]
    write(made, "EMAIL1", "home@mail.example", a, b)
    made.run(reconcile=False)
    landed = made.landed()[key_b]
    assert "email" not in landed.fields
    assert "email" in landed.suppressed
    assert "all" not in landed.suppressed
    assert "given_name" in landed.fields
    told_why(made, a, b, "email")
    opt_out(made.oems[OEM].house, key_a[2])
    later(made, minutes=15)
    made.pull()
    made.deliver()
    told_why(made, a, b, "everything")
    assert not {key_a, key_b} & set(made.usable()), "one word, under one number, before anything is read"


def told_why(made: World, spoke: str, asks: str, what: str) -> None:
    """Who asks under the number that said nothing learns why something is held back, and not under which number."""
    assert show(made.desk, spoke).shared == (), "innocent half: whoever spoke is held to their own word"
    answer = show(made.desk, asks)
    assert answer.shared == (Shared(OEM, "marketing", (what,), ("email",)),)
    page = customer_page(answer, "2026-11-22")
    assert "Another entry in our customer file has the same e-mail address as yours" in page
    screen = cli("person", "show", "--config", str(made.config.path), stdin=f"{asks}\n").out
    assert "Another customer number has the same e-mail address and said stop." in " ".join(screen.split())
    assert not {spoke, "home@mail.example"} & {*re.findall(r"[\w@.]+", page + screen)}


def test_an_address_of_more_than_five_numbers_links_nobody_and_is_raised(dealership: World) -> None:
    made = dealership
    known = numbers(made)
    six = list(known)[:6]
    write(made, "EMAIL1", "frontdesk@dealer.example", *six[:5])
    made.run()
    first = subject_of(made, known[six[0]])
    with made.desk.state.reading() as tx:
        assert len(links.of(tx, {first})[first]) == 4, "innocent half: five are linked"
        assert links.faulty(tx) == set()
    write(made, "EMAIL1", "frontdesk@dealer.example", six[5])
    made.run()
    opt_out(made.oems[OEM].house, known[six[0]][2])
    later(made, minutes=15)
    made.pull()
    made.run()
    assert known[six[0]] not in made.usable()
    assert {known[number] for number in six[1:]} <= set(made.usable())
    with made.desk.state.reading() as tx:
        [told] = [one for one in health(tx, made.config, made.clock()).notices if one.startswith("shared")]
    assert "more than 5 customer numbers: 1 e-mail addresses." in told
    [entry] = [e["facts"] for e in made.audit() if e["event"] == "contacts_shared_by_many"]
    assert entry == {"addresses": 1, "numbers": 0}
    made.desk.state.close()
    kept = b"".join(path.read_bytes() for path in made.config.state_file.parent.glob(made.config.state_file.name + "*"))
    made.open()
    assert b"frontdesk" not in kept.lower(), "no address is in the state file"
