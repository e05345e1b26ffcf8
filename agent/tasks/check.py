"""`check_house`: what must be true of the state file at every moment, after a kill, a full disk or a tampering hand.
It changes nothing, and says what is wrong in names and numbers. Also here: a clock that has been set back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from agent.core import bodies, pages
from agent.core.audit import digest
from agent.core.heads import REQUEST_WINDOW_S
from agent.errors import ConfigError, SealError
from agent.keys.atrest import AtRest, Sealed
from agent.state import evidence, outbox, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks.commitments import differences
from agent.tasks.outgoing import body_aad

SET_THE_CLOCK = "set the clock right (Linux: timedatectl set-ntp true   Windows: w32tm /resync), then: fieldgate doctor"
CLOCK_TOLERANCE = dt.timedelta(minutes=10)
_MOST = 20


def check_house(tx: Tx, atrest: AtRest | None = None) -> tuple[str, ...]:
    """Everything that is not as it must be, most important first; empty when the house is whole.

    Audit chain intact; sequences gapless; each announced batch audited, each settled one with a receipt or the OEM's
    head; remembered pages readable and never ahead of what was enqueued. With the at-rest key waiting bodies are opened
    too, so that a body that cannot be sent any more is found now.
    """
    found: list[str] = []
    for faults in (_chain(tx), _sequences(tx), _batches(tx), _pages(tx), _waiting(tx, atrest)):
        for fault in faults:
            found.append(fault)
            if len(found) >= _MOST:
                return tuple(found)
    return tuple(found)


def refuse_clock_set_back(tx: Tx, now: dt.datetime) -> None:
    """ConfigError where the clock shows a time well before the newest audit entry: no entry could say when it was."""
    behind = clock_behind(tx, now)
    if behind > CLOCK_TOLERANCE:
        raise ConfigError(
            "FG-C40",
            f"the clock of this machine is {_told(behind)} behind the newest audit entry: it was set back",
            f"{SET_THE_CLOCK}; is it right now and was it ahead before, then all goes on by itself on"
            f" {(now + behind).astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC",
        )


def clocks_apart(now: dt.datetime, dated: str) -> str:
    """How far this clock is ahead of or behind the other side's, as an answer's `Date` shows it; empty where it is near
    enough for what is signed here to be taken, or nobody knows."""
    try:
        there = parsedate_to_datetime(dated)
    except ValueError:
        return ""
    span = now - (there if there.tzinfo else there.replace(tzinfo=dt.UTC))
    if abs(span) <= dt.timedelta(seconds=REQUEST_WINDOW_S):
        return ""
    return f"{_told(abs(span))} {'ahead of' if span > dt.timedelta(0) else 'behind'}"


def clock_behind(tx: Tx, now: dt.datetime) -> dt.timedelta:
    """How far the clock is behind the newest audit entry; negative or zero when it is not."""
    row = tx.row("select at from audit order by n desc limit 1")
    return dt.datetime.fromisoformat(row[0]) - now if row else dt.timedelta(0)


def _told(span: dt.timedelta) -> str:
    if span.days:
        return f"{span.days} day{'s' if span.days > 1 else ''}"
    hours, minutes = divmod(span.seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _chain(tx: Tx) -> Iterator[str]:
    """And the rows that it commits to."""
    yield from differences(tx)


def _sequences(tx: Tx) -> Iterator[str]:
    """Per stream: 1, 2, 3 ... without a gap, the last one remembered as the head, and only that one in flight."""
    for stream in streams.streams(tx):
        rows = tx.rows(
            "select seq, manifest_sha256, state from batches where stream_id = ? and epoch = ? and seq > ?"
            " and state <> 'voided' order by seq",
            (stream.stream_id, stream.epoch, stream.taken_over),
        )
        if [row[0] for row in rows] != list(range(stream.taken_over + 1, stream.next_seq)):
            announced = stream.next_seq - 1 - stream.taken_over
            yield f"stream {stream.stream_id}: {len(rows)} batches stand where {announced} were announced"
        elif rows and rows[-1][1] != stream.prev:
            yield f"stream {stream.stream_id}: its head is not the manifest of its last batch"
        if any(row[2] != "settled" for row in rows[:-1]):
            yield f"stream {stream.stream_id}: a batch is in flight behind a later one"


def _batches(tx: Tx) -> Iterator[str]:
    """Effect after evidence: no batch without its entry, none settled without the OEM's word."""
    announced: dict[str, str] = {}
    settled = {facts["batch_id"]: facts["by"] for facts in evidence.said(tx, "settled")}
    for event in ("announced", "voided"):
        for facts in evidence.said(tx, event):
            announced[facts["batch_id"]] = facts.get("manifest_sha256", "")
    rows = tx.stream(
        "select batch_id, kind, state, manifest_sha256, receipt is not null, content is not null,"
        " exists (select 1 from disclosures d where d.batch_id = b.batch_id) from batches b order by batch_id"
    )
    for batch_id, kind, state, manifest, receipt, content, disclosed in rows:
        said = announced.get(batch_id)
        if said is None or said not in ("", manifest):
            yield f"batch {batch_id} has no audit entry that announces it"
        if state == "settled" and settled.get(batch_id) not in (("receipt",) if receipt else ("head", "folder")):
            yield f"batch {batch_id} counts as accepted, and no receipt or audit entry says so"
        if state == "settled" and content:
            yield f"batch {batch_id} is accepted, and its content is still kept"
        if state in ("announced", "quarantined") and (receipt or not content):
            yield f"batch {batch_id} is in flight and has lost its content"
        if kind == "data" and state != "voided" and not disclosed:
            yield f"batch {batch_id} has no disclosure"


