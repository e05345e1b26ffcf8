"""Facts against a naive reading of the same rule, event by event; and the table, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import choice_table, facts
from agent.core.choice_table import TABLE
from agent.core.facts import EVERYTHING, WHATS, Fact, Place, passed_on, standing, stopped
from agent.core.ruleset import Purpose

HERE = Place("marketing", "01", "example-motors-na")
CHANNELS = ("mail", "email", "phone", "sms")
EVENTS = st.builds(
    Fact,
    st.sampled_from(WHATS),
    st.sampled_from(["*", "marketing", "service_reminders"]),
    st.sampled_from([EVERYTHING, "email", "phone"]),
    st.sampled_from(["group", "store:01", "store:04", "brand:example-motors-na", "brand:other"]),
    st.sampled_from([f"2026-11-0{day}T00:00:00.000Z" for day in range(1, 6)]),
    st.integers(1, 50),
)


def naive_says_no(events: list[Fact], channel: str) -> bool:
    """Somebody's no to this channel (or `everything`) that nobody has taken back since."""
    for no in events:
        kind = {"refused": "no", "withdrawn": "no", "restricted": "stop", "erased": "gone"}.get(no.what)
        about = no.purpose in ("*", "marketing") and no.scope in ("group", "store:01", "brand:example-motors-na")
        if kind is None or not about or no.channel != channel:
            continue
        undone = ("released",) if kind == "stop" else ("given", "renewed")
        if not any(
            yes.what in undone
            and yes.happened_at > no.happened_at
            and (yes.purpose == "*" or yes.purpose == no.purpose)
            and (yes.channel == "everything" or yes.channel == no.channel)
            and (yes.scope == "group" or yes.scope == no.scope)
            for yes in events
        ):
            return True
    return False


@given(st.lists(EVENTS, max_size=6))
def test_what_is_stopped_is_what_the_naive_reading_says(events: list[Fact]) -> None:
    found = standing(events, HERE)
    hard = [e for e in events if e.what in ("restricted", "erased")]
    whole = naive_says_no([e for e in events if e not in hard], EVERYTHING)
    marks = any(naive_says_no(events, channel) for channel in (EVERYTHING, "email", "phone"))
    said = stopped(found, "marketing")
    assert bool(said) == marks
    assert whole <= (EVERYTHING in said)
    for channel in ("email", "phone"):
        soft = naive_says_no([e for e in events if e not in hard], channel)
        assert (channel in said) == soft


