"""How far changes have been read, sealed in state, and whether they may be asked for or everything must be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec

from agent.core.changes import Cursor, Position, Since, whole_is_due
from agent.core.source import SourceSettings
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks.desk import Desk

_decoder = msgspec.msgpack.Decoder(Position)


def position(desk: Desk, tx: Tx, scope: str) -> Position | None:
    sealed = memory.position(tx, scope)
    return None if sealed is None else _decoder.decode(desk.atrest.open_small(sealed, _aad(scope)))


def keep(desk: Desk, tx: Tx, scope: str, one: Position) -> None:
    memory.keep_position(tx, scope, desk.atrest.small(msgspec.msgpack.encode(one), _aad(scope)))


def _aad(scope: str) -> bytes:
    return f"changes|{scope}".encode()


def permission_digest(policy_sha256: str, held: Iterable[str] = ()) -> str:
    """What was read under another policy, or with another field held back, must be read again."""
    return hashlib.sha256("\n".join([policy_sha256, *sorted(held)]).encode()).hexdigest()[:32]


def since(desk: Desk, tx: Tx, scope: str, source: SourceSettings, under: str) -> Since | None:
    """From where changes may be asked for; None when everything must be compared: never done under this permission, or
    done too long ago."""
    known = position(desk, tx, scope)
    if known is None or known.under != under:
        return None
    due = whole_is_due(
        known.whole_at,
        desk.clock(),
        every_days=desk.config.schedule.reconcile_every_days,
        quiet_hours=source.quiet_hours,
        zone=ZoneInfo(source.zone),
    )
    return None if due else Since(known.through, known.cursor, known.upto)


def begin_whole(desk: Desk, tx: Tx, scope: str, server_now: str) -> None:
    """A complete comparison has begun: what changes from now on is seen by the next reading of changes."""
    keep(desk, tx, scope, Position("", server_now, server_now, desk.now()))


def end_whole(desk: Desk, tx: Tx, scope: str, under: str) -> None:
    known = position(desk, tx, scope)
    if known is not None:
        keep(desk, tx, scope, msgspec.structs.replace(known, under=under, cursor=None, upto=None))


def go_on(desk: Desk, tx: Tx, scope: str, cursor: Cursor, upto: str) -> None:
    """Within a window: so far it has been read."""
    known = position(desk, tx, scope)
    if known is not None:
        keep(desk, tx, scope, msgspec.structs.replace(known, cursor=cursor, upto=upto))


def end_window(desk: Desk, tx: Tx, scope: str, upto: str) -> None:
    known = position(desk, tx, scope)
    if known is not None:
        keep(desk, tx, scope, msgspec.structs.replace(known, through=upto, cursor=None, upto=None))


def rewind(desk: Desk, tx: Tx, scope: str) -> Since | None:
    """Ask again for everything since the last complete comparison: what was found since has no other place to be asked
    for at."""
    known = position(desk, tx, scope)
    if known is None:
        return None
    keep(desk, tx, scope, msgspec.structs.replace(known, through=known.whole_from, cursor=None, upto=None))
    return Since(known.whole_from)
