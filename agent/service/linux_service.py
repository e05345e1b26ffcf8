"""fieldgate as a systemd service: an account of its own, folders, the unit, and a command that works as that account.

Reads no agent.yaml, so that what is broken can still be stopped and removed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path

from agent.errors import ConfigError

ACCOUNT = "fieldgate"
UNIT = Path("/etc/systemd/system/fieldgate.service")
COMMAND = Path("/usr/bin/fieldgate")
CONFIG = Path("/etc/fieldgate")
FOLDERS = {CONFIG: 0o750, Path("/var/lib/fieldgate"): 0o700, Path("/var/log/fieldgate"): 0o700}
_PROGRAM = "/opt/fieldgate/current/fieldgate"

# Whoever is root works as the service's account, or the service could not read what root has made.
_WRAPPER = f"""#!/bin/sh
# Written by `fieldgate service install`.
case "${{1:-}}" in service | upgrade | rollback | demo) exec {_PROGRAM} "$@" ;; esac
FIELDGATE_CONFIG="${{FIELDGATE_CONFIG:-{CONFIG}/agent.yaml}}"
export FIELDGATE_CONFIG
if [ "$(id -u)" = 0 ]; then
  HOME=/var/lib/fieldgate
  export HOME
  exec setpriv --reuid={ACCOUNT} --regid={ACCOUNT} --init-groups {_PROGRAM} "$@"
fi
exec {_PROGRAM} "$@"
"""


def install() -> tuple[str, ...]:
    """Account, folders, unit, command; enabled, and started where agent.yaml is there. Safe to repeat."""
    _root_only()
    if not Path(_PROGRAM).exists():
        raise ConfigError(
            "FG-C53", f"there is no program at {_PROGRAM}", "unpack a release with its install.sh, or install the .deb"
        )
    if _run("id", "-u", ACCOUNT):
        _must("useradd", "--system", "--home-dir", "/var/lib/fieldgate", "--shell", "/usr/sbin/nologin", ACCOUNT)
    for folder, mode in FOLDERS.items():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.chown(folder, ACCOUNT, ACCOUNT)
        folder.chmod(mode)
    _write(UNIT, resources.files("agent.service").joinpath("linux", "fieldgate.service").read_text("utf-8"), 0o644)
    _write(COMMAND, _WRAPPER, 0o755)
    if _booted():
        _must("systemctl", "daemon-reload")
        _must("systemctl", "enable", "fieldgate.service")
        if is_set_up():
            _must("systemctl", "restart", "fieldgate.service")
    return ()


def other_at_work() -> str:
    """No other version ever: a package of Linux takes the place of the one before."""
    return ""


def uninstall(*, purge: bool) -> tuple[Path, ...]:
    """Stop and remove the service, never asking agent.yaml. With `purge` also configuration, state, keys and logs.
    Returns which of them are still there."""
    _root_only()
    if _booted():
        _run("systemctl", "disable", "--now", "fieldgate.service")
    for file in (UNIT, COMMAND):
        file.unlink(missing_ok=True)
    if _booted():
        _run("systemctl", "daemon-reload")
    if purge:
        for folder in FOLDERS:
            shutil.rmtree(folder, ignore_errors=True)
        _run("userdel", ACCOUNT)
    return tuple(folder for folder in FOLDERS if purge and folder.exists())


def control(verb: str) -> None:
    """start, stop or restart, through systemd."""
    _root_only()
    _must("systemctl", verb, "fieldgate.service")


def comes_up() -> str:
    """Restart the service; "" when it says it is ready, or is not set up yet; else what is wrong."""
    if _run(_PROGRAM, "--help"):
        return "the program does not start"
    if not is_set_up():
        return ""
    if _run("systemctl", "restart", "fieldgate.service") or _run("systemctl", "is-active", "fieldgate.service"):
        return "the service does not come up; see: journalctl -u fieldgate"
    return ""


def is_set_up() -> bool:
    return (CONFIG / "agent.yaml").exists()


def _booted() -> bool:
    return Path("/run/systemd/system").is_dir()


def _root_only() -> None:
    if os.geteuid() != 0:
        raise ConfigError("FG-C54", "only root may do this", "say it again with sudo")


def _write(path: Path, text: str, mode: int) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, "utf-8")
    fresh.chmod(mode)
    fresh.replace(path)


def _run(*command: str) -> int:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode  # noqa: S603
    except OSError:
        return 127


def _must(*command: str) -> None:
    if status := _run(*command):
        raise ConfigError(
            "FG-C55", f"`{' '.join(command[:3])}` ended with status {status}", "run it by hand to see what it says"
        )
