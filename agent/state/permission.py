"""What people have decided, as imported: officer rolls, policies with their signatures, decisions, pauses.

Stored as the exact bytes that were signed; whether they hold is decided anew from those bytes, never from a flag here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from agent.state.store import Tx

EVERYONE = "*"


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    name: str
    version: int
    sha256: str
    data: bytes
    signatures: tuple[str, ...]
    roll_version: int
    replaces_version: int | None
    replaces_sha256: str | None
    imported_at: str


def add_roll(tx: Tx, version: int, sha256: str, data: bytes) -> None:
    tx.write("insert into rolls (version, sha256, data) values (?, ?, ?)", (version, sha256, data))


def roll(tx: Tx) -> bytes | None:
    """The roll file in force."""
    row = tx.row("select data from rolls order by version desc limit 1")
    return bytes(row[0]) if row else None


def add_policy(tx: Tx, policy: StoredPolicy) -> None:
    """Store an approved policy; the version before it ends in the same transaction."""
    tx.write(
        "update policies set ended_at = ?, ended_why = ? where name = ? and ended_at is null",
        (policy.imported_at, f"replaced by version {policy.version}", policy.name),
    )
    tx.write(
        "insert into policies (name, version, sha256, data, signatures, roll_version, replaces_version,"
        " replaces_sha256, imported_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            policy.name,
            policy.version,
            policy.sha256,
            policy.data,
            json.dumps(policy.signatures),
            policy.roll_version,
            policy.replaces_version,
            policy.replaces_sha256,
            policy.imported_at,
        ),
    )


def end_policy(tx: Tx, name: str, at: str, why: str) -> None:
    tx.write(
        "update policies set ended_at = ?, ended_why = ? where name = ? and ended_at is null", (at, why, name), expect=1
    )


def active_policies(tx: Tx) -> list[StoredPolicy]:
    """The newest version of each policy that nobody has ended."""
    return _policies(tx, "where ended_at is null order by name")


def in_force(tx: Tx, name: str, sha256: str) -> bool:
    """Nobody has ended these bytes since."""
    return bool(tx.row("select 1 from policies where name = ? and sha256 = ? and ended_at is null", (name, sha256)))


def revoked(tx: Tx) -> list[tuple[str, int, str, str]]:
    """(name, version, ended_at, why) of every version that somebody ended, rather than replaced by a newer one."""
    rows = tx.rows(
        "select name, version, ended_at, ended_why from policies where ended_why like 'revoked: %'"
        " order by name, version"
    )
    return [(str(r[0]), int(r[1]), str(r[2]), str(r[3])) for r in rows]


def ended_policies(tx: Tx) -> list[tuple[str, int, str, str]]:
    """(name, version, ended_at, why) of each name of which no version is in force: the highest version."""
    rows = tx.rows(
        "select name, max(version), ended_at, ended_why from policies group by name"
        " having sum(ended_at is null) = 0 order by name"
    )
    return [(str(r[0]), int(r[1]), str(r[2]), str(r[3])) for r in rows]


def ends(tx: Tx) -> dict[tuple[str, int], tuple[str, str]]:
    """(name, version) -> (when, why) of every version that is in force no more."""
    rows = tx.rows("select name, version, ended_at, ended_why from policies where ended_at is not null")
    return {(str(r[0]), int(r[1])): (str(r[2]), str(r[3])) for r in rows}


def every_policy(tx: Tx) -> list[StoredPolicy]:
    """All versions ever imported, ended ones too, oldest first."""
    return _policies(tx, "order by name, version")


def policy_version(tx: Tx, name: str) -> StoredPolicy | None:
    """The highest version of a policy ever imported, ended or not: a lower one must never come back."""
    found = _policies(tx, "where name = ? order by version desc limit 1", name)
    return found[0] if found else None


def _policies(tx: Tx, where: str, *params: object) -> list[StoredPolicy]:
    columns = "name, version, sha256, data, signatures, roll_version, replaces_version, replaces_sha256, imported_at"
    return [
        StoredPolicy(r[0], r[1], r[2], bytes(r[3]), tuple(json.loads(r[4])), r[5], r[6], r[7], r[8])
        for r in tx.rows(f"select {columns} from policies {where}", params)  # noqa: S608  (literals of this module)
    ]


def add_decision(tx: Tx, sha256: str, kind: str, data: bytes, roll_version: int, at: str) -> None:
    tx.write(
        "insert into decisions (sha256, kind, data, roll_version, imported_at) values (?, ?, ?, ?, ?)",
        (sha256, kind, data, roll_version, at),
    )


def decisions(tx: Tx, kind: str) -> list[tuple[bytes, int]]:
    """(file, roll version) of every decision of a kind; whether it still holds is for the reader of the file."""
    rows = tx.rows("select data, roll_version from decisions where kind = ? order by imported_at", (kind,))
    return [(bytes(row[0]), int(row[1])) for row in rows]


def every_decision(tx: Tx) -> list[tuple[str, bytes]]:
    """(digest, file) of all that were ever imported."""
    return [(str(row[0]), bytes(row[1])) for row in tx.rows("select sha256, data from decisions")]


def pause(tx: Tx, recipient: str, at: str, by: str) -> None:
    """Anyone stops a recipient (or everyone)."""
    tx.write("insert or ignore into pauses (recipient, paused_at, paused_by) values (?, ?, ?)", (recipient, at, by))


def resume(tx: Tx, recipient: str) -> None:
    tx.write("delete from pauses where recipient = ?", (recipient,))


def pauses(tx: Tx) -> dict[str, str]:
    """Recipient -> since when."""
    return {str(r[0]): str(r[1]) for r in tx.rows("select recipient, paused_at from pauses")}


def paused(tx: Tx, recipient: str) -> bool:
    return bool(tx.row("select 1 from pauses where recipient in (?, ?)", (recipient, EVERYONE)))
