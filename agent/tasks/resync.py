"""`resync`: go on after the state file was restored, the machine cloned, or the OEM restored from its own backup.

What people said is asked of the OEM again, all of it, before anything is written: opt-outs, suppressed ids (erased ones
among them), held ids. A folder is not asked but read: what it was told since lies there. Lower policy and roll versions
are refused. Whatever waited is discarded and read again, so that nothing leaves that was true only when the copy was
made. A record the OEM holds and we have forgotten is retracted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from agent.core import pages
from agent.core.decision import Decision, DecisionFile
from agent.core.heads import StreamHead
from agent.core.lines import Scope, scope_of
from agent.core.manifest import ResetClaim
from agent.core.roll import read_rolls
from agent.core.ruleset import PolicyRules, Ruleset
from agent.core.seal import seal
from agent.core.text import shown
from agent.errors import ConfigError, FieldgateError, PolicyError
from agent.state import evidence, outbox, permission, stops, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks import asking, position
from agent.tasks.auditing import mark
from agent.tasks.claim import batch_of, claims, new_id
from agent.tasks.commitments import commit_choices
from agent.tasks.desk import Desk
from agent.tasks.enroll import connect, folder_of
from agent.tasks.folder import Folder
from agent.tasks.folder_told import told_since
from agent.tasks.heads import Situation, ask_head, compared
from agent.tasks.outgoing import Told, enqueue_control
from agent.tasks.permission import policies_in_force, standing_decisions
from agent.tasks.recipient import Recipient
from agent.tasks.standing import refusing


class Oem(Recipient, asking.Remembering, Protocol):
    """Everything that is asked of a recipient here; an `oem.Oem` is one."""


@dataclass(frozen=True, slots=True)
class Resynced:
    """What was done on one stream. Counts only."""

    stream_id: str
    store: str
    recipient: str
    situation: Situation
    epoch: int
    seq: int
    suppressed: int = 0
    retracted: int = 0
    discarded: int = 0


@dataclass(frozen=True, slots=True)
class _Heard:
    """The OEM's word on one stream, complete before anything is written. dataset -> record ids, or what stops each."""

    head: StreamHead
    refused: dict[str, dict[bytes, list[Scope]]]
    held: dict[str, set[bytes]]
    whole: bool = True  # nothing is missing
    lifted: dict[str, set[bytes]] | None = None  # of a folder, which says only what it was told since


def resync(
    desk: Desk, ruleset: Ruleset, stream: streams.Stream, oem: Oem | Folder, *, this_machine: bool = False
) -> Resynced:
    """Bring one stream and the OEM to one history. Nothing is changed where they agree already.

    PolicyError: a lower policy or roll version than the OEM has seen, or a reset that officers have not decided.
    ConfigError: a clone, and nobody has said that this is the machine that goes on.
    """
    policy = ruleset.policy(stream.policy)
    if policy is None:
        raise PolicyError(
            "FG-D30", f"no approved policy {shown(stream.policy)} is in force", "fieldgate policy import FILE"
        )
    heard = _read(desk, stream, oem) if isinstance(oem, Folder) else _hear(desk, stream, oem)
    with desk.state.transaction() as tx:  # COMMIT POINT: one history again, or nothing has changed
        stream = streams.get(tx, stream.stream_id)
        found = compared(desk, tx, stream, heard.head)
        if found == "same":
            streams.head_checked(tx, stream.stream_id, desk.now())
            return _told(stream, found)
        if found == "cloned" and not this_machine:
            raise _which_machine()
        _refuse_lower(tx, policy, heard.head)
        forgot = found == "oem_restored" or _beyond(tx, stream, heard.head) or not heard.whole
        discarded = _empty(desk, tx, stream)
        told = _tell_again(desk, tx, policy, stream, heard) if forgot else _take_in(tx, stream, heard)
        if forgot:
            _reset(desk, tx, policy, stream, heard)
        else:
            position.settle_here(tx, desk.machine)
            prev = heard.head.manifest_sha256 or ""
            streams.take_over(tx, stream.stream_id, max(heard.head.epoch, 1), heard.head.seq, prev, desk.now())
        commit_choices(desk, tx)
        for dataset, lines in sorted(told.items()):
            enqueue_control(desk, tx, policy, stream, dataset, lines)
        ops = [op for lines in told.values() for op, _, _ in lines]
        suppressed = ops.count("suppress") if forgot else sum(map(len, heard.refused.values()))
        done = streams.get(tx, stream.stream_id)
        evidence.append(
            tx, "resynced", desk.clock(), desk.actor,
            stream_id=stream.stream_id, epoch=done.epoch, seq=done.next_seq - 1, situation=found,
            suppressed=suppressed, retracted=ops.count("retract"), discarded=discarded,
        )  # fmt: skip
    return _told(done, found, suppressed, ops.count("retract"), discarded)


