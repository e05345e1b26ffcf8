"""Over a whole day of the daemon, with its reader children and whatever their drivers do, the kernel is asked for no
connection but to the places that `connections` lists."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]
_INET = re.compile(r"sin6?_port=htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )\"([^\"]+)\"")


def day(folder: Path, *options: str) -> tuple[dict[str, Any], set[str]]:
    """What the day came to, and every place that anything in it connected or sent to without a connection."""
    log = folder / "strace"
    command = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-e", "signal=none", "-o", str(log)]
    done = subprocess.run(
        [*command, sys.executable, "-m", "tests.service.day", str(folder / "day"), *options],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = log.read_text("utf-8", "replace").splitlines()
    assert sum("connect(" in line for line in lines) > 50, "strace has seen the day"
    return json.loads(done.stdout.splitlines()[-1]), {
        f"{host}:{port}" for line in lines for port, host in _INET.findall(line)
    }


def listed(said: dict[str, Any]) -> set[str]:
    return {urlsplit(one["where"]).netloc for one in said["connections"] if "//" in one["where"]}


def test_over_a_day_only_listed_places_are_connected_to(tmp_path: Path) -> None:
    said, places = day(tmp_path)
    assert places == listed(said)
    assert said["fired"]["extract"] == 1
    assert said["fired"]["deliver"] > 200
    assert said["fired"]["pull"] > 80
    assert said["held"] > 0
    assert said["fired"]["heartbeat"] > 20


def test_a_stray_connection_would_have_been_seen(tmp_path: Path) -> None:
    said, places = day(tmp_path, "--stray")
    assert places - listed(said) == {"192.0.2.7:443"}
