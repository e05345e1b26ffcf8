"""THE STORY. extract_once: what may be read is read, screened, and stored sealed. deliver_once: what may leave at this
moment is announced, sent, and settled by the OEM's receipt. Everything else in this house serves these two functions.

The reader, the prober and the recipients come in as arguments; the log is here and above, never below.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from agent.core.exports import BROKEN_EXPORT
from agent.core.pins import CHANGED
from agent.core.policy.compile import nothing_permitted
from agent.core.ruleset import ChoicesRules, DatasetRules, PolicyRules, Ruleset
from agent.errors import FieldgateError, PolicyError
from agent.state import ledger, streams
from agent.tasks.access import Prober, confirm_access
from agent.tasks.auditing import mark
from agent.tasks.commitments import confirm
from agent.tasks.deliver import Delivery, deliver_next
from agent.tasks.desk import Desk
from agent.tasks.enroll import can_be_asked, ended_streams, open_streams, silenced_streams
from agent.tasks.exports import WAITS, by_snapshot, drop_accepted, note_source_refused, sources_of_dataset
from agent.tasks.extract import note_refused, read_dataset
from agent.tasks.folder import Folder
from agent.tasks.hear import read_choices
from agent.tasks.permission import policies_in_force
from agent.tasks.pins import choices_name
from agent.tasks.pull import Pulled, pull
from agent.tasks.reading import ENDED, Reader, Reading
from agent.tasks.recipient import Portal, Recipient
from agent.tasks.retire import retire

log = structlog.get_logger()


@dataclass(slots=True)
class Extraction:
    """One extraction: every dataset of every stream, read to its end, but for those that were refused alone."""

    readings: list[Reading]
    refused: list[FieldgateError]
    choices_changed: int = 0


def extract_once(desk: Desk, reader: Reader, prober: Prober, *, reconcile: bool = False) -> Extraction:
    """Read everything that is permitted, once. Each page is one commit; a kill loses at most the page in hand.
    `reconcile`: compare all rows, whatever the policy says of changes."""
    began_at = desk.now()
    with desk.state.reading() as tx:
        confirm(desk, tx, again=True)
    ruleset = policies_in_force(desk)
    opened = open_streams(desk, ruleset)
    absent = confirm_access(desk, ruleset, prober)
    done = Extraction([], [])
    for source, error in absent.items():
        _note_absent(desk, source, error, done)
    for policy in ruleset.policies:
        for choices in _choices_of(policy, absent) if _streams_of(policy, opened) else ():
            with _alone(desk, policy, choices_name(choices.name), choices.source, done):
                done.choices_changed += read_choices(
                    desk, policy, by_snapshot(desk, choices), reader, reconcile=reconcile
                )
    for policy in ruleset.policies:
        for stream in _streams_of(policy, ended_streams(desk, ruleset)):
            retire(desk, policy, stream)
        for stream in _streams_of(policy, opened):
            retire(desk, policy, stream)
            for dataset in _datasets_of(desk, policy, absent):
                with _alone(desk, policy, dataset.name, dataset.source, done):
                    reading = read_dataset(desk, policy, stream, dataset, reader, reconcile=reconcile)
                    log.info(
                        "dataset_read", dataset=dataset.name, store=stream.store, rows=reading.rows, sent=reading.sent
                    )
                    done.readings.append(reading)
    with desk.state.transaction() as tx:
        ledger.keep_run(tx, ledger.Run(began_at, desk.now(), len(done.readings), len(done.refused)))
    mark(desk)
    return done


def pull_once(desk: Desk, portal_of: Callable[[str], Portal]) -> list[Pulled]:
    """Ask each OEM who said stop there, and apply it before the next claim. One stream's trouble stops no other."""
    with desk.state.reading() as tx:
        known = [one for one in streams.streams(tx) if can_be_asked(desk, one.recipient)]
    done = []
    for stream in known:
        pulled = pull(desk, stream, portal_of(stream.recipient))
        if pulled.error:
            log.warning("opt_outs_wait", stream=stream.stream_id, said=pulled.error.what)
        elif pulled.entries:
            log.info("opt_outs_pulled", stream=stream.stream_id, entries=pulled.entries, told=pulled.told)
        done.append(pulled)
    return done


