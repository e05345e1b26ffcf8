"""The table of commands. A noun's file offers `register(app)`; nothing is found by name."""

from __future__ import annotations

import typer

from agent.cli import (
    approve,
    audit,
    batch,
    classify,
    decide,
    demo,
    grants,
    imports,
    keys,
    officers,
    policy,
    preview,
    receiver,
    request,
    run,
    setup,
    source,
    status,
)

app = typer.Typer(
    name="fieldgate",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The dealer's own data agent: permitted fields only, signed, to the car maker.",
)

for noun in (
    demo,
    setup,
    grants,
    run,
    status,
    preview,
    batch,
    audit,
    keys,
    source,
    classify,
    policy,
    request,
    officers,
    decide,
):
    noun.register(app)
receiver.register(app)
approve.register(policy.policy_app)
imports.register(officers.officers_app, policy.policy_app, decide.decide_app, keys.keys_app)
