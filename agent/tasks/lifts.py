"""When a record may be used again: what must be lifted at the OEM, and what must be refused anew right behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from agent.core import pages
from agent.core.lines import Scope, scope_of
from agent.core.ruleset import PolicyRules
from agent.state import choices, stops, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks.standing import refusing

Moved = Mapping[bytes, tuple[frozenset[str], frozenset[str]]]


def returned(tx: Tx, scope: str, change: pages.PageChange) -> list[bytes]:
    """Records that were suppressed, then lost from the DMS, and are back: they may be used only once that is told."""
    gone = memory.gone(tx, scope)
    back = gone.intersection(change.now.ids[at] for at in change.send) if gone else set()
    if change.gone or back:
        memory.keep_gone(tx, scope, (gone | set(change.gone)) - back)
    return sorted(back)


def kept_back(tx: Tx, policy: PolicyRules, stream: streams.Stream, scope: str, change: pages.PageChange) -> bool:
    """A record the OEM holds a stop for, which neither the DMS nor a fact repeats, neither leaves nor is lifted, unless
    a yes that is newer than the stop is on record. Where its people refuse the same channels, the rest may go.
    Whether a stop has ended."""
    stopped = stops.of(tx, scope)
    barred, over = set(), set()
    for at in change.send if stopped else ():
        record_id = change.now.ids[at]
        if record_id in stopped:
            subjects = (record_id, *pages.split(change.now.persons[at]))
            channels, since_on = stopped[record_id]
            if _said_yes_since(tx, policy, subjects, channels, since_on):
                over.add(record_id)
                continue
            found = refusing(tx, policy, stream, subjects)
            said = {channel for refused, _ in found.values() for channel in refused}
            if "everything" in channels or not channels <= said:
                barred.add(record_id)
    stops.end(tx, scope, over)
    pages.keep_back(change, barred)
    return bool(over)


def _said_yes_since(
    tx: Tx, policy: PolicyRules, subjects: tuple[bytes, ...], channels: frozenset[str], since_on: str
) -> bool:
    covered = {
        fact.channel
        for facts in choices.facts_of(tx, subjects).values()
        for fact in facts
        if fact.what in ("given", "renewed")
        and fact.happened_at[:10] > since_on
        and fact.purpose in ("*", policy.purpose)
    }
    return "everything" in covered or channels <= covered


def newer_yes(tx: Tx, policy: PolicyRules, moved: Moved) -> None:
    """Who refused in the DMS and does not any more: what the OEM held against their records is over. `moved`: person ->
    what was stopped before, what is stopped now."""
    yes = {who: old - new for who, (old, new) in moved.items() if old - new}
    for stream in streams.streams(tx) if yes else ():
        for dataset in policy.datasets if stream.policy == policy.name else ():
            scope = f"{stream.stream_id}/{dataset.name}"
            stopped = stops.of(tx, scope)
            for _, blob in memory.each(tx, scope) if stopped else ():
                entries = pages.decode(blob)
                for record_id, joined in zip(entries.ids, entries.persons, strict=True):
                    said = frozenset(c for who in pages.split(joined) for c in yes.get(who, ()))
                    if record_id in stopped and said:
                        left = frozenset() if "everything" in said else stopped[record_id][0] - said
                        stops.end(tx, scope, [record_id])
                        stops.add(tx, scope, {record_id: (left, stopped[record_id][1])} if left else {})


def still_refused(
    tx: Tx, policy: PolicyRules, stream: streams.Stream, change: pages.PageChange, today: dt.date
) -> list[tuple[str, bytes, Scope | None]]:
    """Lifting a whole suppression clears its channels at the OEM too: those still refused are told again."""
    told: list[tuple[str, bytes, Scope | None]] = []
    lifted = set(change.lift)
    for record_id, joined in zip(change.now.ids, change.now.persons, strict=True) if lifted else ():
        if record_id in lifted:
            found = refusing(tx, policy, stream, (record_id, *pages.split(joined)))
            channels = {one for refused, _ in found.values() for one in refused} - {"everything"}
            if channels:
                told.append(
                    ("suppress", record_id, scope_of(policy.purpose, today.isoformat(), tuple(sorted(channels))))
                )
    return told
