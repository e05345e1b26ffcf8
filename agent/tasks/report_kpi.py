"""The monthly page: three columns for three kinds of people, each number beside its target from agent.yaml. Numbers
that nobody measured say so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from agent.config import Targets
from agent.core import pages
from agent.core.choices import refused_channels
from agent.core.facts import EVERYTHING
from agent.core.honor import DaysToHonor, days_to_honor
from agent.core.ruleset import CHANNELS, ChoicesRules, PolicyRules
from agent.state import failures, honoring, ledger, requests
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks import holds
from agent.tasks.desk import Desk
from agent.tasks.permission import policies_in_force
from agent.tasks.policy_watch import notices
from agent.tasks.reports import Report, Section

Row = tuple[str, str, str]
_HEADS = ("", "measured", "target")


def kpi(desk: Desk, month: str) -> Report:
    """One month, `YYYY-MM`."""
    since = dt.datetime.fromisoformat(f"{month}-01").replace(tzinfo=dt.UTC)
    until = (since + dt.timedelta(days=32)).replace(day=1)
    targets, now = desk.config.targets, desk.clock()
    policies = policies_in_force(desk).policies
    with desk.state.reading() as tx:
        sections = (
            Section("Business", _HEADS, tuple(_business(tx, policies, targets, since, until, now))),
            Section("IT", _HEADS, tuple(_it(tx, targets, since, until))),
            Section("Legal", _HEADS, tuple(_legal(tx, targets, since, until, now))),
        )
    about = (
        "Three columns, one ledger. Empty: agent.yaml names no target. 0, all and nothing: what this program promises."
    )
    return Report(f"fieldgate in {month}", about, sections, beside=True)


def _business(
    tx: Tx,
    policies: tuple[PolicyRules, ...],
    targets: Targets,
    since: dt.datetime,
    until: dt.datetime,
    now: dt.datetime,
) -> Iterator[Row]:
    sent = ledger.sent(tx, since.isoformat(), until.isoformat())
    percent = f" ({100 * sent.settled // sent.announced} %)" if sent.announced else ""
    goal = _target(targets.delivered_percent, "%")
    yield "records delivered", f"{sent.settled:,} of {sent.announced:,}{percent}", goal
    done = [run.completed_at for run in memory.runs(tx) if run.completed_at]
    age = f"{(now - dt.datetime.fromisoformat(min(done))).total_seconds() / 3600:.0f} h" if done else "never complete"
    yield "freshness: oldest complete reading", age, _target(targets.freshness_hours, "h")
    for policy in policies:
        for channel, (reachable, people) in _reachable(tx, policy).items():
            share = f" ({100 * reachable // people} %)" if people else ""
            goal = _target(targets.reachable_percent, "%")
            yield f"reachable by {channel} ({policy.name})", f"{reachable:,} of {people:,}{share}", goal


def _reachable(tx: Tx, policy: PolicyRules) -> dict[str, tuple[int, int]]:
    """By the DMS's own codes; who said stop elsewhere is taken off in the legal column."""
    blocks: dict[str, ChoicesRules] = {
        p.choices.name: p.choices for dataset in policy.datasets for p in dataset.people if p.choices
    }
    found: dict[str, tuple[int, int]] = {}
    for name, rules in sorted(blocks.items()):
        stopped: dict[str, frozenset[str]] = {}
        counts = dict.fromkeys(CHANNELS, 0)
        people = 0
        for _, blob in memory.each(tx, f"choices/{policy.name}/{name}"):
            for text in (one.decode().rstrip() for one in pages.decode(blob).nonces):
                people += 1
                if text not in stopped:
                    stopped[text] = refused_channels(rules, text, policy.regime, policy.purpose)
                for channel in CHANNELS:
                    counts[channel] += not {channel, EVERYTHING} & stopped[text]
        asked = {column.channel for column in rules.columns}
        found |= {channel: (counts[channel], people) for channel in CHANNELS if channel in asked}
    return found


def _it(tx: Tx, targets: Targets, since: dt.datetime, until: dt.datetime) -> Iterator[Row]:
    lags = ledger.lags_s(tx, since.isoformat(), until.isoformat())
    p95 = f"{lags[max(0, -(-len(lags) * 95 // 100) - 1)] / 60:.1f} min" if lags else "nothing sent"
    yield "lag: announced to receipt, p95", p95, _target(targets.lag_minutes, "min")
    stopped = ledger.count(tx, "quarantined", since.isoformat(), until.isoformat())
    yield "batches the OEM refused", f"{stopped:,}", _target(targets.refused_batches, "")
    rows = sum(facts["rows"] for facts in ledger.facts(tx, "read", since.isoformat(), until.isoformat()))
    failing = failures.failures(tx)
    yield "failing now", ", ".join(sorted(failing)) or "nothing", "nothing"
    yield "DMS load: rows read in whole readings", f"{rows:,}", _target(targets.rows_read, "")
    yield "drift: fields held now", f"{len(holds.holds(tx)):,}", "0"


def _legal(tx: Tx, targets: Targets, since: dt.datetime, until: dt.datetime, now: dt.datetime) -> Iterator[Row]:
    asked = list(ledger.facts(tx, "access_probed", since.isoformat(), until.isoformat()))
    refused = f"{asked[-1]['refused']:,} of {asked[-1]['asked']:,}" if asked else "not asked this month"
    yield "never-columns refused by the database", refused, "all"
    for house, name in ((honoring.OEM, "at the OEM"), (honoring.DMS, "in the DMS")):
        everyone = honoring.everything(tx, house)
        days = days_to_honor(((one.said_at, one.done_at) for one in everyone if one.said_at >= since.isoformat()), now)
        yield f"days to honor {name}: p50, p95, max", _days(days), _target(targets.days_to_honor, "days")
        oldest = f"{days.open}" + (f", the oldest {days.oldest:.1f} days" if days.oldest is not None else "")
        yield f"not honored {name} yet", oldest, "0"
    ending = [one for one in notices(tx, now.date()) if one.about in ("ends", "ended")]
    yield "policies and contracts ending", f"{len(ending)}", "0"
    waiting = sum(
        not ask.accepted_at
        for kind in ("erase", "incident")
        for request in requests.requests(tx, kind)
        for ask in requests.asks(tx, request.request_id)
    )
    yield "deletions not acknowledged", f"{waiting}", "0"
    open_ = [one for one in requests.requests(tx, "incident") if not one.closed_at]
    ends = f", 30 days end on {min(one.facts['ends'] for one in open_)}" if open_ else ""
    yield "incidents open", f"{len(open_)}{ends}", "0"
    approved = ledger.count(tx, "policy_imported", since.isoformat(), until.isoformat())
    yield "policies approved and imported", f"{approved}", ""


def _days(days: DaysToHonor) -> str:
    if days.p50 is None or days.p95 is None or days.longest is None:
        return "none was due"
    return f"{days.p50:.1f}, {days.p95:.1f}, {days.longest:.1f}"


def _target(number: int | None, unit: str) -> str:
    return "" if number is None else f"{number} {unit}".rstrip()
