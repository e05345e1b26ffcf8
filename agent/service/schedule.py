"""The daemon: the story, on a schedule. The only importer of APScheduler, which keeps its jobs in memory. What is due
is worked out from the clock and our own state: a run missed while the machine was off is made once, at the start.

One job at a time. Told to stop, it ends at the next safe point and within ten seconds; what is cut short then is what a
kill may cut short at any time.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger
from cryptography.hazmat.backends.openssl import backend as _loaded_now  # noqa: F401  # see _rest

from agent.config import AgentConfig
from agent.core.schedule import Due, last_due, next_due, read_due
from agent.errors import FieldgateError, StateError
from agent.health import health
from agent.service import control
from agent.service.collector import tidy
from agent.service.daemon import (
    attempt,
    keys_in_order,
    run_beat,
    run_deliver,
    run_extract,
    run_once,
    run_pull,
    run_retain,
)
from agent.service.metrics import Watched
from agent.service.report import run_report
from agent.service.stop import Stop
from agent.service.systemd import ENDED, READY, STOPPING, Notifier
from agent.state import ledger, streams
from agent.state import pages as memory
from agent.state.store import State, open_state
from agent.tasks import pausing
from agent.tasks.desk import Desk

log = structlog.get_logger()
_JITTER_S = 60
_STOP_S = 8.0
_BEAT_S = 1.0
_METRICS_S = 60


class DueTrigger(BaseTrigger):  # type: ignore[misc]
    """Due times of agent.yaml; APScheduler's own cron fires a 01:30 twice in the autumn night."""

    def __init__(self, dues: tuple[Due, ...], zone: ZoneInfo) -> None:
        self._dues, self._zone = dues, zone

    def get_next_fire_time(self, previous: dt.datetime | None, now: dt.datetime) -> dt.datetime:
        # from the due time before, not from the jittered one: a jitter may not make the same time due again
        after = max(last_due(self._dues, self._zone, previous), now) if previous else now
        return next_due(self._dues, self._zone, after)


