"""The table of commands. A noun's file offers `register(app)`; nothing is found by name."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from agent.cli import (
    approve,
    audit,
    batch,
    choices,
    classify,
    decide,
    demo,
    doctor,
    grants,
    imports,
    keys,
    officers,
    policy,
    preview,
    receiver,
    request,
    resync,
    run,
    service,
    setup,
    source,
    status,
)

# Who needs which command; `--help` shows them in this order.
READERS = {
    "Try it": ("demo",),
    "Dealership IT": (
        "setup", "grants", "run", "status", "doctor", "pause", "resume", "resync",
        "connections", "batch", "keys", "service",
        "upgrade", "rollback",
    ),
    "Compliance officer": (
        "policy", "request", "officers", "decide", "preview", "choices", "discover", "classify", "screen", "audit",
    ),
    "Car maker (OEM)": ("receiver",),
}  # fmt: skip


class ByReader(TyperGroup):
    """Commands in groups, one for each kind of reader."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  (typer's own door)
        for reader, names in READERS.items():
            with formatter.section(reader):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(66)) for name in names])


app = typer.Typer(
    name="fieldgate",
    cls=ByReader,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The dealer's own data agent: permitted fields only, signed, to the car maker.",
)

for noun in (demo, setup, grants, run, resync, status, doctor, batch, keys, service):
    noun.register(app)
for noun in (policy, request, officers, decide, preview, choices, source, classify, audit, receiver):
    noun.register(app)
approve.register(policy.policy_app)
imports.register(officers.officers_app, policy.policy_app, decide.decide_app, keys.keys_app)
