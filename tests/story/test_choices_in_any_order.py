"""What people say, take back and have erased, in any order, between readings, outages, lost answers and a revocation:
nothing is sent that the most restrictive thing then known forbids, and when both houses are quiet the OEM may use
nothing that it still forbids. The other opinion is a few lines of this file over plain lists; it imports nothing of
ours.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import PolicyError
from agent.pipeline import deliver_once
from agent.receiver.portal import opt_out
from agent.tasks import enroll, policy_watch
from agent.tasks.answer_person import restrict
from agent.tasks.erase import erase
from tests.story.expected import keyed
from tests.story.test_choices_of_two_houses import later, records_of, say
from tests.story.test_lost_answers import Unlucky
from tests.story.world import OEM, World, world

PEOPLE = 4
WHO = st.integers(0, PEOPLE - 1)
CHANNEL = st.sampled_from(["everything", "everything", "email"])
STEPS = st.one_of(
    st.tuples(st.just("portal"), WHO, CHANNEL),
    st.tuples(st.just("told"), WHO, st.sampled_from(["refused", "given"]), CHANNEL),
    st.tuples(st.just("dms"), WHO, st.sampled_from("YN")),
    st.tuples(st.sampled_from(["restricted", "released", "erased"]), WHO),
    st.tuples(st.sampled_from(["read", "read", "pull"])),
    st.tuples(st.just("send"), st.sampled_from(["", "", "request", "answer"])),
)


@dataclass
class Naive:
    """What is known of each person: (what, channel, minute), and the DMS's flag as it was read last."""

    said: dict[int, list[tuple[str, str, int]]] = field(default_factory=dict)
    at_the_oem: list[tuple[int, str, int]] = field(default_factory=list)  # said at the portal, not heard here yet
    dms: dict[int, str] = field(default_factory=dict)
    dms_read: dict[int, str] = field(default_factory=dict)

    def stopped(self, who: int) -> set[str]:
        found = {"everything"} if self.dms_read.get(who) == "Y" else set()
        words = self.said.get(who, [])
        for what, channel, minute in words:
            ends = {"refused": ["given"], "restricted": ["released"], "erased": ["given"]}.get(what)
            if ends and not any(w in ends and m > minute and c in (channel, "everything") for w, c, m in words):
                found.add(channel)
        return found


