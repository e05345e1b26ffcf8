"""What systemd wants to hear of a service of Type=notify. Says nothing where nobody listens."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from contextlib import suppress

READY, STOPPING, ENDED = "READY=1", "STOPPING=1", "X_FIELDGATE_ENDED=1"


class Notifier:
    """`say` sends at once; `beat` keeps the watchdog calm, four times in the time it allows."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._every_s = int(environment.get("WATCHDOG_USEC", "0")) / 4e6
        self._last = time.monotonic()

    def say(self, *lines: str) -> None:
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        # a manager that does not listen any more is no reason to stop working
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.sendto("\n".join(lines).encode(), self._address)

    def beat(self) -> None:
        if self._every_s and time.monotonic() - self._last >= self._every_s:
            self._last = time.monotonic()
            self.say("WATCHDOG=1")
