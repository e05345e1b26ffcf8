"""`setup`: make what the agent needs on this server. Today the files; the guided way comes with the service."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json

_SAMPLE = """\
# agent.yaml: where things are. Nothing in here can loosen a promise; secrets are names in the key store.
sources:
  dms:
    kind: odbc
    driver: PostgreSQL Unicode          # as `odbcinst -q -d` lists it, or the path of a driver library
    dialect: postgresql                 # sqlserver | postgresql | mariadb | sqlite | generic
    server: 127.0.0.1
    port: 5432
    database: dms
    user: fieldgate_ro
    password: key:dms                   # stored by `fieldgate setup --files-only`, never written here
    zone: America/New_York              # the clock of the DMS
    overlap_s: 5400
stores:
  "01": {dealer_code: EX1234}           # the OEM's code of each rooftop
recipients:
  example-motors-na:
    endpoint: https://dealers.example-motors.example
    proxy: null
    ca: null
keys: {store: file}
schedule: {extract: ["02:15"], deliver_every_m: 5}
limits: {outbox_mb: 2048, page_rows: 5000, statement_s: 60}
folders: {policies: policies, state: state, logs: logs}
"""


def register(app: typer.Typer) -> None:
    app.command("setup")(setup)


def setup(
    config: Config = DEFAULT,
    files_only: Annotated[
        bool,
        typer.Option("--files-only", help="Make agent.yaml, folders, keys and state; ask nothing, connect nowhere."),
    ] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the database password from standard input, one line.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make agent.yaml (first a sample), folders, keys and state file."""
    if not files_only:
        raise typer.BadParameter("only --files-only is there yet; the guided setup comes with the service")
    if not config.exists():
        _write_sample(config)
        if as_json:
            say_json({"made": [str(config)], "next": "edit agent.yaml"})
            return
        say(f"MADE   {config}, a sample to edit")
        say(f"Next: dealer IT edits {config}, then: fieldgate setup --files-only")
        return
    _make_files(config, password_stdin=password_stdin, as_json=as_json)


def _make_files(config: Path, *, password_stdin: bool, as_json: bool) -> None:
    from agent import config as settings
    from agent.keys.store import open_key_store
    from agent.tasks.desk import create_home

    loaded = settings.load(config)
    made = create_home(loaded)
    for folder in (loaded.policies, loaded.logs):
        folder.mkdir(parents=True, exist_ok=True)
    store = open_key_store(loaded.key_store, loaded.key_folder)
    wanted = [s.password_key for s in loaded.sources.values() if s.password_key and s.password_key not in store.names()]
    if wanted and (password_stdin or sys.stdin.isatty()):
        for name in wanted:
            store.create(name, _password(name, from_stdin=password_stdin).encode())
        wanted = []
    if as_json:
        say_json({"state": str(loaded.state_file), "made": made, "passwords_missing": wanted})
        return
    say(f"{'MADE' if made else 'KEPT'}   state file {loaded.state_file}")
    say(f"{'MADE' if made else 'KEPT'}   keys in {loaded.key_folder}, readable by this account alone")
    for name in wanted:
        say(f"  the password `{name}` is not in the key store yet")
        say("  do: fieldgate setup --files-only --password-stdin < password-file")
    say("Next: the officers send roll.json (fieldgate officers import) and a policy (fieldgate policy import).")


def _write_sample(config: Path) -> None:
    from agent.keys import durable

    config.parent.mkdir(parents=True, exist_ok=True)
    text = _SAMPLE
    if config.absolute().parent == Path("/etc/fieldgate"):  # installed: what changes stands under /var
        text = text.replace("{store: file}", "{store: file, folder: /var/lib/fieldgate/keys}")
        text = text.replace("state: state, logs: logs", "state: /var/lib/fieldgate/state, logs: /var/log/fieldgate")
    durable.write(config, text.encode())


def _password(name: str, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(f"Password of the database account ({name})", hide_input=True))
