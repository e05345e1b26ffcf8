"""A simulated year of the daemon's schedule, both DST nights in it: jobs that take long, a machine that is off for
hours or days, the trigger as the scheduler asks it. Every due run happens once."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent import config
from agent.core.schedule import last_due, read_due
from agent.service.schedule import Daemon, DueTrigger
from agent.tasks.desk import open_desk
from tests.story import house

HOUR = dt.timedelta(hours=1)


def a_year(zone: ZoneInfo, times: tuple[str, ...], seed: int) -> tuple[list[dt.datetime], list[dt.datetime]]:
    """(when runs began, those of them that made good what had fallen due while the machine was off or asleep)."""
    luck, dues = random.Random(seed), tuple(map(read_due, times))
    now, end = dt.datetime(2026, 1, 1, tzinfo=zone).astimezone(dt.UTC), dt.datetime(2027, 1, 1, tzinfo=zone)
    began, made_good, off_at = [now], [], now + luck.uniform(5, 20) * 24 * HOUR
    trigger, missed = DueTrigger(dues, zone), False
    fires = trigger.get_next_fire_time(None, now)
    while fires < end:
        if fires > off_at:  # switched off before it fell due, and on again later: planned anew, as at every start
            now = max(now, off_at) + luck.uniform(0.1, 60) * HOUR
            off_at = now + luck.uniform(5, 20) * 24 * HOUR
            trigger = DueTrigger(dues, zone)
            missed = began[-1] < last_due(dues, zone, now)
            fires = now if missed else trigger.get_next_fire_time(None, now)
            continue
        asleep = luck.random() < 0.1  # a paused virtual machine: the scheduler wakes up late, and runs once
        now = fires + (luck.uniform(0, 30) * HOUR if asleep else dt.timedelta(seconds=luck.uniform(0, 60)))
        began.append(now)
        made_good += [now] * (asleep or missed)
        missed = False
        fires = trigger.get_next_fire_time(fires, now)
    return began[1:], made_good


def on_the_wall(zone: ZoneInfo, times: tuple[str, ...]) -> list[dt.datetime]:
    """Every due instant of the year, the naive way: 365 days, each with its times; the first of a doubled hour."""
    days = (dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(365))
    return [
        dt.datetime.combine(day, dt.time.fromisoformat(one), zone).astimezone(dt.UTC) for day in days for one in times
    ]


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "UTC"])
@pytest.mark.parametrize("times", [("02:15",), ("01:30", "14:00")])
def test_over_a_year_every_due_run_happens_once(zone: str, times: tuple[str, ...]) -> None:
    where = ZoneInfo(zone)
    for seed in range(2):
        began, made_good = a_year(where, times, seed)
        assert began == sorted(set(began)), "none twice"
        left = on_the_wall(where, times)
        for run in began:
            passed = 0
            while left and left[0] <= run:
                left.pop(0)
                passed += 1
            assert passed, "a run that was not due"
            assert passed == 1 or run in made_good, "only after a sleep or a start are several made good at once"
        assert made_good, "the machine was off when a run fell due"
        assert not [due for due in left if due < began[-1]], "none was left out"


def test_the_scheduler_drops_no_run_because_it_woke_up_late(has_run: Path, tmp_path: Path) -> None:
    with house.house(has_run, tmp_path / "house") as one:
        desk = open_desk(config.load(one.yaml), clock=house.now, actor="test")
        daemon = Daemon(desk, lambda: config.load(one.yaml))
        daemon._plan(catch_up=False)
        daemon._scheduler.start(paused=True)
        jobs = daemon._scheduler.get_jobs()
        assert {(job.misfire_grace_time, job.coalesce, job.max_instances) for job in jobs} == {(None, True, 1)}
        daemon._scheduler.shutdown(wait=False)
        desk.state.close()
