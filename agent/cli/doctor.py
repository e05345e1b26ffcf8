"""`doctor`: every leg as the service sees it, and for each that fails the command that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from agent.cli.out import say, say_json, wrapped
from agent.cli.server import DEFAULT, Config, Json, actor, now

if TYPE_CHECKING:
    from agent.tasks.findings import Finding

_INDENT = 18


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Look at every leg, from clock to OEM, as the service sees it. Exit 0 all well, 1 a problem, 4 out of reach."""
    from dataclasses import asdict

    from agent.tasks.doctor import LEGS, examine, exit_status

    findings = []
    for finding in examine(config, now):
        findings.append(finding)
    findings.sort(key=lambda one: LEGS.index(one.leg))
    status = exit_status(findings)
    failed = sum(one.verdict == "FAIL" for one in findings)
    if as_json:
        say_json({"findings": [asdict(one) for one in findings], "problems": failed, "exit": status})
    else:
        _say(findings, failed)
    raise typer.Exit(status)


def _say(findings: list[Finding], failed: int) -> None:
    import socket

    from agent.core.text import shown

    say(f"{'fieldgate doctor':<38}{shown(socket.gethostname(), 16):<18}run by {shown(actor()[4:], 16)}")
    say_findings(findings, failed)


def say_findings(findings: list[Finding], failed: int) -> None:
    """One line each, under its leg; for each that fails what to do."""
    before = ""
    for one in findings:
        lines = _wrapped(one.says)
        if one.verdict == "FAIL":
            lines += _wrapped(f"fix: {one.do}")
        for number, line in enumerate(lines):
            leg = one.leg if number == 0 and one.leg != before else ""
            say(f"  {leg:<9} {one.verdict if number == 0 else '':<5} {line}".rstrip())
        before = one.leg
    unseen = sum(one.verdict == "-" for one in findings)
    more = f"   {unseen} not looked at, because of it." if failed and unseen else ""
    say(f"  {failed} problem{'' if failed == 1 else 's'}.{more}" if failed else "  No problem found.")


def _wrapped(text: str) -> list[str]:
    from agent.core.text import shown

    return wrapped(shown(text, 1000), 80 - _INDENT, then="")
