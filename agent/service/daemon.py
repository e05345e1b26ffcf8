"""The daemon: the story, on a schedule. The only importer of APScheduler. Our own watermark decides what is due after a
pause: a run missed while the machine slept is made once, not once per missed hour."""

from __future__ import annotations

import datetime as dt
import signal
import threading
from collections.abc import Callable
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from agent.errors import FieldgateError
from agent.pipeline import deliver_once, extract_once
from agent.service.supervisor import ReaderChild
from agent.state import streams
from agent.tasks.deliver import Recipient
from agent.tasks.desk import Desk
from agent.tasks.enroll import connect
from agent.tasks.probe import probe_source

log = structlog.get_logger()
_GRACE_S = 3600
_JITTER_S = 60


def run_extract(desk: Desk) -> None:
    with ReaderChild() as reader:
        extract_once(desk, reader, probe_source)


def run_deliver(desk: Desk) -> None:
    opened: dict[str, Recipient] = {}

    def recipient_of(name: str) -> Recipient:
        if name not in opened:
            opened[name] = connect(desk, name)
        return opened[name]

    try:
        deliver_once(desk, recipient_of)
    finally:
        for one in opened.values():
            one.close()  # type: ignore[attr-defined]


def serve(desk: Desk) -> None:
    """Work until SIGTERM or SIGINT. One job at a time; stopping waits for the commit in hand."""
    with desk.state.transaction() as tx:
        streams.forget_head_checks(tx)
    stopping, one_at_a_time = threading.Event(), threading.Lock()

    def job(name: str, work: Callable[[Desk], None]) -> Callable[[], None]:
        def guarded() -> None:
            with one_at_a_time:
                if not stopping.is_set():
                    _do(name, work, desk)

        return guarded

    scheduler = BackgroundScheduler(
        timezone=dt.UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _GRACE_S},
    )
    zone = ZoneInfo(next(iter(desk.config.sources.values())).zone)
    for at in desk.config.schedule.extract:
        hour, minute = at.split(":")
        trigger = CronTrigger(hour=int(hour), minute=int(minute), timezone=zone, jitter=_JITTER_S)
        scheduler.add_job(job("extract", run_extract), trigger, id=f"extract {at}")
    every = IntervalTrigger(minutes=desk.config.schedule.deliver_every_m)
    now = dt.datetime.now(dt.UTC)
    scheduler.add_job(job("deliver", run_deliver), every, id="deliver", next_run_time=now)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    scheduler.start()
    log.info("started", job="daemon")
    while not stopping.wait(1.0):
        pass
    scheduler.shutdown(wait=True)
    log.info("stopped", job="daemon")


def _do(name: str, work: Callable[[Desk], None], desk: Desk) -> None:
    """One job. Its error is logged in our words and shown by status; the next due job is a new try."""
    try:
        work(desk)
    except FieldgateError as error:
        log.error("job_failed", job=name, code=error.code, said=error.what, who=error.who)
