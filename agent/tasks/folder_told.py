"""What a folder recipient was told behind the place our memory knows, read back out of the batches that still lie
there: nobody can be asked, and our own signature vouches for each. A pair that was fetched or altered counts as
missing, and with it all before it: then nobody here knows whom those batches stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agent.core.heads import StreamHead
from agent.core.lines import Line, Scope, scope_of
from agent.core.seal import OpenedBatch


@dataclass(slots=True)
class Told:
    """dataset -> record ids, as the OEM holds them once it has taken all of this. `refused`: with what stops them."""

    held: dict[str, set[bytes]]
    refused: dict[str, dict[bytes, list[Scope]]] = field(default_factory=dict)
    lifted: dict[str, set[bytes]] = field(default_factory=dict)
    whole: bool = True  # nothing between our place and the head is missing

    def take(self, line: Line, purpose: str, day: str) -> None:
        record_id, held = bytes.fromhex(line.id), self.held.setdefault(line.dataset, set())
        refused, lifted = self.refused.setdefault(line.dataset, {}), self.lifted.setdefault(line.dataset, set())
        if line.op == "upsert":
            held.add(record_id)
        elif line.op == "suppress" and line.scope is not None:
            refused.setdefault(record_id, []).append(line.scope)
            lifted.discard(record_id)
        elif line.op == "retract":
            held.discard(record_id)
            if line.erase:
                refused.setdefault(record_id, []).append(scope_of(purpose, day))
        elif line.op == "lift" and (line.scope is None or line.scope.all):
            refused.pop(record_id, None)
            lifted.add(record_id)
        elif line.scope is not None and record_id in refused:
            left = [_without(one, line.scope) for one in refused.pop(record_id)]
            refused[record_id] = [one for one in left if one is not None]


def _without(stop: Scope, lifted: Scope) -> Scope | None:
    if stop.all:
        return stop
    channels = tuple(sorted(set(stop.channels or ()) - set(lifted.channels or ())))
    return scope_of(stop.purpose, stop.since_on, channels) if channels else None


def told_since(
    head: StreamHead,
    known: Callable[[str], bool],
    found: Callable[[str], OpenedBatch | None],
    held: dict[str, set[bytes]],
) -> Told:
    """Go back from the head, manifest by manifest, to one that our memory knows; then take what they say in order.
    `held`: what the OEM held at that place."""
    told, chain, at = Told(held), list[OpenedBatch](), head.manifest_sha256
    while at is not None and not known(at):
        batch = found(at)
        if batch is None:
            told.whole = False
            break
        chain.append(batch)
        at = batch.sealed.manifest.prev
    for batch in reversed(chain):
        m = batch.sealed.manifest
        day = (m.window.to_at if m.window else "")[:10] or "0001-01-01"
        for line in batch.lines:
            told.take(line, m.purpose, day)
    return told
