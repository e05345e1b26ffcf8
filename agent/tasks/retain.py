"""Retention: the source keys of what was sent are destroyed when the OEM's own time to keep it is over. Nobody will ask
for one person's rows of it again, and what is not there cannot be lost. Record ids, hashes and the evidence stay.
"""

from __future__ import annotations

import datetime as dt

from agent.state import disclosures, evidence, streams
from agent.tasks.desk import Desk, instant
from agent.tasks.permission import last_approved

_MONTH = dt.timedelta(days=31)  # never too early


def retain(desk: Desk) -> int:
    """Destroy what is older than `recipient_may: keep_for_months` of its policy, which may have ended long ago; of how
    many batches."""
    done = 0
    with desk.state.reading() as tx:
        policies = [last_approved(tx, name) for name in sorted({stream.policy for stream in streams.streams(tx)})]
    for policy in policies:
        before = instant(desk.clock() - policy.keep_for_months * _MONTH)
        with desk.state.transaction() as tx:  # COMMIT POINT source keys destroyed
            batches = disclosures.destroy_keys_before(tx, policy.name, before)
            if batches:
                evidence.append(tx, "source_keys_destroyed", desk.clock(), desk.actor, batches=batches, before=before)
        done += batches
    return done
