"""A Windows of its own for each scenario: a fresh Wine prefix, one tree of processes in it, a hand that types there."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "windows"
PYTHON = CACHE / "python" / "python.exe"
_TYPED_IN = r"C:\users\Public"


class NoWineError(Exception):
    """Wine cannot be had on this machine; the reason, in words."""


@dataclass(frozen=True, slots=True)
class Windows:
    prefix: Path
    hand: subprocess.Popen[bytes]

    @property
    def drive(self) -> Path:
        """C: as Linux sees it."""
        return self.prefix / "drive_c"

    def put(self, data: bytes, place: str) -> None:
        """A file on C:."""
        (self.drive / place.removeprefix("C:\\").replace("\\", "/")).write_bytes(data)

    def run(
        self, command: str | list[str], *, status: int | None = 0, stdin: str = "", timeout: float = 300,
        folder: str = _TYPED_IN, env: Mapping[str, str] | None = None,
    ) -> str:  # fmt: skip
        """What a command prints there, as a console with the Western code page would show it. `status` None: any."""
        told = {
            "command": command, "stdin": base64.b64encode(stdin.encode()).decode(), "timeout": timeout,
            "folder": folder, "env": dict(env or {}),
        }  # fmt: skip
        assert self.hand.stdin is not None
        assert self.hand.stdout is not None
        self.hand.stdin.write(json.dumps(told).encode() + b"\n")
        self.hand.stdin.flush()
        line = self.hand.stdout.readline()
        assert line, "Wine went away"
        answer = json.loads(line)
        said = base64.b64decode(answer["said"]).decode("cp1252", "replace").replace("\r\n", "\n")
        assert status is None or answer["status"] == status, f"{command}: exit {answer['status']}\n{said}"
        return said


def ready() -> None:
    """Wine and CPython for Windows, installed once; NoWineError where they cannot be had."""
    script = (
        '. packaging/machine.sh; . packaging/wine.sh; make_wine; wine_is_there || exit 3; step "CPython" windows_python'
    )
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 3:
        raise NoWineError("as root packaging/machine.sh installs it")
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def windows(scratch: Path) -> Iterator[Windows]:
    """An empty Windows, for as long as the block lasts."""
    prefix = scratch / "prefix"
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "LANG": "C.UTF-8", "WINEPREFIX": str(prefix), "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml,propsys=", "PYTHONPATH": f"Z:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    made = f'set -e; . packaging/machine.sh; . packaging/wine.sh; new_prefix "{prefix}"'
    subprocess.run(["bash", "-c", made], cwd=ROOT, check=True, capture_output=True)
    hand = subprocess.Popen(
        ["wine", str(PYTHON), f"Z:{ROOT}/tests/windows/hand.py"],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Windows(prefix, hand)
    finally:
        assert hand.stdin is not None
        hand.stdin.close()
        try:
            hand.wait(30)
        except subprocess.TimeoutExpired:
            hand.kill()
        for pipe in (hand.stdout, hand.stderr):
            if pipe:
                pipe.close()
        subprocess.run(["wineserver", "--kill"], env=environment, check=False, timeout=60)