def _pages(tx: Tx) -> Iterator[str]:
    """Positions point at pages that are there, and pages can be read."""
    for scope, page_id in tx.rows("select scope, through_page from runs where through_page is not null"):
        if not tx.row("select 1 from pages where page_id = ? and scope = ?", (page_id, scope)):
            yield f"{scope}: the position stands behind a page that is not there"
    for page_id, scope in tx.rows("select page_id, scope from pages order by page_id"):
        blob = memory.entries(tx, page_id) or b""
        try:
            if scope.endswith(memory.GONE):
                pages.split(blob)
            else:
                pages.decode(blob)
        except (ValueError, IndexError):
            yield f"page {page_id} cannot be read"


def _waiting(tx: Tx, atrest: AtRest | None) -> Iterator[str]:
    """Each waiting body opens and is what was audited; and what a page remembers as enqueued waits or was sent."""
    if atrest is None:
        return
    prepared: dict[int, set[str]] = {}
    for facts in evidence.said(tx, "prepared"):
        prepared.setdefault(facts["body_id"], set()).add(facts["content_sha256"])
    waiting: dict[str, set[bytes]] = {}
    for (body_id,) in tx.rows("select body_id from bodies order by body_id"):
        body = outbox.body(tx, body_id)
        if body is None:
            continue
        try:
            aad = body_aad(body.stream_id, body.kind, body.dataset, body.prepared_at)
            content = bodies.decode(atrest.open(Sealed(body.body_key, body.body), aad))
        except (SealError, ValueError):
            yield f"body {body_id} cannot be opened"
            continue
        if len(content.lines) != body.lines or digest(b"".join(content.lines)) not in prepared.get(body_id, ()):
            yield f"body {body_id} is not what the audit record says was prepared"
        if body.kind == "data":
            here = waiting.setdefault(f"{body.stream_id}/{body.dataset}", set())
            here.update(map(bytes.__add__, pages.split(content.ids), pages.split(content.nonces)))
    yield from _ahead(tx, waiting)


def _ahead(tx: Tx, waiting: dict[str, set[bytes]]) -> Iterator[str]:
    """The position is never ahead of what was enqueued: a record remembered as on its way must be waiting or sent."""
    for (scope,) in tx.rows(
        "select distinct scope from pages where scope not like 'choices/%' and scope not like '%/gone' order by scope"
    ):
        lost = 0
        for _, blob in memory.each(tx, scope):
            try:
                entries = pages.decode(blob)
            except (ValueError, IndexError):
                continue
            for flags, record_id, nonce in zip(entries.flags, entries.ids, entries.nonces, strict=True):
                if not flags & pages.HELD and any(nonce) and record_id + nonce not in waiting.get(scope, ()):
                    lost += 1
        if lost:
            yield f"{scope}: {lost} records were read and neither wait nor were sent"
