"""`keys list`: which secrets stand on this machine, and what a thief of the disk gets. Never a secret itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.out import say, say_json

_TOLD = {
    "signing": "could sign batches in your name until the OEM revokes the key",
    "atrest": "could read waiting bodies and what was sent, with the state file",
    "checkpoint": "could sign false checkpoints; the OEM's receipts show it",
    "persons": "could tell whether somebody they know is in the state file",
    "id": "could tell which record at the OEM is whose, knowing the DMS keys",
    "nonce": "could test guesses of a record against a Merkle sibling",
    "pseudonym": "could tell whose pseudonym one is, knowing the DMS keys",
}
_PASSWORD = "could log in to the source, with the rights the DBA granted and no more"  # noqa: S105 a sentence

keys_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The agent's own keys.")


def register(app: typer.Typer) -> None:
    app.add_typer(keys_app, name="keys")


@keys_app.command("list")
def list_keys(
    folder: Annotated[Path, typer.Option("--keys", help="The folder of the key store.", file_okay=False)],
    store: Annotated[str, typer.Option("--store", help="file, systemd or dpapi, as agent.yaml says.")] = "file",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """The names of the keys, and what a thief of the disk gets with each."""
    from agent.core.text import shown
    from agent.keys.store import is_own_key, open_key_store

    names = open_key_store(store, folder).names()
    rows = [(name, _TOLD[name.rpartition(":")[2]] if is_own_key(name) else _PASSWORD) for name in names]
    if as_json:
        say_json({"store": store, "keys": [{"name": name, "a_thief": told} for name, told in rows]})
        return
    say(f"{len(rows)} secrets in the key store; whoever steals the disk ...")
    for name, told in rows:
        say(f"  {shown(name)}")
        say(f"      {told}")
    say("None of them opens a customer's finance data: the agent never had it.")
    say("Officers' keys are not on this machine; nobody can approve with what is here.")
