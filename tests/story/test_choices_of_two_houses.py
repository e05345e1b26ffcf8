"""A customer says stop at the car maker's: the dealer hears it, holds to it, tells it on, and cannot be fooled."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.core.facts import EVERYTHING, GROUP, Fact
from agent.core.heads import OptOut, OptOutPage, RequestClaims, make_reply, opt_outs_path
from agent.core.lines import scope_of
from agent.errors import PolicyError
from agent.pipeline import pull_once
from agent.receiver import holdings
from agent.receiver.portal import opt_out
from agent.state import choices, disclosures, streams
from agent.state.choices import Said
from agent.tasks import enroll, policy_watch
from agent.tasks.facts import take
from tests.officers import DANA
from tests.story.world import OEM, World, world

Key = tuple[str, str, str]


@pytest.fixture
def dealership(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, customers=16, limits="{page_rows: 7}") as made:
        made.approve()
        made.enroll()
        yield made


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for those who end nothing: each finds somebody whom the OEM may still use."""
    with world(tmp_path_factory.mktemp("house"), customers=24, limits="{page_rows: 7}") as made:
        made.approve()
        made.enroll()
        made.run()
        yield made


@pytest.fixture(scope="module")
def lied_to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Of its pages of opt-outs the OEM knows nothing, so their numbers are nobody's but these tests'."""
    with world(tmp_path_factory.mktemp("house"), customers=16) as made:
        made.approve()
        made.enroll()
        made.run()
        yield made


def owner_with_cars(made: World) -> Key:
    """A customer whom the OEM may use, and of whom it holds more than the one record."""
    mine = [key for key in sorted(made.usable()) if key[:2] == ("01", "customers")]
    return next(
        key for key in mine if {d for _, d, _ in records_of(made, subject_of(made, key))} >= {"vehicles", "customers"}
    )


def subject_of(made: World, key: Key) -> bytes:
    store, dataset, record_id = key
    stream_id = made.streams()[OEM, store]
    with made.desk.state.reading() as tx:
        found = disclosures.people_of(tx, stream_id, dataset, {bytes.fromhex(record_id)})
    return found[bytes.fromhex(record_id)][0]


def records_of(made: World, subject: bytes) -> set[Key]:
    """Every record about a person that ever left, said from the disclosures."""
    found, known = set(), made.streams()
    with made.desk.state.reading() as tx:
        for (_, store), stream_id in known.items():
            for dataset, ids, people, persons in tx.rows(
                "select d.dataset, d.ids, d.people, d.persons from disclosures d join batches b using (batch_id)"
                " where b.stream_id = ?",
                (stream_id,),
            ):
                for at in range(len(ids) // 16):
                    if subject in [persons[i : i + 16] for i in range(at * people * 16, (at + 1) * people * 16, 16)]:
                        found.add((store, dataset, ids[at * 16 : at * 16 + 16].hex()))
    return found


def say(made: World, subject: bytes, what: str, at: dt.datetime, channel: str = EVERYTHING) -> None:
    fact = Fact(what, "*", channel, GROUP, at.isoformat(timespec="milliseconds").replace("+00:00", "Z"))  # type: ignore[arg-type]
    with made.desk.state.transaction() as tx:
        take(made.desk, tx, [Said(subject, fact, "dealer")])


def later(made: World, **by: int) -> None:
    made.clock.at += dt.timedelta(**by)


def test_a_stop_at_the_portal_is_heard_held_to_and_told_on(town: World) -> None:
    key = owner_with_cars(town)
    subject = subject_of(town, key)
    theirs = records_of(town, subject)
    assert {dataset for _, dataset, _ in theirs} >= {"customers", "vehicles"}
    assert theirs & set(town.usable())
    before = len(town.lines())
    opt_out(town.oems[OEM].house, key[2])
    later(town, minutes=15)
    pulled = town.pull()
    assert [(one.entries, one.unknown, one.error) for one in pulled if one.entries] == [(1, 0, None)]
    town.sql(f'UPDATE {town.table("VEHICLE")} SET "ODOMETER" = "ODOMETER" + 1')
    town.run()
    new = town.lines()[before:]
    assert not theirs & set(town.usable()), "one word to the car maker stops every record"
    mine = [(op, dataset) for store, _, op, dataset, record_id in new if (store, dataset, record_id) in theirs]
    assert {op for op, _ in mine} == {"suppress"}
    told = [op for store, _, op, _, _ in new if store == key[0]]
    assert told.index("suppress") < told.index("upsert"), "said before anything else is sent"
    [head] = [one for one in holdings.streams(town.oems[OEM].house) if one.store == key[0]]
    newest = [b for b in holdings.batches(town.oems[OEM].house) if b.stream_id == head.stream_id][-1]
    assert '"opt_outs_through":1' in _payload(newest.manifest)

    # A full reload in other pages brings nobody back.
    with town.desk.state.transaction() as tx:
        tx.write("delete from runs")
    town.run()
    assert not theirs & set(town.usable())

    # A newer yes does, each record behind its lift; the clock decides, not the order in which we hear of it.
    say(town, subject, "given", town.clock.at - dt.timedelta(days=30))
    town.run()
    assert not theirs & set(town.usable())
    later(town, minutes=1)
    say(town, subject, "given", town.clock())
    before = len(town.lines())
    town.run()
    assert theirs <= set(town.usable())
    ops = [op for s, _, op, d, i in town.lines()[before:] if (s, d, i) == key]
    assert (ops[0], ops[-1], set(ops[1:-1]) - {"suppress"}) == ("lift", "upsert", set()), (
        "channels refused in the DMS stay"
    )
    town.check_house()


def test_one_channel_stopped_at_the_portal_takes_that_field_away(town: World) -> None:
    key = next(k for k, fields in sorted(town.usable().items()) if k[1] == "customers" and fields.get("email"))
    opt_out(town.oems[OEM].house, key[2], ("email",))
    later(town, minutes=15)
    town.pull()
    town.run()
    landed = town.landed()[key]
    assert "email" not in landed.fields
    assert "given_name" in landed.fields
    assert "email" in landed.suppressed
    assert "all" not in landed.suppressed


def _revoked(made: World) -> None:
    policy_watch.revoke(made.desk, "customer-crm", "asked by the owner")


def _expired(made: World) -> None:
    later(made, days=400)  # its contract and its review are over


@pytest.mark.parametrize(("ended", "code"), [(_revoked, "A020"), (_expired, "A003")])
def test_a_stop_after_the_policy_has_ended_still_reaches_the_oem(
    dealership: World, ended: Callable[[World], None], code: str
) -> None:
    """Bodies wait, the policy ends, then somebody stops: no more data, but the stop."""
    dealership.run()
    key = owner_with_cars(dealership)
    theirs = records_of(dealership, subject_of(dealership, key))
    dealership.sql(f'UPDATE {dealership.table("VEHICLE")} SET "ODOMETER" = "ODOMETER" + 1')
    dealership.extract()
    ended(dealership)
    before = len(dealership.lines())
    with pytest.raises(PolicyError, check=lambda e: e.code == code):
        dealership.deliver()
    assert len(dealership.lines()) == before, "innocent half: without a stop nothing leaves"
    opt_out(dealership.oems[OEM].house, key[2])
    later(dealership, minutes=15)
    dealership.pull()
    with pytest.raises(PolicyError, check=lambda e: e.code == code):
        dealership.deliver()
    new = dealership.lines()[before:]
    assert new
    assert {op for _, _, op, _, _ in new} == {"suppress"}
    assert not theirs & set(dealership.usable())


def test_a_batch_in_flight_when_the_policy_ends_gives_way_to_the_stop(dealership: World) -> None:
    dealership.run()
    key = owner_with_cars(dealership)
    theirs = records_of(dealership, subject_of(dealership, key))
    dealership.sql(f'UPDATE {dealership.table("VEHICLE")} SET "ODOMETER" = "ODOMETER" + 1')
    dealership.extract()
    port = dealership.oems[OEM]
    with _silent(dealership):
        dealership.deliver()
    policy_watch.revoke(dealership.desk, "customer-crm", "asked by the owner")
    opt_out(port.house, key[2])
    later(dealership, hours=1)
    dealership.pull()
    before = len(dealership.lines())
    with pytest.raises(PolicyError):
        dealership.deliver()
    assert {op for _, _, op, _, _ in dealership.lines()[before:]} == {"suppress"}
    assert not theirs & set(dealership.usable())


@contextlib.contextmanager
def _silent(made: World) -> Iterator[None]:
    """The OEM's address leads nowhere for a while: what is announced does not arrive."""
    settings = made.desk.config.recipients
    right = settings[OEM]
    settings[OEM] = right.model_copy(update={"endpoint": "https://127.0.0.1:9"})
    try:
        yield
    finally:
        settings[OEM] = right


