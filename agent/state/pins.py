"""What the names of an imported policy meant, as pinned at its import. Believed only where the audit record says the
same (`names_pinned`), like everything else that was decided once."""

from __future__ import annotations

from agent.state import evidence
from agent.state.store import Tx


def keep(tx: Tx, policy: str, version: int, sha256: str, data: bytes) -> None:
    tx.write("insert into pins (policy, version, sha256, data) values (?, ?, ?, ?)", (policy, version, sha256, data))


def pinned(tx: Tx, policy: str, version: int) -> tuple[str, bytes] | None:
    """(digest, bytes) of a policy version's pins."""
    row = tx.row("select sha256, data from pins where policy = ? and version = ?", (policy, version))
    return (str(row[0]), bytes(row[1])) if row else None


def audited(tx: Tx, policy: str, version: int) -> str:
    """The digest that the import's audit entry names; empty where nothing was pinned."""
    said = [f for f in evidence.said(tx, "names_pinned") if f["policy"] == policy and f["version"] == version]
    return str(said[-1]["sha256"]) if said else ""
