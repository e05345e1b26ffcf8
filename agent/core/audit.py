"""The audit chain: each entry names the digest of the one before it. Pure: entries in, bytes and verdicts out.

The gate for our own words: an event may carry the facts its row in `EVENTS` lists and no others, and facts are names,
counts, digests and times. No fact may hold a row value.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

GENESIS = "sha256:" + "0" * 64
CHECKPOINT_TYP = "fieldgate-checkpoint+jws"

Fact = str | int | bool | None | list[str] | dict[str, int]

EVENTS: dict[str, frozenset[str]] = {
    name: frozenset(facts.split())
    for name, facts in {
        "installed": "version instance_id",
        "roll_imported": "version sha256 officers threshold",
        "policy_imported": "policy version sha256 approvals_sha256 roll_sha256 approved_by inventory_sha256",
        "policy_ended": "policy version sha256 reason",
        "decision_imported": "kind sha256 expires_on",
        "enrolled": "recipient kid receipt_kids dealer_code",
        "receipt_key_followed": "recipient kid old_kids",
        "stream_opened": "stream_id store recipient policy",
        "inventory_kept": "source sha256 tables columns taken_at",
        "names_pinned": "policy version sha256 inventories",
        "access_probed": "source status asked refused not_shown sha256",
        "reading": "source dataset stream_id policy policy_sha256 columns reason",
        "read": "source dataset stream_id rows pages sent withheld",
        "export_taken": "source set tables files",
        "export_dropped": "source set",
        "source_refused": "source code why",
        "dataset_refused": "source dataset policy policy_sha256 code why",
        "field_held": "hold recipient stream_id dataset field why",
        "hold_released": "hold recipient decision_sha256",
        "choices_read": "source choices policy people changed",
        "choices_noted": "through rows sha256 stops stops_sha256",
        "facts_taken": "source facts people told",
        "person_shown": "disclosures erased",
        "person_restricted": "what told",
        "person_erased": "request streams records discarded",
        "incident_opened": "incident field recipients since people records hold",
        "incident_closed": "incident why",
        "todo_listed": "items people unknown",
        "opt_outs_pulled": "stream_id recipient after through entries people unknown told lifted records",
        "opt_outs_unusual": "stream_id recipient dataset records of",
        "contacts_shared_by_many": "addresses numbers",
        "prepared": "stream_id dataset body_id kind lines content_sha256",
        "announced": "stream_id epoch seq batch_id kind lines removed manifest_sha256 content_sha256",
        "discarded": "stream_id body_id reason lines destroyed",
        "voided": "stream_id epoch seq batch_id replaces reason lines destroyed",
        "settled": "stream_id epoch seq batch_id receipt_id by destroyed",
        "refused_by_oem": "stream_id epoch seq batch_id problem action",
        "quarantined": "stream_id epoch seq batch_id problem",
        "key_rotated": "use kid old_kid jwk",
        "key_revoked": "kid last_good decision_sha256",
        "state_restored": "n",
        "resynced": "stream_id epoch seq situation suppressed retracted discarded",
        "head_compared": "stream_id epoch seq verdict",
        "paused": "recipient",
        "resumed": "recipient",
        "preview": "policy dataset shown",
        "checkpoint": "n",
        "offboarding_began": "way streams records decision_sha256",
        "offboarded": "sha256 outstanding",
        "source_keys_destroyed": "batches before",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its number from 1, its exact bytes, and their digest, which is the new head."""

    n: int
    data: bytes
    sha256: str


def make_entry(n: int, prev: str, event: str, at: dt.datetime, actor: str, facts: dict[str, Fact]) -> Entry:
    """The next entry of a chain whose head is `prev`. ValueError for an event or fact the table does not know."""
    allowed = EVENTS.get(event)
    if allowed is None or not set(facts) <= allowed:
        raise ValueError(f"audit event {event} may not carry {sorted(set(facts) - (allowed or set()))}")
    stamp = at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document = {"actor": actor, "at": stamp, "event": event, "facts": facts, "n": n, "prev": prev}
    data = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    return Entry(n, data, digest(data))


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """`problem` is empty when the chain holds from its first entry to its last."""

    entries: int
    head: str
    problem: str = ""


def verify_chain(entries: Iterable[tuple[bytes, str]]) -> ChainVerdict:
    """Check (bytes, claimed digest) pairs in order: number, link, digest, form. Stops at the first fault, named."""
    n, head = 0, GENESIS
    for data, claimed in entries:
        fault = _fault(data, claimed, n + 1, head)
        if fault:
            return ChainVerdict(n, head, f"entry {n + 1}: {fault}")
        n, head = n + 1, claimed
    return ChainVerdict(n, head)


def _fault(data: bytes, claimed: str, n: int, prev: str) -> str:
    if digest(data) != claimed:
        return "its bytes do not match its digest"
    try:
        document = json.loads(data)
    except ValueError:
        return "not JSON"
    if not isinstance(document, dict):
        return "not an object"
    if document.get("n") != n:
        return "its number is not the next one (an entry is missing, doubled or moved)"
    if document.get("prev") != prev:
        return "it does not follow the entry before it"
    return ""