def _beyond(tx: Tx, stream: streams.Stream, head: StreamHead) -> bool:
    """Somebody else wrote where the OEM had given us receipts: it has lost those, whoever wrote."""
    return outbox.settled_beyond(tx, stream.stream_id, head.epoch, head.seq, head.manifest_sha256)


def _told(stream: streams.Stream, found: Situation, *counts: int) -> Resynced:
    place = (stream.stream_id, stream.store, stream.recipient, found, stream.epoch, stream.next_seq - 1)
    return Resynced(*place, *counts)


def _hear(desk: Desk, stream: streams.Stream, oem: Oem) -> _Heard:
    head = ask_head(desk, stream, oem)
    refused: dict[str, dict[bytes, list[Scope]]] = {}
    for page in asking.opt_outs(desk, stream, oem, 0):
        _add(refused, page.entries)
    _add(refused, asking.suppressed(desk, stream, oem))
    held: dict[str, set[bytes]] = {}
    for one in asking.held(desk, stream, oem):
        held.setdefault(one.dataset, set()).add(bytes.fromhex(one.id))
    return _Heard(head, refused, held)


def _add(refused: dict[str, dict[bytes, list[Scope]]], said: Iterable[asking.OptOutLike]) -> None:
    for one in said:
        refused.setdefault(one.dataset, {}).setdefault(bytes.fromhex(one.id), []).append(one.scope)


def _read(desk: Desk, stream: streams.Stream, folder: Folder) -> _Heard:
    """What lies in a folder: the newest manifest, and the batches behind the last one that our memory knows."""
    head = ask_head(desk, stream, folder)
    with desk.state.reading() as tx:
        held = {
            dataset: _held_here(tx, f"{stream.stream_id}/{dataset}")
            for dataset in memory.datasets(tx, stream.stream_id)
        }
        found = told_since(
            head,
            lambda digest: outbox.announced_as(tx, stream.stream_id, digest),
            folder.lying_there(stream.stream_id),
            held,
        )
    whole = found.whole and (head.epoch, head.seq) >= position.sent(desk.config, stream.stream_id)
    return _Heard(head, found.refused, found.held, whole, found.lifted)


def _held_here(tx: Tx, scope: str) -> set[bytes]:
    held = set()
    for _, blob in memory.each(tx, scope):
        entries = pages.decode(blob)
        held |= {i for i, flags in zip(entries.ids, entries.flags, strict=True) if flags & pages.HELD}
    return held


def _which_machine() -> ConfigError:
    return ConfigError(
        "FG-D34",
        "two machines hold the same keys and send under one name",
        "stop fieldgate on the machine that is to end (there: fieldgate pause), then on the one that goes on:"
        " fieldgate resync --this-machine",
    )


def _refuse_lower(tx: Tx, policy: PolicyRules, head: StreamHead) -> None:
    """What the OEM has seen of policy and roll was in force here: an older one does not come back by a restore."""
    if policy.version < head.policy_version:
        raise PolicyError(
            "FG-D31",
            f"the OEM has seen version {head.policy_version} of {shown(policy.name)}, and this copy has version"
            f" {policy.version}: an older policy does not come back",
            "have the officers send the newest approved policy, then: fieldgate policy import FILE",
        )
    data = permission.roll(tx)
    newest = read_rolls(data)[-1].version if data else 0
    if newest < head.roll_version:
        raise PolicyError(
            "FG-D32",
            f"the OEM has seen officer roll version {head.roll_version}, and this copy has version {newest}",
            "have the officers send the newest roll, then: fieldgate officers import roll.json",
        )


