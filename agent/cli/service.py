"""`service`, `upgrade`, `rollback`: the program on its server. As root, on a systemd Linux."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.out import say, say_json
from agent.cli.server import Json

service_app = typer.Typer(no_args_is_help=True, help="Install, start, stop or remove the service (as root).")


def register(app: typer.Typer) -> None:
    app.add_typer(service_app, name="service")
    app.command("upgrade")(upgrade)
    app.command("rollback")(rollback)


@service_app.command("install")
def install(as_json: Json = False) -> None:
    """Make the service's account, folders and unit; enable it."""
    from agent.service import linux_service

    _linux_only()
    linux_service.install()
    _done("INSTALLED   fieldgate runs as a service", as_json)
    if not as_json and not (linux_service.CONFIG / "agent.yaml").exists():
        say("Next: fieldgate setup --files-only")


@service_app.command("uninstall")
def uninstall(
    purge: Annotated[bool, typer.Option("--purge", help="Configuration, state, keys and logs too. Asks.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Stop and remove the service. Works with a broken agent.yaml."""
    from agent.service import linux_service

    _linux_only()
    if purge and not yes:
        say("This destroys the keys: nothing waiting can be read, and who opted out is forgotten.")
        typer.confirm("Remove configuration, state, keys and logs?", abort=True)
    linux_service.uninstall(purge=purge)
    _done("REMOVED   the service" + (" and all it kept" if purge else "; what it kept is still there"), as_json)


@service_app.command("start")
def start(as_json: Json = False) -> None:
    """Start the service."""
    _control("start", "STARTED", as_json=as_json)


@service_app.command("stop")
def stop(as_json: Json = False) -> None:
    """Stop the service at the next safe point."""
    _control("stop", "STOPPED", as_json=as_json)


def upgrade(
    package: Annotated[Path, typer.Argument(help="fieldgate-VERSION-linux-x86_64.tar.gz, its .release beside it.")],
    check: Annotated[bool, typer.Option("--check", help="Only say whether the makers signed this file.")] = False,
    as_json: Json = False,
) -> None:
    """Put a signed newer version beside this one and start it."""
    from agent.core.text import shown
    from agent.service import linux_service, versions

    release = versions.verified(package, versions.release_keys())
    if check:
        _done(f"SIGNED   {shown(package.name)} is version {release.version}", as_json)
        return
    _linux_only()
    wrong = versions.upgrade(versions.Shelf(), package, release, linux_service.comes_up)
    _switched(f"RUNNING   version {release.version}", wrong, as_json=as_json)


def rollback(as_json: Json = False) -> None:
    """Go back to the version before. State is not touched."""
    from agent.service import linux_service, versions

    _linux_only()
    shelf = versions.Shelf()
    wrong = versions.rollback(shelf, linux_service.comes_up)
    _switched(f"RUNNING   version {shelf.current}", wrong, as_json=as_json)


def _switched(good: str, wrong: str, *, as_json: bool) -> None:
    _done(good if not wrong else f"TAKEN BACK   {wrong}", as_json)
    if wrong:
        raise typer.Exit(1)


def _control(verb: str, done: str, *, as_json: bool) -> None:
    from agent.service import linux_service

    _linux_only()
    linux_service.control(verb)
    _done(f"{done}   see: fieldgate status", as_json)


def _done(text: str, as_json: bool) -> None:
    if as_json:
        say_json({"said": text})
    else:
        say(text)


def _linux_only() -> None:
    from agent.errors import ConfigError

    if sys.platform != "linux":
        raise ConfigError("FG-C56", "the service is built for Linux only so far", "run: fieldgate run")