@given(st.lists(EVENTS, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_arrival_decides_nothing(events: list[Fact], random) -> None:
    mixed = events[:]
    random.shuffle(mixed)
    assert standing(events, HERE)[:4] == standing(mixed, HERE)[:4]


@given(st.lists(EVENTS, max_size=6), EVENTS)
def test_one_more_no_never_lets_more_leave(events: list[Fact], event: Fact) -> None:
    no = event._replace(what="refused")
    before, after = (standing(some, HERE) for some in (events, [*events, no]))
    assert stopped(before, "marketing") <= stopped(after, "marketing")
    assert after.given <= before.given


def no(channel: str = EVERYTHING, at: str = "2026-11-02", **more: str) -> Fact:
    return Fact("refused", more.get("purpose", "*"), channel, more.get("scope", "group"), at, 1)


def yes(channel: str = EVERYTHING, at: str = "2026-11-03", **more: str) -> Fact:
    return Fact("given", more.get("purpose", "*"), channel, more.get("scope", "group"), at, 2)


@pytest.mark.parametrize(
    ("events", "leaves_out"),
    [
        ([no()], {EVERYTHING}),
        ([no(), yes()], set()),
        ([no(), yes(at="2026-11-02")], {EVERYTHING}),  # at one instant the no counts
        ([no(), yes(at="2026-11-01")], {EVERYTHING}),
        ([no(), yes("email")], {EVERYTHING}),  # a yes to e-mail takes back no wider no
        ([no("email"), yes("email")], set()),
        ([no("email"), yes("phone")], {"email"}),
        ([no("email"), yes()], set()),
        ([no(purpose="*"), yes(purpose="marketing")], {EVERYTHING}),
        ([no(scope="group"), yes(scope="store:01")], {EVERYTHING}),
        ([no(scope="store:04")], set()),
        ([no(scope="store:01")], {EVERYTHING}),
        ([no(purpose="service_reminders")], set()),
        ([Fact("restricted", "*", EVERYTHING, "group", "2026-11-02"), yes()], {EVERYTHING}),
    ],
)
def test_which_yes_takes_back_which_no(events: list[Fact], leaves_out: set[str]) -> None:
    assert stopped(standing(events, HERE), "marketing") == leaves_out


def test_a_yes_lasts_until_it_expires_and_again_once_renewed() -> None:
    expired = Fact("expired", "*", "email", "group", "2026-11-04")
    renewed = Fact("renewed", "*", "email", "group", "2026-11-05")
    assert "email" in standing([yes("email")], HERE).given
    assert "email" not in standing([yes("email"), expired], HERE).given
    assert "email" in standing([yes("email"), expired, renewed], HERE).given
    assert standing([yes(), expired], HERE).given == {EVERYTHING, "mail", "phone", "sms"}


# The table, said once more: what the issue and the law ask for.
WANTED = {
    "channel_refused": ("without_channel", "suppress_channel"),
    "opted_out": ("nothing", "suppress_all"),
    "restricted": ("nothing", "suppress_all"),
    "erased": ("nothing", "retract_erase"),
}
RECALL = WANTED | {"channel_refused": ("all", "nothing"), "opted_out": ("statutory", "nothing")}


@pytest.mark.parametrize("purpose", get_args(Purpose))
@pytest.mark.parametrize("state", WANTED)
def test_each_cell_of_the_table(state: str, purpose: Purpose) -> None:
    cell = TABLE[state, purpose]  # type: ignore[index]
    wanted = (RECALL if purpose == "warranty_recall" else WANTED)[state]
    assert (cell.leaves, cell.told) == wanted
    said = {
        "channel_refused": [no("email")],
        "opted_out": [no()],
        "restricted": [Fact("restricted", "*", EVERYTHING, "group", "2026-11-02")],
        "erased": [Fact("erased", "*", EVERYTHING, "group", "2026-11-02")],
    }[state]
    stays = stopped(standing(said, HERE._replace(purpose=purpose)), purpose)
    assert stays == {"nothing": {EVERYTHING}, "without_channel": {"email"}}.get(cell.leaves, set())


def test_the_table_has_a_cell_for_each_state_and_purpose() -> None:
    assert set(TABLE) == {(s, p) for s in choice_table.STATES for p in get_args(Purpose)}


def test_the_table_in_the_documents_is_this_one() -> None:
    text = (Path(__file__).parents[2] / "docs" / "choices.md").read_text("utf-8")
    assert "\n".join(choice_table.as_markdown()) in text, "docs/choices.md shows another table than the code has"


@pytest.mark.parametrize("text", ["group", "store:01", "brand:example-motors-na"])
def test_scopes(text: str) -> None:
    assert facts.is_scope(text)
    assert not facts.is_scope(text + " ")
    assert not facts.is_scope(text.replace(":", "").upper())


def test_whoever_shares_an_address_hears_of_stops_only_and_of_none_that_was_taken_back() -> None:
    no = Fact("refused", "*", "email", "group", "2026-11-01T00:00:00Z", 1)
    gone = Fact("withdrawn", "*", "phone", "group", "2026-11-01T00:00:00Z", 2)
    yes = Fact("given", "*", "phone", "group", "2026-11-02T00:00:00Z", 3)
    others = [Fact(what, "*", "everything", "group", "2026-11-01T00:00:00Z", 4) for what in ("restricted", "erased")]  # type: ignore[arg-type]
    assert passed_on([no, gone, yes, *others]) == [no]
