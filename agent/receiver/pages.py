"""The signed answers to GET: stream head, opt-outs, suppressed ids. A stream sees only record ids it has sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from agent.core.answers import WireError
from agent.core.heads import (
    REQUEST_WINDOW_S,
    Held,
    HeldPage,
    OptOut,
    OptOutPage,
    Page,
    RequestClaims,
    StreamHead,
    Suppressed,
    SuppressedPage,
    make_reply,
    read_authorization,
)
from agent.receiver.enroll import check_sender
from agent.receiver.house import ReceiverHouse
from agent.receiver.landing import scope_from

PAGE = 500


def authorize(house: ReceiverHouse, header: str, path: str) -> RequestClaims:
    """Who asks, for which of her own streams; WireError otherwise. A `jti` counts once."""
    now_s = int(house.clock().timestamp())
    kid, claims = read_authorization(header, path, house.name, now_s, house.find_key)
    with house.store.writing() as db:
        check_sender(db, kid, None)
        _check_owner(db, kid, claims.stream_id)
        db.execute("DELETE FROM requests WHERE iat < ?", (now_s - 2 * REQUEST_WINDOW_S,))
        if db.execute("INSERT OR IGNORE INTO requests VALUES (?, ?)", (claims.jti, claims.iat)).rowcount != 1:
            raise WireError("bad_signature", "request: jti was used before")
    return claims


def head(house: ReceiverHouse, request: RequestClaims) -> str:
    with house.store.reading() as db:
        row = db.execute("SELECT * FROM streams WHERE stream_id = ?", (request.stream_id,)).fetchone()
        newest = db.execute(
            "SELECT coalesce(max(cursor), 0) AS c FROM opt_outs WHERE stream_id = ?", (request.stream_id,)
        ).fetchone()
    reply = StreamHead(
        iss=house.name,
        stream_id=request.stream_id,
        in_reply_to=request.jti,
        epoch=row["epoch"] if row else 0,
        seq=row["seq"] if row else 0,
        manifest_sha256=row["manifest_sha256"] if row else None,
        content_sha256=row["content_sha256"] if row else None,
        policy_version=row["policy_version"] if row else 0,
        roll_version=row["roll_version"] if row else 0,
        audit_head=row["audit_head"] if row else None,
        opt_outs_through=newest["c"],
        iat=int(house.clock().timestamp()),
    )
    return make_reply(reply, house.sign)


def opt_outs(house: ReceiverHouse, request: RequestClaims, after: int) -> str:
    rows, more = _page(house, "opt_outs", request.stream_id, after)
    entries = tuple(
        OptOut(
            cursor=row["cursor"],
            dataset=row["dataset"],
            id=row["id"],
            scope=scope_from(row["purpose"], row["channels"], row["since_on"]),
            said_at=row["said_at"],
        )
        for row in rows
    )
    return _signed(house, request, OptOutPage, after, entries, more=more)


def suppressed(house: ReceiverHouse, request: RequestClaims, after: int) -> str:
    rows, more = _page(house, "suppressions", request.stream_id, after)
    entries = tuple(
        Suppressed(
            cursor=row["cursor"],
            dataset=row["dataset"],
            id=row["id"],
            scope=scope_from(row["purpose"], row["channel"], row["since_on"]),
        )
        for row in rows
    )
    return _signed(house, request, SuppressedPage, after, entries, more=more)


def held(house: ReceiverHouse, request: RequestClaims, after: int) -> str:
    """Each landed record by the operation that landed it; a stream's one writer is the agent that asks."""
    with house.store.reading() as db:
        rows = db.execute(
            "SELECT o.op_no AS cursor, o.dataset, o.id FROM operations o JOIN records r ON r.stream_id = o.stream_id"
            " AND r.dataset = o.dataset AND r.id = o.id AND r.epoch = o.epoch AND r.seq = o.seq"
            " WHERE o.stream_id = ? AND o.op = 'upsert' AND o.op_no > ? ORDER BY o.op_no LIMIT ?",
            (request.stream_id, after, PAGE + 1),
        ).fetchall()
    entries = tuple(Held(cursor=row["cursor"], dataset=row["dataset"], id=row["id"]) for row in rows[:PAGE])
    return _signed(house, request, HeldPage, after, entries, more=len(rows) > PAGE)


def _signed(
    house: ReceiverHouse, request: RequestClaims, kind: type[Page], after: int, entries: Sequence[Held], *, more: bool
) -> str:
    page = kind(
        iss=house.name,
        stream_id=request.stream_id,
        in_reply_to=request.jti,
        after=after,
        through=entries[-1].cursor if entries else after,
        more=more,
        entries=tuple(entries),  # type: ignore[arg-type]  # those of its kind: all three callers stand above
        iat=int(house.clock().timestamp()),
    )
    return make_reply(page, house.sign)


def _page(house: ReceiverHouse, table: str, stream_id: str, after: int) -> tuple[list[sqlite3.Row], bool]:
    with house.store.reading() as db:
        rows = db.execute(
            f"SELECT * FROM {table} WHERE stream_id = ? AND cursor > ? ORDER BY cursor LIMIT ?",  # noqa: S608  (own name)
            (stream_id, after, PAGE + 1),
        ).fetchall()
    return rows[:PAGE], len(rows) > PAGE


def _check_owner(db: sqlite3.Connection, kid: str, stream_id: str) -> None:
    row = db.execute("SELECT dealer_code FROM streams WHERE stream_id = ?", (stream_id,)).fetchone()
    if row is not None:
        check_sender(db, kid, row["dealer_code"])
