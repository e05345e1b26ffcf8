"""How long a stop takes to be honored, in both houses. One row for each stop that must take effect somewhere: at the
OEM until its receipt for the suppression, in the DMS until a reading of choices shows it. Hashes and times only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.state.store import Tx

OEM, DMS = "oem", "dms"
_COLUMNS = "house, person, channel, said_at, source, stream_id, body_id, done_at, purpose"


@dataclass(frozen=True, slots=True, repr=False)
class Honoring:
    """`said_at`: when the person said so. `done_at` null: still open. `stream_id`, `body_id`: at the OEM, the control
    body that tells it."""

    house: str
    person: bytes
    channel: str
    said_at: str
    source: str
    stream_id: str = ""
    body_id: int = 0
    done_at: str | None = None
    purpose: str = "*"


def begin(tx: Tx, rows: Iterable[Honoring]) -> None:
    """Note stops that must take effect. One that is open in the same place already stays as it is."""
    tx.write_all(
        f"insert into honoring ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set"  # noqa: S608
        " body_id = max(body_id, excluded.body_id)",
        [
            (r.house, r.person, r.channel, r.said_at, r.source, r.stream_id, r.body_id, r.done_at, r.purpose)
            for r in rows
        ],
    )


def told(tx: Tx, stream_id: str, body_id: int, at: str) -> None:
    """The OEM has given its receipt for a control body; what was queued before it has been told before it."""
    tx.write(
        "update honoring set done_at = ? where house = 'oem' and stream_id = ? and body_id <= ? and done_at is null",
        (at, stream_id, body_id),
    )


def everything(tx: Tx, house: str) -> list[Honoring]:
    """All of one house, oldest first."""
    rows = tx.rows(f"select {_COLUMNS} from honoring where house = ? order by said_at, person, channel", (house,))  # noqa: S608
    return [Honoring(*row) for row in rows]


def seen_in_dms(tx: Tx, one: Honoring, done_at: str | None) -> None:
    """What the last reading of choices showed: done there since, or (null) mailable, perhaps again."""
    tx.write(
        "update honoring set done_at = ? where house = 'dms' and person = ? and channel = ? and said_at = ?"
        " and purpose = ?",
        (done_at, one.person, one.channel, one.said_at, one.purpose),
        expect=1,
    )


def forget(tx: Tx, person: bytes, channel: str, purpose: str, before: str) -> None:
    """A newer yes (to every channel where none is named, for every purpose where it is `*`): nothing is to be done in
    the DMS any more."""
    tx.write(
        "delete from honoring where house = 'dms' and person = ? and ? in ('', channel) and said_at < ?"
        " and done_at is null and ? in ('*', purpose)",
        (person, channel, before, purpose),
    )
