"""fieldgate as a Windows service: a virtual account of its own, folders under ProgramData that only it and
administrators may touch, the Event Log's source, a command on the PATH. Reads no agent.yaml, so that what is broken can
be removed.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.errors import ConfigError
from agent.keys import durable
from agent.keys.windows import SERVICE, is_administrator, make_narrow
from agent.service.versions import Shelf
from agent.service.windows_layout import command_folder, config_file, home, programs, versions

ACCOUNT = rf"NT SERVICE\{SERVICE}"
PROGRAM = "fieldgate.exe"
_RESTARTS_MS = (30_000, 60_000, 300_000)  # after the first, the second and every further failure
_RESET_S = 86_400  # 0 would forget every failure at once, and the first delay would hold for ever
_STOPPED, _RUNNING = 1, 4
_PATIENCE_S = 120.0
_GONE, _RUNS_ALREADY, _STOPPED_ALREADY, _NO_SUCH_THING = 1060, 1056, 1062, 124


def install() -> tuple[str, ...]:
    """Program, account, folders, service, Event Log, command; started where agent.yaml is there. Safe to repeat.
    Returns the names of what this system could not be told."""
    from agent.service import windows_registry

    _administrators_only()
    shelf = Shelf(versions())
    version = _settled(shelf)
    if shelf.current != version:
        before = shelf.current
        shelf.point("current", version)
        if before and (shelf.versions / before).is_dir():
            shelf.point("previous", before)
    lacking = _register(shelf)
    _command(shelf)
    home().mkdir(parents=True, exist_ok=True)
    make_narrow(home())
    windows_registry.add_event_source(SERVICE)
    windows_registry.on_path(command_folder(), wanted=True)
    if is_set_up():
        control("restart")
    return lacking


def other_at_work() -> str:
    """The version that works where that is not this program: with a package of this one go its own files only."""
    current = Shelf(versions()).current
    return current if _frozen() and current != Path(sys.executable).parent.name else ""


def uninstall(*, purge: bool) -> tuple[Path, ...]:
    """Stop and remove the service, never asking agent.yaml. With `purge` also configuration, state, keys, logs, all
    versions. Returns what of that is still there: a program that runs keeps its folder."""
    import pywintypes
    import win32service

    from agent.service import windows_registry

    _administrators_only()
    with contextlib.suppress(pywintypes.error, ConfigError), _service() as service:
        _stop(service)
        win32service.DeleteService(service)
    windows_registry.on_path(command_folder(), wanted=False)
    windows_registry.remove_event_source(SERVICE)
    shutil.rmtree(command_folder(), ignore_errors=True)
    for name in ("current", "previous"):
        (programs() / name).unlink(missing_ok=True)
    if not purge:
        return ()
    shutil.rmtree(home(), ignore_errors=True)
    return (*([home()] if home().exists() else []), *clear(programs(), Path(sys.executable).parent))


def clear(place: Path, mine: Path) -> list[Path]:
    """Take every version away but the one that runs from `mine`, and the place itself when none is left in it."""
    versions = place / "versions"
    for one in versions.glob("*"):
        if one.resolve() != mine.resolve():
            shutil.rmtree(one, ignore_errors=True)
    stays = sorted(versions.glob("*"))
    if not stays:
        shutil.rmtree(place, ignore_errors=True)
    return stays


def control(verb: str) -> None:
    """start, stop or restart, through the service manager; back when it is done."""
    _administrators_only()
    with _service() as service:
        if verb in ("stop", "restart"):
            _stop(service)
        if verb in ("start", "restart"):
            _start(service)


def comes_up() -> str:
    """Run the version that `current` names; "" when it works, or is not set up yet; else what is wrong."""
    shelf = Shelf(versions())
    program = shelf.versions / shelf.current / PROGRAM
    try:
        if subprocess.run((str(program), "--help"), capture_output=True, check=False).returncode:  # noqa: S603
            return "the program does not start"
    except OSError:
        return "the program does not start"
    try:
        with _service() as service:
            _stop(service)
        _register(shelf)
        _command(shelf)
        if is_set_up():
            control("start")
    except ConfigError:
        return "the service does not come up; see the Application log, source fieldgate"
    return ""


def refuse_while_it_runs() -> None:
    import win32service

    _administrators_only()
    with _service() as service:
        if win32service.QueryServiceStatus(service)[1] != _STOPPED:
            raise ConfigError(
                "FG-C63", "the service runs, and does one thing at a time", "stop it first: fieldgate service stop"
            )


def start_once(word: str) -> None:
    """Start the service for what `word` names, and not for its daily work."""
    with _service() as service:
        _start(service, word)


def is_set_up() -> bool:
    return config_file().exists()


def _frozen() -> bool:
    return bool(getattr(sys, "frozen", False))


def _settled(shelf: Shelf) -> str:
    """The version that this program is, standing beside the others."""
    here = Path(sys.executable).parent
    try:
        version = (here / "VERSION").read_text("utf-8").strip()
    except OSError:
        raise ConfigError(
            "FG-C53", f"there is no release in {here}", "unpack a release and run its fieldgate.exe, or its .msi"
        ) from None
    place = shelf.versions / version
    if here != place:
        fresh = place.with_name(f".{version}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(here, fresh)
        shutil.rmtree(place, ignore_errors=True)
        fresh.replace(place)
    return version


def _register(shelf: Shelf) -> tuple[str, ...]:
    """The service as it must be, made or corrected: what it runs, as whom, when, and what happens when it fails.
    Returns the names of what this system does not have."""
    import pywintypes
    import win32service

    command = f'"{shelf.versions / shelf.current / PROGRAM}" service-main'
    own_process, by_itself, tell = 0x10, 2, 1
    with _manager() as manager:
        try:
            service = win32service.OpenService(manager, SERVICE, win32service.SERVICE_ALL_ACCESS)
            win32service.ChangeServiceConfig(
                service, own_process, by_itself, tell, command, None, 0, None, ACCOUNT, None, SERVICE
            )
        except pywintypes.error as failed:
            if failed.winerror != _GONE:
                raise _refused("look at", failed) from None
            service = win32service.CreateService(
                manager, SERVICE, SERVICE, win32service.SERVICE_ALL_ACCESS, own_process, by_itself, tell, command,
                None, 0, None, ACCOUNT, None,
            )  # fmt: skip
    try:
        return tuple(name for name, level, value in _settings() if not _taken(service, level, value))
    finally:
        win32service.CloseServiceHandle(service)


def _taken(service: Any, level: int, value: Any) -> bool:
    """Set one thing; False where this system has no such thing (Wine has not all of them, Windows has)."""
    import pywintypes
    import win32service

    try:
        win32service.ChangeServiceConfig2(service, level, value)
    except pywintypes.error as failed:
        if failed.winerror != _NO_SUCH_THING:
            raise _refused("set up", failed) from None
        return False
    return True


def _settings() -> Iterator[tuple[str, int, Any]]:
    """(name, level, value) of what the service manager is told of us."""
    import win32service as w

    yield (
        "description",
        w.SERVICE_CONFIG_DESCRIPTION,
        "The dealer's own data agent: permitted fields only, signed, to the car maker.",
    )
    actions = [(w.SC_ACTION_RESTART, delay) for delay in _RESTARTS_MS]
    yield (
        "failure actions",
        w.SERVICE_CONFIG_FAILURE_ACTIONS,
        {"ResetPeriod": _RESET_S, "RebootMsg": "", "Command": "", "Actions": actions},
    )
    yield (
        "failure actions after an error",
        w.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
        True,
    )  # an end with an error counts as a failure too
    yield "delayed start", w.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, True  # databases and the network come first
    yield "service SID", w.SERVICE_CONFIG_SERVICE_SID_INFO, w.SERVICE_SID_TYPE_UNRESTRICTED


@contextlib.contextmanager
def _manager() -> Iterator[Any]:
    import win32service

    manager = win32service.OpenSCManager(None, None, win32service.SC_MANAGER_ALL_ACCESS)
    try:
        yield manager
    finally:
        win32service.CloseServiceHandle(manager)


@contextlib.contextmanager
def _service() -> Iterator[Any]:
    import pywintypes
    import win32service

    with _manager() as manager:
        try:
            service = win32service.OpenService(manager, SERVICE, win32service.SERVICE_ALL_ACCESS)
        except pywintypes.error as failed:
            raise _refused("find", failed) from None
    try:
        yield service
    finally:
        win32service.CloseServiceHandle(service)


def _start(service: Any, *args: str) -> None:
    import pywintypes
    import win32service

    try:
        win32service.StartService(service, list(args) or None)
    except pywintypes.error as failed:
        if failed.winerror != _RUNS_ALREADY:
            raise _refused("start", failed) from None
    if not args and _settles(service) != _RUNNING and is_set_up():
        raise ConfigError(
            "FG-C55",
            "the service does not come up",
            "look at the Application log, source fieldgate, then: fieldgate doctor",
        )


def _stop(service: Any) -> None:
    import pywintypes
    import win32service

    try:
        win32service.ControlService(service, win32service.SERVICE_CONTROL_STOP)
    except pywintypes.error as failed:
        if failed.winerror != _STOPPED_ALREADY:
            raise _refused("stop", failed) from None
    if _settles(service) != _STOPPED:
        raise ConfigError("FG-C55", "the service does not stop", "end fieldgate.exe in the Task Manager")


def _settles(service: Any) -> int:
    """Running or stopped, as soon as it is one of them; what it was last when patience ends."""
    import win32service

    end = time.monotonic() + _PATIENCE_S
    while (state := int(win32service.QueryServiceStatus(service)[1])) not in (_STOPPED, _RUNNING):
        if time.monotonic() > end:
            break
        time.sleep(0.2)
    return state


def _command(shelf: Shelf) -> None:
    """What a person types, for the version in use."""
    command_folder().mkdir(parents=True, exist_ok=True)
    lines = (
        "@echo off",
        rf'"%~dp0..\versions\{shelf.current}\{PROGRAM}" %*',
    )
    durable.write(command_folder() / "fieldgate.cmd", "".join(line + "\r\n" for line in lines).encode("ascii"))


def _administrators_only() -> None:
    if not is_administrator():
        raise ConfigError(
            "FG-C54", "only an administrator may do this", "open a console with `Run as administrator` and say it again"
        )


def _refused(what: str, failed: Any) -> ConfigError:
    if failed.winerror == _GONE:
        return ConfigError("FG-C55", "there is no service called fieldgate", "install it: fieldgate service install")
    return ConfigError(
        "FG-C55",
        f"Windows would not {what} the service (error {failed.winerror})",
        f"say: net helpmsg {failed.winerror}",
    )
