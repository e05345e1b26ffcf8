"""Leaving, as officers have decided: nothing more is read or sent, the OEMs are asked to delete or are left what their
contract lets them keep, a signed certificate says so, and the keys go last. Whoever has not answered stands in the
certificate, never passed over.

Until the certificate is there each step can be repeated: cut short, the next call goes on where the last one ended.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from agent.core import pages
from agent.core.audit import digest
from agent.core.decision import Decision
from agent.core.roll import read_rolls
from agent.core.text import shown
from agent.errors import ConfigError, PolicyError, StateError
from agent.keys import durable
from agent.keys.store import destroy_keys
from agent.state import disclosures, evidence, outbox, permission, requests, streams
from agent.state.store import Tx
from agent.tasks.auditing import export, mark
from agent.tasks.desk import Desk, own_keys
from agent.tasks.erase import ask_deletion
from agent.tasks.outgoing import discard
from agent.tasks.permission import standing_decisions
from agent.tasks.policy_watch import revoke

TYP = "fieldgate-deletion+jws"
WHY = "offboarding"
Way = Literal["retract", "hand-over"]
_KEPT = "offboarding"  # in meta: a _Chosen


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which way, by whose decision, and the request that tracks the deletions."""

    way: str
    request: str
    decision_sha256: str = ""
    decided_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """One stream, as its recipient stands. `asked`: records whose deletion was asked for."""

    store: str
    recipient: str
    policy: str
    stream_id: str
    epoch: int
    seq: int
    asked: int
    acknowledged: int
    waiting: int  # bodies and batches without a receipt


def begin(desk: Desk, way: Way) -> None:
    """End every policy, drop what waits, and ask for the deletion of all that was ever sent, where that is the way.
    PolicyError while officers have not decided it; an agent that has no officers has never sent anything."""
    with desk.state.reading() as tx:
        chosen = _chosen(tx)
        names = [policy.name for policy in permission.active_policies(tx)]
        decision = _decided(desk, tx, way) if chosen is None and permission.roll(tx) else None
    if chosen is not None and chosen.way != way:
        raise ConfigError(
            "FG-C70",
            f"this agent is being offboarded by --{chosen.way} already",
            f"go on with: fieldgate offboard --{chosen.way}",
        )
    for name in names:
        revoke(desk, name, WHY)
    if chosen is None:
        with desk.state.transaction() as tx:  # COMMIT POINT offboarding: asked for, and nothing else leaves any more
            _ask(desk, tx, way, decision)
    with desk.state.transaction() as tx:
        outbox.due_now(tx, desk.now())  # somebody waits for it
    mark(desk)


def _decided(desk: Desk, tx: Tx, way: Way) -> Decision:
    rolls = read_rolls(permission.roll(tx) or b"")
    for found in standing_decisions(tx, "offboard", rolls, desk.clock().date()):
        if dict(found.question) == {"instance": desk.instance_id, "way": way}:
            return found
    raise PolicyError(
        "FG-D36",
        "to leave for good is for the officers to decide, and they have not; nothing was changed",
        f"officers: fieldgate decide offboard --instance {desk.instance_id} --{way}; then here:"
        f" fieldgate decide import FILE, and fieldgate offboard --{way}",
    )


def _ask(desk: Desk, tx: Tx, way: Way, decision: Decision | None) -> None:
    for body in outbox.bodies(tx):
        if body.kind == "data":
            discard(desk, tx, body, WHY)
    request = f"offboard-{secrets.token_hex(6)}"
    records, known = 0, streams.streams(tx)
    if way == "retract":
        requests.open_request(tx, request, "erase", desk.now(), {})
        for stream in known:
            for dataset in disclosures.datasets_sent(tx, stream.stream_id):
                ids = {
                    one for joined in outbox.disclosed_before(tx, stream.stream_id, dataset, "")
                    for one in pages.split(joined)
                }  # fmt: skip
                if ids:
                    ask_deletion(desk, tx, request, stream.stream_id, dataset, ids)
                    records += len(ids)
    chosen = _Chosen(way, request, *((decision.sha256, decision.decided_by) if decision else ()))
    tx.write("insert into meta (name, value) values (?, ?)", (_KEPT, json.dumps(asdict(chosen))))
    evidence.append(
        tx, "offboarding_began", desk.clock(), desk.actor,
        way=way, streams=len(known), records=records, decision_sha256=chosen.decision_sha256,
    )  # fmt: skip