@pytest.mark.parametrize(
    ("page_rows", "bodies"),
    [(4, 15), pytest.param(1, 200, marks=[pytest.mark.long, pytest.mark.timeout(900)])],
)
def test_a_stop_while_bodies_wait_out_a_three_day_outage(tmp_path: Path, page_rows: int, bodies: int) -> None:
    """Said at the portal before anything of this run could leave; and somebody else in the DMS."""
    with world(tmp_path, customers=30 if bodies < 100 else 90, limits=f"{{page_rows: {page_rows}}}") as made:
        made.approve()
        made.enroll()
        made.run()
        key = owner_with_cars(made)
        theirs = records_of(made, subject_of(made, key))
        for table, column in (("VEHICLE", "ODOMETER"), ("REPAIR_ORDER", "ODOMETER_IN")):
            made.sql(f'UPDATE {made.table(table)} SET "{column}" = "{column}" + 1')
        made.sql(f"UPDATE {made.table('CUSTOMER')} SET \"FIRST_NAME\" = 'Chris'")
        made.extract()
        assert made.waiting() >= bodies
        with _silent(made):
            for _ in range(3):
                made.deliver()
                later(made, days=1)
        opt_out(made.oems[OEM].house, key[2])
        later(made, minutes=15)
        before = len(made.lines())
        made.pull()
        made.deliver()
        new = made.lines()[before:]
        assert {op for s, _, op, d, i in new if (s, d, i) in theirs} == {"suppress"}
        assert [op for s, _, op, _, _ in new].count("upsert") > 0
        assert not theirs & set(made.usable())
        made.check_house()


