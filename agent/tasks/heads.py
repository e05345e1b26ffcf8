"""Where a stream stands at the OEM, compared with what we remember. Until that has been done once after start, our
state counts as restored from an old copy, and nothing leaves.
"""

from __future__ import annotations

from agent.core.answers import meaning
from agent.core.heads import RequestClaims, StreamHead, head_path, read_reply
from agent.core.jws import JWK, KeyFinder
from agent.errors import DeliveryError, SealError
from agent.state import evidence, outbox, streams
from agent.state.store import Tx
from agent.tasks.claim import new_id
from agent.tasks.desk import Desk
from agent.tasks.recipient import Recipient, said


def oem_keys(desk: Desk, recipient: str) -> KeyFinder:
    """The receipt keys pinned at enrollment."""
    with desk.state.reading() as tx:
        enrolled = streams.enrollment(tx, recipient)
    known: dict[str, JWK] = dict(enrolled.jwks) if enrolled else {}
    return known.get


def ask_head(desk: Desk, stream: streams.Stream, recipient: Recipient) -> StreamHead:
    """The OEM's signed word on where the stream stands. DeliveryError when there is none to rely on."""
    now_s, jti = int(desk.clock().timestamp()), new_id()
    request = RequestClaims(
        aud=stream.recipient, stream_id=stream.stream_id, path=head_path(stream.stream_id), iat=now_s, jti=jti
    )
    reply = recipient.head(stream.stream_id, now_s, jti)
    if reply.status != 200:
        answer = meaning(reply.status, reply.problem)
        raise DeliveryError(
            "FG-D10", f"{stream.recipient} did not tell where the stream stands ({said(reply)})", answer.advice
        )
    try:
        return read_reply(StreamHead, reply.body.decode("ascii", "replace"), request, oem_keys(desk, stream.recipient))
    except SealError as error:  # a log-in page in between, or worse: this stream waits, the others go on
        raise DeliveryError("FG-D12", f"{stream.recipient}: {error.what}", error.advice) from None


def confirm_head(desk: Desk, stream: streams.Stream, recipient: Recipient) -> str:
    """Compare our head with the OEM's. Empty when they agree, else why nothing may leave."""
    head = ask_head(desk, stream, recipient)
    with desk.state.transaction() as tx:  # COMMIT POINT head compared
        verdict = _compared(tx, streams.get(tx, stream.stream_id), head)
        if verdict == "same":
            streams.head_checked(tx, stream.stream_id, desk.now())
        evidence.append(
            tx, "head_compared", desk.clock(), desk.actor,
            stream_id=stream.stream_id, epoch=head.epoch, seq=head.seq, verdict=verdict,
        )  # fmt: skip
    return "" if verdict == "same" else f"{verdict}; call the OEM before anything is sent"


def _compared(tx: Tx, stream: streams.Stream, head: StreamHead) -> str:
    """`same`, or the difference in words. A batch in flight may or may not have arrived; both are the same history."""
    flying = outbox.in_flight(tx, stream.stream_id)
    seq, digest = stream.next_seq - 1, stream.prev or None
    if flying and head.seq == flying.seq - 1:
        seq, digest = head.seq, outbox.manifest_of(tx, stream.stream_id, stream.epoch, head.seq)
    ours = (stream.epoch, seq) if seq else (0, 0)
    theirs = (head.epoch, head.seq)
    if (head.seq and not seq) or theirs > max(ours, (stream.epoch, seq)):
        return "the OEM is ahead of this state file"
    if theirs not in (ours, (stream.epoch, seq)):
        return "the OEM is behind this state file"
    return "same" if head.manifest_sha256 == digest else "the OEM holds another history of this stream"
