"""What the agent did today, how its last run went, and what it does next: from the ledger and the schedule, for
somebody who looks at eight in the morning. Counts and instants; it asks nobody.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

from agent.config import AgentConfig
from agent.core.schedule import last_due, next_due, read_due
from agent.state import ledger
from agent.state import pages as memory
from agent.state.store import Tx

_LATE = dt.timedelta(hours=2)  # a run may be long, and begins up to a minute late
_MOST_DAYS = 999


def zone_of(config: AgentConfig) -> ZoneInfo:
    """The clock on the dealer's wall: that of the first source."""
    return ZoneInfo(next(iter(config.sources.values())).zone)


def on_the_wall(instant: str, zone: dt.tzinfo, now: dt.datetime) -> str:
    """An instant of ours as the dealer's clock shows it; with its day, unless that is today."""
    there = dt.datetime.fromisoformat(instant).astimezone(zone)
    return f"{there:%H:%M}" if there.date() == now.astimezone(zone).date() else f"{there.day} {there:%b %H:%M}"


def day(tx: Tx, config: AgentConfig, now: dt.datetime) -> dict[str, str | int]:
    """Facts for `status`; what has not happened yet is left out."""
    zone = zone_of(config)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(dt.UTC)
    since, until = midnight.isoformat(), (now + dt.timedelta(days=1)).astimezone(dt.UTC).isoformat()
    begun = Counter((facts.get("stream_id"), facts["dataset"]) for facts in ledger.facts(tx, "reading", since, until))
    found: dict[str, str | int] = {
        "zone": zone.key,
        "today_runs": max(begun.values(), default=0),
        "today_rows": sum(facts["rows"] for facts in ledger.facts(tx, "read", since, until)),
        "today_sent": ledger.accepted(tx, since).settled,
    }
    last = ledger.last_run(tx)
    if last:
        took = dt.datetime.fromisoformat(last.ended_at) - dt.datetime.fromisoformat(last.began_at)
        found |= {
            "last_run_at": last.began_at,
            "last_run_ms": int(took / dt.timedelta(milliseconds=1)),
            "last_run_datasets": last.datasets,
        }
    dues = tuple(read_due(text) for text in config.schedule.extract)
    if dues:
        found["next_run_at"] = next_due(dues, zone, now).isoformat()
    waits = ledger.next_try(tx)
    return found | ({"next_try_at": waits} if waits else {}) | _room(tx, config, now)


def _room(tx: Tx, config: AgentConfig, now: dt.datetime) -> dict[str, str | int]:
    """For how many days the outbox can go on taking what is read, at the pace of what waits in it now."""
    pace = ledger.bytes_a_day(tx, now)
    return {"room_days": min(_MOST_DAYS, config.limits.outbox_mb * 1024 * 1024 // pace)} if pace else {}


def overdue(tx: Tx, config: AgentConfig, now: dt.datetime) -> dt.datetime | None:
    """The due time that passed without a run: then nobody runs the agent, whatever else is in order."""
    dues = tuple(read_due(text) for text in config.schedule.extract)
    began = [run.started_at for run in memory.runs(tx)]
    last = ledger.last_run(tx)
    began += [last.began_at] if last else []
    if not dues or not began:
        return None
    due = last_due(dues, zone_of(config), now - _LATE)
    return due if dt.datetime.fromisoformat(max(began)) < due - dt.timedelta(minutes=5) else None
