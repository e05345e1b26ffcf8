"""The one function that computes health, from state alone: which leg fails, in one sentence, and whose turn it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from agent.config import AgentConfig
from agent.core.access import read_access_record
from agent.core.changes import LONGEST_DAYS
from agent.core.classify import classify
from agent.core.contacts import SHARED_BY_MOST, kind
from agent.core.honor import days_to_honor, in_words
from agent.core.inventory import Inventory, InventoryColumn, InventoryTable
from agent.core.ruleset import Ruleset
from agent.core.text import shown
from agent.errors import FieldgateError, Retry, StateError
from agent.state import evidence, failures, honoring, links, outbox, permission, requests, streams
from agent.state import pages as memory
from agent.state.store import Tx
from agent.tasks.budget import WARN_AT, used
from agent.tasks.check import refuse_clock_set_back
from agent.tasks.day import day, on_the_wall, overdue, zone_of
from agent.tasks.holds import holds
from agent.tasks.inventory import too_old
from agent.tasks.permission import load_ruleset
from agent.tasks.policy_watch import notices

_LOOK_D = 7  # days for which an unusual number of opt-outs stays on the screen
_UNREACHED = frozenset(f"FG-D0{n}" for n in range(1, 9))  # codes of agent.oem: nobody at the OEM was reached
_RECONCILED_WITHIN = dt.timedelta(days=LONGEST_DAYS + 1)  # one night may fail
Verdict = Literal["WORKING", "WAITING", "STOPPED", "PAUSED", "SETUP"]


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of the way from the DMS to the OEM."""

    name: str
    ok: bool
    says: str


@dataclass(frozen=True, slots=True)
class Health:
    verdict: Verdict
    sentence: str
    legs: tuple[Leg, ...]
    facts: dict[str, str | int]
    next: str
    problems: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)  # what stops nothing today: policies that end, officers who left


def health(tx: Tx, config: AgentConfig, now: dt.datetime) -> Health:
    """Everything that `status` and the console show. Opens nothing but the state file it is handed."""
    failed = failures.failures(tx)
    permitted = _permitted(tx, config, now)
    stopped = _stopped(tx, now, failed, permitted)
    known = {name: streams.enrollment(tx, name) for name in config.recipients}
    enrolled = [name for name, one in known.items() if one and one.dealer_codes]  # none: our key was revoked
    stopped_at_oem, internet, oem = _way_out(tx, config, now, failed.get("deliver"))
    legs = (
        _database(tx, failed.get("extract")),
        _policy(permitted),
        _outbox(tx, config),
        Leg("Internet", not internet, internet or "ok"),
        Leg("OEM", bool(enrolled) and not oem, oem or _accepted(tx, config, enrolled, now)),
    )
    paused = permission.pauses(tx)
    since = _wall(dt.datetime.fromisoformat(min(paused.values())), config, now) if paused else ""
    verdict, sentence, next_ = _verdict(legs, enrolled, since, stopped=stopped_at_oem)
    delivering = failed.get("deliver")
    if stopped:
        verdict, sentence, next_ = _said(stopped, safe=False)
        if stopped.code == "A020" and not any(evidence.said(tx, "policy_imported")):
            verdict = "SETUP"  # it is not broken, it is somebody's turn
    elif delivering and verdict in ("WORKING", "WAITING", "STOPPED"):
        verdict, sentence, next_ = _said(delivering, safe=delivering.retry == Retry.LATER.value)
    elif verdict == "WORKING" and (due := overdue(tx, config, now)):
        verdict, sentence = "STOPPED", f"the run that was due {_wall(due, config, now)} did not happen"
        next_ = "dealer IT: fieldgate service start (or: fieldgate run), and keep it running"
    since, gone = evidence.leaving(tx)
    if since and not gone:
        verdict, sentence = "STOPPED", "this agent is being offboarded: nothing is read, and receipts are awaited"
        next_ = "dealer IT: fieldgate offboard, as it was begun"
    problems = [one.what for one in (stopped, delivering) if one]
    told = [notice.says for notice in notices(tx, now.date())]
    told += [
        f"{one.dataset}.{one.field} is held: {one.why}. Officers: "
        f"fieldgate decide release --recipient {one.recipient} --hold {one.name}"
        for one in holds(tx)
    ]
    told += _incidents(tx, now)
    told += _unusual(tx, now)
    told += _shared_by_many(tx)
    told += _not_compared(tx, now)
    share = used(tx, config)
    if share >= WARN_AT:
        told.append(f"the outbox is {share:.0%} full; at 100% reading stops. See: fieldgate doctor")
    told += [text for one in _inventories(tx) if (text := too_old(one, now))]
    if "pull" in failed and failed["pull"].what not in sentence:
        told.append(f"{failed['pull'].what}; {failed['pull'].advice}")
    told = [one for one in told if one.rstrip(".") not in sentence]
    facts = _facts(tx) | day(tx, config, now) | _nonpublic(tx) | _opt_outs(tx, now)
    return Health(verdict, sentence, legs, facts, next_, problems, told)


