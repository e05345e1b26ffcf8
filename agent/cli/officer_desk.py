"""What every command of an officer needs at her own PC: her passphrase, her key, the roll, and a yes. A passphrase
comes from a file, FIELDGATE_PASSPHRASE or a prompt, never from an argument.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent.core.roll import Roll
    from agent.keys.signing import Signer
    from agent.tasks.policy_life import Pen

_LINE_MAX = 1024


@dataclass(frozen=True, kw_only=True)
class Hand:
    """How an officer signs: the options that are the same for everything she signs."""

    key: Annotated[Path, typer.Option("--key", help="Your .key file.", dir_okay=False)]
    roll_file: Annotated[
        Path | None, typer.Option("--roll", help="The officer roll; else roll.json beside FILE or KEY.")
    ] = None
    passphrase_file: Annotated[Path | None, typer.Option("--passphrase-file", help="First line is the passphrase.")] = (
        None
    )
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False

    def roll(self, *beside: Path) -> Roll:
        return roll(self.roll_file, *beside, self.key)

    def pen(self, under: Roll) -> Pen:
        return pen(self.key, under, self.passphrase_file)


def passphrase(file: Path | None, *, new: bool = False) -> str:
    """From the file, the environment or a prompt, in this order."""
    from agent.errors import PolicyError

    if file is not None:
        try:
            with file.open("r", encoding="utf-8") as opened:
                return opened.readline(_LINE_MAX).rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise PolicyError(
                "K050", "the passphrase file cannot be read", "look at --passphrase-file", exit_status=1
            ) from None
    given = os.environ.get("FIELDGATE_PASSPHRASE")
    if given:
        return given
    if not sys.stdin.isatty():
        raise PolicyError(
            "K051",
            "there is no terminal to ask for the passphrase",
            "set FIELDGATE_PASSPHRASE or use --passphrase-file",
            exit_status=1,
        )
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True))


def signer(key: Path, passphrase_file: Path | None) -> Signer:
    from agent.keys.officer_key import open_officer_key

    return open_officer_key(key, passphrase(passphrase_file))


def read(path: Path) -> bytes:
    from agent.core.text import shown
    from agent.errors import PolicyError

    try:
        return path.read_bytes()
    except OSError:
        raise PolicyError(
            "K052", f"{shown(str(path))} cannot be read", "look at its name and folder", exit_status=1
        ) from None


def roll(given: Path | None, *beside: Path) -> Roll:
    """The roll of --roll, or of a roll.json beside one of the files at hand."""
    from agent.core.roll import read_roll
    from agent.errors import PolicyError

    path = given or next((p for p in (b.parent / "roll.json" for b in beside) if p.exists()), None)
    if path is None:
        raise PolicyError(
            "K053", "there is no roll.json beside the file", "name the officer roll with --roll", exit_status=1
        )
    return read_roll(read(path), None)


def pen(key: Path, under: Roll, passphrase_file: Path | None) -> Pen:
    import datetime as dt

    from agent.tasks.policy_life import Pen

    return Pen(signer(key, passphrase_file), under, dt.datetime.now(dt.UTC))


def must_agree(question: str, *, yes: bool) -> None:
    """A plain yes, or nothing is signed. --yes is for scripts."""
    from agent.errors import PolicyError

    if yes:
        return
    if not sys.stdin.isatty():
        raise PolicyError(
            "K054", "there is no terminal to ask for a yes", "look at what is shown, then add --yes", exit_status=1
        )
    if not typer.confirm(question, default=False, err=True):
        raise typer.Exit(1)
