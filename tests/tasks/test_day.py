"""What `status` says of the day: from the ledger, on the dealer's clock; a run that nobody made is noticed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from agent import config
from agent.health import health
from agent.state.store import open_state
from agent.tasks.day import on_the_wall

NEW_YORK = ZoneInfo("America/New_York")


def at(house: Path, when: dt.datetime):  # type: ignore[no-untyped-def]
    loaded = config.load(house / "agent" / "agent.yaml")
    state = open_state(loaded.state_file)
    try:
        with state.reading() as tx:
            return health(tx, loaded, when)
    finally:
        state.close()


def just_after_its_run(house: Path) -> dt.datetime:
    """Not now: midnight on the dealer's wall may have passed since the house was built for all tests."""
    facts = at(house, dt.datetime.now(dt.UTC)).facts
    return dt.datetime.fromisoformat(str(facts["last_run_at"])) + dt.timedelta(
        seconds=1, milliseconds=int(facts["last_run_ms"])
    )


def test_the_day_is_counted_on_the_dealers_clock(has_run: Path) -> None:
    now = just_after_its_run(has_run)
    found = at(has_run, now)
    assert found.verdict == "WORKING"
    assert (found.facts["today_runs"], found.facts["today_sent"]) == (1, 11)
    assert found.facts["today_rows"] == 13
    assert found.facts["last_run_datasets"] == 1
    assert 0 < int(found.facts["last_run_ms"]) < 120_000
    due = dt.datetime.fromisoformat(str(found.facts["next_run_at"])).astimezone(NEW_YORK)
    wall = dt.datetime.combine(due.date(), dt.time(2, 15), NEW_YORK)  # which one night of the year does not show
    assert due == wall.astimezone(dt.UTC)
    assert due > now
    tomorrow = at(has_run, now + dt.timedelta(hours=26))  # and one day of the year has 25
    assert (tomorrow.facts["today_runs"], tomorrow.facts["today_rows"], tomorrow.facts["today_sent"]) == (0, 0, 0)


def test_a_due_run_that_did_not_happen_is_said_before_everything_is_called_up_to_date(has_run: Path) -> None:
    due = dt.datetime.fromisoformat(str(at(has_run, just_after_its_run(has_run)).facts["next_run_at"]))
    assert at(has_run, due + dt.timedelta(minutes=90)).verdict == "WORKING"  # it may be at work
    late = at(has_run, due + dt.timedelta(hours=3))
    told = f"the run that was due {due.astimezone(NEW_YORK):%H:%M} did not happen"
    assert (late.verdict, late.sentence) == ("STOPPED", told)
    assert "fieldgate service start" in late.next


def test_an_instant_has_its_day_unless_that_is_today() -> None:
    now = dt.datetime(2026, 11, 22, 12, tzinfo=NEW_YORK)
    assert on_the_wall("2026-11-22T14:02:00Z", NEW_YORK, now) == "09:02"
    assert on_the_wall("2026-11-22T04:59:00Z", NEW_YORK, now) == "21 Nov 23:59"
