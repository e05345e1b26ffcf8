"""The daemon's pieces of work: each tells the story once, and keeps how it ended, where `status` and `doctor` look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog

from agent.dms.refusals import LOGIN_REFUSED
from agent.errors import ConfigError, DeliveryError, FieldgateError, PolicyError, StateError
from agent.oem import Oem
from agent.pipeline import Extraction, deliver_once, extract_once, pull_once
from agent.service.stop import STOPPED, Stop, stopped
from agent.service.supervisor import ReaderChild
from agent.state import failures, outbox, streams
from agent.state.store import LOCKED
from agent.tasks.access import probe_source
from agent.tasks.auditing import mark
from agent.tasks.beat import beat
from agent.tasks.check import refuse_clock_set_back
from agent.tasks.deliver import Delivery
from agent.tasks.desk import Desk
from agent.tasks.enroll import connect, folder_of, open_streams
from agent.tasks.key_life import finish_rotation, retire_followed, tell_roll
from agent.tasks.permission import policies_in_force
from agent.tasks.pull import Pulled
from agent.tasks.retain import retain

log = structlog.get_logger()


def run_once(desk: Desk, stop: Stop | None = None, *, reconcile: bool = False) -> tuple[Extraction, list[Delivery]]:
    """The whole story, once, as after a start: heads are compared anew, and a person who asks need not wait."""
    with desk.state.transaction() as tx:
        streams.forget_head_checks(tx)
        outbox.due_now(tx, desk.now())
    desk = keys_in_order(desk)
    with suppress(DeliveryError):  # kept for `status`; the delivery says the same
        run_pull(desk)
    try:
        extraction = run_extract(desk, stop, reconcile=reconcile)
    except PolicyError:
        with suppress(FieldgateError):
            run_deliver(desk, stop)  # no data; but who stopped or must be deleted is still told
        raise
    deliveries = run_deliver(desk, stop)
    if stop and stop.asked:
        raise stopped()
    return extraction, deliveries


def keys_in_order(desk: Desk) -> Desk:
    """What a rotation that was cut short left to do. An OEM that cannot be told now hears of it at the next start, and
    a folder that lets nothing be removed stops no delivery."""
    with suppress(DeliveryError, ConfigError):
        desk = finish_rotation(desk)
    with suppress(ConfigError):
        retire_followed(desk)
    return desk


def run_extract(desk: Desk, stop: Stop | None = None, *, reconcile: bool = False) -> Extraction:
    """Read once. How it failed is kept, so that `status` and `doctor` say the same."""
    with remembered(desk, "extract"), ReaderChild(stop) as reader:
        extraction = extract_once(desk, reader, probe_source, reconcile=reconcile)
    if extraction.refused:
        with desk.state.transaction() as tx:
            failures.note(tx, "extract", extraction.refused[0], desk.now())
    return extraction


def run_deliver(desk: Desk, stop: Stop | None = None) -> list[Delivery]:
    """Send once. A step that did not get through is kept as a failure is; one stream's does not stop the others."""
    with remembered(desk, "deliver"):
        steps = _deliver(desk, stop or Stop())
        stuck = next((step.error for step in steps if step.error), None)
    if stuck:
        with desk.state.transaction() as tx:
            failures.note(tx, "deliver", stuck, desk.now())
    return steps


def run_pull(desk: Desk, _: Stop | None = None) -> list[Pulled]:
    """Ask every OEM who said stop there, and apply it. The first refusal is kept and raised, after all were asked."""
    with remembered(desk, "pull"), recipients(desk) as recipient_of:
        pulled = pull_once(desk, recipient_of)
        failed = next((one.error for one in pulled if one.error), None)
        if failed:
            raise failed
    return pulled


def run_beat(desk: Desk, stop: Stop | None = None) -> None:
    """Once a day and stream where nothing else was to be said: the OEM hears that the dealer's agent is alive."""
    ruleset = policies_in_force(desk)
    announced = [
        beat(desk, policy, stream.stream_id)
        for stream in open_streams(desk, ruleset)
        if (policy := ruleset.policy(stream.policy)) is not None
    ]
    if any(announced):
        run_deliver(desk, stop)


def run_retain(desk: Desk, _: Stop | None = None) -> None:
    """Once a day: what nobody may ask for any more is destroyed."""
    if batches := retain(desk):
        log.info("source_keys_destroyed", job="retain", lines=batches)
        mark(desk)


@contextmanager
def remembered(desk: Desk, name: failures.Job) -> Iterator[None]:
    """Keep how a job failed; forget it when the job succeeds."""
    try:
        with desk.state.reading() as tx:
            refuse_clock_set_back(tx, desk.clock())
        yield
    except FieldgateError as error:
        _keep(desk, name, error)
        raise
    with desk.state.reading() as tx:
        failed = name in failures.failures(tx)
    if failed:
        with desk.state.transaction() as tx:
            failures.forget(tx, name)


def _keep(desk: Desk, name: failures.Job, error: FieldgateError) -> None:
    if error.code in (LOCKED, STOPPED):
        return  # whoever holds it still does, and `status` finds that out by itself; to be told to stop is no failure
    with suppress(StateError), desk.state.transaction() as tx:  # a state file that fails may not take this either
        failures.note(tx, name, error, desk.now())


def _deliver(desk: Desk, stop: Stop) -> list[Delivery]:
    for name in desk.config.recipients:
        with suppress(DeliveryError):  # it says so itself when it cannot be reached; told again next time
            tell_roll(desk, name)
    with recipients(desk) as recipient_of:
        return deliver_once(desk, lambda name: folder_of(desk, name) or recipient_of(name), lambda: not stop.asked)


@contextmanager
def recipients(desk: Desk) -> Iterator[Callable[[str], Oem]]:
    """One connection to each OEM, opened when it is first asked for."""
    opened: dict[str, Oem] = {}

    def recipient_of(name: str) -> Oem:
        if name not in opened:
            opened[name] = connect(desk, name)
        return opened[name]

    try:
        yield recipient_of
    finally:
        for one in opened.values():
            one.close()


def attempt(name: str, work: Callable[[], object], desk: Desk) -> None:
    """One job. Its error is logged in our words and shown by status; the next due job is a new try, but for a password
    that was refused: an account that is tried every night is soon a locked one."""
    if name == "extract" and _password_was_refused(desk):
        log.error("job_skipped", job=name, code=LOGIN_REFUSED, said="the database refused this password before")
        return
    try:
        work()
    except FieldgateError as error:
        if error.code == STOPPED:
            log.info("job_stopped", job=name)
            return
        log.error("job_failed", job=name, code=error.code, said=error.what, who=error.who)
    except Exception as error:  # noqa: BLE001  the daemon outlives it; a foreign text may quote data, so only its name
        log.error("job_failed", job=name, code="FG-X01", said=f"unforeseen {type(error).__name__}")


def _password_was_refused(desk: Desk) -> bool:
    """Until a person's `run --once` or `doctor` has got in."""
    with desk.state.reading() as tx:
        last = failures.failures(tx).get("extract")
    return last is not None and last.code == LOGIN_REFUSED