def _chosen(tx: Tx) -> _Chosen | None:
    row = tx.row("select value from meta where name = ?", (_KEPT,))
    return _Chosen(**json.loads(row[0])) if row else None


def standing(desk: Desk) -> list[Left]:
    """Where each recipient stands."""
    with desk.state.reading() as tx:
        chosen = _chosen(tx)
        asks = requests.asks(tx, chosen.request) if chosen else []
        return [
            _left(tx, stream, [ask for ask in asks if ask.stream_id == stream.stream_id])
            for stream in streams.streams(tx)
        ]


def _left(tx: Tx, stream: streams.Stream, asks: list[requests.Ask]) -> Left:
    bodies = sum(body.stream_id == stream.stream_id for body in outbox.bodies(tx))
    return Left(
        store=stream.store,
        recipient=stream.recipient,
        policy=stream.policy,
        stream_id=stream.stream_id,
        epoch=stream.epoch,
        seq=stream.next_seq - 1,
        asked=sum(ask.records for ask in asks),
        acknowledged=sum(ask.records for ask in asks if ask.accepted_at),
        waiting=bodies + (outbox.in_flight(tx, stream.stream_id) is not None),
    )


def finish(desk: Desk, folder: Path, *, without_receipts: bool = False) -> Path:
    """The certificate and the audit record into `folder`, then the keys. StateError while a receipt is outstanding,
    unless somebody says that it is to be done without."""
    left = standing(desk)
    waiting = sum(one.waiting for one in left)
    if waiting and not without_receipts:
        raise StateError(
            "FG-T30",
            f"{waiting} batch(es) have no receipt yet, so no key is destroyed",
            "say it again later; where an OEM will never answer: offboard --without-receipts",
            exit_status=4,
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificate, data = folder / "certificate-of-deletion.json", _certificate(desk, left)
    durable.write(certificate, data, mode=0o600)
    with desk.state.transaction() as tx:
        evidence.append(tx, "offboarded", desk.clock(), desk.actor, sha256=digest(data), outstanding=waiting)
    mark(desk)
    durable.write(folder / "audit-record.jsonl", export(desk), mode=0o600)
    destroy_keys(desk.config.key_store, desk.config.key_folder)
    return certificate


def _certificate(desk: Desk, left: list[Left]) -> bytes:
    """What was done, in words a lawyer reads and a machine verifies: the claims, and the same signed."""
    with desk.state.reading() as tx:
        chosen = _chosen(tx)
        entries, head = evidence.head(tx)
    if chosen is None:
        raise StateError("FG-T31", "offboarding has not begun", "fieldgate offboard --retract, or --hand-over")
    claims = {
        "typ": TYP,
        "at": desk.now(),
        "instance_id": desk.instance_id,
        "way": chosen.way,
        "decided": {"by": chosen.decided_by, "sha256": chosen.decision_sha256},
        "said": _said(chosen.way, left),
        "streams": [asdict(one) for one in left],
        "audit": {"entries": entries, "head": head},
        "keys": "destroyed right after this was signed: what waited sealed on this machine can be opened by nobody",
    }
    signed = desk.signer.sign(TYP, json.dumps(claims, sort_keys=True, separators=(",", ":")).encode())
    keys = [{**jwk, "kid": kid} for kid, jwk in sorted(own_keys(desk).items())]
    return json.dumps({"claims": claims, "jws": signed, "keys": keys}, indent=1, sort_keys=True).encode() + b"\n"


def _said(way: str, left: list[Left]) -> list[str]:
    told = []
    for one in left:
        to, waits = shown(one.recipient), f"; {one.waiting} batch(es) without a receipt" if one.waiting else ""
        did = (
            f"asked to delete {one.asked:,} records, acknowledged {one.acknowledged:,}"
            if way == "retract"
            else "left what it holds, as its contract says"
        )
        told.append(f"{to}, store {shown(one.store)}: {did}{waits}")
    return told
