"""After a change of policy: what waits under another version is discarded, and what the OEM holds of a dataset, store
or recipient that is no longer granted is retracted.
"""

from __future__ import annotations

from agent.core import pages
from agent.core.ruleset import PolicyRules
from agent.state import outbox, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks.desk import Desk
from agent.tasks.outgoing import Told, discard, enqueue_control


def retire(desk: Desk, policy: PolicyRules, stream: streams.Stream) -> None:
    """Bring outbox and OEM in line with the policy in force: waiting bodies of another version are discarded and their
    records read again, and what the OEM holds of a dataset, store or recipient no longer granted is retracted."""
    granted = stream.store in policy.stores and stream.recipient == policy.recipient
    with desk.state.transaction() as tx:
        for body in outbox.bodies(tx):
            if body.stream_id == stream.stream_id and body.kind == "data" and body.policy_sha256 != policy.sha256:
                discard(desk, tx, body, "another policy version is in force")
        prefix = f"{stream.stream_id}/"
        for run in memory.runs(tx):
            dataset = policy.dataset(run.scope.removeprefix(prefix)) if granted else None
            if run.scope.startswith(prefix) and dataset is None:
                _retract_all(desk, tx, policy, stream, run.scope)


def _retract_all(desk: Desk, tx: Tx, policy: PolicyRules, stream: streams.Stream, scope: str) -> None:
    told: Told = []
    gone = memory.gone(tx, scope)
    for page_id, blob in memory.each(tx, scope):
        entries = pages.decode(blob)
        told += [("retract", i, None) for i, flag in zip(entries.ids, entries.flags, strict=True) if flag & pages.HELD]
        gone |= {i for i, flag in zip(entries.ids, entries.flags, strict=True) if flag & pages.SUPPRESSED}
        memory.remove(tx, page_id)
    memory.keep_gone(tx, scope, gone)
    memory.forget_position(tx, scope)
    tx.write("delete from runs where scope = ?", (scope,))
    enqueue_control(desk, tx, policy, stream, scope.split("/", 1)[1], told)