# Pages that must not be believed ------------------------------------------------------------------------------------


@dataclass
class Answer:
    body: bytes
    status: int = 200
    problem: str = ""
    retry_after: str | None = None


class Between:
    """A portal that answers truly, and somebody between who changes the answer."""

    def __init__(self, made: World, change: Callable[[Between, RequestClaims], bytes]) -> None:
        self.made, self.change = made, change

    def opt_outs(self, stream_id: str, after: int, now_s: int, jti: str) -> Answer:
        return Answer(self.change(self, RequestClaims(
            aud=OEM, stream_id=stream_id, path=opt_outs_path(after), iat=now_s, jti=jti
        )))  # fmt: skip

    def keys(self) -> Answer:
        """What the OEM truly shows: a forger cannot change that."""
        with contextlib.closing(enroll.connect(self.made.desk, OEM)) as oem:
            reply = oem.keys()
        return Answer(reply.body, reply.status, reply.problem)

    def page(self, asked: RequestClaims, key: Key, **changed: object) -> OptOutPage:
        after = int(asked.path.rpartition("=")[2])
        entry = OptOut(
            cursor=after + 1, dataset=key[1], id=key[2], scope=scope_of("marketing", "2026-11-22"),
            said_at="2026-11-22T09:00:00Z",
        )  # fmt: skip
        claims: dict[str, object] = {
            "iss": OEM, "stream_id": asked.stream_id, "in_reply_to": asked.jti, "after": after, "through": after + 1,
            "more": False, "entries": (entry,), "iat": asked.iat,
        }  # fmt: skip
        return OptOutPage(**(claims | changed))  # type: ignore[arg-type]


def pull_through(made: World, change: Callable[[Between, RequestClaims], bytes]) -> list[str]:
    made.clock.at += dt.timedelta(seconds=1)
    pulled = pull_once(made.desk, lambda _: Between(made, change))
    return [one.error.code if one.error else "" for one in pulled]