def _opt_outs(tx: Tx, now: dt.datetime) -> dict[str, str | int]:
    """Stops and how they are honored, in both houses; nothing where nobody ever said stop."""
    found: dict[str, str | int] = {}
    for house in (honoring.OEM, honoring.DMS):
        days = days_to_honor(((one.said_at, one.done_at) for one in honoring.everything(tx, house)), now)
        if days.done or days.open:
            found |= {f"{house}_honored": days.done, f"{house}_open": days.open}
            spans = {"p50": days.p50, "p95": days.p95, "max": days.longest}
            found |= {f"{house}_{name}": in_words(span) for name, span in spans.items() if span is not None}
            found |= {f"{house}_oldest": in_words(days.oldest)} if days.oldest is not None else {}
    return found


def _incidents(tx: Tx, now: dt.datetime) -> list[str]:
    """A clock that runs must not run unseen."""
    told = []
    for one in requests.requests(tx, "incident"):
        if not one.closed_at:
            days = (dt.date.fromisoformat(one.facts["ends"]) - now.date()).days
            left = f"{days} days left" if days >= 0 else f"over since {-days} days"
            told.append(
                f"{one.request_id} is open: {one.facts['people']:,} people, 30 days end on {one.facts['ends']}, {left}."
                f" Compliance officer: fieldgate incident show {one.request_id}"
            )
    return told


def _unusual(tx: Tx, now: dt.datetime) -> list[str]:
    """Opt-outs from an OEM that were applied although they were many: somebody must look."""
    since = (now.astimezone(dt.UTC) - dt.timedelta(days=_LOOK_D)).isoformat()
    return [
        f"{one['records']:,} of {one['of']:,} records of {one['dataset']} were stopped in a day by"
        f" {shown(one['recipient'])}; applied, and worth a call to the OEM"
        for one in evidence.said_since(tx, "opt_outs_unusual", since)
    ]


def _shared_by_many(tx: Tx) -> list[str]:
    """A fault of the data: an address that is nobody's own carries no opt-out from one customer number to another."""
    faults = [kind(contact) for contact in links.faulty(tx)]
    named = {"email": "e-mail addresses", "phone": "phone numbers"}
    counted = ", ".join(f"{faults.count(one):,} {name}" for one, name in named.items() if one in faults)
    says = (
        f"shared by more than {SHARED_BY_MOST} customer numbers: {counted}. An opt-out under one of these numbers does"
        " not count for the others. Dealer: correct them in the DMS"
    )
    return [says] if faults else []