def _empty(desk: Desk, tx: Tx, stream: streams.Stream) -> int:
    """Nothing that waited leaves: it was true when the copy was made. What is true now is read again."""
    waiting = [body for body in outbox.bodies(tx) if body.stream_id == stream.stream_id]
    for body in waiting:
        outbox.drop_body(tx, body.body_id)
        evidence.append(
            tx, "discarded", desk.clock(), desk.actor,
            stream_id=body.stream_id, body_id=body.body_id, reason="resync", lines=body.lines,
            destroyed=len(body.body),
        )  # fmt: skip
    flying = outbox.in_flight(tx, stream.stream_id)
    if flying:
        outbox.abandon(tx, flying.batch_id)
    return len(waiting) + bool(flying)


def _take_in(tx: Tx, stream: streams.Stream, heard: _Heard) -> dict[str, Told]:
    """The OEM's memory is the newer one. Every record is judged anew by the next reading; who is suppressed there stays
    out until a newer yes; what the OEM holds and we have forgotten is retracted, and comes back if it may."""
    told: dict[str, Told] = {}
    for dataset in sorted(memory.datasets(tx, stream.stream_id) | set(heard.held) | set(heard.refused)):
        scope, held = f"{stream.stream_id}/{dataset}", heard.held.get(dataset, set())
        stopped = heard.refused.get(dataset, {})
        whole = {record_id for record_id, scopes in stopped.items() if any(one.all for one in scopes)}
        if heard.lifted is not None:
            whole |= _suppressed_here(tx, scope) - heard.lifted.get(dataset, set())
        mine = set()
        for page_id, blob in memory.each(tx, scope):
            entries = pages.decode(blob)
            mine.update(entries.ids)
            for i, record_id in enumerate(entries.ids):
                entries.nonces[i] = bytes(16)
                entries.flags[i] = pages.HELD * (record_id in held) | pages.SUPPRESSED * (record_id in whole)
            memory.update(tx, page_id, entries.encode())
        memory.keep_gone(tx, scope, whole - mine)
        memory.restart(tx, scope)
        stops.add(tx, scope, {record_id: _stop(scopes) for record_id, scopes in stopped.items()})
        told[dataset] = [("retract", record_id, None) for record_id in sorted(held - mine)]
    return told


def _suppressed_here(tx: Tx, scope: str) -> set[bytes]:
    """Whom the OEM was told to stop using, as far as our own memory goes."""
    told = memory.gone(tx, scope)
    for _, blob in memory.each(tx, scope):
        entries = pages.decode(blob)
        told |= {i for i, flags in zip(entries.ids, entries.flags, strict=True) if flags & pages.SUPPRESSED}
    return told


def _stop(scopes: list[Scope]) -> stops.Stop:
    since_on = max(one.since_on for one in scopes)
    if any(one.all for one in scopes):
        return frozenset({"everything"}), since_on
    return frozenset(channel for one in scopes for channel in one.channels or ()), since_on


def _tell_again(desk: Desk, tx: Tx, policy: PolicyRules, stream: streams.Stream, heard: _Heard) -> dict[str, Told]:
    """Our memory is the newer one. What the OEM was told since its backup is told again: who refuses, what was
    retracted, and, by the next reading, every record."""
    told: dict[str, Told] = {}
    today = desk.clock().date().isoformat()
    for dataset in sorted(memory.datasets(tx, stream.stream_id) | set(heard.held)):
        scope, held = f"{stream.stream_id}/{dataset}", heard.held.get(dataset, set())
        lines, mine = told.setdefault(dataset, []), set()
        for page_id, blob in memory.each(tx, scope):
            entries = pages.decode(blob)
            mine.update(entries.ids)
            lines += _refusals_of(tx, policy, stream, entries, today)
            for i, record_id in enumerate(entries.ids):
                entries.nonces[i] = bytes(16)
                entries.flags[i] |= pages.HELD * (record_id in held)
            memory.update(tx, page_id, entries.encode())
        gone = memory.gone(tx, scope)
        lines += [("suppress", record_id, scope_of(policy.purpose, today)) for record_id in sorted(gone)]
        ever = held | {
            i for joined in outbox.disclosed_before(tx, stream.stream_id, dataset, "") for i in pages.split(joined)
        }
        lines += [("retract", record_id, None) for record_id in sorted(ever - mine)]
        memory.restart(tx, scope)
    return told