def test_forged_replayed_and_foreign_pages_change_nothing(lied_to: World) -> None:
    key = owner_with_cars(lied_to)
    house = lied_to.oems[OEM].house

    def truly(at: Between, asked: RequestClaims, **changed: object) -> bytes:
        return make_reply(at.page(asked, key, **changed), house.sign).encode()

    old: list[bytes] = []
    attacks: dict[str, Callable[[Between, RequestClaims], bytes]] = {
        "forged": lambda at, asked: make_reply(at.page(asked, key), DANA.signer.sign).encode(),
        "one byte": lambda at, asked: truly(at, asked)[:-2] + b"AA",
        "another question": lambda at, asked: truly(at, asked, in_reply_to="x" * 32),
        "another stream": lambda at, asked: truly(at, asked, stream_id="0" * 16),
        "another OEM": lambda at, asked: truly(at, asked, iss="other-motors"),
        "another cursor": lambda at, asked: truly(at, asked, after=70, through=80, entries=()),
        "a log-in page": lambda at, asked: b"<html>Welcome to the Example Hotel</html>",
        "replayed": lambda at, asked: old[0],
    }
    probe = RequestClaims(aud=OEM, stream_id=lied_to.streams()[OEM, key[0]], path=opt_outs_path(), iat=0, jti="old")
    before = heard(lied_to)
    old.append(truly(Between(lied_to, lambda *_: b""), probe))
    for name, attack in attacks.items():
        assert set(pull_through(lied_to, attack)) == {"FG-D31"}, name
        assert heard(lied_to) == before, name
    assert key in lied_to.usable()
    assert set(pull_through(lied_to, truly)) == {""}, "innocent half: the same page, asked for and signed"
    lied_to.run()
    assert key not in lied_to.usable()


def heard(made: World) -> tuple[int, list[str]]:
    """The newest thing anybody said, and how far the OEM's pages were followed."""
    with made.desk.state.reading() as tx:
        return choices.newest(tx), [one.opt_outs_through for one in streams.streams(tx)]


def test_a_record_we_never_sent_stops_nobody_and_is_counted(lied_to: World) -> None:
    house = lied_to.oems[OEM].house
    foreign = ("01", "customers", "ab" * 16)
    before = lied_to.usable()
    pull_through(lied_to, lambda at, asked: make_reply(at.page(asked, foreign), house.sign).encode())
    told = [e["facts"] for e in lied_to.audit() if e["event"] == "opt_outs_pulled"][-2:]
    assert [(one["unknown"], one["people"]) for one in told] == [(1, 0)] * 2, "one page for each stream"
    lied_to.run()
    assert lied_to.usable() == before


def test_pages_that_stop_much_in_a_day_are_applied_and_raised_once(town: World) -> None:
    customers = sorted(k for k in town.usable() if k[1] == "customers" and k[0] == "01")
    assert len(customers) >= 3
    later(town, days=2)
    already = [e for e in town.audit() if e["event"] == "opt_outs_unusual"]
    for number, key in enumerate(customers[:3]):
        opt_out(town.oems[OEM].house, key[2])
        later(town, minutes=15)
        town.pull()
        raised = [e["facts"] for e in town.audit() if e["event"] == "opt_outs_unusual"]
        assert len(raised) == len(already) + 1, number
    town.run()
    assert not set(customers[:3]) & set(town.usable())


def _payload(jws: str) -> str:
    from agent.core.jws import unb64url

    return unb64url(jws.split(".")[1]).decode()


def test_the_asking_goes_over_the_real_wire(town: World) -> None:
    """The receiver counts each request once and answers it signed; the agent's cursor moves with it."""
    key = owner_with_cars(town)
    opt_out(town.oems[OEM].house, key[2])
    stream_id = town.streams()[OEM, key[0]]
    with contextlib.closing(enroll.connect(town.desk, OEM)) as oem:
        assert oem.opt_outs(stream_id, 0, int(town.clock().timestamp()), "once").status == 200
        assert oem.opt_outs(stream_id, 0, int(town.clock().timestamp()), "once").status == 401
    town.pull()
    assert town.pull()[0].entries == 0, "and asked again there is nothing new"