def deliver_once(
    desk: Desk, recipient_of: Callable[[str], Recipient | Folder], go_on: Callable[[], bool] = lambda: True
) -> list[Delivery]:
    """Send on every stream until it is empty, waits or stops. One batch in flight per stream; control before data.
    `go_on` is asked before each batch: whoever stops the agent waits for one answer of the OEM, not for all.

    Where no policy permits data any more, what people said still leaves; then the refusal is raised.
    """
    with desk.state.reading() as tx:
        confirm(desk, tx)  # a long look where another connection has written; what is read looks at all
    ruleset, refused = _permitted(desk)
    done: list[Delivery] = []
    for stream in (*open_streams(desk, ruleset), *ended_streams(desk, ruleset), *silenced_streams(desk, ruleset)):
        if not go_on():
            return done
        recipient = recipient_of(stream.recipient)
        while (step := deliver_next(desk, ruleset, stream.stream_id, recipient)).outcome in ("settled", "withdrawn"):
            log.info(
                f"batch_{step.outcome}", stream=stream.stream_id, batch=step.batch_id, kind=step.kind, lines=step.lines
            )
            done.append(step)
            if not go_on():
                return done
        if step.outcome != "idle":
            log.warning("stream_waits", stream=stream.stream_id, outcome=step.outcome, said=step.said)
            done.append(step)
    mark(desk)
    if refused:
        raise refused
    drop_accepted(desk, ruleset)
    return done


def _permitted(desk: Desk) -> tuple[Ruleset, PolicyError | None]:
    try:
        return policies_in_force(desk), None
    except PolicyError as error:
        return nothing_permitted(), error


def _note_absent(desk: Desk, source: str, error: FieldgateError, done: Extraction) -> None:
    """Exports that have not come yet are waited for; those that were refused are somebody's work."""
    if error.code == WAITS:
        log.info("source_waits", source=source, said=error.what)
        return
    note_source_refused(desk, source, error)
    log.warning("source_refused", source=source, code=error.code, said=error.what)
    done.refused.append(error)


def _datasets_of(desk: Desk, policy: PolicyRules, absent: Collection[str]) -> list[DatasetRules]:
    """The datasets all of whose sources can be read now."""
    present = (d for d in policy.datasets if sources_of_dataset(policy, d.name).isdisjoint(absent))
    return [by_snapshot(desk, dataset) for dataset in present]


def _choices_of(policy: PolicyRules, absent: Collection[str]) -> list[ChoicesRules]:
    """What people said comes before anything about them is read."""
    rules = {p.choices.name: p.choices for dataset in policy.datasets for p in dataset.people if p.choices}
    return [rules[name] for name in sorted(rules) if rules[name].source not in absent]


@contextmanager
def _alone(desk: Desk, policy: PolicyRules, dataset: str, source: str, done: Extraction) -> Iterator[None]:
    """Names that are not what was approved refuse what reads them, an ended policy its datasets, a broken export its
    own; nothing else."""
    try:
        yield
    except FieldgateError as error:
        if error.code not in (CHANGED, ENDED, *BROKEN_EXPORT):
            raise
        note_refused(desk, policy, dataset, source, error)
        log.warning("dataset_refused", dataset=dataset, code=error.code, said=error.what)
        done.refused.append(error)


def _streams_of(policy: PolicyRules, opened: Iterable[streams.Stream]) -> list[streams.Stream]:
    return [stream for stream in opened if stream.policy == policy.name]


__all__ = ["Extraction", "Ruleset", "deliver_once", "extract_once", "pull_once"]
