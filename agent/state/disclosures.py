"""What has left, as the disclosures tell it: counts for people who decide. Ids only; no value, no source key."""

from __future__ import annotations

from collections import defaultdict

from agent.core.pages import split
from agent.state.store import Tx


def records_left(tx: Tx, policy: str, since: str) -> dict[str, int]:
    """Dataset -> how many different records left under a policy since an instant; a record sent twice counts once."""
    ids: defaultdict[str, set[bytes]] = defaultdict(set)
    for dataset, joined in tx.stream(
        "select d.dataset, d.ids from disclosures d join batches b using (batch_id)"
        " where d.policy = ? and b.announced_at >= ? and b.state <> 'voided'",
        (policy, since),
    ):
        ids[dataset].update(split(bytes(joined)))
    return {dataset: len(found) for dataset, found in ids.items()}
