"""A server of our own on this machine: an unprivileged account, a folder only it can read, a spare loopback port.

Starts processes by full path, ends only what it started, and asks the kernel to end them when we die. Never touches a
server that was here before.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent.core.text import shown
from agent.errors import ConfigError

try:
    import pwd
except ImportError:  # Windows has no password file; the demo's servers are Linux only
    pwd = None  # type: ignore[assignment]

_KEPT = ("PATH", "LD_LIBRARY_PATH", "TZ")


@dataclass(frozen=True)
class Room:
    """Where a private server lives. `account` is set when we are root and it must not be."""

    folder: Path
    account: str | None
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, argv: Sequence[str | Path]) -> None:
        """A preparing command, to its end."""
        done = subprocess.run(  # noqa: S603 (a program found on this machine, no shell, arguments of our own)
            [str(a) for a in argv],
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=self.environment,
            user=self.account,
            group=self._group(),
            extra_groups=self._extra_groups(),
        )
        if done.returncode:
            said = shown(done.stderr.decode("utf-8", "replace").strip()[-200:])
            what = f"{Path(str(argv[0])).name} ended with status {done.returncode}: {said}"
            raise ConfigError("demo-server", what, "run the demo with --dms sqlite")

    def spawn(self, argv: Sequence[str | Path], log: Path, *, end_with: str = "TERM") -> subprocess.Popen[bytes]:
        """A server. `end_with` is the signal it gets from the kernel when the thread that called this ends."""
        setpriv = shutil.which("setpriv")
        prefix = [setpriv, "--pdeathsig", end_with, "--"] if setpriv else []
        with log.open("ab") as out:
            return subprocess.Popen(  # noqa: S603 (as above)
                [*prefix, *(str(a) for a in argv)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,  # Ctrl-C goes to the demo, which stops its server in order
                user=self.account,
                group=self._group(),
                extra_groups=self._extra_groups(),
            )

    def ask(self, argv: Sequence[str], secret: tuple[str, str], stdin: Iterable[bytes]) -> tuple[int, bytes, bytes]:
        """The engine's own client, fed piece by piece. `secret`: the variable that hands it the password."""
        with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as complaint:
            client = subprocess.Popen(  # noqa: S603 (as above)
                argv,
                stdin=subprocess.PIPE,
                stdout=answer,
                stderr=complaint,
                env={**self.environment, secret[0]: secret[1]},
            )
            with suppress(BrokenPipeError), client.stdin or nullcontext() as into:
                for piece in stdin:
                    if into:
                        into.write(piece)
            status = client.wait()
            answer.seek(0)
            complaint.seek(0)
            return status, answer.read(), complaint.read()

    def own(self, path: Path) -> None:
        """Hand a file of ours to the account the server runs as."""
        if self.account:
            entry = pwd.getpwnam(self.account)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _group(self) -> int | None:
        return pwd.getpwnam(self.account).pw_gid if self.account else None

    def _extra_groups(self) -> list[int] | None:
        return [] if self.account else None


def make_room(name: str, accounts: Sequence[str]) -> Room:
    """A new folder with mode 0700. As root it belongs to the first of `accounts` that exists."""
    if pwd is None or not hasattr(os, "geteuid"):
        raise ConfigError("demo-server", f"no private {name} on this system", "run the demo with --dms sqlite")
    account = None
    if os.geteuid() == 0:
        account = next((a for a in (*accounts, "nobody") if _exists(a)), None)
        if account is None:
            raise ConfigError("demo-server", f"{name} refuses to run as root and there is no other account", "add one")
    folder = Path(tempfile.mkdtemp(prefix=f"fieldgate-{name}-", dir=_enterable()))
    kept = {k: v for k, v in os.environ.items() if k in _KEPT}
    room = Room(folder, account, {"LC_ALL": "C.UTF-8", "HOME": str(folder), **kept})
    room.own(folder)
    return room


def _exists(account: str) -> bool:
    try:
        pwd.getpwnam(account)
    except KeyError:
        return False
    return True


def _enterable() -> str:
    """A temporary folder that another account can enter too."""
    for place in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 (the folder made there is 0700)
        parents = (place, *place.resolve().parents)
        if place.is_dir() and all(p.stat().st_mode & 0o001 for p in parents):
            return str(place)
    return tempfile.gettempdir()


def spare_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Ask, wait, insist. Only ever a process we started."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(15)
