"""The demo: seven scenes, each printed when it is true. Whoever reads this function has read the demo.

Scenes measure and hold every figure against a second place; `layout` shows; nothing here knows a number. A figure that
differs fails the demo at its end, after the search for a leak has been made.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from agent.demo import layout, people
from agent.demo.clerk import Clerk
from agent.demo.dms import marker
from agent.demo.dms_schema import SCHEMA
from agent.demo.facts import Closing, Facts, House
from agent.demo.scene_cheat import try_to_cheat
from agent.demo.scene_choice import pat_opts_out
from agent.demo.scene_leak import look_for_a_leak
from agent.demo.scene_permission import ask_and_answer, could_it_read
from agent.demo.scene_portal import somebody_clicks
from agent.demo.scene_run import both_sides, enroll_stores, nightly_run
from agent.demo.stage import Options, Stage, Teller, set_up
from agent.errors import FieldgateError
from agent.receiver import holdings
from agent.state import evidence


def play(options: Options, teller: Teller, stay: Callable[[Stage], None] | None = None) -> Facts:
    """Set up, play, take down. `stay` is called at the end while everything still runs. Facts.passed is the verdict.

    ConfigError before the first scene where this machine or folder cannot be played on.
    """
    with set_up(options, teller) as stage:
        story(stage)
        if stay is not None:
            stay(stage)
        return stage.facts


def story(stage: Stage) -> None:
    facts, clerk = stage.facts, Clerk(stage.engine)
    scene = "setting the stage"
    try:
        facts.house = _house(stage)
        stage.say(*layout.opening(facts.house))
        stage.teller.progress("making keys for three officers", 0, 0)
        officers = people.appoint(stage)

        scene = "step 1, what the car maker asks for"
        facts.asked = ask_and_answer(stage, officers)
        stage.say(*layout.asked(facts.asked))

        scene = "step 2, what the database refuses"
        facts.access = could_it_read(stage, officers)
        stage.say(*layout.access(facts.access))

        scene = "step 3, one nightly run"
        stage.say(*layout.run_heading())
        enroll_stores(stage)
        expected = frozenset(map(marker, clerk.emails_that_may_leave()))
        facts.run = nightly_run(stage, clerk)
        stage.say(*layout.run(facts.run, bars=stage.teller.bars))

        scene = "step 4, one customer on both sides"
        facts.both = both_sides(stage)
        stage.say(*layout.both(facts.both))

        scene = "step 5, an opt-out"
        facts.opt_out = pat_opts_out(stage, clerk)
        stage.say(*layout.opt_out(facts.opt_out))
        facts.click = somebody_clicks(stage, clerk)
        stage.say(*layout.click(facts.click) if facts.click else ("",))

        scene = "step 6, four attempts to get around it"
        facts.cheats = try_to_cheat(stage, clerk)
        stage.say(*layout.cheats(facts.cheats))

        scene = "step 7, the search for a leak"
        facts.searched = look_for_a_leak(stage, expected)
        stage.say(*layout.searched(facts.searched, stage.engine_name))

        scene = "the closing"
        facts.closing = _closing(stage)
        stage.say(*_verdict(facts))
    except FieldgateError as error:
        facts.stopped = f"{scene}: {error.code}: {error.what}"
        stage.say(*layout.stopped(scene, error.what, error.advice))
    stage.say(*layout.next_steps(str(stage.options.folder)))


def _house(stage: Stage) -> House:
    columns = sum(len(table.columns) for table in SCHEMA.values())
    return House(stage.engine_version(), stage.enforces, stage.options.customers, stage.rows, len(SCHEMA), columns)


def _closing(stage: Stage) -> Closing:
    with stage.desk.state.reading() as tx:
        chain = evidence.verify(tx)
        heads = {sha256 for _, sha256 in evidence.entries(tx)}
    theirs = holdings.streams(stage.receiver.house)
    known = sum(stream.audit_head in heads for stream in theirs)
    stage.facts.same("audit heads the car maker holds", "its streams", len(theirs), "the agent's chain", known)
    records = sum(count.records for count in holdings.counts(stage.receiver.house))
    return Closing(records, chain.entries, chain.problem == "", round(time.monotonic() - stage.began, 1))


def _verdict(facts: Facts) -> list[str]:
    if facts.passed and facts.closing is not None:
        return layout.closing(facts.closing, len(facts.checks))
    return layout.failing(facts.searched.leaks if facts.searched else (), facts.differing)
