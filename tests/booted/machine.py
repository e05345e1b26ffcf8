"""A Debian of its own, booted by systemd-nspawn: a fresh copy for each use, with no network but its own loopback."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# What a dealer's server has already: systemd, and the ODBC driver of its DMS (SQLite's stands for it here). And what
# moves its clock: a container has no clock of its own.
PACKAGES = "systemd,systemd-sysv,dbus,libsqliteodbc,odbcinst,libodbcinst2,libfaketime"
_CLOCK = "/etc/moved-clock"
_MOVED = {
    "LD_PRELOAD": "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "FAKETIME_TIMESTAMP_FILE": _CLOCK,
    "FAKETIME_NO_CACHE": "1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # waiting goes on as it was
    "FAKETIME_DISABLE_SHM": "1",
}


class CannotBootError(Exception):
    """This machine cannot boot another one; the reason, in words."""


@dataclass(frozen=True, slots=True)
class Machine:
    root: Path
    leader: int  # the process that is its init, as this machine numbers it
    env: dict[str, str] = field(default_factory=dict)

    def run(self, command: str, *, status: int | None = 0, timeout: float = 180, shell: str = "/bin/sh") -> str:
        """What a shell command in there prints. `status` None: any."""
        done = subprocess.run(
            ["nsenter", "--target", str(self.leader), "--all", "/usr/bin/env", "-i", "HOME=/srv/release",
             "LANG=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=dumb", "COLUMNS=80",
             *(f"{name}={value}" for name, value in self.env.items()),
             shell, "-c", f"cd /srv/release && {command}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=timeout,
        )  # fmt: skip
        assert status is None or done.returncode == status, f"{command}: exit {done.returncode}\n{done.stdout}"
        return done.stdout

    def put(self, source: Path, place: str) -> None:
        """A file from this machine into that one."""
        target = self.root / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)

    def write(self, place: str, text: str) -> None:
        target = self.root / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def later(self, minutes: int) -> None:
        """Its wall clock shows so much more than this machine's, to what is started or said from now on; what was
        started so before sees the change."""
        self.write(_CLOCK, f"+{minutes}m\n")
        (self.root / _CLOCK.lstrip("/")).chmod(0o644)
        self.env.update(_MOVED)
        self.run("systemctl set-environment " + " ".join(f"{name}={value}" for name, value in _MOVED.items()))


def base(cache: Path) -> Path:
    """The packed Debian, made once by debootstrap from the distribution's own mirror."""
    packed = cache / f"debian-{hashlib.sha256(PACKAGES.encode()).hexdigest()[:8]}.tar"
    if packed.exists():
        return packed
    for tool in ("debootstrap", "systemd-nspawn", "nsenter"):
        if shutil.which(tool) is None:
            raise CannotBootError(f"{tool} is not installed")
    if os.geteuid() != 0:
        raise CannotBootError("only root can boot a machine of its own")
    root = cache / "debootstrap"
    shutil.rmtree(root, ignore_errors=True)
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise CannotBootError(f"debootstrap ended with {done.returncode}: {done.stdout[-200:]}")
    subprocess.run(["tar", "-C", str(root), "-cf", str(packed), "."], check=True)
    shutil.rmtree(root)
    return packed


@contextlib.contextmanager
def booted(packed: Path, folder: Path) -> Iterator[Machine]:
    """Unpack, boot, hand out, power off."""
    root = folder / "machine"
    root.mkdir(parents=True)
    subprocess.run(["tar", "-C", str(root), "-xf", str(packed)], check=True)
    (root / "srv" / "release").mkdir(parents=True)
    (root / "etc" / "machine-id").write_text("", "utf-8")
    with _cgroup() as enter:
        command = (
            f"{enter} SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 exec systemd-nspawn -q -D {shlex.quote(str(root))} --boot "
            "--register=no --keep-unit --private-network --console=pipe"
        )
        with (folder / "console").open("wb") as console:
            nspawn = subprocess.Popen(
                ["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT
            )
        try:
            machine = Machine(root, _leader(nspawn))
            _until_up(machine)
            yield machine
        finally:
            nspawn.terminate()  # SIGTERM asks the machine to power off
            try:
                nspawn.wait(30)
            except subprocess.TimeoutExpired:
                nspawn.kill()
                nspawn.wait()
            shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def _cgroup() -> Iterator[str]:
    """nspawn wants to be in a group of its own that nobody else is in; how a shell gets there."""
    mounts = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
    mount = next((one for one in mounts if (one / "cgroup.procs").exists()), None)
    if mount is None:
        raise CannotBootError("there is no unified cgroup hierarchy here")
    own = mount / f"fieldgate-booted-{os.getpid()}"
    try:
        own.mkdir()
    except OSError:
        raise CannotBootError("no cgroup can be made here") from None
    try:
        yield f"echo $$ > {own}/cgroup.procs;"
    finally:
        for _ in range(50):
            with contextlib.suppress(OSError):
                for sub in sorted(own.rglob("*"), reverse=True):
                    if sub.is_dir():
                        sub.rmdir()
                own.rmdir()
            if not own.exists():
                break
            time.sleep(0.1)


def _leader(nspawn: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children")
    for _ in range(200):
        if nspawn.poll() is not None:
            raise CannotBootError(f"systemd-nspawn ended with {nspawn.returncode}")
        if pids := children.read_text("utf-8").split():
            return int(pids[0])
        time.sleep(0.1)
    raise CannotBootError("the machine has no init after 20 s")


def _until_up(machine: Machine) -> None:
    for _ in range(480):
        with contextlib.suppress(subprocess.TimeoutExpired):
            said = machine.run("systemctl is-system-running", status=None, timeout=10)
            if said.strip() in ("running", "degraded"):
                return
        time.sleep(0.5)
    raise CannotBootError("the machine did not come up within four minutes")
