"""Where a stream stands at the OEM, compared with what we remember. Until that has been done once after start, our
state counts as restored from an old copy, and nothing leaves. What differs has a name, and each name its own way back.
"""

from __future__ import annotations

from typing import Literal

from agent.core.heads import StreamHead, head_path
from agent.core.seal import prev_of
from agent.state import evidence, outbox, streams
from agent.state.store import Tx
from agent.tasks import position
from agent.tasks.asking import answered, request_for
from agent.tasks.desk import Desk
from agent.tasks.folder import Folder
from agent.tasks.recipient import Recipient

__all__ = ["MENDED", "SAID", "Situation", "ask_head", "compared", "confirm_head"]

Situation = Literal["same", "restored", "cloned", "oem_restored"]
# What a person reads. The order of events differs, so the way back differs.
SAID: dict[Situation, str] = {
    "restored": "the state file is an older copy than what the OEM has taken: it was restored",
    "cloned": "two machines send under one name: this one, or another, is a clone",
    "oem_restored": "the OEM stands behind what it gave receipts for: it was restored from its own backup",
}

MENDED: dict[Situation, str] = {
    "restored": "fieldgate resync",
    "cloned": "stop the machine that is to end, then on the other: fieldgate resync --this-machine",
    "oem_restored": "fieldgate resync, which names the officers' decision it needs",
}


def ask_head(desk: Desk, stream: streams.Stream, recipient: Recipient | Folder) -> StreamHead:
    """The OEM's signed word on where the stream stands. DeliveryError when there is none to rely on."""
    if isinstance(recipient, Folder):
        return recipient.head(stream.stream_id, int(desk.clock().timestamp()))
    request = request_for(desk, stream, head_path(stream.stream_id))
    reply = recipient.head(stream.stream_id, request.iat, request.jti)
    return answered(desk, stream, StreamHead, request, reply, recipient)


def confirm_head(desk: Desk, stream: streams.Stream, recipient: Recipient | Folder) -> Situation:
    """Compare our head with the OEM's, and note it; only `same` lets anything leave."""
    head = ask_head(desk, stream, recipient)
    with desk.state.transaction() as tx:  # COMMIT POINT head compared
        found = compared(desk, tx, streams.get(tx, stream.stream_id), head)
        if found == "same":
            streams.head_checked(tx, stream.stream_id, desk.now())
        evidence.append(
            tx, "head_compared", desk.clock(), desk.actor,
            stream_id=stream.stream_id, epoch=head.epoch, seq=head.seq, verdict=found,
        )  # fmt: skip
    return found


def compared(desk: Desk, tx: Tx, stream: streams.Stream, head: StreamHead) -> Situation:
    """Which of the four it is. A batch in flight may or may not have arrived; both are the same history."""
    if stream.restored:
        return "restored"
    here = position.machine_of(tx)
    if here and desk.machine and here != desk.machine:
        return "cloned"
    flying = outbox.in_flight(tx, stream.stream_id)
    if flying and (head.epoch, head.seq) < (flying.epoch, flying.seq):
        if head.manifest_sha256 == prev_of(flying.manifest):
            return "same"
    elif (head.epoch, head.seq, head.manifest_sha256) == _ours(stream):
        return "same"
    return _differs(tx, stream, head)


def _ours(stream: streams.Stream) -> tuple[int, int, str | None]:
    return (stream.epoch, stream.next_seq - 1, stream.prev) if stream.prev else (0, 0, None)


def _differs(tx: Tx, stream: streams.Stream, head: StreamHead) -> Situation:
    """A manifest of ours that we went on from: the OEM forgot. One that we never signed: our memory is an older one,
    or somebody else writes under our name; at a place we have used ourselves, it is the second."""
    if head.manifest_sha256 is None or outbox.announced_as(tx, stream.stream_id, head.manifest_sha256):
        return "oem_restored"
    used = (head.epoch, head.seq) <= (stream.epoch, stream.next_seq - 1)
    return "cloned" if used else "restored"
