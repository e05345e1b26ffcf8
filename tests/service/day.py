"""A day of the daemon in minutes: its own planned jobs, called in the order in which they fall due, with a clock that
jumps from one to the next. Meant to be run under strace by test_connections.

python -m tests.service.day FOLDER [--stray]       --stray: something of it connects elsewhere once
"""

from __future__ import annotations

import datetime as dt
import heapq
import json
import socket
import sys
from collections import Counter
from itertools import count
from pathlib import Path

from agent import config
from agent.service.schedule import Daemon
from tests.story.house import cli
from tests.story.world import OEM, world

HOURS = 25


def main() -> None:
    with world(Path(sys.argv[1]), customers=12) as made:
        made.approve()
        made.enroll()
        fired = day(Daemon(made.desk, lambda: config.load(made.config.path)), made.clock)
        said = json.loads(cli("connections", "--json", "--config", str(made.config.path)).out)
        kinds = Counter(entry["facts"]["kind"] for entry in made.audit() if entry["event"] == "announced")
        held = len(made.landed(OEM))
    print(json.dumps({"connections": said["connections"], "fired": fired, "announced": kinds, "held": held}))


def day(daemon: Daemon, clock) -> dict[str, int]:  # type: ignore[no-untyped-def]
    daemon._plan(catch_up=True)
    end, order, fired = clock.at + dt.timedelta(hours=HOURS), count(), Counter()
    due = []
    for job in daemon._scheduler.get_jobs():
        first = getattr(job, "next_run_time", None) or job.trigger.get_next_fire_time(None, clock.at)
        heapq.heappush(due, (first, next(order), job))
    while due[0][0] < end:
        at, _, job = heapq.heappop(due)
        clock.at = max(clock.at, at)
        job.func()
        fired[job.id] += 1
        if "--stray" in sys.argv and fired["pull"] == 2 and job.id == "pull":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stray:
                stray.connect(("192.0.2.7", 443))
        heapq.heappush(due, (job.trigger.get_next_fire_time(at, clock.at), next(order), job))
    return dict(fired)


if __name__ == "__main__":
    main()
