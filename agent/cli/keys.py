"""`keys list`: which secrets stand on this machine, and what a thief of the disk gets. Never a secret itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import DEFAULT, Config, Json, desk

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
    rows = [(name, _told(name) if is_own_key(name) else _PASSWORD) for name in names]
    if as_json:
        say_json({"store": store, "keys": [{"name": name, "a_thief": told} for name, told in rows]})
        return
    say(f"{len(rows)} secrets in the key store; whoever steals the disk ...")
    for name, told in rows:
        say(f"  {shown(name)}")
        say(f"      {told}")
    say("None of them opens a customer's finance data: the agent never had it.")
    say("Officers' keys are not on this machine; nobody can approve with what is here.")


def _told(name: str) -> str:
    first, _, last = name.partition(":")
    return _TOLD.get(first) or _TOLD[last.rpartition(":")[2]]


@keys_app.command("rotate")
def rotate(config: Config = DEFAULT, as_json: Json = False) -> None:
    """A new signing key, vouched for by the old one. What was sent stays checkable."""
    from agent.service.lock import only_one
    from agent.tasks.key_life import rotate as make

    with desk(config) as opened, only_one(opened.config.state):
        done = make(opened)
    if as_json:
        say_json({"kid": done.kid, "old_kid": done.old_kid, "told": list(done.told)})
        return
    say(f"ROTATED   new signing key {done.kid}")
    say(f"  the old one, {done.old_kid}, vouched for it and is gone from this machine")
    say(f"  taken by {', '.join(done.told) or 'nobody yet: no recipient is enrolled'}")
    say("Next: nothing to do.")


@keys_app.command("revoke")
def revoke(config: Config = DEFAULT, as_json: Json = False) -> None:
    """Tell the OEM that officers have revoked a key; ours is replaced."""
    from agent.service.lock import only_one
    from agent.tasks.key_life import revoke as tell

    with desk(config) as opened, only_one(opened.config.state):
        decision, in_use = tell(opened)
    if as_json:
        say_json({"kid": decision.question["kid"], "last_good": decision.question["last_good"], "was_in_use": in_use})
        return
    say(f"REVOKED   {decision.question['kid']}")
    say(f"  last good: {decision.question['last_good']}")
    if in_use:
        say("  A new key was made. Nothing is sent until the OEM knows it.")
        say("Next: ask the OEM for a token for each store, then: fieldgate keys enroll")
    else:
        say("Next: nothing to do.")
