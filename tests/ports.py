"""Ports for servers that a test stops and misses, or starts again at the same place. A free port that the system chose
may be the next one it gives to a neighbor (every seven-thousandth time), who then answers in the stead of nobody; these
are below what Linux and Windows give away by themselves."""

from __future__ import annotations

import itertools
import os
import socket
from contextlib import suppress

_FIRST, _MANY = 10_000, 22_000
_numbers = itertools.count(os.getpid() * 7919)  # test processes that were started together are far from each other


def own_port() -> int:
    """One after the other, free at this moment and not given out by this process before."""
    for number in itertools.islice(_numbers, _MANY):
        port = _FIRST + number % _MANY
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")
