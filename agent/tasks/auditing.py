"""Checkpoints of the audit chain, its export, and its verification at home: chain, checkpoints, receipts."""

from __future__ import annotations

import json
from typing import Any

from agent.core import jws
from agent.core.audit_export import ExportVerdict, checkpoint, verify_export, write_export
from agent.state import evidence, streams
from agent.state.store import Tx
from agent.tasks import position
from agent.tasks.desk import Desk

_FIRST = "checkpoint_jwk"


def mark(desk: Desk) -> None:
    """At the end of a piece of work: sign the chain as it stands, and note outside the state file how far it goes."""
    with desk.state.transaction() as tx:
        n, head = evidence.head(tx)
        known = evidence.checkpoints(tx)
        if n and (not known or known[-1][0] < n):
            first_key(desk, tx)
            evidence.keep_checkpoint(tx, n, checkpoint(n, head, desk.now(), desk.instance_id, desk.checkpoint.sign))
    position.keep(desk.config, desk.state, desk.instance_id)


def first_key(desk: Desk, tx: Tx) -> dict[str, Any]:
    """The checkpoint key this record began with; later ones are announced in the chain."""
    row = tx.row("select value from meta where name = ?", (_FIRST,))
    if row is None:
        jwk = dict(desk.checkpoint.jwk)
        tx.write("insert into meta (name, value) values (?, ?)", (_FIRST, json.dumps(jwk, sort_keys=True)))
        return jwk
    found: dict[str, Any] = json.loads(row[0])
    return found


def export(desk: Desk) -> bytes:
    """The whole record as one file that is judged alone."""
    with desk.state.transaction() as tx:
        jwks = {"checkpoint": first_key(desk, tx), "receipts": _receipt_keys(desk, tx)}
        return write_export(
            desk.instance_id,
            jwks,
            list(evidence.entries(tx)),
            [text for _, text in evidence.checkpoints(tx)],
            evidence.receipts(tx),
            desk.checkpoint.sign,
        )


def verify_here(desk: Desk) -> ExportVerdict:
    """The same judgement over the state file itself."""
    return verify_export(export(desk))


def _receipt_keys(desk: Desk, tx: Tx) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name in sorted(desk.config.recipients):
        enrolled = streams.enrollment(tx, name)
        for jwk in (enrolled.jwks if enrolled else {}).values():
            found[jws.kid_of(jwk)] = {part: jwk[part] for part in ("kty", "crv", "x", "y")}
    return [found[kid] for kid in sorted(found)]
