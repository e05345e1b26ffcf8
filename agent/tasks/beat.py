"""A heartbeat: an empty batch on a stream that has said nothing for a day, so that the OEM can tell a quiet dealer from
a dead one, and the audit head is anchored outside the machine. It carries no line.
"""

from __future__ import annotations

import datetime as dt

from agent.core.ruleset import PolicyRules
from agent.core.seal import seal
from agent.state import evidence, outbox, streams
from agent.state.store import Tx
from agent.tasks.claim import batch_of, claims, new_id
from agent.tasks.desk import Desk, instant

_QUIET = dt.timedelta(hours=24)


def beat(desk: Desk, policy: PolicyRules, stream_id: str) -> bool:
    """Announce a heartbeat where it is due; whether it was. None where anything else waits, or nothing ever left."""
    with desk.state.transaction() as tx:  # COMMIT POINT heartbeat announced
        stream = streams.get(tx, stream_id)
        if not _quiet(tx, stream, instant(desk.clock() - _QUIET)):
            return False
        dataset = policy.datasets[0].name
        said = claims(desk, tx, policy, stream, dataset, new_id(), kind="heartbeat", window=None)
        sealed = seal(b"", said, desk.signer.sign)
        batch = batch_of(desk, tx, sealed, policy, dataset)
        outbox.announce_empty(tx, batch)
        streams.advance(tx, stream, sealed.manifest_sha256)
        evidence.append(
            tx, "announced", desk.clock(), desk.actor,
            stream_id=stream_id, epoch=stream.epoch, seq=batch.seq, batch_id=batch.batch_id, kind="heartbeat",
            lines=0, removed=0, manifest_sha256=batch.manifest_sha256, content_sha256=batch.content_sha256,
        )  # fmt: skip
    return True


def _quiet(tx: Tx, stream: streams.Stream, since: str) -> bool:
    last = tx.row("select max(announced_at) from batches where stream_id = ?", (stream.stream_id,))
    if stream.restored or stream.head_checked_at is None or not last or not last[0] or last[0] > since:
        return False
    return outbox.in_flight(tx, stream.stream_id) is None and outbox.next_body(tx, stream.stream_id) is None