def _refusals_of(tx: Tx, policy: PolicyRules, stream: streams.Stream, entries: pages.Entries, today: str) -> Told:
    people = {who for joined in entries.persons for who in pages.split(joined)} | set(entries.ids)
    found_of = refusing(tx, policy, stream, people)
    told: Told = []
    for flags, record_id, joined in zip(entries.flags, entries.ids, entries.persons, strict=True):
        if flags & pages.SUPPRESSED:
            told.append(("suppress", record_id, scope_of(policy.purpose, today)))
            continue
        subjects = (record_id, *pages.split(joined))
        found = {channel for who in subjects for channel in found_of.get(who, (frozenset(), 0))[0]}
        if found and flags & pages.HELD:
            whole = "everything" in found
            told.append(("suppress", record_id, scope_of(policy.purpose, today, () if whole else tuple(found))))
    return told


def _reset(desk: Desk, tx: Tx, policy: PolicyRules, stream: streams.Stream, heard: _Heard) -> None:
    """A new epoch, which only officers can decide. The reset is announced here and goes first."""
    head = heard.head
    epoch = max(stream.epoch, head.epoch) + 1
    decision = _decided(desk, tx, stream, epoch)
    if decision is None:
        raise _undecided(stream, epoch) if heard.whole else _fetched(stream, epoch)
    streams.new_epoch(tx, stream.stream_id, epoch, head.manifest_sha256 or "", desk.now())
    place = streams.get(tx, stream.stream_id)
    file = msgspec.json.decode(decision.data, type=DecisionFile)
    dataset = policy.datasets[0].name
    said = claims(desk, tx, policy, place, dataset, new_id(), kind="reset", window=None)
    said = msgspec.structs.replace(said, reset=ResetClaim(statements=file.signatures))
    sealed = seal(b"", said, desk.signer.sign)
    outbox.announce_empty(tx, batch_of(desk, tx, sealed, policy, dataset))
    streams.advance(tx, place, sealed.manifest_sha256)
    evidence.append(
        tx, "announced", desk.clock(), desk.actor,
        stream_id=stream.stream_id, epoch=epoch, seq=1, batch_id=sealed.manifest.batch_id, kind="reset",
        lines=0, removed=0, manifest_sha256=sealed.manifest_sha256, content_sha256=sealed.manifest.content_sha256,
    )  # fmt: skip


def _decided(desk: Desk, tx: Tx, stream: streams.Stream, epoch: int) -> Decision | None:
    rolls = read_rolls(permission.roll(tx) or b"")
    for found in standing_decisions(tx, "reset", rolls, desk.clock().date()):
        if dict(found.question) == {"stream_id": stream.stream_id, "epoch": str(epoch)}:
            return found
    return None


def _undecided(stream: streams.Stream, epoch: int) -> PolicyError:
    return PolicyError(
        "FG-D33",
        "the OEM has lost what it gave receipts for; the stream must begin a new epoch, and only officers decide that",
        f"officers: fieldgate decide reset --stream {stream.stream_id} --epoch {epoch}; then here:"
        " fieldgate decide import FILE, and fieldgate resync",
    )


def _fetched(stream: streams.Stream, epoch: int) -> PolicyError:
    return PolicyError(
        "FG-D35",
        f"not all that was sent since this copy lies whole in the folder of {shown(stream.recipient)}, so nobody here"
        " knows whom it stopped",
        "put the pairs that were fetched back into the folder, then: fieldgate resync. Where they are lost, officers:"
        f" fieldgate decide reset --stream {stream.stream_id} --epoch {epoch}; then here: fieldgate decide import FILE,"
        " fieldgate resync, and choices recorded here since the copy must be recorded again",
    )


def resync_all(
    desk: Desk, recipient: str = "", *, this_machine: bool = False
) -> tuple[list[Resynced], list[FieldgateError]]:
    """Every stream of one recipient, or of all; what could not be brought in step, beside what was."""
    ruleset = policies_in_force(desk)
    done: list[Resynced] = []
    failed: list[FieldgateError] = []
    with desk.state.reading() as tx:
        known = [one for one in streams.streams(tx) if recipient in ("", one.recipient) and ruleset.policy(one.policy)]
    for stream in known:
        try:
            oem = folder_of(desk, stream.recipient) or connect(desk, stream.recipient)
        except ConfigError as error:
            failed.append(error)
            continue
        try:
            done.append(resync(desk, ruleset, stream, oem, this_machine=this_machine))
        except FieldgateError as error:
            failed.append(error)
        finally:
            oem.close()
    if not failed:
        mark(desk)
    return done, failed