class Daemon:
    """Work until told to stop: by SIGTERM or SIGINT, or by `stop`."""

    def __init__(self, desk: Desk, read_config: Callable[[], AgentConfig], notifier: Notifier | None = None) -> None:
        self.desk = desk
        self._notifier = notifier or Notifier(os.environ)
        self.stop = Stop()
        self._read_config = read_config
        self._one_at_a_time = threading.Lock()
        self._reload_asked = threading.Event()
        self._watched = self._watch()
        self._scheduler = BackgroundScheduler(
            timezone=dt.UTC,
            # no limit: a machine that slept over a due time makes it good when it wakes up, as one that was off does
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def serve(self) -> None:
        """Until told to stop. Reading and sending go on in the scheduler's threads; this one calms the watchdog."""
        with self.desk.state.transaction() as tx:
            streams.forget_head_checks(tx)
        self.desk = keys_in_order(self.desk)
        self._listen_to_signals()
        self._plan(catch_up=True)
        self._scheduler.start()
        channel = control.opened(self.desk.config.state, self._requests())
        self._notifier.say(READY, "STATUS=working; see `fieldgate status`")
        log.info("started", job="daemon")
        while not self.stop.wait(_BEAT_S):
            self._notifier.beat()
            if self._reload_asked.is_set():
                self._reload_asked.clear()
                self.reload()
        self._notifier.say(STOPPING)
        if channel:
            channel.close()
        self._watched.close()
        self._end()

    def reload(self) -> None:
        """Read agent.yaml again and plan anew. A file that cannot be used changes nothing."""
        try:
            new = self._read_config()
        except FieldgateError as error:
            log.error("reload_refused", job="daemon", code=error.code, said=error.what)
            return
        if (new.state, new.logs, new.key_store, new.key_folder) != self._home():
            log.error(
                "reload_refused", job="daemon", code="FG-C46", said="folders or keys changed: restart the service"
            )
            return
        with self._one_at_a_time:
            self.desk = replace(self.desk, config=new)
        self._scheduler.remove_all_jobs()
        self._watched.close()
        self._watched = self._watch()
        self._plan(catch_up=False)
        log.info("reloaded", job="daemon")

    def _requests(self) -> dict[str, control.Request]:
        """All that can be asked of a running agent."""

        def as_asked(actor: str) -> Desk:
            return replace(self.desk, actor=actor)

        def run(actor: str, _: dict[str, str], *, reconcile: bool = False) -> control.Answer:
            with self._one_at_a_time:  # as soon as the job in hand is done
                try:
                    return run_report(*run_once(as_asked(actor), self.stop, reconcile=reconcile))
                finally:
                    self._rest()

        def compare(actor: str, asked: dict[str, str]) -> control.Answer:
            return run(actor, asked, reconcile=True)

        def pause(actor: str, asked: dict[str, str]) -> control.Answer:
            with self._beside() as state:
                pausing.pause(replace(as_asked(actor), state=state), asked.get("recipient", pausing.EVERY))
            return {}

        def resume(actor: str, asked: dict[str, str]) -> control.Answer:
            with self._beside() as state:
                pausing.resume(replace(as_asked(actor), state=state), asked.get("recipient", pausing.EVERY))
            return {}

        def reload(_: str, __: dict[str, str]) -> control.Answer:
            self._reload_asked.set()
            return {}

        return {"run": run, "reconcile": compare, "pause": pause, "resume": resume, "reload": reload}

    @contextmanager
    def _beside(self) -> Iterator[State]:
        """A connection of its own to the state file: that of the job in hand may be in the middle of a transaction."""
        state = open_state(self.desk.config.state_file)
        try:
            yield state
        finally:
            state.close()

    def _home(self) -> tuple[object, ...]:
        held = self.desk.config
        return held.state, held.logs, held.key_store, held.key_folder

    def _plan(self, *, catch_up: bool) -> None:
        config, now = self.desk.config, self.desk.clock()
        zone = ZoneInfo(next(iter(config.sources.values())).zone)
        dues = tuple(read_due(text) for text in config.schedule.extract)
        if dues:
            missed = catch_up and self._missed(dues, zone, now)
            first = {"next_run_time": now} if missed else {}
            trigger = DueTrigger(dues, zone)
            self._scheduler.add_job(self._job("extract", run_extract), trigger, id="extract", **first)
        every = IntervalTrigger(minutes=config.schedule.deliver_every_m, jitter=_JITTER_S)
        pulling = IntervalTrigger(minutes=config.schedule.pull_choices_every_m, jitter=_JITTER_S)
        self._scheduler.add_job(self._job("pull", run_pull), pulling, id="pull", next_run_time=now)
        self._scheduler.add_job(self._job("deliver", run_deliver), every, id="deliver", next_run_time=now)
        hourly, daily = IntervalTrigger(hours=1, jitter=_JITTER_S), IntervalTrigger(days=1, jitter=_JITTER_S)
        soon = now + dt.timedelta(minutes=5)
        self._scheduler.add_job(self._job("heartbeat", run_beat), hourly, id="heartbeat", next_run_time=soon)
        self._scheduler.add_job(self._job("retain", run_retain), daily, id="retain", next_run_time=soon)
        if self._watched.wanted:
            often = IntervalTrigger(seconds=_METRICS_S)
            self._scheduler.add_job(self._renew_metrics, often, id="metrics", next_run_time=now)

    def _watch(self) -> Watched:
        asked = self.desk.config.metrics
        return Watched(Path(asked.textfile) if asked.textfile else None, asked.port)

    def _renew_metrics(self) -> None:
        """Not behind the job in hand: a long reading is when somebody wants to see numbers."""
        now = self.desk.clock()
        try:
            with self._beside() as state, state.reading() as tx:
                self._watched.renew(health(tx, self.desk.config, now), now)
        except FieldgateError as error:
            self._watched.refused(error)

    def _missed(self, dues: tuple[Due, ...], zone: ZoneInfo, now: dt.datetime) -> bool:
        """Whether a due time has passed since reading began last. An agent that never read waits for its time."""
        with self.desk.state.reading() as tx:
            last = ledger.last_run(tx)
            begun = [run.started_at for run in memory.runs(tx)] + ([last.began_at] if last else [])
        return bool(begun) and dt.datetime.fromisoformat(max(begun)) < last_due(dues, zone, now)

    def _job(self, name: str, work: Callable[[Desk, Stop], object]) -> Callable[[], None]:
        def guarded() -> None:
            with self._one_at_a_time:
                if not self.stop.asked:
                    attempt(name, lambda: work(self.desk, self.stop), self.desk)
                self._rest()

        return guarded

    def _rest(self) -> None:
        """Between two jobs: hold no more than the program needs to wait. What a job loads for good would lie among what
        it frees, and keep a megabyte of that from going back; so it is loaded before the first one."""
        with suppress(StateError):
            self.desk.state.rest()
        self.desk.spoken.rest()
        tidy()

    def ask_reload(self) -> None:
        """Read agent.yaml again at the next beat."""
        self._reload_asked.set()

    def _listen_to_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # Windows' service manager works in a thread of its own, and says by a call what a signal says
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.ask())
        if hangup := getattr(signal, "SIGHUP", None):
            signal.signal(hangup, lambda *_: self._reload_asked.set())

    def _end(self) -> None:
        self._scheduler.shutdown(wait=False)
        calm = self._one_at_a_time.acquire(timeout=_STOP_S)
        log.info("stopped" if calm else "cut_short", job="daemon")
        if not calm:
            self._notifier.say(ENDED)  # or Windows would start again what it saw go without a word
            # what is in hand is one answer of the OEM: the batch was announced, its bytes are kept, and are sent again
            os._exit(0)
