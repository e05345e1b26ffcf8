"""A nightly run on the demo's stage: the real extract and the real deliver, with somebody watching from outside.

Reader and courier only count what passes and hand it on unchanged; the pipeline does not know that it is watched.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from agent.core.jobs import Frame, Job, PageFrame
from agent.core.seal import SealedBatch
from agent.demo.stage import RECIPIENT, Stage
from agent.pipeline import Extraction, deliver_once, extract_once, pull_once
from agent.service.supervisor import ReaderChild
from agent.state import streams
from agent.tasks.access import probe_source
from agent.tasks.deliver import Delivery
from agent.tasks.enroll import connect
from agent.tasks.pull import Pulled
from agent.tasks.reading import Reader
from agent.tasks.recipient import Recipient, Reply

Watch = Callable[[int], None]  # rows read, or lines sent, since the last call
Way = Callable[[Recipient], Recipient]


class _WatchedReader:
    def __init__(self, reader: Reader, watch: Watch) -> None:
        self._reader, self._watch = reader, watch

    def read(self, job: Job) -> Iterator[Frame]:
        for frame in self._reader.read(job):
            if isinstance(frame, PageFrame):
                self._watch(frame.page.rows)
            yield frame


class _WatchedRecipient:
    def __init__(self, recipient: Recipient, watch: Watch) -> None:
        self._recipient, self._watch = recipient, watch

    def push(self, batch: SealedBatch) -> Reply:
        reply = self._recipient.push(batch)
        self._watch(batch.content.count(b"\n"))
        return reply

    def head(self, stream_id: str, now_s: int, jti: str) -> Reply:
        return self._recipient.head(stream_id, now_s, jti)

    def keys(self) -> Reply:
        return self._recipient.keys()


def extract(
    stage: Stage, watch: Watch = lambda _: None, page_rows: int | None = None, *, reconcile: bool = False
) -> Extraction:
    """Read everything that is permitted, in a reader child of its own."""
    desk = stage.desk
    if page_rows is not None:
        limits = desk.config.limits.model_copy(update={"page_rows": page_rows})
        desk = dataclasses.replace(desk, config=dataclasses.replace(desk.config, limits=limits))
    with ReaderChild() as reader:
        return extract_once(desk, _WatchedReader(reader, watch), probe_source, reconcile=reconcile)


def pull(stage: Stage) -> list[Pulled]:
    """Ask the car maker who said stop at its portal."""
    oem = connect(stage.desk, RECIPIENT)
    try:
        return pull_once(stage.desk, lambda _: oem)
    finally:
        oem.close()


def deliver(stage: Stage, watch: Watch = lambda _: None, way: Way = lambda recipient: recipient) -> list[Delivery]:
    """Send all that waits, as after a start: heads are compared first. `way`: what stands between here and the OEM."""
    with stage.desk.state.transaction() as tx:
        streams.forget_head_checks(tx)
    oem = connect(stage.desk, RECIPIENT)
    try:
        return deliver_once(stage.desk, lambda _: _WatchedRecipient(way(oem), watch))
    finally:
        oem.close()