def _not_compared(tx: Tx, now: dt.datetime) -> list[str]:
    """What is read without an order that serves it, and a complete comparison that is overdue."""
    told = [f"{scope.rsplit('/', 1)[-1]} is read by snapshot: {why}" for scope, why in memory.unserved(tx).items()]
    done = [run.completed_at for run in memory.runs(tx) if run.completed_at]
    if done and now - dt.datetime.fromisoformat(min(done)) > _RECONCILED_WITHIN:
        told.append(f"not all rows have been compared since {min(done)[:10]}. Dealer IT: fieldgate run --reconcile")
    return told


def _inventories(tx: Tx) -> list[Inventory]:
    rows = tx.rows("select data from inventories order by source")
    return [msgspec.json.decode(bytes(data), type=Inventory) for (data,) in rows]


def _permitted(tx: Tx, config: AgentConfig, now: dt.datetime) -> Ruleset | FieldgateError:
    """What may be read today, or why nothing may: loaded once, as every signature is counted and every policy read."""
    try:
        return load_ruleset(tx, config, now.date())
    except FieldgateError as error:
        return error


def _stopped(
    tx: Tx, now: dt.datetime, failed: dict[str, failures.Failure], permitted: Ruleset | FieldgateError
) -> failures.Failure | FieldgateError | None:
    """What keeps anything from being read: how opening or reading ended last, or what would end it now."""
    if "start" in failed:
        return failed["start"]
    if gone := evidence.leaving(tx)[1]:
        return StateError(
            "FG-T32", f"this agent was offboarded on {gone[:10]}, and its keys are destroyed",
            "as root: fieldgate service uninstall --purge",
        )  # fmt: skip
    try:
        refuse_clock_set_back(tx, now)
    except FieldgateError as error:
        return error
    return permitted if isinstance(permitted, FieldgateError) else failed.get("extract")


def _said(failure: failures.Failure | FieldgateError, *, safe: bool) -> tuple[Verdict, str, str]:
    """The line that the run ended with, and who must act."""
    later = failure.retry in (Retry.LATER, Retry.LATER.value)
    here = "Nothing to do on this server." if failure.who == "the OEM" else "What was read is stored safely."
    sentence = f"{failure.what}. {here}" if safe else failure.what
    next_ = f"{failure.who}. {failure.advice[0].upper()}{failure.advice[1:]}" if safe else ""
    return "WAITING" if later else "STOPPED", sentence, next_ or f"{failure.who}: {failure.advice}"


def _policy(permitted: Ruleset | FieldgateError) -> Leg:
    if isinstance(permitted, FieldgateError):
        return Leg("Policy", ok=False, says=permitted.what)
    one = permitted.policies[0]
    return Leg("Policy", ok=True, says=f"v{one.version} ok" if len(permitted.policies) == 1 else _many(permitted))


def _many(permitted: Ruleset) -> str:
    return f"{len(permitted.policies)} ok"


def _database(tx: Tx, failure: failures.Failure | None) -> Leg:
    if failure and failure.kind in ("SourceError", "ConfigError"):
        return Leg("Database", ok=False, says=failure.what)
    rows = tx.rows("select source, status, max(id) from access_records group by source")
    bad = [
        f"{source}: {status}"
        for source, status, _ in rows
        if status not in ("refused", "wide_exception", "file_header")
    ]
    if not rows:
        return Leg("Database", ok=False, says="not asked yet")
    return Leg("Database", ok=True, says="ok" if not bad else "; ".join(bad).replace("_", " "))


def _outbox(tx: Tx, config: AgentConfig) -> Leg:
    standing = outbox.waiting(tx)
    limit = config.limits.outbox_mb * 1024 * 1024
    return Leg("Outbox", standing.size < limit, f"{standing.items} wait")


