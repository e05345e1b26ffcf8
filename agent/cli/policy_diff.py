"""`policy diff`: what would change if a draft came into force. Two files, or one against what is in force here."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.out import say, say_json

if TYPE_CHECKING:
    from agent.core.policy.diff import Blocked, Change, Place, PolicyDiff
    from agent.core.policy.reader import Draft
    from agent.tasks.policy_facts import PolicyFacts

_File = typer.Argument(exists=True, dir_okay=False, readable=True)


def register(policy_app: typer.Typer) -> None:
    policy_app.command("diff")(diff)


def diff(
    files: Annotated[list[Path], _File],
    config: Annotated[
        Path | None, typer.Option("--config", help="On the server: also what was ever sent, and how much.")
    ] = None,
    decisions: Annotated[
        list[Path] | None, typer.Option("--decision", help="A signed reclassification the draft needs.")
    ] = None,
    roll: Annotated[Path | None, typer.Option("--roll", help="The officer roll; else roll.json beside NEW.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """OLD NEW, or NEW alone with --config. Exit 0: nothing or less would leave; 3: more; 1: blocked."""
    from agent.core.policy.diff import diff as compare
    from agent.core.policy.reader import read_policy

    if not 1 <= len(files) <= 2 or (len(files) == 1 and config is None):
        raise typer.BadParameter("name two files, OLD and NEW; or one, with --config to compare with what is in force")
    new_file = files[-1]
    read = read_policy(_bytes(new_file), new_file.name)
    name = read.name if not isinstance(read, tuple) else ""
    facts = _facts(config, name or new_file.stem) if config else None
    problems = _problems(new_file, facts, decisions, roll)
    old = _old(files, facts, as_json=as_json)
    if isinstance(read, tuple):
        _say_unreadable(new_file, problems, as_json=as_json)
        raise typer.Exit(1)
    found = compare(old, read, problems) if old else _first(read, problems)
    _tell(found, old, read, facts, as_json=as_json)
    raise typer.Exit(1 if found.blocked else 3 if found.of("more") else 0)


def _bytes(file: Path) -> bytes:
    from agent.cli.policy_files import read_bytes

    return read_bytes(file)


def _facts(config: Path, name: str) -> PolicyFacts:
    from agent import config as settings
    from agent.cli.server import now
    from agent.state.store import open_state
    from agent.tasks.policy_facts import policy_facts

    state = open_state(settings.load(config).state_file)
    try:
        with state.reading() as tx:
            return policy_facts(tx, name, now())
    finally:
        state.close()


def _problems(
    file: Path, facts: PolicyFacts | None, decisions: list[Path] | None, roll: Path | None
) -> tuple[Any, ...]:
    from agent.cli.approve import reclassified
    from agent.cli.officer_desk import roll as roll_of
    from agent.cli.policy_files import today
    from agent.core.policy.checks import Facts, check_file

    allowed = facts.decisions if facts else frozenset()
    if decisions:
        allowed |= reclassified(decisions, roll_of(roll, file))
    return check_file(_bytes(file), file.name, Facts(today(), None, frozenset(), allowed)).problems


def _old(files: list[Path], facts: PolicyFacts | None, *, as_json: bool) -> Draft | None:
    from agent.cli.policy_files import draft_of

    if len(files) == 2:
        return draft_of(files[0], as_json=as_json)
    return facts.in_force if facts else None


def _first(new: Draft, problems: tuple[Any, ...]) -> PolicyDiff:
    """No version is in force: everything it sends is new."""
    from agent.core.policy.compile import datasets_of
    from agent.core.policy.diff import Change, PolicyDiff, blocked_by

    blocked = blocked_by(new.data, new.file, problems, new.document)
    stopped = {one.what for one in blocked}
    purpose = new.document.purpose.replace("_", " ")
    changes = tuple(
        Change("more", f"{d.name}.{f.name}", f"{f.category.replace('_', ' ')}, for: {purpose}", d.name, f.name)
        for d in datasets_of(new.document)
        for f in d.fields
        if f"{d.name}.{f.name}" not in stopped
    )
    return PolicyDiff(changes, blocked, ())


def _tell(found: PolicyDiff, old: Draft | None, new: Draft, facts: PolicyFacts | None, *, as_json: bool) -> None:
    from agent.core.policy.diff import columns_sent

    places = {**(columns_sent(old.document) if old else {}), **columns_sent(new.document)}
    if as_json:
        _say_json(found, old, new, facts, places)
        return
    say(_head(old, new, facts))
    say()
    _say_more(found.of("more"), facts, places)
    less = found.of("less")
    if less:
        say("LESS data would leave")
        before = columns_sent(old.document) if old else {}
        for change in less:
            _say_line("-", change.what, change.says or _was_sent(before.get((change.dataset, change.field)), facts))
    _say_blocked(found.blocked)
    if found.no_effect:
        _wrap("No effect: ", ", ".join(found.no_effect))
    elif not found.changes and not found.blocked:
        say("No effect: nothing else would leave, and nothing less")


def _head(old: Draft | None, new: Draft, facts: PolicyFacts | None) -> str:
    was = f"v{old.version}" if old else "nothing in force"
    if old and facts and facts.in_force and facts.in_force.sha256 == old.sha256:
        was += f" (in force since {facts.since[:10]})"
    elif old and old.name != new.name:
        was = f"{old.name} {was}"
    return f"{new.name}   {was}  ->  v{new.version} (draft)"


def _say_more(more: tuple[Change, ...], facts: PolicyFacts | None, places: dict[Any, Place]) -> None:
    if not more:
        return
    head = "MORE data would leave"
    needed = f"{facts.approvals_needed} approvals needed" if facts and facts.approvals_needed else ""
    say(f"{head}{needed:>{80 - len(head)}}".rstrip())
    for change in more:
        _say_line("+", change.what, change.says)
        told = _history(change, facts, places)
        if told:
            _wrap("      ", told)


def _history(change: Change, facts: PolicyFacts | None, places: dict[Any, Place]) -> str:
    """First time ever or not, and how much of its dataset left: only where our own state knows."""
    if facts is None or not change.dataset:
        return ""
    told = []
    if change.field and change.says.find(", for: ") > 0:
        before = facts.sent.get(places[change.dataset, change.field], ())
        told.append(f"Sent before by {_versions(before)}." if before else "First seen in any policy.")
    count = facts.left.get(change.dataset, 0)
    told.append(f"{count:,} records of this dataset left in 90 days.")
    return "  ".join(told)


def _versions(sent: tuple[tuple[str, int], ...]) -> str:
    names = dict.fromkeys(name for name, _ in sent)
    return ", ".join(f"{name} v{max(v for n, v in sent if n == name)}" for name in names)


def _was_sent(place: Place | None, facts: PolicyFacts | None) -> str:
    sent = facts.sent.get(place, ()) if facts and place else ()
    return f"was sent since v{min(version for _, version in sent)}" if sent else "was sent"


def _say_blocked(blocked: tuple[Blocked, ...]) -> None:
    if blocked:
        say("BLOCKED - this draft cannot be approved")
    for one in blocked:
        _say_line("!", one.what, one.says)
        end = "No policy can allow this." if one.never else f"See: fieldgate policy check --explain {one.code}"
        say(f"      line {one.line}. {end} (rule {one.code})" if one.never else f"      line {one.line}. {end}")


def _say_line(sign: str, what: str, says: str) -> None:
    from agent.core.text import shown

    head = f"  {sign} {shown(what, 300):<28} "
    if len(head) + len(says) > 80 and len(head) > 50:
        _wrap(f"  {sign} ", shown(what, 300))
        head = " " * 6
    _wrap(head, shown(says, 400))


def _wrap(head: str, text: str) -> None:
    for number, line in enumerate(textwrap.wrap(text, max(80 - len(head), 24)) or [""]):
        say(((head if number == 0 else " " * len(head)) + line).rstrip())


def _say_unreadable(file: Path, problems: tuple[Any, ...], *, as_json: bool) -> None:
    from agent.core.policy.diff import blocked_by
    from agent.core.text import shown

    blocked = blocked_by(b"", file.name, problems)
    if as_json:
        say_json({"more": [], "less": [], "no_effect": [], "blocked": [one._asdict() for one in blocked]})
        return
    say(f"{shown(file.name)}   cannot be read as a policy, so nothing can be compared")
    say()
    _say_blocked(blocked)


def _say_json(
    found: PolicyDiff, old: Draft | None, new: Draft, facts: PolicyFacts | None, places: dict[Any, Place]
) -> None:
    def told(change: Change) -> dict[str, object]:
        sent = facts.sent.get(places[change.dataset, change.field], ()) if facts and change.field else ()
        known = {
            "sent_before_by": [f"{name} v{version}" for name, version in sent],
            "records_left_90_days": facts.left.get(change.dataset, 0) if facts and change.dataset else None,
        }
        return {"what": change.what, "says": change.says, **(known if facts else {})}

    say_json(
        {
            "policy": new.name,
            "old": {"version": old.version, "sha256": old.sha256} if old else None,
            "new": {"version": new.version, "sha256": new.sha256},
            "more": [told(change) for change in found.of("more")],
            "less": [told(change) for change in found.of("less")],
            "blocked": [one._asdict() for one in found.blocked],
            "no_effect": list(found.no_effect),
        }
    )
