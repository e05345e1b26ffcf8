"""The table of commands. A noun's file offers `register(app)`; nothing is found by name."""

from __future__ import annotations

import inspect
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from agent.cli import (
    approve,
    audit,
    backup,
    batch,
    choices,
    classify,
    decide,
    demo,
    doctor,
    grants,
    imports,
    incident,
    keys,
    offboard,
    officers,
    person,
    policy,
    preview,
    readers,
    receiver,
    report,
    request,
    resync,
    run,
    service,
    setup,
    source,
    status,
    support,
)

# Who needs which command; `--help --all` shows them in this order.
READERS = {
    "Try it": ("demo",),
    "Dealership IT": (
        "preflight", "setup", "grants", "readers", "run", "status", "doctor", "pause", "resume", "resync", "backup",
        "connections", "batch", "keys", "service", "upgrade",
        "rollback", "offboard", "support-bundle",
    ),
    "Compliance officer": (
        "policy", "request", "officers", "decide", "preview", "choices", "person", "incident", "report",
        "discover", "classify", "screen", "audit",
    ),
    "Car maker (OEM)": ("receiver",),
}  # fmt: skip


# What is left out of `--help`: asked for once in a while.
NOW_AND_THEN = frozenset({
    "preflight", "readers", "resync", "backup", "connections", "keys", "upgrade", "rollback", "offboard",
    "incident", "discover", "classify", "screen", "audit",
})  # fmt: skip

SHORT = 66  # so much of a command's first sentence fits beside the longest name


class ByReader(TyperGroup):
    """Commands in groups, one for each kind of reader."""

    everything = False

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  (typer's own door)
        for reader, names in READERS.items():
            shown = [name for name in names if self.everything or name not in NOW_AND_THEN]
            with formatter.section(reader):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(SHORT)) for name in shown])
        if not self.everything:
            formatter.write_paragraph()
            formatter.write_text(f"{len(NOW_AND_THEN & set(self.commands))} more: fieldgate --help --all")


def front_page(width: int | None = None, *, everything: bool = False) -> str:
    """What `fieldgate --help` shows, without building every command's options: a third of the time. A test compares."""
    commands: dict[str, Any] = {}  # typer keeps the class of commands to itself
    for one in app.registered_commands:
        commands[str(one.name)] = TyperCommand(one.name, help=inspect.getdoc(one.callback))
    for group in app.registered_groups:
        help_ = group.typer_instance.info.help if group.typer_instance else None
        commands[str(group.name)] = TyperCommand(str(group.name), help=str(help_))
    page = ByReader(name=NAME, commands=commands, help=ABOUT, no_args_is_help=True, rich_markup_mode=None)
    page.everything = everything
    return page.get_help(page.context_class(page, info_name=NAME, terminal_width=width))


NAME, ABOUT = "fieldgate", "The dealer's own data agent: permitted fields only, signed, to the car maker."
app = typer.Typer(
    name=NAME,
    cls=ByReader,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=ABOUT,
)

for noun in (
    demo,
    setup,
    grants,
    readers,
    run,
    resync,
    status,
    doctor,
    backup,
    batch,
    keys,
    service,
    offboard,
    support,
):
    noun.register(app)
for noun in (
    policy,
    request,
    officers,
    decide,
    preview,
    choices,
    person,
    incident,
    report,
    source,
    classify,
    audit,
    receiver,
):
    noun.register(app)
approve.register(policy.policy_app)
imports.register(officers.officers_app, policy.policy_app, decide.decide_app, keys.keys_app)