def _way_out(tx: Tx, config: AgentConfig, now: dt.datetime, failure: failures.Failure | None) -> tuple[bool, str, str]:
    """(whether a person must look at a batch, what is wrong with the network, what is wrong with the OEM), in words."""
    stopped = tx.row("select problem, count(*) from batches where state = 'quarantined'")
    if stopped and stopped[1]:
        return True, "", f"{stopped[1]} stopped: {stopped[0]}"
    differs = tx.row("select trouble from streams where trouble <> '' and head_checked_at is null and next_seq > 1")
    if differs and "call the OEM" in differs[0]:
        return True, "", str(differs[0])
    trouble = streams.trouble(tx)
    if not trouble or trouble[0] == "paused":
        return False, "", ""
    told = f"{trouble[0]} since {on_the_wall(trouble[1], zone_of(config), now)}"
    return (False, told, "") if failure is None or failure.code in _UNREACHED else (False, "", told)


def _accepted(tx: Tx, config: AgentConfig, enrolled: list[str], now: dt.datetime) -> str:
    if not enrolled:
        return "not enrolled"
    row = tx.row("select max(settled_at) from batches where state = 'settled'")
    return f"accepted {on_the_wall(row[0], zone_of(config), now)}" if row and row[0] else "nothing sent yet"


def _wall(at: dt.datetime, config: AgentConfig, now: dt.datetime) -> str:
    return on_the_wall(at.isoformat(), zone_of(config), now)


def _verdict(legs: tuple[Leg, ...], enrolled: list[str], paused: str, *, stopped: bool) -> tuple[Verdict, str, str]:
    database, _, box, internet, oem = legs
    if not enrolled:
        return "SETUP", "no recipient knows this agent yet", "dealer IT: fieldgate keys enroll"
    if paused:
        return "PAUSED", f"paused since {paused}", "anyone: fieldgate resume"
    if stopped:
        return "STOPPED", f"the OEM refused a batch: {oem.says}", "dealer IT: fieldgate batch list"
    if not (internet.ok and oem.ok):
        return "WAITING", "the OEM's endpoint does not take batches. Nothing to do on this server", "the OEM"
    if not box.ok:
        return "STOPPED", "the outbox is full, so reading has stopped", "dealer IT: find out why nothing leaves"
    if not database.ok:
        return "SETUP", "nothing was read yet", "dealer IT: fieldgate run --once"
    return "WORKING", "everything up to date", "nothing to do."


def _nonpublic(tx: Tx) -> dict[str, str | int]:
    """How many forbidden columns stand in the tables we read, and how many of them any access record calls granted."""
    exist = selected = 0
    rows = tx.rows("select source, data, max(id) from access_records group by source")
    for source, data, _ in rows:
        record = read_access_record(bytes(data))
        granted = {(answer.schema, answer.table, answer.column) for answer in record.granted}
        inventory = evidence.inventory(tx, source)
        read_tables = {(schema, table) for schema, table, _ in granted}
        for table in msgspec.json.decode(inventory, type=Inventory).tables if inventory else ():
            if (table.schema, table.name) in read_tables:
                forbidden = [c.name for c in table.columns if _is_forbidden(c, table)]
                exist += len(forbidden)
                selected += sum((table.schema, table.name, name) in granted for name in forbidden)
    return {"nonpublic_columns": exist, "nonpublic_selected": selected} if rows else {}


def _is_forbidden(column: InventoryColumn, table: InventoryTable) -> bool:
    found = classify(column.name, table=table.name, type=column.type, comment=column.comment)
    return found.verdict == "forbidden"


def _facts(tx: Tx) -> dict[str, str | int]:
    runs = memory.runs(tx)
    standing = outbox.waiting(tx)
    settled = tx.row("select count(*), coalesce(sum(lines), 0) from batches where state = 'settled'")
    done = [run.completed_at for run in runs if run.completed_at]
    return {
        "complete_as_of": min(done) if done else "",
        "changes_read_at": memory.changes_read_at(tx),
        "rows_read": sum(run.rows for run in runs),
        "batches_accepted": settled[0] if settled else 0,
        "lines_accepted": settled[1] if settled else 0,
        "waiting_items": standing.items,
        "waiting_lines": standing.lines,
        "waiting_bytes": standing.size,
        "audit_entries": evidence.head(tx)[0],
    }
