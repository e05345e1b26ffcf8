"""When a record may be used again: what must be lifted at the OEM, and what must be refused anew right behind it."""

from __future__ import annotations

import datetime as dt

from agent.core import pages
from agent.core.lines import Scope, scope_of
from agent.core.records import RecordPage
from agent.core.ruleset import PolicyRules
from agent.state import pages as memory
from agent.state import streams
from agent.state.store import Tx
from agent.tasks.standing import refusing


def returned(tx: Tx, scope: str, change: pages.PageChange, page: RecordPage) -> list[bytes]:
    """Records that were suppressed, then lost from the DMS, and are back: they may be used only once that is told."""
    gone = memory.gone(tx, scope)
    back = gone.intersection(pages.split(page.ids)) if gone else set()
    if change.gone or back:
        memory.keep_gone(tx, scope, (gone | set(change.gone)) - back)
    return sorted(back)


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
