"""How the demo's facts look on a screen: pure text, at most 80 columns, ASCII only. No measuring in here."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable

from agent.core.text import shown
from agent.demo.facts import (
    Access,
    Asked,
    Attempt,
    Both,
    Cheats,
    Check,
    Click,
    Closing,
    DatasetCount,
    House,
    Leak,
    OptOut,
    Run,
    Searched,
    Side,
)

WIDTH = 80
_BAR = 30
_CELL = 22
_BESIDE_BAR = 22
_CHECKS_SHOWN = 8


def bar(done: int, total: int) -> str:
    """`[####------]`; full where there is nothing to count."""
    filled = _BAR if total <= 0 else min(_BAR, done * _BAR // total)
    return f"[{'#' * filled}{'-' * (_BAR - filled)}]"


def opening(house: House) -> list[str]:
    return [
        "fieldgate demo        A make-believe dealership on this machine. No real data.",
        f"DMS: {house.dms} over ODBC   {house.customers:,} customers   {house.tables} tables   {house.columns} columns",
        "",
    ]


def asked(facts: Asked) -> list[str]:
    lines = [f"1  THE CAR MAKER ASKS FOR {facts.asked} FIELDS. THE DEALER ANSWERS."]
    lines.append(_counted("sent", facts.sent))
    lines += _listed("declined", facts.declined, "the dealer's choice: ")
    lines += _listed("never", facts.never, "")
    if facts.unanswered:
        lines += _listed("no answer", facts.unanswered, "")
    lines += _wrapped(
        "   ",
        f"Policy {facts.policy} v{facts.version}, approved by {facts.approvals} of {facts.officers_needed} people,"
        f" ends {_day(facts.ends_on)}.",
    )
    return [*lines, ""]


def _counted(word: str, names: tuple[str, ...]) -> str:
    """One line, cut at the last name that fits."""
    head = f"     {word:<9}{len(names):>3}   "
    text = ""
    for name in names:
        more = f"{text}, {name}" if text else name
        if len(head) + len(more) + 4 > WIDTH:
            return f"{head}{text} ..."
        text = more
    return head + text


def _listed(word: str, names: tuple[str, ...], said: str) -> list[str]:
    head = f"     {word:<9}{len(names):>3}   "
    lines = textwrap.wrap(said + ", ".join(names), WIDTH - len(head)) or [""]
    return [head + lines[0], *(" " * len(head) + line for line in lines[1:])]


def access(facts: Access) -> list[str]:
    if facts.status == "not_enforced":
        return _not_proven(facts)
    lines = ["2  COULD THE AGENT READ THE FINANCE DATA? ASK THE DATABASE."]
    lines += [
        f"     {one.meaning:<17} {one.column:<25} refused by {facts.engine}  {one.code}"[:WIDTH] for one in facts.shown
    ]
    more = facts.nonpublic_refused - len(facts.shown)
    lines += _wrapped(
        "     ",
        f"... and {more} more.  Tried {facts.nonpublic} nonpublic columns: {facts.nonpublic_refused} refused,"
        f" {facts.readable} readable.",
    )
    lines += _wrapped(
        "   ",
        f"The {facts.others} other columns that no policy names: {facts.others_refused} refused. The account can read"
        f" {facts.named} columns.",
    )
    return [*lines, ""]


def _not_proven(facts: Access) -> list[str]:
    return [
        "2  COULD THE AGENT READ THE FINANCE DATA?",
        f"     {facts.engine} has no accounts, so it cannot refuse anybody.  NOT PROVEN here.",
        (
            f"     What can be shown: of {facts.columns} columns, {facts.named} are named in SQL,"
            f" {facts.named_nonpublic} nonpublic."
        ),
        "     For the real proof:  fieldgate demo --dms postgresql",
        f"   Two officers signed that this run may go on without it, until {_day(facts.decision_until)}.",
        "   Every batch says so to the car maker: access not_enforced.",
        "",
    ]


def run(facts: Run, *, bars: bool) -> list[str]:
    read = f"{facts.rows:,} rows  {facts.columns} columns"
    full = f"{bar(1, 1)}  " if bars and len(read) <= _BESIDE_BAR else ""
    lines = [
        _timed(f"     read     {full}{read}", facts.read_s),
        f"     sealed   {facts.batches} batches, signed with the dealer's key",
        _timed(
            f"     sent     {facts.batches} accepted, {facts.receipts} receipts signed by the car maker", facts.sent_s
        ),
        "",
        "                     in the DMS  allowed to leave   stayed, and why",
    ]
    for dataset in facts.datasets:
        lines += _dataset(dataset)
    customers = next((d.leave for d in facts.datasets if d.dataset == "customers"), 0)
    lines += _wrapped(
        "   ",
        f"{facts.without_email:,} of the {customers:,} customers left without e-mail: they stopped e-mail only.",
    )
    if facts.screened:
        lines += _wrapped("   ", f"{facts.screened:,} left without last name: {_why_nameless(facts)}.")
    return [*lines, ""]


def _why_nameless(facts: Run) -> str:
    typed = "somebody had typed a Social Security number into it"
    return typed if facts.screened == facts.typed else f"the screen kept it ({facts.typed:,} times because {typed})"


def run_heading() -> list[str]:
    return ["3  ONE NIGHTLY RUN"]


def _timed(text: str, seconds: float) -> str:
    return f"{text:<70} {seconds:>7.1f} s"


def _dataset(facts: DatasetCount) -> list[str]:
    reasons = [stayed for stayed in facts.stayed if stayed.count] or list(facts.stayed[:1])
    lines = []
    for number, stayed in enumerate(reasons):
        head = f"     {facts.title:<15}{facts.in_dms:>11,}{facts.leave:>18,}   " if number == 0 else " " * 52
        lines.append(f"{head}{stayed.count:>7,} {stayed.why}"[:WIDTH])
    return lines


def both(facts: Both) -> list[str]:
    lines = [
        f"4  ONE CUSTOMER, BOTH SIDES{f'(make-believe: {facts.name})':>53}",
        f"     {'at the dealer':<37}at the car maker",
    ]
    lines += [_side(side) for side in facts.sides]
    lines += _wrapped(
        "   ",
        f"Left side: the demo's data generator. The agent never read the last {_number_word(facts.never_read)}.",
    )
    return [*lines, ""]


def _side(side: Side) -> str:
    left = f"     {side.column:<13}{_cut(side.there):<24}"
    if side.received is None:
        return f"{left}-  {side.why}"
    return f"{left}{side.field:<13}{_cut(side.received)}"


def _cut(text: str) -> str:
    safe = shown(text).encode("ascii", "backslashreplace").decode()
    return safe if len(safe) <= _CELL else safe[: _CELL - 2] + ".."


def opt_out(facts: OptOut) -> list[str]:
    lines = [
        "5  PAT OPTS OUT                                                   (in the DMS)",
        f"     {facts.set_at}  OPT_OUT is set for customer {facts.customer}",
        (
            f"     {facts.held_at}  next run: Pat's {facts.records} {_records(facts.records)}"
            " held before anything else happens"
        ),
    ]
    if facts.first_ops[:1] == ("suppress",):
        words = _records(facts.suppressed), _records(facts.after)
        lines.append(f'     {facts.told_at}  first thing sent: {facts.suppressed} "suppress" {words[0]}, accepted')
        lines.append(f"               after that: {facts.after} {words[1]} of somebody else, changed meanwhile")
    else:
        lines.append(f"     {facts.told_at}  first thing sent: {', '.join(facts.first_ops) or 'nothing'}")
    back = "Pat does not come back" if facts.came_back == 0 else f"{facts.came_back} records came back"
    lines += _wrapped("   ", f"Said to honored: {facts.seconds:.1f} seconds. Full reload, twice: {back}.")
    return lines


def click(facts: Click) -> list[str]:
    return [
        f"     {facts.clicked_at}  another customer clicks Stop, at the car maker's portal",
        f"     {facts.heard_at}  the dealer asks, hears it, and holds every record of theirs",
        f'     {facts.told_at}  first thing sent: {facts.held} "suppress" {_records(facts.held)}, accepted',
        f"               on the clerk's list, still mailable in the DMS: {facts.to_do}",
        *_wrapped("   ", f"Clicked to honored: {facts.seconds:.1f} seconds."),
        "",
    ]


def cheats(facts: Cheats) -> list[str]:
    lines = ["6  SOMEONE TRIES TO GET AROUND IT"]
    lines += [_attempt(one) for one in facts.attempts]
    if all(one.innocent for one in facts.attempts):
        lines.append("   Each time, the same thing without the trick was accepted.")
    return [*lines, ""]


def _attempt(one: Attempt) -> str:
    code = f"{one.code} " if one.code.startswith("P0") else ""
    line = f"     {one.what:<40} {one.outcome:<8} {code}{one.why}"
    place = f", line {one.line}"
    return line + place if one.line and len(line) + len(place) <= WIDTH else line


def searched(facts: Searched, engine: str) -> list[str]:
    lines = ["7  THE DEMO SEARCHES FOR ITS OWN LEAK"]
    findable = "each one findable" if facts.forms_seen == facts.forms else "NOT all findable"
    lines.append(f"     planted   {facts.planted:,} finance values, SSNs, birth dates: {findable}")
    lines.append("     searched  all the car maker holds, outbox, state file, logs, audit record")
    lines.append(
        f"               {facts.megabytes:,.1f} MB, in {facts.forms} forms (reversed, base64, hex ...),"
        f" {facts.seconds:.1f} s"
    )
    lines.append(f"     seen      {facts.markers:,} of {facts.markers_expected:,} allowed marks, where they belong")
    lines.append(f"     found     {facts.found:,}")
    for leak in facts.leaks[:_CHECKS_SHOWN]:
        lines.append(f"               {_leak(leak)}"[:WIDTH])
    if facts.shown:
        lines.append(f"   (and the {facts.shown} amounts of Pat's that step 4 itself shows above)")
    if facts.statements:
        tail = "" if facts.named_without_denial == 0 else f", {facts.named_without_denial} NOT REFUSED"
        lines += _wrapped(
            "     ",
            f"in {engine}'s own log, agent's account: {facts.named:,} statements named a nonpublic column,"
            f" {facts.probes_denied:,} of them refused questions of step 2{tail}",
        )
    return [*lines, ""]


def _leak(leak: Leak) -> str:
    return f"{leak.times:,} x {leak.what} in {leak.place}, {leak.form}"


def closing(facts: Closing, checks: int) -> list[str]:
    intact = "intact" if facts.audit_intact else "NOT INTACT"
    return [
        *_wrapped("PASS  ", f"Nothing nonpublic left the store. {facts.records:,} records did, all accounted for."),
        f"      Took {facts.seconds:.0f} s.  Audit record {intact}, {facts.audit_entries:,} entries.",
        f"      {checks} checks held: each figure against a second place, or what must be.",
        "",
    ]


def failing(leaks: Iterable[Leak], differing: Iterable[Check]) -> list[str]:
    """What the demo says instead of PASS: kinds and places, never a value."""
    found, differ = list(leaks), list(differing)
    lines = ["FAIL  This demo did not go as it must. Do not use this build."]
    for leak in found[:_CHECKS_SHOWN]:
        lines += _wrapped("      ", f"leak: {_leak(leak)}")
    if len(found) > _CHECKS_SHOWN:
        lines.append(f"      and {len(found) - _CHECKS_SHOWN} more kinds of leak; see --json")
    for check in differ[:_CHECKS_SHOWN]:
        said = f"{check.what}: {check.one} says {check.one_says}, {check.other} says {check.other_says}"
        lines += _wrapped("      ", shown(said, 300))
    if len(differ) > _CHECKS_SHOWN:
        lines.append(f"      and {len(differ) - _CHECKS_SHOWN} more figures that differ; see --json")
    return [*lines, ""]


def stopped(scene: str, what: str, advice: str) -> list[str]:
    return [*_wrapped("FAIL  ", f"The demo stopped at: {scene}. {what}"), *_wrapped("      do: ", advice), ""]


def next_steps(folder: str) -> list[str]:
    """Only what exists."""
    return [
        "  Look at it   " + f"fieldgate status --config {folder}/agent.yaml",
        "  What left    " + f"fieldgate batch list --config {folder}/agent.yaml",
        "  Check it     " + f"fieldgate audit verify --config {folder}/agent.yaml",
        f"  Everything is in {folder}; delete it when done.",
    ]


def staying(portal: str) -> list[str]:
    return [
        f"  Be Pat  {portal}",
        "          (its certificate was made for this run; a browser will say so)",
        "  The car maker's receiver and the database keep running. Ctrl-C ends them.",
    ]


def _wrapped(head: str, text: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH - len(head)) or [""]
    return [head + lines[0], *(" " * len(head) + line for line in lines[1:])]


def _records(count: int) -> str:
    return "record" if count == 1 else "records"


def _number_word(number: int) -> str:
    return {1: "one", 2: "two", 3: "three", 4: "four"}.get(number, str(number))


def _day(iso: str) -> str:
    day = dt.date.fromisoformat(iso)
    return f"{day.day} {day:%b %Y}"
