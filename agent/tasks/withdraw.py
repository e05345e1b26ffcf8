"""An announced batch that has since become forbidden is not sent again: somebody in it refused, or another policy is in
force. The OEM is asked whether it arrived. If it did, it is settled and the suppression goes next; if not, a void takes
its `seq`, and its bytes are destroyed.
"""

from __future__ import annotations

from agent.core import pages
from agent.core.ruleset import PolicyRules
from agent.core.seal import prev_of, seal
from agent.state import evidence, outbox, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks import holds
from agent.tasks.claim import batch_of, claims, new_id
from agent.tasks.desk import Desk
from agent.tasks.folder import Folder
from agent.tasks.heads import ask_head
from agent.tasks.outgoing import pages_with
from agent.tasks.recipient import Recipient
from agent.tasks.standing import refusing


def forbidden_since(
    desk: Desk, policy: PolicyRules, stream: streams.Stream, batch: outbox.Batch, *, ended: bool = False
) -> str:
    """Why a batch in flight may not be sent again; empty when it may. Control and void batches always may."""
    if batch.kind != "data":
        return ""
    if ended:
        return "its policy has ended"
    if batch.policy_sha256 != policy.sha256:
        return "another policy version is in force"
    with desk.state.reading() as tx:
        told = outbox.disclosure(tx, batch.batch_id)
        subjects = {*pages.split(told.persons), *pages.split(told.ids)} if told else set()
        found = refusing(tx, policy, stream, subjects)
        held = holds.held_fields(tx, batch.stream_id, batch.dataset).intersection(told.fields.split() if told else ())
    newer = any("everything" in channels or n > batch.choices_n for channels, n in found.values())
    if newer:
        return "somebody in it has refused since"
    return "a field in it is held since" if held else ""


def withdraw(
    desk: Desk, policy: PolicyRules, stream: streams.Stream, batch: outbox.Batch, why: str, oem: Recipient | Folder
) -> None:
    """Settle it when the OEM has it, void it when not. DeliveryError while the OEM does not say."""
    head = ask_head(desk, stream, oem)
    if (head.epoch, head.seq) >= (batch.epoch, batch.seq) and head.manifest_sha256 == batch.manifest_sha256:
        with desk.state.transaction() as tx:  # COMMIT POINT settled by head
            outbox.settle(tx, batch.batch_id, None, desk.now())
            evidence.append(
                tx, "settled", desk.clock(), desk.actor,
                stream_id=batch.stream_id, epoch=batch.epoch, seq=batch.seq, batch_id=batch.batch_id,
                receipt_id="", by="head", destroyed=batch.destroyed,
            )  # fmt: skip
        return
    with desk.state.transaction() as tx:  # COMMIT POINT voided: the void stands in its place
        _void(desk, tx, policy, stream, batch, why)


def _void(desk: Desk, tx: Tx, policy: PolicyRules, stream: streams.Stream, batch: outbox.Batch, why: str) -> None:
    _forget(tx, batch)
    before = prev_of(batch.manifest) or ""
    place = streams.Stream(
        stream.stream_id, stream.store, stream.recipient, stream.policy, batch.epoch, batch.seq, before,
        stream.head_checked_at, stream.opt_outs_through,
    )  # fmt: skip
    batch_id = new_id()
    said = claims(desk, tx, policy, place, batch.dataset, batch_id, kind="void", window=None, replaces=batch.batch_id)
    sealed = seal(b"", said, desk.signer.sign)
    void = batch_of(desk, tx, sealed, policy, batch.dataset)
    outbox.void(tx, batch, void)
    streams.replace_head(tx, stream.stream_id, batch.manifest_sha256, sealed.manifest_sha256)
    evidence.append(
        tx, "voided", desk.clock(), desk.actor,
        stream_id=stream.stream_id, epoch=batch.epoch, seq=batch.seq, batch_id=batch_id, replaces=batch.batch_id,
        reason=why, lines=batch.lines, destroyed=batch.destroyed,
    )  # fmt: skip


class _Place:
    """Where the records of a batch are remembered; the page it came from is not kept, so all are looked through."""

    def __init__(self, batch: outbox.Batch) -> None:
        self.stream_id, self.dataset, self.page_id = batch.stream_id, batch.dataset, 0


def _forget(tx: Tx, batch: outbox.Batch) -> None:
    """The OEM does not hold these versions: its records are judged anew, and are held only if sent at another time."""
    told = outbox.disclosure(tx, batch.batch_id)
    if told is None:
        return
    ids = set(pages.split(told.ids))
    held = {
        record_id
        for joined in outbox.disclosed_before(tx, batch.stream_id, batch.dataset, batch.batch_id)
        for record_id in ids.intersection(pages.split(joined))
    }
    for page_id, entries in pages_with(tx, _Place(batch), ids):
        for i, record_id in enumerate(entries.ids):
            if record_id in ids:
                entries.nonces[i] = bytes(16)
                if record_id not in held:
                    entries.flags[i] &= ~pages.HELD  # a stop or deletion that was queued is told all the same
        memory.update(tx, page_id, entries.encode())
