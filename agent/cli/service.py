"""`service`, `upgrade`, `rollback`: the program on its server. As root, or as administrator on Windows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from agent.cli.out import say, say_json, tell
from agent.cli.server import Json

if TYPE_CHECKING:
    from agent.service.versions import Shelf

service_app = typer.Typer(no_args_is_help=True, help="Install, start, stop or remove the service (as root).")


class _Manager(Protocol):
    """What a system's service manager is asked for."""

    def install(self) -> tuple[str, ...]: ...
    def other_at_work(self) -> str: ...
    def uninstall(self, *, purge: bool) -> tuple[Path, ...]: ...
    def control(self, verb: str) -> None: ...
    def comes_up(self) -> str: ...
    def is_set_up(self) -> bool: ...


def register(app: typer.Typer) -> None:
    app.add_typer(service_app, name="service")
    app.command("upgrade")(upgrade)
    app.command("rollback")(rollback)


@service_app.command("install")
def install(as_json: Json = False) -> None:
    """Make the service's account, folders and unit; enable it."""
    manager = _manager()
    lacking = manager.install()
    _done("INSTALLED   fieldgate runs as a service", as_json)
    for name in () if as_json else lacking:
        say(f"  not set: {name}; this system does not have it")
    if not as_json and not manager.is_set_up():
        say("Next: fieldgate setup")


@service_app.command("uninstall")
def uninstall(
    purge: Annotated[bool, typer.Option("--purge", help="Configuration, state, keys and logs too. Asks.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    package: Annotated[bool, typer.Option("--package", hidden=True)] = False,  # said by the MSI of one version
    as_json: Json = False,
) -> None:
    """Stop and remove the service. Works with a broken agent.yaml."""
    manager = _manager()
    if package and (other := manager.other_at_work()):
        _done(f"KEPT   the service: version {other} works", as_json)
        return
    if purge and not yes:
        tell("This destroys the keys: nothing waiting can be read, and who opted out is forgotten.")
        typer.confirm("Remove configuration, state, keys and logs?", abort=True)
    stays = manager.uninstall(purge=purge)
    _done("REMOVED   the service" + (" and what it kept" if purge else "; what it kept is still there"), as_json)
    for folder in () if as_json else stays:
        say(f"  remove by hand: {folder}")


@service_app.command("start")
def start(as_json: Json = False) -> None:
    """Start the service."""
    _control("start", "STARTED", as_json=as_json)


@service_app.command("stop")
def stop(as_json: Json = False) -> None:
    """Stop the service at the next safe point."""
    _control("stop", "STOPPED", as_json=as_json)


@service_app.command("do", context_settings={"ignore_unknown_options": True})
def do(
    command: Annotated[list[str], typer.Argument(help="The command, after `--`; its input is passed on.")],
) -> None:
    """Windows: one command as the service's account, for keys that DPAPI opens for it alone."""
    from agent.errors import ConfigError

    if os.name != "nt":
        raise ConfigError("FG-C56", "only Windows needs this: root works as the service's account", "say the command")
    from agent.service import windows_do

    status, said = windows_do.ask(command, b"" if sys.stdin.isatty() else sys.stdin.buffer.read())
    sys.stdout.buffer.write(said)
    raise typer.Exit(status)


def upgrade(
    package: Annotated[Path, typer.Argument(help="The .tar.gz or .zip of a release, its .release beside it.")],
    check: Annotated[bool, typer.Option("--check", help="Only say whether the makers signed this file.")] = False,
    as_json: Json = False,
) -> None:
    """Put a signed newer version beside this one and start it."""
    from agent.core.text import shown
    from agent.service import versions

    release = versions.verified(package, versions.release_keys())
    if check:
        _done(f"SIGNED   {shown(package.name)} is version {release.version}", as_json)
        return
    manager = _manager()
    wrong = versions.upgrade(_shelf(), package, release, manager.comes_up)
    _switched(f"RUNNING   version {release.version}", wrong, as_json=as_json)


def rollback(as_json: Json = False) -> None:
    """Go back to the version before. State is not touched."""
    from agent.service import versions

    manager, shelf = _manager(), _shelf()
    wrong = versions.rollback(shelf, manager.comes_up)
    _switched(f"RUNNING   version {shelf.current}", wrong, as_json=as_json)


def _switched(good: str, wrong: str, *, as_json: bool) -> None:
    _done(good if not wrong else f"TAKEN BACK   {wrong}", as_json)
    if wrong:
        raise typer.Exit(1)


def _control(verb: str, done: str, *, as_json: bool) -> None:
    _manager().control(verb)
    _done(f"{done}   see: fieldgate status", as_json)


def _done(text: str, as_json: bool) -> None:
    if as_json:
        say_json({"said": text})
    else:
        say(text)


def _manager() -> _Manager:
    from agent.errors import ConfigError

    if sys.platform == "win32":
        from agent.service import windows_service

        return windows_service
    if sys.platform != "linux":
        raise ConfigError("FG-C56", "the service is built for Linux and Windows", "run: fieldgate run")
    from agent.service import linux_service

    return linux_service


def _shelf() -> Shelf:
    from agent.service.versions import Shelf

    if sys.platform == "win32":
        from agent.service.windows_layout import versions

        return Shelf(versions())
    return Shelf()