@dataclass
class Play:
    made: World
    naive: Naive = field(default_factory=Naive)
    minute: int = 0
    revoked: bool = False
    seen: int = 0

    def __post_init__(self) -> None:
        table = self.made.table("CUSTOMER")
        self.made.sql(f"UPDATE {table} SET \"OPT_OUT\" = 'N', \"BLOCK_EMAIL\" = 'N'")
        self.made.run()
        self.seen = len(self.made.lines())
        secret = self.made.desk.store.secret("persons")
        schema = f"{self.made.engine.schema}." if self.made.engine.schema else ""
        scope = f"dms\0{schema}CUSTOMER"
        rows = self.made.sql(f'SELECT "CUST_NO" FROM {table} ORDER BY 1')
        hashed = {str(n).strip(): bytes.fromhex(keyed(secret, scope, str(n).strip())) for (n,) in rows}
        sent = {number: records_of(self.made, one) for number, one in hashed.items()}
        self.people = [number for number, theirs in sent.items() if any(d == "customers" for _, d, _ in theirs)][
            :PEOPLE
        ]
        assert len(self.people) == PEOPLE
        self.hashed = hashed

    def records(self, who: int) -> set[tuple[str, str, str]]:
        return records_of(self.made, self.hashed[self.people[who]])

    def step(self, name: str, *more: object) -> None:
        self.minute += 1
        later(self.made, minutes=1)
        getattr(self, f"do_{name}")(*more)

    def do_portal(self, who: int, channel: str) -> None:
        [(_, _, record_id)] = [key for key in self.records(who) if key[1] == "customers"]
        if opt_out(self.made.oems[OEM].house, record_id, () if channel == "everything" else (channel,)):
            self.naive.at_the_oem.append((who, channel, self.minute))

    def do_told(self, who: int, what: str, channel: str) -> None:
        say(self.made, self.hashed[self.people[who]], what, self.made.clock(), channel)
        self.naive.said.setdefault(who, []).append((what, channel, self.minute))

    def do_dms(self, who: int, code: str) -> None:
        table = self.made.table("CUSTOMER")
        self.made.sql(f'UPDATE {table} SET "OPT_OUT" = \'{code}\' WHERE "CUST_NO" = {self.people[who]}')
        self.naive.dms[who] = code

    def do_restricted(self, who: int) -> None:
        restrict(self.made.desk, self.people[who], release=False)
        self.naive.said.setdefault(who, []).append(("restricted", "everything", self.minute))

    def do_released(self, who: int) -> None:
        restrict(self.made.desk, self.people[who], release=True)
        self.naive.said.setdefault(who, []).append(("released", "everything", self.minute))

    def do_erased(self, who: int) -> None:
        erase(self.made.desk, self.people[who])
        self.naive.said.setdefault(who, []).append(("erased", "everything", self.minute))

    def do_read(self) -> None:
        self.made.sql(f'UPDATE {self.made.table("VEHICLE")} SET "ODOMETER" = "ODOMETER" + 1')
        if not self.revoked:
            self.made.extract()
            self.naive.dms_read = dict(self.naive.dms)

    def do_pull(self) -> None:
        self.made.pull()
        for who, channel, minute in self.naive.at_the_oem:
            self.naive.said.setdefault(who, []).append(("refused", channel, minute))
        self.naive.at_the_oem.clear()

    def do_revoke(self) -> None:
        policy_watch.revoke(self.made.desk, "customer-crm", "by the play")
        self.revoked = True

    def do_send(self, lost: str) -> None:
        later(self.made, hours=12)  # whatever waits is due
        real = enroll.connect(self.made.desk, OEM)
        with contextlib.closing(real), contextlib.suppress(PolicyError):
            deliver_once(self.made.desk, lambda _: Unlucky(real, lambda n: lost if n == 2 else ""))
        lines = self.made.lines()
        sent = {
            (store, dataset, record_id) for store, _, op, dataset, record_id in lines[self.seen :] if op == "upsert"
        }
        self.seen = len(lines)
        assert not (self.revoked and sent), "data after the revocation"
        landed = self.made.landed()
        for who in range(PEOPLE):
            theirs, stopped = sent & self.records(who), self.naive.stopped(who)
            if "everything" in stopped:
                assert not theirs, f"{self.people[who]} had said stop before this was sent"
            elif "email" in stopped:
                assert all("email" not in landed[key].fields for key in theirs if key in landed)
        self.made.check_house()

    def end(self) -> None:
        """Both houses come to rest: everything said is heard, read and told."""
        for name, *more in (("pull",), ("send", ""), ("read",), ("send", ""), ("read",), ("send", "")):
            self.step(name, *more)
        usable, landed = self.made.usable(), self.made.landed()
        for who in range(PEOPLE):
            theirs, stopped = self.records(who), self.naive.stopped(who)
            if "everything" in stopped:
                assert not theirs & set(usable), f"{self.people[who]} said stop"
            elif "email" in stopped and not self.revoked:
                assert all("email" not in landed[key].fields for key in theirs if key in landed)
            elif not self.revoked:
                [own] = [key for key in theirs if key[1] == "customers"]
                assert own in usable, f"{self.people[who]} said nothing that stops, and is gone"
            words = self.naive.said.get(who, [])
            if words and words[-1][0] == "erased":
                assert not theirs & set(landed)


def play(steps: list[tuple[object, ...]], *, revoke_after: int | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder, world(Path(folder), customers=12) as made:
        made.approve()
        made.enroll()
        game = Play(made)
        for number, (name, *more) in enumerate(steps):
            if number == revoke_after:
                game.step("revoke")
            game.step(str(name), *more)
        game.end()


# Each has gone wrong in somebody's program, or in ours.
STORIES = {
    "stop, yes, stop again, with answers lost": [
        ("portal", 0, "everything"), ("pull",), ("send", "answer"), ("told", 0, "given", "everything"), ("read",),
        ("send", "request"), ("portal", 0, "everything"), ("read",), ("pull",), ("send", ""),
    ],
    "clicked, and said yes before that was heard; deleted, and came back with a yes": [
        ("portal", 0, "everything"), ("told", 0, "given", "everything"), ("pull",), ("send", ""), ("erased", 1),
        ("send", ""), ("read",), ("send", ""), ("told", 1, "given", "everything"), ("read",),
    ],
    "erased while it waits, after a stop in the DMS": [
        ("read",), ("dms", 1, "Y"), ("erased", 1), ("send", "answer"), ("read",), ("dms", 1, "N"), ("read",),
        ("send", ""),
    ],
    "a yes at the dealer's does not outdo the DMS": [
        ("dms", 2, "Y"), ("read",), ("told", 2, "given", "everything"), ("read",), ("send", ""),
        ("told", 2, "refused", "email"),
        ("dms", 2, "N"), ("read",), ("send", ""),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "name", [*list(STORIES)[:2], *(pytest.param(n, marks=pytest.mark.long) for n in list(STORIES)[2:])]
)
def test_a_story_that_went_wrong_somewhere(name: str) -> None:
    play(STORIES[name])  # type: ignore[arg-type]


@pytest.mark.timeout(600)
@settings(max_examples=1, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.lists(STEPS, min_size=8, max_size=12))
def test_in_any_order(steps: list[tuple[object, ...]]) -> None:
    play(steps)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=8, max_size=25), st.one_of(st.none(), st.integers(0, 25)))
def test_in_any_order_with_a_revocation(steps: list[tuple[object, ...]], revoke_after: int | None) -> None:
    play(steps, revoke_after=revoke_after)
